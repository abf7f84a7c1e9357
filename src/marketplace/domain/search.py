"""Searches: what somebody looks for, what of a listing is indexed for it, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Protocol

from attrs import field

from marketplace.domain.cells import Box
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.listing import Listing
from marketplace.domain.money import Money, whole
from marketplace.domain.place import Place
from marketplace.domain.reason import Reason
from marketplace.domain.search_words import folded_tag, looked_for
from marketplace.domain.span import HOUR, utc
from marketplace.errors import InvalidInput

Order = Literal["best", "price", "near"]
ORDERS: tuple[Order, ...] = ("best", "price", "near")

FAR_M = 20_100_000
"""Farther than any two places are apart."""
MOST_TAGS = 32
NO_LIMIT = 2**53
"""Stands for no limit: more than any count, price or number of minutes that is compared with it."""


@frozen
class RankPart:
    """Points for an attribute: none at ``least`` and below, all of ``points`` at ``most``."""

    code: str
    """Names the part in the reasons of a score."""
    attribute: str
    """A number, or true and false, which count as one and nothing; a list counts its items."""
    points: int
    least: int = 0
    most: int = 1

    def __attrs_post_init__(self) -> None:
        if self.most <= self.least:
            raise InvalidInput(f"rank {self.code!r} needs a most above its least")

    def of(self, value: object) -> int:
        """The points that a value of the attribute gives."""
        number = len(value) if isinstance(value, list | tuple) else value
        if not isinstance(number, int | float):
            return 0
        share = min(max(number, self.least), self.most) - self.least
        return int(share * self.points // (self.most - self.least))


@frozen
class RatingPart:
    """Points for the provider's weighted reviews, as if a few middling ones stood beside them."""

    points: int
    weight: int = 5
    """How many are taken to have reviewed everybody before the first did."""
    prior: int = 4
    """What those say, from 1 to 5."""
    role: str = "provider"

    def of(self, count: int, hundredths: int) -> int:
        """The points for so many who reviewed, whose means are so many hundredths in all."""
        count += self.weight
        above = hundredths + 100 * self.weight * self.prior - 100 * count
        return 0 if count == 0 else above * self.points // (400 * count)


@frozen
class SearchPlan:
    """What of a vertical's listings can be searched, as data; attributes by dotted names.

    ``price``, ``rates.nightly`` and ``plan.least`` are such names.
    """

    calendar: str | None = None
    """The resource that must be free; None where nothing can run out."""
    price: str | None = None
    """Minor units of the listing's currency."""
    fits: str | None = None
    """How many one of it takes at most: guests, passengers; who does not say, takes any number."""
    texts: tuple[str, ...] = ()
    """Whose words can be looked for, besides the title's."""
    tags: tuple[str, ...] = ()
    """A text, or a list of texts, each of which is a tag."""
    least: str | None = None
    """The least length, in grains of the calendar."""
    most: str | None = None
    """The greatest length, in grains of the calendar."""
    varies: str | None = None
    """The attribute with rules by date: where a listing has one, lengths are left to the gates."""
    notice: str | None = None
    """How long ahead at least."""
    notice_unit: timedelta = HOUR
    window: str | None = None
    """How long ahead at most."""
    window_unit: timedelta = 24 * HOUR
    near: int = 0
    """Points for being at the place itself; half of them at ``near_m``, fewer beyond."""
    near_m: int = 2_000
    rank: tuple[RankPart, ...] = ()
    rating: RatingPart | None = None
    gated: tuple[str, ...] | None = None
    """Attributes that, where a listing has one, make the gates be asked about it; None asks
    about every listing, an empty tuple about none whose notice and window are sure."""
    request: Callable[[Search], Mapping[str, Any]] | None = None
    """The attributes of the request that a search stands for, for the gates."""
    moments: Callable[[Listing, date, date], tuple[datetime, datetime]] | None = None
    """When a deal over these days begins and ends; None: local midnights."""


def _tags(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence | set | frozenset):
        raise InvalidInput(f"tags are several texts, not {given!r}")
    if len(given) > MOST_TAGS:
        raise InvalidInput(f"a search has {MOST_TAGS} tags at most, not {len(given)}")
    return tuple(sorted({folded_tag(tag) for tag in given}))


