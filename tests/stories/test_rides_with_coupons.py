"""Rides with coupons: who pays what when somebody else bears a part of the price."""

from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Conflict,
    Marketplace,
    Money,
    Party,
    Pay,
    Purpose,
    Transaction,
)
from marketplace.plugins.coupons import Coupon, CouponDesk, Coupons
from tests.support.ride_world import THAMEL, Driver, OpenTown, Town

PRICE = 19_700
HALF = 9_800
"""Half of it, in whole rupees."""
RUPEE = 100


@define
class Fair:
    """A town that gives coupons, a rider, a driver, and one coupon, mostly of half the price."""

    town: Town
    desk: CouponDesk
    sita: Party
    ram: Driver
    coupon: Coupon

    @classmethod
    def held(cls, open_town: OpenTown, url: str, **terms: Any) -> "Fair":
        """Open it on a database."""
        plugin = Coupons(coins={"NPR": RUPEE})
        Marketplace.migrate(url, [plugin])
        town = open_town(plugins=[plugin])
        desk = CouponDesk(town.market)
        coupon = desk.issue("HALF", by=OPERATOR, uses=10, **(terms or {"bp": 5_000}))
        return cls(town, desk, town.rider(), town.driver(), coupon)

    def order(self, pay: Any = "card") -> Transaction:
        """Sita presents the code and orders."""
        market = self.town.market
        request = self.town.ask(self.sita)
        self.desk.present(request.id, ["half"], by=self.sita)
        quote = market.quotes.make(request.id, by=self.sita)
        pays = Pay(pay) if isinstance(pay, str) else pay
        return market.transactions.open(quote.id, by=self.sita, pay=pays)

    def accept(self) -> None:
        """Ram is asked, and says yes."""
        self.town.dispatch()
        self.town.market.offers.accept(self.town.offer_to(self.ram), by=self.ram.party)

    def start(self, ride: Transaction) -> None:
        """Ram comes, and they set off."""
        town, ram = self.town, self.ram
        town.clock.advance(4 * MINUTE)
        town.online(ram, THAMEL, "on trip")
        town.take(ride, "arrive", ram)
        town.clock.advance(MINUTE)
        town.take(ride, "start", ram, code=town.code(ride))

    def ride(self, pay: Any = "card", **finish: Any) -> Transaction:
        """A whole ride, settled."""
        ride = self.order(pay)
        self.accept()
        self.start(ride)
        self.town.clock.advance(20 * MINUTE)
        self.town.take(ride, "finish", self.ram, **finish)
        self.town.wait(2 * HOUR)
        return self.town.now(ride)

    def used(self) -> tuple[int, list[str]]:
        """How often the coupon counts as used, and what became of each use."""
        uses = self.desk.redemptions(self.coupon.id, by=OPERATOR).items
        return self.desk.get(self.coupon.id, by=OPERATOR).used, [one.state for one in uses]

    def earned(self) -> int:
        """What the marketplace owes Ram, or he owes it."""
        return self.town.market.ledger.balance(self.ram.id, "NPR", by=self.ram.party).amount


@pytest.fixture
def fair(open_town: OpenTown, database_url: str) -> Fair:
    """Return a fair on each database."""
    return Fair.held(open_town, database_url)


@pytest.mark.behaviour("C2")
@pytest.mark.invariant(18)
@pytest.mark.parametrize("pay", ["card", "cash"])
def test_the_driver_gets_what_he_gets_without_the_coupon(fair: Fair, pay: str) -> None:
    """Sita pays half by card or in cash, the marketplace bears the other half as promotion, and
    Ram has in his hands and in his account together what the same ride gives him without it."""
    town = fair.town
    town.settled(town.rider("Gita"), fair.ram, "card")
    without, fee = fair.earned(), town.house(Purpose.REVENUE)
    ride = fair.ride(pay)
    assert town.due(ride) == PRICE - HALF
    in_hand = PRICE - HALF if pay == "cash" else 0
    assert fair.earned() + in_hand == 2 * without
    assert abs(town.house(Purpose.PROMOTION)) == HALF
    assert town.house(Purpose.REVENUE) == 2 * fee
    assert fair.used() == (1, ["spent"])
    (use,) = fair.desk.redemptions(fair.coupon.id, by=OPERATOR)
    assert use.amount == town.money(HALF)
    assert town.market.ledger.drift() == []


