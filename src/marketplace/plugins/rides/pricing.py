"""The price of a ride on each occasion: quoted, finished, cancelled, not shown up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    Condition,
    InvalidInput,
    Line,
    Money,
    Presence,
    PricingQuestion,
    Proposal,
    Reason,
    Request,
    Terms,
    Transaction,
)
from marketplace.plugins.rides.bill import PLUGIN
from marketplace.plugins.rides.cancellations import Cancelled, Ended, cancel, no_show
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.fares import finish, quote
from marketplace.plugins.rides.freezing import freeze, thaw
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Changes, Ride, Surge, Toll
from marketplace.plugins.rides.route import Route
from marketplace.plugins.rides.surges import SurgePlan

PENALTY = "penalty"
BY_HAND = frozenset({"dues"})
"""Lines of other plugins that stay as they were quoted until the ride ends."""
STANDS_M = 50
"""A driver who came less than this nearer has not moved."""


@frozen
class Basis:
    """What a ride is priced by."""

    fare: Fare
    route: Route
    stops: int
    at: datetime
    ceiling: Ceiling | None
    surge: Surge | None

    @property
    def ride(self) -> Ride:
        """As it is estimated."""
        return Ride(pickup_at=self.at, route=self.route, stops=self.stops, surge=self.surge)


def quoted(question: PricingQuestion, basis: Basis) -> Sequence[Line]:
    """The lines of the upfront price."""
    return quote(basis.fare, basis.ride, basis.ceiling)


def frozen_basis(basis: Basis) -> dict[str, Any]:
    """What the price was made of, to be kept with it."""
    return freeze(basis.fare, basis.ride, basis.ceiling)


def ended(question: PricingQuestion) -> Proposal | None:
    """The lines on a later occasion, by what was frozen with the quote."""
    terms, transaction = question.terms, question.transaction
    if question.occasion == "correction" and transaction is not None:
        return _corrected(question, transaction)
    if terms is None or transaction is None or "ride" not in terms.policies:
        return None
    fare, ride, ceiling = thaw(terms.policies["ride"])
    kept = _kept(terms.lines)
    own = [line for line in terms.lines if line.plugin == PLUGIN and line.purse != PENALTY]
    if question.occasion == "finish":
        done = finish(fare, own, ride, _changes(question, transaction, ride), ceiling)
        return Proposal((*done.lines, *kept), tuple(done.reasons))
    if question.occasion == "cancellation":
        return _proposal(cancel(fare, _facts(question, transaction), own))
    if question.occasion == "driver_cancellation":
        penalty = cancel(fare, _facts(question, transaction), own)
        lines = [evolve(line, purse=PENALTY) for line in penalty.lines]
        return Proposal((*own, *kept, *lines), tuple(penalty.reasons))
    if question.occasion == "no_show":
        return _proposal(no_show(fare, _waited(question, transaction)))
    if question.occasion == "tip":
        return Proposal(_given(question, "tip", "tip"))
    if question.occasion == "lost_item":
        return Proposal(_given(question, "reward", "price"))
    return None


def _given(question: PricingQuestion, code: str, purse: str) -> list[Line]:
    """What the rider gives the driver of its own will, all of it."""
    amount = question.asks.get("amount")
    if not isinstance(amount, Money) or not amount:
        return []
    inputs = {"amount": amount.amount}
    rule = f"{PLUGIN}.fixed"
    return [Line(code, amount, "customer", "provider", rule, PLUGIN, inputs, purse=purse)]


def _proposal(done: Ended) -> Proposal:
    return Proposal(tuple(done.lines), tuple(done.reasons))


def _kept(lines: Sequence[Line]) -> list[Line]:
    """Dues from an earlier ride stay on the price until it is paid."""
    return [line for line in lines if line.payee in BY_HAND]


def _changes(question: PricingQuestion, transaction: Transaction, ride: Ride) -> Changes:
    asks = question.asks
    tolls = asks.get("tolls")
    route = None
    if "metres" in asks and "seconds" in asks:
        route = Route(int(asks["metres"]), int(asks["seconds"]))
    return Changes(
        tolls=None if not isinstance(tolls, Money) else (Toll("toll", tolls.amount),),
        waited_s=_between(transaction, "arrived_at", "started_at") or None,
        added_stops=int(asks.get("stops", 0)),
        route=route,
    )


def _corrected(question: PricingQuestion, about: Transaction) -> Proposal:
    """The ride as it really was: what is not corrected stays as it was said before."""
    work = question.work
    origin = work.get(Transaction, about.origin_id or "")
    if origin.state != "settled":
        raise InvalidInput(
            f"only a settled ride is corrected by what happened, this one is {origin.state}; "
            "name the lines it should have"
        )
    agreed = work.find(Terms, transaction_id=origin.id, version=1)
    assert agreed is not None
    fare, ride, ceiling = thaw(agreed.policies["ride"])
    known = _last_said(question, origin)
    said = _reported(known, ride)
    asked = _changes(question, about, ride)
    changes = Changes(
        tolls=said.tolls if asked.tolls is None else asked.tolls,
        waited_s=said.waited_s,
        added_stops=asked.added_stops if "stops" in question.asks else said.added_stops,
        route=asked.route or said.route,
    )
    quoted = [line for line in agreed.lines if line.plugin == PLUGIN]
    done = finish(fare, quoted, ride, changes, ceiling)
    because = Reason("ride_corrected", {"reason": str(question.asks.get("reason", ""))}, PLUGIN)
    return Proposal((*done.lines, *_kept(known)), (because, *done.reasons))


def _last_said(question: PricingQuestion, origin: Transaction) -> Sequence[Line]:
    """The lines that the last settlement of the ride's price settled."""
    work = question.work
    for journal in reversed(work.ledger.journals(cause=origin.id)):
        if journal.kind == "settle" and journal.details.get("purse") == "price":
            settled = work.find(
                Terms,
                transaction_id=journal.details["transaction"],
                version=journal.details["terms_version"],
            )
            assert settled is not None
            return settled.lines
    return ()


