"""How a host answers and keeps his word, read off what happened in his deals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from attrs import frozen

from marketplace import Actor, Event, Marketplace, Party, Role, Transaction

ASKED, ANSWERS = "transaction.ask", ("transaction.accept", "transaction.decline")
EXPIRED, CANCELLED = "transaction.expire", "transaction.host_cancels"
BOOKED = ("transaction.book", "transaction.accept", "transaction.pay")


@frozen
class Metrics:
    """Of one host, over some time. Rates are basis points, and None where nothing was asked."""

    asked: int
    """Stays that guests asked for, whose time to answer is over or that were answered."""
    answered: int
    accepted: int
    booked: int
    cancelled: int
    """Booked stays that the host called off."""
    typical_answer: timedelta | None
    """The median time to an answer."""

    @property
    def response_bp(self) -> int | None:
        """Of those asked, how many he answered."""
        return _bp(self.answered, self.asked)

    @property
    def acceptance_bp(self) -> int | None:
        """Of those asked, how many he accepted."""
        return _bp(self.accepted, self.asked)

    @property
    def cancellation_bp(self) -> int | None:
        """Of those booked, how many he called off."""
        return _bp(self.cancelled, self.booked)


def _bp(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole else None


def metrics(
    market: Marketplace,
    host: str,
    *,
    by: Party | Role | Actor | str,
    vertical: str = "stays",
    since: datetime | None = None,
) -> Metrics:
    """A host's metrics, of the deals that began at ``since`` or later (or of all)."""
    told = [
        list(market.events.about(deal.id, by=by))
        for deal in _deals(market, host, by, vertical)
        if deal.link is None and (since is None or deal.created_at >= since)
    ]
    return measured(told)


def _deals(
    market: Marketplace, host: str, by: Party | Role | Actor | str, vertical: str
) -> Iterable[Transaction]:
    after: str | None = None
    while True:
        page = market.transactions.list(
            by=by, party=host, role="provider", vertical=vertical, after=after, limit=200
        )
        yield from page
        after = page.after
        if after is None:
            return


def measured(deals: Iterable[Sequence[Event]]) -> Metrics:
    """The metrics of deals, each the list of its events in their order."""
    asked = answered = accepted = booked = cancelled = 0
    waits: list[timedelta] = []
    for events in deals:
        first: dict[str, datetime] = {}
        for event in events:
            first.setdefault(event.kind, event.at)
        answer = min((first[kind] for kind in ANSWERS if kind in first), default=None)
        if ASKED in first and (answer is not None or EXPIRED in first):
            asked += 1
            if answer is not None:
                answered += 1
                waits.append(answer - first[ASKED])
            accepted += "transaction.accept" in first
        booked += any(kind in first for kind in BOOKED)
        cancelled += CANCELLED in first
    seconds = [wait.total_seconds() for wait in waits]
    typical = timedelta(seconds=median(seconds)) if seconds else None
    return Metrics(asked, answered, accepted, booked, cancelled, typical)
