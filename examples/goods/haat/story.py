"""An evening at the haat, told to the end: ``python -m haat.story``."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from haat.app import build
from haat.seed import Square, Stall, fill
from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Item,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    Refused,
    Transaction,
    render,
)

Say = Callable[[str], Any]
CASH, CARD = Pay("cash"), Pay("card", means="tok_ok")


def main() -> None:
    """Tell the story on a database in memory, by a clock that we move."""
    clock = ManualClock(datetime(2026, 10, 9, 11, 15, tzinfo=UTC))
    with build(clock=clock, seed=1) as market:
        tell(market, say=print)


def tell(market: Marketplace, say: Say = print) -> Square:
    """Three orders: one paid at the door, one turned away there, one sent back."""
    square = fill(market)
    pickles, copper, cloth = square.stalls
    mina, suresh = square.neighbours

    say("Mina fills a basket at two stalls.")
    basket = [Item(pickles.article.id, 3), Item(copper.article.id)]
    try:
        order(market, mina, basket, city="Pokhara")
    except Refused as refused:
        say(f"  to her aunt it is refused: {said(market, refused)}")
    jars, pot = order(market, mina, basket)
    for deal, stall in ((jars, pickles), (pot, copper)):
        send(market, deal, stall)
        market.transactions.take(deal.id, "deliver", by=stall.party, evidence="paid in cash")
        explain(market, deal, say)
    market.advance(3 * DAY)
    say(f"  Sunita has the cash and owes Haat its part: {-balance(market, pickles.party)}\n")

    say("Suresh orders a scarf, by card, and is not at home.")
    (scarf,) = order(market, suresh, [Item(cloth.article.id, 1, "red")], pay=CARD)
    send(market, scarf, cloth)
    market.transactions.take(scarf.id, "turned_away", by=cloth.party, why="nobody opened")
    # What comes back is the stall's to sell again: nobody else knows whether it can be.
    market.listings.supply(cloth.article.id, by=cloth.party, option="red", add=1)
    say(f"  It ended {state(market, scarf)}; his card was never charged.\n")

    say("Mina's second pot has a dent, and Ganesh takes it back.")
    (dented,) = order(market, mina, [Item(copper.article.id)], pay=CARD)
    send(market, dented, copper)
    take = market.transactions.take
    take(dented.id, "deliver", by=copper.party, evidence="paid by card")
    take(dented.id, "complain", by=mina, why="a dent", wants="return")
    take(dented.id, "take_back", by=copper.party)
    take(dented.id, "send_back", by=mina, parcel="with the same bike")
    take(dented.id, "got_back", by=copper.party)
    explain(market, dented, say)
    say(f"  Mina's credit, for the way back: {balance(market, mina)}")

    market.advance(7 * DAY)
    say(f"\nHaat earned {market.ledger.profit('NPR')}; the ledger sums to {market.ledger.sums()}.")
    return square


def order(
    market: Marketplace,
    buyer: Party,
    items: Sequence[Item],
    *,
    city: str = "Patan",
    pay: Pay = CASH,
) -> list[Transaction]:
    """A basket, and a deal with each of its stalls, in the order of the items."""
    request = market.requests.open(
        "goods", by=buyer, currency="NPR", items=items,
        attributes={"ship_to": {"country": "NP", "city": city}},
    )  # fmt: skip
    quotes = market.quotes.make_each(request.id, by=buyer)
    checkout = market.checkouts.place([one.id for one in quotes], by=buyer, pay=pay)
    deals = market.checkouts.get(checkout.id, by=buyer).transactions
    return sorted(deals, key=lambda one: one.items[0].number)


def said(market: Marketplace, refused: Refused) -> str:
    """Why not, in words."""
    return render(refused.reasons[0], market.context.words)


def send(market: Marketplace, deal: Transaction, stall: Stall) -> None:
    """The stall packs it and a bike takes it."""
    market.transactions.take(deal.id, "confirm", by=stall.party)
    market.advance(HOUR)
    market.transactions.take(deal.id, "ship", by=stall.party, parcel="bike 3")
    market.advance(HOUR)


def explain(market: Marketplace, deal: Transaction, say: Say) -> None:
    """Why it cost what it cost, by the last version of its terms."""
    last = market.transactions.terms(deal.id, by=OPERATOR)[-1]
    say(f"  {state(market, deal).title()}; the price ({last.occasion}):")
    for because in market.why.transaction(deal.id, by=OPERATOR):
        if because.about == f"price ({last.occasion})":
            say(f"    {because.text}")


def state(market: Marketplace, deal: Transaction) -> str:
    """Where it stands."""
    return market.transactions.get(deal.id, by=OPERATOR).state


def balance(market: Marketplace, party: Party) -> Money:
    """What Haat owes a party, or is owed."""
    return market.ledger.balance(party.id, "NPR", by=OPERATOR)


if __name__ == "__main__":
    main()
