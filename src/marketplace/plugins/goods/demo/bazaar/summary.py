"""The season in numbers, read back from the marketplace: plain values, money in minor units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from marketplace import OPERATOR, Line, Payment, Payout, Purpose, Terms, Transaction
from marketplace.plugins.goods.demo.bazaar.town import CURRENCY, ZONE
from marketplace.plugins.goods.demo.bazaar.trade import Trade
from marketplace.plugins.goods.demo.reading import every

NAMED = {
    "commission": "commission",
    "commission_tax": "tax_on_commission",
    "freight": "freight",
    "tax": "tax",
}
DISCOUNTS = "discounts"


@frozen
class Sold:
    """A deal that was paid: when, of which shop, for how much."""

    day: date
    shop: str
    amount: int


def sold(trade: Trade) -> list[Sold]:
    """Every deal that was paid, for what its goods and their freight cost when it was agreed."""
    shops, zone, found = _shops(trade), ZoneInfo(ZONE), list[Sold]()
    with trade.market.batch() as work:
        first = {one.transaction_id: one for one in every(work, Terms, version=1)}
        for deal in every(work, Transaction):
            if deal.id in trade.deals:
                amount = sum(_given(line) for line in first[deal.id].lines)
                day = deal.created_at.astimezone(zone).date()
                found.append(Sold(day, shops[trade.deals[deal.id].seller.id], amount))
    return found


def _shops(trade: Trade) -> dict[str, str]:
    return {one.seller.id: one.shop.name for one in trade.wares}


def _given(line: Line) -> int:
    """What goes from the customer to a shop by it."""
    return line.amount.amount if (line.payer, line.payee) == ("customer", "provider") else 0


def weeks(found: list[Sold]) -> list[tuple[date, int]]:
    """The first day of each week to what was sold in it."""
    if not found:
        return []
    much = Counter[date]()
    for one in found:
        much[one.day - timedelta(days=one.day.weekday())] += one.amount
    first, last = min(much), max(much)
    return [
        (day, much[day])
        for day in (first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1))
    ]


def summary(trade: Trade, found: list[Sold]) -> dict[str, Any]:
    """Everything that the table says."""
    market, shops = trade.market, Counter[str]()
    for one in found:
        shops[one.shop] += one.amount
    with market.batch() as work:
        deals = list(every(work, Transaction))
        payments = list(every(work, Payment))
        payouts = [one for one in every(work, Payout) if one.state == "paid"]
    money = _last(trade)
    return {
        "counts": dict(sorted(trade.counts.items())),
        "refused": dict(sorted(trade.refused.items())),
        "deals": len(deals),
        "states": dict(sorted(Counter(one.state for one in deals).items())),
        "sold": sum(one.amount for one in found),
        "shops": dict(shops.most_common()),
        "paid": sum(one.captured for one in payments),
        "refunds": sum(one.refunded for one in payments),
        **{name: money[name] for name in (*NAMED.values(), DISCOUNTS)},
        "earned": market.ledger.profit(CURRENCY).amount,
        "payouts": len(payouts),
        "paid_out": sum(one.amount for one in payouts),
        "escrow": _balance(trade, Purpose.ESCROW),
        "credit": _balance(trade, Purpose.WALLET),
        "debts": -_balance(trade, Purpose.RECEIVABLE),
        "currency": CURRENCY,
        "sums": market.ledger.sums(),
        "drift": market.ledger.drift(),
    }


def _last(trade: Trade) -> Counter[str]:
    """Sums over the lines by which deals ended."""
    found = Counter[str]()
    for line in _ended(trade):
        code = line.code.removeprefix("kept_").removesuffix("_part")
        if line.rule == "coupons.discount":
            found[DISCOUNTS] += line.amount.amount
        elif code in NAMED:
            found[NAMED[code]] += line.amount.amount
    return found


def _ended(trade: Trade) -> Iterator[Line]:
    for identity in trade.deals:
        yield from trade.market.transactions.terms(identity, by=OPERATOR)[-1].lines


def _balance(trade: Trade, purpose: Purpose) -> int:
    """Credits less debits of all accounts of a purpose."""
    rows = [one for one in trade.market.ledger.trial() if one.purpose == purpose]
    return sum(one.credits - one.debits for one in rows)
