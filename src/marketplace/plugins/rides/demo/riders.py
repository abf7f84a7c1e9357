"""Riders of the simulated morning, and their rides from the wish to the review."""

from __future__ import annotations

from typing import Any

from attrs import define

from marketplace import (
    OPERATOR,
    Money,
    Offer,
    Party,
    Pay,
    Place,
    Transaction,
    customer_owes,
)
from marketplace.plugins.rides.demand import RideWish, answer
from marketplace.plugins.rides.demo.day import Day
from marketplace.plugins.rides.demo.drivers import Driver
from marketplace.plugins.rides.demo.town import CURRENCY, SETTLES_AFTER, TIER
from marketplace.plugins.rides.picture import RideMark

RUPEE = 100
NOTE = 50 * RUPEE
"""What people have in their pockets: sums in notes of this size."""
WAITING = 20 * RUPEE
"""What waiting at the pick-up may add to the quoted price."""


@define(eq=False)
class Ride:
    """One wish, and what becomes of it."""

    day: Day
    wish: RideWish
    rider: Party
    id: str = ""
    """The transaction's id, once there is one."""
    request: str = ""
    price: int = 0
    stage: str = "asked"
    driver: Driver | None = None
    offers: int = 0
    driver_from: Place | None = None
    comes_s: int | None = None
    """Seconds from asking to when the driver should be there."""
    wait_s: int | None = None
    wallet: int = 0
    """How much of the price the wallet pays."""

    # -- before there is a driver -----------------------------------------------------------

    def ask(self) -> None:
        """Ask, look at the price, and commit to pay it: one round trip of the telephone."""
        self.day.tally.add("requests")
        with self.day.market.batch():
            self._ask()
        self.stage = "searching"
        self.day.waiting.add(self.id)
        self.day.later(self.wish.patience_s, self.lose_patience)

    def _ask(self) -> None:
        market, wish = self.day.market, self.wish
        request = market.requests.open(
            "rides",
            by=self.rider,
            currency=CURRENCY,
            place=wish.pickup,
            to=wish.dropoff,
            attributes={"tier": TIER, "payment": "cash"},
        )
        quote = market.quotes.make(request.id, by=self.rider)
        self.price = customer_owes(quote.lines, CURRENCY, "price").amount
        opened = market.transactions.open(
            quote.id, by=self.rider, request=request.id, pay=self._pays()
        )
        self.id, self.request = opened.id, request.id

    def _pays(self) -> list[Pay]:
        """Cash; some have credit with the marketplace, and use it first."""
        credit = self.day.market.ledger.balance(self.rider.id, CURRENCY, by=self.rider).amount
        self.wallet = min(max(credit, 0), self.price)
        if not self.wallet:
            return [Pay("cash")]
        self.day.tally.add("mixed payments")
        return [Pay("wallet", amount=Money(self.wallet, CURRENCY)), Pay("cash")]

    def lose_patience(self) -> None:
        """Nobody came in time: the rider gives up, and pays nothing."""
        if self.stage != "searching":
            return
        # The clock may have been faster: then the search is over already, and so is the ride.
        self.day.tries(lambda: _drop(self._take("cancel", self.rider, reason="no driver")))
        self._over("no driver in time")

    def offered_to(self, offer: Offer, driver: Driver) -> None:
        """A driver's telephone rings."""
        self.offers += 1
        self.day.tally.add("offers")
        said, after = answer(self.day.dice, driver.shift)
        if said == "ignore":
            self.day.tally.add("not answered")
        elif said == "decline":
            self.day.later(after, lambda: self._declined(offer, driver))
        else:
            self.day.later(after, lambda: self._accepted(offer, driver))

    def _declined(self, offer: Offer, driver: Driver) -> None:
        market = self.day.market
        if self.day.tries(lambda: _drop(market.offers.decline(offer.id, by=driver.party))):
            self.day.tally.add("declined")

    def _accepted(self, offer: Offer, driver: Driver) -> None:
        market = self.day.market
        if not self.day.tries(lambda: _drop(market.offers.accept(offer.id, by=driver.party))):
            return
        self.day.waiting.discard(self.id)
        self.stage, self.driver = "accepted", driver
        self.driver_from = driver.place
        driver.busy = True
        seconds = driver.seconds_to(self.wish.pickup)
        self.comes_s = int((self.day.now - self.wish.asked_at).total_seconds()) + seconds
        self.day.later(seconds // 2, lambda: self._half_way(driver))
        self.day.later(seconds, lambda: self._arrive(driver))

    # -- with a driver on the way -----------------------------------------------------------

    def _with(self, driver: Driver, stage: str) -> bool:
        return self.stage == stage and self.driver is driver

    def _half_way(self, driver: Driver) -> None:
        """The driver comes nearer; now and then somebody thinks better of it."""
        if not self._with(driver, "accepted"):
            return
        driver.place = driver.towards(self.wish.pickup)
        driver.appear("on trip")
        if self.day.chance(300):
            self._take("driver_cancel", driver.party, reason="puncture")
            self.day.tally.add("driver cancelled")
            self.stage, self.driver, self.driver_from = "searching", None, None
            self.day.waiting.add(self.id)
            driver.ends_ride(driver.place)
            self.day.later(self.wish.patience_s, self.lose_patience)
        elif self.day.chance(300):
            self._take("cancel", self.rider, reason="changed plans")
            self.day.tally.fees += self._owed()
            driver.ends_ride(driver.place)
            self._over("rider cancelled")

    def _arrive(self, driver: Driver) -> None:
        if not self._with(driver, "accepted"):
            return
        driver.place = self.wish.pickup
        with self.day.market.batch():
            driver.appear("on trip")
            self._take("arrive", driver.party)
        self.stage = "arrived"
        if self.day.chance(200):
            self.day.later(440, lambda: self._no_show(driver))
        else:
            self.day.later(self.day.between(15, 260), lambda: self._start(driver))

    def _no_show(self, driver: Driver) -> None:
        self._take("no_show", driver.party)
        self.day.tally.fees += self._owed()
        driver.ends_ride(driver.place)
        self._over("no-shows")

    def _start(self, driver: Driver) -> None:
        """The rider says the code; the driver may mishear it once."""
        market = self.day.market
        seen = market.transactions.get(self.id, by=self.rider)
        code = str(seen.attributes["pickup_code"])
        if self.day.chance(300):
            misheard = f"{(int(code) + 1) % 10_000:04d}"
            self.day.tries(lambda: _drop(self._take("start", driver.party, code=misheard)))
        self._take("start", driver.party, code=code)
        self.stage = "riding"
        self.wait_s = int((self.day.now - self.wish.asked_at).total_seconds())
        self.day.tally.waits_s.append(self.wait_s)
        self.day.later(driver.seconds_to(self.wish.dropoff), lambda: self._finish(driver))

    def _finish(self, driver: Driver) -> None:
        """Cash changes hands: mostly what is asked, sometimes a larger note, rarely nothing."""
        cash = self._cash()
        with self.day.market.batch():
            if cash is None or not self.day.tries(
                lambda: _drop(self._take("finish", driver.party, cash_collected=cash))
            ):
                # Where the change would be too much to owe, it is handed out instead.
                cash = None
                self._take("finish", driver.party)
            driver.ends_ride(self.wish.dropoff)
        if cash is not None:
            paid = cash.amount > 0
            self.day.tally.add("change became credit" if paid else "did not pay")
        self._over("finished")
        self.day.later(SETTLES_AFTER.total_seconds() + 30, lambda: self._after(driver))

    def _cash(self) -> Money | None:
        due = self.price - self.wallet
        if due and self.day.chance(150):
            return Money(0, CURRENCY)
        if due and self.day.chance(1_000):
            return Money((due + WAITING) // NOTE * NOTE + NOTE, CURRENCY)
        return None

    # -- after the ride ---------------------------------------------------------------------

    def _after(self, driver: Driver) -> None:
        """Settled by now: a tip perhaps, a review from each side, and the driver's debt."""
        market, day = self.day.market, self.day
        market.tick()
        if market.transactions.get(self.id, by=OPERATOR).state != "settled":
            return
        day.tally.fares += self._owed()
        day.tally.add("settled")
        if day.chance(1_000):
            market.transactions.follow_up(
                self.id,
                "tip",
                by=self.rider,
                amount=Money(10 * RUPEE * day.between(1, 5), CURRENCY),
                pay=Pay("cash", purse="tip"),
            )
            day.tally.add("tips")
        if day.chance(8_000):
            waited = self.wait_s or 0
            stars = 5 if waited < 480 else 4 if waited < 840 else 3
            market.reviews.write(self.id, by=self.rider, rating=stars)
            day.tally.add("reviews by riders")
        if day.chance(7_000):
            market.reviews.write(self.id, by=driver.party, rating=day.between(4, 5))
            day.tally.add("reviews by drivers")
        driver.look_at_debt()
        if self.offers > 1:
            day.tally.searched = self.id
        day.tally.priced = self.id

    def _owed(self) -> int:
        """What the rider owes by the terms that hold now, in minor units."""
        lines = self.day.market.transactions.terms(self.id, by=OPERATOR)[-1].lines
        return customer_owes(lines, CURRENCY, "price").amount

    def _take(self, row: str, by: Party, **asks: Any) -> Transaction:
        return self.day.market.transactions.take(self.id, row, by=by, **asks)

    def _over(self, how: str) -> None:
        """It is decided how it ended: counted, and marked for the picture."""
        tally = self.day.tally
        tally.add(how)
        tally.add("matched" if self.driver is not None else "not matched")
        if self.offers > 1:
            tally.add("re-dispatched")
        self.stage = "over"
        self.day.waiting.discard(self.id)
        # Who had a driver and did not ride is drawn with the wait that was in store.
        wait = (self.wait_s or self.comes_s) if self.driver is not None else None
        wish = self.wish
        tally.marks.append(RideMark(wish.asked_at, wish.pickup, self.driver_from, wait))


def _drop(value: object) -> None:
    """A command's answer that nobody needs."""
    del value
