"""Real bookings through the real engine: made, changed, given up, stayed, in order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from attrs import define, field

from marketplace import (
    DAY,
    OPERATOR,
    LedgerError,
    Listing,
    ManualClock,
    Marketplace,
    Outcome,
    Party,
    Pay,
    Reason,
    Refused,
    customer_owes,
)
from marketplace.plugins.stays.demo.replay.hotels import HotelPolicy, hold_out
from marketplace.plugins.stays.demo.replay.lives import Act, Life, moments
from marketplace.plugins.stays.hotel_bookings import Booking, Ended
from marketplace.plugins.stays.plugin import Stays

TOGETHER = 64
"""Commands in one unit of work."""
CARD = Pay("card", means="tok_ok")
MOST = 1_000_000


@define
class Replay:
    """The marketplace of one replay, and what has happened so far."""

    market: Marketplace
    stays: Stays
    clock: ManualClock
    policy: HotelPolicy
    counts: Counter[str] = field(factory=Counter)
    """``booked``, ``changed``, ``cancelled``, ``no_show``, ``left_early``, ``stayed``."""
    refused: Counter[str] = field(factory=Counter)
    """Rows that the marketplace refused, by the first reason that it gave."""
    gross: int = 0
    """What guests owed by what they booked, in minor units."""
    kept: int = 0
    """What they paid of stays that were given up."""
    unchanged: Counter[str] = field(factory=Counter)
    """Changes that the marketplace refused, by the first reason."""
    examples: dict[str, Reason] = field(factory=dict)
    """A reason of each code that was given."""
    balanced: int = 0
    """How often the ledger was summed; each time it came to nothing."""
    lives: list[Life] = field(factory=list)
    _rates: dict[str, int] = field(factory=dict)

    def run(
        self,
        bookings: Sequence[Booking],
        units: dict[tuple[str, str], int],
        progress: Callable[[int, str], None] = lambda done, said: None,
    ) -> None:
        """Every booking's life from beginning to end."""
        homes = self._open(units)
        plan = []
        for booking in bookings:
            life = Life(booking, *homes[booking.hotel, booking.room])
            self.lives.append(life)
            plan += [(at, act, life) for at, act in moments(booking, self.policy)]
        plan.sort(key=lambda one: (one[0], one[1], one[2].booking.row))
        done = 0
        for (at, act), some in groupby(plan, key=lambda one: one[:2]):
            self.market.advance(max(at - self.clock.now(), timedelta(0)))
            lives = [life for _, _, life in some]
            for start in range(0, len(lives), TOGETHER):
                self._together(act, lives[start : start + TOGETHER])
            done += len(lives) if act is Act.BOOK else 0
            progress(done, f"{at:%Y-%m-%d}")
        self._finish()

    def _open(
        self, units: dict[tuple[str, str], int]
    ) -> dict[tuple[str, str], tuple[Listing, Party]]:
        hosts = {hotel: self.market.parties.join(hotel) for hotel, _ in units}
        return {
            (hotel, room): (
                hold_out(self.market, hosts[hotel], room, count, self.policy),
                hosts[hotel],
            )
            for (hotel, room), count in units.items()
        }

    def _together(self, act: Act, lives: Sequence[Life]) -> None:
        """One moment's commands in one unit of work; then what they asked of the bank."""
        do = {
            Act.BOOK: self._book,
            Act.CHANGE: self._change,
            Act.CANCEL: self._cancel,
            Act.LEAVE: self._leave,
            Act.NO_SHOW: self._no_show,
        }[act]
        with self.market.batch():
            for life in lives:
                if act is Act.BOOK or life.deal:
                    do(life)
        self.market.payments.work_off(MOST)
        self.check()
        if act in (Act.CANCEL, Act.NO_SHOW):
            self.kept += sum(self._paid(life) for life in lives if life.deal)

    def check(self) -> None:
        """Raise ``LedgerError`` unless all that was ever moved sums to nothing."""
        sums = self.market.ledger.sums()
        if any(sums.values()):
            raise LedgerError(f"the ledger sums to {sums}, not to nothing")
        self.balanced += 1

    # -- what guests and hosts do ------------------------------------------------------------

    def _book(self, life: Life) -> None:
        refusal = self._try_to_book(life, longer=life.booking.changes % 2 == 1)
        if refusal is not None and life.booking.changes % 2 == 1:
            refusal = self._try_to_book(life, longer=False)
        if refusal is not None:
            self.refused[self._why(refusal)] += 1
            return
        self.counts["booked"] += 1

    def _try_to_book(self, life: Life, *, longer: bool) -> Outcome | None:
        """All of it or nothing: a stay that cannot be had leaves no guest behind."""
        market, booking, way = self.market, life.booking, self.policy.ways.get(life.booking.deposit)
        try:
            if way is None:
                raise Refused(
                    f"no way to pay was named for deposit {booking.deposit}",
                    code="stay_unknown_deposit",
                    params={"deposit": booking.deposit},
                )
            self._ask(life)
            with market.batch():
                guest = market.parties.join(f"Guest {booking.source_id}")
                leave = booking.leave + longer * DAY
                span = self.stays.span(life.listing, booking.arrive, leave)
                request = market.requests.open(
                    "stays",
                    by=guest,
                    currency=self.policy.currency,
                    listing=life.listing.id,
                    start=span.start,
                    end=span.end,
                    attributes={
                        "guests": {
                            "adults": booking.adults,
                            "children": booking.children,
                            "infants": booking.babies,
                        },
                        "pay": way.pay,
                        "rate": way.rate,
                    },
                )
                quote = market.quotes.make(request.id, by=guest)
                opened = market.transactions.open(quote.id, by=guest, request=request.id, pay=CARD)
        except Outcome as refusal:
            return refusal
        self.gross += customer_owes(quote.lines, self.policy.currency).amount
        life.guest, life.deal, life.longer = guest, opened.id, longer
        return None

    def _ask(self, life: Life) -> None:
        """The host asks what he asked then: every booking of the record has a rate of its own."""
        listing, rate = life.listing, life.booking.rate
        if self._rates.get(listing.id) != rate:
            rates = {**listing.attributes["rates"], "nightly": rate}
            said = {**listing.attributes, "rates": rates}
            self.market.listings.change(listing.id, by=life.host, attributes=said)
            self._rates[listing.id] = rate

    def _change(self, life: Life) -> None:
        """A night more or less; where that is not to be had, and else, only who comes."""
        wanted = life.ends_longer
        life.changes += 1
        if wanted != life.longer:
            leave = life.booking.leave + wanted * DAY
            end = self.stays.span(life.listing, life.booking.arrive, leave).end
            if self._alter(life, end=end):
                life.longer = wanted
                return
        self._alter(life, adults=life.booking.adults)

    def _alter(self, life: Life, **asked: Any) -> bool:
        """The guest proposes it, the host agrees."""
        assert life.guest is not None
        try:
            self._ask(life)
            with self.market.batch():
                offer = self.market.offers.propose(life.deal, "alter", by=life.guest, **asked)
                self.market.offers.accept(offer.id, by=life.host)
        except Outcome as refusal:
            self.unchanged[self._why(refusal)] += 1
            return False
        self.counts["changed"] += 1
        return True

    def _cancel(self, life: Life) -> None:
        self.market.transactions.take(life.deal, "cancel", by=life.guest or OPERATOR)
        self.counts["cancelled"] += 1

    def _no_show(self, life: Life) -> None:
        self.market.transactions.take(life.deal, "no_show", by=life.host)
        self.counts["no_show"] += 1

    def _leave(self, life: Life) -> None:
        """Before the host was paid a stay is given up like any other, if it began or not."""
        deal = self.market.transactions.get(life.deal, by=OPERATOR)
        row = "leave_early" if deal.state == "hosted" else "cancel"
        self.market.transactions.take(life.deal, row, by=life.guest or OPERATOR)
        self.counts["left_early"] += 1

    def _why(self, refusal: Outcome) -> str:
        """The code of a refusal's first reason; the first of a kind is kept as an example."""
        reasons = getattr(refusal, "reasons", ()) or (Reason(refusal.code, refusal.params),)
        self.examples.setdefault(reasons[0].code, reasons[0])
        return str(reasons[0].code)

    # -- how it ends -------------------------------------------------------------------------

    def _paid(self, life: Life) -> int:
        """What a guest gave and did not get back."""
        payments = self.market.transactions.payments(life.deal, by=OPERATOR)
        return sum(one.kept for one in payments)

    def _finish(self) -> None:
        """Everybody leaves, every host is paid."""
        last = max((life.booking.leave for life in self.lives), default=None)
        if last is not None:
            end = self.policy.instant(last, 23) + 8 * DAY
            self.market.advance(max(end - self.clock.now(), timedelta(0)))
        self.check()
        for life in self.lives:
            if life.deal and life.booking.ended is Ended.STAYED and not life.booking.left_early:
                self.counts["stayed"] += 1
        self.market.payouts.run(by=OPERATOR)
        self.market.payments.work_off(MOST)
        self.check()

    def paid_out(self) -> int:
        """What reached the hosts' banks, in minor units."""
        found, after = 0, None
        while True:
            page = self.market.payouts.list(by=OPERATOR, after=after, limit=500)
            found += sum(one.amount for one in page if one.state == "paid")
            after = page.after
            if after is None:
                return found

    def states(self) -> Iterator[tuple[Life, str]]:
        """Where each booking stands in the books of the marketplace."""
        for life in self.lives:
            if life.deal:
                yield life, self.market.transactions.get(life.deal, by=OPERATOR).state
