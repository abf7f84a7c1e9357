"""The stays plugin: an operator's settings, answering the hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from attrs import define, evolve, field

from marketplace import (
    DAY,
    MINUTE,
    Actor,
    Bring,
    Gate,
    InvalidInput,
    Line,
    Listing,
    ListingQuestion,
    Marketplace,
    MatchQuestion,
    MoneyKind,
    Party,
    PricingQuestion,
    Process,
    Proposal,
    Reason,
    Refused,
    RequestQuestion,
    Reservation,
    Resource,
    Role,
    Span,
    Terms,
    TransitionQuestion,
    Work,
    hookimpl,
)
from marketplace.plugins.stays import availability, pricing
from marketplace.plugins.stays.availability import CalendarStep
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.home import Home, Wish, faults
from marketplace.plugins.stays.process import stay
from marketplace.plugins.stays.rules import named
from marketplace.plugins.stays.steps import fits_a_day, midnight, noun
from marketplace.plugins.stays.taxes import Jurisdictions
from marketplace.plugins.stays.vertical import COHOST, vertical

COLLECTS = {MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.RECORD}
MOST_SHOWN = 1_100
"""How many days of a calendar one reading shows: three years."""
_MOST = 100_000


@define(eq=False)
class Stays:
    """Homes by the night; with a shorter ``grain``, tutors by the hour or courts by the slot."""

    processes: tuple[Process, ...] = ()
    """The trade's processes; none given: booked at once, paid when booked."""
    follow_ups: tuple[Process, ...] = ()
    fees: Fees = field(factory=Fees)
    taxes: Jurisdictions = field(factory=dict)
    """Name of a jurisdiction to its occupancy taxes; a listing names its own."""
    grain: timedelta = field(default=DAY, validator=fits_a_day)
    kind: Literal["counted", "single"] = "counted"
    """``counted``: a listing has n units; ``single``: one, whose time is taken to the second."""
    most_steps: int = 2_000
    """How many steps one stay may have, whatever a listing says."""
    quote_lives: timedelta = 30 * MINUTE
    offer_lives: timedelta = DAY
    blurs_m: int | None = 500
    """Others read where a home is as the middle of a cell so many metres wide; None: exactly."""
    name: str = "stays"

    def __attrs_post_init__(self) -> None:
        if not self.processes:
            self.processes = (stay(self.resource),)

    @property
    def resource(self) -> str:
        """What effects claim and hosts block: ``nights``, ``hours`` or ``slots``."""
        return noun(self.grain)

    def _moments(self, listing: Listing, arrive: date, leave: date) -> tuple[datetime, datetime]:
        """When a stay found by its dates begins and ends."""
        span = self.span(listing, arrive, leave)
        assert span.end is not None
        return span.start, span.end

    @hookimpl
    def bring(self) -> Bring:
        """The vertical and the rules that give each line again."""
        trade = vertical(
            self.name,
            self.processes,
            self.follow_ups,
            self.grain,
            self.kind,
            self.quote_lives,
            self.offer_lives,
            self.blurs_m,
            self._moments,
        )
        return Bring(verticals=(trade,), rules=named(self.name))

    def home(self, listing: Listing) -> Home:
        """A listing of this trade, ready to be asked."""
        if listing.vertical != self.name:
            raise InvalidInput(f"listing {listing.id} is one of {listing.vertical}")
        return Home.of(listing, self.grain, counted=self.kind == "counted")

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Sequence[Reason]:
        """A listing's fields make sense together."""
        listing = question.listing
        if listing.vertical != self.name:
            return []
        found = list(faults(listing, self.grain, self.kind == "counted"))
        where = listing.attributes.get("jurisdiction")
        if where is not None and self.taxes and where not in self.taxes:
            known = ", ".join(sorted(self.taxes))
            found.append(Reason("stay_unknown_jurisdiction", {"name": where, "known": known}))
        return found

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Sequence[Reason]:
        """A stay has dates, and the listing it is asked of can be had on them."""
        request = question.request
        if request.vertical != self.name:
            return []
        wish = Wish.of(request)
        if wish is None:
            return [Reason("stay_needs_dates")]
        if question.listing is None:
            return []
        return self._refusals(question.work, [question.listing], wish, question.at)[0]

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> Iterable[Gate]:
        """Every home that cannot be had, each no with its reason: the same rules as a request's."""
        if question.vertical != self.name or not question.listings:
            return
        for request in question.requests:
            wish = Wish.of(request)
            if wish is None:
                for listing in question.listings:
                    yield Gate(listing.id, Reason("stay_needs_dates"), request.id)
                continue
            told = self._refusals(question.work, question.listings, wish, question.at)
            for listing, reasons in zip(question.listings, told, strict=True):
                yield from (Gate(listing.id, reason, request.id) for reason in reasons)

    def _refusals(
        self, work: Work, listings: Sequence[Listing], wish: Wish, at: datetime
    ) -> list[list[Reason]]:
        """What stands against a stay in each of these listings."""
        homes = [self.home(listing) for listing in listings]
        where = {"listing_id": [listing.id for listing in listings], "name": self.resource}
        resources = {one.id: one for one in work.select(Resource, where, limit=_MOST)}
        spans = [home.claims(wish.start, wish.end) for home in homes]
        begins, ends = min(one for one, _ in spans), max(one for _, one in spans)
        claims: dict[str, list[Reservation]] = {}
        for claim in work.claims.live(sorted(resources), begins, ends):
            claims.setdefault(resources[claim.resource_id].listing_id, []).append(claim)
        return [
            availability.refusals(home, wish, claims.get(listing.id, ()), at, self.most_steps)
            for home, listing in zip(homes, listings, strict=True)
        ]

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """The price of a stay, and what the marketplace adds to a price that was agreed."""
        if question.vertical != self.name:
            return None
        if question.occasion == "cancellation":
            return Proposal((), (Reason("stay_called_off"),))
        if question.occasion not in ("quote", "negotiated"):
            return None
        return self._priced(question)

    def _priced(self, question: PricingQuestion) -> Sequence[Line]:
        home, wish = self.asked(question)
        found: list[Line] = []
        if question.occasion == "quote":
            # Asked anew: the listing may be another than the request's, or taken by now.
            assert question.listing is not None
            reasons = self._refusals(question.work, [question.listing], wish, question.at)[0]
            if reasons:
                raise Refused(
                    f"this stay is refused: {', '.join(reason.code for reason in reasons)}",
                    reasons=tuple(evolve(reason, plugin=self.name) for reason in reasons),
                )
            found = pricing.hosts_lines(home, wish, question.at, self.name)
        return [*found, *self.tariff.lines(home, wish, [*question.lines, *found])]

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Nobody pays for a co-host whom the listing names no more since it was priced."""
        deal = question.transaction
        process = next((one for one in self.processes if one.name == deal.process), None)
        if deal.vertical != self.name or process is None or deal.state != process.start:
            return None
        terms = question.work.find(Terms, transaction_id=deal.id, version=deal.terms_version)
        named = terms is not None and any(line.payee == COHOST for line in terms.lines)
        sits = any(seat.role == COHOST for seat in question.seats)
        collects = any(one.kind in COLLECTS for one in question.row.money_effects())
        return Reason("stay_cohost_left") if named and collects and not sits else None

    @property
    def tariff(self) -> pricing.Tariff:
        """What the marketplace adds to each price."""
        return pricing.Tariff(self.fees, self.taxes, self.name)

    def asked(self, question: PricingQuestion) -> tuple[Home, Wish]:
        """The home and the stay that a price is asked for: a deal's moments, else the request's."""
        listing, request, deal = question.listing, question.request, question.transaction
        if request is None:
            raise InvalidInput("a stay is priced for a request")
        if listing is None:
            where = deal.listing_id if deal is not None else request.listing_id
            if where is None:
                raise InvalidInput("a stay is priced in one listing; name it")
            listing = question.work.get(Listing, where)
        if deal is not None:
            request = evolve(request, start=deal.moments["start"], end=deal.moments["end"])
        wish = Wish.of(request)
        if wish is None:
            raise InvalidInput("a stay has an arrival and a departure; name start and end")
        return self.home(listing), wish

    # What people read.

    def span(self, listing: Listing, arrive: date, leave: date) -> Span:
        """From the check-in of one local date to the check-out of another, as instants."""
        home = self.home(listing)
        if leave <= arrive:
            raise InvalidInput(
                f"a stay has one night or more: {arrive} to {leave}",
                code="no_night",
                params={"first": arrive.isoformat(), "last": leave.isoformat()},
            )
        begins = home.grid.instant(arrive, home.check_in)
        return Span(begins, home.grid.instant(leave, home.check_out))

    def calendar(
        self,
        market: Marketplace,
        listing_id: str,
        *,
        by: Party | Role | Actor | str,
        start: date | None = None,
        days: int = 30,
    ) -> Sequence[CalendarStep]:
        """The steps of so many local dates from one on (today): free, held out, priced, or why not.

        The host and the operator see what each is taken for; others see that it is taken.
        """
        if type(days) is not int or not 1 <= days <= MOST_SHOWN:
            raise InvalidInput(f"a calendar shows 1 to {MOST_SHOWN} days, not {days!r}")
        listing = market.listings.get(listing_id, by=by)
        home, now = self.home(listing), market.context.now()
        first, count = _dates(home, start or home.grid.local(now).date(), days)
        around = home.grid.between(*availability.reach(home, first, count))
        claims = market.listings.taken(listing_id, around, by=by, resource=self.resource)
        mine = _party(by) in (None, listing.provider_id)
        return availability.calendar(home, claims, first, count, now, mine=mine)

    def nights_free(
        self,
        market: Marketplace,
        listing_id: str,
        *,
        by: Party | Role | Actor | str,
        start: date | None = None,
        days: int = 30,
    ) -> int:
        """How many of the steps can be had, whatever a stay's length must be."""
        shown = self.calendar(market, listing_id, by=by, start=start, days=days)
        return sum(step.bookable for step in shown)


def _party(by: Party | Role | Actor | str) -> str | None:
    """Whose eyes these are; None for the impersonal, who see everything."""
    if isinstance(by, Actor):
        return by.party_id
    return by if isinstance(by, str) else getattr(by, "id", None)


def _dates(home: Home, start: date, days: int) -> tuple[datetime, int]:
    """The first step of so many local dates, as claims write it, and how many there are."""
    if home.grid.daily:
        return midnight(start), days
    begins, ends = (
        home.grid.instant(day, datetime.min.time()) for day in (start, start + timedelta(days=days))
    )
    return begins, (ends - begins) // home.grid.grain
