"""Deals that are lived from start to end: a ride, a stay and an order of goods, each by card.

A life is a list of steps. What only the clock or a dispatcher does stands there as well: it is done
once for all deals that go together, be they one or many.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import sqlalchemy as sa

from bench.databases import Databases
from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Listing,
    ManualClock,
    Marketplace,
    Party,
    Pay,
    PayoutPlan,
    Place,
    Put,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Goods
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays import Fees, Stays

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
THAMEL = Place(27.7154, 85.3123, "Thamel")
PATAN = Place(27.6727, 85.3253, "Patan")
STAND = Place(27.7100, 85.3150, "Asan")
CARD = Pay("card", means="tok_ok")
STAYS = Stays(fees=Fees.split(guest_bp=1_200, host_bp=300))
NOTHING = timedelta(0)


@attrs.define
class Deal:
    """Who lives it, and what it has become so far."""

    customer: str
    provider: str
    listing: Listing
    number: int = 0
    """Of those that go together."""
    request: str = ""
    quote: str = ""
    id: str = ""
    offer: str = ""


Each = Callable[[Marketplace, Deal], Any]


@attrs.frozen
class Step:
    """Something that happens to a deal; or to all that go together, at once."""

    name: str
    do: Each | None = None
    whole: Callable[[Marketplace, Sequence[Deal]], Any] | None = None
    after: timedelta = NOTHING
    """How long nothing happens before it."""


@attrs.frozen
class Trade:
    """One vertical: the plugin, who is there before the first deal, and a deal's life."""

    name: str
    currency: str
    plugin: Callable[[], Any]
    held_out: Callable[[Marketplace, Party], Listing]
    steps: Sequence[Step]
    end: str
    """The state in which a deal ends."""

    def opened(self, engine: sa.Engine | str, clock: ManualClock, seed: int) -> Marketplace:
        """The marketplace under measurement, as a company of this trade would run it."""
        plugins = [self.plugin(), Commission(bp=1_500), Sandbox(now=clock.now)]
        plan = PayoutPlan(every=None, provider="sandbox")
        return Marketplace.open(
            engine, plugins, clock=clock, seed=seed, payouts=plan, create="missing"
        )

    def people(self, market: Marketplace, deals: int) -> list[Deal]:
        """Customers, providers and what those hold out, for so many deals at once."""
        found = []
        for number in range(deals):
            customer = market.parties.join(f"Sita {number}")
            provider = market.parties.join(f"Ram {number}")
            listing = self.held_out(market, provider)
            published = market.listings.publish(listing.id, by=provider)
            found.append(Deal(customer.id, provider.id, published, number))
        return found

    def settle_down(self, databases: Databases, deals: int = 1) -> list[Deal]:
        """Fill the world that every measurement gets a copy of, for so many deals at once."""
        engine = databases.world()
        market = self.opened(engine, ManualClock(MORNING), seed=1)
        found = self.people(market, deals)
        market.close()
        engine.dispose()
        return found


def life(market: Marketplace, clock: ManualClock, trade: Trade, deal: Deal) -> Iterator[str]:
    """One deal from start to end; yields the name of each step when it is done."""
    for step in trade.steps:
        clock.advance(step.after)
        if step.whole is not None:
            step.whole(market, [deal])
        else:
            assert step.do is not None
            step.do(market, deal)
        yield step.name
    state = market.transactions.get(deal.id, by=deal.customer).state
    assert state == trade.end, state
    yield "look at it"


def lived(market: Marketplace, clock: ManualClock, trade: Trade, deal: Deal) -> None:
    """One deal from start to end."""
    for _ in life(market, clock, trade, deal):
        pass


def lived_in_step(
    market: Marketplace,
    steps: Sequence[Step],
    deals: Sequence[Deal],
    advance: Callable[[timedelta], Any],
    *,
    batch: Callable[[], Any] = nullcontext,
    wait: Callable[[], Any] = lambda: None,
) -> None:
    """Many deals step by step, each step for all of them.

    ``batch`` surrounds what each does. Where others live theirs at the same time, all ``wait`` for
    each other before the clock goes on, and around what is done for all at once.
    """
    for step in steps:
        if step.after or step.whole is not None:
            wait()
            advance(step.after)
        if step.whole is not None:
            step.whole(market, deals)
            wait()
            continue
        assert step.do is not None
        with batch():
            for deal in deals:
                step.do(market, deal)


# -- what all trades do ------------------------------------------------------------------------


def _price(market: Marketplace, deal: Deal) -> None:
    deal.quote = market.quotes.make(deal.request, by=deal.customer).id


def _open(entry: str | None = None) -> Each:
    def do(market: Marketplace, deal: Deal) -> None:
        opened = market.transactions.open(
            deal.quote, by=deal.customer, request=deal.request, pay=CARD, entry=entry
        )
        deal.id = opened.id

    return do


def _row(name: str, **asks: Any) -> Each:
    def do(market: Marketplace, deal: Deal) -> None:
        market.transactions.take(deal.id, name, by=deal.provider, **asks)

    return do


def _tick(market: Marketplace, deals: Sequence[Deal]) -> None:
    market.tick()


def _pay_out(currency: str) -> Each:
    def do(market: Marketplace, deal: Deal) -> None:
        market.payouts.make(by=OPERATOR, party=deal.provider, currency=currency)

    return do


def _review(market: Marketplace, deal: Deal) -> None:
    for by in (deal.customer, deal.provider):
        market.reviews.write(deal.id, by=by, rating=5)


# -- a ride ------------------------------------------------------------------------------------


