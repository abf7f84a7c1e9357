"""What can go wrong between a caller and Stripe, arranged by a test."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from attrs import define, field, frozen

from .problems import StripeProblem
from .world import Clock


@frozen
class Fault:
    """One thing that goes wrong: what, for which calls, and for how many or until when.

    ``only`` is a pattern of method and path, as in ``"POST /v1/refunds"`` or ``"* /v2/*"``.
    """

    what: str
    """`broken`, `down`, `storm`, `question lost`, `answer lost` or `slow`."""
    only: str = "*"
    times: int | None = 1
    until: datetime | None = None
    seconds: float = 0.0

    def problem(self) -> StripeProblem | None:
        """What Stripe says instead of an answer, where it says anything."""
        if self.what == "storm":
            return StripeProblem(
                429,
                "Request rate limit exceeded. Learn more about rate limits here "
                "https://stripe.com/docs/rate-limits.",
                code="rate_limit",
                kept=False,
            )
        if self.what in ("broken", "down"):
            return StripeProblem(
                500 if self.what == "broken" else 503,
                "Sorry! We've encountered an unexpected problem with our servers.",
                kind="api_error",
                kept=self.what == "broken",
            )
        return None


@define(eq=False)
class Faults:
    """The faults that stand. The first that fits a call happens to it.

    Each method takes ``times`` (how many calls, one unless told otherwise), or ``lasting`` (a
    span of the twin's clock, for every call in it), and ``only`` (see ``Fault``).
    """

    clock: Clock
    _standing: list[Fault] = field(factory=list, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def broken(
        self, times: int = 1, *, lasting: timedelta | None = None, only: str = "POST *"
    ) -> None:
        """A 500 while it was at it, without effect. v1 keeps it under the call's key, for good."""
        self._add("broken", times, lasting, only)

    def down(self, times: int = 1, *, lasting: timedelta | None = None, only: str = "*") -> None:
        """A 503 at the door: nothing is begun, and no key remembers it."""
        self._add("down", times, lasting, only)

    def storm(self, times: int = 1, *, lasting: timedelta | None = None, only: str = "*") -> None:
        """A 429: too many calls; no key remembers it."""
        self._add("storm", times, lasting, only)

    def question_lost(
        self, times: int = 1, *, lasting: timedelta | None = None, only: str = "*"
    ) -> None:
        """The connection closes before the call arrives: nothing happens."""
        self._add("question lost", times, lasting, only)

    def answer_lost(
        self, times: int = 1, *, lasting: timedelta | None = None, only: str = "POST *"
    ) -> None:
        """The call is carried out and its answer kept; the connection closes without it."""
        self._add("answer lost", times, lasting, only)

    def slow(
        self,
        seconds: float,
        times: int = 1,
        *,
        lasting: timedelta | None = None,
        only: str = "*",
    ) -> None:
        """The call is at work for so many real seconds; its key is in use meanwhile."""
        self._add("slow", times, lasting, only, seconds)

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._standing.clear()

    def _add(
        self, what: str, times: int, lasting: timedelta | None, only: str, seconds: float = 0.0
    ) -> None:
        until = None if lasting is None else self.clock.now() + lasting
        left = times if lasting is None else None
        with self._lock:
            self._standing.append(Fault(what, only, left, until, seconds))

    def of(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this call, which counts as one of its times."""
        with self._lock:
            now = self.clock.now()
            self._standing = [each for each in self._standing if not _over(each, now)]
            for place, fault in enumerate(self._standing):
                if not fnmatchcase(f"{method} {path}", fault.only):
                    continue
                if fault.times is not None:
                    left = Fault(fault.what, fault.only, fault.times - 1, None, fault.seconds)
                    self._standing[place : place + 1] = [left] if left.times else []
                return fault
        return None


def _over(fault: Fault, now: datetime) -> bool:
    return fault.until is not None and fault.until <= now
