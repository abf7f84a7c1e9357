"""Settings: what the operator may change while the marketplace runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen


@frozen
class Setting:
    """Something the operator set, under its name."""

    name: str
    data: Mapping[str, Any] = field(factory=dict)
    """Plain JSON."""
