"""What searches must find, told by looking at every home one by one."""

import attrs

from bench.search_world import AMENITIES, FIRST, Home, homes
from marketplace import Marketplace, Place, Search


@attrs.frozen
class Ask:
    """A search in the words of homes."""

    place: Place
    within_m: int
    up: float
    """Degrees of latitude beyond which nothing is within reach."""
    first: int
    past: int
    fits: int
    most: int
    amenities: frozenset[int]
    text: str

    @classmethod
    def of(cls, search: Search) -> "Ask":
        """The ask of a search that ``search_world.searches`` made."""
        assert search.place is not None
        assert search.within_m is not None
        bound = None if search.price is None else search.price[1]
        return cls(
            place=search.place,
            within_m=search.within_m,
            up=search.within_m / 111_000,
            first=(search.start - FIRST).days,  # type: ignore[operator]
            past=(search.end - FIRST).days,  # type: ignore[operator]
            fits=search.fits,
            most=10**9 if bound is None else bound.amount,
            amenities=frozenset(AMENITIES.index(tag) for tag in search.tags),
            text=search.text,
        )

    def holds(self, home: Home) -> bool:
        """Whether a home can be had so."""
        return (
            abs(home.lat - self.place.lat) <= self.up
            and home.guests >= self.fits
            and home.nightly <= self.most
            and home.least <= self.past - self.first
            and self.amenities <= set(home.amenities)
            and any(word.startswith(self.text) for word in home.words)
            and all(day >= self.past or day + nights <= self.first for day, nights in home.stays)
            and metres(self.place, home) <= self.within_m
        )


def metres(place: Place, home: Home) -> int:
    """The way between them over a ball, rounded as places are."""
    return place.metres_to(Place(home.lat, home.lon))


def differing(market: Marketplace, asks: list[Search], count: int) -> list[str]:
    """A sentence for each search that does not find what it must, in the order of the scores."""
    right: list[set[str]] = [set() for _ in asks]
    told = [Ask.of(search) for search in asks]
    for home in homes(count):
        for ask, found in zip(told, right, strict=True):
            if ask.holds(home):
                found.add(home.id)
    guest = market.parties.join("Guest")
    faults = []
    for search, must in zip(asks, right, strict=True):
        ids, scores, after = [], [], None
        while True:
            page = market.listings.search(search, by=guest, limit=100, after=after)
            ids += [one.listing_id for one in page]
            scores += [one.score for one in page]
            after = page.after
            if after is None:
                break
        if set(ids) != must or len(ids) != len(must):
            faults.append(f"{len(ids)} found, {len(must)} are there: {search}")
        if scores != sorted(scores, reverse=True):
            faults.append(f"not in the order of the scores: {search}")
    return faults
