"""What the book of capacity tells: refusals in full, whose claims lapse, and what was touched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace.domain.reservation import Reservation
from marketplace.errors import Conflict, InvalidInput, SoldOut
from marketplace.store.claims import MAX_GRAINS, Claims
from marketplace.store.runner import Runner
from marketplace.store.store import SqlStore
from marketplace.store.work import StoredWork
from tests.store.making import DAY, HOUR, NOW, claim, resource, with_resources
from tests.store.test_claims import claims, live

Touched = list[tuple[str, datetime | None, datetime | None]]


def listening(work: StoredWork, touched: Touched) -> Claims:
    """A book of capacity of this unit of work that notes what it touches."""
    return Claims(work.runner, work._shelf, lambda *touch: touched.append(touch))


def at(days: float) -> datetime:
    """So many days from now."""
    return NOW + days * DAY


def test_who_comes_too_late_is_told_what_is_there(store: SqlStore) -> None:
    """What is taken is named with its listing, its option, the span, and how much was wanted."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=3, grain=DAY, option="suite"),
        resource("re_3", kind="counted", capacity=2),
    )
    with store.begin() as work:
        work.claims.claim([claim("a", "re_1", 0, 2)], NOW)
    said: dict[str, tuple[str, dict[str, Any]]] = {}
    for wanted in (
        claim("b", "re_1", 1, 3),
        claim("b", "re_1"),
        claim("b", "re_2", 0, 1, quantity=4),
        claim("b", "re_3", quantity=3),
    ):
        with pytest.raises(SoldOut) as refused, store.begin() as work:
            work.claims.claim([wanted], NOW)
        params = dict(refused.value.params)
        said[str(refused.value)] = params
    span = {"start": at(1).isoformat(), "end": at(3).isoformat()}
    one = {"resource": "re_1", "name": "re_1", "listing": "li_1", "option": "", "there": 1}
    suite = {"resource": "re_2", "name": "re_2", "listing": "li_1", "option": "suite", "there": 3}
    night = {"start": NOW.isoformat(), "end": at(1).isoformat()}
    other = {"resource": "re_3", "name": "re_3", "listing": "li_1", "option": "", "there": 2}
    none = {"start": None, "end": None}
    assert said == {
        f"re_1 of li_1 is taken from {at(1)} to {at(3)}": {**one, "quantity": 1, **span},
        "re_1 of li_1 is taken": {**one, "quantity": 1, **none},
        f"re_2 suite of li_1 is taken from {NOW} to {at(1)}: 4 wanted, and of 3 in all fewer are"
        " free": {**suite, "quantity": 4, **night},
        "re_3 of li_1 is taken: 3 wanted, and of 2 in all fewer are free": {
            **other, "quantity": 3, **none,
        },
    }  # fmt: skip


def test_what_no_claim_can_be_is_told(store: SqlStore) -> None:
    """A claim that begins freed, ends before it starts, has no span or too long a one is refused
    with what may be; the longest that is allowed is."""
    with_resources(store, resource("re_1"), resource("re_2", kind="counted", grain=HOUR))
    wrong = {
        "a claim begins as one of proposed, reserved, confirmed, not as 'freed'": claim(
            "a", "re_1", 0, 1, state="freed"
        ),
        f"a claim must end after it starts: {at(1)} to {at(1)}": claim("a", "re_1", 1, 1),
        "a claim on re_2 needs a start and an end": claim("a", "re_2", 1, None),
        f"a claim covers {MAX_GRAINS} grains at most, not {MAX_GRAINS + 1}": claim(
            "a", "re_2", 0, (MAX_GRAINS + 1) / 24
        ),
    }
    for told, one in wrong.items():
        with pytest.raises(InvalidInput) as refused, store.begin() as work:
            work.claims.claim([one], NOW)
        assert str(refused.value) == told
    with pytest.raises(InvalidInput), store.begin() as work:
        work.claims.claim([claim("a", "re_2", None, 1)], NOW)
    assert claims(store, claim("a", "re_2", 0, MAX_GRAINS / 24))


def test_what_is_not_live_is_named(store: SqlStore) -> None:
    """Who makes claims firm that are gone is told which, and none of them is made firm."""
    with_resources(store, resource())
    assert claims(store, claim("a", "re_1", 0, 1), claim("b", "re_1", 1, 2))
    with store.begin() as work:
        work.claims.confirm([])
        work.claims.free([])
        work.claims.free(["b"])
        with pytest.raises(Conflict) as refused:
            work.claims.confirm(["z", "b", "a"])
    assert str(refused.value) == "not live any more: b, z"
    assert refused.value.code == "claim_not_live"
    assert refused.value.params == {"reservations": ["b", "z"]}
    with store.begin(write=False) as work:
        assert [one.state for one in work.claims.of_cause("offer", "of_a")] == ["reserved"]


