"""Coupons under attack: sixteen at the last use, and the discount kept beside the coupon."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace import (
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    REFUND,
    SETTLE,
    At,
    Marketplace,
    Money,
    Pay,
    Process,
    Purpose,
    Transaction,
    Transition,
)
from marketplace.plugins.coupons import Coupon, CouponDesk, Coupons
from tests.attacks import coupon_race
from tests.store.herd import Herd
from tests.support.lessons import MONDAY, School, open_school, or_else
from tests.support.ride_world import THAMEL, Driver, OpenTown, Town

SIZE = 16


@pytest.fixture(scope="module")
def herd() -> Iterator[Herd]:
    """Sixteen processes, for all races of this page."""
    alembic = ("alembic.command", "alembic.config", "alembic.migration", "alembic.script")
    with Herd(SIZE, [coupon_race.__name__, *alembic]) as processes:
        yield processes


@pytest.fixture
def school(database_url: str) -> Iterator[School]:
    """A school that gives coupons, on each database."""
    Marketplace.migrate(database_url, [Coupons()])
    opened = open_school(database_url, Coupons())
    yield opened
    opened.market.close()


def quoted(school: School, coupon: Coupon) -> list[tuple[str, str]]:
    """Sixteen customers, each with a quote of an hour of its own that carries the coupon."""
    deals = []
    for number in range(SIZE):
        who = school.market.parties.join(f"Customer {number}")
        start = MONDAY + 3 * DAY + number * HOUR
        request = school.market.requests.open(
            "lessons",
            by=who,
            currency="EUR",
            listing=school.listing.id,
            start=start,
            end=start + HOUR,
        )
        CouponDesk(school.market).present(request.id, [coupon.code], by=who)
        quote = school.market.quotes.make(request.id, by=who)
        assert [one.amount.amount for one in quote.lines if one.plugin == "coupons"] == [1_000]
        deals.append((quote.id, who.id))
    return deals


def raced(
    school: School, coupon: Coupon, herd: Herd, url: str, folder: Path, task: Any
) -> list[tuple[str, str]]:
    """What came of sixteen processes that open their deals at once."""
    folder.mkdir()
    deals = quoted(school, coupon)
    return herd.run(task, url, url, str(folder), deals)


@pytest.mark.attack(21)
@pytest.mark.parametrize("uses", [1, 3])
def test_sixteen_processes_want_the_last_use(
    school: School, database_url: str, herd: Herd, tmp_path: Path, uses: int
) -> None:
    """Of sixteen who open a deal on one coupon at the same moment as many get it as it has uses;
    the others hear a clear conflict, and nothing of theirs is written."""
    desk = CouponDesk(school.market)
    coupon = desk.issue("LAST", by=OPERATOR, amount=Money(1_000, "EUR"), uses=uses)
    got = raced(school, coupon, herd, database_url, tmp_path / "line", coupon_race.open_well)
    opened = [id for what, id in got if what == "opened"]
    assert len(opened) == uses
    assert [one for one in got if one[0] != "opened"] == [("Conflict", "coupon_used_up")] * (
        SIZE - uses
    )
    assert desk.get(coupon.id, by=OPERATOR).used == uses
    redeemed = desk.redemptions(coupon.id, by=OPERATOR).items
    assert {one.transaction_id for one in redeemed} == set(opened)
    assert len(school.market.transactions.list(by=OPERATOR)) == uses
    assert len(school.market.requests.list(by=OPERATOR, state="open")) == SIZE - uses


def test_the_same_race_is_lost_by_who_trusts_the_quote(
    school: School, database_url: str, herd: Herd, tmp_path: Path
) -> None:
    """The negative control: a plugin that takes the coupon for good because the quote says so lets
    all sixteen have its one use; so the database's counting is what holds the race above."""
    desk = CouponDesk(school.market)
    coupon = desk.issue("LAST", by=OPERATOR, amount=Money(1_000, "EUR"), uses=1)
    got = raced(school, coupon, herd, database_url, tmp_path / "line", coupon_race.open_on_trust)
    assert [what for what, _ in got] == ["opened"] * SIZE
    assert len(desk.redemptions(coupon.id, by=OPERATOR)) == SIZE