def test_the_discount_follows_the_metre(fair: Fair) -> None:
    """A toll on the way is the rider's whole; the ride itself, priced anew at its end, is halved
    again; and so it is when the operator corrects it afterwards."""
    town = fair.town
    ride = fair.ride("card", tolls=town.money(2_000))
    assert town.due(ride) == PRICE - HALF + 2_000
    town.market.transactions.follow_up(
        ride.id,
        "adjustment",
        by=OPERATOR,
        entry="correct",
        asks={"reason": "no toll", "tolls": town.money(0)},
    )
    assert town.sandbox.balance("NPR").amount == PRICE - HALF
    assert abs(town.house(Purpose.PROMOTION)) == HALF
    assert fair.used() == (1, ["spent"])


def test_another_driver_gets_the_discounted_ride(fair: Fair) -> None:
    """When the driver gives the ride up, the search goes on at the same price, coupon and all."""
    ride = fair.order()
    fair.accept()
    other = fair.town.driver("Hari")
    fair.town.take(ride, "driver_cancel", fair.ram)
    assert fair.town.due(ride) == PRICE - HALF
    assert fair.used() == (1, ["redeemed"])
    fair.town.dispatch()
    fair.town.market.offers.accept(fair.town.offer_to(other), by=other.party)
    assert fair.town.due(ride) == PRICE - HALF


@pytest.mark.attack(23)
@pytest.mark.parametrize("way", ["declined", "expired", "called off"])
def test_a_ride_that_never_was_gives_the_coupon_back(fair: Fair, way: str) -> None:
    """A card that says no, a search that finds nobody, an operator who calls it off: the use is
    given back once, and nothing was paid by anybody."""
    ride = fair.order(Pay("card", means="tok_declined") if way == "declined" else "card")
    if way == "expired":
        fair.town.wait(DAY)
    elif way == "called off":
        fair.accept()
        fair.start(ride)
        fair.town.take(ride, "call_off", OPERATOR, reason="rain")
    fair.town.wait(DAY)
    assert fair.town.now(ride).ended_at is not None
    assert fair.used() == (0, ["restored"])
    assert fair.town.house(Purpose.PROMOTION) == 0
    assert fair.town.sandbox.balance("NPR").amount == 0


@pytest.mark.behaviour("C16")
@pytest.mark.attack(22)
def test_a_ride_that_costs_nothing(open_town: OpenTown, database_url: str) -> None:
    """A coupon above the price makes the ride free and no more: nobody need say how it is paid,
    the driver is paid whole by the marketplace."""
    fair = Fair.held(open_town, database_url, bp=10_000)
    ride = fair.ride(())
    assert fair.town.due(ride) == 0
    assert fair.earned() == PRICE - fair.town.fee(ride)
    assert abs(fair.town.house(Purpose.PROMOTION)) == PRICE
    assert fair.town.accounts(fair.sita) == {}


def test_a_fee_above_what_was_held(open_town: OpenTown, database_url: str) -> None:
    """A ride that was nearly free is cancelled for a fee above what was held: what was held is
    taken, the rest is what the rider owes, the driver gets all of it, and the coupon is given
    back."""
    fair = Fair.held(open_town, database_url, amount=Money(19_500, "NPR"))
    ride = fair.order()
    fair.accept()
    fair.town.clock.advance(4 * MINUTE)
    fair.town.online(fair.ram, THAMEL, "on trip")
    fair.town.take(ride, "cancel", fair.sita)
    fair.town.wait(3 * DAY)
    assert fair.town.now(ride).state == "cancelled"
    assert fair.town.sandbox.balance("NPR").amount == 200
    assert fair.town.accounts(fair.sita) == {"customer receivable": 1_800}
    assert fair.earned() == 2_000 - fair.town.fee(ride)
    assert fair.used() == (0, ["restored"])


