"""What the marketplace's books say of a replay, held against what the files say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import frozen

from marketplace import LedgerError, Marketplace, Payment, Payout, Purpose, Terms, Transaction
from marketplace.plugins.goods.demo.olist.orders import Order
from marketplace.plugins.goods.demo.olist.replay import Replay
from marketplace.plugins.goods.demo.olist.shop import ELSEWHERE
from marketplace.plugins.goods.demo.reading import every

_PURPOSES = (
    Purpose.PROCESSOR_CLEARING, Purpose.ESCROW, Purpose.PAYABLE, Purpose.RECEIVABLE,
    Purpose.WALLET, Purpose.TAX, Purpose.PROMOTION,
)  # fmt: skip


@frozen
class Audit:
    """Sums in minor units, read back from the marketplace when all is over."""

    lines: Mapping[str, int]
    """Code of a line, as each deal was first agreed, to its sum: ``goods``, ``freight``,
    ``card_interest``, ``rounding`` (what it took less what it gave)."""
    charged: int
    """By the bank, for deals."""
    elsewhere: int
    refunded: int
    paid_out: int
    payouts: int
    balances: Mapping[Purpose, int]
    """What stands in all accounts of a purpose."""
    states: Mapping[str, int]
    """Where deals stand."""
    earned: int
    """By the marketplace, in commission and whatever else."""


def audit(market: Marketplace, currency: str) -> Audit:
    """Read it all back."""
    with market.batch() as work:
        deals = {one.id: one for one in every(work, Transaction)}
        final = market.context.verticals["goods"].processes[0].final
        lines = Counter[str]()
        for one in every(work, Terms, version=1):
            for line in one.lines:
                sign = 1 if line.payer == "customer" else -1
                if "customer" in (line.payer, line.payee):
                    lines[line.code] += sign * line.amount.amount
        payments = list(every(work, Payment))
        payouts = [one for one in every(work, Payout) if one.state == "paid"]
    lives = sum(one.kept for one in payments if deals[one.transaction_id].state not in final)
    balances = _balances(market)
    if balances[Purpose.ESCROW] != lives:
        raise LedgerError(
            f"{balances[Purpose.ESCROW]} lie in escrow, and {lives} were paid for what is not over"
        )
    known = [one for one in payments if one.method != ELSEWHERE]
    return Audit(
        lines=lines,
        charged=sum(one.captured for one in known),
        elsewhere=sum(one.captured for one in payments) - sum(one.captured for one in known),
        refunded=sum(one.refunded for one in known),
        paid_out=sum(one.amount for one in payouts),
        payouts=len(payouts),
        balances=balances,
        states=Counter(one.state for one in deals.values()),
        earned=market.ledger.profit(currency).amount,
    )


def _balances(market: Marketplace) -> dict[Purpose, int]:
    """Positive where a purpose stands on its usual side."""
    debit = (Purpose.PROCESSOR_CLEARING, Purpose.RECEIVABLE, Purpose.PROMOTION)
    found = dict.fromkeys(_PURPOSES, 0)
    for row in market.ledger.trial():
        purpose = Purpose(row.purpose)
        if purpose in found:
            sign = 1 if purpose in debit else -1
            found[purpose] += sign * (row.debits - row.credits)
    return found


def hold_against(replay: Replay, orders: Sequence[Order], found: Audit) -> None:
    """Raise ``LedgerError`` unless the ledger says what the files say, to the cent."""
    sums = replay.sums
    sold = [life.order for life in replay.lives if life.deals]
    paid = sum(order.given for order in orders)
    rounding = sums["up"] - sums["down"]
    same = {
        "goods": (found.lines.get("goods", 0), sum(one.goods for one in sold)),
        "freight": (found.lines.get("freight", 0), sum(one.freight for one in sold)),
        "card interest": (found.lines.get("card_interest", 0), sums["interest"]),
        "rounding": (found.lines.get("rounding", 0), rounding),
        "paid": (found.charged + sums["credited"], paid),
        "paid past the marketplace": (found.elsewhere, sums["elsewhere"]),
        "what was paid and for what": (
            sums["goods"] + sums["freight"] + sums["interest"] + rounding
            - sums["elsewhere"] + sums["credited"],
            paid,
        ),
        "money at the bank": (
            found.balances[Purpose.PROCESSOR_CLEARING], paid - found.refunded - found.paid_out,
        ),
        "the bank's own count": (found.balances[Purpose.PROCESSOR_CLEARING], replay.bank.balance),
        "credited": (found.balances[Purpose.WALLET], sums["credited"]),
        "the whole ledger": (sum(replay.market.ledger.sums().values()), 0),
    }  # fmt: skip
    if len(orders) == len(replay.books.orders):
        rows = replay.books.sums
        for name, of in (("goods", "goods"), ("freight", "freight"), ("paid", "given")):
            same[f"the rows' {name}"] = sum(getattr(one, of) for one in orders), rows[name]
    wrong = [
        f"{name}: {has}, not {should}" for name, (has, should) in same.items() if has != should
    ]
    wrong += replay.market.ledger.drift()
    wrong += [str(fault) for fault in replay.market.check().faults]
    if wrong:
        raise LedgerError("the ledger does not say what the files say: " + "; ".join(wrong))