# -- book, cancel, and keep both ---------------------------------------------------------------


def town_with(open_town: OpenTown, url: str, **settings: Any) -> tuple[Town, CouponDesk]:
    """A town that gives coupons, in whole rupees."""
    plugin = Coupons(coins={"NPR": 100}, **settings)
    Marketplace.migrate(url, [plugin])
    town = open_town(plugins=[plugin])
    return town, CouponDesk(town.market)


def order(town: Town, desk: CouponDesk, rider: Any, code: str, pay: Any = "card") -> Transaction:
    """The rider presents a code, and orders."""
    request = town.ask(rider)
    desk.present(request.id, [code], by=rider)
    quote = town.market.quotes.make(request.id, by=rider)
    return town.market.transactions.open(
        quote.id, by=rider, pay=Pay(pay) if isinstance(pay, str) else pay
    )


def accept(town: Town, driver: Driver) -> None:
    """The driver is asked, and says yes."""
    town.dispatch()
    town.market.offers.accept(town.offer_to(driver), by=driver.party)


def used(desk: CouponDesk, coupon: Coupon) -> tuple[int, list[str]]:
    """How often it counts as used, and what became of each use."""
    uses = desk.redemptions(coupon.id, by=OPERATOR).items
    return desk.get(coupon.id, by=OPERATOR).used, [one.state for one in uses]


def nobody_is_owed(town: Town) -> None:
    """The card network holds what the books say, no promotion was paid, and sums are whole."""
    assert town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance("NPR").amount
    assert all(one["held"] == 0 for one in town.sandbox.charges())
    assert set(town.market.ledger.sums().values()) <= {0}
    assert town.market.ledger.drift() == []


@pytest.mark.attack(23)
def test_cancelled_free_of_charge(open_town: OpenTown, database_url: str) -> None:
    """A ride cancelled before anybody came: what was held is given up, nothing was paid and
    nothing is kept; the coupon counts as unused once, and can be used again, once."""
    town, desk = town_with(open_town, database_url)
    sita = town.rider()
    coupon = desk.issue("HALF", by=OPERATOR, bp=5_000, uses=1)
    for _ in range(2):
        ride = order(town, desk, sita, "HALF")
        assert used(desk, coupon)[0] == 1
        town.market.transactions.take(ride.id, "cancel", by=sita, key=f"cancel {ride.id}")
        town.market.transactions.take(ride.id, "cancel", by=sita, key=f"cancel {ride.id}")
        assert used(desk, coupon)[0] == 0
    assert used(desk, coupon) == (0, ["restored", "restored"])
    town.wait(DAY)
    assert town.sandbox.balance("NPR").amount == 0
    assert town.house(Purpose.PROMOTION) == 0
    nobody_is_owed(town)


