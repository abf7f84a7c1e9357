"""What goes wrong outside and inside: lost questions, lost answers, crashes at given points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from attrs import define, field

from marketplace import Answer, PaymentProviderUnavailable


class Crash(BaseException):
    """The process is gone: nothing in the library may catch it."""


@define
class Faults:
    """What goes wrong outside, once for each entry, at the next question that is asked there.

    Give its methods to a payment provider as ``before`` and ``after``, and ``heard`` to a
    plugin that hears events.
    """

    coming: list[str] = field(factory=list)
    last: tuple[Any, Answer] | None = None
    in_work: Callable[[], bool] = lambda: False
    seen: Counter[str] = field(factory=Counter)
    """How often each fault really struck."""

    KINDS = (
        "question lost",
        "answer lost",
        "broken answer",
        "crash before the question",
        "crash after the answer",
        "crash in the work",
    )

    def _strikes(self, *kinds: str) -> str | None:
        if self.coming and self.coming[0] in kinds:
            self.seen[self.coming[0]] += 1
            return self.coming.pop(0)
        return None

    def before(self, order: Any) -> None:
        """For each question, before the payment provider knows of it."""
        if self.in_work():
            raise AssertionError(f"asked outside inside a unit of work: {order}")
        fault = self._strikes("question lost", "crash before the question")
        if fault == "question lost":
            raise PaymentProviderUnavailable("the question was lost")
        if fault is not None:
            raise Crash(fault)

    def after(self, order: Any, answer: Answer) -> None:
        """For each answer, after the payment provider did what was asked."""
        self.last = (order, answer)
        fault = self._strikes("answer lost", "broken answer", "crash after the answer")
        if fault == "answer lost":
            raise PaymentProviderUnavailable("the answer was lost")
        if fault == "broken answer":
            raise RuntimeError("500: a page of HTML instead of an answer")
        if fault is not None:
            raise Crash(fault)

    def heard(self) -> None:
        """For each event, inside the unit of work that wrote it."""
        fault = self._strikes("crash in the work")
        if fault is not None:
            raise Crash(fault)
