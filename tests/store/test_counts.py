"""Counts without a span: claimed together, and used up."""

from __future__ import annotations

import pytest

from marketplace.domain.reservation import Resource
from marketplace.errors import InvalidInput
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
