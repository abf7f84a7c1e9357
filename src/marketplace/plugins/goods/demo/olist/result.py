"""What came of a replay: money, deals, sellers; every row of the files is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import asdict, frozen

from marketplace import Money, Purpose, Reason, counted, money_text, render
from marketplace.plugins.goods.demo.olist.audit import Audit
from marketplace.plugins.goods.demo.olist.replay import Replay

SHOWN = 5


@frozen
class Seller:
    """What one seller sold."""

    name: str
    state: str
    sold: int
    deals: int


@frozen
class Replayed:
    """A whole replay; sums in minor units of ``currency``."""

    folder: str
    currency: str
    orders: int
    rows: Mapping[str, int]
    """Table to the rows that were read of it."""
    deals: int
    sums: Mapping[str, int]
    """What the files say, and the ledger says the same: ``goods``, ``freight``, ``interest``,
    ``up``, ``down``, ``elsewhere``, ``credited``, ``paid``."""
    refunded: int
    commission: int
    """What the marketplace earned by it, card interest and odd cents aside."""
    tax: int
    payouts: int
    paid_out: int
    payable: int
    escrow: int
    debts: int
    """What sellers owe the marketplace."""
    disputes: int
    came: int
    late: int
    """Of the orders that came, those after the day that was promised."""
    reviews: int
    states: Mapping[str, int]
    refused: Mapping[str, int]
    """Rows, orders and acts that were refused, by reason."""
    mended: Mapping[str, int]
    """Those that were played otherwise than they are written."""
    reasons: Mapping[str, Mapping[str, str]]
    """Language to each of these reasons as a sentence."""
    sellers: Sequence[Seller]
    """All of them; who sold most comes first."""
    weeks: Sequence[tuple[date, int]]
    """Monday to what was sold in its week."""
    balanced: int
    """How often the ledger was summed on the way, and came to nothing."""

    @property
    def sold(self) -> int:
        """Goods and their freight."""
        return self.sums["goods"] + self.sums["freight"]

    def as_data(self) -> dict[str, Any]:
        """As plain JSON, of the sellers the first."""
        found = asdict(self) | {"sold": self.sold, "sellers_in_all": len(self.sellers)}
        found["sellers"] = [asdict(one) for one in self.sellers[:SHOWN]]
        found["weeks"] = [(f"{week:%Y-%m-%d}", amount) for week, amount in self.weeks]
        return found

    def table(self, language: str = "en") -> list[tuple[str, str]]:
        """What, and how much, as a person reads it; an empty row is a line between."""

        def money(amount: int) -> str:
            return money_text(Money(amount, self.currency), language)

        def told(found: Mapping[str, int]) -> list[tuple[str, str]]:
            ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
            return [(f"  {self.reasons[language][code]}", f"{n:,}") for code, n in ordered]

        sums, share = self.sums, 10_000 * self.late // self.came if self.came else 0
        rounding = sums["up"] - sums["down"]
        return [
            ("orders", f"{self.orders:,}"),
            ("deals, one for each seller of an order", f"{self.deals:,}"),
            *((f"  {state}", f"{n:,}") for state, n in _most(self.states)),
            ("", ""),
            ("goods sold", money(sums["goods"])),
            ("their freight", money(sums["freight"])),
            ("gross merchandise value", money(self.sold)),
            ("interest of cards", money(sums["interest"])),
            ("odd cents", money(rounding)),
            ("less what was paid past the marketplace", money(-sums["elsewhere"])),
            ("credited, of orders that no deal came of", money(sums["credited"])),
            ("paid by customers; the ledger and the files agree", money(sums["paid"])),
            ("", ""),
            ("given back", money(self.refunded)),
            ("commission", money(self.commission)),
            ("tax on it", money(self.tax)),
            (f"paid out to sellers, in {counted(self.payouts, 'payout')}", money(self.paid_out)),
            ("not yet paid out", money(self.payable)),
            ("still held for deals that are not over", money(self.escrow)),
            ("owed by sellers", money(self.debts)),
            ("", ""),
            ("complaints", f"{self.disputes:,}"),
            (
                "came later than promised",
                f"{self.late:,} of {self.came:,}, {share // 100}.{share % 100 // 10} %",
            ),
            ("reviews", f"{self.reviews:,}"),
            ("", ""),
            ("sellers; most was sold by", f"{len(self.sellers):,}"),
            *(
                (f"  {one.name} ({one.state}), {counted(one.deals, 'deal')}", money(one.sold))
                for one in self.sellers[:SHOWN]
            ),
            ("", ""),
            ("refused", f"{sum(self.refused.values()):,}"),
            *told(self.refused),
            ("mended", f"{sum(self.mended.values()):,}"),
            *told(self.mended),
            ("times the ledger was summed, to nothing", f"{self.balanced:,}"),
        ]


def _most(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def result(replay: Replay, folder: str, rows: Mapping[str, int], found: Audit) -> Replayed:
    """Tell what a replay left behind."""
    sums = dict(replay.sums) | {"paid": found.charged + replay.sums["credited"]}
    other = replay.sums["interest"] + replay.sums["up"] - replay.sums["down"]
    return Replayed(
        folder=folder,
        currency=replay.policy.currency,
        orders=len(replay.lives),
        rows=dict(rows),
        deals=len(replay.deals),
        sums={name: sums.get(name, 0) for name in SUMS},
        refunded=found.refunded,
        commission=found.earned - other,
        tax=found.balances[Purpose.TAX],
        payouts=found.payouts,
        paid_out=found.paid_out,
        payable=found.balances[Purpose.PAYABLE],
        escrow=found.balances[Purpose.ESCROW],
        debts=found.balances[Purpose.RECEIVABLE],
        disputes=replay.counts["complain"],
        came=replay.counts["came"],
        late=replay.counts["late"],
        reviews=replay.counts["reviews"],
        states=dict(found.states),
        refused=dict(replay.kept.refused),
        mended=dict(replay.kept.mended),
        reasons={
            language: _sentences(replay, replay.kept.examples, language)
            for language in ("en", "ne")
        },
        sellers=_sellers(replay),
        weeks=_weeks(replay),
        balanced=replay.balanced,
    )


SUMS = ("goods", "freight", "interest", "up", "down", "elsewhere", "credited", "paid")


def _sentences(replay: Replay, examples: Mapping[str, Reason], language: str) -> dict[str, str]:
    words = replay.market.context.words
    return {code: render(one, words, language) for code, one in examples.items()}


def _sellers(replay: Replay) -> list[Seller]:
    sold, deals = Counter[str](), Counter[str]()
    for life in replay.lives:
        if life.deals:
            for one in life.order.items:
                sold[one.ware.seller] += (one.price + one.freight) * one.quantity
            deals.update({one.ware.seller for one in life.order.items})
    places = replay.books.sellers
    found = [
        Seller(seller[:8], places[seller][1], amount, deals[seller])
        for seller, amount in sold.items()
    ]
    return sorted(found, key=lambda one: (-one.sold, one.name))


def _weeks(replay: Replay) -> list[tuple[date, int]]:
    sold = Counter[date]()
    for life in replay.lives:
        if life.deals:
            day = life.order.bought_at.date()
            week = day - timedelta(days=day.weekday())
            sold[week] += life.order.goods + life.order.freight
    if not sold:
        return []
    first, last = min(sold), max(sold)
    weeks = [first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)]
    return [(week, sold[week]) for week in weeks]
