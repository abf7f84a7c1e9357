"""What is printed of the morning: a table, three reasons, a telephone, where to look further."""

from __future__ import annotations

import re
from typing import Any

from marketplace import (
    OPERATOR,
    Because,
    Marketplace,
    MatchingRound,
    Money,
    counted,
    customer_owes,
    money_text,
)
from marketplace.demo.screen import facts, say, tell_why
from marketplace.plugins.rides.demo.morning import Simulated
from marketplace.plugins.rides.demo.town import COMMISSION_BP, CURRENCY, DEBT_LIMIT

LINES = (
    ("requests", "riders asked"),
    ("matched", "were matched with a driver"),
    ("re-dispatched", "re-dispatched: more than one driver was asked"),
    ("no driver in time", "nobody in time, nothing to pay"),
)
AFTER = (
    ("declined", "offers declined"),
    ("not answered", "offers not answered in time"),
    ("driver cancelled", "drivers cancelled"),
    ("rider cancelled", "riders cancelled"),
    ("no-shows", "riders did not show up"),
)
MONEY = (
    ("mixed payments", "rides paid in part by wallet, the rest in cash"),
    ("change became credit", "times change became credit"),
    ("did not pay", "riders did not pay; it is on their next price"),
    ("tips", "tips"),
)


def summary(done: Simulated) -> dict[str, Any]:
    """Everything of the table, as plain values; money in minor units."""
    ledger, counts = done.market.ledger, done.tally.counts
    owed = sum(
        max(0, -ledger.balance(driver.party.id, CURRENCY, by=OPERATOR).amount)
        for driver in done.drivers
    )
    return {
        "simulated": True,
        "drivers": len(done.drivers),
        "counts": dict(sorted(counts.items())),
        "median_wait": done.tally.median_wait,
        "fares": done.tally.fares,
        "fees": done.tally.fees,
        "commission_earned": done.earned,
        "commission_owed": owed,
        "payouts": done.payouts,
        "paid_out": done.paid_out,
        "currency": CURRENCY,
        "refused": dict(sorted(done.tally.refused.items())),
        "sums": ledger.sums(),
        "drift": ledger.drift(),
    }


def tell(done: Simulated, told: dict[str, Any], language: str) -> None:
    """The table, then why, then a telephone."""
    counts = done.tally.counts

    def money(amount: int) -> str:
        return money_text(Money(amount, CURRENCY), language)

    rows = [(label, f"{counts[name]:,}") for name, label in LINES]
    rows += [("median wait, from asking to the seat", done.tally.median_wait), ("", "")]
    rows += [(label, f"{counts[name]:,}") for name, label in AFTER if counts[name]]
    rows += [("", ""), ("fares of settled rides", money(told["fares"]))]
    rows += [("fees of riders who cancelled or did not show up", money(told["fees"]))]
    share = f"commission earned, {COMMISSION_BP // 100} % of both"
    rows += [(share, money(told["commission_earned"]))]
    rows += [("commission that drivers still owe", money(told["commission_owed"]))]
    rows += [(label, f"{counts[name]:,}") for name, label in MONEY if counts[name]]
    rows += [
        (
            f"drivers stopped by more than {money(DEBT_LIMIT.amount)} of debt",
            f"{counts['blocked by debt']:,}",
        )
    ]
    rows += [
        ("reopened by a top-up at once", f"{counts['top-ups']:,} · {money(counts['topped up'])}")
    ]
    rows += [("paid out to drivers afterwards", f"{done.payouts:,} · {money(done.paid_out)}")]
    stars = (
        f"{counts['reviews by riders']:,} by riders, {counts['reviews by drivers']:,} by drivers"
    )
    rows += [("", ""), ("reviews", stars)]
    zero = all(total == 0 for total in told["sums"].values()) and not told["drift"]
    rows += [("the ledger sums to", "zero" if zero else f"{told['sums']}, {told['drift']}")]
    asked = counted(counts["requests"], "request")
    facts(f"{counted(len(done.drivers), 'driver')} and {asked}", rows)
    _why(done, language)
    _telephone(done)


def _why(done: Simulated, language: str) -> None:
    tell_why(reasons(done.market, done.tally.priced, done.tally.searched, language))


