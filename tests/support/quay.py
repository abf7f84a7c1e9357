"""A quay: the wharf of small trades, opened with whoever takes cards, so that one story is told
with each of them.

The fixture `quay` opens one on each database with each payment provider, `stripe_quay` with the
twin of Stripe alone. What banks and people do is asked of the quay's bank, by the same words for
all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from attrs import define, field

from marketplace import (
    DAY,
    MINUTE,
    OPERATOR,
    Account,
    Intent,
    ManualClock,
    Marketplace,
    Party,
    Pay,
    PaymentProviderUnavailable,
    Payout,
    PayoutPlan,
    Purpose,
    ReceivedNotice,
    Transaction,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.soundness import faults
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.stripe_judges import hold_to_stripe
from tests.support.stripe_platform import KEY, SECRET, connect
from tests.support.wharf import Wharf

OPENS = datetime(2026, 11, 23, 8, tzinfo=UTC)
USD = "USD"


Sent = tuple[bytes, dict[str, str]]
"""A notice on its way: body and headers."""


class Bank(Protocol):
    """Whoever takes cards, and what a test has it do."""

    name: str
    cards: dict[str, str]
    """What a card is that is ``fine``, ``declined``, ``asks``, ``captures nothing`` or
    ``takes nothing back`` days after it seemed to."""

    def plugin(self) -> Any:
        """The payment provider."""

    def lies(self) -> int:
        """Cents that lie there."""

    def lose_answers(self, times: int) -> None:
        """Carry so many orders out, and answer none of them."""

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment that came to anything."""

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """Open an account for a seller, at which payouts arrive; gives its name."""

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""

    def dispute(self, payment: str, amount: int) -> str:
        """Be the payer's bank and take so much back, for a fee of 15.00; gives its name."""

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Be that bank and decide."""

    def confirm(self, payment: str) -> None:
        """Be the customer who says yes at its bank."""

    def return_refund(self, payment: str) -> None:
        """Be the payer's bank, which sends a refund back days after it was paid."""

    def return_payout(self, payout: str) -> None:
        """Have a payout come back days after it arrived."""


@define
class SandboxBank:
    """The sandbox."""

    clock: ManualClock
    name: str = "sandbox"
    cards: dict[str, str] = field(
        factory=lambda: {
            "fine": "tok_ok",
            "declined": "tok_declined",
            "asks": "tok_challenged",
            "captures nothing": "tok_capture_fails",
            "takes nothing back": "tok_ok",
        }
    )
    box: Sandbox = field(init=False)
    _until: datetime = OPENS
    _lost: int = 0

    def __attrs_post_init__(self) -> None:
        self.box = Sandbox(
            now=self.clock.now,
            before=self._before,
            after=self._after,
            secrets=("whsec_of_the_quay",),
            chatty=True,
        )

    def _before(self, order: Any) -> None:
        if self.clock.now() < self._until:
            raise PaymentProviderUnavailable("the sandbox is closed")

    def _after(self, order: Any, answer: Any) -> None:
        if self._lost:
            self._lost -= 1
            raise PaymentProviderUnavailable("the answer was lost")

    def plugin(self) -> Any:
        """The payment provider."""
        return self.box

    def lies(self) -> int:
        """Cents that lie there."""
        return int(self.box.balance(USD).amount)

    def lose_answers(self, times: int) -> None:
        """Carry so many orders out, and answer none of them."""
        self._lost = times

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""
        self._until = self.clock.now() + lasting

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment."""
        every = [(one["held"], one["captured"], one["refunded"]) for one in self.box.charges()]
        return sorted(one for one in every if any(one))

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """Name an account, which the operator verifies."""
        name = f"acc_{party.id}"
        account = market.parties.set_payout_account(USD, name, by=party, provider=self.name)
        market.parties.judge_payout_account(account.id, approve=True)
        return name

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""
        return self.box.notices()

    def dispute(self, payment: str, amount: int) -> str:
        """Take so much back, for a fee of 15.00."""
        return self.box.take_back(payment, amount, 1_500)

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Give it back, or keep it."""
        if not won:
            self.box.keep(dispute)
            return
        (one,) = [x for x in self.box.movements() if x.about == dispute]
        self.box.give_back(payment, -one.amount.amount)

    def confirm(self, payment: str) -> None:
        """Say yes at the bank."""
        self.box.confirm(payment)

    def return_refund(self, payment: str) -> None:
        """Send the only refund there is back."""
        (refund,) = [one.about for one in self.box.movements() if one.kind == "refund"]
        self.box.return_refund(refund)

    def return_payout(self, payout: str) -> None:
        """Send it back."""
        self.box.return_payout(payout)


@define
class StripeBank:
    """Stripe's twin."""

    twin: StripeTwin
    name: str = "stripe"
    cards: dict[str, str] = field(
        factory=lambda: {
            "fine": "pm_card_visa",
            "declined": "pm_card_chargeDeclined",
            "asks": "pm_card_authenticationRequired",
            "captures nothing": "pm_card_captureFails",
            "takes nothing back": "pm_card_refundFail",
        }
    )

    def plugin(self) -> Any:
        """The payment provider."""
        return connect(self.twin)

    def lies(self) -> int:
        """Cents that lie there, after Stripe's fees."""
        return self.twin.balance(USD.lower())

    def lose_answers(self, times: int) -> None:
        """Carry so many calls out, and answer none of them."""
        self.twin.faults.answer_lost(times)

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""
        self.twin.faults.down(lasting=lasting)

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment intent."""
        found = []
        for one in self.made("payment_intent"):
            charge = self.twin.object(one["latest_charge"]) if one["latest_charge"] else {}
            refunded = int(charge.get("amount_refunded") or 0)
            found.append((one["amount_capturable"], one["amount_received"], refunded))
        return sorted(one for one in found if any(one))

    def made(self, kind: str) -> list[dict[str, Any]]:
        """Every thing of a kind, as it stands, oldest first."""
        told = [one["data"]["object"] for one in self.twin.events() if _creates(one, kind)]
        return [self.twin.object(one["id"]) for one in told]

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """An account with Stripe, whose owner said who she is."""
        desk = StripeDesk(market)
        row = desk.onboard(party.id, by=party, country="US", currency=USD, email="s@quay.example")
        assert row.account is not None
        self.twin.onboard(row.account)
        assert desk.refresh(party.id)
        return row.account

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""
        found: list[Sent] = []
        self.twin.deliver_to(lambda body, headers: found.append((body, dict(headers))))
        return found

    def dispute(self, payment: str, amount: int) -> str:
        """Take so much back; Stripe's fee is 15.00."""
        return self.twin.dispute(self.twin.object(payment)["latest_charge"], amount)

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Give it back, or keep it."""
        self.twin.decide(dispute, won=won)

    def confirm(self, payment: str) -> None:
        """Say yes at the bank."""
        self.twin.authenticate(payment)

    def return_refund(self, payment: str) -> None:
        """A card that takes nothing back says so a day later."""
        self.twin.clock.advance(DAY)

    def return_payout(self, payout: str) -> None:
        """Somebody reverses the transfer in Stripe's dashboard."""
        self.by_hand("a reversal", lambda stripe: stripe.v1.transfers.reversals.create(payout))

    def by_hand(self, what: str, ask: Callable[[Any], Any]) -> Any:
        """What somebody does in Stripe's dashboard, of which the marketplace knows nothing."""
        return self.plugin().calls(what, ask)


def _creates(event: dict[str, Any], kind: str) -> bool:
    return event["type"].endswith(".created") and event["data"]["object"]["object"] == kind


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
