"""Gates: why a driver may not serve, or not this rider. Every gate reports for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from marketplace import (
    Condition,
    Document,
    Gate,
    Listing,
    MatchQuestion,
    Presence,
    Reason,
    Reputation,
    Request,
    Reservation,
    Resource,
)
from marketplace.plugins.rides.vertical import ATTENTION, NAME, SEATS

MOST = 100_000


@frozen
class Standing:
    """What a driver's rating must be once it has enough reviews."""

    least_hundredths: int = 0
    """400 is four stars; 0 asks for nothing."""
    from_reviews: int = 20


def gates(question: MatchQuestion, documents: Sequence[str], standing: Standing) -> Iterable[Gate]:
    """Every no that rides know of: papers, rating, presence, seats, class, payment, preference."""
    if question.vertical != NAME or not question.listings:
        return
    owners = sorted({listing.provider_id for listing in question.listings})
    if documents:
        yield from _papers(question, owners, documents)
    if standing.least_hundredths:
        yield from _ratings(question, owners, standing)
    yield from _busy(question)
    for request in question.requests:
        for listing in question.listings:
            for reason in _unfit(request, listing):
                yield Gate(listing.id, reason, request.id)


def _papers(question: MatchQuestion, owners: Sequence[str], kinds: Sequence[str]) -> Iterable[Gate]:
    """A paper that is missing or that ran out takes the driver off dispatch at once."""
    found = question.work.select(
        Document, {"party_id": owners, "kind": list(kinds), "state": "approved"}, limit=MOST
    )
    valid: set[tuple[str, str]] = set()
    ended: dict[tuple[str, str], str] = {}
    for paper in found:
        if paper.valid_at(question.at):
            valid.add((paper.party_id, paper.kind))
        elif paper.expires_at is not None:
            ended[paper.party_id, paper.kind] = paper.expires_at.isoformat()
    for listing in question.listings:
        for kind in kinds:
            of = (listing.provider_id, kind)
            if of in valid:
                continue
            if of in ended:
                params = {"document": kind, "expired_at": ended[of]}
                yield Gate(listing.id, Reason("document_expired", params))
            else:
                yield Gate(listing.id, Reason("document_missing", {"document": kind}))


def _ratings(question: MatchQuestion, owners: Sequence[str], standing: Standing) -> Iterable[Gate]:
    found = question.work.select(
        Reputation, {"party_id": owners, "role": "provider"}, order="party_id", limit=MOST
    )
    means = {
        one.party_id: one.mean_hundredths for one in found if one.count >= standing.from_reviews
    }
    for listing in question.listings:
        mean = means.get(listing.provider_id)
        if mean is not None and mean < standing.least_hundredths:
            params = {"mean": mean, "least": standing.least_hundredths}
            yield Gate(listing.id, Reason("rating_too_low", params))


def _busy(question: MatchQuestion) -> Iterable[Gate]:
    """On a trip, or with another offer in hand; or not there at all."""
    work, ids = question.work, sorted(listing.id for listing in question.listings)
    states: Mapping[str, Presence] = {
        one.listing_id: one
        for one in work.select(Presence, {"listing_id": ids}, order="listing_id", limit=MOST)
    }
    owners = sorted({listing.provider_id for listing in question.listings})
    theirs = {"provider_id": owners, "vertical": NAME}
    owner = {one.id: one.provider_id for one in work.select(Listing, theirs, limit=MOST)}
    where = {"listing_id": sorted(owner)}
    resources = {one.id: one for one in work.select(Resource, where, limit=MOST)}
    # A driver is one person, however many vehicles it lists: what one has, all of them have.
    taken: set[tuple[str, str]] = set()
    for claim in _live(question, resources):
        resource = resources[claim.resource_id]
        taken.add((owner[resource.listing_id], resource.name))
    for listing in question.listings:
        presence = states.get(listing.id)
        if presence is None or not presence.live_at(question.at):
            yield Gate(listing.id, Reason("location_unknown"))
        elif presence.state == "offline":
            yield Gate(listing.id, Reason("offline"))
        if (listing.provider_id, ATTENTION) in taken:
            yield Gate(listing.id, Reason("has_an_offer"))
        if (listing.provider_id, SEATS) in taken:
            yield Gate(listing.id, Reason("on_a_trip"))


def _live(question: MatchQuestion, resources: Mapping[str, Resource]) -> Iterable[Reservation]:
    claims = question.work.claims.live(sorted(resources), None, None)
    return [one for one in claims if one.until is None or question.at < one.until]


def _unfit(request: Request, listing: Listing) -> Iterable[Reason]:
    """Every reason why this vehicle is not for this rider."""
    wanted, has = request.attributes, listing.attributes
    if wanted.get("tier", has.get("tier")) != has.get("tier"):
        yield Reason("another_tier", {"wanted": wanted["tier"], "has": has.get("tier")})
    payment, accepts = wanted.get("payment"), has.get("payments")
    if payment is not None and accepts is not None and payment not in accepts:
        yield Reason("payment_not_taken", {"payment": payment, "takes": ", ".join(accepts)})
    same = wanted.get("driver_gender") == "same"
    if same and has.get("gender") != wanted.get("gender"):
        yield Reason("gender_preference")
    if request.quantity > int(has.get("seats", 1)):
        yield Reason("too_few_seats", {"wanted": request.quantity, "has": has.get("seats", 1)})


def present(question: MatchQuestion) -> list[Presence]:
    """Drivers that say they are online, or on their way home, and whose place is fresh."""
    return question.work.select(
        Presence,
        [
            Condition("state", "in", ["online", "heading home", "offered", "on trip"]),
            Condition("expires_at", ">", question.at),
        ],
        order="listing_id",
        limit=MOST,
    )
