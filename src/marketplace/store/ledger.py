"""The book of money: accounts on first use, journals and transfers only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import DEBIT_NORMAL, Account, Journal, Transfer
from marketplace.domain.money import MAX_AMOUNT
from marketplace.errors import Conflict, InvalidInput, LedgerError, Refused
from marketplace.store import ledger_sql as sql
from marketplace.store.json_text import to_json
from marketplace.store.ledger_reading import LedgerReading, account_id, transfer_of
from marketplace.store.runner import Ask, Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement, as_rows


class Ledger(LedgerReading):
    """The ledger inside a unit of work; see ``marketplace.domain.books.LedgerBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, known: set[str]) -> None:
        super().__init__(runner, shelf)
        self._known = known
        self.made: set[str] = set()
        """Accounts that this unit of work made or met: known to the store once it ended well."""

    def post(self, journals: Sequence[Journal]) -> list[Journal]:
        """Write journals; gives them back with their transfers' ids.

        Raises ``Conflict`` (code ``already_posted``) when a key was used before, ``Conflict``
        (code ``already_resolved``) when a pending transfer was resolved before, ``Refused``
        (code ``overdrawn``) when a guarded balance would fall below zero, and ``LedgerError``
        when a transfer resolves no pending one as it stands. Nothing is then written.

        All there is to know is asked at once, balances locked in ascending order. Accounts that
        may not be there are made once it is known: empty, if somebody else did not make them
        meanwhile; so what is posted to them is added in any case.
        """
        self._runner.about_to_write()
        journals = [_numbered(journal) for journal in journals]
        keys, transfers, sides = [], list[Transfer](), list[tuple[str, str]]()
        accounts: dict[str, Account] = {}
        for journal in journals:
            keys.append(journal.key)
            for one in journal.transfers:
                debit, credit = account_id(one.debit), account_id(one.credit)
                accounts[debit], accounts[credit] = one.debit, one.credit
                transfers.append(one)
                sides.append((debit, credit))
        unknown = self._unknown(accounts)
        adapter, shelf = self._shelf.adapter, self._shelf
        guarded = sorted([id for id, one in accounts.items() if one.guarded])
        opened = [id for id in guarded if id in unknown]
        resolved = sorted({one.resolves for one in transfers if one.resolves is not None})
        used, pending = self._asked(guarded, keys, resolved)
        _refuse_used_keys(keys, used)
        changes = _changes(transfers, sides, _pending(transfers, pending))
        held = {id: row for id in guarded if (row := self._held.get(id)) is not None}
        new = set(opened) - held.keys()
        _refuse_overdrawn(changes, {**held, **dict.fromkeys(sorted(new), (0, 0, 0))})
        if unknown and adapter.with_writes:
            opening = as_rows(sql.ACCOUNT_COLUMNS, _rows_of(unknown))
            self._runner.send(sql.open_all(shelf), (opening, adapter.array(opened)))
        else:
            self._runner.send_many(shelf.sql(sql.OPEN), _rows_of(unknown))
        self._write(journals, sides, changes, new)
        self._change_held(changes)
        self.made.update(unknown)
        return journals

    def _asked(
        self, guarded: Sequence[str], keys: Sequence[str], resolved: Sequence[str]
    ) -> tuple[list[str], list[Row]]:
        """Which keys were used before, and the pending transfers to be resolved, in one question;
        what the guarded accounts hold is held from here on."""
        array, sql_of = self._shelf.adapter.array, self._shelf.sql
        lacking = [id for id in guarded if id not in self._held]
        asks: list[Ask] = []
        if not lacking:
            asks.append((sql_of(sql.USED_KEYS), (array(keys),)))
        elif self._alone:
            asks.append((sql_of(sql.BALANCES_AND_USED_KEYS), (array(lacking), array(keys))))
        else:
            asks.append((self._locking, (array(lacking),)))
            asks.append((sql_of(sql.USED_KEYS), (array(keys),)))
        if resolved:
            asks.append((sql_of(sql.PENDING), (array(resolved),)))
        answers = self._runner.ask_all(asks)
        pending = answers.pop() if resolved else []
        rows = [row for answer in answers for row in answer]
        self._hold(lacking, [row for row in rows if row[1] is not None])
        return [row[0] for row in rows if row[1] is None], pending

    @property
    def _locking(self) -> Statement:
        return self._shelf.sql(sql.LOCK_BALANCES + self._shelf.adapter.row_lock)

    def _hold(self, ids: Sequence[str], rows: Sequence[Row]) -> None:
        """These balances were asked for, and are locked; one that is not there cannot be locked,
        but where only one writes nobody makes it either."""
        if self._alone:
            self._held.update(dict.fromkeys(ids))
        self._held.update({row[0]: tuple(row[1:]) for row in rows})

    def _change_held(self, changes: dict[str, list[int]]) -> None:
        """What was written changes what is held; of an account that others may have made
        meanwhile it is not known what it holds."""
        for id, by in changes.items():
            before = self._held.get(id)
            if before is not None:
                self._held[id] = tuple(one + more for one, more in zip(before, by, strict=True))
            elif self._alone:
                self._held[id] = tuple(by)

    def forget(self) -> None:
        """Nothing is known any more of what accounts hold, or which are there: it was undone."""
        self._held.clear()
        self.made.clear()

    def _unknown(self, accounts: Mapping[str, Account]) -> dict[str, Account]:
        """Those of the accounts that may not be there yet, by id."""
        known, made = self._known, self.made
        return {id: a for id, a in accounts.items() if id not in known and id not in made}

    def _write(
        self,
        journals: Sequence[Journal],
        sides: Iterable[tuple[str, str]],
        changes: dict[str, list[int]],
        new: set[str],
    ) -> None:
        """``sides`` are the ids of what each transfer debits and credits, in their order."""
        put, ids = self._shelf.adapter.put_moment, iter(sides)
        rows = [
            (
                j.id, j.key, j.kind, put(j.at), j.actor, j.cause, j.reverses, to_json(j.details)
            )
            for j in journals
        ]  # fmt: skip
        moves = [
            (
                one.id, j.id, *next(ids), one.amount, one.debit.currency,
                one.phase, one.resolves, one.rule, one.line,
            )
            for j in journals
            for one in j.transfers
        ]  # fmt: skip
        if self._shelf.adapter.with_writes:
            changed = [(id, *changes[id]) for id in sorted(changes)]
            values = (
                as_rows(sql.JOURNAL_COLUMNS, rows),
                as_rows(sql.TRANSFER_COLUMNS, moves),
                as_rows(sql.BALANCE_COLUMNS, changed),
            )
            self._runner.send(sql.write_all(self._shelf), values)
            return
        send, statement = self._runner.send_many, self._shelf.sql
        send(statement(sql.JOURNAL), rows)
        send(statement(sql.TRANSFER), moves)
        first = [(id, *changes[id]) for id in sorted(changes) if id in new]
        send(statement(sql.FIRST_BALANCE), first)
        there = [(*changes[id], id) for id in sorted(changes) if id not in new]
        send(statement(sql.CHANGE_BALANCE), there)

    def lock(self, accounts: Iterable[Account]) -> None:
        """Lock guarded balances in ascending order, and read them all at once."""
        asked = {account_id(one) for one in accounts if one.guarded}
        lacking = sorted(asked - self._held.keys())
        if lacking and (self._alone or self._shelf.adapter.row_lock):
            self._runner.about_to_write()
            ids = self._shelf.adapter.array(lacking)
            self._hold(lacking, self._runner.rows(self._locking, (ids,)))


