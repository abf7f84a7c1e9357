"""The rides plugin: an operator's settings, answering the hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field

from marketplace import (
    SECOND,
    Batched,
    Bring,
    Candidate,
    Demo,
    Event,
    FactsQuestion,
    Gate,
    InvalidInput,
    Line,
    MatchQuestion,
    Offer,
    Place,
    PolicyQuestion,
    Presence,
    PricingQuestion,
    Process,
    Proposal,
    Reason,
    Request,
    RequestQuestion,
    Requirement,
    TransitionQuestion,
    Work,
    hookimpl,
)
from marketplace.plugins.rides import pricing
from marketplace.plugins.rides.bill import PLUGIN
from marketplace.plugins.rides.checks import whole
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.gates import Standing, gates, present
from marketplace.plugins.rides.kerb import not_there, waits_as_the_fares_say
from marketplace.plugins.rides.process import ride
from marketplace.plugins.rides.rates import Rates, kathmandu
from marketplace.plugins.rides.route import Router, StraightLine
from marketplace.plugins.rides.rules import RULES
from marketplace.plugins.rides.surges import SurgePlan
from marketplace.plugins.rides.vertical import NAME, vertical

DEFAULT_TIER = "ride"
DEMO = Demo(
    "rides",
    "A morning of bike rides in Kathmandu; or real New York trips, with --trips.",
    "marketplace.plugins.rides.demo.command:rides",
    "marketplace.plugins.rides.demo.left:opened",
)
BACK_ONLINE = frozenset(
    {"finish", "ride_over", "cancel", "driver_cancel", "driver_lost", "no_show", "nobody_came"}
    | {"call_off", "hold_died"}
)
"""Rows after which the driver is free again."""


def _rates(value: Rates | Fare) -> Rates:
    return Rates({DEFAULT_TIER: value}) if isinstance(value, Fare) else value


@define(eq=False)
class Rides:
    """On-demand rides: give it a fare, or rates for several classes of vehicle."""

    fare: Rates = field(converter=_rates)
    process: Process = field(factory=ride)
    """The process; a company's own variant is proved for its payment methods at opening."""
    router: Router = field(factory=StraightLine)
    dispatcher: Any = None
    """A ``Batched`` or ``RadiusRounds``; None asks all within 5 km, nearest first, in batches."""
    dispatch_every: timedelta | None = None
    """How often the clock dispatches; None when the application calls for it."""
    offer_lives: timedelta = 15 * SECOND
    quote_lives: timedelta = timedelta(minutes=5)
    documents: tuple[str, ...] = ()
    """Kinds of papers that a driver must have, approved and not expired."""
    standing: Standing = field(factory=Standing)
    surge: SurgePlan | None = None
    arrive_within_m: int | None = None
    """How near to the pick-up a driver must be seen to say that he arrived; None asks nothing."""
    code_tries: int = 5
    """How often a driver may say a wrong code before the ride cannot start any more."""
    requirements: tuple[Requirement, ...] = ()
    """What drivers must have shown beside the documents that gate them, and what waits for it."""
    name: str = PLUGIN

    def __attrs_post_init__(self) -> None:
        if self.dispatcher is None:
            self.dispatcher = Batched(5_000)
        if self.arrive_within_m is not None and whole(self.arrive_within_m, "arrive_within_m") < 1:
            raise InvalidInput(f"arrive_within_m is a metre or more, not {self.arrive_within_m}")
        self.process = waits_as_the_fares_say(self.process, self.fare)

    @hookimpl
    def bring(self) -> Bring:
        """The vertical ``rides`` and the rules that give each line again."""
        trade = vertical(
            self.process,
            sorted(self.fare.tiers),
            self.dispatcher,
            self.offer_lives,
            self.quote_lives,
            self.dispatch_every,
        )
        trade = evolve(trade, requirements=self.requirements)
        return Bring(verticals=(trade,), rules=RULES, demos=(DEMO,))

    def tier(self, request: Request) -> str:
        """The class of vehicle asked for; the only one where there is only one."""
        if len(self.fare.tiers) == 1:
            return next(iter(self.fare.tiers))
        return str(request.attributes.get("tier", ""))

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Sequence[Reason]:
        """A ride needs two places, a class that is offered, and a law that allows it."""
        request = question.request
        if request.vertical != NAME:
            return []
        if request.place is None or request.to is None:
            return [Reason("needs_two_places")]
        tier = self.tier(request)
        fare = self.fare.fare(tier)
        if request.currency != fare.currency:
            raise InvalidInput(
                f"rides are priced in {fare.currency} here, not {request.currency}",
                code="currency_mismatch",
            )
        start = request.start or question.at
        return self.fare.refusals(tier, request.place, request.to, start)

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> Iterable[Gate]:
        """Every gate that a driver must pass."""
        return list(gates(question, self.documents, self.standing))

    @hookimpl
    def propose_candidates(self, question: MatchQuestion) -> Iterable[Candidate] | None:
        """Drivers who are there now."""
        if question.vertical != NAME:
            return None
        return [Candidate(one.listing_id, one.place) for one in present(question)]

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """The fare: as quoted, as it ended, or as the cancellation table says."""
        if question.vertical != NAME or question.request is None:
            return None
        if question.occasion == "quote":
            return pricing.quoted(question, self.basis(question))
        return pricing.ended(question)

    def basis(self, question: PricingQuestion) -> pricing.Basis:
        """What this request is priced by, at this moment."""
        request = question.request
        assert request is not None
        assert request.place is not None
        assert request.to is not None
        tier = self.tier(request)
        stops = [Place(stop["lat"], stop["lon"]) for stop in request.attributes.get("stops", ())]
        at = request.start or question.at
        route = self.router.route([request.place, *stops, request.to], at)
        ceiling = self.fare.ceiling(tier, request.place, request.to, at, route.metres)
        return pricing.Basis(
            fare=self.fare.fare(tier),
            route=route,
            stops=len(stops),
            at=at,
            ceiling=ceiling,
            surge=pricing.surge_now(self.surge, question),
        )

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any] | None:
        """Freeze the fare, the ride and the ceiling with the price."""
        if question.vertical != NAME or question.request is None:
            return None
        asked = PricingQuestion(
            occasion="quote",
            vertical=NAME,
            currency=question.request.currency,
            work=question.work,
            at=question.at,
            request=question.request,
        )
        return {"ride": pricing.frozen_basis(self.basis(asked))}

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """A driver arrives where he is seen; the ride starts with the rider's code."""
        transaction = question.transaction
        if transaction.vertical != NAME:
            return None
        if question.row.name == "arrive" and self.arrive_within_m is not None:
            return not_there(question, self.arrive_within_m)
        if question.row.name != "start":
            return None
        if _misses(question) >= self.code_tries:
            return Reason("too_many_codes", {"tries": self.code_tries})
        right = transaction.attributes.get("pickup_code")
        return None if question.asks.get("code") == right else Reason("wrong_code")

    @hookimpl
    def propose_facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """When the driver accepted, arrived and started; the rider's code."""
        if question.transaction.vertical != NAME:
            return None
        now = question.at.isoformat()
        if question.row.name == "accept":
            return {
                "accepted_at": now,
                "pickup_code": f"{question.choose(10_000):04d}",
                **self._promise(question),
            }
        if question.row.name == "arrive":
            return {"arrived_at": now}
        if question.row.name == "start":
            return {"started_at": now}
        return None

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Keep each driver's presence true: offered, on trip, online again."""
        noun, _, what = event.kind.partition(".")
        if noun == "offer":
            offer = work.find(Offer, id=event.subject_id)
            if offer is not None and offer.listing_id is not None:
                self._offer_heard(work, offer, what)
        elif noun == "transaction":
            listing_id = event.data.get("listing")
            if listing_id and what.split(".")[0] in BACK_ONLINE:
                _appear(work, str(listing_id), "online", ("on trip",))

    def _offer_heard(self, work: Work, offer: Offer, what: str) -> None:
        assert offer.listing_id is not None
        if what == "made":
            _appear(work, offer.listing_id, "offered", ("online", "heading home"))
        elif what == "accepted":
            _appear(work, offer.listing_id, "on trip", ("online", "heading home", "offered"))
        else:
            _appear(work, offer.listing_id, "online", ("offered",))

    def _promise(self, question: FactsQuestion) -> dict[str, Any]:
        """How far the driver is and when it will be there, if anybody knows."""
        offer, request_id = question.offer, question.transaction.request_id
        if offer is None or request_id is None:
            return {}
        request = question.work.get(Request, request_id)
        presence = question.work.find(Presence, listing_id=offer.listing_id)
        if presence is None or request.place is None or not presence.live_at(question.at):
            return {}
        way = self.router.route([presence.place, request.place], question.at)
        promised = question.at + timedelta(seconds=way.seconds)
        metres = presence.place.metres_to(request.place)
        return {"promised_at": promised.isoformat(), "accepted_m": metres}


def _misses(question: TransitionQuestion) -> int:
    """How often a wrong code was said since the driver arrived: four digits are soon tried."""
    since = question.transaction.entered_at
    return sum(
        any(one["code"] == "wrong_code" for one in (said.reason or {}).get("reasons", ()))
        for said in question.work.commands.about(question.transaction.id)
        if said.outcome == "refused" and said.at >= since
    )


def _appear(work: Work, listing_id: str, state: str, when: Sequence[str]) -> None:
    presence = work.find(Presence, listing_id=listing_id)
    if presence is not None and presence.state in when:
        work.put(evolve(presence, state=state))


def kathmandu_rides() -> Rides:
    """Rides at the example rates of Kathmandu: what the entry point ``rides`` gives."""
    return Rides(fare=kathmandu())
