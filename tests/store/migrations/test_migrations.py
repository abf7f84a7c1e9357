"""Migrations: from nothing to the tables the code knows, and back; plugins' branches beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from marketplace import Reservation, Review, Reviewing
from marketplace.domain.party import Party
from marketplace.domain.question import TableBranch
from marketplace.errors import SetupError
from marketplace.store import migrations
from marketplace.store.opening import open_store
from marketplace.store.schema import HEAD
from marketplace.store.store import SqlStore
from tests.store.making import party
from tests.support.cottages import cottages, open_village


@pytest.fixture(params=["", "x_"], ids=["plain", "prefix"])
def bare(request: pytest.FixtureRequest, empty_database_url: str) -> Iterator[SqlStore]:
    """A store on an empty database, without a prefix and with one."""
    store = open_store(empty_database_url, create="later", prefix=request.param)
    yield store
    store.close()


def test_the_newest_revision_is_known() -> None:
    """The revision that a database made at once is marked with is the last of the migrations."""
    config = Config()
    config.set_main_option("script_location", str(migrations.HERE))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [HEAD]
    assert script.get_bases() == ["0001"]


def test_migrations_make_the_tables_the_code_knows(bare: SqlStore) -> None:
    """After all migrations nothing differs, the store opens, and again there is nothing to do."""
    _goes_through(bare)


def test_migrations_work_in_a_schema(postgresql_url: str) -> None:
    """The same under a schema of PostgreSQL, beside a marketplace in the common one."""
    store = open_store(postgresql_url, create="later", schema="shop", prefix="y_")
    _goes_through(store)
    migrations.downgrade(store, "base")
    assert migrations.current(store) == {"marketplace": None}
    store.close()


def _goes_through(bare: SqlStore) -> None:
    assert migrations.current(bare) == {"marketplace": None}
    every = list((migrations.HERE / "versions").glob("m*.py"))
    assert len(migrations.pending(bare)) == len(migrations.migrate(bare)) == len(every)
    assert migrations.differences(bare) == []
    assert migrations.current(bare) == {"marketplace": HEAD}
    assert migrations.pending(bare) == migrations.migrate(bare) == []
    tables = bare.tables
    open_store(bare.engine, schema=tables.schema, prefix=tables.prefix, create="never")
    with bare.begin() as work:
        work.add(party())
        assert work.get(Party, "pa_1") == party()


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX listing_provider_id_vertical_ix",
        "ALTER TABLE listing DROP COLUMN title",
        "ALTER TABLE party ADD COLUMN odd TEXT",
        "DROP TABLE block",
    ],
)
def test_a_difference_is_told(database_url: str, change: str) -> None:
    """The control: a database that lacks an index, a column or a table, or has one too many,
    does differ."""
    store = open_store(database_url, create="missing")
    with store.begin() as work:
        work.connection.exec_driver_sql(change)
    assert migrations.differences(store) != []
    store.close()


def definitions(store: SqlStore) -> dict[str, str]:
    """Everything the database says it has, by name, in its own words."""
    with store.begin(write=False) as work:
        if store.dialect == "sqlite":
            rows = work.connection.exec_driver_sql(
                "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            )
            return {name: _words(sql) for name, sql in rows}
        queries = (
            "SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            (
                "SELECT 'constraint ' || conrelid::regclass || ' ' || conname,"
                " pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace"
            ),
            (
                "SELECT 'trigger ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger"
                " WHERE NOT tgisinternal"
            ),
            (
                "SELECT 'function ' || proname, prosrc FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace"
            ),
            (
                "SELECT 'column ' || table_name || '.' || column_name, concat_ws(' ', data_type,"
                " collation_name, is_nullable, column_default) FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            ),
        )
        found: dict[str, str] = {}
        for query in queries:
            found |= {row[0]: _words(row[1]) for row in work.connection.exec_driver_sql(query)}
        return found


def _words(sql: str) -> str:
    """The statement in one way of writing: constraints in any order, blanks and quotes alike."""
    flat = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    if not flat.startswith("CREATE TABLE"):
        return flat
    head, _, body = flat.partition("(")
    parts = re.split(r", (?![^()]*\))", body.removesuffix(")"))
    return head + "(" + ", ".join(sorted(part.strip() for part in parts)) + ")"


def test_made_at_once_is_made_by_migrations(empty_database_url: str) -> None:
    """A database that is made at once has what one has that went through every migration: each
    table, check, index, trigger, type and function, word for word."""
    store = open_store(empty_database_url, create="later")
    migrations.migrate(store)
    migrated = definitions(store)
    migrations.downgrade(store, "base")
    left = definitions(store)
    store.close()
    at_once = open_store(empty_database_url, create="missing")
    made = definitions(at_once)
    at_once.close()
    assert len(made) > 100
    assert made == migrated
    assert all("version" in name for name in left), left


def test_nothing_is_left_of_a_migration_that_fails(empty_database_url: str, tmp_path: Path) -> None:
    """All migrations are one transaction: an error in the last leaves no table of the first."""
    store = open_store(empty_database_url, create="later")
    branch = write_branch(tmp_path, "op.execute('nonsense')")
    with pytest.raises(SetupError, match="the migrations of points failed"):
        migrations.migrate(store, [branch])
    assert migrations.current(store, [branch]) == {"marketplace": None, "points": None}
    assert sa.inspect(store.engine).get_table_names() == []
    store.close()


def write_branch(folder: Path, upgrade: str) -> TableBranch:
    """A plugin's branch of one revision, which makes a table or does something else."""
    versions = folder / "versions"
    versions.mkdir()
    (versions / "p1_points.py").write_text(
        '"""Make points."""\n'
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision, down_revision, branch_labels, depends_on = 'p1', None, None, None\n"
        f"def upgrade():\n    {upgrade}\n"
        "def downgrade():\n    op.drop_table('points')\n"
    )
    metadata = sa.MetaData()
    sa.Table(
        "points",
        metadata,
        sa.Column("party_id", sa.Text, primary_key=True),
        sa.Column("points", sa.Integer, nullable=False),
    )
    return TableBranch("points", versions, metadata)