def _rows_of(accounts: Mapping[str, Account]) -> list[Row]:
    return [
        (id, one.owner, one.purpose.value, one.currency, one.guarded)
        for id, one in sorted(accounts.items())
    ]


def _numbered(journal: Journal) -> Journal:
    """The journal with its transfers' ids: its own id and their place in it."""
    if not journal.transfers:
        raise LedgerError(f"journal {journal.key!r} moves nothing; it needs a transfer")
    return evolve(
        journal,
        transfers=tuple(
            evolve(one, id=f"{journal.id}.{place}")
            for place, one in enumerate(journal.transfers, start=1)
        ),
    )


def _refuse_used_keys(keys: Sequence[str], used: Sequence[str]) -> None:
    if used or len(set(keys)) < len(keys):
        again = sorted({key for key in keys if keys.count(key) > 1} | set(used))
        raise Conflict(
            f"already posted: {', '.join(again)}", code="already_posted", params={"keys": again}
        )


def _pending(transfers: Sequence[Transfer], rows: Sequence[Row]) -> dict[str, Transfer]:
    """The pending transfers that these resolve, each checked to be resolvable so."""
    found = {one.id: one for one in transfers if one.phase == "pending"}
    resolved: set[str] = set()
    for *row, resolver in rows:
        transfer = transfer_of(row)
        found[transfer.id] = transfer
        if resolver is not None:
            resolved.add(transfer.id)
    for one in transfers:
        if one.resolves is None:
            continue
        if one.resolves in resolved:
            raise Conflict(
                f"transfer {one.resolves} was resolved already",
                code="already_resolved",
                params={"transfer": one.resolves},
            )
        resolved.add(one.resolves)
        _refuse_unlike(one, found.get(one.resolves))
    return found