def test_claims_are_given_back_in_the_order_they_were_asked_in(store: SqlStore) -> None:
    """A call gives the claims as it got them, one, several, none, or those of counts."""
    counts = [resource(f"re_{n}", kind="counted", capacity=9) for n in (3, 4)]
    with_resources(store, resource("re_1"), resource("re_2"), *counts)
    with store.begin() as work:
        for wanted in (
            [],
            [claim("a", "re_1", 0, 1)],
            [claim("c", "re_2", 3, 4), claim("b", "re_1", 3, 4)],
            [claim("e", "re_4"), claim("d", "re_3")],
        ):
            assert work.claims.claim(wanted, NOW) == wanted
        known = [evolve(counts[0], name="as known")]
        with pytest.raises(SoldOut, match="as known of li_1"):
            work.claims.claim([claim("f", "re_3", quantity=99)], NOW, known)
        with pytest.raises(SoldOut, match="as known of li_1"):
            work.claims.move([], [claim("f", "re_3", quantity=99)], NOW, known)


@pytest.mark.invariant(27)
def test_a_lapsed_claim_makes_way_in_its_grains_only(store: SqlStore) -> None:
    """Who needs a night frees the lapsed claims of that night, wherever in it they lie, and none
    of the nights beside it; without a calendar any lapsed claim of the count is in the way."""
    with_resources(
        store,
        resource("re_1", kind="counted", capacity=1, grain=DAY),
        resource("re_2", kind="counted", capacity=2),
    )
    # The days of a count begin at midnight, half a day after now.
    assert claims(
        store,
        claim("before", "re_1", 0.1, 0.4, until=NOW + HOUR),
        claim("a", "re_1", 0.6, 0.7, until=NOW + HOUR),
        claim("after", "re_1", 1.6, 1.7, until=NOW + HOUR),
    )
    assert claims(store, claim("b", "re_1", 1.2, 1.4), now=2 * HOUR)
    assert live(store) == ["after", "b", "before"]
    old = [claim(id, "re_2", until=NOW + HOUR) for id in ("c", "d")]
    assert claims(store, *old)
    assert not claims(store, claim("e", "re_2", quantity=2), now=HOUR / 2)
    assert claims(store, claim("e", "re_2", quantity=2), now=HOUR)
    assert live(store) == ["after", "b", "before", "e"]


@pytest.mark.invariant(24)
def test_a_grain_is_taken_by_the_least_that_reaches_into_it(store: SqlStore) -> None:
    """A claim that ends as a night begins leaves that night free; one that ends a microsecond later
    takes it, and so does one that begins a microsecond before the night ends."""
    with_resources(store, resource("re_1", kind="counted", capacity=1, grain=DAY))
    moment = timedelta(microseconds=1)
    # Nights begin at midnight, half a day after now.
    until = claim("a", "re_1", 0, 1.5)
    assert claims(store, evolve(until, end=at(1.5) + moment))
    assert not claims(store, claim("b", "re_1", 1.5, 2.5))
    with store.begin() as work:
        work.claims.free(["a"])
    assert claims(store, evolve(until, id="c"), claim("d", "re_1", 1.5, 2.5))
    assert not claims(store, evolve(claim("e", "re_1", 2, 3.5), start=at(2.5) - moment))
    assert claims(store, claim("f", "re_1", 2.5, 3.5))


def test_what_one_statement_takes_needs_no_savepoint(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim on a single resource, on a count or on one night cannot be half written, so nothing
    is made ready to be undone, whether it can be had or not; one on several nights is."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=1),
        resource("re_3", kind="counted", capacity=1, grain=DAY),
    )
    set_one, saved = Runner._set_savepoint, list[None]()

    def noting(runner: Runner) -> None:
        saved.append(None)
        set_one(runner)

    monkeypatch.setattr(Runner, "_set_savepoint", noting)
    whole = [claim("a", "re_1", 0, 9), claim("b", "re_2"), claim("c", "re_3", 0.5, 1.5)]
    for one in whole:
        assert claims(store, one)
        assert not claims(store, evolve(one, id="z"))
        assert saved == [], one.resource_id
    assert claims(store, claim("d", "re_3", 2.5, 4.5))
    assert len(saved) == 1


