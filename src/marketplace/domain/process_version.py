"""Process versions: every version of a process that a transaction was ever begun in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.domain.freezing import frozen


@frozen
class ProcessVersion:
    """A version of a process as data, kept so that transactions in flight can finish in it."""

    name: str
    version: str
    """The hash of all that the process says."""
    data: Mapping[str, Any]
    """What ``Process.as_data`` gave."""
