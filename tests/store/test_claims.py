"""Claims on capacity by one who has the database alone; the herd has a page of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.reservation import Reservation, Resource
from marketplace.errors import Conflict, InvalidInput, NotFound, SoldOut
from marketplace.store.claims import MAX_GRAINS
from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.making import DAY, HOUR, NOW, claim, resource, with_resources


def claims(store: SqlStore, *wanted: Reservation, now: timedelta = timedelta(0)) -> bool:
    """Claim in a unit of work of its own; whether it could be had."""
    try:
        with store.begin() as work:
            work.claims.claim(wanted, NOW + now)
        return True
    except SoldOut:
        return False


def live(store: SqlStore, *resource_ids: str) -> list[str]:
    """Ids of live claims, in order."""
    with store.begin(write=False) as work:
        assert work.claims.drift() == []
        found = work.claims.live(resource_ids or ("re_1", "re_2"), None, None)
    return sorted(one.id for one in found)


@pytest.mark.invariant(23, 26)
@pytest.mark.parametrize(
    ("start", "end", "free"),
    [
        (2, 4, False),
        (1, 3, False),
        (3, 5, False),
        (1, 5, False),
        (2.5, 3.5, False),
        (1, 2, True),
        (4, 5, True),
        (None, 2, True),
        (None, 2.1, False),
        (4, None, True),
        (3.9, None, False),
        (None, None, False),
    ],
)
def test_a_single_resource_has_one_claim_at_a_time(
    store: SqlStore, start: float | None, end: float | None, free: bool
) -> None:
    """Half-open spans: what touches is free, what shares an instant is taken, and a span may
    have no start, no end, or neither."""
    with_resources(store, resource())
    assert claims(store, claim("cl_1", "re_1", 2, 4))
    assert claims(store, claim("cl_2", "re_1", start, end)) is free
    assert live(store) == (["cl_1", "cl_2"] if free else ["cl_1"])


def test_without_a_span_there_is_one_claim(store: SqlStore) -> None:
    """A driver's attention: claimed whole, or not at all."""
    with_resources(store, resource())
    assert claims(store, claim("cl_1", "re_1"))
    assert not claims(store, claim("cl_2", "re_1"))
    with store.begin() as work:
        with pytest.raises(SoldOut) as refused:
            work.claims.claim([claim("cl_2", "re_1", 5, 6)], NOW)
        work.claims.free(["cl_1"])
        work.claims.free(["cl_1"])
    assert refused.value.params["resource"] == "re_1"
    assert refused.value.params["listing"] == "li_1"
    assert claims(store, claim("cl_2", "re_1"))
    assert live(store) == ["cl_2"]


@pytest.mark.invariant(24)
def test_a_counted_resource_has_so_many(store: SqlStore) -> None:
    """At every instant no more than there are; nights are counted each for itself."""
    with_resources(
        store,
        resource("re_1", kind="counted", capacity=3),
        resource("re_2", kind="counted", capacity=2, grain=DAY),
    )
    assert claims(store, claim("a", "re_1", quantity=2))
    assert not claims(store, claim("b", "re_1", quantity=2))
    assert claims(store, claim("c", "re_1"))
    assert not claims(store, claim("d", "re_1"))
    assert claims(store, claim("e", "re_2", 0.5, 2.5), claim("f", "re_2", 1.5, 3.5))
    assert not claims(store, claim("g", "re_2", 0.5, 1.6))
    assert not claims(store, claim("h", "re_2", 2.5, 4.5, quantity=2))
    assert claims(store, claim("i", "re_2", 3.5, 4.5))
    assert not claims(store, claim("j", "re_2", 9.5, 10.5, quantity=3))
    assert live(store) == ["a", "c", "e", "f", "i"]
    with store.begin() as work:
        work.claims.free(["e", "a"])
    assert claims(store, claim("k", "re_2", 0.5, 1.5, quantity=2), claim("l", "re_1", quantity=2))
    assert live(store) == ["c", "f", "i", "k", "l"]