def _bike(market: Marketplace, driver: Party) -> Listing:
    return market.listings.draft("rides", by=driver, title="A bike", currency="NPR")


def _near(place: Place, deal: Deal) -> Place:
    """One of many places some kilometres apart: each rider is nearest to one driver."""
    north, east = divmod(deal.number, 8)
    return Place(place.lat + north * 0.02, place.lon + east * 0.02, place.label)


def _appear(market: Marketplace, deal: Deal) -> None:
    market.listings.appear(deal.listing.id, "online", _near(STAND, deal), by=deal.provider)


def _ask_for_a_ride(market: Marketplace, deal: Deal) -> None:
    here = _near(THAMEL, deal)
    asked = market.requests.open("rides", by=deal.customer, currency="NPR", place=here, to=PATAN)
    deal.request = asked.id


def _dispatch(market: Marketplace, deals: Sequence[Deal]) -> None:
    rides = {deal.id: deal for deal in deals}
    seats = {deal.provider: (deal.provider, deal.listing) for deal in deals}
    for offer in market.matching.dispatch("rides").offers:
        # Whom the round chose is who drives: among many who are as near it is not always the same.
        ride = rides[str(offer.transaction_id)]
        ride.offer = offer.id
        ride.provider, ride.listing = seats[offer.taker_id]


def _put(market: Marketplace, deal: Deal) -> None:
    (offer,) = market.offers.put_many([Put(deal.id, deal.listing.id)])
    deal.offer = offer.id


def _accept(market: Marketplace, deal: Deal) -> None:
    market.offers.accept(deal.offer, by=deal.provider)


def _start(market: Marketplace, deal: Deal) -> None:
    code = market.transactions.get(deal.id, by=deal.customer).attributes["pickup_code"]
    market.transactions.take(deal.id, "start", by=deal.provider, code=code)


RIDE = Trade(
    name="ride",
    currency="NPR",
    plugin=lambda: Rides(fare=kathmandu_bike()),
    held_out=_bike,
    steps=(
        Step("appear", _appear),
        Step("request", _ask_for_a_ride),
        Step("quote", _price),
        Step("open, hold", _open()),
        Step("dispatch, offer", whole=_dispatch),
        Step("accept", _accept),
        Step("arrive", _row("arrive"), after=MINUTE),
        Step("code, start", _start),
        Step("finish, capture", _row("finish"), after=20 * MINUTE),
        Step("settle (tick)", whole=_tick, after=HOUR),
        Step("pay out", _pay_out("NPR")),
        Step("two reviews", _review),
    ),
    end="settled",
)

PUT_ALONE = tuple(Step("offer", _put) if one.whole is _dispatch else one for one in RIDE.steps)
"""A ride whose dispatcher knows whom it wants: of many callers none dispatches for the others."""


# -- a stay ------------------------------------------------------------------------------------


def _home(market: Marketplace, host: Party) -> Listing:
    fields = {
        "zone": "Asia/Kathmandu",
        "guests": 4,
        "rates": {"nightly": 10_000, "cleaning": 5_000},
        "instant": False,
    }
    return market.listings.draft(
        "stays", by=host, title="A home", currency="NPR", attributes=fields
    )


def _today(market: Marketplace) -> date:
    return market.context.now().date()


def _ask_for_a_stay(market: Marketplace, deal: Deal) -> None:
    arrive = _today(market) + 10 * DAY
    span = STAYS.span(deal.listing, arrive, arrive + 3 * DAY)
    asked = market.requests.open(
        "stays",
        by=deal.customer,
        currency="NPR",
        listing=deal.listing.id,
        start=span.start,
        end=span.end,
    )
    deal.request = asked.id


STAY = Trade(
    name="stay",
    currency="NPR",
    plugin=lambda: STAYS,
    held_out=_home,
    steps=(
        Step("request", _ask_for_a_stay),
        Step("quote", _price),
        Step("ask, hold", _open("ask")),
        Step("accept, charge", _row("accept")),
        Step("pay host (tick)", whole=_tick, after=12 * DAY),
        Step("pay out", _pay_out("NPR")),
        Step("leave (tick)", whole=_tick, after=3 * DAY),
        Step("two reviews", _review),
    ),
    end="completed",
)


# -- an order of goods ---------------------------------------------------------------------------


def _bowl(market: Marketplace, seller: Party) -> Listing:
    fields = {"category": "bowls", "price": 25_00, "freight": {"first": 5_00, "more": 1_00}}
    drawn = market.listings.draft(
        "goods", by=seller, title="A bowl", currency="EUR", attributes=fields
    )
    market.listings.supply(drawn.id, by=seller, add=1_000_000)
    return drawn


def _order(market: Marketplace, deal: Deal) -> None:
    asked = market.requests.open(
        "goods",
        by=deal.customer,
        currency="EUR",
        listing=deal.listing.id,
        attributes={"ship_to": {"country": "NP"}},
    )
    deal.request = asked.id


GOODS = Trade(
    name="goods",
    currency="EUR",
    plugin=Goods,
    held_out=_bowl,
    steps=(
        Step("request", _order),
        Step("quote", _price),
        Step("order, charge", _open()),
        Step("confirm", _row("confirm")),
        Step("ship a parcel", _row("ship", parcel="A1"), after=DAY),
        Step("deliver", _row("deliver", evidence="signed"), after=3 * DAY),
        Step("settle (tick)", whole=_tick, after=11 * DAY),
        Step("pay out", _pay_out("EUR")),
        Step("two reviews", _review),
    ),
    end="completed",
)

TRADES = (RIDE, STAY, GOODS)
