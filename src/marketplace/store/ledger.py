"""The book of money: accounts on first use, journals and transfers only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import DEBIT_NORMAL, Account, Journal, Transfer
from marketplace.domain.money import MAX_AMOUNT
from marketplace.errors import Conflict, InvalidInput, LedgerError, Refused
from marketplace.store import ledger_sql as sql
from marketplace.store.codec import to_json
from marketplace.store.ledger_reading import LedgerReading, account_id, transfer_of
from marketplace.store.runner import Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import as_rows


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
        transfers = [one for journal in journals for one in journal.transfers]
        accounts = {a for one in transfers for a in (one.debit, one.credit)}
        unknown = self._unknown(accounts)
        adapter, shelf = self._shelf.adapter, self._shelf
        guarded = sorted(account_id(one) for one in accounts if one.guarded)
        resolved = sorted({one.resolves for one in transfers if one.resolves is not None})
        asks = [
            (shelf.sql(sql.LOCK_BALANCES + adapter.row_lock), (adapter.array(guarded),)),
            (shelf.sql(sql.USED_KEYS), (adapter.array([one.key for one in journals]),)),
        ]
        if resolved:
            asks.append((shelf.sql(sql.PENDING), (adapter.array(resolved),)))
        balances, used, *pending = self._runner.ask_all(asks)
        _refuse_used_keys(journals, used)
        changes = _changes(transfers, _pending(transfers, pending[0] if pending else []))
        new = set(_guarded(unknown)) - {row[0] for row in balances}
        _refuse_overdrawn(changes, [*balances, *((id, 0, 0, 0) for id in sorted(new))])
        if unknown and adapter.with_writes:
            opening = as_rows(sql.ACCOUNT_COLUMNS, _rows_of(unknown))
            self._runner.send(sql.open_all(shelf), (opening, _guarded(unknown)))
        else:
            self._runner.send_many(shelf.sql(sql.OPEN), _rows_of(unknown))
        self._write(journals, changes, new)
        self.made.update(unknown)
        return journals

    def _unknown(self, accounts: Iterable[Account]) -> dict[str, Account]:
        """Those of the accounts that may not be there yet, by id."""
        known, made = self._known, self.made
        named = {account_id(one): one for one in accounts}
        return {id: a for id, a in named.items() if id not in known and id not in made}

    def _write(
        self, journals: Sequence[Journal], changes: dict[str, list[int]], new: set[str]
    ) -> None:
        put = self._shelf.adapter.put_moment
        rows = [
            (
                j.id, j.key, j.kind, put(j.at), j.actor, j.cause, j.reverses, to_json(j.details)
            )
            for j in journals
        ]  # fmt: skip
        moves = [
            (
                one.id, j.id, account_id(one.debit), account_id(one.credit), one.amount,
                one.debit.currency, one.phase, one.resolves, one.rule, one.line,
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
        """Lock guarded balances in ascending order, where others may write at the same time."""
        adapter = self._shelf.adapter
        guarded = sorted({account_id(one) for one in accounts if one.guarded})
        if guarded and adapter.row_lock:
            self._runner.about_to_write()
            locked = self._shelf.sql(sql.LOCK_BALANCES + adapter.row_lock)
            self._runner.rows(locked, (adapter.array(guarded),))


def _rows_of(accounts: Mapping[str, Account]) -> list[Row]:
    return [
        (id, one.owner, one.purpose.value, one.currency, one.guarded)
        for id, one in sorted(accounts.items())
    ]


def _guarded(accounts: Mapping[str, Account]) -> list[str]:
    return sorted(id for id, one in accounts.items() if one.guarded)


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


def _refuse_used_keys(journals: Sequence[Journal], used: Sequence[Row]) -> None:
    keys = [journal.key for journal in journals]
    again = sorted({key for key in keys if keys.count(key) > 1} | {row[0] for row in used})
    if again:
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


def _refuse_overdrawn(changes: dict[str, list[int]], balances: Sequence[Row]) -> None:
    """See that no guarded balance would fall below zero, or grow beyond what is kept."""
    if missing := sorted(set(changes) - {row[0] for row in balances}):
        raise LedgerError(f"no balance is kept of {', '.join(missing)}")
    for id, posted, into, out in balances:
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


def _changes(transfers: Sequence[Transfer], pending: dict[str, Transfer]) -> dict[str, list[int]]:
    """By guarded account: how its posted, incoming pending and outgoing pending change."""
    result: dict[str, list[int]] = {}

    def change(account: Account, debited: bool, posted: int, waiting: int) -> None:
        if not account.guarded:
            return
        rises = debited == (account.purpose in DEBIT_NORMAL)
        row = result.setdefault(account_id(account), [0, 0, 0])
        row[0] += posted if rises else -posted
        row[1 if rises else 2] += waiting

    for one in transfers:
        posted = one.amount if one.phase in ("posted", "post") else 0
        waiting = one.amount if one.phase == "pending" else 0
        if one.resolves is not None:
            waiting = -pending[one.resolves].amount
        change(one.debit, True, posted, waiting)
        change(one.credit, False, posted, waiting)
    return result
