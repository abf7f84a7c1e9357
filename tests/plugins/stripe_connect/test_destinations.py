"""Destination charges: a seller's part goes to its account as Stripe takes the money."""

from collections.abc import Iterator

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    MARKETPLACE,
    OPERATOR,
    Account,
    ManualClock,
    Money,
    MoneyKind,
    Pay,
    Payee,
    PayoutPlan,
    Purpose,
)
from marketplace.plugins.goods import Goods
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.soundness import faults
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.bazaar import NEW_YEAR, Bazaar, open_bazaar
from tests.support.stripe_judges import hold_to_stripe
from tests.support.stripe_platform import CURRENCY, KEY, SECRET, Platform, connect

HOLD, CAPTURE, REFUND = MoneyKind.HOLD, MoneyKind.CAPTURE, MoneyKind.REFUND
CARD = Pay("card", means="pm_card_visa")
FREE = {"first": 0, "more": 0}


@pytest.fixture
def passing(twin: StripeTwin) -> Platform:
    """The payment provider, which makes destination charges."""
    return Platform(twin, connect(twin, charges="destination"))


def usd(amount: int) -> Money:
    """Cents."""
    return Money(amount, CURRENCY)


def test_a_charge_gives_the_payee_its_part_and_a_refund_takes_its_share_back(
    passing: Platform,
) -> None:
    """Law: of a charge so much reaches the payee's account at once as the order names, and each
    refund takes the same share back from there; asked again, nothing moves twice."""
    account = passing.account("active")
    payee = Payee("pty_sita", account, 900)
    order = passing.order(MoneyKind.CHARGE, 1_000, "c", payee=payee)
    charged = passing.provider.carry_out(order)
    assert (charged.outcome, charged.passed_on) == ("done", usd(900))
    assert passing.provider.carry_out(order) == charged
    assert passing.provider.look_up(order) == charged
    assert passing.twin.balance("usd", account) == 900
    refund = passing.order(REFUND, 500, "r", charged.reference)
    back = passing.provider.carry_out(refund)
    assert (back.outcome, back.passed_on) == ("done", usd(-450))
    assert passing.provider.carry_out(refund) == back
    assert passing.provider.look_up(refund) == back
    assert passing.twin.balance("usd", account) == 450


@pytest.mark.parametrize(("captured", "part"), [(1_000, 900), (600, 500), (1, 1)])
def test_a_hold_says_where_and_its_capture_says_how_much(
    passing: Platform, captured: int, part: int
) -> None:
    """Law: of a hold nothing goes anywhere; its capture passes on what the order names then,
    whatever was foreseen."""
    account = passing.account("active")
    held = passing.held(1_000, payee=Payee("pty_sita", account, 950))
    assert passing.twin.balance("usd", account) == 0
    payee = Payee("pty_sita", account, part)
    taken = passing.ask(CAPTURE, captured, "take", held, payee=payee)
    assert (taken.outcome, taken.passed_on) == ("done", usd(part))
    assert passing.twin.balance("usd", account) == part


@pytest.mark.parametrize("who", ["nobody", "another", "the same, of nothing"])
def test_where_nobody_is_to_be_paid_there_any_more_nothing_stays_there(
    passing: Platform, who: str
) -> None:
    """Law: a hold that names an account, captured for nobody, for somebody with another account or
    for nothing earned, leaves that account as it was; and so does its refund, in parts too."""
    account, other = passing.account("active"), passing.account("active")
    held = passing.held(1_000, payee=Payee("pty_sita", account, 900))
    payee = {
        "nobody": None,
        "another": Payee("pty_ram", other, 900),
        "the same, of nothing": Payee("pty_sita", account, 0),
    }[who]
    taken = passing.ask(CAPTURE, 1_000, "take", held, payee=payee)
    assert (taken.outcome, taken.passed_on) == ("done", None)
    assert {passing.twin.balance("usd", one) for one in (account, other)} == {0}
    for amount in (300, 700):
        back = passing.ask(REFUND, amount, f"back {amount}", held)
        assert (back.outcome, back.passed_on) == ("done", None)
        assert {passing.twin.balance("usd", one) for one in (account, other)} == {0}


def test_a_hold_that_names_nobody_is_captured_for_nobody(passing: Platform) -> None:
    """Law: who performs may be found after the hold was made; Stripe then passes nothing on, the
    answer says so, and earnings are transferred when a payout is due."""
    account = passing.account("active")
    held = passing.held(1_000)
    taken = passing.ask(CAPTURE, 1_000, "take", held, payee=Payee("pty_sita", account, 900))
    assert (taken.outcome, taken.passed_on) == ("done", None)
    assert passing.twin.balance("usd", account) == 0


