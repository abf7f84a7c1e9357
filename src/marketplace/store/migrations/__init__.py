"""Migrations: how a database gets from one version of the tables to the next, with Alembic.

A marketplace keeps its version in a table of its own (``marketplace_version``, under its schema
and prefix), and so does every branch of tables that a plugin brings (``NAME_version``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from marketplace.domain.question import TableBranch
from marketplace.domain.table_names import TableNames
from marketplace.errors import SetupError
from marketplace.store.schema import CORE, version_table
from marketplace.store.store import SqlStore

HERE = Path(__file__).parent


@frozen
class Pending:
    """A revision that a database has not yet seen."""

    branch: str
    """``marketplace``, or the name of a plugin's branch."""
    revision: str
    says: str
    """The first line of what the revision says about itself."""


def migrate(store: SqlStore, branches: Sequence[TableBranch] = ()) -> list[Pending]:
    """Bring the tables of a store, and those of plugins, to their newest version.

    All in one transaction: an error leaves everything as it was. Gives what was done; raises
    ``SetupError`` when a revision fails or is unknown here.
    """
    from alembic import command

    with store.begin() as work:
        store.adapter.lock_schema(work.connection)
        if store.tables.schema is not None and store.dialect == "postgresql":
            work.connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {store.tables.schema}")
        todo = _pending(work.connection, store, branches)
        for branch in (None, *branches):
            if any(one.branch == _name(branch) for one in todo):
                before = _tables(work.connection, store)
                with _said_plainly(branch):
                    command.upgrade(_config(work.connection, store, branch), "heads")
                if branch is not None:
                    made = _tables(work.connection, store) - before
                    usual = sa.inspect(work.connection).default_schema_name
                    _refuse_outside(branch, work.names, usual, made)
    return todo


def _tables(connection: sa.Connection, store: SqlStore) -> set[tuple[str | None, str]]:
    """Schema and name of every table here: in the marketplace's schema, and in the usual one."""
    inspector = sa.inspect(connection)
    usual = inspector.default_schema_name
    return {
        (schema, name)
        for schema in {usual, store.tables.schema or usual}
        for name in inspector.get_table_names(schema)
    }


def _refuse_outside(
    branch: TableBranch, names: TableNames, usual: str | None, made: set[tuple[str | None, str]]
) -> None:
    """A plugin's table under another name would be shared with the next marketplace in here."""
    home = names.schema or usual
    outside = sorted(
        name for schema, name in made if schema != home or not name.startswith(names.prefix)
    )
    if outside:
        where = f"begin with {names.prefix!r}" if names.prefix else f"stand in schema {home!r}"
        raise SetupError(
            f"the migrations of {branch.name} made {', '.join(outside)}, and the tables of this "
            f"marketplace {where}: name them by names = MigrationNames.here(), as in "
            f"op.create_table(names({outside[0]!r}), ..., schema=names.schema)",
            code="outside_names",
        )


def prepare(store: SqlStore, branches: Sequence[TableBranch]) -> None:
    """Bring plugins' tables, as the store was opened: make them, or refuse where they are old."""
    if store.create == "later" or not branches:
        return
    todo = pending(store, branches)
    if todo and store.create == "never":
        names = ", ".join(sorted({one.branch for one in todo}))
        raise SetupError(
            f"the tables of {names} are missing or old; run `marketplace migrate`",
            code="schema_other",
        )
    if todo:
        migrate(store, branches)


def downgrade(store: SqlStore, revision: str, branch: TableBranch | None = None) -> None:
    """Take the tables back to an earlier revision (``base`` for none); what they held is lost."""
    from alembic import command

    with store.begin() as work:
        store.adapter.lock_schema(work.connection)
        with _said_plainly(branch):
            command.downgrade(_config(work.connection, store, branch), revision)


