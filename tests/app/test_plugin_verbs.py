"""Verbs that a plugin adds: through the door of every command, answered in its own values."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import frozen

from marketplace import (
    CLOCK,
    HOUR,
    OPERATOR,
    Act,
    Bring,
    Forbidden,
    IdempotencyMismatch,
    LimitExceeded,
    Limits,
    ManualClock,
    Marketplace,
    Money,
    NotFound,
    Party,
    PluginError,
    Refused,
    SetupError,
    TableBranch,
    hookimpl,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
REVISION = '''"""Make the pledges."""

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "pledges_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    names = MigrationNames.here()
    op.create_table(
        names("pledge"),
        sa.Column("id", Ident, primary_key=True),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        schema=names.schema,
    )


def downgrade():
    names = MigrationNames.here()
    op.drop_table(names("pledge"), schema=names.schema)
'''


@frozen
class Pledge:
    """What somebody promised to give."""

    id: str
    party_id: str
    amount: Money
    at: datetime


@frozen
class Pledges:
    """A plugin with one verb and one table."""

    versions: Path
    answers: tuple[type, ...] = (Pledge,)
    name: str = "pledges"

    @hookimpl
    def bring(self) -> Bring:
        """The value with which the verb answers, and the table."""
        return Bring(answers=self.answers, tables=[TableBranch("pledges", self.versions)])


def pledge(market: Marketplace, by: Any, amount: int, key: str | None = None) -> Pledge:
    """Promise an amount of rupees; one above a thousand is refused once it was written."""

    def do(act: Act) -> Pledge:
        made = Pledge(act.new("pledge"), act.party().id, Money(amount, "NPR"), act.at)
        table = f"{act.work.names.prefix}pledge"
        table = f"{act.work.names.schema}.{table}" if act.work.names.schema else table
        row = {"id": made.id, "party": made.party_id, "at": str(made.at)}
        act.work.connection.execute(sa.text(f"INSERT INTO {table} VALUES (:id, :party, :at)"), row)
        act.about(made.id)
        act.emit("pledge.made", made.id, {"amount": made.amount}, [made.party_id])
        if amount > 1000:
            raise Refused("too generous", code="too_generous")
        return made

    return market.run("pledges.make", by, do, body={"amount": amount}, key=key)


def counted(market: Marketplace) -> int:
    """How many pledges are written."""
    with market.batch() as work:
        table = f"{work.names.prefix}pledge"
        table = f"{work.names.schema}.{table}" if work.names.schema else table
        return int(work.connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder with the plugin's revision."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "p1.py").write_text(REVISION)
    return folder


def opened(url: str, versions: Path, **given: Any) -> Marketplace:
    """A marketplace with the plugin, at nine."""
    clock = ManualClock(NINE)
    return Marketplace.open(url, [Pledges(versions)], create="missing", clock=clock, **given)


@pytest.mark.behaviour("C5")
@pytest.mark.invariant(42)
def test_a_plugin_s_verb_is_done_once_by_its_key(empty_database_url: str, versions: Path) -> None:
    """The same key gives the same answer in the plugin's own value, writes nothing more and tells
    nobody again; with another body it is a conflict."""
    with opened(empty_database_url, versions) as market:
        sita = market.parties.join("Sita")
        first = pledge(market, sita, 500, key="k")
        assert first == Pledge(first.id, sita.id, Money(500, "NPR"), NINE)
        assert pledge(market, sita, 500, key="k") == first
        with pytest.raises(IdempotencyMismatch):
            pledge(market, sita, 600, key="k")
        assert counted(market) == 1
        kinds = [one.event.kind for one in market.events.feed(by=sita)]
        assert kinds.count("pledge.made") == 1
        assert pledge(market, sita, 500).id != first.id


def test_a_plugin_s_verb_is_audited_and_all_or_nothing(
    empty_database_url: str, versions: Path
) -> None:
    """What it did stands in the audit trail with its actor; what it refused leaves one record with
    the reason, and neither a row nor an event."""
    with opened(empty_database_url, versions) as market:
        sita = market.parties.join("Sita")
        made = pledge(market, sita, 500)
        with pytest.raises(Refused):
            pledge(market, sita, 5000)
        with pytest.raises(Forbidden):
            pledge(market, CLOCK, 1)
        assert counted(market) == 1
        assert [one.event.kind for one in market.events.feed(by=sita)].count("pledge.made") == 1
        with market.batch() as work:
            (done,) = work.commands.about(made.id)
            assert (done.name, done.outcome, done.actor) == ("pledges.make", "done", sita.id)
            assert work.commands.broken_chains() == []
            refused = sa.text(
                f"SELECT reason FROM {_in(work, 'command')} WHERE outcome = 'refused'"
                " AND actor = :actor"
            )
            (reason,) = work.connection.execute(refused, {"actor": sita.id}).scalars()
        assert '"too_generous"' in reason


def _in(work: Any, noun: str) -> str:
    name = f"{work.names.prefix}{noun}"
    return f"{work.names.schema}.{name}" if work.names.schema else name


def test_a_plugin_s_tables_carry_the_prefix(tmp_path: Path, versions: Path) -> None:
    """A plugin's revisions and verbs name its tables as the marketplace names its own, so that two
    marketplaces live side by side in one database."""
    url = f"sqlite:///{tmp_path / 'two.sqlite'}"
    with opened(url, versions, prefix="a_") as one, opened(url, versions, prefix="b_") as two:
        pledge(one, one.parties.join("Sita"), 5)
        assert (counted(one), counted(two)) == (1, 0)


def test_a_suspended_party_comes_in_by_no_plugin_s_door(versions: Path) -> None:
    """Neither a verb nor a reading of a plugin is open to a party that is suspended."""
    market = opened("sqlite://", versions)
    ram = market.parties.join("Ram")
    with market.read(ram) as view:
        assert (view.party_id, view.operator) == (ram.id, False)
        assert view.work.get(Party, ram.id).name == "Ram"
    market.parties.suspend(ram.id, reason="rude")
    with pytest.raises(Forbidden):
        pledge(market, ram, 5)
    with pytest.raises(Forbidden), market.read(ram):
        raise AssertionError("a suspended party reads")


def test_who_looks_in_vain_in_a_plugin_is_stopped(versions: Path) -> None:
    """What a plugin's verb or reading does not find counts with all other misses of the hour."""
    market = opened("sqlite://", versions, limits=Limits(not_found=2))
    ram = market.parties.join("Ram")

    def look(act: Act) -> None:
        raise NotFound("no pledge")

    with pytest.raises(NotFound):
        market.run("pledges.look", ram, look, body={})
    with pytest.raises(NotFound), market.read(ram):
        raise NotFound("no pledge")
    with pytest.raises(LimitExceeded):
        market.run("pledges.look", ram, look, body={})
    market.advance(HOUR)
    with pytest.raises(NotFound):
        market.run("pledges.look", ram, look, body={})


