"""What is printed of a season: a table, and the reasons behind a few decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marketplace import OPERATOR, Money, customer_owes, money_text
from marketplace.demo.screen import facts, say, tell_why
from marketplace.plugins.goods.demo.bazaar.town import CURRENCY
from marketplace.plugins.goods.demo.bazaar.trade import Trade

BOUGHT = (
    ("customers", "customers"),
    ("checkouts", "baskets checked out"),
    ("several shops", "  of several shops, paid as one"),
    ("coupons", "  with the bazaar's coupon"),
    ("declined", "cards declined, and the goods given up"),
    ("paid after the bank asked", "paid after the bank asked"),
)
BECAME = (
    ("sample", "samples"),
    ("reached", "bought in groups that were enough"),
    ("missed", "in groups that were not: given back"),
    ("digital", "books without a weight"),
    ("contract_2", "paintings, 30 before and 70 after"),
    ("parcels", "sent in two parcels"),
    ("short", "sent with a piece less, which was given back"),
    ("withdrawn", "withdrawn by the customer"),
    ("refused", "refused by the shop"),
    ("forgotten", "never sent: given back by the clock"),
    ("lost", "lost on the way: given back by the clock"),
)
COMPLAINED = (
    ("complaints", "complaints"),
    ("gives_in", "  that the shop gave in to"),
    ("agrees", "  in which both agreed on a third"),
    ("returned", "  after which the goods went back"),
    ("resent", "  after which they were sent again"),
    ("decided", "  that the operator decided"),
    ("unanswered", "  that the shop did not answer"),
    ("dropped", "  that the customer dropped"),
)
WHY = ("several", "decided", "returned", "forfeited")


def tell(trade: Trade, told: dict[str, Any], title: str, language: str) -> None:
    """The table, then why."""

    def money(amount: int) -> str:
        return money_text(Money(amount, CURRENCY), language)

    counts = told["counts"]
    rows = [*_counted(counts, BOUGHT), ("", ""), ("deals", f"{told['deals']:,}")]
    complaints = sum(counts.get(name, 0) for name, _ in COMPLAINED)
    counted = {**counts, "complaints": complaints}
    rows += [*_counted(counts, BECAME), *_counted(counted, COMPLAINED), ("", "")]
    rows += [(f"sold by {shop}", money(amount)) for shop, amount in told["shops"].items()]
    rows += [
        ("sold, with freight", money(told["sold"])),
        ("", ""),
        ("paid by customers", money(told["paid"])),
        ("refunds", money(told["refunds"])),
        ("discounts, borne by the bazaar", money(told["discounts"])),
        ("tax on goods, owed to the authority", money(told["tax"])),
        ("commission", money(told["commission"])),
        ("tax on it", money(told["tax_on_commission"])),
        ("the bazaar earned", money(told["earned"])),
        ("paid out to shops", f"{told['payouts']:,} · {money(told['paid_out'])}"),
        ("customers' credit, for parcels they sent back", money(told["credit"])),
        ("still held", money(told["escrow"])),
        ("owed by shops", money(told["debts"])),
        ("", ""),
        ("reviews", f"{counts.get('reviews', 0):,}"),
        ("the ledger sums to", _zero(told)),
    ]
    facts(title, rows)
    if told["refused"]:
        listed = ", ".join(
            f"{code.replace('_', ' ')} {count}" for code, count in told["refused"].items()
        )
        say(f"refused, by reason: {listed}")
    tell_why(reasons(trade, language))


def _counted(
    counts: Mapping[str, int], named: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Those that happened."""
    for name, label in named:
        if counts.get(name):
            yield label, f"{counts[name]:,}"


def _zero(told: dict[str, Any]) -> str:
    zero = all(total == 0 for total in told["sums"].values()) and not told["drift"]
    return "zero" if zero else f"{told['sums']}, {told['drift']}"


def reasons(trade: Trade, language: str) -> Iterator[tuple[str, str]]:
    """A basket's price and what went back of some deals, each in a sentence."""
    for about in WHY:
        if about in trade.noted:
            deal, several = trade.noted[about], about == "several"
            label = "the price" if several else about
            yield label, _money(trade, deal, language, agreed=several)


def _money(trade: Trade, identity: str, language: str, *, agreed: bool) -> str:
    """What a customer paid by the terms that were agreed, or by the last and what went back."""
    market = trade.market
    last = market.transactions.terms(identity, by=OPERATOR)[0 if agreed else -1]
    lines = [
        one.text
        for one in market.why.transaction(identity, by=OPERATOR, language=language)
        if one.about == f"price ({last.occasion})"
        and "customer" in (one.reason.params.get("payer"), one.reason.params.get("payee"))
    ]
    payments = market.transactions.payments(identity, by=OPERATOR)
    back = Money(sum(one.refunded for one in payments), CURRENCY)
    owed = money_text(customer_owes(last.lines, CURRENCY), language)
    gone = f"; {money_text(back, language)} went back" if back.amount and not agreed else ""
    return f"{owed} ({last.occasion}) = {' + '.join(lines) or 'nothing'}{gone}"
