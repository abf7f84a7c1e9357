"""One listing with very many bookings for the suite of vacancies, and the same as others keep them.

A tutor's hours, since a hundred thousand stays of a home would take two thousand years.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import attrs
import click
import sqlalchemy as sa
from sqlalchemy import orm

from bench.recording import Record, Said
from bench.search_world import load
from marketplace import HOUR, ManualClock, Marketplace, Refused, Resource, Span
from marketplace.plugins.stays import Stays

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERY, BOOKED = 7, 3
"""A booking of three hours every seven hours, as many before now as after."""
HOURS = 3
"""How many are asked for."""


class Base(orm.DeclarativeBase):
    """The rivals' tables."""


class Booking(Base):
    """A booking as most keep it; moments as whole hours, which compare fastest."""

    __tablename__ = "rival_booking"
    __table_args__ = (sa.Index("rival_booking_hours", "listing", "first", "past"),)
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    listing: orm.Mapped[str]
    first: orm.Mapped[int]
    past: orm.Mapped[int]


@attrs.frozen
class House:
    """A listing with its bookings, and the market it is in."""

    engine: sa.Engine
    record: Record
    market: Marketplace
    listing_id: str
    resource: Resource
    host: str
    guest: str
    bookings: int

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def first(self) -> int:
        """The hour since 1970 at which the first booking begins."""
        return (NOW - EPOCH) // HOUR - self.bookings // 2 * EVERY

    def gaps(self, count: int) -> list[int]:
        """Hours at which somebody finds the next ones free, all over the bookings."""
        chance = Random(1)
        return [self.first + chance.randrange(self.bookings) * EVERY + BOOKED for _ in range(count)]


def span(hour: int) -> Span:
    """The hours that are asked for."""
    return Span(EPOCH + hour * HOUR, EPOCH + (hour + HOURS) * HOUR)


def furnished(engine: sa.Engine, record: Record, bookings: int) -> House:
    """A listing with so many bookings, and the same bookings in the rivals' table."""
    plugins = [Stays(grain=HOUR)]
    market = Marketplace.open(engine, plugins, clock=ManualClock(NOW), create="missing")
    host, guest = market.parties.join("Ida"), market.parties.join("Ben")
    said = {"zone": "UTC", "rates": {"nightly": 100_00}}
    tutor = market.listings.draft("stays", by=host, title="Maths", currency="EUR", attributes=said)
    market.listings.publish(tutor.id, by=host)
    with market.batch() as work:
        resource = work.find(Resource, listing_id=tutor.id, name="hours")
    assert resource is not None
    house = House(engine, record, market, tutor.id, resource, host.id, guest.id, bookings)
    _book(house)
    market.listings.rebuild_search("stays")
    return house


def _book(house: House) -> None:
    """Write the bookings past the verbs, as claims that stand in no deal."""

    def moment(hour: int) -> Any:
        found = EPOCH + hour * HOUR
        return found.isoformat(timespec="microseconds") if house.sqlite else found

    starts = [house.first + number * EVERY for number in range(house.bookings)]
    id, now = house.resource.id, moment((NOW - EPOCH) // HOUR)
    driver: Any = house.engine.raw_connection()
    load(
        driver,
        "reservation",
        'id, resource_id, single, cause, cause_id, quantity, state, created_at, start, "end",'
        " label, version",
        [
            (
                *(f"rsv_{number:026d}", id, False, "block", "x", 1, "confirmed", now),
                *(moment(hour), moment(hour + BOOKED), "", 1),
            )
            for number, hour in enumerate(starts)
        ],
    )
    load(
        driver,
        "capacity_bucket",
        "resource_id, slot, used, capacity",
        [(id, hour + n, 1, 1) for hour in starts for n in range(BOOKED)],
    )
    driver.commit()
    driver.close()
    Base.metadata.create_all(house.engine)
    with orm.Session(house.engine) as session:
        rows = [
            {"id": number, "listing": id, "first": hour, "past": hour + BOOKED}
            for number, hour in enumerate(starts)
        ]
        session.execute(sa.insert(Booking), rows)
        session.commit()
    if not house.sqlite:
        with house.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("VACUUM ANALYZE")


class _Undone(Exception):
    """Ends a unit of work that was only to be listened to."""


def said_while(house: House, do: Callable[[], Any]) -> list[Said]:
    """What the library says of bookings and nights meanwhile; nothing of it is kept."""
    said = house.record.said
    said.clear()
    with suppress(_Undone), house.market.batch():
        house.record.listens = True
        with suppress(Refused):
            do()
        house.record.listens = False
        raise _Undone
    words = ("capacity_bucket", "reservation")
    return [one for one in said if any(word in one.words for word in words)]


FREE, WHOSE, CLAIM = "this library, whether free", "this library, by whom taken", "its claim"


def library(house: House, hours: list[int]) -> dict[str, list[list[Said]]]:
    """What is said to look whether hours are free, by whom they are taken, and to claim them.

    Raises ``ClickException`` where a guest who asks for hours that are free says more.
    """

    def ask(hour: int) -> list[Said]:
        return said_while(
            house,
            lambda: house.market.requests.open(
                "stays",
                by=house.guest,
                listing=house.listing_id,
                currency="EUR",
                start=span(hour).start,
                end=span(hour).end,
            ),
        )

    def block(hour: int) -> list[Said]:
        return said_while(
            house,
            lambda: house.market.listings.block_out(
                house.listing_id, span(hour), by=house.host, resource="hours"
            ),
        )

    free = [ask(hour) for hour in hours]
    taken = [ask(hour - 1) for hour in hours]
    if {len(one) for one in free} != {1} or {len(one) for one in taken} != {2}:
        raise click.ClickException(f"a guest's request says {free[0]}, and {taken[0]} where taken")
    claims = [[one for one in block(hour) if not one.words.startswith("SELECT")] for hour in hours]
    return {FREE: free, WHOSE: [said[1:] for said in taken], CLAIM: claims}


OVERLAP = "SELECT 1 FROM rival_booking WHERE listing = ? AND first < ? AND past > ? LIMIT 1"
BEFORE = (
    "SELECT past FROM rival_booking WHERE listing = ? AND first < ? ORDER BY first DESC LIMIT 1"
)
ORM = "an ORM's exists()"


def rivals(house: House, hours: list[int]) -> dict[str, list[list[Said]]]:
    """The same questions to the rivals' table, where most look for an overlap."""
    mark, listing = "?" if house.sqlite else "%s", house.resource.id

    def asked(words: str, *values: int) -> list[Said]:
        return [Said(words.replace("?", mark), (listing, *values))]

    return {
        "overlap of spans on an index": [asked(OVERLAP, hour + HOURS, hour) for hour in hours],
        "the one before, on an index": [asked(BEFORE, hour + HOURS) for hour in hours],
    }
