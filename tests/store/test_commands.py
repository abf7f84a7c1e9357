"""Commands: once under a key, and a chain on each subject that shows every change by hand."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa

from marketplace.domain.event import Command
from marketplace.errors import Conflict
from marketplace.store.runner import Runner
from marketplace.store.statement import Statement
from marketplace.store.store import SqlStore
from tests.store.making import command


@pytest.mark.behaviour("C5")
@pytest.mark.invariant(42)
def test_a_key_belongs_to_what_was_done(store: SqlStore) -> None:
    """An actor's key finds what was done under it, and nobody does anything under it again; a
    refusal uses no key up, and keys of others are others."""
    with store.begin() as work:
        work.commands.append(command("a", key="k", outcome="refused"))
        assert work.commands.find("pa_1", "k") is None
        work.commands.append(command("b", key="k", answer="{}"))
        done = work.commands.find("pa_1", "k")
        assert done is not None
        assert done.id == "b"
        work.commands.append(command("c", key="k", actor="pa_2"))
        with pytest.raises(Conflict) as conflict:
            work.commands.append(command("d", key="k"))
        assert conflict.value.code == "key_in_use"
        work.commands.append(command("e"))
        assert [one.id for one in work.commands.about("tx_1")] == ["a", "b", "c", "e"]


@pytest.mark.invariant(53)
def test_commands_form_a_chain(store: SqlStore) -> None:
    """Each holds the hash of the one before it on the same subject; one about nothing stands
    alone."""
    with store.begin() as work:
        for id, subject in (("a", "tx_1"), ("b", "tx_2"), ("c", "tx_1")):
            work.commands.append(command(id, subject))
        work.commands.append(command("d", None, outcome="refused"))
        one, two = work.commands.about("tx_1")
        (elsewhere,) = work.commands.about("tx_2")
        alone = work.find(Command, id="d")
        assert (one.previous_hash, two.previous_hash) == ("", one.hash)
        assert (elsewhere.previous_hash, alone.previous_hash) == ("", "")
        assert work.commands.broken_chains() == []


@pytest.mark.invariant(53)
def test_the_end_of_a_chain_is_asked_for_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one writes at a time, whoever wrote the last command on a subject, or read all of them,
    knows it until the unit of work ends; a database that makes hashes itself is never asked. What
    was undone is the last one no more."""
    with store.begin() as work:
        work.commands.append(command("a"))
    asked: list[str] = []
    meet = Runner.meet

    def noting(runner: Runner, statement: Statement) -> None:
        if statement.sql.startswith("SELECT hash FROM"):
            asked.append(statement.sql)
        meet(runner, statement)

    monkeypatch.setattr(Runner, "meet", noting)
    with store.begin() as work:
        assert [one.id for one in work.commands.about("tx_1")] == ["a"]
        work.commands.append(command("b"))
        work.commands.append(command("c"))
        assert asked == []
        with suppress(KeyError), store.begin():
            work.commands.append(command("d"))
            undone = work.commands.about("tx_1")[-1]
            raise KeyError
        work.commands.append(command("e"))
        assert len(asked) == (1 if work.dialect == "sqlite" else 0)
        first, second, third, last = work.commands.about("tx_1")
    hashes = [one.previous_hash for one in (second, third, undone, last)]
    assert hashes == [first.hash, second.hash, third.hash, third.hash]
    with store.begin(write=False) as work:
        assert work.commands.broken_chains() == []


@pytest.mark.invariant(53)
def test_a_hash_is_the_same_wherever_it_is_made(store: SqlStore) -> None:
    """A command's hash is over all that it says, whatever signs are in it, also where the database
    makes it."""
    awkward = ["", '"previous_hash":""', "\\", "it's", "नमस्ते 🚲", "a\nb", "%s {0} :key", "E'\\n'"]
    with store.begin() as work:
        work.commands.append(command("first"))
    for number, text in enumerate(awkward):
        with store.begin() as work:
            work.commands.append(command(f"c{number}", key=f"k{text}", answer=text, actor=text))
    with store.begin(write=False) as work:
        assert work.commands.broken_chains() == []
        told = work.commands.about("tx_1")
    assert [one.actor for one in told[1:]] == awkward
    assert [one.previous_hash for one in told] == ["", *(one.hash for one in told[:-1])]


@pytest.mark.invariant(53)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"actor": "pa_9"}, ["command b was changed after it was written"]),
        (
            {"hash": "0" * 64},
            [
                "command b was changed after it was written",
                "command c does not follow the one before it on tx_1",
            ],
        ),
        (None, ["command c does not follow the one before it on tx_1"]),
    ],
)
def test_a_change_by_hand_is_told(
    store: SqlStore, change: dict[str, str] | None, told: list[str]
) -> None:
    """A row that was changed or removed in the database breaks the chain there."""
    table = store.tables.command
    with store.begin() as work:
        for id in "abc":
            work.commands.append(command(id))
        one = table.c.id == "b"
        work.connection.execute(
            sa.delete(table).where(one)
            if change is None
            else sa.update(table).where(one).values(**change)
        )
        assert work.commands.broken_chains() == told