def _refuse_overdrawn(changes: dict[str, list[int]], balances: Mapping[str, Row]) -> None:
    """See that no guarded balance would fall below zero, or grow beyond what is kept."""
    if missing := sorted(set(changes) - balances.keys()):
        raise LedgerError(f"no balance is kept of {', '.join(missing)}")
    for id, (posted, into, out) in balances.items():
        by = changes[id]
        after = posted + by[0], into + by[1], out + by[2]
        if max(after) > MAX_AMOUNT:
            raise InvalidInput(f"account {id} would hold more than {MAX_AMOUNT}")
        if after[0] - after[2] < 0:
            raise Refused(
                f"account {id} has {posted - out} available, {by[2] - by[0]} is asked of it",
                code="overdrawn",
                params={"account": id, "available": posted - out, "asked": by[2] - by[0]},
            )


def _refuse_unlike(one: Transfer, pending: Transfer | None) -> None:
    if pending is None or pending.phase != "pending":
        raise LedgerError(f"{one.resolves} is no pending transfer that could be resolved")
    if (one.debit, one.credit) != (pending.debit, pending.credit):
        raise LedgerError(
            f"{one.phase} of {pending.id} must move from {pending.debit} to {pending.credit}"
        )
    if one.amount > pending.amount:
        raise LedgerError(f"{pending.id} has {pending.amount} pending, not {one.amount}")


def _changes(
    transfers: Sequence[Transfer],
    sides: Iterable[tuple[str, str]],
    pending: dict[str, Transfer],
) -> dict[str, list[int]]:
    """By guarded account: how its posted, incoming pending and outgoing pending change."""
    result: dict[str, list[int]] = {}

    def change(id: str, account: Account, debited: bool, posted: int, waiting: int) -> None:
        if not account.guarded:
            return
        rises = debited == (account.purpose in DEBIT_NORMAL)
        row = result.setdefault(id, [0, 0, 0])
        row[0] += posted if rises else -posted
        row[1 if rises else 2] += waiting

    for one, (debit, credit) in zip(transfers, sides, strict=True):
        posted = one.amount if one.phase in ("posted", "post") else 0
        waiting = one.amount if one.phase == "pending" else 0
        if one.resolves is not None:
            waiting = -pending[one.resolves].amount
        change(debit, one.debit, True, posted, waiting)
        change(credit, one.credit, False, posted, waiting)
    return result
