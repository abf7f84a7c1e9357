"""A quay: the wharf of small trades, opened with whoever takes cards, so that one story is told
with each of them.

The fixture `quay` opens one on each database with each payment provider, `stripe_quay` with the
twin of Stripe alone. What banks and people do is asked of the quay's bank, by the same words for
all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from marketplace import (
    MINUTE,
    OPERATOR,
    Account,
    Event,
    Intent,
    ManualClock,
    Marketplace,
    Party,
    Pay,
    Payout,
    PayoutPlan,
    Purpose,
    ReceivedNotice,
    Transaction,
)
from marketplace.plugins.commission import Commission
from marketplace.testing.soundness import faults
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.quay_banks import OPENS, USD, Bank, SandboxBank, Sent, StripeBank
from tests.support.stripe_judges import hold_to_stripe
from tests.support.stripe_platform import KEY, SECRET
from tests.support.wharf import Wharf


@define
class Quay:
    """A marketplace of the wharf's trades, a customer, two sellers, and the bank."""

    market: Marketplace
    clock: ManualClock
    bank: Any
    mia: Party
    sal: Party
    tom: Party
    by_hand: bool = False
    """Whether somebody moved money at the bank by hand: then the books differ, and must."""

    @property
    def twin(self) -> StripeTwin:
        """Stripe's twin, where that is the bank."""
        twin: StripeTwin = self.bank.twin
        return twin

    def card(self, how: str = "fine", **more: Any) -> Pay:
        """A card that behaves so."""
        return Pay("card", means=self.bank.cards[how], **more)

    def quote(self, trade: str, price: int = 10_000, seller: Party | None = None) -> str:
        """What something of a seller's costs, in cents."""
        m, who = self.market, seller or self.sal
        listing = m.listings.draft(
            trade, by=who, title=trade, currency=USD, attributes={"price": price}
        )
        m.listings.publish(listing.id, by=who)
        asked = m.requests.open(trade, by=self.mia, currency=USD, listing=listing.id)
        return m.quotes.make(asked.id, by=self.mia).id

    def opened(self, trade: str, *pays: Pay, price: int = 10_000) -> Transaction:
        """A deal of Mia's with Sal, as it stands once it was opened."""
        some = pays or (self.card(),)
        return self.market.transactions.open(self.quote(trade, price), by=self.mia, pay=some)

    def take(self, deal: Transaction, row: str, who: Party) -> Transaction:
        """Somebody takes a row."""
        return self.market.transactions.take(deal.id, row, by=who)

    def carried(self, deal: Transaction, *rows: str) -> Transaction:
        """Take one row after the other: a customer's as Mia, a provider's as Sal."""
        found = deal
        for row in rows:
            allowed = self.market.transactions.allowed(deal.id, by=self.mia)
            found = self.take(deal, row, self.mia if row in allowed else self.sal)
        return found

    def sold(self, price: int = 10_000) -> Transaction:
        """A crate that was paid, sent and received."""
        return self.carried(self.opened("crates", price=price), "ship", "receive")

    def now(self, deal: Transaction) -> Transaction:
        """The deal as it stands."""
        return self.market.transactions.get(deal.id, by=OPERATOR)

    def wait(self, time: timedelta) -> None:
        """Let time pass with a worker at work: each minute of a few, else in sixty steps."""
        step = max(time / 60, MINUTE)
        while time > timedelta(0):
            self.clock.advance(min(step, time))
            self.market.tick()
            time -= step

    def reference(self, deal: Transaction) -> str:
        """What the bank calls the payment of a deal's price."""
        every = self.market.transactions.payments(deal.id, by=OPERATOR)
        (found,) = [one.reference for one in every if one.purse == "price"]
        assert found is not None
        return found

    def paid(self, deal: Transaction) -> tuple[int, int, int]:
        """What our books hold, took and gave back for a deal's price."""
        every = self.market.transactions.payments(deal.id, by=OPERATOR)
        (one,) = [one for one in every if one.purse == "price"]
        return one.held, one.captured, one.refunded

    def told(self, *sent: Sent) -> list[str]:
        """Receive these, or else all that was not told yet; gives what became of each."""
        receive = self.market.payments.receive
        some = sent or self.bank.notices()
        return [str(receive(self.bank.name, body, headers).outcome) for body, headers in some]

    def differing(self) -> list[ReceivedNotice]:
        """Notices of what stands otherwise with the bank than here."""
        return list(self.market.payments.notices(by=OPERATOR, state="differs"))

    def lies_with(self, owner: Party | str, purpose: Purpose) -> int:
        """Cents on an account of the ledger."""
        name = owner if isinstance(owner, str) else owner.id
        with self.market.context.store.begin(write=False) as work:
            return work.ledger.balance(Account(name, purpose, USD)).posted

    def house(self, purpose: Purpose) -> int:
        """Cents on accounts of the marketplace's own for a purpose."""
        with self.market.context.store.begin(write=False) as work:
            return sum(one.posted for one in work.ledger.balances(purpose=purpose))

    def intents(self, state: str | None = None) -> list[Intent]:
        """Everything that was asked of the bank, oldest first."""
        with self.market.context.store.begin(write=False) as work:
            every = work.select(Intent, limit=10_000)
        return [one for one in every if state in (None, one.state)]

    def events(self, kind: str) -> list[Event]:
        """Every event of a kind, oldest first."""
        with self.market.context.store.begin(write=False) as work:
            return work.select(Event, {"kind": kind}, limit=10_000)

    def payout(self, seller: Party | None = None) -> Payout:
        """All that a seller earned is paid out."""
        who = seller or self.sal
        return self.market.payouts.make(by=OPERATOR, party=who.id, currency=USD)

    def agrees(self) -> bool:
        """Whether what our books say lies with the bank is what lies there."""
        return self.house(Purpose.PROCESSOR_CLEARING) == int(self.bank.lies())


