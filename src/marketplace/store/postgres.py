"""PostgreSQL through psycopg 3: many writers at a time, kept apart by locks on rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from marketplace.errors import MarketplaceError, SetupError
from marketplace.store.columns import aware
from marketplace.store.driver_errors import from_postgres
from marketplace.store.postgres_guards import guards, overlap_name
from marketplace.store.runner import Runner
from marketplace.store.sharing import SharedCommits
from marketplace.store.tables import Tables

# Advisory locks take a number; these keep names of different things apart.
_NAMES, _TIMERS = 0, 1
# Whoever makes or changes tables has this one.
_SCHEMA = 7_236_835_402
_DIALECT: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

_TEXT = frozenset({str})

# How many due timers that others hold may be passed over in one look.
_PASSED_OVER = 512

_DUE_TIMERS = f"""
WITH due AS MATERIALIZED (
  SELECT subject_kind, subject_id, name, due_at, tries, since, why FROM {{timer}}
  WHERE due_at <= :now AND NOT parked ORDER BY due_at, subject_id, subject_kind, name
  LIMIT :limit + {_PASSED_OVER})
SELECT subject_kind, subject_id, name, due_at, tries, since, why FROM due
WHERE pg_try_advisory_xact_lock(
  hashtextextended(subject_kind || '/' || subject_id, {_TIMERS}))
LIMIT :limit
"""


class Postgres:
    """PostgreSQL as the store needs it: see ``Adapter`` for what each method does."""

    name = "postgresql"
    mark = "%s"
    # Leaves the row's key alone, so that rows which refer to it can still be written by others:
    # a full lock would make two units of work that both add to a deal wait for each other.
    row_lock = " FOR NO KEY UPDATE"
    skip_locked = " FOR NO KEY UPDATE SKIP LOCKED"
    share_lock = " FOR SHARE OF r"
    # Fenced, or the planner takes the ranges for a filter and reads a whole vertical.
    in_cells = (
        "unnest(CAST(:cells AS bigint[])) AS value CROSS JOIN LATERAL ("
        "SELECT * FROM {search_entry} e WHERE e.vertical = :vertical"
        " AND e.cell BETWEEN value AND value + :beyond OFFSET 0) s"
    )
    of_word = (
        "CROSS JOIN LATERAL (SELECT * FROM {search_entry} e WHERE e.vertical = w.vertical"
        " AND e.cell = w.cell AND e.listing_id = w.listing_id OFFSET 0) s"
    )
    aside = ""
    pairs = (
        '(SELECT key COLLATE "C" AS name, CAST(value AS bigint) AS number'
        " FROM json_each_text(CAST(:pairs AS json))) AS pairs"
    )
    with_writes = True
    commits: SharedCommits | None = None
    only_read = None
    name_lock: str | None = f"SELECT pg_advisory_xact_lock(hashtextextended(:name, {_NAMES}))"
    sha256: str | None = "encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
    # A lock on the timers' rows would meet the locks of commands, which hold what a timer is
    # about and then replace the timer: each would wait for the other. So what a timer is about
    # is locked by name, which commands never are.
    due_timers: str | None = _DUE_TIMERS

    def any_of(self, column: str, parameter: str) -> str:
        return f"{column} = ANY(:{parameter})"

    def each(self, parameter: str, kind: str) -> str:
        return f"unnest(CAST(:{parameter} AS {kind}[])) AS value"

    def rows_of(self, names: Sequence[str], columns: Sequence[sa.Column[Any]]) -> str | None:
        kinds = [one.type.compile(_DIALECT) for one in columns]
        typed = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, kinds, strict=True))
        return f"json_to_recordset(CAST(:rows AS json)) AS r({typed})"

    def holds(self, column: str, parameter: str) -> str:
        return f"strpos({column}, :{parameter}) > 0"

    def array(self, values: Sequence[Any]) -> Any:
        # The driver sends a list of texts as text of no type, too, but looks at each by a pattern.
        if values and _TEXT.issuperset(map(type, values)):
            text = '","'.join(values)
            if "\\" not in text and text.count('"') == 2 * (len(values) - 1):
                return f'{{"{text}"}}'
        return list(values)

    def whole(self, value: int) -> int:
        # The driver would choose the type by the size, and the server plan anew for each choice.
        from psycopg.types.numeric import Int8

        return Int8(value)

    def unless_taken(self, tables: Tables) -> str:
        return f"ON CONFLICT ON CONSTRAINT {overlap_name(tables.prefix)} DO NOTHING"

    put_moment = staticmethod(aware)

    @staticmethod
    def get_moment(value: Any) -> datetime:
        moment: datetime = value
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)

    def turn(self, *, write: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        if not write:
            # One picture for all that is read, as on SQLite; a reader is never sent away for it.
            self._set(connection, read_only=True, level="REPEATABLE_READ")

    def data_version(self, connection: sa.Connection, tables: Tables, begun: Any = None) -> Any:
        return None

    def end(self, connection: sa.Connection, *, write: bool) -> None:
        if not write:
            self._set(connection, read_only=None, level=None)

    def _set(self, connection: sa.Connection, *, read_only: bool | None, level: str | None) -> None:
        from psycopg import IsolationLevel

        driver: Any = connection.connection.driver_connection
        driver.read_only = read_only
        driver.isolation_level = IsolationLevel[level] if level else None

    def join(self, connection: sa.Connection, *, write: bool) -> None:
        from psycopg.pq import PipelineStatus

        driver: Any = connection.connection.driver_connection
        if driver.autocommit:
            raise SetupError("a marketplace needs a connection that is not in autocommit")
        if driver.pgconn.pipeline_status != PipelineStatus.OFF:
            raise SetupError("a marketplace needs a connection that is not in a pipeline")
        if not connection.in_transaction():
            connection.begin()

    def runner(self, connection: sa.Connection, *, writable: bool, outside: bool) -> Runner:
        # Imported late: whoever keeps a marketplace on SQLite need not have psycopg.
        from marketplace.store.pipelined import PipelinedRunner
        from marketplace.store.wire import Wire

        driver: Any = connection.connection.driver_connection
        wire = Wire(driver, connection.info)
        return PipelinedRunner(wire, self.translate, writable=writable, outside=outside)

    def translate(self, error: Exception) -> MarketplaceError:
        return from_postgres(error)

    def lock_schema(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA})")

    def beyond(self, tables: Tables) -> set[str]:
        return {overlap_name(tables.prefix)}

    def guards(self, tables: Tables) -> list[str]:
        return guards(tables.schema, tables.prefix)


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine on psycopg, whatever driver the URL names or leaves open."""
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    try:
        engine = sa.create_engine(url, pool_size=8, max_overflow=24, use_native_hstore=False)
    except ImportError as error:
        raise SetupError(
            "psycopg is missing: install marketplace-kit with the extra `postgres`"
        ) from error
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(driver: Any, record: Any) -> None:
    from marketplace.store.wire import ONLY_OURS

    # What plugins say on the connection is not worth that all be forgotten at each rollback.
    driver.prepare_threshold = ONLY_OURS
