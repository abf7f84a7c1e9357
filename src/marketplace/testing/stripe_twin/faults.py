"""What can go wrong between a caller and Stripe, arranged by a test."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from attrs import asdict, define, evolve, frozen

from .problems import StripeProblem
from .shelf import Shelf
from .world import Clock

KEPT = "faults"


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

    def fits(self, method: str, path: str) -> bool:
        """Whether it is meant for such a call."""
        return fnmatchcase(f"{method} {path}", self.only)

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
    """The faults that stand, kept with the twin's state. The first that fits a call happens to it.

    Each method takes ``times`` (how many calls, one unless told otherwise), or ``lasting`` (a
    span of the twin's clock, for every call in it), and ``only`` (see ``Fault``).
    """

    clock: Clock
    shelf: Shelf

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
        with self.shelf.work():
            self._keep([])

    def standing(self) -> list[Fault]:
        """What is still to go wrong."""
        kept = json.loads(self.shelf.setting(KEPT, "[]"))
        return [Fault(**{**each, "until": _instant(each["until"])}) for each in kept]

    def _keep(self, standing: list[Fault]) -> None:
        kept = [
            {**asdict(each), "until": each.until and each.until.isoformat()} for each in standing
        ]
        self.shelf.set(KEPT, json.dumps(kept))

    def _add(
        self, what: str, times: int, lasting: timedelta | None, only: str, seconds: float = 0.0
    ) -> None:
        until = None if lasting is None else self.clock.now() + lasting
        left = times if lasting is None else None
        with self.shelf.work():
            self._keep([*self.standing(), Fault(what, only, left, until, seconds)])

    def of(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this call, which counts as one of its times."""
        if not self.standing():
            return None
        now = self.clock.now()
        with self.shelf.work():
            standing = [each for each in self.standing() if each.until is None or now < each.until]
            found = next((n for n, each in enumerate(standing) if each.fits(method, path)), None)
            fault = None if found is None else standing[found]
            if found is not None and fault is not None and fault.times is not None:
                left = evolve(fault, times=fault.times - 1)
                standing[found : found + 1] = [left] if left.times else []
            self._keep(standing)
        return fault


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
