"""``marketplace statement``: what a party had, what came and went, what it has; or the profit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import evolve

from marketplace import (
    OPERATOR,
    Earnings,
    Money,
    Party,
    Reason,
    Statement,
    StatementEntry,
    counted,
    money_text,
    one_line,
    render,
)
from marketplace.app.entry_words import entry_reason
from marketplace.commands.finding import Found, Wrong, found, moment_of
from marketplace.commands.people import party as the_party
from marketplace.commands.screen import as_csv, heading, say, table
from marketplace.commands.screen import as_json as print_json

COLUMNS = (
    "at", "what", "account", "amount", "currency", "balance", "deal", "row", "rule", "kind",
    "cause", "journal", "transfer",
)  # fmt: skip
OURS = "marketplace"
"""Whom the profit statement is of, where somebody wants to name it."""


def statement(
    party: str | None,
    since: str | None,
    until: str | None,
    currency: str | None,
    limit: int,
    language: str,
    csv: bool,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print what a party had and has, or the marketplace's profit."""
    if csv and as_json:
        raise Wrong("a statement is printed as --csv or as --json, not as both")
    with found(app, zone) as place:
        if language not in (known := place.context.words):
            raise Wrong(
                f"there are no words in {language!r}; there are: {', '.join(sorted(known))}"
            )
        times = moment_of(place, since, "--from"), moment_of(place, until, "--until")
        if times[0] is not None and times[1] is not None and times[0] > times[1]:
            raise Wrong(f"--from {since} lies after --until {until}")
        if party in (None, OURS):
            _profit(place, times, currency, language, csv=csv, json=as_json)
            return
        owner = the_party(place, str(party))
        currencies = [currency] if currency is not None else _currencies(place, owner)
        if csv:
            _csv(place, owner, times, currencies, language)
        elif as_json:
            whole = [_whole(place, owner, one, times, language) for one in currencies]
            print_json({"party": owner, "statements": whole})
        else:
            # What cannot be made is said before anything is shown.
            made = [_pages(place, owner, one, times, language) for one in currencies]
            heading(f"{owner.name} · {owner.id}")
            for one, pages in zip(currencies, made, strict=True):
                _tell(place, owner, pages, one, times, language, limit)
            if not currencies:
                say("no money of this party ever passed through here")


Times = tuple[datetime | None, datetime | None]


def _currencies(place: Found, owner: Party) -> list[str]:
    balances = place.market.ledger.balances(owner.id, by=OPERATOR)
    return sorted({one.account.currency for one in balances})


def _whole(place: Found, owner: Party, currency: str, times: Times, language: str) -> Statement:
    ledger = place.market.ledger
    return ledger.statement(owner.id, currency, *times, by=OPERATOR, language=language)


def _pages(
    place: Found, owner: Party, currency: str, times: Times, language: str
) -> Iterator[Statement]:
    ledger = place.market.ledger
    return ledger.statement_pages(owner.id, currency, *times, by=OPERATOR, language=language)


def _csv(
    place: Found, owner: Party, times: Times, currencies: Sequence[str], language: str
) -> None:
    """Page by page, as it is read: a hundred thousand entries take no more memory than a few."""
    names: Sequence[str] = COLUMNS
    for currency in currencies:
        closing = Money.zero(currency)
        for number, page in enumerate(_pages(place, owner, currency, times, language)):
            rows = [_balance_row("opening balance", page.opening)] if number == 0 else []
            as_csv(names, [*rows, *(_row(one) for one in page)])
            names, closing = (), page.closing
        as_csv(names, [_balance_row("closing balance", closing)])
    if not currencies:
        as_csv(names, [])


def _balance_row(what: str, balance: Money) -> Sequence[object]:
    told = {"what": what, "currency": balance.currency, "balance": balance.decimal()}
    return [told.get(name) for name in COLUMNS]


def _row(one: StatementEntry) -> Sequence[object]:
    return (
        one.at.isoformat(), one.text, one.account.value, one.amount.decimal(),
        one.amount.currency, one.balance.decimal(), one.transaction_id, one.row, one.rule,
        one.kind, one.cause, one.journal_id, one.transfer_id,
    )  # fmt: skip


