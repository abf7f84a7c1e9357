"""The paper ``one-model`` carried out: its deals on a real marketplace end as its tables say.

Every table is played in one marketplace. Its rows are taken in their order, with the rows between
them that move no money; then every account must hold what the table's transfers leave in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from marketplace import (
    CLOCK,
    DAY,
    MARKETPLACE,
    OPERATOR,
    PAYMENT_PROVIDER,
    After,
    At,
    Bring,
    Item,
    Line,
    LinkPlan,
    LinkQuestion,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    MoneyKind,
    Party,
    Pay,
    PricingQuestion,
    Process,
    Purpose,
    Put,
    ResourcePlan,
    Role,
    Seat,
    Transaction,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from tests.docs.test_one_model import ASSETS, DEALS, SPACE, TABLES, Move, first_deal

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
BEFORE = "C0"
"""A cash ride of last week: it leaves C1's driver with the debt that his table begins with."""
COUNTED = {"seats": 3, "stock": 10}
"""Resources of which there are several; of all others there is one."""
WAYS = {
    "C1": [Pay("wallet", amount=Money(30_00, "NPR")), Pay("cash")],
    BEFORE: [Pay("cash")],
    "X1": [Pay("two of three")],
    "X2": [Pay("two of three")],
}
"""How deals are paid; all others by card."""
BESIDE = {("B1", "deposit"): "D1", ("O4", "supply"): "Y1"}
"""Deals that another one opens beside itself, by its name and what is opened."""
HANDED_OVER = {"cash_collected": Money(200_00, "NPR")}
"""What the rider of C1 had in her hand."""


def versions(deal: str) -> Sequence[Sequence[Line]]:
    """The terms of a deal, in their order."""
    if deal == BEFORE:
        flat, percent = SPACE["pricing"]("NPR")
        fare = flat("fare", "2400.00", "customer", "provider")
        return [[fare, percent("commission", 20, [fare], "provider", "operator")]]
    return DEALS[deal][2]


@define
class Paper:
    """The plugin that brings the page's processes, and prices every deal as the page does."""

    processes: dict[str, Process]
    name: str = "paper"
    seen: dict[str, int] = field(factory=lambda: defaultdict(int))

    @hookimpl
    def bring(self) -> Bring:
        """A vertical for each process, and the page's two rules."""
        every = {process.name: process for process, *_ in DEALS.values()}
        verticals, others = [], {"supply"}
        for name, process in self.processes.items():
            if name in others:
                continue
            opened = {effect.process for row in process.transitions for effect in row.links}
            beside = tuple(every[one] for one in sorted(opened))
            resources = tuple(plans(process))
            links = dict.fromkeys(others & opened, with_others)
            verticals.append(Vertical(name, (process,), beside, resources=resources, links=links))
        return Bring(verticals=verticals, rules=SPACE["RULES"])

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        """The next version of the deal's terms."""
        assert question.request is not None
        deal = question.request.attributes["deal"]
        of = question.transaction
        link = question.occasion if of is None or of.link is None else of.link
        if link in ("deposit", "supply"):
            if (deal, link) not in BESIDE:
                return []
            deal = BESIDE[deal, link]
        terms = versions(deal)
        number = min(self.seen[deal], len(terms) - 1)
        self.seen[deal] += 1
        return [evolve(line, plugin=self.name) for line in terms[number]]


def with_others(question: LinkQuestion) -> LinkPlan:
    """The supply of O4: Dana is the customer, and Sol has an article by then."""
    dana = next(one.party_id for one in question.seats if one.role == "provider")
    assert question.request is not None
    (article,) = question.work.select(Listing, {"title": "Y1"})
    return LinkPlan(
        {"customer": dana, "provider": article.provider_id},
        items=[Item(article.id)],
        attributes=question.request.attributes,
    )


def plans(process: Process) -> Iterator[ResourcePlan]:
    """The resources that a process claims."""
    names = {
        effect.resource
        for row in process.transitions
        for effect in row.effects
        if hasattr(effect, "resource")
    }
    for name in sorted(names):
        yield ResourcePlan(name, "counted" if name in COUNTED else "single", COUNTED.get(name, 1))


