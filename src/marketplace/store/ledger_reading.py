"""Reading the book of money: what accounts hold, journals, entries, sums; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

from marketplace.domain.ledger import (
    DEBIT_NORMAL,
    Account,
    Balance,
    Entry,
    Journal,
    Purpose,
    Transfer,
)
from marketplace.domain.money import MAX_AMOUNT
from marketplace.store import ledger_sql as sql
from marketplace.store.json_text import from_json
from marketplace.store.runner import Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement

PAGE = 10_000
"""How many balances are held against their transfers at once."""


class LedgerReading:
    """What is asked of the ledger; see ``marketplace.domain.books.LedgerBook``."""

    def __init__(self, runner: Runner, shelf: Shelf) -> None:
        self._runner = runner
        self._shelf = shelf
        # Where only one writes at a time, what the writer has read nobody else can change.
        self._alone = runner.writable and not shelf.adapter.row_lock
        # Guarded balances that nobody else can change until this ends; None where there is none.
        self._held: dict[str, Row | None] = {}

    def balance(self, account: Account) -> Balance:
        """What one account holds."""
        id = account_id(account)
        if account.guarded:
            if id in self._held:
                self._runner.refuse_if_broken()
                row = self._held[id]
            else:
                row = self._runner.row(self._shelf.sql(sql.BALANCE), (id,))
                if self._alone:
                    self._held[id] = row
            return Balance(account, *(row or (0, 0, 0)))
        rows = self._sums("a.id = :id", id)
        return rows[0] if rows else Balance(account, 0)

    def earned(self, account: Account, since: datetime, until: datetime | None = None) -> int:
        """What came into an account after a moment, less what the same journals took out of it;
        payouts that came back aside."""
        id, put = account_id(account), self._shelf.adapter.put_moment
        text, values = sql.EARNED, [id, id, id, id, put(since)]
        if until is not None:
            text, values = text.replace("/* until */", sql.BEFORE), [*values, put(until)]
        row = self._runner.row(self._shelf.sql(text), values)
        return 0 if row is None else sql.whole(*row)

    def balances(self, owner: str | None = None, purpose: Purpose | None = None) -> list[Balance]:
        """Every account with a transfer, of one owner or purpose, summed from transfers."""
        parts: list[str] = []
        values: list[str] = []
        if owner is not None:
            parts.append("a.owner = :owner")
            values.append(owner)
        if purpose is not None:
            parts.append("a.purpose = :purpose")
            values.append(purpose.value)
            if owner is None and purpose is not Purpose.ESCROW:
                # Each deal has an escrow: the index of purposes, by which one owner's few accounts
                # are better not looked up, is without them.
                parts.append("a.purpose <> 'escrow'")
        return self._sums(" AND ".join(parts) or "1 = 1", *values)

    def journals(
        self,
        *,
        cause: str | None = None,
        owner: str | None = None,
        account: Account | None = None,
        after: str | None = None,
        limit: int = 1000,
    ) -> list[Journal]:
        """Journals with their transfers, by cause, by whose accounts they touch, or by one account,
        in order.

        ``after`` is the id of the last journal of the page before.
        """
        parts: list[str] = []
        values: list[Any] = []
        touched = None if account is None else account_id(account)
        for text, value in (
            (sql.OF_CAUSE, cause),
            (sql.OF_OWNER, owner),
            (sql.OF_ACCOUNT, touched),
            (sql.AFTER, after),
        ):
            if value is not None:
                parts.append(text)
                values.extend([value] * text.count(":"))
        where = " AND ".join(parts) or "1 = 1"
        return self._journals(sql.JOURNALS.replace("CONDITION", where), *values, limit)

    def journal(self, key: str) -> Journal | None:
        """The journal with this key."""
        found = self._journals(sql.JOURNALS.replace("CONDITION", "j.key = :key"), key, 1)
        return found[0] if found else None

    def entries(
        self,
        accounts: Iterable[Account],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        newest: bool = False,
        waiting: bool = False,
        page: int = 500,
    ) -> Iterator[Entry]:
        """Both sides of every transfer of these accounts, in the order of posting; or the
        ``newest`` first. Those that wait, and their ends, only where ``waiting`` says so.

        Nobody else's rows are read: each account's debits and credits are asked for by
        themselves, ``page`` at a time.
        """
        values = [put_in(self._shelf, one) for one in (since, until) if one is not None]
        asked = (since is not None, until is not None, newest, waiting)
        arms = [
            self._arm(sql.side_of_entries(side, *asked), account, after, values, newest, page)
            for account in accounts
            for side in ("debit", "credit")
        ]
        return merge(*arms, key=_place_of, reverse=newest)

    def _arm(
        self,
        text: str,
        account: Account,
        after: int,
        between: Sequence[Any],
        newest: bool,
        page: int,
    ) -> Iterator[Entry]:
        id, end = account_id(account), (MAX_AMOUNT if newest else after)
        while True:
            values = (id, end, *([after] if newest else []), *between, page)
            found = self._rows(text, *values)
            for row in found:
                yield self._entry(account, row)
            if len(found) < page:
                return
            end = found[-1][0]

    def _entry(self, account: Account, row: Row) -> Entry:
        number, id, journal_id, other, amount, phase, rule, debited, at, kind, cause, details = row
        rises = bool(debited) == (account.purpose in DEBIT_NORMAL)
        return Entry(
            at=self._shelf.adapter.get_moment(at),
            kind=kind,
            account=account,
            amount=amount if rises else -amount,
            other=_account(other),
            cause=cause,
            journal_id=journal_id,
            phase=phase,
            transfer_id=id,
            rule=rule,
            details=from_json(details),
            number=number,
        )

    def posted_before(self, accounts: Iterable[Account], until: datetime) -> dict[Account, int]:
        """What accounts held just before a moment, in their normal sense, by their transfers."""
        moment = put_in(self._shelf, until)
        held = {}
        for account in accounts:
            id = account_id(account)
            row = self._runner.row(self._shelf.sql(sql.POSTED_BEFORE), (id, moment, id, moment))
            net = 0 if row is None else sql.whole(*row)
            held[account] = -net if account.purpose in DEBIT_NORMAL else net
        return held

    def in_escrow(self, party_id: str, currency: str, until: datetime | None = None) -> int:
        """What lay in escrow of the deals in which a party sits, just before a moment, or now."""
        if until is None:
            row = self._runner.row(self._shelf.sql(sql.IN_ESCROW), (party_id, currency))
        else:
            given = (party_id, currency, put_in(self._shelf, until))
            row = self._runner.row(self._shelf.sql(sql.IN_ESCROW_BEFORE), given)
        return 0 if row is None else sql.whole(*row)

    def by_rule(
        self,
        accounts: Iterable[Account],
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[tuple[Account, str, str, int]]:
        """Account, the journals' kind, the rule, and what was posted so, in its normal sense."""
        text, values = sql.BY_RULE, list[Any]()
        for marker, condition, at in (
            ("/* since */", sql.SINCE, since),
            ("/* until */", sql.BEFORE, until),
        ):
            if at is not None:
                text, values = text.replace(marker, condition), [*values, put_in(self._shelf, at)]
        found = []
        for account in accounts:
            id, sign = account_id(account), -1 if account.purpose in DEBIT_NORMAL else 1
            for kind, rule, *net in self._rows(text, id, id, id, *values):
                found.append((account, kind, rule, sign * sql.whole(*net)))
        return found

    def transfer(self, transfer_id: str) -> tuple[Journal, Transfer] | None:
        """A transfer with the journal that it stands in."""
        text = sql.JOURNALS.replace("CONDITION", sql.OF_TRANSFER)
        for journal in self._journals(text, transfer_id, 1):
            for one in journal.transfers:
                if one.id == transfer_id:
                    return journal, one
        return None

    def trial(self, until: datetime | None = None) -> list[tuple[Purpose, str, int, int]]:
        """Purpose, currency, posted debits and credits, of all or before a moment; per currency
        both sums are equal."""
        text, values = sql.TRIAL, []
        if until is not None:
            text, values = sql.TRIAL_BEFORE, [put_in(self._shelf, until)] * 2
        rows = sorted(self._rows(text, *values), key=lambda row: (row[1], row[0]))
        return [(Purpose(p), c, sql.whole(*sums[:2]), sql.whole(*sums[2:])) for p, c, *sums in rows]

    def drift(self) -> list[str]:
        """Sentences, one for every materialised balance that differs from its transfers.

        Read page by page, each with all accounts up to its last: a month of a town's rides leaves
        a million accounts, and they need not all be in memory at once.
        """
        faults: list[str] = []
        after, goes_on = "", True
        while goes_on:
            kept = self._rows(sql.BALANCES_AFTER, after, PAGE)
            goes_on = len(kept) == PAGE
            within = [after, kept[-1][0]] if goes_on else [after]
            faults += self._drift(kept, within)
            after = within[-1]
        return faults

    def _drift(self, kept: Sequence[Row], within: Sequence[str]) -> Iterator[str]:
        """The same of these balances, and of all accounts after one, up to another if there is."""
        last = " AND a.id <= :last" if len(within) > 1 else ""
        sums = self._sums(f"a.guarded AND a.id > :after{last}", *within)
        summed = {account_id(one.account): one for one in sums}
        for id, posted, into, out in kept:
            one = summed.pop(id, None)
            true = (0, 0, 0) if one is None else (one.posted, one.pending_in, one.pending_out)
            if (posted, into, out) != true:
                yield (
                    f"account {id} is kept as {posted} posted, {into} and {out} pending;"
                    f" its transfers say {true[0]}, {true[1]} and {true[2]}"
                )
        for id in sorted(summed):
            yield f"account {id} has transfers and no balance"

    def crossings(self) -> list[str]:
        """Sentences, one for every journal that joins currencies and not through fx clearing."""
        return [
            f"journal {id} moves {count} currencies, and not from one through fx into another"
            for id, count in self._rows(sql.CROSSINGS)
        ]

    def _sums(self, condition: str, *values: Any) -> list[Balance]:
        text = sql.SUMS.replace("CONDITION", condition)
        return [_balance(row) for row in self._rows(text, *values, *values)]

    def _journals(self, text: str, *values: Any) -> list[Journal]:
        found = self._rows(text, *values)
        ids = self._shelf.adapter.array([row[0] for row in found])
        moves: dict[str, list[Transfer]] = {}
        for journal_id, *row in self._rows(sql.TRANSFERS, ids) if found else ():
            moves.setdefault(journal_id, []).append(transfer_of(row))
        get = self._shelf.adapter.get_moment
        return [
            Journal(
                id, key, kind, get(at), actor, cause,
                tuple(moves.get(id, ())), reverses, from_json(details),
            )
            for id, key, kind, at, actor, cause, reverses, details in found
        ]  # fmt: skip

    def _rows(self, text: str, *values: Any) -> list[Row]:
        statement: Statement = self._shelf.sql(text)
        return self._runner.rows(statement, values)


