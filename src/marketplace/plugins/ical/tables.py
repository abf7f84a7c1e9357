"""The plugin's own tables: calendars followed, what they say, the blocks made of it, addresses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import attrs
import sqlalchemy as sa
from attrs import frozen

from marketplace import Ident, Instant, NotFound, TableNames, Work, plain
from marketplace.plugins.ical.feed import Feed, FeedAddress


@frozen
class Said:
    """Something that a calendar says is taken, in the terms of the listing's own calendar."""

    feed_id: str
    uid: str
    start: datetime
    end: datetime
    closed: bool
    conflict: str = "[]"
    """The stretches that a deal has too, as the host was told."""


@frozen
class Piece:
    """A block that was made of it: all of its days, or those that were free."""

    reservation_id: str
    feed_id: str
    uid: str
    start: datetime
    end: datetime


@frozen
class Tables:
    """The tables under one schema and prefix."""

    metadata: sa.MetaData
    feed: sa.Table
    said: sa.Table
    piece: sa.Table
    address: sa.Table


@cache
def make_tables(names: TableNames) -> Tables:
    """The tables as the newest revision leaves them."""
    metadata = sa.MetaData(schema=names.schema)

    def named(name: str, *columns: Any) -> sa.Table:
        return sa.Table(names(f"ical_{name}"), metadata, *columns)

    def ident(name: str, **given: Any) -> sa.Column[Any]:
        return sa.Column(name, Ident, nullable=False, **given)

    def moment(name: str, **given: Any) -> sa.Column[Any]:
        return sa.Column(name, Instant(), **{"nullable": False, **given})

    def text(name: str, **given: Any) -> sa.Column[Any]:
        return sa.Column(name, sa.Text(), **{"nullable": False, **given})

    def whole(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.BigInteger(), nullable=False)

    def flag(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.Boolean(), nullable=False)

    feed = named(
        "feed", ident("id", primary_key=True), ident("listing_id"), text("resource"),
        text("name"), text("url"), text("unit"), text("state"), moment("since"),
        moment("added_at"), moment("fetched_at", nullable=True), text("code", nullable=True),
        whole("tries"), whole("turn"), whole("own"), text("left_out"),
    )  # fmt: skip
    said = named(
        "said", ident("feed_id", primary_key=True), ident("uid", primary_key=True),
        moment("start", primary_key=True), moment("end"), flag("closed"), text("conflict"),
    )  # fmt: skip
    piece = named(
        "piece", ident("reservation_id", primary_key=True), ident("feed_id"),
        ident("uid"), moment("start"), moment("end"),
    )  # fmt: skip
    address = named(
        "address", ident("id", primary_key=True), ident("listing_id"), text("resource"),
        text("token"), moment("since"), flag("imported"),
    )  # fmt: skip
    sa.Index(names("ical_feed_listing_id_ix"), feed.c.listing_id)
    sa.Index(names("ical_piece_feed_id_ix"), piece.c.feed_id)
    place = address.c.listing_id, address.c.resource
    sa.Index(names("ical_address_listing_id_resource_uq"), *place, unique=True)
    return Tables(metadata, feed, said, piece, address)


def make_metadata(names: TableNames) -> sa.MetaData:
    """What the tables amount to, for the comparison with the migrations."""
    return make_tables(names).metadata