@define
class Play:
    """A table being played."""

    market: Marketplace
    clock: ManualClock
    parties: dict[str, Party] = field(factory=dict)
    deals: dict[str, Transaction] = field(factory=dict)
    listings: dict[str, str] = field(factory=dict)

    def party(self, name: str) -> Party:
        """The party of this name, who joins when first asked for."""
        if name not in self.parties:
            self.parties[name] = self.market.parties.join(name)
        return self.parties[name]

    def seats(self, deal: str) -> dict[str, str]:
        """Who sits where."""
        return DEALS["C1" if deal == BEFORE else deal][1]

    def process(self, deal: str) -> Process:
        """The deal's process."""
        return DEALS["C1" if deal == BEFORE else deal][0]

    def take(self, deal: str, name: str) -> None:
        """Take a row, and those that move no money on the way to it."""
        for row in self.way(deal, name):
            if deal not in self.deals:
                self.open(deal, row)
            elif row.fills:
                puts = [Put(self.deals[deal].id, self.listings[deal], timedelta(minutes=1))]
                [offer] = self.market.offers.put_many(puts)
                self.market.offers.accept(offer.id, by=self.party(self.seats(deal)["provider"]))
            elif row.agreed:
                one, other = (self.party(self.seats(deal)[role.name]) for role in row.who)
                proposed = self.market.offers.propose(self.deals[deal].id, row.name, by=one)
                self.market.offers.accept(proposed.id, by=other)
            else:
                self.wait(deal, row)
                asks = self.answers(deal, row)
                who = self.actor(deal, row)
                self.market.transactions.take(self.deals[deal].id, row.name, by=who, **asks)
            self.deals[deal] = self.market.transactions.get(self.deals[deal].id, by=OPERATOR)
            assert self.deals[deal].state == row.to, f"{deal}: {row.name} went wrong"

    def wait(self, deal: str, row: Transition) -> None:
        """Until the clock's row is due, or until the row is allowed."""
        when = row.when if self.actor(deal, row) == CLOCK else row.not_before
        now = self.clock.now()
        if isinstance(when, After):
            until = self.deals[deal].entered_at + when.delay
        elif isinstance(when, At):
            until = self.deals[deal].moments[when.moment] + when.offset
        else:
            return
        self.clock.advance(max(until - now, timedelta(0)))

    def way(self, deal: str, name: str) -> list[Transition]:
        """The shortest way to a row from where the deal stands, the row itself last."""
        process = self.process(deal)
        start = self.deals[deal].state if deal in self.deals else process.start
        ways: dict[str, list[Transition]] = {start: []}
        queue = [start]
        while queue:
            state = queue.pop(0)
            row = process.row(name, state)
            if row is not None:
                return [*ways[state], row]
            for quiet in process.rows_from(state):
                kinds = {effect.kind for effect in quiet.money_effects()}
                if kinds <= {MoneyKind.SAVE} and quiet.to not in ways:
                    ways[quiet.to] = [*ways[state], quiet]
                    queue.append(quiet.to)
        raise AssertionError(f"{deal}: no way from {start!r} to {name!r}")

    def actor(self, deal: str, row: Transition) -> Party | Role:
        """Somebody who may take the row, a party if one may."""
        for role in row.who:
            if role.name in self.seats(deal):
                return self.party(self.seats(deal)[role.name])
        return next(role for role in (OPERATOR, CLOCK, PAYMENT_PROVIDER) if role in row.who)

    def answers(self, deal: str, row: Transition) -> dict[str, Any]:
        """What is written into the row's form; a form's choices are open where it allows."""
        one = Money(1, versions(deal)[0][0].amount.currency)
        filled = {
            ask.name: one if ask.kind == "money" else "1234" for ask in row.asks if ask.required
        }
        return filled | (HANDED_OVER if (deal, row.name) == ("C1", "finish") else {})

    def open(self, deal: str, row: Transition) -> None:
        """A listing, a request, its quote, and the transaction on it."""
        seats, process, market = self.seats(deal), self.process(deal), self.market
        customer, provider = self.party(seats["customer"]), self.party(seats["provider"])
        currency = versions(deal)[0][0].amount.currency
        listing = market.listings.draft(process.name, by=provider, title=deal, currency=currency)
        market.listings.publish(listing.id, by=provider)
        by_offer = any(one.fills for one in process.transitions)
        request = market.requests.open(
            process.name,
            by=customer,
            currency=currency,
            listing=None if by_offer else listing.id,
            start=NOW + 6 * DAY,
            end=NOW + 10 * DAY,
            attributes={"deal": deal},
        )
        quote = market.quotes.make(request.id, by=customer)
        for (origin, link), beside in BESIDE.items():
            if origin == deal and link == "supply":
                sol = self.party(self.seats(beside)["provider"])
                article = market.listings.draft(
                    process.name, by=sol, title=beside, currency=currency
                )
                market.listings.publish(article.id, by=sol)
        purses = {line.purse for version in versions(deal) for line in version}
        pays = WAYS.get(deal, [Pay("card", means="tok", purse=purse) for purse in sorted(purses)])
        asks = self.answers(deal, row)
        self.listings[deal] = listing.id
        self.deals[deal] = market.transactions.open(
            quote.id, by=customer, request=request.id, pay=pays,
            entry=row.name, asks=asks,
        )  # fmt: skip
        for (origin, link), beside in BESIDE.items():
            if origin == deal:
                every = market.transactions.list(by=OPERATOR)
                (self.deals[beside],) = [one for one in every if one.link == link]
        with market.context.store.begin() as work:
            for role in seats.keys() - {"customer", "provider"}:
                work.add(Seat(self.deals[deal].id, role, self.party(seats[role]).id))

    def act(self, move: Move) -> None:
        """What the marketplace does outside of any process."""
        debit, credit, amount = move.debit, move.credit, move.amount
        if move.row == "*payout*" and credit.purpose is Purpose.IN_TRANSIT:
            payout = self.market.payouts.make(
                by=OPERATOR, party=self.party(credit.owner).id, currency=amount.currency
            )
            assert payout.money == amount
            if self.market.payouts.get(payout.id, by=OPERATOR).state != "paid":
                self.market.payouts.confirm(payout.id, by=OPERATOR, reference="bank")
        elif move.row == "*before*" and debit.purpose is Purpose.RECEIVABLE:
            self.take(BEFORE, "authorize")
            self.take(BEFORE, "finish")
        elif move.row in ("*before*", "*top-up*"):
            party = self.party(credit.owner)
            self.market.payments.top_up(party.id, amount, reference=f"rail {move.at}")

    def balances(self) -> dict[tuple[Purpose, str], int]:
        """What every account that holds anything holds, by its owner's name."""
        found: dict[tuple[Purpose, str], int] = {}
        owners = {MARKETPLACE: ""} | {party.id: name for name, party in self.parties.items()}
        owners |= {one.id: deal for deal, one in self.deals.items()}
        for owner, name in owners.items():
            for balance in self.market.ledger.balances(owner, by=OPERATOR):
                assert not balance.pending_in, f"{balance.account} is still held"
                if balance.posted:
                    found[balance.account.purpose, name] = balance.posted
        return found


