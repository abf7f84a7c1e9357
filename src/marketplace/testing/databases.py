"""Databases on the run's PostgreSQL that tests get, one after the other.

Making one takes longer than most tests do. So what a test has left behind is emptied and lent to
the next, if it is as it was made in all but its rows; else it is dropped.
"""

from collections.abc import Iterator, Mapping

import attrs
import psycopg

from marketplace.testing.postgres import EmbeddedPostgres

# Whatever can be made, dropped or switched off, whoever did it; nothing that rows change.
_SHAPE = """
SELECT md5(string_agg(said, ';' ORDER BY said)) FROM (
  SELECT concat_ws(',', 'class', oid, relname, relkind, relnatts, relchecks, reloptions::text)
    FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'i', 'S', 'v', 'm')
  UNION ALL SELECT concat_ws(',', 'column', attrelid, attnum, attname, atttypid, attnotnull)
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT concat_ws(',', 'trigger', oid, tgname, tgenabled)
    FROM pg_trigger WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', 'function', oid, proname, md5(prosrc))
    FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', 'constraint', oid, conname, convalidated)
    FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', 'schema', oid, nspname)
    FROM pg_namespace WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', 'setting', setconfig::text)
    FROM pg_db_role_setting
) AS every (said)
"""
_WRITTEN = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0 ORDER BY 1
"""
_SIZE = "SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class WHERE oid >= 16384"
_SEQUENCES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences
WHERE last_value IS NOT NULL
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

MOST_BYTES = 16 * 1024**2
"""Rows that were deleted keep their room: what has grown beyond this is made anew."""


@attrs.define
class Databases:
    """Copies of one template, lent by one process to one test at a time."""

    server: EmbeddedPostgres
    template: str
    names: Iterator[str]
    """Names that no other process uses."""
    _idle: list[str] = attrs.field(factory=list, init=False)
    _shape: str = attrs.field(default="", init=False)
    _rows: Mapping[str, bytes] = attrs.field(factory=dict, init=False)
    """What the template has in it, by table."""

    def lend(self) -> str:
        """The name of a database that is as the template is."""
        if self._idle:
            return self._idle.pop()
        name = next(self.names)
        self.server.make(name, self.template)
        if not self._shape:
            with psycopg.connect(self.server.conninfo(name)) as connection:
                self._shape = _one(connection, _SHAPE)
                self._rows = {
                    table: _copied(connection, table) for table in _all(connection, _WRITTEN)
                }
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; drop it where that is not the same as a new one."""
        if self._emptied(name):
            self._idle.append(name)
        else:
            self.server.drop(name)

    def _emptied(self, name: str) -> bool:
        try:
            with psycopg.connect(self.server.conninfo(name)) as connection:
                if int(_one(connection, _OTHERS)) or _one(connection, _SHAPE) != self._shape:
                    return False
                # What guards history is for those who use the marketplace.
                connection.execute("SET session_replication_role = replica")
                for table in _all(connection, _WRITTEN):
                    connection.execute(f"DELETE FROM {table}")
                if int(_one(connection, _SIZE)) > MOST_BYTES:
                    return False
                for sequence in _all(connection, _SEQUENCES):
                    connection.execute(f"ALTER SEQUENCE {sequence} RESTART")
                for table, rows in self._rows.items():
                    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
        except psycopg.Error:
            return False
        return True


def _one(connection: "psycopg.Connection[tuple[object, ...]]", query: str) -> str:
    row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def _all(connection: "psycopg.Connection[tuple[object, ...]]", query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query)]


def _copied(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)