@pytest.mark.attack(23)
@pytest.mark.invariant(18)
@pytest.mark.parametrize("on_fees", [False, True])
def test_cancelled_for_a_fee(open_town: OpenTown, database_url: str, on_fees: bool) -> None:
    """A ride cancelled for a fee: where the coupon gives nothing on fees, the fee is paid whole and
    the coupon is restored; where it does, the fee is lowered and the coupon is spent. Never both:
    and the driver gets the same."""
    town, desk = town_with(open_town, database_url)
    sita, ram = town.rider(), town.driver()
    coupon = desk.issue("TENTH", by=OPERATOR, bp=1_000, not_on=() if on_fees else None)
    ride = order(town, desk, sita, "TENTH")
    accept(town, ram)
    town.clock.advance(4 * MINUTE)
    town.online(ram, THAMEL, "on trip")
    town.market.transactions.take(ride.id, "cancel", by=sita)
    town.wait(HOUR)
    terms = town.market.transactions.terms(ride.id, by=sita)[-1]
    fee = sum(one.amount.amount for one in terms.lines if one.payer == "customer")
    off = sum(one.amount.amount for one in terms.lines if one.plugin == "coupons")
    assert fee > 0
    assert off == (fee // 10 // 100 * 100 if on_fees else 0)
    assert town.sandbox.balance("NPR").amount == fee - off
    assert used(desk, coupon) == ((1, ["spent"]) if on_fees else (0, ["restored"]))
    assert abs(town.house(Purpose.PROMOTION)) == off
    earned = town.market.ledger.balance(ram.id, "NPR", by=ram.party).amount
    assert earned == fee - town.fee(ride)
    nobody_is_owed(town)


PREPAID = Process(
    "prepaid",
    "asked",
    {"completed", "lapsed", "cancelled"},
    [
        Transition("book", CUSTOMER, ("asked", "unpaid"), "booked", CHARGE, **or_else("unpaid")),
        Transition("lapse", CLOCK, ("asked", "unpaid"), "lapsed", after=HOUR),
        Transition(
            "cancel",
            CUSTOMER,
            "booked",
            "cancelled",
            REFUND,
            SETTLE,
            lines="cancellation",
            fault=CUSTOMER,
        ),
        Transition("settle", CLOCK, "booked", "completed", SETTLE, at=At("end", DAY)),
    ],
    admits=("card", "wallet"),
)
"""A lesson paid when it is booked: cancelled free a day before, for half until two hours before."""


@pytest.mark.attack(23)
@pytest.mark.invariant(18)
@pytest.mark.parametrize(
    ("before", "not_on", "refund", "became"),
    [
        (2 * DAY, None, 3_000, (0, ["restored"])),
        (2 * DAY, (), 3_000, (0, ["restored"])),
        (3 * HOUR, None, 1_000, (0, ["restored"])),
        (3 * HOUR, (), 2_000, (1, ["spent"])),
        (None, None, 0, (1, ["spent"])),
    ],
)
def test_booked_paid_and_cancelled(
    database_url: str, before: Any, not_on: Any, refund: int, became: tuple[int, list[str]]
) -> None:
    """A lesson of 40.00 for 30.00 with a coupon, paid at once: cancelled for nothing, all that was
    paid comes back and no more; for a fee of 20.00, either the fee is kept whole and the coupon
    restored, or the coupon lowers the fee and is spent; taught, it is spent. The tutor gets the
    same with the coupon as without, and what was refunded is never more than what was paid."""
    Marketplace.migrate(database_url, [Coupons()])
    school = open_school(database_url, Coupons(), process=PREPAID)
    market, desk, ana = school.market, CouponDesk(school.market), school.ana
    coupon = desk.issue("TEN", by=OPERATOR, amount=Money(1_000, "EUR"), not_on=not_on)
    start = MONDAY + 3 * DAY
    request = market.requests.open(
        "lessons", by=ana, currency="EUR", listing=school.listing.id, start=start, end=start + HOUR
    )
    desk.present(request.id, ["TEN"], by=ana)
    quote = market.quotes.make(request.id, by=ana)
    lesson = market.transactions.open(quote.id, by=ana, pay=Pay("card"))
    (paid,) = market.transactions.payments(lesson.id, by=ana)
    assert (paid.captured, paid.refunded) == (3_000, 0)
    if before is not None:
        market.advance(3 * DAY - before)
        market.transactions.take(lesson.id, "cancel", by=ana)
    market.advance(5 * DAY if before is None else HOUR)
    (paid,) = market.transactions.payments(lesson.id, by=ana)
    assert (paid.captured, paid.refunded) == (3_000, refund)
    uses = desk.redemptions(coupon.id, by=OPERATOR).items
    assert (desk.get(coupon.id, by=OPERATOR).used, [one.state for one in uses]) == became
    price = {None: 4_000, 3 * HOUR: 2_000}.get(before, 0)
    earned = market.ledger.balance(school.tutor.id, "EUR", by=school.tutor).amount
    assert earned == price - price // 10
    assert [one for one in market.ledger.balances(ana.id, by=ana) if one.posted] == []
    assert market.ledger.drift() == []
    market.close()