def test_a_call_is_all_or_nothing(store: SqlStore) -> None:
    """When one claim of several cannot be had, none is written, also where some were counted."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=2, grain=DAY),
    )
    assert claims(store, claim("a", "re_1", 5, 6))
    mixed = [claim("b", "re_2", 0, 3), claim("c", "re_1", 0, 1), claim("d", "re_1", 5, 7)]
    with store.begin() as work, pytest.raises(SoldOut):
        work.claims.claim(mixed, NOW)
    assert live(store) == ["a"]
    with store.begin(write=False) as work:
        used = work.connection.execute(sa.select(work.tables.capacity_bucket.c.used)).scalars()
        assert sum(used) == 0
    assert claims(store, *mixed[:2])
    assert live(store) == ["a", "b", "c"]


@pytest.mark.invariant(27)
def test_what_lapsed_is_free(store: SqlStore) -> None:
    """A hold lives until its time; who claims next frees it, and nobody needs to come before.
    A confirmed claim never lapses, and what stands elsewhere is left alone."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=1, grain=DAY),
    )
    held = [
        claim("a", "re_1", 0, 2, until=NOW + HOUR),
        claim("b", "re_2", 0, 2, until=NOW + HOUR),
        claim("c", "re_1", 8, 9, until=NOW + HOUR),
        claim("d", "re_1", 4, 5, until=NOW + HOUR, state="proposed"),
    ]
    assert claims(store, *held)
    with store.begin() as work:
        work.claims.confirm(["d"])
    new = [claim("e", "re_1", 1, 3), claim("f", "re_2", 1, 3)]
    assert not claims(store, *new, now=HOUR - timedelta(microseconds=1))
    assert live(store) == ["a", "b", "c", "d"]
    assert claims(store, *new, now=HOUR)
    assert not claims(store, claim("g", "re_1", 4, 5), now=9 * DAY)
    assert live(store) == ["c", "d", "e", "f"]
    with store.begin(write=False) as work:
        assert work.find(Reservation, id="a").state == "freed"  # type: ignore[union-attr]


def test_what_lapsed_stays_when_it_does_not_help(store: SqlStore) -> None:
    """A claim that cannot be had even so frees nothing: its call writes nothing at all."""
    with_resources(store, resource())
    assert claims(store, claim("a", "re_1", 0, 1, until=NOW), claim("b", "re_1", 1, 2))
    with store.begin() as work, pytest.raises(SoldOut):
        work.claims.claim([claim("c", "re_1", 0, 2)], NOW + HOUR)
    assert live(store) == ["a", "b"]