@pytest.mark.parametrize("name", ["transactions.open", "pledges", "pledges.", "other.make", ""])
def test_a_verb_bears_its_plugin_s_name(versions: Path, name: str) -> None:
    """Nobody's verb can be taken for one of the library's or of a plugin that is not there."""
    market = opened("sqlite://", versions)
    with pytest.raises(SetupError, match=r"PLUGIN\.VERB.*plugins here: pledges"):
        market.run(name, OPERATOR, lambda act: None, body={})


def test_an_answer_that_could_not_be_read_again_is_refused(versions: Path) -> None:
    """A verb that answers, under a key, a value the plugin never brought is a mistake of the
    plugin's, told the first time and not at the second call years later; nothing is written."""
    clock = ManualClock(NINE)
    market = Marketplace.open(plugins=[Pledges(versions, answers=())], clock=clock)
    with pytest.raises(PluginError, match=r"Bring\(answers=…\): Pledge"):
        pledge(market, market.parties.join("Sita"), 5, key="k")
    assert counted(market) == 0


def test_two_values_of_one_name_do_not_open(versions: Path) -> None:
    """A plugin's answer that is called like one of the library's or of another plugin's is
    refused at opening."""

    @frozen
    class Again:
        name: str = "again"

        @hookimpl
        def bring(self) -> Bring:
            return Bring(answers=[Pledge])

    twice = [Pledges(versions), Again()]
    with pytest.raises(SetupError, match="'pledges' and 'again' both bring the answer 'Pledge'"):
        Marketplace.open(plugins=twice)
    with pytest.raises(SetupError, match="'core' and 'pledges' both bring the answer 'Party'"):
        Marketplace.open(plugins=[Pledges(versions, answers=(Party,))])
