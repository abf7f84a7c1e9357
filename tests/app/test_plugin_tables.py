"""Tables that a plugin brings: made with the library's, migrated apart, written in one commit."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from marketplace import Bring, Marketplace, SetupError, TableBranch, TableNames, hookimpl
from marketplace.store.migrations import current, differences

REVISION = '''"""{says}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {after}
branch_labels = None
depends_on = None


def upgrade():
    {up}


def downgrade():
    op.drop_table("bell")
'''
MAKE = 'op.create_table("bell", sa.Column("party_id", sa.Text, primary_key=True))'
WIDEN = 'op.add_column("bell", sa.Column("rings", sa.Integer))'


@frozen
class Bells:
    """A plugin with one table, whose revisions lie in a folder."""

    versions: Path
    name: str = "bells"

    @hookimpl
    def bring(self) -> Bring:
        """The branch of the table."""
        return Bring(tables=[TableBranch("bells", self.versions)])

    def revise(self, number: int, says: str, up: str) -> None:
        """Write one more revision."""
        after = None if number == 1 else f"bells_{number - 1}"
        text = REVISION.format(says=says, revision=f"bells_{number}", after=repr(after), up=up)
        (self.versions / f"b{number}.py").write_text(text)


@pytest.fixture
def bells(tmp_path: Path) -> Bells:
    """The plugin with its first revision."""
    versions = tmp_path / "versions"
    versions.mkdir()
    made = Bells(versions)
    made.revise(1, "Make the bell", MAKE)
    return made


def columns(url: str, table: str = "bell") -> list[str]:
    """The columns of a table; none where it is not there."""
    engine = sa.create_engine(url)
    inspector = sa.inspect(engine)
    found = (
        [one["name"] for one in inspector.get_columns(table)] if inspector.has_table(table) else []
    )
    engine.dispose()
    return found


def test_a_plugin_s_tables_are_made_at_opening(empty_database_url: str, bells: Bells) -> None:
    """Where missing tables are made, the plugin's are made with the library's; a marketplace that
    was opened without the plugin gets them when it is opened with it."""
    Marketplace.open(empty_database_url, create="missing").close()
    assert columns(empty_database_url) == []
    for _ in range(2):
        Marketplace.open(empty_database_url, [bells], create="missing").close()
    assert columns(empty_database_url) == ["party_id"]


def test_where_nothing_is_made_missing_tables_are_refused(
    empty_database_url: str, bells: Bells
) -> None:
    """A marketplace that makes no tables does not open on a plugin's old ones, and says whose."""
    Marketplace.open(empty_database_url, create="missing").close()
    with pytest.raises(SetupError, match=r"tables of bells .*marketplace migrate"):
        Marketplace.open(empty_database_url, [bells], create="never")


def test_migrating_brings_both_to_the_newest(empty_database_url: str, bells: Bells) -> None:
    """One call brings the library's and the plugin's tables up in an empty database, says what it
    did, does nothing the second time, and later does only what is new."""
    done = Marketplace.migrate(empty_database_url, [bells])
    assert {one.branch for one in done} == {"marketplace", "bells"}
    assert Marketplace.migrate(empty_database_url, [bells]) == []
    bells.revise(2, "Count the rings", WIDEN)
    (only,) = Marketplace.migrate(empty_database_url, [bells])
    assert (only.revision, only.says) == ("bells_2", "Count the rings.")
    Marketplace.open(empty_database_url, [bells], create="never").close()
    assert columns(empty_database_url) == ["party_id", "rings"]


def test_a_plugin_writes_in_the_same_commit(empty_database_url: str, bells: Bells) -> None:
    """What a plugin writes on the unit of work's connection is undone with the commands beside
    it, and kept with them."""

    def ring(market: Marketplace, name: str, *, fails: bool) -> None:
        with market.batch() as work:
            party = market.parties.join(name)
            row = {"id": party.id}
            work.connection.execute(sa.text("INSERT INTO bell VALUES (:id)"), row)
            if fails:
                raise ZeroDivisionError

    with Marketplace.open(empty_database_url, [bells], create="missing") as market:
        with pytest.raises(ZeroDivisionError):
            ring(market, "Hari", fails=True)
        ring(market, "Gita", fails=False)
        with market.batch() as work:
            joined = sa.text("SELECT p.name FROM bell b JOIN party p ON p.id = b.party_id")
            assert work.connection.execute(joined).scalars().all() == ["Gita"]


NAMED = '''"""Make the gong."""

import sqlalchemy as sa
from alembic import op

from marketplace import MigrationNames

