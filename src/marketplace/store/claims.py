"""The book of capacity: claims that the database itself keeps apart.

Claims on a *single* resource never overlap: PostgreSQL keeps that by an exclusion constraint,
SQLite by a trigger. A *counted* resource has one row for each grain that was ever claimed, with
a check that no more is used than there is. Rows are always locked in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from marketplace.domain.reservation import LIVE, Cause, Reservation, Resource, sold_out
from marketplace.errors import Conflict, InvalidInput, SoldOut
from marketplace.store import claims_sql as sql
from marketplace.store.counts import Counts, inserting
from marketplace.store.runner import Ask, Row, Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement
from marketplace.store.touching import EPOCH, most_taken, span, touching

MAX_GRAINS = 10_000
"""How many grains one claim may cover: 27 years of nights, 416 days of hours."""


@frozen
class _Share:
    """What a claim takes of a resource's grains."""

    resource_id: str
    slots: tuple[int, ...]
    quantity: int


Touch = Callable[[str, datetime | None, datetime | None], None]
"""Told of every resource and span of which a claim came, went or changed."""


class Claims(Counts):
    """Capacity inside a unit of work; see ``marketplace.domain.books.ClaimBook``."""

    def __init__(self, runner: Runner, shelf: Shelf, touch: Touch | None = None) -> None:
        self._runner = runner
        self._shelf = shelf
        self._touch: Touch = touch or (lambda resource_id, start, end: None)
        self._ready = shelf.ready[Reservation]

    def claim(
        self,
        reservations: Sequence[Reservation],
        now: datetime,
        known: Iterable[Resource] = (),
    ) -> list[Reservation]:
        """Write live claims, all or none; lapsed claims in their way are freed first.

        ``known`` are resources that need not be read; how much there is is looked up in any case.
        Raises ``SoldOut`` naming the resource; nothing of the call is then written.
        """
        if not reservations:
            return []
        resources = {one.id: one for one in known}
        unknown = {one.resource_id for one in reservations} - set(resources)
        resources |= self.resources(unknown) if unknown else {}
        wanted = sorted(reservations, key=_order)
        for one in wanted:
            _check(one, resources[one.resource_id])
        for one in wanted:
            self._touch(one.resource_id, one.start, one.end)
        if self.takes_each(wanted, resources):
            return list(reservations)
        if len(wanted) == 1:
            self._claim_one(wanted[0], resources[wanted[0].resource_id], now)
            return list(reservations)
        with self._runner.all_or_none():
            for one in wanted:
                self._claim_one(one, resources[one.resource_id], now)
        return list(reservations)

    def claim_counts(self, reservations: Sequence[Reservation], known: Sequence[Resource]) -> bool:
        """Write several live claims on counts that have no span, if there is room for all."""
        wanted = sorted(reservations, key=_order)
        named = {one.resource_id for one in wanted}
        resources = {one.id: one for one in known if one.id in named}
        for one in wanted:
            _check(one, resources[one.resource_id])
        claimed = self.takes_each(wanted, resources)
        for one in wanted if claimed else ():
            self._touch(one.resource_id, one.start, one.end)
        return claimed

    def _claim_one(self, one: Reservation, resource: Resource, now: datetime) -> None:
        """Write one claim, or raise ``SoldOut`` with nothing written.

        What takes one statement needs no savepoint, and most claims take one.
        """
        slots = _slots(one, resource)
        if len(slots) <= 1:
            if self._take(one, resource, slots):
                return
        else:
            try:
                with self._runner.all_or_none():
                    self._take_or_raise(one, resource, slots)
                return
            except SoldOut:
                pass  # Perhaps lapsed claims stand in the way.
        lapsed = self._lapsed(one, resource, now)
        if not lapsed:
            raise sold_out(one, resource)
        with self._runner.all_or_none():
            self._free_lapsed(lapsed, now)
            self._take_or_raise(one, resource, slots)

    def _take_or_raise(self, one: Reservation, resource: Resource, slots: Sequence[int]) -> None:
        if not self._take(one, resource, slots):
            raise sold_out(one, resource)

    def _take(self, one: Reservation, resource: Resource, slots: Sequence[int]) -> bool:
        """Write one claim if there is room; on False a counted one may be partly written."""
        if not slots and one.quantity > resource.capacity:
            return False
        if slots:
            statement = self._shelf.formed(sql.TAKE, **self._words("slots", "bigint"))
            values = {
                "resource_id": resource.id,
                "quantity": one.quantity,
                "slots": self._shelf.adapter.array(slots),
            }
            rows = self._runner.write_rows(statement, statement.fill(values))
            if len(rows) < len(slots):
                return False
        row = (*self._ready.codec.encode(one), resource.kind == "single")
        if resource.kind != "single":
            # There is room, and nobody is to be asked whether it overlaps.
            self._runner.send(inserting(self._shelf), row)
            return True
        unless = self._shelf.adapter.unless_taken(self._shelf.tables)
        statement = inserting(self._shelf, f"{unless} RETURNING id")
        return bool(self._runner.write_rows(statement, row))

    def _lapsed(self, one: Reservation, resource: Resource, now: datetime) -> list[str]:
        """The claims that stand where this one wants to, and have lapsed."""
        there = self.live([resource.id], *_whole_grains(one, resource), [resource])
        return [
            found.id
            for found in there
            if found.state != "confirmed" and found.until is not None and found.until <= now
        ]

    def _free_lapsed(self, ids: Sequence[str], now: datetime) -> None:
        """Free those of these claims that nobody made firm meanwhile."""
        where = "{any:id:ids} AND until <= :now AND state <> 'confirmed'"
        lock = self._shelf.adapter.row_lock
        statement = self._shelf.formed(sql.FREE, where=where, lock=lock)
        put, array = self._shelf.adapter.put_moment, self._shelf.adapter.array
        values = {"ids": array(sorted(ids)), "now": put(now)}
        self._give_back(self._runner.write_rows(statement, statement.fill(values)))

    def of_cause(self, cause: Cause, cause_id: str) -> list[Reservation]:
        """Live claims of one cause."""
        where = "cause_id = :cause_id AND cause = :cause"
        return self._read(self._living(where), (cause_id, cause))

    def reserved_for(self, customer_id: str, now: datetime) -> Callable[[], list[Reservation]]:
        """Claims that deals of a customer have reserved, not yet firm and not lapsed: gives what
        has them, asked for with the next question.

        Locks the customer: whoever counts them for the same one waits until this work ends.
        """
        adapter = self._shelf.adapter
        asks: list[Ask] = []
        if adapter.row_lock:
            self._runner.about_to_write()
            lock = self._shelf.formed(sql.LOCK_PARTY, lock=adapter.row_lock)
            asks.append((lock, (customer_id,)))
        statement = self._shelf.formed(sql.RESERVED_FOR, columns=self._ready.columns)
        values = {"now": adapter.put_moment(now), "id": customer_id}
        rows = self._runner.later([*asks, (statement, statement.fill(values))])
        return lambda: [self._ready.codec.decode(row) for row in rows()]

    def confirm(self, ids: Sequence[str]) -> None:
        """Make claims firm: they lapse no more. Raises ``Conflict`` if one is not live."""
        self._change("state = 'confirmed', until = NULL", ids)

    def confirm_of(
        self, transaction_ids: Sequence[str], name: str, listing_ids: Sequence[str]
    ) -> Callable[[], set[str]]:
        """Make deals' live claims on resources of this name firm; gives what knows, when it is
        asked, which of the deals have any."""
        adapter = self._shelf.adapter
        # A deal has few claims; a listing's resource has as many as it has a history.
        words = {"aside": adapter.aside, "lock": adapter.row_lock}
        statement = self._shelf.formed(sql.CONFIRM_OF, **words)
        deals, listings = adapter.array(sorted(transaction_ids)), adapter.array(listing_ids)
        values = {"deals": deals, "name": name, "listings": listings}
        rows = self._runner.write_later(statement, statement.fill(values))

        def confirmed() -> set[str]:
            get = adapter.get_moment
            for _, resource_id, start, end in rows():
                self._touch(resource_id, start and get(start), end and get(end))
            return {row[0] for row in rows()}

        return confirmed

    def hand_over(self, ids: Sequence[str], transaction_id: str, customer_id: str | None) -> None:
        """Give the claims of an accepted offer to its deal, and to whose deal it is."""
        sets = "cause = 'transaction', cause_id = :cause_id, customer_id = :customer_id"
        self._change(sets, ids, transaction_id, customer_id)

    def _change(self, sets: str, ids: Sequence[str], *values: Any) -> None:
        if not ids:
            return
        live = self._read(
            self._living("{any:id:ids}", lock=self._shelf.adapter.row_lock),
            (self._shelf.adapter.array(sorted(ids)),),
        )
        gone = sorted(set(ids) - {one.id for one in live})
        if gone:
            raise Conflict(
                f"not live any more: {', '.join(gone)}",
                code="claim_not_live",
                params={"reservations": gone},
            )
        for one in live:
            self._touch(one.resource_id, one.start, one.end)
        statement = self._shelf.formed(sql.CHANGE, sets=sets)
        self._runner.send(statement, (*values, self._shelf.adapter.array(sorted(ids))))

    def move(
        self,
        old: Sequence[str],
        new: Sequence[Reservation],
        now: datetime,
        known: Iterable[Resource] = (),
    ) -> None:
        """Exchange claims in one step: the old never collide with the new.

        Raises ``SoldOut`` and leaves the old as they were.
        """
        with self._runner.all_or_none():
            if self._shelf.adapter.row_lock:
                # Two who change places would each wait for what the other just left.
                array, lock = self._shelf.adapter.array, self._shelf.adapter.row_lock
                wanted = array(sorted({one.resource_id for one in new}))
                self._runner.about_to_write()
                statement = self._shelf.formed(sql.LOCK_RESOURCES, lock=lock)
                values = {"ids": array(sorted(old)), "wanted": wanted}
                self._runner.rows(statement, statement.fill(values))
            self.free(old)
            self.claim(new, now, known)

    def free(self, ids: Sequence[str]) -> None:
        """Give claims back; freeing twice is harmless."""
        if not ids:
            return
        words = {"where": "{any:id:ids}", "lock": self._shelf.adapter.row_lock}
        statement = self._shelf.formed(sql.FREE, **words)
        rows = self._runner.write_rows(statement, (self._shelf.adapter.array(sorted(ids)),))
        self._give_back(rows)

    def _give_back(self, rows: Sequence[Row]) -> None:
        """Subtract freed claims from their grains, in ascending order."""
        get = self._shelf.adapter.get_moment
        freed = [(*row[:3], row[3] and get(row[3]), row[4] and get(row[4])) for row in rows]
        for resource_id, _, _, start, end in freed:
            self._touch(resource_id, start, end)
        counted = [row for row in freed if not row[1]]
        if not counted:
            return
        resources = self.resources({row[0] for row in counted})
        shares: list[_Share] = []
        for resource_id, _, quantity, start, end in counted:
            slots = _span_slots(resources[resource_id], start, end)
            shares.append(_Share(resource_id, slots, quantity))
        statement = self._shelf.formed(sql.GIVE_BACK, lock=self._shelf.adapter.row_lock)
        for share in sorted(shares, key=lambda one: (one.resource_id, one.slots)):
            slots = self._shelf.adapter.array(share.slots)
            values = {"quantity": share.quantity, "id": share.resource_id, "slots": slots}
            self._runner.send(statement, statement.fill(values))

    def live(
        self,
        resource_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        known: Iterable[Resource] = (),
    ) -> list[Reservation]:
        """Live claims that touch a span, by resource and start.

        ``known`` are resources that need not be read.
        """
        if start is None:
            living = self._living("{any:resource_id:ids}" + span(start, end))
            values: list[Any] = [self._shelf.adapter.array(list(resource_ids))]
            values += [] if end is None else [self._shelf.adapter.put_moment(end)]
            return sorted(self._read(living, values), key=_order)
        of = {one.id: one for one in known}
        unknown = set(resource_ids) - set(of)
        of |= self.there(unknown) if unknown else {}
        among = [of[one] for one in set(resource_ids) if one in of]
        return sorted(touching(self._runner, self._shelf, among, start, end), key=_order)

    def most_taken(
        self, resources: Iterable[Resource], start: datetime, end: datetime
    ) -> dict[str, int]:
        """How much of each counted calendar is taken at once in a span, at most."""
        return most_taken(self._runner, self._shelf, resources, start, end)

    def drift(self) -> list[str]:
        """Sentences, one for every grain whose use differs from its live claims."""
        claims = self._read(self._living("NOT single"), ())
        resources = self.resources({one.resource_id for one in claims})
        claimed: dict[tuple[str, int], int] = {}
        for one in claims:
            for slot in _slots(one, resources[one.resource_id]):
                at = one.resource_id, slot
                claimed[at] = claimed.get(at, 0) + one.quantity
        faults: list[str] = []
        for resource_id, slot, used in self._runner.rows(self._shelf.sql(sql.BUCKETS)):
            live = claimed.pop((resource_id, slot), 0)
            if used != live:
                faults.append(f"{resource_id} has {used} used in grain {slot}, live are {live}")
        faults += [f"{id} has live claims and no grain {slot}" for id, slot in sorted(claimed)]
        return faults

    def _words(self, parameter: str, kind: str) -> dict[str, str]:
        adapter = self._shelf.adapter
        return {"each": adapter.each(parameter, kind), "share": adapter.share_lock}

    def _living(self, where: str, lock: str = "") -> Statement:
        return self._shelf.formed(sql.LIVE, columns=self._ready.columns, where=where, lock=lock)

    def _read(self, statement: Statement, params: Sequence[Any]) -> list[Reservation]:
        rows = self._runner.rows(statement, tuple(params))
        return [self._ready.codec.decode(row) for row in rows]


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def _order(one: Reservation) -> tuple[str, datetime, str]:
    return one.resource_id, one.start or _BEFORE_ALL, one.id


