"""``marketplace ledger``: of a deal, of a party, or the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace import OPERATOR, Account, Entry, Money, Party, Transaction, counted, money_text
from marketplace.app.ledgers import TrialRow
from marketplace.commands.finding import Found, Wrong, found, moment_of
from marketplace.commands.people import deal, party, read, spoken
from marketplace.commands.screen import as_csv, heading, say, table, warn
from marketplace.commands.screen import as_json as print_json


def ledger(
    what: str | None,
    limit: int,
    at: str | None,
    csv: bool,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print whose money is where."""
    if csv and as_json:
        raise Wrong("a ledger is printed as --csv or as --json, not as both")
    if at is not None and what is not None:
        raise Wrong("--at is of the whole ledger; a party's of then is `marketplace statement`")
    with found(app, zone) as place:
        if what is None:
            moment = moment_of(place, at, "--at")
            _all_csv(place, moment) if csv else _all(place, moment, as_json)
        elif what.startswith("tx_"):
            of = deal(place, what)
            _deal_csv(place, of) if csv else _of_deal(place, of, as_json)
        elif what.startswith("pty_"):
            owner = party(place, what)
            _party_csv(place, owner, limit) if csv else _of_party(place, owner, limit, as_json)
        else:
            raise Wrong(f"a ledger is of a transaction (tx_…) or a party (pty_…), not {what!r}")


def _all_csv(place: Found, at: datetime | None) -> None:
    rows = [
        (
            row.purpose,
            row.currency,
            Money(row.debits, row.currency).decimal(),
            Money(row.credits, row.currency).decimal(),
        )
        for row in place.market.ledger.trial(at)
    ]
    as_csv(("account", "currency", "debits", "credits"), rows)


def _deal_csv(place: Found, transaction: Transaction) -> None:
    journals = place.market.ledger.of_transaction(transaction.id, by=OPERATOR)
    names = _owners(place, [x for j in journals for t in j.transfers for x in (t.debit, t.credit)])
    rows = [
        (
            journal.at.isoformat(),
            journal.kind,
            _called(transfer.debit, names),
            _called(transfer.credit, names),
            Money(transfer.amount, transfer.debit.currency).decimal(),
            transfer.debit.currency,
            transfer.phase,
        )
        for journal in journals
        for transfer in journal.transfers
    ]
    as_csv(("at", "journal", "debit", "credit", "amount", "currency", "phase"), rows)


def _newest(place: Found, owner: Party, limit: int) -> list[Entry]:
    """A party's newest entries; that there are older ones is said beside the answer."""
    every = place.market.ledger.entries(owner.id, by=OPERATOR, limit=limit + 1, newest=True)
    if len(every) > limit:
        warn("older entries are left out; --limit gives more of them")
    return every[-limit:]


def _party_csv(place: Found, owner: Party, limit: int) -> None:
    entries = _newest(place, owner, limit)
    names = _owners(place, [one.other for one in entries])
    rows = [
        (
            one.at.isoformat(),
            one.kind,
            one.account.purpose.value,
            one.money.decimal(),
            one.money.currency,
            _called(one.other, names),
            one.phase,
        )
        for one in entries
    ]
    as_csv(("at", "entry", "account", "amount", "currency", "against", "phase"), rows)


def _all(place: Found, at: datetime | None, json: bool) -> None:
    books = place.market.ledger
    trial, sums, drift = books.trial(at), books.sums(at), books.drift()
    profit = {currency: books.profit(currency, until=at) for currency in sums}
    if json:
        print_json({"trial": trial, "sums": sums, "drift": drift, "profit": profit})
        return
    heading("The whole ledger" if at is None else f"The whole ledger before {place.when(at)}")
    if not trial:
        say("nothing was posted")
    else:
        _trial_table(trial)
    for currency, total in sorted(sums.items()):
        zero = "debits equal credits" if total == 0 else f"OUT BY {total} minor units"
        say(f"{currency}: {zero}; the marketplace earned {money_text(profit[currency])}")
    say(f"balances that differ from their transfers: {'none' if not drift else '; '.join(drift)}")


def _trial_table(trial: Sequence[TrialRow]) -> None:
    table(
        ("account", "currency", "debits", "credits", "balance", "side"),
        [
            (
                row.purpose,
                row.currency,
                Money(row.debits, row.currency).decimal(),
                Money(row.credits, row.currency).decimal(),
                Money(abs(row.debits - row.credits), row.currency).decimal(),
                "Dr" if row.debits > row.credits else "Cr" if row.credits > row.debits else "",
            )
            for row in trial
        ],
        right=(2, 3, 4),
    )


def _of_deal(place: Found, transaction: Transaction, json: bool) -> None:
    journals = place.market.ledger.of_transaction(transaction.id, by=OPERATOR)
    if json:
        print_json({"transaction": transaction.id, "journals": journals})
        return
    heading(f"{transaction.id} · now {transaction.state}")
    names = _owners(place, [x for j in journals for t in j.transfers for x in (t.debit, t.credit)])
    rows = [
        (
            place.when(journal.at, "%a %H:%M:%S"),
            journal.kind,
            _called(transfer.debit, names),
            _called(transfer.credit, names),
            money_text(Money(transfer.amount, transfer.debit.currency), in_full=True),
            transfer.phase,
        )
        for journal in journals
        for transfer in journal.transfers
    ]
    if rows:
        table(("when", "journal", "debit", "credit", "amount", "phase"), rows, right=(4,))
    else:
        say("it moved no money")


def _of_party(place: Found, owner: Party, limit: int, json: bool) -> None:
    books = place.market.ledger
    balances = books.balances(owner.id, by=OPERATOR)
    entries = _newest(place, owner, limit)
    currencies = sorted({one.account.currency for one in balances})
    position = {one: books.balance(owner.id, one, by=OPERATOR) for one in currencies}
    if json:
        told: dict[str, Any] = {"party": owner, "position": position, "balances": balances}
        print_json({**told, "entries": entries})
        return
    heading(f"{owner.name} · {owner.id}")
    if not balances:
        say("no money of this party ever passed through here")
        return
    table(
        ("account", "posted", "pending", "available"),
        [
            (
                one.account.purpose.value,
                *(
                    money_text(Money(part, one.account.currency), in_full=True)
                    for part in (one.posted, one.posted - one.available, one.available)
                ),
            )
            for one in balances
        ],
        right=(1, 2, 3),
    )
    for money in position.values():
        owes = "the party owes" if money.amount < 0 else "the marketplace owes the party"
        say(f"in all, {owes} {money_text(Money(abs(money.amount), money.currency))}")
    heading(f"The newest {counted(len(entries), 'entry', 'entries')}")
    names = _owners(place, [one.other for one in entries])
    table(
        ("when", "entry", "account", "amount", "against", "phase"),
        [
            (
                place.when(one.at, "%a %H:%M:%S"),
                one.kind,
                one.account.purpose.value,
                money_text(one.money, in_full=True),
                _called(one.other, names),
                one.phase,
            )
            for one in entries
        ],
        right=(3,),
    )


def _owners(place: Found, accounts: list[Account]) -> dict[str, str]:
    return read(place, [account.owner for account in accounts])


def _called(account: Account, names: dict[str, str]) -> str:
    """Whose account it is, and for what."""
    if account.owner.startswith("pty_"):
        return f"{spoken(account.owner, names)}: {account.purpose.value}"
    return account.purpose.value