def _reported(lines: Sequence[Line], ride: Ride) -> Changes:
    """What the lines of a finished ride say that happened."""
    inputs: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        if line.plugin == PLUGIN:
            inputs.setdefault(line.code, line.inputs)
    metres = inputs.get("distance", {}).get("metres", ride.route.metres)
    seconds = inputs.get("minutes", {}).get("seconds", ride.route.seconds)
    tolls = [
        Toll(str(line.inputs["name"]), line.amount.amount) for line in lines if line.code == "toll"
    ]
    return Changes(
        tolls=tuple(tolls),
        waited_s=inputs.get("waiting", {}).get("seconds"),
        added_stops=int(inputs.get("stops", {}).get("count", ride.stops)) - ride.stops,
        route=Route(int(metres), int(seconds)),
    )


def _between(transaction: Transaction, start: str, end: str) -> int:
    facts = transaction.attributes
    if start not in facts or end not in facts:
        return 0
    delay = datetime.fromisoformat(facts[end]) - datetime.fromisoformat(facts[start])
    return int(delay.total_seconds())


def _waited(question: PricingQuestion, transaction: Transaction) -> int:
    arrived = transaction.attributes.get("arrived_at")
    since = datetime.fromisoformat(arrived) if arrived else question.at
    return int((question.at - since).total_seconds())


def _moment(facts: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(facts[name]) if name in facts else None


def _facts(question: PricingQuestion, transaction: Transaction) -> Cancelled:
    facts = transaction.attributes
    actor, row = question.actor, question.row
    by = "customer"
    if actor is not None and actor.role is not None:
        by = actor.role.name
    elif any(
        seat.party_id == (actor and actor.party_id) and seat.role == "provider"
        for seat in question.seats
    ):
        by = "provider"
    seated = transaction.listing_id is not None
    return Cancelled(
        by=by,
        state=transaction.state,
        at=question.at,
        accepted_at=_moment(facts, "accepted_at") if seated else None,
        promised_at=_moment(facts, "promised_at") if seated else None,
        nearer_at=_nearer_at(question, transaction),
        arrived=seated and _there(facts),
        fault=None if row is None or by == "customer" else row.fault,
    )


def _there(facts: Mapping[str, Any]) -> bool:
    """Whether the driver who accepted last has arrived, whatever a process calls its states."""
    accepted, arrived = _moment(facts, "accepted_at"), _moment(facts, "arrived_at")
    return arrived is not None and (accepted is None or arrived >= accepted)


def _nearer_at(question: PricingQuestion, transaction: Transaction) -> datetime | None:
    """When the driver last came nearer: at the acceptance, if it stands where it stood then."""
    request, facts = question.request, transaction.attributes
    if request is None or request.place is None or transaction.listing_id is None:
        return None
    presence = question.work.find(Presence, listing_id=transaction.listing_id)
    if presence is None or "accepted_m" not in facts:
        return None
    came = int(facts["accepted_m"]) - presence.place.metres_to(request.place)
    return presence.seen_at if came > STANDS_M else _moment(facts, "accepted_at")


def surge_now(plan: SurgePlan | None, question: PricingQuestion) -> Surge | None:
    """The surge where and when the rider asks, out of who waits and who is free there."""
    request = question.request
    if plan is None or request is None or request.place is None:
        return None
    zone = plan.zone(request.place)
    waiting = question.work.select(
        Request, {"vertical": request.vertical, "state": "open"}, limit=10_000
    )
    online = question.work.select(
        Presence,
        [Condition("state", "=", "online"), Condition("expires_at", ">", question.at)],
        order="listing_id",
        limit=100_000,
    )
    riders = sum(one.place is not None and plan.zone(one.place) == zone for one in waiting)
    drivers = sum(plan.zone(one.place) == zone for one in online)
    snapshot = plan.snapshot(zone, question.at, riders, drivers)
    return snapshot if snapshot.multiplier_bps > 10_000 else None