def left(moves: Sequence[Move]) -> dict[tuple[Purpose, str], int]:
    """What a table leaves in every account."""
    balances: dict[tuple[Purpose, str], int] = defaultdict(int)
    for move in moves:
        if move.moves:
            for place, side in ((move.debit, 1), (move.credit, -1)):
                sign = side if place.purpose in ASSETS else -side
                balances[place.purpose, place.owner] += sign * move.amount.amount
    return {key: balance for key, balance in balances.items() if balance}


def begin(*names: str) -> Play:
    """A marketplace with the page's processes for these deals, and nobody in it yet."""
    clock = ManualClock(NOW)
    processes = {DEALS[name][0].name: DEALS[name][0] for name in names}
    bank = Sandbox(now=clock.now)
    chain = Sandbox(now=clock.now, name="chain", methods=(SPACE["TWO_OF_THREE"],))
    plugins = [bank, chain, Cash(), Wallet(), Paper(processes)]
    return Play(Marketplace.open("sqlite://", plugins, clock=clock, seed=1), clock)


@pytest.mark.parametrize("moves", TABLES, ids=first_deal)
def test_a_deal_of_the_paper_ends_as_its_table_says(moves: Sequence[Move]) -> None:
    """The engine, given the page's processes and lines, leaves the same in every account."""
    play = begin(*(move.deal for move in moves if move.deal))
    done: list[tuple[str, str]] = []
    for move in moves:
        if not move.deal:
            play.act(move)
        elif not done or done[-1] != (move.deal, move.row):
            done.append((move.deal, move.row))
            play.take(move.deal, move.row)
    assert play.balances() == left(moves)


def test_who_is_not_paid_by_the_rider_is_paid_and_the_rider_owes() -> None:
    """When a fare is not paid its lines stay owed: the driver has his part, the rider the debt."""
    play = begin("P1")
    for row in ("authorize", "not_paid", "owe"):
        play.take("P1", row)
    assert play.balances() == {
        (Purpose.CUSTOMER_RECEIVABLE, "Asha"): 12_28,
        (Purpose.PAYABLE, "Chandra"): 10_03,
        (Purpose.REVENUE, ""): 2_25,
    }