def test_a_provider_s_coupon_is_for_its_own_rides(fair: Fair) -> None:
    """On a ride that any driver may take, one driver's coupon gives nothing, and says why."""
    town = fair.town
    fair.desk.issue("RAMS", by=fair.ram.party, bp=1_000)
    request = town.ask(fair.sita)
    fair.desk.present(request.id, ["RAMS"], by=fair.sita)
    quote = town.market.quotes.make(request.id, by=fair.sita)
    assert quote.payin.amount == PRICE
    told = [one.text for one in town.market.why.quote(quote.id, by=fair.sita)]
    assert told[-1] == "coupon RAMS is not for this"


@pytest.mark.behaviour("C7")
def test_why_tells_the_discounts_in_both_languages(fair: Fair) -> None:
    """The deal's own story has the discount on every version of its price, and what a code that
    gave nothing was refused for, in English and in Nepali."""
    town = fair.town
    fair.desk.issue("BIG", by=OPERATOR, bp=1, minimum=town.money(100_000), stackable=True)
    request = town.ask(fair.sita)
    fair.desk.present(request.id, ["half", "big"], by=fair.sita)
    quote = town.market.quotes.make(request.id, by=fair.sita)
    ride = town.market.transactions.open(quote.id, by=fair.sita, pay=Pay("cash"))
    for language, told in (
        (
            "en",
            {
                "NPR 98 off: 50 % by coupon HALF, borne by the operator",
                "coupon BIG is from NPR 1,000 on, this comes to NPR 197",
            },
        ),
        (
            "ne",
            {
                "कुपन HALF: ५० %, रु ९८ छुट, सञ्चालक ले व्यहोर्ने",
                "कुपन BIG रु १,००० देखि चल्छ, यो रु १९७ मात्र भयो",
            },
        ),
    ):
        because = town.market.why.transaction(ride.id, by=fair.sita, language=language)
        assert told <= {one.text for one in because}


def test_a_coupon_withdrawn_meanwhile_is_a_conflict(fair: Fair) -> None:
    """A quote whose coupon was withdrawn opens no deal: the rider hears it, nothing is written, and
    a new quote costs the whole."""
    town = fair.town
    request = town.ask(fair.sita)
    fair.desk.present(request.id, ["half"], by=fair.sita)
    quote = town.market.quotes.make(request.id, by=fair.sita)
    fair.desk.withdraw(fair.coupon.id, by=OPERATOR)
    with pytest.raises(Conflict, match="HALF is no longer good") as lost:
        town.market.transactions.open(quote.id, by=fair.sita, pay=Pay("cash"))
    assert lost.value.code == "coupon_unknown"
    assert len(town.market.transactions.list(by=OPERATOR)) == 0
    assert town.market.requests.get(request.id, by=fair.sita).state == "open"
    again = town.market.quotes.make(request.id, by=fair.sita)
    assert again.payin.amount == PRICE


def test_a_negotiated_price_carries_the_coupon(fair: Fair) -> None:
    """Sita names her own price and presents her code; Ram says yes to the price: she pays half of
    it, he gets what he agreed to, and the use is counted when he accepts."""
    town, market = fair.town, fair.town.market
    request = town.ask(fair.sita)
    fair.desk.present(request.id, ["half"], by=fair.sita)
    offer = market.offers.make(
        request.id,
        by=fair.sita,
        listing=fair.ram.listing,
        price=town.money(15_000),
        pay=Pay("cash"),
    )
    assert fair.used() == (0, [])
    ride = market.offers.accept(offer.id, by=fair.ram.party)
    assert town.due(ride) == 7_500
    assert town.fee(ride) == 15_000 * 15 // 100
    assert fair.used() == (1, ["redeemed"])
