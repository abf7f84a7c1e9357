"""What is printed of a season: a table, and the reasons behind a few decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marketplace import OPERATOR, Money, Reason, customer_owes, money_text, render
from marketplace.demo.screen import facts, say, tell_why
from marketplace.plugins.stays.demo.season import Season

Counts = Mapping[str, int]

LOOKED = (
    ("guests", "guests looked for a home"),
    ("searches", "searches"),
    ("found nothing", "found nothing that fits"),
    ("only looked", "only looked"),
)
ASKED = (
    ("instant", "booked at once"),
    ("asked of hosts", "asked of the host first"),
    ("declined", "declined by the host"),
    ("unanswered", "expired without an answer"),
    ("special offers", "special offers by hosts"),
    ("special offers taken", "  of which taken"),
    ("cards declined", "cards declined"),
)
BECAME = (
    ("altered", "altered, when both agreed"),
    ("alterations declined", "alterations declined"),
    ("host_cancels", "cancelled by the host"),
    ("no_show", "no-shows"),
    ("leave_early", "left early"),
    ("excuse", "excused by the operator"),
    ("deposit claim", "damage deposits claimed"),
    ("deposit object", "  of which contested and decided"),
    ("calendars followed", "calendars of other places followed"),
    ("calendars in conflict", "  of which sold one night twice"),
)


def tell(season: Season, told: dict[str, Any], title: str, language: str) -> None:
    """The table, then why."""
    currency = told["currency"]

    def money(amount: int) -> str:
        return money_text(Money(amount, currency), language)

    counts = told["counts"]
    rows = [*_counted(counts, LOOKED), ("", ""), *_counted(counts, ASKED)]
    rows += [("", ""), ("stays booked", f"{told['bookings']:,}")]
    rows += [*_cancelled(counts), *_counted(counts, BECAME)]
    rows += [
        ("", ""),
        ("nights sold", f"{told['nights_sold']:,}"),
        ("nights that could be had", f"{told['nights_held_out']:,}"),
        ("occupancy", _percent(told["occupancy_bp"])),
        ("average nightly rate", money(told["average_nightly_rate"])),
        ("", ""),
        ("gross booking value", money(told["gross_bookings"])),
        ("refunds", money(told["refunds"])),
        ("guests' fees", money(told["guest_fees"])),
        ("hosts' fees", money(told["host_fees"])),
        ("tax collected", money(told["tax"])),
    ]
    if told["cohosts"]:
        rows += [("hosts' shares to co-hosts", money(told["cohosts"]))]
    if told["cancelling_fees"]:
        rows += [("hosts' fees for cancelling", money(told["cancelling_fees"]))]
    if told["borne"]:
        rows += [("borne by the marketplace, for excuses", money(told["borne"]))]
    rows += [
        ("the marketplace earned", money(told["earned"])),
        ("paid out to hosts", f"{told['payouts']:,} · {money(told['paid_out'])}"),
        ("", ""),
        ("reviews", _reviews(counts)),
        ("the ledger sums to", _zero(told)),
    ]
    facts(title, rows)
    _refused(season, told, language)
    tell_why(reasons(season, language))


def _counted(counts: Counts, named: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those that happened."""
    for name, label in named:
        if counts.get(name):
            yield label, f"{counts[name]:,}"


def _cancelled(counts: Counts) -> Iterator[tuple[str, str]]:
    """Guests who cancelled, and under which schedule."""
    if counts.get("cancel"):
        under = {
            name.removeprefix("cancelled under "): count
            for name, count in sorted(counts.items())
            if name.startswith("cancelled under ")
        }
        yield "cancelled by the guest", f"{counts['cancel']:,}"
        for name, count in under.items():
            yield f"  under a {name.replace('_', ' ')} schedule", f"{count:,}"


def _percent(bp: int) -> str:
    return f"{bp / 100:.1f} %"


def _reviews(counts: Counts) -> str:
    guests, hosts = counts.get("reviews by guests", 0), counts.get("reviews by hosts", 0)
    return f"{guests:,} by guests, {hosts:,} by hosts"


def _zero(told: dict[str, Any]) -> str:
    zero = all(total == 0 for total in told["sums"].values()) and not told["drift"]
    return "zero" if zero else f"{told['sums']}, {told['drift']}"


def _refused(season: Season, told: dict[str, Any], language: str) -> None:
    """What people tried and were refused, by the code of the reason."""
    if told["refused"]:
        listed = ", ".join(f"{code} {count}" for code, count in told["refused"].items())
        say(f"refused, by reason: {listed}")


def reasons(season: Season, language: str) -> Iterator[tuple[str, str]]:
    """A price, a refusal and a refund, each in a sentence; and what else there is to tell."""
    price = season.noted.get("alter") or season.noted.get("price")
    if price is not None:
        yield "the price", _price(season, price, language)
    if "refusal" in season.noted:
        yield "the refusal", season.noted["refusal"]
    refund = season.noted.get("refund") or season.noted.get("cancel")
    if refund is not None:
        yield "the refund", _refund(season, refund, language)
    if "conflict" in season.noted:
        yield "the conflict", season.noted["conflict"]


def _price(season: Season, deal: str, language: str) -> str:
    """What the guest pays by the first terms, and every line of it."""
    terms = season.market.transactions.terms(deal, by=OPERATOR)[0]
    said = season.market.why.transaction(deal, by=OPERATOR, language=language)
    about = f"price ({terms.occasion})"
    lines = [one for one in said if one.about == about]
    theirs = [
        one.text
        for one in lines
        if "customer" in (one.reason.params.get("payer"), one.reason.params.get("payee"))
    ]
    owed = customer_owes(terms.lines, season.currency, "price")
    title = season.stays[deal].home.listing.title
    return f"{title}, {money_text(owed, language)} = {' + '.join(theirs)}"


def _refund(season: Season, deal: str, language: str) -> str:
    """How much went back, and by which rule."""
    payments = season.market.transactions.payments(deal, by=OPERATOR)
    back = Money(sum(one.refunded for one in payments), season.currency)
    taken = Money(sum(one.captured for one in payments), season.currency)
    terms = season.market.transactions.terms(deal, by=OPERATOR)[-1]
    words = season.market.context.words
    why = [render(reason, words, language) for reason in terms.reasons if _tells(reason)]
    title = season.stays[deal].home.listing.title
    both = f"{money_text(back, language)} of {money_text(taken, language)}"
    return f"{title}, {both} went back: {'; '.join(why)}"


def _tells(reason: Reason) -> bool:
    return reason.code.startswith("stay_")
