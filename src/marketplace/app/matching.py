"""Matching: who could serve whom, which gates say no, and whom a dispatcher puts it to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.gating import blocks_among, discreet, inactive
from marketplace.app.offers import Offers
from marketplace.app.onboarding import unready
from marketplace.app.putting import Put
from marketplace.app.reading import Reader, View
from marketplace.app.showing import shown_place
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.hashing import plain
from marketplace.domain.listing import Listing
from marketplace.domain.match import Match, MatchingRound
from marketplace.domain.offer import Offer
from marketplace.domain.party import OPERATOR
from marketplace.domain.place import Place
from marketplace.domain.ports import Work
from marketplace.domain.question import Candidate, Gate, MatchQuestion
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.transaction import Transaction
from marketplace.domain.vertical import Vertical
from marketplace.errors import Forbidden, NotFound, SetupError
from marketplace.matching.problem import Dispatcher, Problem, Solution, Spot

MOST = 100_000
"""The most requests and listings in one round."""


@frozen
class Dispatched:
    """What one dispatch did."""

    rounds: tuple[MatchingRound, ...]
    offers: tuple[Offer, ...]
    waiting: int
    """Transactions that waited for somebody when it began."""


class Matching:
    """The verbs of matching."""

    def __init__(self, context: Context, door: Door, reader: Reader, offers: Offers) -> None:
        self._context = context
        self._door = door
        self._reader = reader
        self._offers = offers

    def find(self, request_id: str, *, by: By, limit: int = 20) -> list[Match]:
        """Listings that could serve a request, the best first, then those that a gate refused.

        The score is whole metres where both have a place, else zero; where the trade blurs
        places, a customer's metres are those to the blurred one.
        """
        with self._reader.read(by) as view:
            request = view.work.find(Request, id=request_id)
            if request is None or not view.own(request.customer_id):
                raise NotFound(f"no request {request_id!r}")
            listings, places = self._candidates(view.work, request.vertical, [request])
            gates = self._gates(view.work, request.vertical, [request], listings)
            matches = []
            for listing in listings:
                against = [
                    gate.reason if view.operator else discreet(gate.reason, gate.request_id)
                    for gate in gates
                    if gate.listing_id == listing.id and gate.request_id in (None, request.id)
                ]
                place = _seen_place(view, listing, places[listing.id])
                metres = place.metres_to(request.place) if place and request.place else 0
                reasons = against or [Reason("metres_away", {"metres": metres})]
                matches.append(Match(request.id, listing.id, metres, not against, tuple(reasons)))
        matches.sort(key=lambda one: (not one.eligible, one.score, one.listing_id))
        return matches[:limit]

    def _candidates(
        self, work: Work, vertical: str, requests: Sequence[Request]
    ) -> tuple[list[Listing], dict[str, Candidate]]:
        question = MatchQuestion(vertical, tuple(requests), (), work, self._context.now())
        candidates = self._context.hooks.candidates(question)
        where: dict[str, Any] = {"vertical": vertical, "state": "published"}
        if candidates is None:
            if len(requests) == 1 and requests[0].listing_id is not None:
                where["id"] = requests[0].listing_id
            found = work.select(Listing, where, limit=MOST)
            return found, {one.id: Candidate(one.id, one.place) for one in found}
        places = {candidate.listing_id: candidate for candidate in candidates}
        found = work.select(Listing, {**where, "id": sorted(places)}, limit=MOST) if places else []
        return found, places

    def _gates(
        self,
        work: Work,
        vertical: str,
        requests: Sequence[Request],
        listings: Sequence[Listing],
    ) -> list[Gate]:
        """Every no: the core's own (blocks, self-dealing, busy) and every plugin's."""
        question = MatchQuestion(
            vertical, tuple(requests), tuple(listings), work, self._context.now()
        )
        gates = self._context.hooks.refuse_match(question)
        owners = {listing.id: listing.provider_id for listing in listings}
        gates += inactive(work, owners)
        gates += unready(work, self._context, vertical, listings, question.at)
        gates += [
            Gate(listing.id, Reason("asked_of_another"), request.id)
            for request in requests
            for listing in listings
            if request.listing_id not in (None, listing.id)
        ]
        customers = {request.customer_id for request in requests}
        blocked = blocks_among(work, customers | set(owners.values()))
        by_owner: dict[str, list[str]] = {}
        for listing_id, owner in owners.items():
            by_owner.setdefault(owner, []).append(listing_id)
        sitting = _sitting(self._context.vertical(vertical), listings)
        for request in requests:
            for listing_id in sitting.get(request.customer_id, ()):
                gates.append(Gate(listing_id, Reason("self_dealing"), request.id))
            for other in blocked.get(request.customer_id, ()):
                for listing_id in by_owner.get(other, ()):
                    gates.append(Gate(listing_id, Reason("blocked"), request.id))
        return gates

    def dispatch(
        self,
        vertical: str,
        *,
        by: By = OPERATOR,
        dispatcher: Dispatcher | None = None,
        lives: timedelta | None = None,
    ) -> Dispatched:
        """Put every transaction that waits for a provider to candidates, all in one batch.

        Candidates and gates come from the plugins, the choice from the dispatcher (the
        vertical's, unless another is given); the round is stored whole, so that ``why`` can
        say later who was not asked and why not.
        """
        chosen: Dispatcher | None = dispatcher or self._context.vertical(vertical).dispatcher
        if chosen is None:
            raise SetupError(f"vertical {vertical!r} has no dispatcher; give one")

        def do(act: Act) -> list[MatchingRound]:
            if act.actor.role is None:
                raise Forbidden("dispatch is the operator's or the clock's")
            return self._solve(act, vertical, chosen)

        rounds = self._door.run("matching.dispatch", by, do, body={"vertical": vertical})
        puts = [
            Put(one.problem["transactions"][request], listing, lives)
            for one in rounds
            for request, listings in one.solution["pairs"]
            for listing in listings
        ]
        offers = self._offers.put_many(puts, by=by) if puts else []
        waiting = sum(len(one.problem["requests"]) for one in rounds)
        return Dispatched(tuple(rounds), tuple(offers), waiting)

    def _solve(self, act: Act, vertical: str, dispatcher: Dispatcher) -> list[MatchingRound]:
        waiting, offers = self._waiting(act.work, vertical)
        if not waiting:
            return []
        ids = [one.request_id for one in waiting if one.request_id is not None]
        found = {one.id: one for one in act.work.select(Request, {"id": ids}, limit=MOST)}
        requests = [found[identity] for identity in ids if found[identity].place is not None]
        of_request = {one.request_id: one.id for one in waiting if one.request_id is not None}
        listings, places = self._candidates(act.work, vertical, requests)
        gates = self._gates(act.work, vertical, requests, listings)
        asked, rounds = _asked(offers)
        result: list[MatchingRound] = []
        for number in sorted({rounds.get(request.id, 0) for request in requests}):
            group = [one for one in requests if rounds.get(one.id, 0) == number]
            made = _round(act, vertical, dispatcher, group, listings, places, gates, asked, number)
            transactions = {one.id: of_request[one.id] for one in group}
            problem = {**made.problem, "transactions": transactions}
            result.append(evolve(made, problem=problem))
        act.work.add(*result)
        act.about(vertical)
        return result

    def _waiting(self, work: Work, vertical: str) -> tuple[list[Transaction], list[Offer]]:
        """Transactions whose state seats somebody by an offer, and that have none out; and the
        offers that they had before."""
        states: set[str] = set()
        for process in self._context.vertical(vertical).processes:
            for state in process.states:
                seats = process.seat_row(state) is not None and not (
                    process.offer_rows and process.row(process.offer_rows[1], state)
                )
                offers = process.offer_rows and process.row(process.offer_rows[0], state)
                if seats or offers:
                    states.add(state)
        where = {"vertical": vertical, "state": sorted(states)}
        found = work.select(Transaction, where, limit=MOST) if states else []
        found = [one for one in found if one.pending is None]
        theirs = {"transaction_id": [one.id for one in found]}
        made = work.select(Offer, theirs, limit=MOST) if found else []
        live = {one.transaction_id for one in made if one.state == "made"}
        if len(made) == MOST:
            # Among so many some that are out may be missing, and nobody is offered twice at once.
            out = work.select(Offer, {**theirs, "state": "made"}, limit=MOST)
            live |= {one.transaction_id for one in out}
        return (
            [one for one in found if one.id not in live],
            [one for one in made if one.transaction_id not in live],
        )

    def rounds(self, request_id: str, *, limit: int = 50) -> list[MatchingRound]:
        """The rounds in which a request took part, the first first."""
        with self._context.store.begin(write=False) as work:
            request = work.get(Request, request_id)
            found = work.select(MatchingRound, {"vertical": request.vertical}, limit=MOST)
            mine = [one for one in found if request_id in one.problem.get("transactions", {})]
            return mine[:limit]


def _seen_place(view: View, listing: Listing, candidate: Candidate) -> Place | None:
    """Where the actor is told that a candidate is: distances to several places give one away."""
    place = candidate.place or listing.place
    if place is None or view.own(listing.provider_id):
        return place
    return shown_place(view.context.vertical(listing.vertical), place)


def _sitting(vertical: Vertical, listings: Sequence[Listing]) -> dict[str, list[str]]:
    """By party, the listings in whose deals it would sit: its own, and those that name it.

    A round that chose one for its own request would choose it again each time, in vain.
    """
    found: dict[str, list[str]] = {}
    for listing in listings:
        named = {party for seat in vertical.seats for party, _ in seat.named(listing)}
        for party in {listing.provider_id, *named}:
            found.setdefault(party, []).append(listing.id)
    return found


def _round(
    act: Act,
    vertical: str,
    dispatcher: Dispatcher,
    requests: Sequence[Request],
    listings: Sequence[Listing],
    places: Mapping[str, Candidate],
    gates: Sequence[Gate],
    asked: Sequence[tuple[str, str]],
    number: int,
) -> MatchingRound:
    """Frame, take out what gates refuse, solve, and keep all of it."""
    shut = {gate.listing_id for gate in gates if gate.request_id is None}
    pairs: set[tuple[str | None, str]] = {
        (gate.request_id, gate.listing_id) for gate in gates if gate.request_id is not None
    }
    trade = act.context.vertical(vertical)
    found = {one.id: places[one.id].place or one.place for one in listings if one.id not in shut}
    # A round tells its metres to whoever asks why: it is solved on what others may know.
    shown = {id: shown_place(trade, place) for id, place in found.items() if place is not None}
    spots = [Spot(id, place.lat, place.lon) for id, place in shown.items()]
    wanting = [Spot(one.id, one.place.lat, one.place.lon) for one in requests if one.place]
    problem = dispatcher.frame(wanting, spots, asked=asked, round=number)
    if pairs:
        problem = _without(problem, pairs)
    solution: Solution = dispatcher.solve(problem)
    stored = {**problem.to_json(), "gates": [plain(gate) for gate in gates]}
    return MatchingRound(
        id=act.context.ids.new("round"),
        vertical=vertical,
        at=act.at,
        solver=solution.solver,
        problem=stored,
        solution=solution.to_json(),
        number=number,
    )


def _without(problem: Problem, pairs: Collection[tuple[str | None, str]]) -> Problem:
    """The problem without the edges that a gate refuses."""
    edges = problem.edges
    kept = [
        index
        for index, (i, j) in enumerate(zip(edges.request, edges.provider, strict=True))
        if (problem.requests[i].id, problem.providers[j].id) not in pairs
    ]
    columns = ("request", "provider", "metres", "cost")
    fields = {name: [getattr(edges, name)[index] for index in kept] for name in columns}
    return evolve(problem, edges=evolve(edges, **fields))


def _asked(offers: Sequence[Offer]) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Who was asked about which request before, and how many rounds each request had."""
    asked: list[tuple[str, str]] = []
    moments: dict[str, set[Any]] = {}
    for offer in offers:
        if offer.request_id is not None and offer.listing_id is not None:
            asked.append((offer.request_id, offer.listing_id))
            moments.setdefault(offer.request_id, set()).add(offer.created_at)
    return asked, {request: len(times) for request, times in moments.items()}