def test_claims_move_in_one_step(store: SqlStore) -> None:
    """An alteration never collides with itself, and one that fails leaves all as it was."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=2, grain=DAY),
    )
    assert claims(
        store,
        claim("a", "re_1", 0, 3),
        claim("b", "re_1", 6, 7),
        claim("c", "re_2", 0, 2, quantity=2),
    )
    with store.begin() as work:
        work.claims.move(["a"], [claim("d", "re_1", 1, 4)], NOW)
        work.claims.move(["c"], [claim("e", "re_2", 1, 3, quantity=2)], NOW)
        with pytest.raises(SoldOut):
            work.claims.move(["d", "e"], [claim("f", "re_1", 1, 8)], NOW)
    assert live(store) == ["b", "d", "e"]


@pytest.mark.invariant(25)
def test_a_claim_has_one_cause(store: SqlStore) -> None:
    """Claims are found by what they are for, handed over with what they are for, made firm; none
    of it to a claim that is not live, and then to none of the call."""
    with_resources(store, resource())
    assert claims(store, claim("a", "re_1", 0, 1, cause_id="of_1", until=NOW + HOUR))
    assert claims(store, claim("b", "re_1", 1, 2, cause_id="of_1"))
    with store.begin() as work:
        work.claims.hand_over(["a", "b"], "tx_1", "pa_1")
        assert work.claims.of_cause("offer", "of_1") == []
        work.claims.confirm(["a"])
        one, other = work.claims.of_cause("transaction", "tx_1")
        assert (one.state, one.until, one.version) == ("confirmed", None, 3)
        assert (other.state, other.version) == ("reserved", 2)
        assert (one.customer_id, other.customer_id) == ("pa_1", "pa_1")
        work.claims.free(["b"])
        for change in (
            lambda: work.claims.confirm(["a", "b"]),
            lambda: work.claims.hand_over(["a", "b"], "tx_2", None),
        ):
            with pytest.raises(Conflict) as refused:
                change()
            assert refused.value.params == {"reservations": ["b"]}
        assert work.claims.of_cause("transaction", "tx_1") == [one]


def test_live_claims_are_found_by_span(store: SqlStore) -> None:
    """Those that share an instant with the span, in order of their start."""
    with_resources(store, resource("re_1"), resource("re_2"))
    assert claims(
        store,
        claim("c", "re_1", 4, 6),
        claim("a", "re_1", 0, 2),
        claim("b", "re_1", 2, 4),
        claim("d", "re_2"),
    )
    with store.begin(write=False) as work:

        def found(start: float | None, end: float | None) -> str:
            span = [None if x is None else NOW + x * DAY for x in (start, end)]
            return "".join(one.id for one in work.claims.live(["re_1", "re_2"], *span))

        assert found(None, None) == "abcd"
        assert found(2, 4) == "bd"
        assert found(1.5, 4.5) == "abcd"
        assert found(4, None) == "cd"
        assert found(None, 2) == "ad"
        assert found(7, 9) == "d"


@pytest.mark.parametrize("kind", ["single", "counted"])
def test_capacity_never_falls_below_what_is_claimed(store: SqlStore, kind: str) -> None:
    """A resource keeps kind and grain while anything is claimed of it, and at least the capacity
    that is used; more is allowed at once."""
    with_resources(store, resource(kind=kind, capacity=4, grain=DAY))
    assert claims(store, claim("a", "re_1", 0, 2, quantity=1 if kind == "single" else 3))
    with store.begin() as work:
        before = work.get(Resource, "re_1")
    for change in ({"grain": HOUR}, {"kind": "single" if kind == "counted" else "counted"}):
        with pytest.raises(Conflict) as refused, store.begin() as work:
            work.save(evolve(before, **change))
        assert refused.value.code == "in_use"
    if kind == "counted":
        with pytest.raises(Conflict), store.begin() as work:
            work.save(evolve(before, capacity=2))
        with store.begin() as work:
            work.save(evolve(before, capacity=6))
        assert claims(store, claim("b", "re_1", 1, 3, quantity=3))
        assert not claims(store, claim("c", "re_1", 1, 2))
    with store.begin() as work:
        work.claims.free(["a", "b"])
        work.save(evolve(work.get(Resource, "re_1"), grain=HOUR, capacity=1))
    assert live(store) == []


def test_what_cannot_be_claimed_is_refused(store: SqlStore) -> None:
    """A span that ends before it starts, a counted night without one, too many grains, a claim
    that is born freed, an unknown resource, an id that is used."""
    with_resources(store, resource("re_1"), resource("re_2", kind="counted", grain=DAY))
    with store.begin() as work:
        for wrong in (
            claim("a", "re_1", 2, 1),
            claim("a", "re_1", 1, 1),
            claim("a", "re_2"),
            claim("a", "re_2", 1, None),
            claim("a", "re_2", 0, MAX_GRAINS + 1),
            claim("a", "re_1", 0, 1, state="freed"),
        ):
            with pytest.raises(InvalidInput):
                work.claims.claim([wrong], NOW)
        with pytest.raises(NotFound):
            work.claims.claim([claim("a", "re_9", 0, 1)], NOW)
        work.claims.claim([claim("a", "re_1", 0, 1)], NOW)
    with pytest.raises(Conflict) as refused, store.begin() as work:
        work.claims.claim([claim("a", "re_1", 5, 6)], NOW)
    assert refused.value.code == "already_there"


def test_a_single_resource_without_capacity_is_closed(store: SqlStore) -> None:
    """Nobody claims of a resource that has none, nor more than it has."""
    with_resources(store, resource("re_1", capacity=0), resource("re_2"))
    assert not claims(store, claim("a", "re_1", 0, 1))
    assert not claims(store, claim("a", "re_2", 0, 1, quantity=2))


@pytest.mark.invariant(23)
def test_the_database_keeps_claims_apart(store: SqlStore) -> None:
    """A claim written past the book's code is still held apart from the others."""
    with_resources(store, resource())
    assert claims(store, claim("a", "re_1", 0, 2), claim("b", "re_1", 2, 4))
    table = store.tables.reservation
    with pytest.raises(sa.exc.DBAPIError), store.begin() as work:
        work.connection.execute(sa.update(table).where(table.c.id == "b").values(start=NOW + DAY))
    with store.begin() as work:
        work.claims.free(["a"])
        work.connection.execute(sa.update(table).where(table.c.id == "b").values(start=NOW + DAY))
    with pytest.raises(sa.exc.DBAPIError), store.begin() as work:
        work.connection.execute(sa.update(table).where(table.c.id == "a").values(state="reserved"))
    assert live(store) == ["b"]


