"""Opening a marketplace: on a URL, an engine, a connection, from asyncio; and letting it run."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from attrs import define, field

from marketplace import (
    HOUR,
    OPERATOR,
    WEEK,
    Event,
    InvalidInput,
    ManualClock,
    Marketplace,
    Pay,
    Place,
    SetupError,
    hookimpl,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.rides import Rides, kathmandu_bike

MORNING = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
THAMEL, PATAN = Place(27.7154, 85.3123), Place(27.6727, 85.3253)


def plugins() -> list[object]:
    """Rides in cash."""
    return [Rides(fare=kathmandu_bike()), Cash()]


def names(market: Marketplace) -> list[str]:
    """Who takes part."""
    return [party.name for party in market.parties.list(by=OPERATOR)]


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine of the caller's, on each database."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE login (name varchar(20))"))
    yield engine
    engine.dispose()


def test_what_one_opening_wrote_the_next_one_reads(database_url: str) -> None:
    """A marketplace on a URL is closed and opened again, and everything is there."""
    with Marketplace.open(database_url, plugins(), create="missing") as market:
        market.parties.join("Sita")
    with Marketplace.open(database_url, plugins(), create="never") as market:
        assert names(market) == ["Sita"]


def test_an_engine_of_the_caller_s_stays_open(engine: sa.Engine) -> None:
    """On the caller's engine the tables bear the prefix, and closing the marketplace does not
    close the engine."""
    market = Marketplace.open(engine, plugins(), prefix="mk_", create="missing")
    market.parties.join("Sita")
    market.close()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM mk_party")) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM login")) == 0


@pytest.mark.parametrize("fails", [True, False])
def test_the_commit_is_the_caller_s(engine: sa.Engine, fails: bool) -> None:
    """In a connection of the caller's, what the marketplace writes and what the caller writes are
    committed together or not at all; a refused command undoes its own part alone."""
    Marketplace.open(engine, plugins(), create="missing").close()

    def sign_up() -> None:
        with engine.begin() as connection:
            market = Marketplace.open(connection, plugins())
            market.parties.join("Ram", phone="+9779800000001")
            connection.execute(sa.text("INSERT INTO login VALUES ('ram')"))
            with pytest.raises(InvalidInput):
                market.parties.join("Hari", kind="horse")
            market.close()
            if fails:
                raise ZeroDivisionError

    if fails:
        with pytest.raises(ZeroDivisionError):
            sign_up()
    else:
        sign_up()
    expected = 0 if fails else 1
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM party")) == expected
        assert connection.scalar(sa.text("SELECT count(*) FROM login")) == expected


def test_an_event_loop_opens_it_in_threads(database_url: str) -> None:
    """From asyncio each call runs in a thread; many at once all succeed, and the loop goes on."""

    async def morning() -> tuple[list[str], int]:
        market = await asyncio.to_thread(
            Marketplace.open, database_url, plugins(), create="missing"
        )
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0)

        heart = asyncio.create_task(beat())
        people = [asyncio.to_thread(market.parties.join, f"rider {n}") for n in range(6)]
        await asyncio.gather(*people)
        heart.cancel()
        found = await asyncio.to_thread(names, market)
        await asyncio.to_thread(market.close)
        return found, beats

    found, beats = asyncio.run(morning())
    assert sorted(found) == [f"rider {n}" for n in range(6)]
    assert beats > 1


def test_two_tasks_do_not_share_a_unit_of_work(database_url: str) -> None:
    """A batch that one thread has open is not joined by another: its failure undoes its own
    commands and nobody else's."""
    with Marketplace.open(database_url, plugins(), create="missing") as market:

        def spoiled() -> None:
            with market.batch():
                market.parties.join("never")
                raise ZeroDivisionError

        async def both() -> Sequence[object]:
            return await asyncio.gather(
                asyncio.to_thread(spoiled),
                asyncio.to_thread(market.parties.join, "Gita"),
                return_exceptions=True,
            )

        first, _ = asyncio.run(both())
        assert isinstance(first, ZeroDivisionError)
        assert names(market) == ["Gita"]


@define
class Watcher:
    """A plugin that writes down when it heard of what."""

    heard: list[tuple[str, datetime]] = field(factory=list)
    name: str = "watcher"

    @hookimpl
    def hear_committed(self, event: Event) -> None:
        """Note it."""
        self.heard.append((event.kind, event.at))


def ridden(market: Marketplace) -> str:
    """A ride in cash that was just finished; its id."""
    sita, ram = market.parties.join("Sita"), market.parties.join("Ram")
    bike = market.listings.draft("rides", by=ram, title="A bike", currency="NPR")
    market.listings.publish(bike.id, by=ram)
    market.listings.appear(bike.id, "online", THAMEL, by=ram)
    request = market.requests.open("rides", by=sita, currency="NPR", place=THAMEL, to=PATAN)
    quote = market.quotes.make(request.id, by=sita)
    ride = market.transactions.open(quote.id, by=sita, pay=Pay("cash"))
    offer = market.matching.dispatch("rides").offers[0]
    market.offers.accept(offer.id, by=ram)
    market.transactions.take(ride.id, "arrive", by=ram)
    code = market.transactions.get(ride.id, by=sita).attributes["pickup_code"]
    market.transactions.take(ride.id, "start", by=ram, code=code)
    market.transactions.take(ride.id, "finish", by=ram)
    return ride.id


def test_a_manual_clock_runs_from_one_due_moment_to_the_next(database_url: str) -> None:
    """Advancing a week settles a ride at its own hour, not a week late, and ends a week on."""
    watcher, clock = Watcher(), ManualClock(MORNING)
    given = [*plugins(), watcher]
    with Marketplace.open(database_url, given, clock=clock, create="missing") as market:
        ride = ridden(market)
        done = market.advance(WEEK)
        assert dict(watcher.heard)["transaction.settle"] == MORNING + HOUR
        assert market.transactions.get(ride, by=OPERATOR).ended_at == MORNING + HOUR
        assert clock.now() == MORNING + WEEK
        assert done.timers >= 1
        assert market.advance(HOUR * 0).timers == 0


def test_only_a_manual_clock_is_advanced(memory_url: str) -> None:
    """The time of the machine is nobody's to move."""
    with (
        Marketplace.open(memory_url, plugins()) as market,
        pytest.raises(SetupError, match="ManualClock"),
    ):
        market.advance(HOUR)


def test_a_quote_knows_what_it_was_made_for(memory_url: str) -> None:
    """A deal is opened on a quote alone; somebody else's quote is not there."""
    with Marketplace.open(memory_url, plugins(), clock=ManualClock(MORNING)) as market:
        sita, gita = market.parties.join("Sita"), market.parties.join("Gita")
        request = market.requests.open("rides", by=sita, currency="NPR", place=THAMEL, to=PATAN)
        quote = market.quotes.make(request.id, by=sita)
        for who, wrong in ((gita, quote.id), (sita, "quo_none")):
            with pytest.raises(LookupError, match="no quote"):
                market.transactions.open(wrong, by=who, pay=Pay("cash"))
        ride = market.transactions.open(quote.id, by=sita, pay=Pay("cash"))
        assert ride.request_id == request.id
