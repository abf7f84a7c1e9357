"""A payment provider passes earnings on itself, as it takes the money (a destination charge)."""

from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    HOUR,
    MARKETPLACE,
    OPERATOR,
    PAYMENT_PROVIDER,
    WEEK,
    Answer,
    Item,
    ManualClock,
    Marketplace,
    Money,
    MoneyKind,
    Order,
    Pay,
    PaymentProviderUnavailable,
    PayoutPlan,
    Purpose,
    Transaction,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Goods
from marketplace.plugins.sandbox import CARD as CARD_METHOD
from marketplace.plugins.sandbox import DECLINED, NOT_BACK, PASSING, Sandbox
from marketplace.plugins.wallet import Wallet
from marketplace.testing.soundness import faults
from tests.support.bazaar import CARD, NEW_YEAR, Bazaar, open_bazaar
from tests.support.ride_world import MORNING, Driver, OpenTown, Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE
PLAN = PayoutPlan(provider="sandbox", every=None, cooling=WEEK)


def _town(open_town: OpenTown, **more: Any) -> Town:
    clock = ManualClock(MORNING)
    sandbox = Sandbox(now=clock.now, methods=(PASSING,))
    return open_town(clock=clock, sandbox=sandbox, payouts=PLAN, **more)


def _with_account(town: Town, driver: Driver) -> Driver:
    """The driver has an account with the sandbox that may be paid."""
    account = town.market.parties.set_payout_account("NPR", "acc_ram", by=driver.party)
    town.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
    town.wait(24 * HOUR * 30)
    town.online(driver)
    return driver


def _clearing_is_the_banks(town: Town) -> None:
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount
    assert town.market.ledger.sums() == {"NPR": 0}
    assert town.market.ledger.reconcile("sandbox").differences == ()
    assert faults(town.market) == []


def test_what_was_passed_on_is_settled_as_given(open_town: OpenTown) -> None:
    """Law: at the capture the driver's part leaves our balance with the payment provider, and lies
    in the ride's own account; settling counts it as given, so that nothing is left to pay out."""
    town = _town(open_town)
    ram = _with_account(town, town.driver())
    ride = town.finished(town.rider(), ram, "card")
    assert town.balance(ride.id, Purpose.PASSED_ON) == EARNED
    assert town.sandbox.balance("NPR").amount == FEE
    assert ("passed on", "passed on", "processor clearing", EARNED, "posted") in town.moves(ride)
    _clearing_is_the_banks(town)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.accounts(ram) == {}
    assert town.balance(ride.id, Purpose.PASSED_ON) == 0
    assert town.house(Purpose.REVENUE) == FEE
    assert town.market.payouts.due() == []
    _clearing_is_the_banks(town)


def test_who_has_no_account_there_is_paid_out_later(open_town: OpenTown) -> None:
    """Law: without an account with the payment provider, with one that nobody verified yet, and
    with one that is too new, nothing is passed on and the earnings wait for a payout."""
    town = _town(open_town)
    ram = town.driver()
    for known in ("none", "unverified", "new"):
        if known == "unverified":
            account = town.market.parties.set_payout_account("NPR", "acc_ram", by=ram.party)
        if known == "new":
            town.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
        before = town.accounts(ram).get("provider payable", 0)
        ride = town.settled(town.rider(), ram, "card")
        assert all(kind != "passed on" for kind, *_ in town.moves(ride)), known
        assert town.accounts(ram) == {"provider payable": before + EARNED}
    _clearing_is_the_banks(town)


def test_a_tip_is_passed_on_and_settled_apart(open_town: OpenTown) -> None:
    """Law: a further purse of a deal is passed on as its price is, whole, since nobody takes a part
    of it."""
    town = _town(open_town)
    sita, ram = town.rider(), _with_account(town, town.driver())
    ride = town.settled(sita, ram, "card")
    town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(5_000), pay=Pay("card", purse="tip")
    )
    town.wait(2 * HOUR)
    passed = [-one.amount.amount for one in town.sandbox.movements() if one.kind == "passed on"]
    assert passed == [EARNED, 5_000]
    assert town.accounts(ram) == {}
    _clearing_is_the_banks(town)


def _bazaar(url: str) -> Bazaar:
    clock = ManualClock(NEW_YEAR)
    sandbox = Sandbox(now=clock.now, methods=(PASSING,))
    bazaar = open_bazaar(url, Goods(), payouts=PLAN, clock=clock, sandbox=sandbox)
    account = bazaar.market.parties.set_payout_account("EUR", "acc_seller", by=bazaar.seller)
    bazaar.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
    bazaar.market.advance(24 * HOUR * 30)
    return bazaar


def _sandbox(bazaar: Bazaar) -> Sandbox:
    found = bazaar.market.context.providers["sandbox"]
    assert isinstance(found, Sandbox)
    return found


def _sound(bazaar: Bazaar) -> None:
    clearing = bazaar.market.ledger.balances(MARKETPLACE, by=OPERATOR)
    (ours,) = [one for one in clearing if one.account.purpose is Purpose.PROCESSOR_CLEARING]
    assert ours.posted == _sandbox(bazaar).balance("EUR").amount
    assert faults(bazaar.market) == []
    assert bazaar.market.ledger.reconcile("sandbox").differences == ()