def reasons(
    market: Marketplace, priced: str | None, searched: str | None, language: str
) -> list[tuple[str, str]]:
    """A price, a match, and somebody who was not matched, each in a sentence."""
    told: list[tuple[str, str]] = []
    if priced is not None:
        told.append(("the price", _price(market, priced, language)))
    deal = searched or priced
    if deal is None:
        return told
    transaction = market.transactions.get(deal, by=OPERATOR)
    request, listing = transaction.request_id, transaction.listing_id
    if request is None or listing is None:
        return told
    rounds = market.matching.rounds(request)
    pairs = market.why.pairing(request, listing, by=OPERATOR, language=language)
    chosen = [one for one in pairs if one.reason.code == "chosen"]
    name = market.listings.get(listing, by=OPERATOR).title
    told += [("the match", f"{name}: {one.text}") for one in chosen[-1:]]
    told += _stopped_by_debt(market, listing, language) or _not_matched(
        market, request, listing, rounds[-1].problem, language
    )
    return told


def _stopped_by_debt(market: Marketplace, but: str, language: str) -> list[tuple[str, str]]:
    """Somebody else who was there and owed too much, if there was one among the last rounds."""
    with market.batch() as work:
        rounds = work.select(MatchingRound, (), order="id", descending=True, limit=200)
    for one in rounds:
        for gate in one.problem["gates"]:
            if gate["reason"]["code"] == "debt_over_limit" and gate["listing_id"] != but:
                listing, request = gate["listing_id"], one.problem["requests"][0][0]
                said = market.why.pairing(request, listing, by=OPERATOR, language=language)
                name = market.listings.get(listing, by=OPERATOR).title
                text = next(x.text for x in said if x.reason.code == "debt_over_limit")
                return [("not asked", f"{name}: {text}")]
    return []


def _price(market: Marketplace, transaction: str, language: str) -> str:
    """What the customer paid, and every line of it."""
    lines = market.transactions.terms(transaction, by=OPERATOR)[-1].lines
    owed = customer_owes(lines, lines[0].amount.currency, "price") if lines else None
    said = market.why.transaction(transaction, by=OPERATOR, language=language)
    last = [one for one in said if one.about.startswith("price")][-len(lines) :]
    if owed is None:
        return "nothing"
    added = [one.text for one in last if one.reason.params.get("payer") == "customer"]
    taken = [one.text for one in last if one.reason.params.get("payee") == "customer"]
    return f"{money_text(owed, language)} = {' − '.join([' + '.join(added), *taken])}"


def _not_matched(
    market: Marketplace, request: str, chosen: str, problem: Any, language: str
) -> list[tuple[str, str]]:
    """The most telling no: a debt before a distance."""
    gated = [gate["listing_id"] for gate in problem["gates"]]
    others = [*gated, *(spot[0] for spot in problem["providers"])]
    best: tuple[int, str, Because] | None = None
    for listing in dict.fromkeys(others):
        if listing == chosen:
            continue
        because = market.why.pairing(request, listing, by=OPERATOR, language=language)[-1]
        worth = _WORTH.get(because.reason.code, 9)
        if best is None or worth < best[0]:
            best = worth, listing, because
    if best is None:
        return []
    name = market.listings.get(best[1], by=OPERATOR).title
    # Who else asked has no name here.
    text = re.sub(r"\breq_\w+", "another rider", best[2].text)
    return [("not asked", f"{name}: {text}")]


_WORTH = {
    "debt_over_limit": 0,
    "given_to_other": 1,
    "other_was_better": 2,
    "already_asked": 3,
    "on_a_trip": 4,
    "not_among_nearest": 5,
    "too_far": 6,
}


def _telephone(done: Simulated) -> None:
    """What one rider's telephone showed during a ride."""
    if done.tally.searched is None and done.tally.priced is None:
        return
    deal = done.tally.searched or done.tally.priced or ""
    for seat in done.market.transactions.seats(deal, by=OPERATOR):
        if seat.role == "customer":
            rider = done.market.parties.get(seat.party_id, by=OPERATOR)
            heard = [one for one in done.phones.heard[seat.party_id] if one.transaction_id == deal]
            if heard:
                say()
                say(f"on {rider.name}'s telephone:")
            for one in heard:
                say(f"  {one.text}")