revision = "gongs_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    names = MigrationNames.here()
    op.create_table(
        names("gong"),
        sa.Column("party_id", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"], names.of("party", "id"), name=names("gong_party_id_fk")
        ),
        sa.PrimaryKeyConstraint("party_id", name=names("gong_pk")),
        schema=names.schema,
    )
    names.index("gong", ["party_id"], unique=False)


def downgrade():
    names = MigrationNames.here()
    op.drop_table(names("gong"), schema=names.schema)
'''


def gongs(names: TableNames) -> sa.MetaData:
    """The table of the plugin below, for one marketplace."""
    made = sa.MetaData(schema=names.schema)
    table = sa.Table(
        names("gong"),
        made,
        sa.Column("party_id", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(["party_id"], names.of("party", "id")),
    )
    # Named as the library names its own, so that the comparison below means something.
    sa.Index(names("gong_party_id_ix"), table.c.party_id)
    return made


@frozen
class Gongs(Bells):
    """A plugin whose table bears the names of its marketplace."""

    name: str = "gongs"

    @hookimpl
    def bring(self) -> Bring:
        """The branch of the table."""
        return Bring(tables=[TableBranch("gongs", self.versions, gongs)])

    def strike(self, market: Marketplace, party: str) -> None:
        """Write a row."""
        with market.batch() as work:
            table = gongs(work.names).tables[self.full(work.names)]
            work.connection.execute(table.insert().values(party_id=party))

    def struck(self, market: Marketplace) -> list[str]:
        """Every row."""
        with market.batch() as work:
            table = gongs(work.names).tables[self.full(work.names)]
            return list(work.connection.execute(sa.select(table.c.party_id)).scalars())

    def full(self, names: TableNames) -> str:
        """The key of the table in its metadata."""
        return names("gong") if names.schema is None else f"{names.schema}.{names('gong')}"


@pytest.fixture
def struck(tmp_path: Path) -> Gongs:
    """The plugin with its revision."""
    versions = tmp_path / "gongs"
    versions.mkdir()
    (versions / "g1.py").write_text(NAMED)
    return Gongs(versions)


def places(url: str) -> list[dict[str, str]]:
    """Where marketplaces may stand beside each other: prefixes, and on PostgreSQL schemas."""
    found = [{}, {"prefix": "a_"}, {"prefix": "b_"}]
    if url.startswith("postgresql"):
        found += [{"schema": "shop"}, {"schema": "shop", "prefix": "c_"}]
    return found


def test_marketplaces_in_one_database_share_no_plugin_s_table(
    empty_database_url: str, struck: Gongs
) -> None:
    """Several marketplaces in one database, each under a prefix or a schema of its own, have each
    their own table of a plugin, with its own revision and a key to their own parties; what one
    writes no other reads, and each is what its plugin says it is."""
    markets = [
        Marketplace.open(empty_database_url, [struck], create="missing", **place)
        for place in places(empty_database_url)
    ]
    written = []
    for number, market in enumerate(markets):
        party = market.parties.join(f"Hari {number}")
        struck.strike(market, party.id)
        written.append([party.id])
    assert [struck.struck(market) for market in markets] == written
    for market in markets:
        store, branches = market.context.store, market.context.branches
        assert current(store, branches) == {**current(store), "gongs": "gongs_1"}
        assert differences(store, branches) == []
        market.close()


def test_migrating_one_marketplace_leaves_its_neighbour(
    empty_database_url: str, struck: Gongs
) -> None:
    """A plugin's tables are migrated for one marketplace of a database and are still missing for
    the next, which says so."""
    for prefix in ("a_", "b_"):
        Marketplace.open(empty_database_url, prefix=prefix, create="missing").close()
    (done,) = Marketplace.migrate(empty_database_url, [struck], prefix="a_")
    assert done.branch == "gongs"
    Marketplace.open(empty_database_url, [struck], prefix="a_", create="never").close()
    with pytest.raises(SetupError, match="tables of gongs"):
        Marketplace.open(empty_database_url, [struck], prefix="b_", create="never")


def test_a_table_beside_the_marketplace_s_own_is_refused(
    empty_database_url: str, bells: Bells
) -> None:
    """A revision that makes a table without the prefix or outside the schema is refused with the
    way to name it, and leaves nothing behind."""
    for place in places(empty_database_url)[1:]:
        with pytest.raises(SetupError, match=r"MigrationNames\.here") as caught:
            Marketplace.open(empty_database_url, [bells], create="missing", **place)
        assert caught.value.code == "outside_names"
        assert columns(empty_database_url) == []
        Marketplace.open(empty_database_url, create="missing", **place).close()
