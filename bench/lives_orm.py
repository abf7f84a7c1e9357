"""The same rows by SQLAlchemy's ORM: loaded, changed and committed, as an ordinary app does it.

What a life writes is found out by comparing the tables after each of its commits; then a session
does the same: rows that are new are added to it, linked with what they belong to; rows that changed
are loaded by their keys and changed; and it is committed as often. It decides nothing, asks for
nothing else and never only reads, so that a real app on the ORM would be slower. Its classes are
automapped from the library's own tables; what triggers write there they write for both.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.ext.automap import automap_base, generate_relationship
from sqlalchemy.orm import RelationshipDirection, Session, configure_mappers

from bench.databases import Databases
from bench.recording import COMMIT, Record, Said, say_again

Values = Mapping[str, Any]
Key = tuple[Any, ...]
Rows = dict[Key, Values]

WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
LINK = "_link"
OWN = {"setting"}
"""The count of openings is written by who opens: a life does not."""


@attrs.frozen
class Change:
    """A row that is new (``before`` is empty), has other values, or is gone (none)."""

    table: str
    key: Key
    before: Values
    values: Values | None


@attrs.frozen
class Unit:
    """What was written between two commits."""

    changes: Sequence[Change]


def units(said: Sequence[Said]) -> Iterator[list[Said]]:
    """What was said up to each commit, and with it."""
    found: list[Said] = []
    for one in said:
        found.append(one)
        if one.words == COMMIT:
            yield found
            found = []


def written(databases: Databases, record: Record) -> list[Unit]:
    """What each of the recorded units of work writes by itself, its triggers aside."""
    name = databases.fresh()
    driver, engine = databases.driver(name), databases.engine(name)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    tables = {one.name: one for one in metadata.sorted_tables if one.name not in OWN}
    before = {one: _rows(engine, table) for one, table in tables.items()}
    found = []
    for unit in units(record.said):
        say_again(driver, unit)
        named = [one for said in unit if said.asks for one in WRITES.findall(said.words)]
        # By the order in which tables name each other: what belongs comes after what it belongs to.
        touched = [one for one in tables if one in set(named)]
        changes = []
        for one in touched:
            after = _rows(engine, tables[one])
            changes += list(_changes(one, before[one], after))
            before[one] = after
        if changes:
            found.append(Unit(tuple(changes)))
    driver.close()
    engine.dispose()
    return found


def _rows(engine: sa.Engine, table: sa.Table) -> Rows:
    keys = [column.name for column in table.primary_key]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(table)).mappings().all()
    return {tuple(row[name] for name in keys): dict(row) for row in rows}


def _changes(table: str, before: Rows, after: Rows) -> Iterator[Change]:
    for key, values in after.items():
        if before.get(key) != values:
            yield Change(table, key, before.get(key, {}), values)
    for key in before.keys() - after.keys():
        yield Change(table, key, before[key], None)


@attrs.frozen
class Models:
    """A class for each table, and by which of its attributes a row is linked to another."""

    classes: Mapping[str, Any]
    links: Mapping[str, Sequence[tuple[str, str, str]]]
    """By table: a column, the table whose ids it names, and the attribute of the link."""


def models(engine: sa.Engine) -> Models:
    """Automapped classes, with a link for each column that names an id."""
    base = automap_base()

    def name(base: Any, local: Any, other: Any, constraint: Any) -> str:
        return "_".join(constraint.column_keys) + LINK

    def one_way(base: Any, direction: Any, make: Any, *given: Any, **more: Any) -> Any:
        # No collections: nobody asks for them, and keeping them would cost the ORM time. And no
        # links by several columns: they only check what one of them names already.
        if direction is RelationshipDirection.ONETOMANY or len(more["foreign_keys"]) > 1:
            return None
        return generate_relationship(base, direction, make, *given, **more)

    base.prepare(
        autoload_with=engine, name_for_scalar_relationship=name, generate_relationship=one_way
    )
    classes = {one.__table__.name: one for one in base.classes}
    links = {
        name: [
            (column, constraint.referred_table.name, column + LINK)
            for constraint in cls.__table__.foreign_key_constraints
            for column in constraint.column_keys[:1]
            if len(constraint.column_keys) == 1 and constraint.referred_table.name in classes
        ]
        for name, cls in classes.items()
    }
    return Models(classes, links)


def do(session: Session, known: Models, unit: Unit) -> None:
    """One unit of work: load, change, add, commit."""
    made: dict[tuple[str, Any], Any] = {}
    for change in unit.changes:
        cls = known.classes[change.table]
        if not change.before:
            assert change.values is not None
            made[change.table, change.values.get("id")] = _add(session, known, change, made)
            continue
        row = session.get(cls, change.key if len(change.key) > 1 else change.key[0])
        if change.values is None:
            session.delete(row)
            continue
        for name, value in change.values.items():
            if change.before[name] != value:
                setattr(row, name, value)
    session.commit()


def _add(
    session: Session, known: Models, change: Change, made: Mapping[tuple[str, Any], Any]
) -> Any:
    """A new row, linked with the new rows that it belongs to."""
    cls, values = known.classes[change.table], dict(change.values or {})
    counter = cls.__table__.autoincrement_column
    if counter is not None:
        # Rows are counted by the database, as the library's are.
        values.pop(counter.name)
    linked = {}
    for column, table, attribute in known.links[change.table]:
        other = made.get((table, values.get(column)))
        if other is not None:
            linked[attribute] = other
            del values[column]
    row = cls(**values, **linked)
    session.add(row)
    return row


def timed(databases: Databases, found: Sequence[Unit], lives: int) -> float:
    """Lives a second by the ORM on a fresh copy; a session for each unit, as for each request."""
    engine = databases.copy()
    known = models(engine)
    configure_mappers()
    began = time.perf_counter()
    for unit in found:
        with Session(engine) as session:
            do(session, known, unit)
    taken = time.perf_counter() - began
    engine.dispose()
    return lives / taken