def put_in(shelf: Shelf, moment: datetime) -> Any:
    """A moment as the database keeps it; refuses one without a time zone."""
    return shelf.adapter.put_moment(moment)


def _place_of(entry: Entry) -> tuple[int, bool]:
    """Of a transfer between two accounts that are both asked for, the debit comes first."""
    credited = (entry.amount > 0) != (entry.account.purpose in DEBIT_NORMAL)
    return entry.number, credited


def account_id(account: Account) -> str:
    """The account's id: readable, and the same wherever it is made."""
    return "/".join((account.owner, account.purpose, account.currency))


def _account(id: str) -> Account:
    owner, purpose, currency = id.rsplit("/", 2)
    return Account(owner, Purpose(purpose), currency)


def transfer_of(row: Sequence[Any]) -> Transfer:
    """A transfer from its columns, ``TRANSFERS``' but for the journal."""
    id, debit, credit, amount, phase, resolves, rule, line = row
    return Transfer(_account(debit), _account(credit), amount, phase, resolves, id, rule, line)


def _balance(row: Row) -> Balance:
    id, *halves = row
    pairs = zip(halves[::2], halves[1::2], strict=True)
    debits, credits, waiting_debits, waiting_credits = (sql.whole(*pair) for pair in pairs)
    account = _account(id)
    if account.purpose in DEBIT_NORMAL:
        return Balance(account, debits - credits, waiting_debits, waiting_credits)
    return Balance(account, credits - debits, waiting_credits, waiting_debits)
