"""Walks a process and says every promise it breaks."""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class Proof:
    """What was proved, or what is broken."""

    def or_raise(self) -> None:
        """Raise ``ProcessError`` if any promise is broken."""


def prove(process: Any) -> Proof:
    """Walk every configuration of a process."""
    return Proof()
