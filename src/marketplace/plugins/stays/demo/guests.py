"""Guests who do not exist: what they wish for, how they look, choose and ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from attrs import define, evolve, field, frozen

from marketplace import (
    DAY,
    HOUR,
    Found,
    IllegalTransition,
    Money,
    Outcome,
    Party,
    Pay,
    Place,
    Refused,
    Request,
    Transaction,
)
from marketplace.demo.names import invented
from marketplace.plugins.stays.demo.fates import came_to_be
from marketplace.plugins.stays.demo.season import Let, Season, Stay

CARD, DECLINED = "tok_ok", "tok_declined"
PAGE = 8
"""How many results a guest reads."""
WITHIN_M = 8_000
LENGTHS = {1: 6, 2: 16, 3: 20, 4: 17, 5: 13, 6: 8, 7: 11, 10: 4, 14: 3, 30: 2}
"""How many of a hundred guests stay so many nights."""
PARTIES = {1: 20, 2: 48, 3: 12, 4: 13, 6: 5, 8: 2}
ASKS = {"yes": 70, "no": 15, "silent": 15}
"""What hosts answer to a hundred requests."""


@frozen
class Wish:
    """When somebody looks for a home, and for what."""

    looks_at: datetime
    arrive: date
    nights: int
    guests: dict[str, int]
    near: Place
    budget: int
    """Minor units a night."""
    tags: tuple[str, ...] = ()
    pay: str = "now"

    @property
    def leave(self) -> date:
        """The date of departure."""
        return self.arrive + timedelta(days=self.nights)

    @property
    def fits(self) -> int:
        """How many need room."""
        return self.guests["adults"] + self.guests.get("children", 0)


def wishes(
    season: Season,
    count: int,
    opens: datetime,
    near: Sequence[Place],
    prices: Sequence[int],
    tags: Sequence[str] = (),
) -> list[Wish]:
    """So many wishes, in the order in which they are looked for."""
    found = [_wish(season, opens, near, sorted(prices), tags) for _ in range(count)]
    return sorted(found, key=lambda one: one.looks_at)


def _wish(
    season: Season,
    opens: datetime,
    near: Sequence[Place],
    prices: Sequence[int],
    tags: Sequence[str],
) -> Wish:
    dice = season.dice
    arrive = season.first + timedelta(days=dice.randrange(season.nights))
    if dice.random() < 0.4:
        # Many leave on a Friday.
        arrive = min(arrive + timedelta(days=(4 - arrive.weekday()) % 7), season.last - DAY)
    (nights,) = dice.choices(list(LENGTHS), list(LENGTHS.values()))
    (party,) = dice.choices(list(PARTIES), list(PARTIES.values()))
    children = dice.randrange(party) if party > 2 else 0
    lead = min(120.0, dice.expovariate(1 / 22))
    looks_at = season.local(arrive, 7 + dice.randrange(16 * 60) / 60) - lead * DAY
    if looks_at < opens:
        looks_at = opens + (season.local(arrive, 6) - opens) * dice.random() * 0.5
    spread = prices[dice.randrange(len(prices))] if prices else 0
    return Wish(
        looks_at=looks_at.replace(second=0, microsecond=0),
        arrive=arrive,
        nights=min(nights, max(1, (season.last - arrive).days)),
        guests={"adults": party - children, **({"children": children} if children else {})},
        near=near[dice.randrange(len(near))],
        budget=spread * 13 // 10,
        tags=tuple(dice.sample(list(tags), 1)) if tags and dice.random() < 0.35 else (),
        pay=dice.choices(("now", "later", "instalments"), (70, 22, 8))[0],
    )


@define(eq=False)
class Guest:
    """Somebody with a wish, from looking to booking."""

    season: Season
    wish: Wish
    phone: str
    party: Party = field(init=False)

    def look(self) -> None:
        """Search; once more and less choosy when there is nothing; then ask, or go away."""
        season = self.season
        self.party = season.market.parties.join(invented(season.dice), phone=self.phone)
        season.counts["guests"] += 1
        found = self._search()
        if not found:
            self.wish = evolve(self.wish, tags=(), budget=self.wish.budget * 3 // 2)
            found = self._search()
        if not found:
            season.counts["found nothing"] += 1
            return
        if season.draw("mind", asks=17, looks=3) == "looks":
            season.counts["only looked"] += 1
            return
        weights = [2 ** (len(found) - place) for place in range(len(found))]
        (chosen,) = season.dice.choices(found, weights)
        self._ask(season.homes[chosen.listing_id])

    def _search(self) -> Sequence[Found]:
        season, wish = self.season, self.wish
        season.counts["searches"] += 1
        page = season.market.listings.search(
            "stays",
            by=self.party,
            place=wish.near,
            within_m=WITHIN_M,
            start=wish.arrive,
            end=wish.leave,
            fits=wish.fits,
            price=(None, Money(wish.budget, season.currency)),
            tags=wish.tags,
            limit=PAGE,
        )
        return page.items

    def _ask(self, home: Let) -> None:
        """Ask for it, with a dog where the deck says so and homes mostly do not take one."""
        season, said = self.season, dict[str, Any](guests=dict(self.wish.guests))
        pay, early = self.wish.pay, (self.wish.arrive - season.now.date()).days
        # Who is asked first is paid at once or later, not in parts.
        asked = not home.listing.attributes.get("instant", True)
        if (pay == "instalments" and (early < 40 or asked)) or early < 5:
            pay = "now"
        if self.wish.nights >= 28 and pay == "instalments":
            pay = "later"
        said["pay"] = pay
        if home.listing.attributes["rates"].get("non_refundable_bp") and pay == "now":
            said["rate"] = season.draw("rate", standard=4, non_refundable=1)
        request = None
        if season.draw("dog", none=24, one=1) == "one":
            request = self._opened(home, {**said, "guests": {**said["guests"], "pets": 1}})
        request = request or self._opened(home, said)
        if request is not None:
            season.counts["requests"] += 1
            self._go_on(request, home, str(said["pay"]))

    def _opened(self, home: Let, said: dict[str, Any]) -> Request | None:
        season, wish = self.season, self.wish
        span = season.trade.span(home.listing, wish.arrive, wish.leave)
        try:
            return season.market.requests.open(
                "stays",
                by=self.party,
                currency=season.currency,
                listing=home.listing.id,
                start=span.start,
                end=span.end,
                attributes=said,
            )
        except Refused as refused:
            season.refused.update(reason.code for reason in refused.reasons)
            why = f"{self.party.name} at {home.listing.title}: {season.told(refused)}"
            season.noted.setdefault("refusal", why)
        return None

    def _go_on(self, request: Request, home: Let, pay: str) -> None:
        season = self.season
        instant = home.listing.attributes.get("instant", True)
        if not instant and season.draw("bargain", asks=9, bargains=1) == "bargains":
            season.counts["inquiries"] += 1
            season.later(season.hours(1, 8), lambda: self._special(request, home, pay))
            return
        season.tries(lambda: self._book(request, home, pay, "book" if instant else "ask"))

    def _pays(self, pay: str) -> list[Pay]:
        means = self.season.draw("card", ok=39, declined=1)
        card = Pay("card", means=DECLINED if means == "declined" else CARD)
        return [card, Pay("card", means=CARD, purse="balance")] if pay == "instalments" else [card]

    def _book(self, request: Request, home: Let, pay: str, entry: str) -> None:
        season = self.season
        quote = season.market.quotes.make(request.id, by=self.party)
        deal = season.market.transactions.open(
            quote.id, by=self.party, pay=self._pays(pay), entry=entry
        )
        season.counts["asked of hosts" if entry == "ask" else "instant"] += 1
        season.counts[f"paid {pay}"] += 1
        if deal.state == "unpaid":
            season.counts["cards declined"] += 1
        elif deal.state == "waiting":
            answer = season.draw("answer", **ASKS)
            season.noted.setdefault(answer, deal.id)
            if answer != "silent":
                hours = season.hours(0.5, 18)
                season.later(hours, lambda: self._answered(deal, home, answer == "yes"))
            else:
                season.counts["unanswered"] += 1
        else:
            self._booked(deal, home)

    def _answered(self, deal: Transaction, home: Let, yes: bool) -> None:
        """The host says yes or no."""
        season = self.season

        def say() -> None:
            row = "accept" if yes else "decline"
            now = season.market.transactions.take(deal.id, row, by=home.host)
            season.counts["accepted" if yes else "declined"] += 1
            if yes and now.state == "booked":
                self._booked(now, home)

        season.tries(say)

    def _special(self, request: Request, home: Let, pay: str) -> None:
        """The host offers it for a little less; most guests take it."""
        season = self.season
        span = season.trade.span(home.listing, self.wish.arrive, self.wish.leave)
        try:
            quote = season.market.quotes.make(request.id, by=self.party)
            nights = sum(one.amount.amount for one in quote.lines if one.payee == "provider")
            price = Money(nights * 9 // 10 // 100 * 100, season.currency)
            offer = season.market.offers.make(
                request.id, by=home.host, listing=home.listing.id, price=price
            )
        except (Outcome, IllegalTransition) as outcome:
            season.refused[getattr(outcome, "code", "refused")] += 1
            return
        season.counts["special offers"] += 1
        if span.start - season.now < DAY or season.draw("special", takes=3, leaves=1) == "leaves":
            return

        def accept() -> None:
            deal = season.market.offers.accept(
                offer.id, by=self.party, pay=self._pays(pay), entry="book"
            )
            season.counts["special offers taken"] += 1
            season.counts[f"paid {pay}"] += 1
            if deal.state == "booked":
                season.noted.setdefault("special", deal.id)
                self._booked(deal, home)

        season.later(season.hours(0.5, 6), lambda: season.tries(accept))

    def _booked(self, deal: Transaction, home: Let) -> None:
        stay = Stay(deal.id, self.party, home, self.season.now)
        self.season.stays[deal.id] = stay
        came_to_be(self.season, stay, deal)


def invite(season: Season, made: Sequence[Wish]) -> None:
    """Each guest looks when the wish says so."""
    for number, wish in enumerate(made):
        guest = Guest(season, wish, f"+977970{number:07d}")
        season.at(wish.looks_at, guest.look)
    # A deal that is asked for on the last day is answered after it.
    season.at(season.local(season.last) + HOUR, lambda: None)
