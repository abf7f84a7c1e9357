"""Values in a unit of work: added, read, changed, replaced, removed, paged through."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from attrs import evolve

from marketplace.domain.listing import Listing, Presence
from marketplace.domain.match import Match
from marketplace.domain.party import Block, Party
from marketplace.domain.place import Place
from marketplace.domain.ports import Condition
from marketplace.domain.process_version import ProcessVersion
from marketplace.domain.setting import Setting
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.errors import Conflict, InvalidInput, NotFound, StaleVersion
from marketplace.store.store import SqlStore
from tests.store.making import DAY, NOW, listing, party


def transaction(id: str = "tx_1") -> Transaction:
    """A transaction that nothing refers to."""
    return Transaction(id, "rides", "ride", "v1", "requested", "NPR", NOW, NOW)


def test_what_is_added_is_found(store: SqlStore) -> None:
    """By its id, by any of its fields, and not when it is not there."""
    with store.begin() as work:
        work.add(party("pa_1", phone="+9771"), listing(), party("pa_2"), transaction())
        work.add(Seat("tx_1", "customer", "pa_1"), Seat("tx_1", "provider", "pa_2"))
    with store.begin(write=False) as work:
        assert work.get(Party, "pa_1") == party("pa_1", phone="+9771")
        assert work.find(Party, phone="+9771") == party("pa_1", phone="+9771")
        assert work.find(Party, phone=None) == party("pa_2")
        assert work.find(Party, phone="+1") is None
        assert work.find(Seat, transaction_id="tx_1", role="provider") is not None
        with pytest.raises(NotFound, match="no party 'pa_3'"):
            work.get(Party, "pa_3")
        with pytest.raises(InvalidInput, match="find it by transaction_id, role, party_id"):
            work.get(Seat, "tx_1")
        with pytest.raises(InvalidInput, match="several are found"):
            work.find(Seat, transaction_id="tx_1")


@pytest.mark.invariant(33)
def test_a_version_rises_by_one(store: SqlStore) -> None:
    """Each change raises the version by exactly one, and who read an older one is refused."""
    with store.begin() as work:
        work.add(party())
        first = work.get(Party, "pa_1")
        second = work.save(evolve(first, name="other"))
        assert (first.version, second.version) == (1, 2)
        with pytest.raises(StaleVersion, match="changed since version 1 was read") as stale:
            work.save(evolve(first, name="mine"))
        assert stale.value.params == {"kind": "party", "id": "pa_1", "version": 1}
        assert work.get(Party, "pa_1") == second
        with pytest.raises(NotFound, match="to save"):
            work.save(party("pa_9"))
        with pytest.raises(InvalidInput, match="put it instead"):
            work.save(Setting("fee"))


def test_what_has_no_version_is_replaced(store: SqlStore) -> None:
    """Settings, presence, versions of a process: the same key again replaces all the rest."""
    presence = Presence("li_1", "online", Place(27.7, 85.3), NOW, NOW + DAY)
    with store.begin() as work:
        work.add(party(), listing())
        work.put(presence)
        work.put(evolve(presence, state="offline", heading=Place(1, 2, "home")))
        found = work.find(Presence, listing_id="li_1")
        assert found == evolve(presence, state="offline", heading=Place(1, 2, "home"))
        work.put(Setting("fee", {"bp": 1}))
        work.put(Setting("fee", {"bp": 2}))
        assert work.find(Setting, name="fee") == Setting("fee", {"bp": 2})
        work.put(ProcessVersion("ride", "v1", {"a": [1]}))
        work.put(ProcessVersion("ride", "v1", {"a": [1]}))
        assert len(work.select(ProcessVersion)) == 1
        with pytest.raises(InvalidInput, match="add it or save it instead"):
            work.put(party())


def test_what_keeps_no_history_is_removed(store: SqlStore) -> None:
    """By the fields given, never all at once by mistake."""
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"), party("pa_3"))
        work.add(Block("bl_1", "pa_1", "pa_2", NOW), Block("bl_2", "pa_1", "pa_3", NOW))
        assert work.remove(Block, party_id="pa_1", blocked_id="pa_3") == 1
        assert work.remove(Block, party_id="pa_2") == 0
        assert [one.id for one in work.select(Block)] == ["bl_1"]
        with pytest.raises(InvalidInput, match="say which"):
            work.remove(Block)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, "abcd"),
        ({"state": "published"}, "ac"),
        ({"state": ["published", "paused"]}, "abc"),
        ({"state": []}, ""),
        ({"place_label": None}, "cd"),
        ([Condition("place_label", "not null")], "ab"),
        ([Condition("place_label", "!=", None), Condition("version", "=", 1)], "ab"),
        ([Condition("created_at", "<=", NOW)], "ab"),
        ([Condition("created_at", ">", NOW), Condition("state", "!=", "draft")], "c"),
        ([Condition("created_at", "in", [NOW, NOW + DAY])], "abc"),
        ([Condition("place_lat", ">=", 27.0), Condition("place_lat", "<", 27.8)], "a"),
        ([Condition("title", "is null")], ""),
        ([Condition("version", "in", (1, 2))], "abcd"),
    ],
)
def test_conditions_choose(store: SqlStore, where: Any, found: str) -> None:
    """Equality, lists, comparisons, absence: the same rows on every database."""
    values = [
        evolve(listing("a"), state="published", place=Place(27.7, 85.3, "Patan")),
        evolve(listing("b"), state="paused", place=Place(28.2, 83.9, "Pokhara")),
        evolve(listing("c"), state="published", created_at=NOW + DAY),
        evolve(listing("d"), created_at=NOW + 2 * DAY),
    ]
    with store.begin() as work:
        work.add(party(), *values)
        assert "".join(one.id for one in work.select(Listing, where)) == found


@pytest.mark.attack(76)
def test_conditions_carry_no_sql(store: SqlStore) -> None:
    """Names of fields are held against those there are; values are never part of a statement."""
    evil = "x' OR '1'='1"
    with store.begin() as work:
        work.add(party("pa_1", name=evil), party("pa_2"))
        assert [one.id for one in work.select(Party, {"name": evil})] == ["pa_1"]
        assert [one.id for one in work.select(Party, {"name": [evil, "%"]})] == ["pa_1"]
        for name in ('name" = name OR "name', "nothing", "name; DROP TABLE party"):
            with pytest.raises(InvalidInput, match="has no field"):
                work.select(Party, {name: 1})
            with pytest.raises(InvalidInput, match="cannot be ordered by"):
                work.select(Party, order=name)
        with pytest.raises(InvalidInput, match="compares by one of =, !="):
            work.select(Party, [Condition("name", "like", "%")])


@pytest.mark.parametrize("descending", [False, True])
def test_pages_follow_each_other(store: SqlStore, descending: bool) -> None:
    """Page after page gives every row once, also where the ordering field has ties, in an order
    that is the same on every database, with what is absent at the end."""
    with store.begin() as work:
        for number in range(23):
            name = f"n{number % 4}"
            work.add(
                party(f"pa_{number:02}", name=name, email=f"{number % 5}@x" if number % 3 else None)
            )
        seen: list[Party] = []
        while page := work.select(
            Party, order="name", descending=descending, after=seen[-1] if seen else None, limit=5
        ):
            seen += page
        keys = [(one.name, one.id) for one in seen]
        assert len(keys) == 23
        assert keys == sorted(keys, reverse=descending)
        after = work.select(Party, after="pa_20", descending=descending)
        assert len(after) == (20 if descending else 2)
        assert [one.email for one in work.select(Party, order="email")[-8:]] == [None] * 8


def test_values_of_one_class_go_together(store: SqlStore) -> None:
    """Adding writes classes in the order in which they first appear, many of one at once; an
    error leaves nothing."""
    matches = [Match("rq_1", f"li_{number}", number, True) for number in range(50)]
    with store.begin() as work:
        work.add(*matches)
        assert work.select(Match, order="score") == matches
    with pytest.raises(Conflict) as refused, store.begin() as work:
        work.add(Match("rq_2", "li_1", 1, True), Match("rq_1", "li_1", 1, True))
    assert refused.value.code == "already_there"
    with store.begin(write=False) as work:
        assert work.select(Match, {"request_id": "rq_2"}) == []


def test_what_refers_to_nothing_is_refused(store: SqlStore) -> None:
    """A listing of nobody, terms of no transaction: not found, and nothing is written."""
    with pytest.raises(NotFound), store.begin() as work:
        work.add(listing(provider_id="pa_9"))
    with pytest.raises(NotFound), store.begin() as work:
        work.add(Terms("tx_9", 1, "agreed", (), {}, "ride", "v1", NOW, ""))


def test_what_must_be_single_is_single(store: SqlStore) -> None:
    """One party for a phone number, any number of parties without one."""
    with store.begin() as work:
        work.add(party("pa_1", phone="+1"), party("pa_2"), party("pa_3"))
    with pytest.raises(Conflict), store.begin() as work:
        work.add(party("pa_4", phone="+1"))


def test_reading_to_write_locks_the_row(postgresql_url: str) -> None:
    """On PostgreSQL what commands change is locked from being read until the end, so that two
    commands on it take turns; what refers to it can still be written."""
    import threading

    from marketplace.store.opening import open_store

    store = open_store(postgresql_url)
    with store.begin() as work:
        work.add(party(), transaction())
    order: list[str] = []
    mine, theirs = threading.Event(), threading.Event()

    def second() -> None:
        mine.wait(10)
        with store.begin() as work:
            work.add(Seat("tx_1", "customer", "pa_1"))
            theirs.set()
            found = work.get(Transaction, "tx_1")
            order.append(f"second reads {found.state}")

    thread = threading.Thread(target=second)
    thread.start()
    with store.begin() as work:
        found = work.get(Transaction, "tx_1")
        mine.set()
        assert theirs.wait(10), "a row that refers to a locked one can be written"
        thread.join(0.3)
        order.append("first writes")
        work.save(evolve(found, state="accepted"))
    thread.join(10)
    assert order == ["first writes", "second reads accepted"]
    store.close()


@pytest.mark.parametrize("write", [True, False], ids=["writing", "reading"])
def test_what_is_over_is_gone(store: SqlStore, *, write: bool) -> None:
    """A unit of work leaves nothing that names itself: it is gone with the last who knows it, and
    no garbage collector looks through what thousands of them had in hand."""
    with store.begin() as work:
        work.add(party("pa_1"), party("pa_2"))
    gc.disable()
    try:
        block = store.begin(write=write)
        with block as work:
            found = work.get(Party, "pa_1")
            if write:
                work.save(evolve(found, name="another"))
                work.timers.clear("party", ["pa_1"])
        left = [weakref.ref(one) for one in (block, work, work.runner, work._hand)]
        del block, work
        assert [one() for one in left] == [None] * 4
    finally:
        gc.enable()