def test_drift_of_grains_is_told(store: SqlStore) -> None:
    """A grain that somebody changed by hand is found."""
    with_resources(store, resource(kind="counted", capacity=5, grain=DAY))
    assert claims(store, claim("a", "re_1", 0.5, 1.5, quantity=2))
    table = store.tables.capacity_bucket
    with store.begin() as work:
        first = sa.select(sa.func.min(table.c.slot)).scalar_subquery()
        work.connection.execute(sa.update(table).where(table.c.slot == first).values(used=3))
        slot = work.connection.execute(sa.select(first)).scalar()
        assert work.claims.drift() == [f"re_1 has 3 used in grain {slot}, live are 2"]
        work.connection.execute(sa.delete(table).where(table.c.slot == first))
        assert work.claims.drift() == [f"re_1 has live claims and no grain {slot}"]


spans = st.tuples(st.none() | st.integers(0, 12), st.none() | st.integers(1, 6), st.integers(1, 3))


@pytest.mark.invariant(23, 24, 28)
@pytest.mark.parametrize("kind", ["single", "counted"])
@given(st.lists(st.tuples(st.sampled_from(["claim", "free", "move"]), spans), max_size=30))
def test_claims_are_what_a_calendar_allows(
    kind: str, steps: list[tuple[str, tuple[int | None, int | None, int]]]
) -> None:
    """Whatever is claimed, freed and moved in whatever order: exactly what a calendar of hours
    written down by hand allows."""
    store = open_store("sqlite://")
    capacity = 1 if kind == "single" else 4
    with_resources(store, resource(kind=kind, capacity=capacity, grain=HOUR))
    calendar: dict[str, tuple[int, int, int]] = {}

    def room(start: int, end: int, quantity: int, without: str = "") -> bool:
        return all(
            sum(q for id, (s, e, q) in calendar.items() if id != without and s <= hour < e)
            + quantity
            <= capacity
            for hour in range(start, end)
        )

    for number, (step, (start, length, quantity)) in enumerate(steps):
        if kind == "single":
            quantity = 1
            first, last = (-50 if start is None else start), 0
            last = 50 if length is None else (start or 0) + length
        else:
            first = start or 0
            last = first + (length or 1)
        oldest = next(iter(calendar), "")
        id = f"cl_{number}"
        one = evolve(
            claim(id, "re_1", quantity=quantity),
            start=None if first == -50 else NOW + first * HOUR,
            end=None if last == 50 else NOW + last * HOUR,
        )
        with store.begin() as work:
            if step == "free":
                work.claims.free([oldest] if oldest else [])
                calendar.pop(oldest, None)
                continue
            moved = oldest if step == "move" else ""
            allowed = room(first, last, quantity, moved)
            try:
                if moved:
                    work.claims.move([moved], [one], NOW)
                else:
                    work.claims.claim([one], NOW)
                assert allowed
                calendar.pop(moved, None)
                calendar[id] = first, last, quantity
            except SoldOut:
                assert not allowed
    assert live(store) == sorted(calendar)
    store.close()
