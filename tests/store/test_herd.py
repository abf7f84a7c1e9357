"""Sixteen processes want the same thing at once. Every race has its control: the naive way fails
the same race, so a test that passes means that somebody was really racing."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace.domain.books import Timer
from marketplace.domain.effect import MoneyKind
from marketplace.domain.event import Command
from marketplace.domain.ledger import Transfer
from marketplace.domain.payment import Intent
from marketplace.domain.reservation import Reservation, Resource
from marketplace.store.store import SqlStore
from tests.store import tasks
from tests.store.herd import Herd
from tests.store.making import (
    CLEARING,
    DAY,
    HOUR,
    NOW,
    claim,
    journal,
    resource,
    wallet,
    with_resources,
)


def live_spans(store: SqlStore) -> list[tuple[int, int]]:
    """Live claims on ``re_1`` as days after ``NOW``, in order."""
    with store.begin(write=False) as work:
        found = work.claims.live(["re_1"], None, None)
    return [((one.start - NOW) // DAY, (one.end - NOW) // DAY) for one in found]


def overlaps(spans: list[tuple[int, int]]) -> int:
    """How many pairs of neighbours share an instant."""
    return sum(one[1] > other[0] for one, other in itertools.pairwise(sorted(spans)))


@pytest.mark.behaviour("C4")
@pytest.mark.attack(31)
@pytest.mark.invariant(23)
def test_one_night_has_one_winner(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Of sixteen who want the same night, one gets it and fifteen hear that it is sold out."""
    with_resources(store, resource())
    rounds = 8
    got = herd.run(tasks.take_nights, database_url, rounds)
    assert [sum(night) for night in zip(*got, strict=True)] == [1] * rounds
    assert overlaps(live_spans(store)) == 0
    assert len(live_spans(store)) == rounds


def test_looking_first_books_twice(store: SqlStore, database_url: str, herd: Herd) -> None:
    """The control of the race for a night: who looks first and writes then, books twice."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE plain_night (night INTEGER, who INTEGER)"))
    rounds = 8
    got = herd.run(tasks.take_nights_naively, database_url, rounds)
    winners = [sum(night) for night in zip(*got, strict=True)]
    assert max(winners) > 1, f"nobody was racing: {winners}"


@pytest.mark.attack(32)
@pytest.mark.invariant(23)
def test_overlapping_spans_never_both_win(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Spans that overlap in different ways: those who win share no instant."""
    with_resources(store, resource())
    spans = [(1, 4), (3, 6), (2, 3), (5, 8), (7, 9), (4, 5)]
    got = [which for which in herd.run(tasks.take_span, database_url, spans) if which is not None]
    assert got, "somebody must win"
    assert len(set(got)) == len(got)
    assert overlaps([spans[which] for which in got]) == 0
    assert sorted(spans[which] for which in got) == live_spans(store)