def test_what_came_went_or_changed_is_told(store: SqlStore) -> None:
    """Whoever keeps calendars hears of every resource and span of which a claim came, was made
    firm, was handed over, moved or freed, counted or not."""
    with_resources(
        store,
        resource("re_1"),
        resource("re_2", kind="counted", capacity=5, grain=DAY),
        resource("re_3", kind="counted", capacity=5),
    )
    touched: Touched = []
    first, night = ("re_1", at(0), at(1)), ("re_2", at(0), at(2))
    with store.begin() as work:
        book = listening(work, touched)

        def heard() -> Touched:
            told = sorted(touched, key=str)
            touched.clear()
            return told

        book.claim([claim("a", "re_1", 0, 1)], NOW)
        assert heard() == [first]
        book.claim([claim("b", "re_2", 0, 2), claim("c", "re_3")], NOW)
        assert heard() == [night, ("re_3", None, None)]
        book.confirm(["a", "b"])
        assert heard() == [first, night]
        book.hand_over(["a", "c"], "tx_1", "pa_1")
        assert heard() == [first, ("re_3", None, None)]
        assert book.confirm_of(["tx_1"], "re_1", ["li_1"])() == {"tx_1"}
        assert heard() == [first]
        assert book.confirm_of(["tx_1"], "re_3", ["li_1"])() == {"tx_1"}
        assert heard() == [("re_3", None, None)]
        assert book.confirm_of(["tx_1"], "re_2", ["li_1"])() == set()
        assert book.confirm_of(["tx_1"], "re_1", ["li_2"])() == set()
        assert heard() == []
        book.move(["b"], [claim("d", "re_2", 1, 3)], NOW)
        assert heard() == [night, ("re_2", at(1), at(3))]
        book.free(["a", "c", "d"])
        assert heard() == [first, ("re_2", at(1), at(3)), ("re_3", None, None)]
        book.free(["a"])
        assert heard() == []
        assert book.drift() == []
    with store.begin() as work:
        Claims(work.runner, work._shelf).claim([claim("e", "re_1", 0, 1)], NOW)


def test_what_a_customer_keeps_from_others_is_counted(store: SqlStore) -> None:
    """Reserved for a customer's deals, not yet firm and not lapsed: nothing else is."""
    with_resources(store, *(resource(f"re_{n}") for n in range(1, 6)))
    mine: dict[str, Any] = {"cause": "transaction", "cause_id": "tx_1", "customer_id": "pa_1"}
    assert claims(
        store,
        claim("a", "re_1", **mine, until=NOW + HOUR),
        claim("b", "re_2", **mine),
        claim("c", "re_3", **{**mine, "customer_id": None}),
        claim("d", "re_4", **mine, state="confirmed"),
        claim("e", "re_5", **mine, until=NOW - HOUR),
    )
    with store.begin() as work:
        kept = work.claims.reserved_for("pa_1", NOW)()
        assert [one.id for one in kept] == ["a", "b"]
        assert kept[0] == work.get(Reservation, "a")
        assert [one.id for one in work.claims.reserved_for("pa_1", NOW + HOUR)()] == ["b"]
        assert work.claims.reserved_for("pa_2", NOW)() == []


def test_claims_are_in_order_of_resource_and_start(store: SqlStore) -> None:
    """Live claims come by resource, then by their start, those without one first."""
    with_resources(store, resource("re_1", kind="counted", capacity=9), resource("re_2"))
    assert claims(store, claim("z", "re_1"), claim("y", "re_1"))
    assert claims(store, claim("a", "re_2", 3, 4), claim("c", "re_2", 1, 2))
    assert claims(store, claim("b", "re_2", None, 1))
    with store.begin(write=False) as work:
        found = work.claims.live(["re_2", "re_1"], None, None)
    assert [one.id for one in found] == ["y", "z", "b", "c", "a"]


def test_use_that_no_claim_explains_is_told(store: SqlStore) -> None:
    """A grain that is in use, and of which no claim lives, is drift; claims of one grain add up."""
    with_resources(store, resource(kind="counted", capacity=5))
    assert claims(store, claim("a", "re_1", quantity=2), claim("b", "re_1"))
    table = store.tables.capacity_bucket
    with store.begin() as work:
        assert work.claims.drift() == []
        work.connection.execute(table.update().values(used=4))
        assert work.claims.drift() == ["re_1 has 4 used in grain 0, live are 3"]
        work.connection.execute(table.update().values(used=3))
        work.claims.free(["a", "b"])
        work.connection.execute(table.update().values(used=1))
        assert work.claims.drift() == ["re_1 has 1 used in grain 0, live are 0"]


@pytest.mark.invariant(23)
def test_who_moves_holds_what_he_leaves_and_what_he_comes_to(store: SqlStore) -> None:
    """Where several write at once, a move locks the resources of both sides until it ends, so
    that two who change places do not wait for each other."""
    with_resources(store, resource("re_1"), resource("re_2"), resource("re_3"))
    assert claims(store, claim("a", "re_1", 0, 1))
    if not store.adapter.row_lock:
        return  # One writer at a time: nobody else gets in.
    free = "SELECT id FROM {} WHERE id = '{}' FOR NO KEY UPDATE NOWAIT"
    with store.begin() as work:
        work.claims.move(["a"], [claim("b", "re_2", 0, 1)], NOW)
        for id, locked in {"re_1": True, "re_2": True, "re_3": False}.items():
            asked = sa.text(free.format(store.tables.resource.name, id))
            with store.engine.connect() as other:
                if locked:
                    with pytest.raises(sa.exc.OperationalError, match="could not obtain lock"):
                        other.execute(asked)
                else:
                    assert other.execute(asked).scalar() == id
