"""Both books side by side: every movement has its journal, and every journal its movement."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from marketplace import (
    CLOCK,
    OPERATOR,
    WEEK,
    Difference,
    Forbidden,
    ManualClock,
    Movement,
    NotFound,
    Order,
    PaymentProviderUnavailable,
    PayoutPlan,
    PluginError,
    Purpose,
    Reconciliation,
    SetupError,
)
from marketplace.app import reconciling
from marketplace.plugins.sandbox import Sandbox
from tests.support.border import Border
from tests.support.refusals import rows_of
from tests.support.ride_world import SECRETS, OpenTown, Town
from tests.support.square import CARD, OPENS, Square, open_square
from tests.support.told import charge, deliver

PRICE = 19_700
PAID = PayoutPlan(provider="sandbox")


def compared(town: Town, **more: Any) -> Reconciliation:
    """Both sides of the town's card network."""
    return town.market.ledger.reconcile("sandbox", **more)


def whys(found: Reconciliation) -> list[str]:
    """Why each difference is one."""
    return [one.why for one in found.differences]


def busy(town: Town) -> None:
    """A town in which everything happened: captures, a refund, a payout, chargebacks, and money
    that came back."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry="correct", asks=shorter
    )
    town.wait(WEEK)
    gita = town.rider("Gita")
    back = town.sandbox.take_back(charge(town, ride), 1_000, 150)
    town.online(ram)
    other = town.settled(gita, ram, "card")
    town.sandbox.take_back(charge(town, other), 5_000, 150)
    town.sandbox.give_back(charge(town, other), 5_000, 50)
    town.sandbox.keep(back)
    moved = {one.kind: one.about for one in town.sandbox.movements()}
    town.sandbox.return_refund(moved["refund"])
    town.sandbox.return_payout(moved["pay out"])
    deliver(town)


@pytest.mark.invariant(19)
def test_every_movement_has_its_journal_and_every_journal_its_movement(
    open_town: OpenTown,
) -> None:
    """After captures, a refund, a payout, two chargebacks, and what came back: both sides agree in
    each thing and in all, and comparing them wrote nothing."""
    town = open_town(payouts=PAID)
    busy(town)
    before = rows_of(town.market, without=())
    found = compared(town)
    assert found.differences == ()
    assert found.clean
    (both,) = found.balances
    assert both.theirs == both.ours == town.house(Purpose.PROCESSOR_CLEARING)
    assert (both.elsewhere, both.unexplained) == (0, 0)
    assert found.movements == len(town.sandbox.movements()) >= 8
    assert rows_of(town.market, without=()) == before


@pytest.mark.invariant(19)
def test_pages_of_one_find_the_same(open_town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pages are in which both sides are read, all of it is met."""
    town = open_town(payouts=PAID)
    busy(town)
    whole = compared(town)
    monkeypatch.setattr(reconciling, "PAGE", 1)
    monkeypatch.setattr(reconciling, "JOURNALS", 1)
    assert compared(town) == whole


def test_nothing_that_moved_is_no_difference(town: Town) -> None:
    """An empty marketplace agrees with an empty provider; a hold and a ride for cash move nothing
    there."""
    assert compared(town).clean
    town.settled(town.rider("Gita"), town.driver(), "cash")
    town.order(town.rider(), "card")
    found = compared(town)
    assert (found.clean, found.movements, found.journals) == (True, 0, 0)


