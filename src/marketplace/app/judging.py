"""What speaks against something that a search found, or what its place in the order comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from marketplace.app.gating import blocks_of, discreet, inactive
from marketplace.app.looks import Frame
from marketplace.app.reading import View
from marketplace.domain.cells import chord2, point_of
from marketplace.domain.listing import Listing
from marketplace.domain.money import Money
from marketplace.domain.question import MatchQuestion
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.reservation import Reservation, Resource
from marketplace.domain.search import Found, Hit

HYPOTHETICAL = "search"
"""The id of the request that a search stands for; it is never stored."""


def judged(view: View, frame: Frame, hits: Sequence[Hit]) -> Iterator[tuple[Hit, list[Reason]]]:
    """Each that the index found and no rounding let in, with all that speaks against it."""
    near = [hit for hit in hits if metres_of(frame, hit) <= (frame.search.within_m or NO_END)]
    against = objections(view, frame, near)
    for hit in near:
        yield hit, against[hit.listing_id]


def objections(view: View, frame: Frame, hits: Sequence[Hit]) -> dict[str, list[Reason]]:
    """What people, claims and gates say against each."""
    against: dict[str, list[Reason]] = {hit.listing_id: [] for hit in hits}
    for listing_id, reason in (
        *_people(view, hits),
        *_taken(view, frame, hits),
        *_gates(view, frame, hits),
    ):
        against[listing_id].append(reason)
    return against


NO_END = 10**9
"""More metres than there are."""


def metres_of(frame: Frame, hit: Hit) -> int:
    """How far it is from the place that the search names; 0 where there is none."""
    if frame.search.place is None or hit.place is None:
        return 0
    return hit.place.metres_to(frame.search.place)


def _told(view: View, reason: Reason, request_id: str | None) -> Reason:
    return reason if view.operator else discreet(reason, request_id)


def _people(view: View, hits: Sequence[Hit]) -> Iterator[tuple[str, Reason]]:
    """Who looks must be able to deal with whom it finds."""
    owners = {hit.listing_id: hit.provider_id for hit in hits}
    for gate in inactive(view.work, owners):
        yield gate.listing_id, _told(view, gate.reason, None)
    me = view.actor.party_id
    if me is None or not hits:
        return
    shunned = blocks_of(view.work, me)
    for listing_id, owner in owners.items():
        if owner == me:
            yield listing_id, Reason("self_dealing")
        elif owner in shunned:
            yield listing_id, _told(view, Reason("blocked"), HYPOTHETICAL)


def _taken(view: View, frame: Frame, hits: Sequence[Hit]) -> Iterator[tuple[str, Reason]]:
    """What the index cannot be sure of: more than one at once, claims that may have lapsed."""
    wanted = frame.search.quantity
    calendar = frame.calendar
    if calendar is None or (calendar.grain is not None and not frame.dated):
        return
    unsure = {
        hit.resource_id: hit.listing_id
        for hit in hits
        if hit.resource_id is not None and (wanted > 1 or not hit.sure)
    }
    if not unsure:
        return
    resources = view.work.select(Resource, {"id": sorted(unsure)}, limit=len(unsure))
    claims: dict[str, list[Reservation]] = {one.id: [] for one in resources}
    spans = {one.id: _needed(frame, one) for one in resources}
    start = min((span[0] for span in spans.values() if span[0] is not None), default=None)
    end = max((span[1] for span in spans.values() if span[1] is not None), default=None)
    for claim in view.work.claims.live(sorted(unsure), start, end, resources):
        if claim.state == "confirmed" or claim.until is None or claim.until > frame.at:
            claims[claim.resource_id].append(claim)
    for one in resources:
        if not _room(one, claims[one.id], *spans[one.id], wanted):
            yield unsure[one.id], Reason("search_taken", {"quantity": wanted})


def _needed(frame: Frame, resource: Resource) -> tuple[datetime | None, datetime | None]:
    """What a deal's claim would cover, preparation included."""
    if resource.grain is None:
        return None, None
    start, end = frame.span()
    return start - resource.before * resource.grain, end + resource.after * resource.grain


def _room(
    resource: Resource,
    claims: Iterable[Reservation],
    start: datetime | None,
    end: datetime | None,
    wanted: int,
) -> bool:
    touching = [
        one
        for one in claims
        if (start is None or one.end is None or one.end > start)
        and (end is None or one.start is None or one.start < end)
    ]
    if resource.kind == "single":
        return not touching
    if resource.grain is None or start is None or end is None:
        return sum(one.quantity for one in touching) + wanted <= resource.capacity
    used: dict[int, int] = {}
    for slot in _slots(start, end, resource.grain):
        used[slot] = wanted
    for one in touching:
        assert one.start is not None
        assert one.end is not None
        for slot in _slots(one.start, one.end, resource.grain):
            if slot in used:
                used[slot] += one.quantity
    return all(many <= resource.capacity for many in used.values())


def _slots(start: datetime, end: datetime, grain: timedelta) -> range:
    zero = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return range((start - zero) // grain, -((zero - end) // grain))


def _gates(view: View, frame: Frame, hits: Sequence[Hit]) -> Iterator[tuple[str, Reason]]:
    """What every plugin says of the request that the search stands for."""
    asked = [hit.listing_id for hit in hits if hit.gated or not frame.in_time(hit)]
    if not asked or not frame.asks_gates:
        return
    groups: dict[tuple[Any, ...], list[Listing]] = {}
    for listing in view.work.select(Listing, {"id": asked}, limit=len(asked)):
        groups.setdefault((listing.currency, *frame.moments(listing)), []).append(listing)
    for (currency, start, end), listings in groups.items():
        request = request_of(view, frame, currency, start, end)
        question = MatchQuestion(request.vertical, (request,), tuple(listings), view.work, frame.at)
        among = {one.id for one in listings}
        for gate in view.context.hooks.refuse_match(question):
            if gate.request_id in (None, request.id) and gate.listing_id in among:
                yield gate.listing_id, _told(view, gate.reason, gate.request_id)


def request_of(
    view: View, frame: Frame, currency: str, start: datetime | None, end: datetime | None
) -> Request:
    """The request that a search stands for."""
    search, asks = frame.search, frame.plan.request
    given: Mapping[str, Any] = asks(search) if asks is not None else {}
    return Request(
        id=HYPOTHETICAL,
        vertical=search.vertical,
        customer_id=view.actor.party_id or "",
        currency=currency,
        created_at=frame.at,
        place=search.place,
        start=start,
        end=end,
        quantity=search.quantity,
        attributes={**given, **search.attributes},
    )


def found_of(frame: Frame, hit: Hit, against: Sequence[Reason] = ()) -> Found:
    """A row as whoever searches gets it."""
    score = sum(hit.parts.values())
    reasons = [
        Reason("search_part", {"part": part, "points": points})
        for part, points in sorted(hit.parts.items())
    ]
    metres = None
    if frame.search.place is not None and hit.place is not None:
        metres = metres_of(frame, hit)
        square = frame.plan.near_m**2
        apart = chord2(frame.point, point_of(hit.place))
        points = frame.plan.near * square // (square + apart)
        score += points
        reasons.insert(0, Reason("search_near", {"metres": metres, "points": points}))
    return Found(
        listing_id=hit.listing_id,
        title=hit.title,
        place=hit.place,
        price=None if hit.price < 0 else Money(hit.price, hit.currency),
        score=score,
        metres=metres,
        reasons=tuple(against) or tuple(reasons),
        eligible=not against,
    )
