"""Two want the same last thing at the same moment: one has it, the other hears a clear refusal."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import OPERATOR, Conflict, Outcome, RadiusRounds, SoldOut
from tests.support.racing import at_once
from tests.support.ride_world import NEAR, Driver, Town


@pytest.mark.behaviour("C4", "R8")
@pytest.mark.parametrize("attempt", range(3))
def test_two_drivers_accept_one_ride_in_the_same_moment(town: Town, attempt: int) -> None:
    """Of three drivers that say yes at once exactly one sits in the ride; the others are refused,
    owe nothing, and are free for the next rider."""
    sita = town.rider()
    drivers = [town.driver(f"Driver {number}", NEAR) for number in range(3)]
    ride = town.order(sita, "card")
    town.dispatch(dispatcher=RadiusRounds((5_000,), 3))
    offers = [town.offer_to(driver) for driver in drivers]

    def yes(offer: str, driver: Driver) -> Callable[[], Any]:
        return lambda: town.market.offers.accept(offer, by=driver.party)

    answers = at_once(*(yes(o, d) for o, d in zip(offers, drivers, strict=True)))
    won = [number for number, answer in enumerate(answers) if not isinstance(answer, Outcome)]
    assert len(won) == 1
    losers = [answers[n] for n in range(3) if n not in won]
    # Named, so that one that is refused otherwise says how.
    assert [one for one in losers if not isinstance(one, Conflict)] == []
    assert town.now(ride).listing_id == drivers[won[0]].listing
    seats = town.market.transactions.seats(ride.id, by=OPERATOR)
    assert [one.party_id for one in seats if one.role == "provider"] == [drivers[won[0]].id]
    other = town.order(town.rider("Gita"), "card")
    assert len(town.dispatch(dispatcher=RadiusRounds((5_000,), 3))) == 2
    assert town.now(other).state == "offered"


@pytest.mark.behaviour("C4")
@pytest.mark.parametrize("attempt", range(3))
def test_two_riders_want_the_same_driver_in_the_same_moment(town: Town, attempt: int) -> None:
    """Two riders put their fares to one driver at once: one offer leases the driver's attention,
    the other rider hears that it is taken."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    requests = {who.id: town.ask(who) for who in (sita, gita)}

    def put(who: Any) -> Callable[[], Any]:
        return lambda: town.market.offers.make(
            requests[who.id].id, by=who, listing=ram.listing, price=town.money(15_000)
        )

    answers = at_once(put(sita), put(gita))
    refused = [one for one in answers if isinstance(one, Outcome)]
    assert len(refused) == 1
    assert isinstance(refused[0], SoldOut)
    made = town.market.offers.list(by=ram.party, state="made").items
    assert len(made) == 1


@pytest.mark.behaviour("C4")
def test_the_last_seat_is_taken_once(town: Town) -> None:
    """A vehicle of one seat, kept back twice at once, is kept back once."""
    ram = town.driver()

    def keep(label: str) -> Callable[[], Any]:
        return lambda: town.market.listings.block_out(
            ram.listing, by=ram.party, resource="seats", label=label
        )

    answers = at_once(*(keep(str(number)) for number in range(4)))
    refused = [one for one in answers if isinstance(one, Outcome)]
    assert len(refused) == 3
    assert all(isinstance(one, SoldOut) for one in refused)


def test_the_same_harness_sells_a_seat_twice_without_the_database_s_help(town: Town) -> None:
    """The negative control: look first and write then, as a careless program does, and the very
    same threads both take the last seat; so a race that is run here is a race."""
    engine = town.market.context.store.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE careless (taken INTEGER)"))
    looked = threading.Barrier(2)

    def careless() -> bool:
        with engine.connect() as connection:
            free = not connection.execute(sa.text("SELECT count(*) FROM careless")).scalar()
            connection.rollback()
        looked.wait()
        if free:
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO careless VALUES (1)"))
        return free

    assert at_once(careless, careless) == [True, True]
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM careless")).scalar() == 2
        connection.execute(sa.text("DROP TABLE careless"))
