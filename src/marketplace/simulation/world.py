"""A small world: people who offer, ask, pay, cancel and forget, on the real engine, by one seed.

Whoever lives in it picks among what the process allows them now, so that the same world drives
any vertical. Faults of the payment provider and crashes of the worker are part of its days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeVar

from attrs import define, evolve, field

from marketplace import (
    CLOCK,
    HOUR,
    MINUTE,
    OPERATOR,
    ORIGIN,
    PAYMENT_PROVIDER,
    SECOND,
    Actor,
    Ask,
    Line,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    Offer,
    Outcome,
    Party,
    Pay,
    Place,
    Process,
    Request,
    Seat,
    Transaction,
    Transition,
)
from marketplace.simulation.faults import Crash, Faults
from marketplace.simulation.laws import Memory

T = TypeVar("T")
MOST = 1_000_000


@define
class Habits:
    """How people of one trade live: what they hold out, ask for, pay with, and do afterwards."""

    vertical: str
    currency: str
    listing: Mapping[str, Any]
    """Attributes of a provider's listing."""
    places: Sequence[Place]
    pays: Sequence[Sequence[Pay]]
    follow_ups: Sequence[tuple[str, str, str, str]] = ()
    """Process, its entry row, the purse it is about (or nothing), and who opens it."""
    asks: Callable[[Transition, Ask, Transaction], Any] = lambda row, ask, transaction: None
    """What somebody says to a row's question; None for nothing at all."""