@pytest.mark.invariant(19)
def test_what_came_by_a_local_rail_is_elsewhere(town: Town) -> None:
    """A top-up stands in the same account of the ledger, and is not with the card network."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.top_up(sita, 5_000, "rail 1")
    found = compared(town)
    assert found.clean
    (both,) = found.balances
    assert (both.theirs, both.ours, both.elsewhere) == (PRICE, PRICE, 5_000)


def _gone(kept: Any) -> None:
    kept.rows("DELETE FROM moved WHERE kind = 'capture'")


def _more(kept: Any) -> None:
    kept.moved("charge", "ch_elsewhere", 700, "NPR")


def _other(kept: Any) -> None:
    kept.rows("UPDATE moved SET amount = amount - 100 WHERE kind = 'capture'")


def _twice(kept: Any) -> None:
    (name,) = kept.row("SELECT reference FROM moved WHERE kind = 'capture'")
    kept.moved("capture", name, PRICE, "NPR")


PLANTED: dict[str, tuple[Callable[[Any], None], str, int]] = {
    "a movement is missing there": (_gone, "ours not theirs", -PRICE),
    "a movement that nobody asked for": (_more, "theirs not ours", 700),
    "another amount": (_other, "amount differs", -100),
    "the same charged twice": (_twice, "theirs not ours", PRICE),
}


@pytest.mark.parametrize(("plant", "why", "by"), PLANTED.values(), ids=PLANTED.keys())
def test_each_planted_difference_is_found(
    town: Town, plant: Callable[[Any], None], why: str, by: int
) -> None:
    """What is on one side alone, or over another amount, is told with its name and by how much;
    what nothing explains is the difference of both balances."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    assert compared(town).clean
    with town.sandbox._kept.turn() as kept:
        plant(kept)
    found = compared(town)
    (one,) = found.differences
    assert isinstance(one, Difference)
    assert (one.why, one.amount) == (why, by)
    assert one.about in (charge(town, ride), "ch_elsewhere")
    assert [both.unexplained for both in found.balances] == [by]
    assert (found.clean, found.unexplained) == (False, 1)
    assert compared(town, most=1).more == 0


def test_two_that_cancel_out_are_two_differences(town: Town) -> None:
    """The same sum missing here and there leaves no gap in the balance, and is found anyway."""
    town.settled(town.rider(), town.driver(), "card")
    with town.sandbox._kept.turn() as kept:
        _gone(kept)
        kept.moved("charge", "ch_elsewhere", PRICE, "NPR")
    found = compared(town)
    assert sorted(whys(found)) == ["ours not theirs", "theirs not ours"]
    assert [both.unexplained for both in found.balances] == [0]
    assert not found.clean
    cut = compared(town, most=1)
    assert (len(cut.differences), cut.more, cut.unexplained) == (1, 1, 2)


def test_a_balance_that_is_not_its_movements_is_told(town: Town) -> None:
    """What the provider says lies there, against its own movements."""
    town.settled(town.rider(), town.driver(), "card")
    short = town.money(PRICE - 1)
    town.sandbox.balance = lambda currency: short  # type: ignore[method-assign]
    found = compared(town)
    assert whys(found) == ["balance differs"]
    assert [both.unexplained for both in found.balances] == [-1]


def test_an_order_without_its_answer_explains_what_moved(town: Town) -> None:
    """The capture went through and its answer was lost: it is under way, and nothing is wrong, in
    whatever time zone they tell of it; when the answer is there, it is met."""
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card")

    def lose(order: Order, answer: object) -> None:
        raise PaymentProviderUnavailable("the line broke")

    town.sandbox.after = lose
    town.take(ride, "finish", ram)
    told = town.sandbox.movements
    for zone in ("UTC", "Pacific/Kiritimati", "America/New_York"):

        def there(*asked: Any, zone: str = zone) -> list[Movement]:
            return [evolve(one, at=one.at.astimezone(ZoneInfo(zone))) for one in told(*asked)]

        town.sandbox.movements = there  # type: ignore[method-assign]
        found = compared(town)
        assert whys(found) == ["under way"], zone
    assert (found.clean, found.waiting) == (True, 1)
    (both,) = found.balances
    assert (both.theirs, both.ours, both.under_way, both.unexplained) == (PRICE, 0, PRICE, 0)
    town.sandbox.after = None
    town.wait(WEEK)
    assert compared(town).differences == ()


