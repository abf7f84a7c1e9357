"""What stands against a stay in a home: its rules, and what of it is taken already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from marketplace import InvalidInput, Listing, Reason, Reservation, Resource, Work
from marketplace.plugins.stays import availability
from marketplace.plugins.stays.home import Home, Wish

_MOST = 100_000


@frozen
class Vacancies:
    """Asks the calendars of homes, by an operator's settings."""

    resource: str
    """``nights``, ``hours`` or ``slots``."""
    most_steps: int

    def against(
        self, home: Home, wish: Wish, claims: Iterable[Reservation], at: datetime
    ) -> Sequence[Reason]:
        """What stands against a stay by its dates; no stay at all there is one more reason."""
        try:
            return availability.refusals(home, wish, claims, at, self.most_steps, by_dates=True)
        except InvalidInput as error:
            return [Reason(error.code, error.params)]

    def refusals(
        self,
        work: Work,
        listing: Listing,
        home: Home,
        wish: Wish,
        at: datetime,
        but: str | None = None,
    ) -> Sequence[Reason]:
        """What stands against a stay in a listing; the claims of the deal ``but`` do not."""
        found = self.claims(work, [listing], [home], wish).get(listing.id, ())
        claims = [one for one in found if but is None or one.cause_id != but]
        return availability.refusals(home, wish, claims, at, self.most_steps)

    def claims(
        self, work: Work, listings: Sequence[Listing], homes: Sequence[Home], wish: Wish
    ) -> Mapping[str, Sequence[Reservation]]:
        """Live claims that stand in a stay's way, by listing; none where there is room for all."""
        where = {"listing_id": [listing.id for listing in listings], "name": self.resource}
        resources = work.select(Resource, where, limit=_MOST)
        spans = [home.claims(wish.start, wish.end) for home in homes]
        span = min(one for one, _ in spans), max(one for _, one in spans)
        homes_of = {listing.id: home for listing, home in zip(listings, homes, strict=True)}
        counted = [one for one in resources if one.kind == "counted"]
        most = work.claims.most_taken(counted, *span)
        full = {
            one.id: one
            for one in resources
            if one.kind == "single" or homes_of[one.listing_id].units - most[one.id] < wish.units
        }
        claims: dict[str, list[Reservation]] = {}
        if full:
            for claim in work.claims.live(sorted(full), *span, list(full.values())):
                claims.setdefault(full[claim.resource_id].listing_id, []).append(claim)
        return claims