@frozen
class Shelf:
    """The tables inside one unit of work, as values."""

    work: Work

    @property
    def tables(self) -> Tables:
        """Those of this marketplace."""
        return make_tables(self.work.names)

    def _rows(self, statement: Any) -> Sequence[Any]:
        rows: Sequence[Any] = self.work.connection.execute(statement).mappings().all()
        return rows

    def feed(self, feed_id: str, *, lock: bool = False) -> Feed | None:
        """One feed; locked, nobody else changes it until the end."""
        table = self.tables.feed
        statement = sa.select(table).where(table.c.id == feed_id)
        rows = self._rows(statement.with_for_update() if lock else statement)
        return _feed(rows[0]) if rows else None

    def get(self, feed_id: str) -> Feed:
        """One feed, locked; raises ``NotFound``."""
        found = self.feed(feed_id, lock=True)
        if found is None:
            raise NotFound(f"no feed {feed_id!r}")
        return found

    def feeds(self, **equal: Any) -> list[Feed]:
        """Feeds, in the order in which they were added."""
        table = self.tables.feed
        statement = sa.select(table).filter_by(**equal).order_by(table.c.id)
        return [_feed(row) for row in self._rows(statement)]

    def save(self, feed: Feed) -> Feed:
        """Write a feed, new or changed."""
        row = attrs.asdict(feed) | {"left_out": json.dumps(plain(feed.left_out))}
        table = self.tables.feed
        changed = self.work.connection.execute(
            sa.update(table).where(table.c.id == feed.id).values(row)
        )
        if not changed.rowcount:
            self.work.connection.execute(sa.insert(table).values(row))
        return feed

    def forget(self, feed_id: str) -> None:
        """Remove a feed and what it said; its pieces must have been given back."""
        tables = self.tables
        for table, column in (
            (tables.said, tables.said.c.feed_id),
            (tables.piece, tables.piece.c.feed_id),
            (tables.feed, tables.feed.c.id),
        ):
            self.work.connection.execute(sa.delete(table).where(column == feed_id))

    def said(self, feed_ids: Iterable[str]) -> list[Said]:
        """What feeds say, by feed and start."""
        table = self.tables.said
        statement = (
            sa.select(table)
            .where(table.c.feed_id.in_(sorted(feed_ids)))
            .order_by(table.c.feed_id, table.c.start, table.c.uid)
        )
        return [Said(**row) for row in self._rows(statement)]

    def say(self, said: Said) -> None:
        """Write what a feed says, in the place of what it said of the same before."""
        self.unsay(said)
        self.work.connection.execute(sa.insert(self.tables.said).values(attrs.asdict(said)))

    def unsay(self, said: Said) -> None:
        """Remove what a feed said."""
        table = self.tables.said
        self.work.connection.execute(
            sa.delete(table).where(
                table.c.feed_id == said.feed_id,
                table.c.uid == said.uid,
                table.c.start == said.start,
            )
        )

    def pieces(self, feed_ids: Iterable[str]) -> list[Piece]:
        """The blocks of feeds, by start."""
        table = self.tables.piece
        statement = (
            sa.select(table)
            .where(table.c.feed_id.in_(sorted(feed_ids)))
            .order_by(table.c.start, table.c.reservation_id)
        )
        return [Piece(**row) for row in self._rows(statement)]

    def lay(self, piece: Piece) -> None:
        """Write down that a block was made."""
        self.work.connection.execute(sa.insert(self.tables.piece).values(attrs.asdict(piece)))

    def lift(self, piece: Piece) -> None:
        """Forget a block."""
        table = self.tables.piece
        self.work.connection.execute(
            sa.delete(table).where(table.c.reservation_id == piece.reservation_id)
        )

    def address(self, **equal: Any) -> FeedAddress | None:
        """One address by its fields."""
        rows = self._rows(sa.select(self.tables.address).filter_by(**equal))
        return FeedAddress(**rows[0]) if rows else None

    def put_address(self, address: FeedAddress) -> FeedAddress:
        """Write an address in the place of the one before."""
        self.drop_address(address.id)
        self.work.connection.execute(sa.insert(self.tables.address).values(attrs.asdict(address)))
        return address

    def drop_address(self, address_id: str) -> None:
        """Remove an address."""
        table = self.tables.address
        self.work.connection.execute(sa.delete(table).where(table.c.id == address_id))

    def drop_addresses(self, listing_id: str) -> None:
        """Remove every address of a listing."""
        table = self.tables.address
        self.work.connection.execute(sa.delete(table).where(table.c.listing_id == listing_id))


def _feed(row: Any) -> Feed:
    return Feed(**{**row, "left_out": json.loads(row["left_out"])})