def _check(one: Reservation, resource: Resource) -> None:
    if one.state not in LIVE:
        raise InvalidInput(f"a claim begins as one of {', '.join(LIVE)}, not as {one.state!r}")
    if one.start is not None and one.end is not None and one.end <= one.start:
        raise InvalidInput(f"a claim must end after it starts: {one.start} to {one.end}")
    _slots(one, resource)


def _slots(one: Reservation, resource: Resource) -> tuple[int, ...]:
    return _span_slots(resource, one.start, one.end)


def _span_slots(
    resource: Resource, start: datetime | None, end: datetime | None
) -> tuple[int, ...]:
    """The grains of a counted resource that a span touches, ascending; none for a single one."""
    if resource.kind == "single":
        return ()
    if resource.grain is None:
        return (0,)
    if start is None or end is None:
        raise InvalidInput(f"a claim on {resource.name} needs a start and an end")
    grain = resource.grain // timedelta(microseconds=1)
    first = ((start - EPOCH) // timedelta(microseconds=1)) // grain
    last = ((end - EPOCH) // timedelta(microseconds=1) - 1) // grain
    if last - first >= MAX_GRAINS:
        raise InvalidInput(f"a claim covers {MAX_GRAINS} grains at most, not {last - first + 1}")
    return tuple(range(first, last + 1))


def _whole_grains(one: Reservation, resource: Resource) -> tuple[datetime | None, datetime | None]:
    """The span in which a claim can be in this one's way: its own, or that of its grains."""
    slots = _slots(one, resource)
    if resource.grain is None or not slots:
        return one.start, one.end
    return EPOCH + slots[0] * resource.grain, EPOCH + (slots[-1] + 1) * resource.grain
