"""A week on the path, told to the end: ``python -m basai.story``."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from basai.app import build, trade
from basai.seed import Family, Path, fill
from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    Refused,
    Request,
    Transaction,
)

Say = Callable[[str], Any]
CARD = Pay("card", means="tok_ok")
TENTH = date(2026, 10, 10)


def main() -> None:
    """Tell the story on a database in memory, by a clock that we move."""
    clock = ManualClock(datetime(2026, 10, 1, 3, 15, tzinfo=UTC))
    with build(clock=clock, seed=1) as market:
        tell(market, say=print)


def tell(market: Marketplace, say: Say = print) -> Path:
    """Three stays: one lived in, one that nobody came to, one called off for snow."""
    path = fill(market)
    maya, dil, suk = path.families
    lena, tomas = path.trekkers

    say("Lena looks for a room on the tenth of October.")
    for found in market.listings.search(
        "stays", by=lena, start=TENTH, end=TENTH + 3 * DAY, fits=2, currency="NPR"
    ):
        say(f"  {found.title}: {found.price} a night")
    try:
        ask(market, lena, maya, 3, pay="later")
    except Refused as refused:
        say(f"  to pay later is refused: {refused.reasons[0].code}")
    first = book(market, ask(market, lena, maya, 3), by=lena)
    market.advance(first.moments["start"] - market.context.now() + HOUR)
    try:
        market.transactions.take(first.id, "welcome", by=maya.party, permit="lost it")
    except Refused as refused:
        say(f"  at the door: {refused.reasons[0].code}; she finds it in her other pocket.")
    market.transactions.take(first.id, "welcome", by=maya.party, permit="ACAP-204117")
    market.advance(4 * DAY)
    market.reviews.write(first.id, by=lena, rating=5, text="The dal was worth the climb.")
    market.reviews.write(first.id, by=maya.party, rating=5)
    explain(market, first, say)
    say(f"  Maya's balance: {balance(market, maya.party)}\n")

    say("Tomás asks Suk Maya, who says yes; he never comes.")
    second = book(market, ask(market, tomas, suk, 2, TENTH + 7 * DAY), by=tomas, entry="ask")
    market.transactions.take(second.id, "accept", by=suk.party)
    market.advance(second.moments["start"] - market.context.now() + DAY)
    explain(market, second, say)
    say(f"  Suk Maya's balance: {balance(market, suk.party)}\n")

    say("Lena books Dil's house for Tihar; eight days before, the pass is closed.")
    tihar = date(2026, 11, 7)
    third = book(market, ask(market, lena, dil, 2, tihar), by=lena)
    market.advance(third.moments["start"] - market.context.now() - 8 * DAY)
    market.transactions.take(third.id, "cancel", by=lena)
    explain(market, third, say)

    market.advance(7 * DAY)
    say(f"\nBasai earned {market.ledger.profit('NPR')}; the ledger sums to {market.ledger.sums()}.")
    return path


def ask(
    market: Marketplace,
    guest: Party,
    family: Family,
    nights: int,
    arrive: date = TENTH,
    **said: Any,
) -> Request:
    """A guest asks for so many nights at a family's."""
    span = trade().span(family.home, arrive, arrive + timedelta(days=nights))
    return market.requests.open(
        "stays",
        by=guest,
        currency="NPR",
        listing=family.home.id,
        start=span.start,
        end=span.end,
        attributes={"guests": {"adults": 2}, **said},
    )


def book(market: Marketplace, request: Request, *, by: Party, entry: str = "book") -> Transaction:
    """The guest sees the price and pays; ``entry`` is ``ask`` where the family is asked first."""
    quote = market.quotes.make(request.id, by=by)
    return market.transactions.open(quote.id, by=by, pay=CARD, entry=entry)


def explain(market: Marketplace, deal: Transaction, say: Say) -> None:
    """Why it cost what it cost, by the last version of its terms."""
    state = market.transactions.get(deal.id, by=OPERATOR).state
    last = market.transactions.terms(deal.id, by=OPERATOR)[-1]
    say(f"  It ended {state}; the price, as worked out at the {last.occasion}:")
    for because in market.why.transaction(deal.id, by=OPERATOR):
        if because.about == f"price ({last.occasion})":
            say(f"    {because.text}")


def balance(market: Marketplace, party: Party) -> Money:
    """What Basai owes a party, or is owed."""
    return market.ledger.balance(party.id, "NPR", by=OPERATOR)


if __name__ == "__main__":
    main()