@frozen
class Search:
    """What somebody looks for. Everything given must hold; what is not given, does not matter."""

    vertical: str
    place: Place | None = None
    within_m: int | None = None
    """Whole metres around the place."""
    box: Box | None = None
    start: date | datetime | None = None
    """A date where the calendar counts local days, else an instant."""
    end: date | datetime | None = None
    quantity: int = 1
    """How much of the calendar: units, rooms, seats."""
    fits: int = 0
    """How many the whole quantity must take together."""
    price: tuple[Money | None, Money | None] | None = None
    """The least and the most, both included, either may be None."""
    currency: str | None = None
    tags: tuple[str, ...] = field(default=(), converter=_tags)
    """All of them."""
    text: str = ""
    """All of its words, each of which may go on in the listing's."""
    order: Order = "best"
    attributes: Mapping[str, Any] = field(factory=dict)
    """More of the request that the search stands for: what its vertical's gates may ask."""

    def __attrs_post_init__(self) -> None:
        _check_place(self)
        _check_span(self)
        if whole(self.quantity, "a quantity") < 1 or self.quantity > NO_LIMIT:
            raise InvalidInput(f"a quantity must be at least 1, not {self.quantity}")
        if not 0 <= whole(self.fits, "fits") <= NO_LIMIT:
            raise InvalidInput(f"fits must be zero or more, not {self.fits}")
        if self.order not in ORDERS:
            raise InvalidInput(f"an order is one of {', '.join(ORDERS)}, not {self.order!r}")
        if self.text:
            looked_for(self.text)
        _check_price(self)
        if self.order == "price" and self.money is None:
            raise InvalidInput("prices are compared in one currency: name it")

    @property
    def money(self) -> str | None:
        """The currency of the prices that are compared; None where none are."""
        given = [bound.currency for bound in self.price or () if bound is not None]
        return given[0] if given else self.currency

    @property
    def fits_each(self) -> int:
        """How many each of the quantity must take."""
        return -(-self.fits // self.quantity)

    @property
    def words(self) -> tuple[str, ...]:
        """What it looks for, folded."""
        return looked_for(self.text) if self.text else ()


def _check_place(search: Search) -> None:
    if search.place is not None and not isinstance(search.place, Place):
        raise InvalidInput(f"a place is a Place, not {search.place!r}")
    if search.box is not None and not isinstance(search.box, Box):
        raise InvalidInput(f"a box is a Box, not {search.box!r}")
    if search.within_m is not None:
        if search.place is None:
            raise InvalidInput("within_m is around a place: name the place")
        if not 1 <= whole(search.within_m, "within_m") <= FAR_M:
            raise InvalidInput(f"within_m is 1 to {FAR_M} metres, not {search.within_m}")
    elif search.place is not None and search.box is None:
        raise InvalidInput("a place comes with within_m, or with a box around it")
    if search.order == "near" and search.place is None:
        raise InvalidInput("what is near is near a place: name the place")


def _check_span(search: Search) -> None:
    start, end = search.start, search.end
    if (start is None) != (end is None):
        raise InvalidInput("a search names both start and end, or neither")
    if start is None or end is None:
        return
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise InvalidInput("start and end are both dates or both instants")
    for moment in (start, end):
        if isinstance(moment, datetime):
            utc(moment)
        elif not isinstance(moment, date):
            raise InvalidInput(f"start and end are dates or instants, not {moment!r}")
    if end <= start:
        raise InvalidInput(f"a search must end after it starts: {start} to {end}")


def _check_price(search: Search) -> None:
    if search.currency is not None:
        exponent(search.currency)
    if search.price is None:
        return
    if not isinstance(search.price, tuple) or len(search.price) != 2:
        raise InvalidInput(f"price is the least and the most, not {search.price!r}")
    for bound in search.price:
        if bound is not None and not isinstance(bound, Money):
            raise InvalidInput(f"a bound of the price is Money or None, not {bound!r}")
        if bound is not None and bound.currency != search.money:
            raise InvalidInput("both bounds of the price are in one currency")
        if bound is not None and not 0 <= bound.amount <= NO_LIMIT:
            raise InvalidInput(f"a bound of the price is zero or more, not {bound}")
    if search.money is not None and search.currency not in (None, search.money):
        raise InvalidInput(f"the price is in {search.money}, not in {search.currency}")


def coordinates(moment: date | datetime) -> datetime:
    """A moment as claims keep it: an instant as it is, a date as its midnight UTC."""
    if isinstance(moment, datetime):
        return utc(moment)
    return datetime.combine(moment, time(), UTC)


@frozen
class Entry:
    """What the index knows of one listing."""

    listing_id: str
    vertical: str
    provider_id: str
    title: str
    currency: str
    place: Place | None = None
    """As others may see it: nothing in a search tells more."""
    resource_id: str | None = None
    """The calendar's."""
    price: int = -1
    """Minor units; below zero where it has none."""
    fits: int = 0
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    parts: Mapping[str, int] = field(factory=dict)
    """Points that no search changes, by part."""
    least: int = 0
    most: int = NO_LIMIT
    notice: int = 0
    """Minutes."""
    window: int = NO_LIMIT
    """Minutes."""
    gated: bool = True

    @property
    def points(self) -> int:
        """The sum of its parts."""
        return sum(self.parts.values())


@frozen
class Look:
    """A search as the index is asked: limits that each row is held against."""

    search: Search
    slots: tuple[int, int] | None = None
    """The first and the last grain that must be free."""
    steps: int | None = None
    """Grains in all, to compare with the least and the greatest length."""
    lead: int | None = None
    """Minutes of notice at the very most."""
    ahead: int | None = None
    """Minutes until it begins at the very least."""
    near: int = 0
    near_m: int = 1
    after: tuple[int, str] | None = None
    """The order and the listing that came last."""
    limit: int = 50

    def going_on(self, after: tuple[int, str] | None, limit: int) -> Look:
        """The same, from after this one."""
        return evolve(self, after=after, limit=limit)


@frozen
class Hit:
    """A row of the index that a look found."""

    listing_id: str
    provider_id: str
    resource_id: str | None
    title: str
    currency: str
    price: int
    place: Place | None
    order: int
    """What it is sorted by, the least first, then by the listing."""
    parts: Mapping[str, int]
    gated: bool
    sure: bool
    """Whether the index alone knows that a quantity of one is free."""
    notice: int
    window: int


@frozen
class Found:
    """One listing of a page of search results."""

    listing_id: str
    title: str
    place: Place | None
    """As others may see it."""
    price: Money | None
    score: int
    """Points, the more the better; the sum of what its reasons say."""
    metres: int | None = None
    """From the place that the search named."""
    reasons: tuple[Reason, ...] = ()
    """The parts of the score; of one that is not eligible, all that speaks against it."""
    eligible: bool = True


class SearchBook(Protocol):
    """The index of listings inside a unit of work.

    What is put or removed, and every change of a claim on a calendar, is written at its end.
    """

    def put(self, entries: Sequence[Entry]) -> None:
        """Index listings, each in place of what was indexed of it before."""
        ...

    def remove(self, listing_ids: Sequence[str]) -> None:
        """Index these no more; what is not indexed is no mistake."""
        ...

    def held_out(self, vertical: str, after: str, limit: int) -> list[tuple[int, str]]:
        """Listings that are held out, by their ids: about which cell each would lie in, and its id.

        About: where others see them may be elsewhere.
        """
        ...

    def strays(self, vertical: str, after: str, limit: int) -> list[str]:
        """Listings that are indexed and not held out, by their ids."""
        ...

    def orphans(self, vertical: str, limit: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Rows without the others of their listing, which nothing will ever take away."""
        ...

    def forget(self, orphans: Sequence[tuple[str, tuple[Any, ...]]]) -> int:
        """Delete such rows; gives how many."""
        ...

    def find(self, look: Look) -> list[Hit]:
        """Rows that hold against every limit, in order."""
        ...

    def entries(self, vertical: str, listing_ids: Sequence[str]) -> list[Entry]:
        """What is indexed of these listings."""
        ...

    def drift(self) -> list[str]:
        """Sentences, one for every calendar and word in the index that is not the listing's."""
        ...
