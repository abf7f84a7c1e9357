"""The season in numbers, read back from the marketplace: plain values, money in minor units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from marketplace import OPERATOR, Line, Payment, Payout, Transaction, customer_owes
from marketplace.plugins.stays.demo.nights import SOLD, Row
from marketplace.plugins.stays.demo.season import Season

_PAGE = 500
SUMS = (
    "gross_bookings",
    "guest_fees",
    "host_fees",
    "cancelling_fees",
    "borne",
    "tax",
    "cohosts",
)
_NAMED = {
    "guest_fee": "guest_fees",
    "kept_fee": "guest_fees",
    "host_fee": "host_fees",
    "host_cancellation_fee": "cancelling_fees",
    "excused": "borne",
}
NIGHTLY = ("nights", "agreed_price", "kept_nights")


def summary(season: Season, rows: Sequence[Row]) -> dict[str, Any]:
    """Everything that the table says."""
    market, currency = season.market, season.currency
    sold = sum(row.sold for row in rows)
    held_out = sum(row.held_out for row in rows)
    money = _money(season)
    payouts = [one for one in _every(season, Payout) if one.state == "paid"]
    refunded = sum(one.refunded for one in _every(season, Payment))
    return {
        "homes": len(season.homes),
        "counts": dict(sorted(season.counts.items())),
        "refused": dict(sorted(season.refused.items())),
        "bookings": len(season.stays),
        "states": dict(sorted(Counter(_states(season)).items())),
        "nights_sold": sold,
        "nights_held_out": held_out,
        "nights_blocked": sum(cell.blocked for row in rows for cell in row.cells),
        "occupancy_bp": sold * 10_000 // held_out if held_out else 0,
        "average_nightly_rate": money["accommodation"] // sold if sold else 0,
        **{name: money[name] for name in SUMS},
        "refunds": refunded,
        "earned": market.ledger.profit(currency).amount,
        "payouts": len(payouts),
        "paid_out": sum(one.amount for one in payouts),
        "currency": currency,
        "sums": market.ledger.sums(),
        "drift": market.ledger.drift(),
    }


def _every(season: Season, kind: type[Any]) -> Iterator[Any]:
    """All values of a kind, a page at a time."""
    after = None
    with season.market.batch() as work:
        while True:
            page = work.select(kind, (), order="id", after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id


def _states(season: Season) -> Iterator[str]:
    for deal in _every(season, Transaction):
        if deal.origin_id is None:
            yield deal.state


def _money(season: Season) -> Counter[str]:
    """Sums over the terms of all deals that came to be booked: at first, and as they ended."""
    found: Counter[str] = Counter()
    for identity in season.stays:
        deal = season.deal(identity)
        chain = season.market.transactions.terms(identity, by=OPERATOR)
        found["gross_bookings"] += customer_owes(chain[0].lines, season.currency).amount
        lived_in = deal.state in SOLD or deal.state.startswith("month_")
        for line in chain[-1].lines:
            amount = line.amount.amount
            found[_sort(line)] += amount
            if lived_in:
                found["accommodation"] += amount * _sign(line)
    return found


def _sort(line: Line) -> str:
    """What a line is in the table."""
    if line.payee in ("tax", "cohost"):
        return "cohosts" if line.payee == "cohost" else "tax"
    return _NAMED.get(line.code, "other")


def _sign(line: Line) -> int:
    """Whether a line is for the nights themselves, or a discount on them."""
    if (line.payer, line.payee) == ("provider", "customer"):
        return -1
    return int(line.code in NIGHTLY)
