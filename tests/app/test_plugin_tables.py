"""Tables that a plugin brings: made with the library's, migrated apart, written in one commit."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from marketplace import Bring, Marketplace, SetupError, TableBranch, hookimpl

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
