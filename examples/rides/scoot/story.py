"""A morning at Scoot, told to the end: ``python -m scoot.story``."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    ManualClock,
    Marketplace,
    Money,
    Offer,
    Party,
    Pay,
    Place,
    Refused,
    Transaction,
)
from scoot.app import build
from scoot.seed import AIRPORT, LAKESIDE, MAHENDRA_PUL, Town, come_online, fill

Say = Callable[[str], Any]


def main() -> None:
    """Tell the story on a database in memory, by a clock that we move."""
    clock = ManualClock(datetime(2026, 11, 23, 3, 15, tzinfo=UTC))
    with build(clock=clock, seed=1) as market:
        tell(market, clock)


def tell(market: Marketplace, clock: ManualClock, say: Say = print) -> Town:
    """Two rides: one in cash with a helmet too few at first, one cancelled too late, by card."""
    town = fill(market)
    asha, prem = town.riders
    come_online(market, town, 2 * HOUR)

    say("Asha wants to go from Lakeside to Mahendra Pul, and has cash.")
    ride, offer = ask(market, asha, LAKESIDE, MAHENDRA_PUL, Pay("cash"))
    driver = town.driver(offer.taker_id)
    say(f"  {driver.party.name} is nearest and is offered the ride.")
    market.offers.accept(offer.id, by=driver.party)
    market.advance(4 * MINUTE)
    market.transactions.take(ride.id, "arrive", by=driver.party)
    try:
        market.transactions.take(ride.id, "check_helmets", by=driver.party, helmets=1)
    except Refused as refused:
        say(f"  refused: {refused.reasons[0].code}; another helmet is fetched.")
    market.transactions.take(ride.id, "check_helmets", by=driver.party, helmets=2)
    code = market.transactions.get(ride.id, by=asha).attributes["pickup_code"]
    market.transactions.take(ride.id, "start", by=driver.party, code=code)
    market.advance(12 * MINUTE)
    market.transactions.take(ride.id, "finish", by=driver.party)
    market.advance(HOUR)
    market.reviews.write(ride.id, by=asha, rating=5, text="Careful on the bends.")
    market.reviews.write(ride.id, by=driver.party, rating=5)
    explain(market, ride, say)
    say(f"  {driver.party.name}'s balance: {balance(market, driver.party)} (the commission)\n")

    say("Prem orders a ride to the airport by card, and changes his mind too late.")
    come_online(market, town, 2 * HOUR)
    late, offer = ask(market, prem, LAKESIDE, AIRPORT, Pay("card", means="tok_prem"))
    second = town.driver(offer.taker_id)
    market.offers.accept(offer.id, by=second.party)
    # The driver is on the way: nearer than it was, so the fault is not the driver's.
    market.listings.appear(second.scooter.id, "on trip", LAKESIDE, by=second.party)
    market.advance(2 * MINUTE)
    market.transactions.take(late.id, "cancel", by=prem, reason="it stopped raining")
    explain(market, late, say)
    say(f"  {second.party.name}'s balance: {balance(market, second.party)}\n")

    say(f"Scoot earned {market.ledger.profit('NPR')}; the ledger sums to {market.ledger.sums()}.")
    return town


def ask(
    market: Marketplace, rider: Party, here: Place, there: Place, pay: Pay
) -> tuple[Transaction, Offer]:
    """A rider asks, sees the price, commits; the nearest driver is offered the ride."""
    request = market.requests.open("rides", by=rider, currency="NPR", place=here, to=there)
    quote = market.quotes.make(request.id, by=rider)
    ride = market.transactions.open(quote.id, by=rider, pay=pay)
    return ride, market.matching.dispatch("rides").offers[0]


def explain(market: Marketplace, ride: Transaction, say: Say) -> None:
    """Why it cost what it cost, by the last version of its terms."""
    state = market.transactions.get(ride.id, by=OPERATOR).state
    last = market.transactions.terms(ride.id, by=OPERATOR)[-1]
    say(f"  It ended {state}; the price, as worked out at the {last.occasion}:")
    for because in market.why.transaction(ride.id, by=OPERATOR):
        if because.about == f"price ({last.occasion})":
            say(f"    {because.text}")


def balance(market: Marketplace, party: Party) -> Money:
    """What Scoot owes a party, or is owed."""
    return market.ledger.balance(party.id, "NPR", by=OPERATOR)


if __name__ == "__main__":
    main()
