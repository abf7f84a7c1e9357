"""Reasons: a code with parameters, stored; catalogues make sentences of it when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen


@frozen
class Reason:
    """Why something was decided: ``code`` names the sentence, ``params`` fill it."""

    code: str
    params: Mapping[str, Any] = field(factory=dict)
    """Plain JSON values only: they are stored and rendered years later."""
    plugin: str = ""
    """The plugin that gave the reason; empty for the core."""