@define
class World:
    """A marketplace and the people in it. Every move may be refused; none may break a law.

    ``reopen`` opens the marketplace, at first and after each crash, on the same database.
    """

    reopen: Callable[[], Marketplace]
    clock: ManualClock
    habits: Habits
    chance: Random
    faults: Faults = field(factory=Faults)
    market: Marketplace = field(init=False)
    customers: list[Party] = field(factory=list)
    providers: list[tuple[Party, Listing]] = field(factory=list)
    arrived: int = 0
    """Minor units that came to the payment provider by other ways than payments."""
    at_hand: str = ""
    """The deal that somebody was last busy with."""
    crashes: int = 0
    done: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    memory: Memory = field(factory=Memory)

    def __attrs_post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the marketplace anew on what is stored."""
        self.market = self.reopen()
        self.faults.in_work = self.market.context.store.in_work

    # -- how everything is done ------------------------------------------------------------

    def attempt(self, what: str, do: Callable[[], T]) -> T | None:
        """Do something that may be refused, and in which the process may die."""
        try:
            answer = do()
        except Outcome as refusal:
            self.refused[f"{what}: {refusal.code}"] += 1
            return None
        except Crash:
            self.crashes += 1
            self.open()
            return None
        self.done[what] += 1
        return answer

    def any_of(self, things: Sequence[T]) -> T | None:
        """One of them by chance; None when there are none."""
        return things[self.chance.randrange(len(things))] if things else None

    def all_of(self, kind: type[T], **equal: Any) -> list[T]:
        """Everything of a kind that is stored."""
        with self.market.context.store.begin(write=False) as work:
            return work.select(kind, equal, limit=MOST)

    # -- people ----------------------------------------------------------------------------

    def join(self) -> None:
        """Somebody joins to ask, or to perform."""
        if self.chance.randrange(2) and len(self.providers) < 3:
            party = self.attempt("join", lambda: self.market.parties.join("P", by=OPERATOR))
            if party is not None:
                self._publish(party)
        elif len(self.customers) < 3:
            party = self.attempt("join", lambda: self.market.parties.join("C", by=OPERATOR))
            if party is not None:
                self.customers.append(party)

    def _publish(self, party: Party) -> None:
        habits, listings = self.habits, self.market.listings

        def publish() -> Listing:
            draft = listings.draft(
                habits.vertical,
                by=party,
                title="a listing",
                currency=habits.currency,
                attributes=habits.listing,
            )
            return listings.publish(draft.id, by=party)

        listing = self.attempt("publish", publish)
        if listing is not None:
            self.providers.append((party, listing))

    def appear(self) -> None:
        """A provider says where it is."""
        who = self.any_of(self.providers)
        place = self.any_of(self.habits.places)
        state = self.any_of(["online", "online", "online", "offline", "heading home"])
        if who is not None and place is not None and state is not None:
            self.attempt(
                "appear",
                lambda: self.market.listings.appear(
                    who[1].id, state, place, by=who[0], lives=2 * HOUR
                ),
            )

    def suspend(self) -> None:
        """The operator suspends somebody, or lets it back."""
        away = self.all_of(Party, state="suspended")
        party = self.any_of(away or self.all_of(Party))
        if party is None:
            return
        parties = self.market.parties
        act = parties.reinstate if party.state == "suspended" else parties.suspend
        self.attempt("suspend", lambda: act(party.id, reason="by chance"))

    # -- deals -----------------------------------------------------------------------------

    def order(self) -> None:
        """A customer asks, is quoted, and commits to pay in one of its ways."""
        customer, pays = self.any_of(self.customers), self.any_of(self.habits.pays)
        start, end = self.any_of(self.habits.places), self.any_of(self.habits.places)
        if customer is None or pays is None:
            return
        habits, market = self.habits, self.market

        def ask() -> Request:
            return market.requests.open(
                habits.vertical, by=customer, currency=habits.currency, place=start, to=end
            )

        request = self.attempt("ask", ask)
        if request is None:
            return
        quote = self.attempt("quote", lambda: self.market.quotes.make(request.id, by=customer))
        if quote is None:
            return
        if self.chance.randrange(8) == 0:
            self.clock.advance(HOUR)
        self.attempt(
            "open",
            lambda: self.market.transactions.open(
                quote.id, by=customer, request=request.id, pay=pays
            ),
        )

    def dispatch(self) -> None:
        """Whoever waits is put to providers, who may answer at once."""
        if self.chance.randrange(3):
            self.appear()
        self.attempt("dispatch", lambda: self.market.matching.dispatch(self.habits.vertical))
        if self.chance.randrange(3):
            self.answer()

    def answer(self) -> None:
        """Somebody answers an offer: yes, no, or much too late."""
        offer = self.any_of(self.all_of(Offer, state="made"))
        if offer is None:
            return
        offers = self.market.offers
        if self.chance.randrange(6) == 0:
            self.clock.advance(MINUTE)
        if self.chance.randrange(4):
            moved = self.attempt("accept", lambda: offers.accept(offer.id, by=offer.taker_id))
            self.at_hand = self.at_hand if moved is None else moved.id
        else:
            self.attempt("decline", lambda: offers.decline(offer.id, by=offer.taker_id))

    def step(self) -> None:
        """Somebody takes a row of a deal under way: mostly one that is allowed now."""
        deals = [one for one in self.all_of(Transaction) if one.ended_at is None]
        if self.chance.randrange(4):
            deals = [one for one in deals if one.pending is None] or deals
        same = [one for one in deals if one.id == self.at_hand]
        stays = bool(same) and self.chance.randrange(4) > 0
        deal = self.any_of(same if stays else deals or self.all_of(Transaction))
        if deal is None:
            return
        self.at_hand = deal.id
        process = self.market.context.process(deal)
        rows: Sequence[Transition] = process.transitions
        if self.chance.randrange(8):
            ours = process.offer_rows or ()
            rows = [one for one in process.rows_from(deal.state) if one.name not in ours]
            onward = [one for one in rows if one.to not in process.final]
            if self.chance.randrange(5):
                rows = [one for one in onward if not one.is_timer and not one.fills]
                if not rows and deal.link is None and deal.state not in process.final:
                    self.dispatch()
                    return
        row = self.any_of([one for one in rows if not one.is_timer or len(one.who) > 1])
        if row is None:
            return
        who = self._who(deal, row)
        if who is None:
            return
        asks = {ask.name: self.habits.asks(row, ask, deal) for ask in row.asks}
        given = {name: value for name, value in asks.items() if value is not None}
        self.attempt(
            f"{process.name}.{row.name}",
            lambda: self.market.transactions.take(deal.id, row.name, by=who, **given),
        )

    def carry_on(self) -> None:
        """Everybody does what is expected, a few rows long, as most deals go."""
        for _ in range(8):
            live = [one for one in self.all_of(Transaction) if one.ended_at is None]
            same = [one for one in live if one.id == self.at_hand]
            deal = self.any_of(same or live)
            if deal is None:
                return
            self.at_hand = deal.id
            process = self.market.context.process(deal)
            rows = [
                row
                for row in process.rows_from(deal.state)
                if not (row.is_timer or row.fault or row.fills or row.to in process.final)
                and not row.agreed
                and row.name not in (process.offer_rows or ())
            ]
            who = self._who(deal, rows[0]) if rows else None
            if rows and who is not None:
                asks = {ask.name: self.habits.asks(rows[0], ask, deal) for ask in rows[0].asks}
                given = {name: value for name, value in asks.items() if value is not None}
                take = partial(self.market.transactions.take, deal.id, rows[0].name, by=who)
                self.attempt(f"{process.name}.{rows[0].name}", partial(take, **given))
                self.clock.advance(SECOND)
            elif process.seat_row(deal.state) or (process.offer_rows and deal.listing_id is None):
                self.dispatch()
            else:
                due = self.market.clockwork.next_due()
                self.clock.set(max(due or self.clock.now(), self.clock.now()))
                self.attempt("tick", self.market.tick)

    def _who(self, deal: Transaction, row: Transition) -> Actor | None:
        role = self.any_of([one for one in row.who if one != CLOCK])
        if role is None:
            return None
        if role in (OPERATOR, PAYMENT_PROVIDER, ORIGIN):
            # What only happens outside, or in another deal, happens there and not by chance.
            return Actor(role=role) if role == OPERATOR else None
        with self.market.context.store.begin(write=False) as work:
            seats = work.select(Seat, {"transaction_id": deal.id}, order="role")
        people = [seat.party_id for seat in seats if seat.role == role.name]
        return Actor(party_id=people[0]) if people else None

    def follow_up(self) -> None:
        """Something comes after a deal's end."""
        chosen, pays = self.any_of(self.habits.follow_ups), self.any_of(self.habits.pays)
        if chosen is None or pays is None:
            return
        name, entry, purse, opener = chosen
        process = self.market.context.vertical(self.habits.vertical).process(name)
        follows = () if process is None else process.follows
        deals = [one for one in self.all_of(Transaction) if one.link is None]
        deal = self.any_of([one for one in deals if one.state in follows] or deals)
        if deal is None:
            return
        row = None if process is None else process.row(entry, process.start)
        by = self._opener(deal, opener)
        if by is None or process is None or row is None:
            return
        asks = {ask.name: self.habits.asks(row, ask, deal) for ask in row.asks}
        costs = self._costs(deal, process, purse, opener)
        borrowed = any(one.starts_settled and one.name == purse for one in process.purses)
        pay = [evolve(one, purse=purse, amount=None) for one in pays[:1]]
        if borrowed or not purse:
            pay = []
        self.attempt(
            f"follow up: {name}.{row.name}",
            lambda: self.market.transactions.follow_up(
                deal.id, name, by=by, pay=pay, entry=row.name, asks=asks, **costs
            ),
        )

    def _opener(self, deal: Transaction, opener: str) -> Actor | None:
        if opener == OPERATOR.name:
            return Actor(role=OPERATOR)
        with self.market.context.store.begin(write=False) as work:
            seats = work.select(Seat, {"transaction_id": deal.id, "role": opener}, order="role")
        return Actor(party_id=seats[0].party_id) if seats else None

    def _costs(
        self, deal: Transaction, process: Process, purse: str, opener: str
    ) -> dict[str, Any]:
        """An amount of the customer's own will; the operator names whole lines."""
        money = Money(self.chance.randrange(1, 20_000), deal.currency)
        if opener != OPERATOR.name:
            return {"amount": money} if purse else {}
        if not any(one.starts_settled and one.name == purse for one in process.purses):
            line = Line("extra", money, "customer", "provider", "core.agreed", purse=purse)
            return {"lines": [line]}
        terms = self.market.transactions.terms(deal.id, by=OPERATOR)[-1]
        part = self.chance.randrange(0, 3)
        scaled = [(one, Money(one.amount.amount * part // 2, deal.currency)) for one in terms.lines]
        return {
            "lines": [
                Line(one.code, money, one.payer, one.payee, one.rule, one.plugin, one.inputs, purse)
                for one, money in scaled
                if one.purse == purse and money
            ]
        }
