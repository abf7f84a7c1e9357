"""Soundness: a marketplace that lived is sound, and each thing broken by hand is named."""

import pytest
import sqlalchemy as sa

from marketplace import HOUR, Marketplace, Timer
from marketplace.testing.soundness import faults
from tests.support.cottages import Village
from tests.support.ride_world import Town


def lived(town: Town) -> None:
    """A settled ride by card, one by cash, and one under way."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.settled(sita, ram, "cash")
    town.started(sita, ram, "card")


def run(market: Marketplace, *statements: str) -> None:
    """Statements past every guard of the tables, as somebody with the database's password could."""
    with market.batch() as work:
        connection = work.connection
        if work.dialect == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            triggers = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for (name,) in triggers.fetchall():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for statement in statements:
            assert connection.execute(sa.text(statement)).rowcount > 0, statement
        if work.dialect == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")


@pytest.mark.invariant(1, 4, 25)
def test_a_marketplace_that_lived_is_sound(town: Town) -> None:
    """After rides of every kind there is nothing to complain of."""
    lived(town)
    assert faults(town.market) == []


RAISED = """
UPDATE transfer SET amount = amount + 1
WHERE number = (SELECT max(number) FROM transfer WHERE phase = 'posted')
"""
REVIVED = """
UPDATE reservation SET state = 'confirmed' WHERE id =
(SELECT max(id) FROM reservation WHERE state = 'freed' AND cause = 'transaction')
"""
BROKEN: dict[str, tuple[str, str]] = {
    "a transfer was raised": (
        RAISED,
        "transfer|balance|differ",
    ),
    "a balance was raised": (
        "UPDATE balance SET posted = posted + 5 WHERE posted > 0",
        "differ|off|balance|5",
    ),
    "a claim outlived its ride": (
        REVIVED,
        "claim",
    ),
    "a command was rewritten": (
        "UPDATE command SET actor = 'somebody else' WHERE name = 'transactions.take'",
        "command|chain|hash",
    ),
    "a payment holds for ever": (
        "UPDATE payment SET held = 7 WHERE captured > 0",
        "holds 7",
    ),
}


@pytest.mark.unsound("each breaks a marketplace on purpose")
@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_thing_is_named(town: Town, what: str) -> None:
    """Rows changed by hand are found: money that came from nowhere, claims and holds without a
    cause, an audit trail that was rewritten."""
    lived(town)
    statement, named = BROKEN[what]
    run(town.market, statement)
    with pytest.raises(AssertionError, match=named):
        assert not faults(town.market), "; ".join(faults(town.market))


@pytest.mark.unsound("a timer is armed by hand")
def test_a_timer_of_what_is_over_is_named(town: Town) -> None:
    """A timer that waits for a ride in a final state is found."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    with town.market.batch() as work:
        due = town.clock.now() + HOUR
        work.timers.arm([Timer("transaction", ride.id, "settle", due)])
    (fault,) = faults(town.market)
    assert fault == f"timer settle is set, and transaction {ride.id} is final"


@pytest.mark.invariant(51)
@pytest.mark.unsound("a reputation is changed by hand")
@pytest.mark.parametrize("column", ["count", "total", "counterparties", "weighted_total"])
def test_a_reputation_that_is_not_its_reviews_is_named(small_village: Village, column: str) -> None:
    """Each figure of a reputation is computed again from the reviews that are shown."""
    market, deal = small_village.market, small_village.stayed()
    for party in (small_village.guest, small_village.host):
        market.reviews.write(deal.id, by=party, rating=4)
    assert faults(market) == []
    run(market, f'UPDATE reputation SET "{column}" = "{column}" + 1 WHERE role = \'provider\'')
    (said,) = faults(market)
    assert f"the reputation of {small_village.host.id} as provider" in said