@pytest.mark.attack(33)
@pytest.mark.invariant(26)
def test_back_to_back_spans_all_win(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Half-open spans that only touch never hinder each other, not even at the same moment."""
    with_resources(store, resource())
    spans = [(2 * number + 1, 2 * number + 3) for number in range(16)]
    got = herd.run(tasks.take_span, database_url, spans)
    assert sorted(got) == list(range(16))


@pytest.mark.behaviour("C4")
@pytest.mark.attack(39)
@pytest.mark.invariant(24, 28)
@pytest.mark.parametrize("stock", [1, 500])
def test_stock_is_sold_once(store: SqlStore, database_url: str, herd: Herd, stock: int) -> None:
    """Sixteen buyers with carts of one to three units sell exactly what there is."""
    with_resources(store, resource(kind="counted", capacity=stock))
    bought = herd.run(tasks.buy_carts, database_url)
    assert sum(bought) == stock
    with store.begin(write=False) as work:
        assert sum(one.quantity for one in work.claims.live(["re_1"], None, None)) == stock
        assert work.claims.drift() == []


@pytest.mark.behaviour("G1")
@pytest.mark.invariant(24, 28)
def test_five_hundred_units_are_sent_once(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Sixteen sellers' clerks who buy and send out of 500 units send exactly 500: then there are
    none, none is claimed, and what was sent is written down."""
    with_resources(store, resource(kind="counted", capacity=500))
    sent = herd.run(tasks.buy_and_send, database_url)
    assert sum(sent) == 500
    with store.begin(write=False) as work:
        assert work.get(Resource, "re_1").capacity == 0
        assert work.claims.used(["re_1"]) == {"re_1": 0}
        gone = work.select(Reservation, {"resource_id": "re_1", "used": True}, limit=1_000)
        assert sum(one.quantity for one in gone) == 500
        assert work.claims.drift() == []


@pytest.mark.attack(39)
@pytest.mark.invariant(24)
def test_baskets_in_any_order_have_no_deadlock(
    store: SqlStore, database_url: str, herd: Herd
) -> None:
    """Sixteen who claim two of three counts at once, in any order, sell no unit twice, leave no
    half basket, and never lock each other."""
    names = ["re_1", "re_2", "re_3"]
    with_resources(store, *(resource(one, kind="counted", capacity=120) for one in names))
    answers = herd.run(tasks.buy_baskets, database_url, names)
    assert [code for _, codes in answers for code in codes] == []
    with store.begin(write=False) as work:
        used = work.claims.used(names)
        assert work.claims.drift() == []
    sold = [sum(got[which] for got, _ in answers) for which in range(len(names))]
    assert [used[one] for one in names] == sold
    assert max(sold) <= 120
    assert sorted(sold)[1] >= 118, f"nobody was racing: {sold}"


def test_reading_stock_first_oversells(store: SqlStore, database_url: str, herd: Herd) -> None:
    """The control of the race for stock: who writes back what it read sells what it has not."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE plain_stock (units INTEGER)"))
        connection.execute(sa.text("INSERT INTO plain_stock VALUES (100)"))
    bought = herd.run(tasks.buy_carts_naively, database_url)
    assert sum(bought) > 100, f"nobody was racing: {bought}"


@pytest.mark.invariant(27)
def test_a_lapsed_hold_is_taken_once(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Nights whose holds have lapsed are free again, and each goes to one."""
    with_resources(store, resource())
    rounds = 6
    with store.begin() as work:
        work.claims.claim(
            [
                claim(f"old{night}", "re_1", night, night + 1, until=NOW - HOUR)
                for night in range(rounds)
            ],
            NOW - DAY,
        )
    got = herd.run(tasks.take_nights, database_url, rounds)
    assert [sum(night) for night in zip(*got, strict=True)] == [1] * rounds
    with store.begin(write=False) as work:
        freed = work.select(Reservation, {"state": "freed"})
    assert [one.id for one in freed] == [f"old{night}" for night in range(rounds)]


@pytest.mark.attack(41)
def test_one_hot_listing_has_no_deadlock(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Sixteen who take and free nights of one listing never lock each other; none waits long."""
    with_resources(store, resource())
    answers = herd.run(tasks.take_and_free, database_url, 3.0)
    waits = sorted(wait for answer in answers for wait in answer["waits"])
    codes = [code for answer in answers for code in answer["codes"]]
    assert codes == []
    assert len(waits) > 100
    assert waits[len(waits) * 99 // 100] < 1.0
    assert overlaps(live_spans(store)) == 0


@pytest.mark.slow
def test_a_plain_insert_on_a_hot_listing_deadlocks(postgresql_url: str, herd: Herd) -> None:
    """The control of the hot listing: the same constraint under a plain INSERT has deadlocks."""
    from marketplace.store.opening import open_store

    store = open_store(postgresql_url, create="missing")
    with_resources(store, resource())
    store.close()
    answers = herd.run(tasks.take_and_free_plainly, postgresql_url, 5.0)
    codes = [code for answer in answers for code in answer["codes"]]
    assert codes.count("40P01") > 0, f"nobody was racing: {len(codes)} refusals"


@pytest.mark.invariant(23)
def test_moves_never_collide(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Who exchanges one night for another keeps one of the two, and nobody is in it besides."""
    with_resources(store, resource())
    codes = set().union(*herd.run(tasks.move_about, database_url, 10))
    assert codes <= {"sold_out"}, codes
    spans = live_spans(store)
    assert 1 <= len(spans) <= 16
    assert overlaps(spans) == 0


@pytest.mark.invariant(4, 5, 15)
def test_a_wallet_is_spent_once(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Sixteen who spend from one wallet get out what was in it, and nothing drifts."""
    with store.begin() as work:
        work.ledger.post([journal("jr_in", Transfer(CLEARING, wallet("pa_1"), 50))])
    done = herd.run(tasks.spend, database_url, 5)
    assert sum(done) == 50
    with store.begin(write=False) as work:
        assert work.ledger.balance(wallet("pa_1")).available == 0
        assert work.ledger.drift() == []
        assert sum(debits - credits for _, _, debits, credits in work.ledger.trial()) == 0


@pytest.mark.invariant(15)
def test_a_pending_transfer_is_resolved_once(
    store: SqlStore, database_url: str, herd: Herd
) -> None:
    """Of sixteen who resolve one pending transfer, one does; the others hear that it was done."""
    with store.begin() as work:
        move = Transfer(CLEARING, wallet("pa_1"), 100, "pending")
        held = work.ledger.post([journal("jr_hold", move)])[0].transfers[0].id
    got = herd.run(tasks.resolve, database_url, held)
    assert sorted(set(got)) == ["already_resolved", "resolved"]
    assert got.count("resolved") == 1
    with store.begin(write=False) as work:
        assert work.ledger.balance(wallet("pa_1")).posted == 100
        assert work.ledger.drift() == []


@pytest.mark.invariant(45)
def test_every_party_counts_without_a_gap(store: SqlStore, database_url: str, herd: Herd) -> None:
    """However many write at once, each party's events are numbered from one, without a gap."""
    herd.run(tasks.tell, database_url, 6)
    with store.begin(write=False) as work:
        for party_id, count in (("pa_1", 192), ("pa_2", 192), ("pa_3", 96)):
            feed = work.events.feed(party_id, 0, 1000)
            assert [one.number for one in feed] == list(range(1, count + 1))
            assert len({one.event.id for one in feed}) == count


def test_an_intent_is_leased_once(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Sixteen workers share the waiting intents: each is leased by one of them."""
    intent = Intent("", MoneyKind.HOLD, "sandbox", 100, "NPR", NOW, NOW)
    with store.begin() as work:
        work.add(*(evolve(intent, id=f"in_{number:02}") for number in range(40)))
    leased = [id for ids in herd.run(tasks.lease, database_url) for id in ids]
    assert sorted(leased) == [f"in_{number:02}" for number in range(40)]


@pytest.mark.behaviour("C6")
def test_a_timer_fires_once(store: SqlStore, database_url: str, herd: Herd) -> None:
    """Sixteen workers share what is due: each timer is taken by one of them."""
    with store.begin() as work:
        work.timers.arm([Timer("offer", f"of_{n:02}", "expire", NOW - HOUR) for n in range(40)])
    fired = [id for ids in herd.run(tasks.fire, database_url) for id in ids]
    assert sorted(fired) == [f"of_{number:02}" for number in range(40)]


@pytest.mark.behaviour("C5")
@pytest.mark.invariant(42, 53)
def test_a_key_is_used_once_and_the_chain_holds(
    store: SqlStore, database_url: str, herd: Herd
) -> None:
    """Of sixteen under one key one is done, and all commands on a subject form one chain."""
    said = herd.run(tasks.ask, database_url, 4)
    assert sorted(said) == ["did it"] + ["key_in_use"] * 15
    with store.begin(write=False) as work:
        assert len(work.commands.about("tx_1")) == 16 * 4 - 15
        assert work.commands.broken_chains() == []


@pytest.mark.behaviour("C5")
def test_the_same_command_at_one_moment_is_done_once(
    store: SqlStore, database_url: str, herd: Herd
) -> None:
    """Sixteen who look for a key before they use it wait for each other: one does it, and all
    others find what it did, none of them refused."""
    said = herd.run(tasks.look_and_ask, database_url)
    assert len(set(said)) == 1
    with store.begin(write=False) as work:
        assert len(work.select(Command)) == 1