def current(store: SqlStore, branches: Sequence[TableBranch] = ()) -> Mapping[str, str | None]:
    """The revision at which each branch of tables is; None for one that was never made."""
    with store.begin(write=False) as work:
        return {
            _name(branch): next(iter(_heads(work.connection, store, branch)), None)
            for branch in (None, *branches)
        }


def pending(store: SqlStore, branches: Sequence[TableBranch] = ()) -> list[Pending]:
    """What ``migrate`` would do, in order."""
    with store.begin(write=False) as work:
        return _pending(work.connection, store, branches)


def differences(store: SqlStore, branches: Sequence[TableBranch] = ()) -> list[Any]:
    """Where the database differs from the tables the code knows, as Alembic tells it.

    Empty after all migrations; a branch without metadata is passed over.
    """
    with store.begin(write=False) as work:
        core = store.tables.metadata
        found = _compared(work.connection, store, core, set(core.tables))
        for branch in branches:
            metadata = branch.metadata_for(work.names)
            if metadata is not None:
                own = set(metadata.tables) - set(core.tables)
                # Beside the library's tables, so that a key may point to one of them.
                whole = sa.MetaData(naming_convention=metadata.naming_convention)
                for table in (*core.tables.values(), *(metadata.tables[name] for name in own)):
                    table.to_metadata(whole)
                found += _compared(work.connection, store, whole, own)
    return found


def _compared(
    connection: sa.Connection, store: SqlStore, metadata: sa.MetaData, keys: set[str]
) -> list[Any]:
    """Where these tables of a metadata differ from those of the database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ours = {metadata.tables[key].name for key in keys}
    home = store.tables.schema
    usual = sa.inspect(connection).default_schema_name

    def include(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        if kind == "table":
            # Another schema may hold another marketplace, with tables of the same names.
            return name in ours and (thing.schema or usual) == (home or usual)
        return not (kind == "index" and name in store.adapter.beyond(store.tables))

    context = MigrationContext.configure(
        connection,
        opts={
            "include_object": include,
            "include_schemas": store.tables.schema is not None,
            "version_table": version_table(store.tables),
            "version_table_schema": store.tables.schema,
        },
    )
    return list(compare_metadata(context, metadata))


def _pending(
    connection: sa.Connection, store: SqlStore, branches: Sequence[TableBranch]
) -> list[Pending]:
    from alembic.script import ScriptDirectory

    todo: list[Pending] = []
    for branch in (None, *branches):
        script = ScriptDirectory.from_config(_config(connection, store, branch))
        with _said_plainly(branch):
            there = _heads(connection, store, branch)
            steps = list(script.iterate_revisions("heads", tuple(there) or "base"))
        todo += [
            Pending(_name(branch), one.revision, (one.doc or "").strip()) for one in reversed(steps)
        ]
    return todo


def _heads(
    connection: sa.Connection, store: SqlStore, branch: TableBranch | None
) -> tuple[str, ...]:
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": version_table(store.tables, _name(branch)),
            "version_table_schema": store.tables.schema,
        },
    )
    return context.get_current_heads()


def _names(store: SqlStore) -> TableNames:
    return TableNames(store.tables.prefix, store.tables.schema)


def _name(branch: TableBranch | None) -> str:
    return CORE if branch is None else branch.name


def _config(connection: sa.Connection, store: SqlStore, branch: TableBranch | None) -> Any:
    from alembic.config import Config

    versions = HERE / "versions" if branch is None else branch.versions
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    config.attributes.update(
        connection=connection,
        metadata=store.tables.metadata if branch is None else branch.metadata_for(_names(store)),
        version_table=version_table(store.tables, _name(branch)),
        schema=store.tables.schema,
        prefix=store.tables.prefix,
    )
    return config


@contextmanager
def _said_plainly(branch: TableBranch | None) -> Iterator[None]:
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    try:
        yield
    except (CommandError, RevisionError, sa.exc.SQLAlchemyError) as error:
        raise SetupError(f"the migrations of {_name(branch)} failed: {error}") from error
