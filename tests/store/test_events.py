"""Events: numbered for each party, told until confirmed, and told again when asked."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from attrs import evolve

from marketplace.domain.event import Delivery
from marketplace.errors import InvalidInput
from marketplace.store.store import SqlStore
from tests.store.making import event


def tell(store: SqlStore, *ids_and_parties: tuple[str, ...]) -> None:
    """Append events in a unit of work of its own."""
    with store.begin() as work:
        work.events.append([event(id, *parties) for id, *parties in ids_and_parties])


@pytest.mark.invariant(45)
def test_each_party_counts_for_itself(store: SqlStore) -> None:
    """From one, without a gap, in the order in which they were told; a party named twice hears
    once; an event for nobody is kept all the same."""
    tell(store, ("a", "x", "y"), ("b", "y"), ("c", "x", "x"))
    tell(store, ("d",), ("e", "y", "x", "y"))
    with store.begin(write=False) as work:
        feeds = {p: [(d.number, d.event.id) for d in work.events.feed(p, 0, 10)] for p in "xyz"}
        assert feeds == {
            "x": [(1, "a"), (2, "c"), (3, "e")],
            "y": [(1, "a"), (2, "b"), (3, "e")],
            "z": [],
        }
        assert [d.number for d in work.events.feed("x", 1, 1)] == [2]
        assert work.events.feed("x", 0, 1) == [Delivery("x", 1, event("a", "x", "y"))]
        assert [one.id for one in work.events.about("tx_1")] == ["a", "b", "c", "d", "e"]
        assert [one.id for one in work.events.about("tx_1", 2)] == ["a", "b"]
        assert work.events.about("tx_2") == []


@pytest.mark.behaviour("C22")
def test_what_is_not_confirmed_comes_again(store: SqlStore) -> None:
    """Each consumer hears everything until it confirms, in order for each party, and can have it
    again from any number on."""
    tell(store, ("a", "x", "y"), ("b", "y"), ("c", "x"))

    def told(consumer: str, limit: int = 10) -> list[str]:
        with store.begin(write=False) as work:
            found = work.events.undelivered(consumer, limit)
        return [f"{one.party_id}{one.number}{one.event.id}" for one in found]

    assert told("mail") == told("mail") == ["x1a", "y1a", "y2b", "x2c"]
    with store.begin() as work:
        work.events.delivered("mail", work.events.undelivered("mail", 3))
    assert told("mail") == ["x2c"]
    assert told("push", 2) == ["x1a", "y1a"]
    tell(store, ("d", "y"))
    assert told("mail") == ["x2c", "y3d"]
    with store.begin() as work:
        work.events.delivered("mail", work.events.undelivered("mail", 10))
        work.events.delivered("mail", work.events.feed("x", 0, 1))
        work.events.delivered("mail", [])
    assert told("mail") == []
    with store.begin() as work:
        work.events.rewind("mail", "y", 1)
    assert told("mail") == ["y2b", "y3d"]
    assert len(told("push")) == 5


def test_nothing_is_confirmed_past_a_gap(store: SqlStore) -> None:
    """Who confirms a later event of a party before an earlier one would never hear the earlier."""
    tell(store, ("a", "x"), ("b", "x"))
    with store.begin() as work:
        second = work.events.feed("x", 1, 1)
        with pytest.raises(InvalidInput, match="number 1 is next"):
            work.events.delivered("mail", second)


class Late(str):
    """A text that does something while a driver binds it."""

    bound: Callable[[], None]

    def __conform__(self, protocol: object) -> str:
        """Asked by Python's SQLite driver of what is not exactly a text."""
        self.bound()
        return str(self)


@pytest.mark.behaviour("C4")
def test_a_unit_of_work_that_is_forgotten_late_disturbs_no_other(store: SqlStore) -> None:
    """One that ended is taken apart while another writes the same kind of rows on the connection
    that it had: the other's rows are written as if nothing was."""
    kept: list[object] = []

    def forget() -> None:
        kept.clear()
        gc.collect()

    def begun() -> None:
        with store.begin() as work:
            kept.append(work)
            work.events.append([event("a", "x"), event("b", "x")])

    begun()
    late = Late("later")
    late.bound = forget
    with store.begin() as work:
        if store.dialect == "postgresql":
            # Rows go there as one text: nothing can happen between two of them.
            forget()
        kind = late if kept else "later"
        work.events.append([evolve(event("c", "x"), kind=kind), event("d", "x")])
    with store.begin(write=False) as work:
        assert [one.event.id for one in work.events.feed("x", 0, 10)] == ["a", "b", "c", "d"]
        assert work.events.about("tx_1")[2].kind == "later"
