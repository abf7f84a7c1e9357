"""The book of the search index: rows made of listings, bits made of their calendars.

It is written when the unit of work ends, after all that it is made of. On PostgreSQL two units of
work that change one calendar take turns there, by its name: the second sees what the first did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from marketplace.domain.cells import NOWHERE, cell_of, point_of
from marketplace.domain.place import Place
from marketplace.domain.reservation import Resource
from marketplace.domain.search import Entry, Hit, Look
from marketplace.domain.search_words import signature
from marketplace.store import claims_sql
from marketplace.store import search_sql as sql
from marketplace.store.calendars import BLOCK, Taken, slots_of, taken, widened
from marketplace.store.looking import asked
from marketplace.store.runner import Row, Runner
from marketplace.store.shelf import Shelf

MANY = 500
"""How many listings are looked at together, and from how many rows on they are loaded."""

_parts = msgspec.json.Encoder(order="sorted").encode
_read_parts = msgspec.json.Decoder(dict[str, int]).decode


class _At(NamedTuple):
    """The key of a listing's rows."""

    vertical: str
    cell: int
    listing_id: str

    @property
    def row(self) -> dict[str, Any]:
        """As parameters."""
        return self._asdict()


class SearchIndex:
    """The index inside a unit of work; see ``marketplace.domain.search.SearchBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, calendars: frozenset[str]) -> None:
        self._runner = runner
        self._shelf = shelf
        self._calendars = calendars
        self.waiting: dict[str, Entry | None] = {}
        self._touched: dict[str, list[tuple[datetime | None, datetime | None]]] = {}

    def put(self, entries: Sequence[Entry]) -> None:
        """Index listings, each in place of what was indexed of it before."""
        self._runner.about_to_write()
        self.waiting.update({one.listing_id: one for one in entries})

    def remove(self, listing_ids: Sequence[str]) -> None:
        """Index these no more; what is not indexed is no mistake."""
        self._runner.about_to_write()
        self.waiting.update(dict.fromkeys(listing_ids))

    def touch(self, resource_id: str, start: datetime | None, end: datetime | None) -> None:
        """Note that a claim on a resource came, went or can lapse no more."""
        if self._calendars:
            self._touched.setdefault(resource_id, []).append((start, end))

    def flush(self) -> None:
        """Write what waits for the end of the unit of work."""
        if not self.waiting and not self._touched:
            return
        waiting, self.waiting = self.waiting, {}
        touched, self._touched = self._touched, {}
        entries = [one for one in waiting.values() if one is not None]
        ids = {one.resource_id for one in entries if one.resource_id is not None}
        resources = {one.id: one for one in self._resources(ids | set(touched))}
        calendars = [one for one in resources if one in ids or self._is_calendar(resources[one])]
        for resource_id in sorted(calendars):
            self._take_turns(resource_id)
        if waiting:
            self._forget(sorted(waiting), {one.listing_id: one for one in entries})
            self._write(entries, resources)
        rest = [resources[one] for one in sorted(calendars) if one in touched and one not in ids]
        if rest:
            self._refresh(rest, touched)

    def _is_calendar(self, resource: Resource) -> bool:
        return resource.name in self._calendars

    def _take_turns(self, resource_id: str) -> None:
        lock = self._shelf.adapter.name_lock
        if lock is not None:
            self._runner.send(self._shelf.sql(lock), (f"search/{resource_id}",))

    def _resources(self, ids: Iterable[str]) -> list[Resource]:
        wanted = sorted(ids)
        if not wanted:
            return []
        ready = self._shelf.ready[Resource]
        statement = self._shelf.formed(claims_sql.RESOURCES, columns=ready.columns)
        rows = self._runner.rows(statement, (self._shelf.adapter.array(wanted),))
        return [ready.codec.decode(row) for row in rows]

    def _forget(self, ids: Sequence[str], entries: dict[str, Entry]) -> None:
        """Delete the rows of listings, but the words that will be there again."""
        rows = self._runner.rows(
            self._shelf.sql(sql.WHERE_IT_IS), (self._shelf.adapter.array(list(ids)),)
        )
        for listing_id, vertical, cell, words in rows:
            at = _At(vertical, cell, listing_id)
            entry = entries.get(listing_id)
            stays = entry is not None and _at(entry) == at
            gone = set(words.split()) - (set(_words(entry)) if entry and stays else set())
            for text in sql.FORGET:
                self._send(text, at.row)
            if gone:
                array = self._shelf.adapter.array(sorted(gone))
                self._send(sql.FORGET_WORDS, {**at.row, "words": array})

    def _write(self, entries: Sequence[Entry], resources: dict[str, Resource]) -> None:
        known = taken(
            self._runner,
            self._shelf,
            [resources[one.resource_id] for one in entries if one.resource_id is not None],
        )
        each = self._shelf.adapter.each("words", "text")
        # In the order of the key, so that pages are filled one after the other.
        keyed = sorted(((_at(one), one) for one in entries), key=lambda pair: pair[0])
        self._insert("search_entry", [_entry(*pair, resources) for pair in keyed])
        self._insert("search_text", [_text(*pair, known) for pair in keyed])
        self._insert("search_taken", [row for pair in keyed for row in _masks(*pair, known)])
        array, each = self._shelf.adapter.array, self._shelf.adapter.each("words", "text")
        words = self._shelf.sql(sql.ADD_WORDS.format(each=each))
        rows = [{**at.row, "words": array(_words(one))} for at, one in keyed]
        self._runner.send_many(words, [words.fill(row) for row in rows])

    def _insert(self, noun: str, rows: list[tuple[Any, ...]]) -> None:
        columns = sql.TABLES[noun]
        if len(rows) < MANY:
            self._runner.send_many(self._shelf.sql(sql.insert(noun, columns)), rows)
        else:
            self._runner.load(self._shelf.tables.name(noun), columns, rows)

    def _refresh(
        self,
        resources: Sequence[Resource],
        touched: dict[str, list[tuple[datetime | None, datetime | None]]],
    ) -> None:
        """Write the bits anew that changed claims have a say in."""
        array = self._shelf.adapter.array([one.id for one in resources])
        found = self._runner.rows(self._shelf.sql(sql.OF_RESOURCES), (array,))
        of = {one.id: one for one in resources}
        for resource_id, listing_id, vertical, cell, sure in found:
            resource, at = of[resource_id], _At(vertical, cell, listing_id)
            spans = [slots_of(resource, *span) for span in touched[resource_id]]
            bits = [widened(resource, slots) for slots in spans if slots is not None]
            low = min((one.start for one in bits), default=0) // BLOCK
            high = max((one.stop - 1 for one in bits), default=-1) // BLOCK
            grains = widened(resource, range(low * BLOCK, (high + 1) * BLOCK))
            margin = resource.before + resource.after
            look = range(grains.start - margin, grains.stop + margin)
            now = taken(self._runner, self._shelf, [resource], look)[resource_id]
            self._send(sql.FORGET_BLOCKS, {**at.row, "low": low, "high": high})
            for block, mask in now.masks.items():
                if low <= block <= high:
                    self._insert("search_taken", [(*at, block, mask)])
            if now.sure != bool(sure):
                self._send(sql.SET_SURE, {**at.row, "sure": now.sure})

    def _send(self, text: str, values: dict[str, Any]) -> None:
        statement = self._shelf.sql(text)
        self._runner.send(statement, statement.fill(values))

    def find(self, look: Look) -> list[Hit]:
        """Rows that hold against every limit, in order."""
        self.flush()
        statement, values = asked(self._runner, self._shelf, look)
        return [_hit(row) for row in self._runner.rows(statement, statement.fill(values))]

    def entries(self, vertical: str, listing_ids: Sequence[str]) -> list[Entry]:
        """What is indexed of these listings."""
        self.flush()
        statement = self._shelf.sql(sql.ENTRIES)
        ids = self._shelf.adapter.array(list(listing_ids))
        rows = self._runner.rows(statement, statement.fill({"vertical": vertical, "ids": ids}))
        return [_read(row) for row in rows]

    def drift(self) -> list[str]:
        """Sentences, one for every calendar and word in the index that is not the listing's."""
        self.flush()
        faults: list[str] = []
        after, words = "", 0
        while rows := self._rows(sql.ALL_TEXTS, {"after": after, "limit": MANY}):
            after = rows[-1][2]
            faults += self._calendar_drift(rows)
            for vertical, cell, listing_id, _, said, _ in rows:
                own = sorted(said.split())
                array, key = self._shelf.adapter.array(own), _At(vertical, cell, listing_id).row
                words += len(own)
                if len(self._rows(sql.FILED_WORDS, {**key, "words": array})) < len(own):
                    faults.append(f"the words filed of {listing_id} are not its own")
        return [*faults, *self._left_over(words)]

    def held_out(self, vertical: str, after: str, limit: int) -> list[tuple[int, str]]:
        """Listings that are held out, by their ids: about which cell each would lie in."""
        values = {"vertical": vertical, "after": after, "limit": limit}
        rows = self._rows(sql.HELD_OUT, values)
        return [(_cell(_place(lat, lon, "")), identity) for lat, lon, identity in rows]

    def strays(self, vertical: str, after: str, limit: int) -> list[str]:
        """Listings that are indexed and not held out, by their ids."""
        self.flush()
        values = {"vertical": vertical, "after": after, "limit": limit}
        return [identity for (identity,) in self._rows(sql.STRAYS, values)]

    def orphans(self, vertical: str, limit: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Rows without the others of their listing, which nothing will ever take away."""
        self.flush()
        found: list[tuple[str, tuple[Any, ...]]] = []
        for noun, key in sql.KEYS.items():
            text = sql.ORPHANS.format(noun=noun, columns=", ".join(key))
            rows = self._rows(text, {"vertical": vertical, "limit": limit})
            found += [(noun, row) for row in rows]
        return found

    def forget(self, orphans: Sequence[tuple[str, tuple[Any, ...]]]) -> int:
        """Delete such rows; gives how many."""
        count = 0
        for noun, key in sql.KEYS.items():
            same = " AND ".join(f"{column} = :{column}" for column in key)
            statement = self._shelf.sql(sql.FORGET_ORPHAN.format(noun=noun, key=same))
            rows = [row for of, row in orphans if of == noun]
            count += self._runner.write_many(statement, rows)
        return count

    def _rows(self, text: str, values: dict[str, Any]) -> list[Row]:
        statement = self._shelf.sql(text)
        return self._runner.rows(statement, statement.fill(values))

    def _calendar_drift(self, rows: Sequence[Row]) -> Iterator[str]:
        resources = self._resources({row[3] for row in rows if row[3] is not None})
        now = taken(self._runner, self._shelf, resources)
        filed: dict[str, dict[int, int]] = {}
        ids = self._shelf.adapter.array([row[2] for row in rows])
        for listing_id, block, mask in self._rows(sql.TAKEN_OF, {"ids": ids}):
            filed.setdefault(listing_id, {})[block] = mask
        for _, _, listing_id, resource_id, _, sure in rows:
            right = now.get(resource_id, Taken())
            if filed.get(listing_id, {}) != right.masks or bool(sure) != right.sure:
                yield f"the calendar indexed of {listing_id} is not what is taken of it"

    def _left_over(self, words: int) -> Iterator[str]:
        """Rows without the others of their listing."""
        texts, entries, filed = (
            self._rows(text, {})[0][0]
            for text in (sql.COUNT_TEXTS, sql.COUNT_ENTRIES, sql.COUNT_WORDS)
        )
        if texts != entries:
            yield f"{entries} listings can be found, {texts} can be shown"
        if filed != words:
            yield f"{filed} words are filed, listings have {words}"


def _at(entry: Entry) -> _At:
    return _At(entry.vertical, _cell(entry.place), entry.listing_id)


def _cell(place: Place | None) -> int:
    return NOWHERE if place is None else cell_of(place)


def _words(entry: Entry) -> list[str]:
    return [*sorted(set(entry.words)), *sorted(f"#{tag}" for tag in set(entry.tags))]


def _entry(at: _At, one: Entry, resources: dict[str, Resource]) -> tuple[Any, ...]:
    """A row of ``sql.ENTRY_COLUMNS``."""
    lat, lon = (None, None) if one.place is None else (one.place.lat, one.place.lon)
    point = (0, 0, 0) if one.place is None else point_of(one.place)
    units = 1 if one.resource_id is None else resources[one.resource_id].capacity
    counts = (one.price, one.fits, units, signature(one.tags), -one.points, one.least, one.most)
    return (*at, one.currency, *counts, one.notice, one.window, one.gated, lat, lon, *point)


def _text(at: _At, one: Entry, known: dict[str, Taken]) -> tuple[Any, ...]:
    """A row of ``sql.TEXT_COLUMNS``."""
    label = "" if one.place is None else one.place.label
    words, parts = f" {' '.join(_words(one))} ", _parts(dict(one.parts)).decode()
    sure = one.resource_id is None or known[one.resource_id].sure
    return (*at, one.provider_id, one.resource_id, one.title, label, words, parts, sure)


def _masks(at: _At, one: Entry, known: dict[str, Taken]) -> list[tuple[Any, ...]]:
    """Rows of ``sql.TAKEN_COLUMNS``."""
    masks = {} if one.resource_id is None else known[one.resource_id].masks
    return [(*at, block, masks[block]) for block in sorted(masks)]


def _place(lat: float | None, lon: float | None, label: str) -> Place | None:
    return None if lat is None or lon is None else Place(lat, lon, label)


def _hit(row: Row) -> Hit:
    (listing_id, provider_id, resource_id, title, currency, price, lat, lon, label, order) = row[
        :10
    ]
    parts, gated, sure, notice, window = row[10:]
    return Hit(
        listing_id=listing_id,
        provider_id=provider_id,
        resource_id=resource_id,
        title=title,
        currency=currency,
        price=price,
        place=_place(lat, lon, label),
        order=order,
        parts=_read_parts(parts),
        gated=bool(gated),
        sure=bool(sure),
        notice=notice,
        window=window,
    )


def _read(row: Row) -> Entry:
    (vertical, _, listing_id, currency, price, fits, least, most, notice, window) = row[:10]
    gated, lat, lon, provider_id, resource_id, title, label, words, parts = row[10:19]
    said = words.split()
    return Entry(
        listing_id=listing_id,
        vertical=vertical,
        provider_id=provider_id,
        title=title,
        currency=currency,
        place=_place(lat, lon, label),
        resource_id=resource_id,
        price=price,
        fits=fits,
        tags=tuple(word[1:] for word in said if word[0] == "#"),
        words=tuple(word for word in said if word[0] != "#"),
        parts=_read_parts(parts),
        least=least,
        most=most,
        notice=notice,
        window=window,
        gated=bool(gated),
    )
