"""Counts without a span: claimed together, and used up."""

from __future__ import annotations

import pytest

from marketplace.domain.reservation import Reservation, Resource
from marketplace.errors import InvalidInput, NotFound
from marketplace.store.store import SqlStore
from tests.store.making import DAY, HOUR, NOW, claim, resource, with_resources
from tests.store.test_claims import claims, live


@pytest.mark.invariant(28)
def test_what_is_used_is_gone(store: SqlStore) -> None:
    """A claim that is used takes its quantity with it, once; a calendar's is never used up."""
    night = resource("re_2", kind="counted", capacity=5, grain=DAY)
    with_resources(store, resource(kind="counted", capacity=5), night)
    assert claims(store, claim("a", "re_1", quantity=2), claim("b", "re_1", quantity=2))
    for _ in range(2):
        with store.begin() as work:
            work.claims.use(["a"])
    with store.begin(write=False) as work:
        assert (work.get(Resource, "re_1").capacity, work.claims.used(["re_1"])) == (3, {"re_1": 2})
        assert work.claims.drift() == []
    assert not claims(store, claim("c", "re_1", quantity=2))
    assert claims(store, claim("d", "re_1", quantity=1), claim("n", "re_2", 0, 1))
    with pytest.raises(InvalidInput, match="not used up"), store.begin() as work:
        work.claims.use(["n"])
    assert live(store) == ["b", "d", "n"]


def test_several_counts_are_claimed_as_one(store: SqlStore) -> None:
    """Claims on several counts are all written or none; a lapsed one makes way for them."""
    with_resources(store, *(resource(f"re_{n}", kind="counted", capacity=2) for n in (1, 2, 3)))
    wanted = [claim(f"c{n}", f"re_{n}", quantity=2) for n in (3, 1, 2)]
    assert claims(store, claim("old", "re_2", until=NOW + HOUR))
    assert not claims(store, *wanted)
    assert live(store, "re_1", "re_2", "re_3") == ["old"]
    assert claims(store, *wanted, now=2 * HOUR)
    assert live(store, "re_1", "re_2", "re_3") == ["c1", "c2", "c3"]
    assert not claims(store, *(claim(f"d{n}", "re_1") for n in range(2)))


def test_counts_are_claimed_for_several_or_for_none(store: SqlStore) -> None:
    """Claims for several deals on counts are written if there is room for all of them: else none
    is, nothing of them stays taken, and what lapsed keeps its room, for each to ask by itself."""
    pair = [resource(f"re_{n}", kind="counted", capacity=3) for n in (1, 2)]
    night = resource("re_3", kind="counted", capacity=9, grain=DAY)
    with_resources(store, *pair, night)

    def claimed(*wanted: Reservation) -> bool:
        with store.begin() as work:
            return work.claims.claim_counts(wanted, [*pair, night])

    def used() -> dict[str, int]:
        with store.begin(write=False) as work:
            assert work.claims.drift() == []
            return work.claims.used(["re_1", "re_2"])

    assert not claimed(claim("n", "re_3", 0, 1), claim("a", "re_1"))
    assert claimed(claim("b", "re_2"), claim("a", "re_1", quantity=2), claim("c", "re_2"))
    assert used() == {"re_1": 2, "re_2": 2}
    assert claims(store, claim("old", "re_2", until=NOW - HOUR))
    assert not claimed(claim("d", "re_1"), claim("e", "re_2"))
    assert used() == {"re_1": 2, "re_2": 3}
    assert live(store, "re_1", "re_2") == ["a", "b", "c", "old"]


def test_what_is_used_together_is_gone_together(store: SqlStore) -> None:
    """Several claims of one count are used by their sum; what was never claimed is told as zero;
    a single resource is there again, and never used up."""
    with_resources(
        store, *(resource(f"re_{n}", kind="counted", capacity=5) for n in (1, 3)), resource("re_2")
    )
    assert claims(store, claim("a", "re_1", quantity=2), claim("b", "re_1"), claim("c", "re_1"))
    assert claims(store, claim("s", "re_2"))
    with store.begin() as work:
        work.claims.use([])
        work.claims.use(["b", "a"])
        assert work.get(Resource, "re_1").capacity == 2
        assert work.claims.used(["re_3", "re_1", "re_2"]) == {"re_1": 1, "re_2": 0, "re_3": 0}
    assert not claims(store, claim("d", "re_1", quantity=2))
    with pytest.raises(InvalidInput) as refused, store.begin() as work:
        work.claims.use(["s"])
    assert str(refused.value) == "re_2 is not used up: it is there again when it is free"
    assert live(store, "re_1", "re_2") == ["c", "s"]


def test_counts_without_a_calendar_are_taken_in_one_statement(store: SqlStore) -> None:
    """Several claims on counts are written at once where there is room for all of them. One alone,
    a single resource and a calendar are claimed each for itself, and so is what has no room."""
    pair = [resource(f"re_{n}", kind="counted", capacity=2) for n in (1, 2)]
    single, night = resource("re_3"), resource("re_4", kind="counted", capacity=9, grain=DAY)
    with_resources(store, *pair, single, night)
    known = {one.id: one for one in (*pair, single, night)}

    def takes(*wanted: Reservation) -> bool:
        with store.begin() as work:
            named = {one.resource_id for one in wanted}
            return work.claims.takes_each(wanted, {id: known[id] for id in named})

    assert not takes(claim("a", "re_1"))
    assert not takes(claim("a", "re_1"), claim("b", "re_3"))
    assert not takes(claim("a", "re_1"), claim("b", "re_4", 0, 1))
    assert live(store, *known) == []
    assert takes(claim("a", "re_1"), claim("b", "re_2", quantity=2))
    assert not takes(claim("c", "re_1"), claim("d", "re_2"))
    assert live(store, *known) == ["a", "b"]


def test_single_resources_claimed_together_are_each_taken_once(store: SqlStore) -> None:
    """Claims on several single resources in one call exclude others as one alone does."""
    with_resources(store, resource("re_1"), resource("re_2"))
    assert claims(store, claim("a", "re_1", 0, 2), claim("b", "re_2", 0, 2))
    assert not claims(store, claim("c", "re_2", 1, 3))
    assert claims(store, claim("d", "re_2", 2, 3), claim("e", "re_1", 2, 3))


def test_a_resource_that_nobody_knows_is_named(store: SqlStore) -> None:
    """Who asks for a resource that is not there is told which, and what it was taken for."""
    with pytest.raises(NotFound) as refused, store.begin() as work:
        work.claims.claim([claim("a", "re_9")], NOW)
    assert str(refused.value) == "no resource 're_9'"
    assert refused.value.params == {"kind": "resource"}
