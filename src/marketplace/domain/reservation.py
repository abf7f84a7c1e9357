"""Reservations: claims on capacity, each with exactly one cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import whole
from marketplace.domain.span import local_days
from marketplace.errors import InvalidInput, SoldOut

Cause = Literal["transaction", "offer", "block"]
ReservationState = Literal["proposed", "reserved", "confirmed", "freed"]

LIVE = ("proposed", "reserved", "confirmed")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Resource:
    """What can be claimed of a listing: one driver's attention, four seats, nights of a home.

    ``single``: no two live claims overlap. ``counted``: at every instant the sum of live
    quantities is at most ``capacity``. Without a ``grain`` a claim has no span (stock, seats
    of a car now). With one it has: a counted resource's covers whole grains (a night, an hour),
    a single one's is exact. With a ``zone`` claims are kept in local days: their ``start`` and
    ``end`` are dates there, written as midnight UTC.
    """

    id: str
    listing_id: str
    name: str
    """``attention``, ``seats``, ``capacity``: what effects name."""
    kind: Literal["single", "counted"] = "single"
    capacity: int = 1
    grain: timedelta | None = None
    zone: str | None = None
    """The time zone whose days it counts (nights of a home); None: instants as they are."""
    before: int = 0
    """Grains that a deal's claim takes before its own, to prepare."""
    after: int = 0
    """Grains that a deal's claim takes after its own, to clean up."""
    option: str = ""
    """Of which option of the listing it is (a variant, a room type); empty: of the listing."""
    version: int = 1

    def __attrs_post_init__(self) -> None:
        if whole(self.capacity, "a capacity") < 0:
            raise InvalidInput(f"a capacity must be zero or more, not {self.capacity}")
        for margin in (self.before, self.after):
            if whole(margin, "preparation") < 0:
                raise InvalidInput(f"preparation takes zero or more grains, not {margin}")

    def covers(
        self, start: datetime, end: datetime, *, prepared: bool = False
    ) -> tuple[datetime, datetime]:
        """What a claim from one instant to another takes: local days where it has a zone.

        ``prepared`` adds the grains before and after: a deal's claim needs them, a block does not.
        """
        if self.zone is not None:
            start, end = local_days(start, end, self.zone)
        if prepared and self.grain is not None:
            start, end = start - self.before * self.grain, end + self.after * self.grain
        return start, end


@frozen
class Reservation:
    """A claim of ``quantity`` on a resource over a span, living only while its cause claims."""

    id: str
    resource_id: str
    cause: Cause
    cause_id: str
    quantity: int = field()
    state: ReservationState = field()
    created_at: datetime
    start: datetime | None = None
    """None: from the beginning of time (no span)."""
    end: datetime | None = None
    """None: for ever."""
    until: datetime | None = None
    """A proposed or reserved claim dies then; whoever claims next frees it."""
    label: str = ""
    used: bool = False
    """Freed together with what it took: the goods have left, and there is less to claim."""
    customer_id: str | None = None
    """Whose deal it is claimed for; None for what stands in no deal."""
    version: int = 1

    @quantity.validator
    def _claims_something(self, attribute: object, value: int) -> None:
        if whole(value, "a quantity") < 1:
            raise InvalidInput(f"a quantity must be at least 1, not {value}")


@frozen
class Stock:
    """How much there is of something that is counted, and how much of that is claimed."""

    resource: str
    option: str
    there: int
    taken: int

    @property
    def left(self) -> int:
        """What anybody may still claim."""
        return self.there - self.taken


def busiest(
    resource: Resource, claims: Iterable[Reservation]
) -> tuple[int, datetime | None, datetime | None]:
    """The most that is taken of a counted resource at once, and the first span in which it is.

    The span is in whole grains, and open on both sides where claims have none.
    """
    if resource.grain is None:
        return sum(one.quantity for one in claims), None, None
    changes: dict[int, int] = {}
    for one in claims:
        assert one.start is not None
        assert one.end is not None
        first = (one.start - _EPOCH) // resource.grain
        after = -((_EPOCH - one.end) // resource.grain)
        changes[first] = changes.get(first, 0) + one.quantity
        changes[after] = changes.get(after, 0) - one.quantity
    edges = sorted(changes)
    used = list(accumulate(changes[at] for at in edges))
    most = max(used, default=0)
    if not most:
        return 0, None, None
    begins = used.index(most)
    ends = next(at for at in range(begins, len(used)) if used[at] < most)
    return most, _EPOCH + edges[begins] * resource.grain, _EPOCH + edges[ends] * resource.grain


@frozen
class Claim:
    """A wish to claim, before anybody knows whether it can be had."""

    resource_id: str
    quantity: int = field(default=1)
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None


def sold_out(one: Reservation, resource: Resource) -> SoldOut:
    """What a claim is refused with that a resource has no room for."""
    span = f" from {one.start} to {one.end}" if one.start is not None else ""
    what = f"{resource.name} {resource.option}".rstrip()
    told = f"{what} of {resource.listing_id} is taken{span}"
    if resource.kind == "counted":
        told += f": {one.quantity} wanted, and of {resource.capacity} in all fewer are free"
    return SoldOut(
        told,
        params={
            "resource": resource.id,
            "name": resource.name,
            "listing": resource.listing_id,
            "option": resource.option,
            "there": resource.capacity,
            "quantity": one.quantity,
            "start": one.start and one.start.isoformat(),
            "end": one.end and one.end.isoformat(),
        },
    )