MAKE = (
    "op.create_table('points', sa.Column('party_id', sa.Text, primary_key=True),"
    " sa.Column('points', sa.Integer, nullable=False))"
)


def test_a_plugin_brings_a_branch(database_url: str, tmp_path: Path) -> None:
    """A plugin's tables have revisions and a version table of their own, beside the library's;
    they are made where the library's are there already, compared, and taken back alone."""
    store = open_store(database_url, create="missing")
    branch = write_branch(tmp_path, MAKE)
    assert [
        (one.branch, one.revision, one.says) for one in migrations.pending(store, [branch])
    ] == [("points", "p1", "Make points.")]
    assert migrations.differences(store, [branch]) != []
    migrations.migrate(store, [branch])
    assert migrations.current(store, [branch]) == {"marketplace": HEAD, "points": "p1"}
    assert migrations.pending(store, [branch]) == []
    assert migrations.differences(store, [branch]) == []
    migrations.downgrade(store, "base", branch)
    assert migrations.current(store, [branch]) == {"marketplace": HEAD, "points": None}
    assert migrations.differences(store) == []
    store.close()


def test_a_revision_from_elsewhere_is_told(database_url: str) -> None:
    """A database at a revision that the code does not have is not guessed at."""
    store = open_store(database_url, create="missing")
    with store.begin() as work:
        work.connection.exec_driver_sql("UPDATE marketplace_version SET version_num = 'zzz'")
    with pytest.raises(SetupError, match="the migrations of marketplace failed"):
        migrations.migrate(store)
    store.close()


def test_reputations_are_weighed_by_what_was_written_before(database_url: str) -> None:
    """Reviews of before the weighted figure weigh all of them: the migration counts each
    counterparty once, as the code would have, and leaves what is hidden out."""
    village = open_village(database_url, trade=cottages(reviewing=Reviewing(blind=False)))
    market, guest = village.market, village.guest
    other = market.parties.join("Other")
    for who, rating in ((guest, 5), (guest, 4), (other, 1)):
        market.reviews.write(village.stayed(who).id, by=who, rating=rating)
    removed = market.reviews.write(village.stayed().id, by=guest, rating=1)
    market.reviews.remove(removed.id, reason="a threat")
    before = market.parties.reputation(village.host.id, "provider")
    assert (before.count, before.counterparties, before.weighted_total) == (3, 2, 550)
    store: Any = market.context.store
    migrations.downgrade(store, "0009")
    migrations.migrate(store)
    assert market.parties.reputation(village.host.id, "provider") == before
    with store.begin(write=False) as work:
        assert {one.weighs for one in work.select(Review)} == {True}
    market.close()


def test_what_is_reserved_is_counted_as_its_customers_after_the_migration(
    database_url: str,
) -> None:
    """Claims of before the column name the customer of their deal while they are reserved: what
    one account may keep from others is counted over them too."""
    village = open_village(database_url)
    market, guest = village.market, village.guest
    village.ask()
    store: Any = market.context.store
    migrations.downgrade(store, "0026")
    migrations.migrate(store)
    with store.begin() as work:
        kept = work.claims.reserved_for(guest.id, village.clock.now())()
        (there,) = work.select(Reservation, {"state": "reserved"})
    assert kept == [there]
    assert there.customer_id == guest.id
    market.close()