def _lies(bazaar: Bazaar, deal: Transaction) -> int:
    found = bazaar.market.ledger.balances(deal.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is Purpose.PASSED_ON)


def test_a_refund_before_settling_takes_the_same_share_back(database_url: str) -> None:
    """Law: what is given back before a deal is settled is taken back from whoever was passed it on,
    in the share that is refunded; a deal that is given back whole leaves nobody anything."""
    bazaar = _bazaar(database_url)
    deal = bazaar.buy(bazaar.offer(price=100_00, freight={"first": 0, "more": 0}))
    assert _lies(bazaar, deal) == 90_00
    bazaar.take(deal, "withdraw", bazaar.mia)
    assert bazaar.money(deal) == (100_00, 100_00)
    assert _lies(bazaar, deal) == 0
    assert _sandbox(bazaar).balance("EUR").amount == 0
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    _sound(bazaar)
    bazaar.market.close()


@pytest.mark.invariant(21)
def test_a_refund_after_settling_is_paid_by_what_it_takes_back(database_url: str) -> None:
    """Law: a refund after the deal was settled makes the seller owe his part, and what the payment
    provider takes back of what it passed on pays that debt."""
    bazaar = _bazaar(database_url)
    deal = bazaar.sent(bazaar.offer(price=100_00, freight={"first": 0, "more": 0}))
    deal = bazaar.take(deal, "receive", bazaar.mia)
    asks = {"why": "all of it came broken", "refund": Money(50_00, "EUR")}
    asked = bazaar.market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=asks)
    bazaar.take(asked, "give_in", bazaar.seller)
    assert bazaar.money(deal) == (100_00, 50_00)
    back = [one.amount.amount for one in _sandbox(bazaar).movements() if one.kind == "taken back"]
    assert back == [45_00]
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    assert bazaar.balance(bazaar.seller, Purpose.PAYABLE) == 0
    _sound(bazaar)
    bazaar.market.close()


def test_what_no_refund_takes_back_is_owed(database_url: str) -> None:
    """Law: where the bank refuses the refund, the buyer has it as credit, and whoever was passed on
    his part for a deal that came to nothing owes it; his next earnings pay it."""
    bazaar = _bazaar(database_url)
    free = {"first": 0, "more": 0}
    deal = bazaar.buy(bazaar.offer(price=100_00, freight=free), pay=Pay("card", means=NOT_BACK))
    bazaar.take(deal, "withdraw", bazaar.mia)
    assert _lies(bazaar, deal) == 0
    assert bazaar.balance(bazaar.mia, Purpose.WALLET) == 100_00
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 90_00
    _sound(bazaar)
    bazaar.market.close()


def test_what_was_passed_on_before_it_was_switched_off_is_owed_too(database_url: str) -> None:
    """Law: a marketplace that passes nothing on any more still knows of what it did pass on: a deal
    that comes to nothing then leaves it owed."""
    bazaar = _bazaar(database_url)
    free = {"first": 0, "more": 0}
    deal = bazaar.buy(bazaar.offer(price=100_00, freight=free), pay=Pay("card", means=NOT_BACK))
    sandbox, clock = _sandbox(bazaar), bazaar.market.context.clock
    bazaar.market.close()
    sandbox.methods = (CARD_METHOD,)
    plugins = [Goods(), Commission(bp=1_000), sandbox, Wallet()]
    bazaar.market = Marketplace.open(database_url, plugins, clock=clock, seed=2, payouts=PLAN)
    bazaar.take(deal, "withdraw", bazaar.mia)
    assert _lies(bazaar, deal) == 0
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 90_00
    _sound(bazaar)
    bazaar.market.close()


def _comes_to_nothing(bazaar: Bazaar, first: str, *, late: bool) -> Transaction:
    """An order paid by two cards, of which the second is declined, until it lapsed; ``late``: the
    bank says only then what became of the money that goes back to the first."""
    silent = [late]

    def before(order: Order) -> None:
        if silent[0] and order.kind is MoneyKind.REFUND:
            raise PaymentProviderUnavailable("no answer")

    sandbox = _sandbox(bazaar)
    sandbox.before = before
    pays = [Pay("card", means=first, amount=Money(60_00, "EUR")), Pay("card", means=DECLINED)]
    deal = bazaar.buy(bazaar.offer(price=100_00, freight={"first": 0, "more": 0}), pay=pays)
    assert bazaar.state(deal) == "unpaid"
    bazaar.market.advance(HOUR)
    assert bazaar.state(deal) == "lapsed"
    if late:
        assert _lies(bazaar, deal) == 54_00
        assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
        silent[0] = False
        bazaar.market.advance(HOUR)
    return deal