def test_separate_charges_name_no_destination(platform: Platform) -> None:
    """Law: unless the operator chose destination charges no method of it passes on, and nothing of
    what is asked says where money goes."""
    assert [one.passes_on for one in platform.provider.methods] == [False]
    assert [one.passes_on for one in connect(platform.twin, charges="destination").methods] == [
        True
    ]
    platform.charged()
    (made,) = platform.intents()
    assert made["transfer_data"] is None


@pytest.fixture
def bazaar(database_url: str) -> Iterator[tuple[Bazaar, StripeTwin, str]]:
    """A bazaar whose seller has an account with Stripe, paid by destination charges."""
    clock = ManualClock(NEW_YEAR)
    with StripeTwin(clock=clock, key=KEY, webhook_secret=SECRET) as twin:
        stripe = connect(twin, charges="destination")
        plan = PayoutPlan(provider="stripe", every=None)
        opened = open_bazaar(
            database_url, Goods(), payouts=plan, clock=clock, sandbox=stripe, create="missing"
        )
        row = StripeDesk(opened.market).onboard(
            opened.seller.id, by=opened.seller, country="DE", currency="EUR", email="s@path.example"
        )
        account = str(row.account)
        twin.onboard(account)
        StripeDesk(opened.market).refresh(opened.seller.id)
        opened.market.advance(30 * DAY)
        yield opened, twin, account
        assert faults(opened.market) == []
        opened.market.close()
        hold_to_stripe(twin)


def clearing(bazaar: Bazaar) -> int:
    """What our books say lies with Stripe."""
    with bazaar.market.context.store.begin(write=False) as work:
        account = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, "EUR")
        return work.ledger.balance(account).posted


@pytest.mark.invariant(19, 50)
def test_an_order_lives_by_a_destination_charge(bazaar: tuple[Bazaar, StripeTwin, str]) -> None:
    """Bought, half of it given back after it was settled: at each step the seller's account has
    what the books say he was given, and what we have there is what lies there."""
    market, twin, account = bazaar
    deal = market.sent(market.offer(price=100_00, freight=FREE), pay=CARD)
    assert twin.balance("eur", account) == 90_00
    assert clearing(market) == twin.balance("eur")
    deal = market.take(deal, "receive", market.mia)
    assert market.market.payouts.due() == []
    asks = {"why": "half of it came broken", "refund": Money(50_00, "EUR")}
    asked = market.market.transactions.follow_up(deal.id, "claim", by=market.mia, asks=asks)
    market.take(asked, "give_in", market.seller)
    assert twin.balance("eur", account) == 45_00
    assert market.balance(market.seller, Purpose.RECEIVABLE) == 0
    assert clearing(market) == twin.balance("eur")
    assert market.market.ledger.sums() == {"EUR": 0}
    compared = market.market.ledger.reconcile("stripe")
    assert (compared.unexplained, compared.differences) == (0, ())


def test_an_order_that_is_called_off_leaves_the_seller_nothing(
    bazaar: tuple[Bazaar, StripeTwin, str],
) -> None:
    """Bought and called off before it is sent: all of it is back, the seller's part with it."""
    market, twin, account = bazaar
    deal = market.buy(market.offer(price=100_00, freight=FREE), pay=CARD)
    market.take(deal, "withdraw", market.mia)
    assert market.money(deal) == (100_00, 100_00)
    assert twin.balance("eur", account) == 0
    assert clearing(market) == twin.balance("eur")
    assert market.market.ledger.reconcile("stripe").differences == ()
    found = market.market.ledger.balances(market.seller.id, by=OPERATOR)
    assert [one for one in found if one.posted] == []


def test_what_stripe_answers_is_compared_with_what_was_asked(passing: Platform) -> None:
    """Law: what a destination charge passes on is read of Stripe's answer, not of the order."""
    account = passing.account("active")
    order = passing.order(MoneyKind.CHARGE, 1_000, "c", payee=Payee("pty_sita", account, 900))
    passing.provider.carry_out(order)
    other = evolve(order, payee=Payee("pty_sita", account, 1))
    assert (found := passing.provider.look_up(other)) is not None
    assert found.passed_on == usd(900)