@pytest.mark.invariant(17, 19)
def test_fees_that_come_with_the_movement_alone_are_booked_once(open_town: OpenTown) -> None:
    """The card network keeps three per cent and tells it in no answer: each fee is a difference,
    until it is booked, by one journal for each movement, however often that is done."""
    town = open_town(sandbox=Sandbox(fee_bp=300, secrets=SECRETS))
    town.sandbox.now = town.clock.now
    sita, ram = town.rider(), town.driver()
    for _ in range(2):
        town.settled(sita, ram, "card")
    fee = PRICE * 3 // 100
    found = compared(town)
    assert whys(found) == ["fee not booked"] * 2
    assert [both.unexplained for both in found.balances] == [-2 * fee]
    assert [compared(town, book_fees=True).fees_booked for _ in range(2)] == [2, 0]
    found = compared(town)
    assert (found.clean, found.differences) == (True, ())
    assert town.house(Purpose.PROCESSOR_FEES) == 2 * fee
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount


@pytest.fixture
def square(database_url: str) -> Iterator[Square]:
    """A bazaar on each database, whose bank tells what happens."""
    clock = ManualClock(OPENS)
    opened = open_square(database_url, bank=Sandbox(now=clock.now, secrets=SECRETS))
    opened.bank.now = opened.market.context.now
    yield opened
    opened.market.close()


@pytest.mark.invariant(19)
def test_one_charge_of_several_deals_is_one_movement(square: Square) -> None:
    """Deals of a checkout, paid by one charge: their journals together are the movement; the refund
    of one of them, and a chargeback over all with its fee, lost and won again, are met as well."""
    market, bank = square.market, square.bank
    checkout = market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=CARD
    )
    market.transactions.take(square.deals(checkout.id)[0].id, "call_off", by=square.shopper)
    (charged,) = bank.charges()
    kept = charged["captured"] - charged["refunded"]
    back = bank.take_back(charged["reference"], kept, 101)
    for step in (lambda: None, lambda: bank.keep(back), lambda: _give_back(bank, charged, kept)):
        step()
        for sent in bank.notices():
            market.payments.receive("sandbox", *sent)
        found = market.ledger.reconcile("sandbox")
        assert found.differences == ()
        assert found.clean
    assert found.movements == 4
    assert found.journals > 4


def _give_back(bank: Sandbox, charged: dict[str, Any], kept: int) -> None:
    bank.give_back(charged["reference"], kept, 50)


@pytest.mark.invariant(14, 19)
def test_each_currency_is_compared_by_itself(border: Border) -> None:
    """Paid in euros, earned in yuan: what moved at the bank moved in euros, and both sides agree in
    them, through a chargeback with a fee."""
    market, square = border.square.market, border.square
    square.bank.secrets = SECRETS
    deal = border.buy(70_00)
    (payment,) = market.transactions.payments(deal.id, by=square.shopper)
    square.bank.take_back(str(payment.reference), 9_21, 15_00)
    for sent in square.bank.notices():
        market.payments.receive("sandbox", *sent)
    found = market.ledger.reconcile("sandbox")
    assert (found.differences, found.movements) == ((), 2)
    assert {one.currency: one.theirs for one in found.balances} == {"EUR": -15_00}


def test_a_provider_that_goes_in_a_ring_is_told(town: Town) -> None:
    """Pages that never end are a mistake of the provider's, and no endless reading."""
    town.settled(town.rider(), town.driver(), "card")
    page = town.sandbox.movements()

    def ring(after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        return page

    town.sandbox.movements = ring  # type: ignore[method-assign]
    with pytest.raises(PluginError, match="after the one that was named"):
        compared(town)


def test_only_the_operator_compares_and_nobody_in_a_unit_of_work(town: Town) -> None:
    """A party reads no books but its own; who reports nothing cannot be compared; and a provider
    is asked outside."""
    sita = town.rider()
    for other in (sita, CLOCK):
        with pytest.raises(Forbidden):
            compared(town, by=other)
    with pytest.raises(NotFound, match="there are: sandbox"):
        town.market.ledger.reconcile("cash")
    with town.market.batch(), pytest.raises(SetupError):
        compared(town)
