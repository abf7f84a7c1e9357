"""Erasing what commands answered: the chain stays, in both of its versions, and so does its eye."""

from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.domain.event import ERASED, Command
from marketplace.domain.hashing import chained, plain
from marketplace.errors import InvalidInput
from marketplace.store.store import SqlStore
from tests.store.making import NOW, command, party

SECRET = '{"value":"Sita"}'


def of_the_first_version(work: Any, table: Any, id: str) -> None:
    """Make a stored command as the first version of the chain wrote it."""
    row = work.connection.execute(sa.select(table).where(table.c.id == id)).mappings().one()
    (kept,) = [one for one in work.commands.about(row["subject_id"]) if one.id == id]
    first = plain(kept)
    del first["told_hash"]
    hash = chained(kept.previous_hash, first)
    change = sa.update(table).where(table.c.id == id).values(told_hash="", hash=hash)
    work.connection.execute(change)


def told(work: Any, id: str) -> Command:
    """The command as it stands now."""
    return next(one for one in work.commands.about("tx_1") if one.id == id)


@pytest.mark.invariant(53)
@pytest.mark.parametrize("first_version", [False, True])
def test_an_erased_answer_leaves_the_chain_whole(store: SqlStore, first_version: bool) -> None:
    """What a command of either version answered goes, the rest verifies; after that a change of
    anything else it says, or another answer, is told as before, and only there."""
    table = store.tables.command
    with store.begin() as work:
        work.add(party("pa_1"))
        work.commands.append(command("a", actor="pa_1", key="k", answer=SECRET))
        if first_version:
            of_the_first_version(work, table, "a")
        work.commands.append(command("b", actor="pa_2"))
        assert work.commands.broken_chains() == []
        assert work.commands.erase("pa_1", [], NOW) == 1
        assert told(work, "a").answer == ERASED
        assert work.commands.broken_chains() == []
        for change in ({"actor": "pa_9"}, {"answer": SECRET}, {"body_hash": "1" * 64}):
            before = work.connection.begin_nested()
            work.connection.execute(sa.update(table).where(table.c.id == "a").values(**change))
            assert work.commands.broken_chains() == ["command a was changed after it was written"]
            before.rollback()


@pytest.mark.invariant(53)
def test_nobody_passes_a_change_off_as_an_erasure(store: SqlStore) -> None:
    """An answer that somebody blanked by hand, without the erasure of its person, is told."""
    table = store.tables.command
    with store.begin() as work:
        work.add(party("pa_1"))
        work.commands.append(command("a", actor="pa_1", key="k", answer=SECRET))
        work.connection.execute(sa.update(table).values(answer=ERASED))
        assert work.commands.broken_chains() == ["command a was changed after it was written"]


def test_what_is_erased_is_whose_it_is(store: SqlStore) -> None:
    """A party's own commands, those on its things, and those whose answers name it; no others; and
    a second time changes nothing."""
    with store.begin() as work:
        work.add(party("pa_1"))
        work.commands.append(command("a", actor="pa_1", key="k", answer=SECRET))
        work.commands.append(command("b", "tx_2", actor="pa_2", key="l", answer=SECRET))
        named = '{"value":"pa_1"}'
        work.commands.append(command("c", "tx_3", actor="pa_2", key="m", answer=named))
        work.commands.append(command("d", "tx_4", actor="pa_2", key="n", answer=SECRET))
        assert work.commands.erase("pa_1", ["tx_2"], NOW) == 3
        assert work.commands.about("tx_4")[0].answer == SECRET
        work.commands.erase("pa_1", ["tx_2"], NOW)
        assert work.commands.broken_chains() == []


def test_only_nothing_is_written_over_a_column(store: SqlStore) -> None:
    """Erasing empties columns that are there, and never writes anything else."""
    with store.begin() as work:
        for column, to in (("text", "a lie"), ("nothing", "")):
            with pytest.raises(InvalidInput, match="is emptied"):
                work.erasures.empty("message", column, "author_id", ["pa_1"], to)
