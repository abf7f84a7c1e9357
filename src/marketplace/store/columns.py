"""Column types that mean the same on SQLite and on PostgreSQL, and short names for columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from marketplace.errors import InvalidInput

MICROSECOND = timedelta(microseconds=1)


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment, aware and in UTC, to the microsecond.

    PostgreSQL keeps it as ``timestamptz``; SQLite, which has no such type, as ISO text of one
    width, so that its order as text is its order in time.
    """

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return aware(value) if dialect.name == "postgresql" else written(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value and value.astimezone(UTC)
        return datetime.fromisoformat(value)


class Length(sa.types.TypeDecorator[timedelta]):
    """A duration, as whole microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


def aware(value: datetime) -> datetime:
    """The moment as given; refuses one without a time zone, whose instant nobody knows."""
    if value.tzinfo is None:
        raise InvalidInput(f"a time must carry its time zone, {value!r} carries none")
    return value


MOST_MOMENTS = 500
"""How many moments are remembered as they are written, and as they are read: one command has few,
again and again."""


class _Written(dict[datetime, str]):
    """Moments as SQLite keeps them; to ask again is to look into a dictionary."""

    def __missing__(self, value: datetime) -> str:
        if len(self) >= MOST_MOMENTS:
            self.clear()
        moment = value if value.tzinfo is UTC else aware(value).astimezone(UTC)
        self[value] = text = moment.isoformat(timespec="microseconds")
        return text


written: Callable[[datetime], str] = _Written().__getitem__
"""The moment as SQLite keeps it: ``2026-11-23T07:29:20.000000+00:00``."""


class _Read(dict[str, datetime]):
    """Moments by what SQLite keeps of them: each is one value, which knows its hash by then."""

    def __missing__(self, text: str) -> datetime:
        if len(self) >= MOST_MOMENTS:
            self.clear()
        self[text] = moment = datetime.fromisoformat(text)
        return moment


as_moment: Callable[[str], datetime] = _Read().__getitem__
"""The moment that was ``written``."""


Ident = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""An identifier. They compare byte by byte everywhere: rows are locked in ascending order of
their ids, and that order must be the one Python sorts by."""

Whole = sa.BigInteger()

# Only a column of exactly this type counts by itself on SQLite.
Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def ident(name: str, to: str | None = None) -> sa.Column[Any]:
    """An id; ``to`` names the noun whose id it must be."""
    return sa.Column(name, Ident, nullable=False, info={"to": to})


def text(name: str) -> sa.Column[Any]:
    """Words."""
    return sa.Column(name, sa.Text(), nullable=False)


def whole(name: str) -> sa.Column[Any]:
    """An integer of 64 bits."""
    return sa.Column(name, Whole, nullable=False)


def flag(name: str) -> sa.Column[Any]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def moment(name: str) -> sa.Column[Any]:
    """An instant in UTC."""
    return sa.Column(name, Instant(), nullable=False)


def json(name: str) -> sa.Column[Any]:
    """Canonical JSON text."""
    return sa.Column(name, sa.Text(), nullable=False)


def length(name: str) -> sa.Column[Any]:
    """A duration in microseconds."""
    return sa.Column(name, Length(), nullable=False)


def counter(name: str = "number") -> sa.Column[Any]:
    """A number that the database counts up: the order in which rows were written."""
    return sa.Column(name, Counter, primary_key=True, autoincrement=True)


def place(name: str) -> Sequence[sa.Column[Any]]:
    """A point in degrees and its name for people; all three absent when there is none."""
    return (
        sa.Column(f"{name}_lat", sa.Double(), nullable=True),
        sa.Column(f"{name}_lon", sa.Double(), nullable=True),
        sa.Column(f"{name}_label", sa.Text(), nullable=True),
    )


def later(column: sa.Column[Any], before: str) -> sa.Column[Any]:
    """The same column, added to a table that had rows: those have this value."""
    column.server_default = sa.DefaultClause(before)
    return column


def maybe(column: sa.Column[Any]) -> sa.Column[Any]:
    """The same column, which may also be empty."""
    column.nullable = True
    return column
