"""What "refused" always means: looked at in the database itself, before and after."""

import hashlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from marketplace import Actor, Command, Marketplace, Outcome, Party, Role

AUDIT = "command"


@frozen
class Refusal:
    """A refusal that kept every promise: the error as it was raised, and its audit record."""

    error: Outcome
    record: Command | None
    """None for a reading, which leaves no record."""


def rows_of(market: Marketplace, *, without: tuple[str, ...] = (AUDIT,)) -> dict[str, str]:
    """A hash of every row of every table but the audit's, byte for byte, by table."""
    store: Any = market.context.store
    result: dict[str, str] = {}
    with store.engine.connect() as connection:
        for table in store.tables.metadata.sorted_tables:
            if table.name in without:
                continue
            rows = sorted(map(repr, connection.execute(sa.select(table))))
            result[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return result


def audit(market: Marketplace) -> list[Command]:
    """Every audit record, in the order of their ids and times."""
    with market.context.store.begin(write=False) as work:
        return work.select(Command, order="at", limit=1_000_000)


def refused(
    market: Marketplace,
    error: type[Outcome],
    do: Callable[[], object],
    *,
    by: Actor | Party | Role | str,
    code: str | None = None,
    reading: bool = False,
) -> Refusal:
    """Do what must be refused, twice, and see that refusing keeps all its promises.

    The typed error; no row of any table changed but one audit record each time, with actor and
    reason; the ledger whole; the same refusal when it is repeated.
    """
    rows, trial = rows_of(market), market.ledger.trial()
    first, record = _once(market, error, do, by, reading)
    again, _ = _once(market, error, do, by, reading)
    assert code is None or first.code == code, f"refused with code {first.code!r}: {first}"
    assert (type(again), again.code, again.message) == (type(first), first.code, first.message)
    after = rows_of(market)
    changed = [table for table, found in after.items() if rows[table] != found]
    assert not changed, f"a refusal wrote to {', '.join(changed)}"
    assert market.ledger.trial() == trial
    assert set(market.ledger.sums().values()) <= {0}
    return Refusal(first, record)


def _once(
    market: Marketplace,
    expected: type[Outcome],
    do: Callable[[], object],
    by: Actor | Party | Role | str,
    reading: bool,
) -> tuple[Outcome, Command | None]:
    before = {command.id for command in audit(market)}
    try:
        answer = do()
    except Outcome as error:
        found = error
    else:
        raise AssertionError(f"{expected.__name__} was expected, it gave {answer!r}")
    assert type(found) is expected, f"{found!r} instead of {expected.__name__}"
    new = [command for command in audit(market) if command.id not in before]
    if reading:
        assert not new
        return found, None
    (record,) = new
    assert record.outcome == "refused"
    assert record.actor == _name(by)
    assert record.reason is not None
    assert record.reason["error"] == expected.__name__
    assert record.reason["code"] == found.code
    assert record.reason["message"] == found.message
    return found, record


def _name(by: Actor | Party | Role | str) -> str:
    if isinstance(by, Party):
        return by.id
    return str(by)
