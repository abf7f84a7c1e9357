"""What becomes of deals that were paid: sent in one parcel or two, late, broken, lost, returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marketplace import DAY, OPERATOR, Money
from marketplace.plugins.goods.demo.bazaar.town import CURRENCY
from marketplace.plugins.goods.demo.bazaar.trade import Act, Deal, Trade

Fate = Callable[[Trade, Deal], None]
ORDER = {
    "received": 10, "silent": 4, "parcels": 3, "short": 1, "refused": 1, "forgotten": 1,
    "withdrawn": 1, "lost": 1, "gives_in": 1, "agrees": 1, "returned": 2, "resent": 1,
    "decided": 1, "unanswered": 1, "dropped": 1,
}  # fmt: skip
"""So many of each in a deck of orders."""
CONTRACT = {"made": 2, "forfeited": 1}
RATINGS = {"5": 9, "4": 5, "3": 2, "2": 1}


def live(trade: Trade, deal: Deal) -> None:
    """Deal its fate, and let it begin."""
    trade.counts[deal.process] += 1
    if deal.process.startswith("contract"):
        fate = trade.draw("contract", **CONTRACT)
        trade.noted.setdefault(fate, deal.id)
        _contract(trade, deal, fate)
    elif deal.process == "sample":
        _then(trade, 10, 40, deal, "ship", lambda: _sample(trade, deal), parcel=_name(deal))
    elif deal.process == "group":
        closes = trade.state(deal.id).moments["closes"]
        trade.at(closes, lambda: trade.later(2, 9, lambda: _closed(trade, deal)))
    elif deal.process == "digital":
        trade.later(0.1, 2, lambda: _book(trade, deal))
    else:
        fate = _order_fate(trade, deal)
        trade.counts[fate] += 1
        trade.noted.setdefault(fate, deal.id)
        _order(trade, deal, fate)


def _order_fate(trade: Trade, deal: Deal) -> str:
    fate = trade.draw("order", **ORDER)
    # One piece is neither short of some nor in two parcels.
    single = sum(deal.pieces.values()) < 2
    return "received" if single and fate in ("short", "parcels") else fate


def _name(deal: Deal, number: int = 1) -> str:
    return f"NP{deal.id[-5:]}-{number}".upper()


def _then(
    trade: Trade,
    least: float,
    most: float,
    deal: Deal,
    row: str,
    then: Act | None = None,
    **asks: Any,
) -> None:
    """In so many hours the seller takes a row; and then, if it was let."""
    trade.later(least, most, lambda: trade.take(deal, row, deal.seller, **asks), then)


def _sample(trade: Trade, deal: Deal) -> None:
    trade.later(30, 90, lambda: trade.take(deal, "receive", deal.buyer))


def _closed(trade: Trade, deal: Deal) -> None:
    """Enough have joined, and it is sent; or everybody has the money back already."""
    if trade.state(deal.id).state == "packing":
        trade.counts["reached"] += 1
        _packed(trade, deal, "received")
    else:
        trade.counts["missed"] += 1


def _book(trade: Trade, deal: Deal) -> None:
    if trade.take(deal, "hand_over", deal.seller, licence=f"LEAF-{deal.id[-6:]}".upper()):
        trade.later(0.2, 6, lambda: trade.take(deal, "open", deal.buyer))


def _contract(trade: Trade, deal: Deal, fate: str) -> None:
    """Shown and approved; the rest is paid, or never."""

    def shown(part: int) -> None:
        def reviewed() -> None:
            _review(trade, deal)

        approved = f"approve_{part}"
        then = paid if part == 1 else reviewed
        trade.later(10, 60, lambda: trade.take(deal, approved, deal.buyer), then)

    def paid() -> None:
        if fate == "made":
            trade.later(5, 50, lambda: trade.take(deal, "pay_2", deal.buyer), lambda: work(2))

    def work(part: int) -> None:
        told = "the drawing" if part == 1 else "the painting, dry and framed"
        _then(trade, 120, 400, deal, f"show_{part}", lambda: shown(part), evidence=told)

    work(1)


def _order(trade: Trade, deal: Deal, fate: str) -> None:
    if fate == "withdrawn":
        trade.later(0.5, 2, lambda: trade.take(deal, "withdraw", deal.buyer))
    elif fate == "refused":
        _then(trade, 2, 12, deal, "refuse")
    else:
        _then(trade, 3, 16, deal, "confirm", lambda: _packed(trade, deal, fate))


def _packed(trade: Trade, deal: Deal, fate: str) -> None:
    if fate == "forgotten":
        return
    ship = {"parcel": _name(deal)}
    if fate == "short":
        number, had = max(deal.pieces.items(), key=lambda one: one[1])
        _then(trade, 2, 10, deal, "short", items={number: had - 1})
    if fate == "parcels":
        number, had = max(deal.pieces.items(), key=lambda one: one[1])
        some = {number: had if len(deal.pieces) > 1 else had // 2}
        _then(trade, 2, 10, deal, "pack", parcel=_name(deal, 2), items=some)
    _then(trade, 12, 50, deal, "ship", lambda: _shipped(trade, deal, fate), **ship)


def _shipped(trade: Trade, deal: Deal, fate: str) -> None:
    if fate == "lost":
        return
    if fate == "parcels":
        _then(trade, 20, 60, deal, "arrived", parcel=_name(deal, 2), evidence="signed for")
    told = "left with the guard" if fate in COMPLAINTS else "signed for"
    _then(trade, 62, 130, deal, "deliver", lambda: _delivered(trade, deal, fate), evidence=told)


def _delivered(trade: Trade, deal: Deal, fate: str) -> None:
    if fate in COMPLAINTS:
        wants = {"returned": "return", "resent": "resend"}.get(fate, "refund")
        argued = COMPLAINTS[fate]
        said = {"why": "not as it was shown", "wants": wants}
        trade.later(
            5,
            60,
            lambda: trade.take(deal, "complain", deal.buyer, **said),
            None if argued is None else lambda: argued(trade, deal),
        )
    elif fate != "silent":
        trade.later(
            4,
            90,
            lambda: trade.take(deal, "receive", deal.buyer),
            lambda: _review(trade, deal),
        )


def _review(trade: Trade, deal: Deal) -> None:
    """Most say how it was; one of the two says it first."""
    if trade.draw("review", yes=3, no=1) == "yes":
        rating = int(trade.draw("stars", **RATINGS))
        reviews = trade.market.reviews
        done = trade.tries(lambda: reviews.write(deal.id, by=deal.buyer, rating=rating))
        trade.counts["reviews"] += done


def _gives_in(trade: Trade, deal: Deal) -> None:
    _then(trade, 5, 60, deal, "give_in")


def _agrees(trade: Trade, deal: Deal) -> None:
    """The shop offers a third, the buyer agrees: both have said so, so it is done."""

    def propose() -> None:
        market, back = trade.market, Money(_owed(trade, deal) // 3, CURRENCY)
        offer = market.offers.propose(deal.id, "agree", by=deal.seller, refund=back)
        trade.later(
            2, 30, lambda: trade.tries(lambda: market.offers.accept(offer.id, by=deal.buyer))
        )

    trade.later(5, 50, lambda: trade.tries(propose))


def _returned(trade: Trade, deal: Deal) -> None:
    """Back it goes, and when it is there, so does the money."""

    def back() -> None:
        trade.later(
            20,
            90,
            lambda: trade.take(deal, "send_back", deal.buyer, parcel=_name(deal, 9)),
            lambda: _then(trade, 60, 140, deal, "got_back"),
        )

    _then(trade, 5, 60, deal, "take_back", back)


def _resent(trade: Trade, deal: Deal) -> None:
    """The same once more, at the shop's cost."""

    def again() -> None:
        ship_by = trade.now + 4 * DAY
        moments = {"ship_by": ship_by, "protected_until": ship_by + 30 * DAY}
        if trade.take(deal, "resend", deal.seller, **moments):
            _then(trade, 12, 50, deal, "ship", lambda: _shipped(trade, deal, "received"),
                  parcel=_name(deal, 3))  # fmt: skip

    trade.later(5, 60, again)


def _decided(trade: Trade, deal: Deal) -> None:
    """Nobody gives way, so the operator does: half."""

    def decide() -> None:
        half = Money(_owed(trade, deal) // 2, CURRENCY)
        trade.take(deal, "decide", OPERATOR, refund=half)

    _then(trade, 10, 60, deal, "escalate", lambda: trade.later(24, 90, decide))


def _dropped(trade: Trade, deal: Deal) -> None:
    trade.later(20, 80, lambda: trade.take(deal, "drop", deal.buyer))


def _owed(trade: Trade, deal: Deal) -> int:
    payments = trade.market.transactions.payments(deal.id, by=OPERATOR)
    return sum(one.captured - one.refunded for one in payments)


UNANSWERED = "unanswered"
"""The shop says nothing: after five days the buyer has what he wanted, by the clock."""
COMPLAINTS: dict[str, Fate | None] = {
    UNANSWERED: None,
    "gives_in": _gives_in,
    "agrees": _agrees,
    "returned": _returned,
    "resent": _resent,
    "decided": _decided,
    "dropped": _dropped,
}