Opened = Callable[..., Quay]


def open_quay(url: str, bank: Bank, clock: ManualClock, **more: Any) -> Quay:
    """A quay with this bank."""
    given: dict[str, Any] = {"payouts": PayoutPlan(provider=bank.name, every=None), **more}
    plugins = [Wharf(), Commission(bp=1_000), bank.plugin()]
    market = Marketplace.open(url, plugins, clock=clock, seed=7, create="missing", **given)
    people = [market.parties.join(name) for name in ("Mia", "Sal", "Tom")]
    return Quay(market, clock, bank, *people)


def _closed(quay: Quay) -> None:
    """Whatever happened to it, a quay is sound, and its books agree with the bank's."""
    assert set(quay.market.ledger.sums().values()) <= {0}
    assert faults(quay.market) == []
    assert quay.agrees() is not quay.by_hand
    compared = quay.market.ledger.reconcile(quay.bank.name)
    assert compared.clean is not quay.by_hand, compared
    assert compared.waiting == 0
    quay.market.close()


@pytest.fixture
def stripe_quay(database_url: str) -> Iterator[Quay]:
    """A quay with Stripe's twin, once on each database; all that was said is judged."""
    clock = ManualClock(OPENS)
    with StripeTwin(clock=clock, key=KEY, webhook_secret=SECRET) as twin:
        quay = open_quay(database_url, StripeBank(twin), clock)
        yield quay
        _closed(quay)
        hold_to_stripe(twin)


@pytest.fixture(params=["sandbox", "stripe"])
def quay(request: pytest.FixtureRequest, database_url: str) -> Iterator[Quay]:
    """A quay, once on each database with each payment provider that takes cards."""
    if request.param == "stripe":
        yield request.getfixturevalue("stripe_quay")
        return
    clock = ManualClock(OPENS)
    quay = open_quay(database_url, SandboxBank(clock), clock)
    yield quay
    _closed(quay)