@pytest.mark.invariant(21)
@pytest.mark.parametrize("late", [False, True], ids=["before the end", "after it"])
def test_a_payment_that_came_to_nothing_leaves_what_was_passed_on_owed(
    database_url: str, late: bool
) -> None:
    """Law: where one of two cards is declined, what the other paid goes back; if its bank does not
    take it, the buyer has it as credit and the seller owes what was passed on of it, whether the
    bank says so before the order lapses or after. The marketplace loses nothing, the statement says
    why, and the seller's next earnings pay the debt."""
    bazaar = _bazaar(database_url)
    deal = _comes_to_nothing(bazaar, NOT_BACK, late=late)
    assert _lies(bazaar, deal) == 0
    assert bazaar.balance(bazaar.mia, Purpose.WALLET) == 60_00
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 54_00
    assert bazaar.market.ledger.profit("EUR").amount == 0
    _sound(bazaar)
    told = bazaar.market.ledger.statement(bazaar.seller.id, "EUR", by=bazaar.seller)
    assert told.closing == Money(-54_00, "EUR")
    (owed,) = [one for one in told if not one.rule]
    assert owed.text == "passed on for a deal that came to nothing: owed"
    assert (owed.amount, owed.transaction_id) == (Money(-54_00, "EUR"), deal.id)
    (why, *_) = bazaar.market.why.entry(owed.transfer_id, by=bazaar.seller)
    assert why.text == owed.text

    credit = Pay("wallet", amount=Money(60_00, "EUR"))
    again = bazaar.sent(
        bazaar.offer(price=100_00, freight={"first": 0, "more": 0}), pay=[credit, CARD]
    )
    bazaar.take(again, "receive", bazaar.mia)
    bazaar.market.advance(30 * 24 * HOUR)
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    assert bazaar.balance(bazaar.seller) == 100_00 - 10_00 - 54_00 - 36_00
    assert bazaar.market.ledger.profit("EUR") == Money(10_00, "EUR")
    _sound(bazaar)
    bazaar.market.close()


@pytest.mark.parametrize("late", [False, True], ids=["before the end", "after it"])
def test_what_a_refund_takes_back_is_not_owed_as_well(database_url: str, late: bool) -> None:
    """Law: where the bank takes the money back, what was passed on of it comes back with it, and
    the seller owes nothing, also for an order that lapsed while the refund had no answer."""
    bazaar = _bazaar(database_url)
    deal = _comes_to_nothing(bazaar, "tok_ok", late=late)
    assert _lies(bazaar, deal) == 0
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == 0
    assert len(bazaar.market.ledger.statement(bazaar.seller.id, "EUR", by=OPERATOR)) == 0
    assert _sandbox(bazaar).balance("EUR").amount == 0
    _sound(bazaar)
    bazaar.market.close()


def test_a_checkout_of_several_sellers_passes_nothing_on(database_url: str) -> None:
    """Law: one charge for several sellers names nobody to pass on to; each is paid out."""
    bazaar = _bazaar(database_url)
    other = bazaar.market.parties.join("Tara")
    first, second = bazaar.offer(), bazaar.offer(by=other)
    quotes = bazaar.basket(Item(first.id), Item(second.id))
    bazaar.market.checkouts.place([one.id for one in quotes], by=bazaar.mia, pay=CARD)
    kinds = [one.kind for one in _sandbox(bazaar).movements()]
    assert kinds == ["charge"]
    _sound(bazaar)
    bazaar.market.close()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (90_01, MoneyKind.CHARGE),
        (-1, MoneyKind.CHARGE),
        (1, MoneyKind.REFUND),
        (-100_01, MoneyKind.REFUND),
    ],
)
def test_an_answer_that_passed_on_what_nobody_asked_is_not_written(
    database_url: str, said: int, kind: MoneyKind
) -> None:
    """Law: more passed on than was foreseen, anything taken back by a charge, passed on by a
    refund, or taken back beyond the refund, is no answer: nothing is written until somebody
    looked at it."""
    clock = ManualClock(NEW_YEAR)

    def lies(order: Order, answer: Answer) -> Answer:
        wrong = order.kind is kind and answer.outcome == "done"
        return evolve(answer, passed_on=Money(said, "EUR")) if wrong else answer

    class Lying(Sandbox):
        def carry_out(self, order: Order) -> Answer:
            return lies(order, super().carry_out(order))

    sandbox = Lying(now=clock.now, methods=(PASSING,))
    bazaar = open_bazaar(database_url, Goods(), payouts=PLAN, clock=clock, sandbox=sandbox)
    account = bazaar.market.parties.set_payout_account("EUR", "acc_seller", by=bazaar.seller)
    bazaar.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
    bazaar.market.advance(24 * HOUR * 30)
    deal = bazaar.buy(bazaar.offer(price=100_00, freight={"first": 0, "more": 0}))
    if kind is MoneyKind.REFUND:
        bazaar.take(deal, "withdraw", bazaar.mia)
    (waiting,) = bazaar.market.payments.waiting()
    assert (waiting.kind, waiting.tries) == (kind, 1)
    assert bazaar.money(deal)[0] == (0 if kind is MoneyKind.CHARGE else 100_00)
    bazaar.market.close()