def _tell(
    place: Found,
    owner: Party,
    pages: Iterator[Statement],
    currency: str,
    times: Times,
    language: str,
    limit: int,
) -> None:
    opening, closing, beside, count = Money.zero(currency), Money.zero(currency), None, 0
    last: deque[StatementEntry] = deque(maxlen=limit)
    for number, page in enumerate(pages):
        opening = page.opening if number == 0 else opening
        closing, beside, count = page.closing, page.beside, count + len(page)
        last.extend(page)
    say(f"{currency} {_between(place, times)}, times of {place.zone.key}")
    say(f"opening balance: {money_text(opening, language)}")
    if count > len(last):
        say(f"the first {count - len(last):,} of {counted(count, 'entry', 'entries')} are left out")
    if last:
        table(
            ("when", "what", "account", "amount", "balance"),
            list(_lines(place, owner, last, language)),
            right=(3, 4),
            spare=(2,),
        )
    else:
        say("nothing came or went")
    say(f"closing balance: {money_text(closing, language)}")
    if beside is not None:
        sums = {
            "in escrow of its deals": beside.escrow,
            "awaited from customers": beside.awaited,
            "on its way to the bank": beside.in_transit,
            "of this in reserve": beside.reserve,
        }
        told = [f"{name} {money_text(one, language)}" for name, one in sums.items() if one]
        if told:
            say(f"beside it: {'; '.join(told)}")


def _between(place: Found, times: Times) -> str:
    since, until = times
    start = "from the beginning" if since is None else f"from {_day(place, since)}"
    return f"{start} to {'now' if until is None else f'before {_day(place, until)}'}"


def _day(place: Found, moment: datetime) -> str:
    local = moment.astimezone(place.zone)
    midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    return place.when(moment, "%d %b %Y" if midnight else "%d %b %Y %H:%M")


def _lines(
    place: Found, owner: Party, entries: Iterable[StatementEntry], language: str
) -> Iterator[str | Sequence[object]]:
    """Each entry under the deal, or the payout, that it is about."""
    about = None
    for one in entries:
        deal = one.transaction_id or ("of no deal" if one.cause == owner.id else one.cause)
        titled = f"{deal} · {one.row}" if one.row else deal
        if titled != about:
            about = titled
            yield titled
        yield (
            place.when(one.at, "%d %b %H:%M"),
            one.text,
            one.account.value,
            money_text(one.amount, language, in_full=True),
            money_text(one.balance, language, in_full=True),
        )


def _profit(
    place: Found,
    times: Times,
    currency: str | None,
    language: str,
    *,
    csv: bool,
    json: bool,
) -> None:
    ledger = place.market.ledger
    currencies = [currency] if currency is not None else sorted(ledger.sums(times[1]))
    made = [ledger.earnings(one, *times) for one in currencies]
    if json:
        print_json({"earnings": made})
        return
    if csv:
        rows = [
            (gain.account.value, _name(place, gain.kind, gain.rule, language), gain.kind,
             gain.rule, gain.amount.decimal(), one.currency)
            for one in made
            for gain in one.gains
        ]  # fmt: skip
        rows += [("profit", "", "", "", one.profit.decimal(), one.currency) for one in made]
        as_csv(("account", "what", "kind", "rule", "amount", "currency"), rows)
        return
    heading(f"What the marketplace earned {_between(place, times)}")
    for one in made:
        _tell_profit(place, one, language)
    if not made:
        say("no money ever passed through here")


def _tell_profit(place: Found, made: Earnings, language: str) -> None:
    rows: list[str | Sequence[object]] = []
    for title, account, whole in (
        ("fees", "platform revenue", made.revenue),
        ("discounts that it bore", "promotion expense", made.promotions),
        ("fees of payment providers", "processor fees", made.processor_fees),
        ("debts written off", "bad debt", made.bad_debts),
    ):
        mine = [one for one in made.gains if one.account.value == account]
        if mine:
            rows.append(title)
        rows += [
            (
                f"  {_name(place, one.kind, one.rule, language)}",
                money_text(one.amount, language, in_full=True),
            )
            for one in mine
        ]
        if len(mine) > 1:
            rows.append(("  together", money_text(whole, language, in_full=True)))
    if rows:
        table((made.currency, "amount"), rows, right=(1,))
    say(f"profit: {money_text(made.profit, language)}")
    if made.tax:
        say(f"taxes that came in for an authority, and are owed: {money_text(made.tax, language)}")
    if made.fx:
        say(f"taken in by changing currencies, less given: {money_text(made.fx, language)}")


def _name(place: Found, kind: str, rule: str, language: str) -> str:
    words = place.context.words
    said: Reason = entry_reason(kind, rule, words)
    if said.code == "entry.line":
        # All of it was settled; what is new is by which line.
        said = evolve(said, code="entry.line_alone")
    return one_line(render(said, words, language))
