"""The stays plugin: an operator's settings, answering the hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from attrs import define, evolve, field

from marketplace import (
    DAY,
    MINUTE,
    Actor,
    Bring,
    Demo,
    Event,
    FactsQuestion,
    Gate,
    InvalidInput,
    Line,
    Listing,
    ListingQuestion,
    Marketplace,
    MatchQuestion,
    MoneyKind,
    Party,
    PolicyQuestion,
    PricingQuestion,
    Process,
    Proposal,
    Reason,
    Refused,
    RequestQuestion,
    Requirement,
    Role,
    Span,
    Terms,
    TransitionQuestion,
    Work,
    adjustment,
    hookimpl,
)
from marketplace.plugins.stays import pricing
from marketplace.plugins.stays.availability import CalendarStep
from marketplace.plugins.stays.calendars import check_shown, shown
from marketplace.plugins.stays.cancellations import KEPT_RULES
from marketplace.plugins.stays.deal import Deals, beyond_months, keep_blocked
from marketplace.plugins.stays.deposit import deposit, own_lines
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.home import Home, Wish, faults
from marketplace.plugins.stays.later import Later
from marketplace.plugins.stays.parts import Page, in_two
from marketplace.plugins.stays.price_list import PriceList
from marketplace.plugins.stays.process import every
from marketplace.plugins.stays.rows import AGREED, DEPOSIT, GUESTS
from marketplace.plugins.stays.rules import named
from marketplace.plugins.stays.steps import fits_a_day, noun
from marketplace.plugins.stays.taxes import Jurisdictions
from marketplace.plugins.stays.vacancies import Vacancies
from marketplace.plugins.stays.vertical import COHOST, vertical

DEMO = Demo(
    "stays",
    "A season of homes around Pokhara's lake; or the homes of a real city, with --listings.",
    "marketplace.plugins.stays.demo.command:stays",
    "marketplace.plugins.stays.demo.left:opened",
)
COLLECTS = {MoneyKind.SAVE, MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.RECORD}


@define(eq=False)
class Stays:
    """Homes by the night; with a shorter ``grain``, tutors by the hour or courts by the slot."""

    processes: tuple[Process, ...] = ()
    """The trade's processes; none given: at once or on request, paid now, later or in parts."""
    follow_ups: tuple[Process, ...] = ()
    """What may stand beside or follow a stay; none given: the damage deposit,
    and what the operator decides anew."""
    deals: Deals = field(factory=Deals)
    """How stays are booked and given up."""
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
    requirements: tuple[Requirement, ...] = ()
    """What hosts must have shown, and what waits until then."""
    name: str = "stays"

    def __attrs_post_init__(self) -> None:
        if not self.processes:
            self.processes = every(self.resource)
        if not self.follow_ups:
            self.follow_ups = (deposit(), adjustment("completed", "cancelled"))

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
        states = {state for one in self.processes for state in one.states}
        paid = {state for one in self.processes for state in one.paid}
        agreed = tuple(sorted(states & AGREED | paid | {one for one in states if "month_" in one}))
        reveals = dict.fromkeys(trade.reveals, agreed)
        trade = evolve(trade, choose=self.deals.process, reveals=reveals, agreed_in=agreed)
        trade = evolve(trade, requirements=self.requirements)
        later = {f"{self.name}.{name}": rule for name, rule in KEPT_RULES.items()}
        rules = {**named(self.name), **later}
        # Of several beside each other one is the usual, whose demo it is.
        demos = (DEMO,) if self.name == DEMO.name else ()
        return Bring(verticals=(trade,), rules=rules, demos=demos)

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
        return [*found, *self.deals.unknown(listing)]

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
        late = beyond_months(request, self.home(question.listing), self.processes)
        home = self.home(question.listing)
        found = self.vacancies.refusals(question.work, question.listing, home, wish, question.at)
        return [*late, *found]

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> Iterable[Gate]:
        """Every home that cannot be had on these dates: the same rules as a request's."""
        if question.vertical != self.name or not question.listings:
            return
        homes = [self.home(listing) for listing in question.listings]
        for request in question.requests:
            wish = Wish.of(request)
            if wish is None:
                for listing in question.listings:
                    yield Gate(listing.id, Reason("stay_needs_dates"), request.id)
                continue
            claims = self.vacancies.claims(question.work, question.listings, homes, wish)
            for listing, home in zip(question.listings, homes, strict=True):
                theirs = claims.get(listing.id, ())
                for reason in self.vacancies.against(home, wish, theirs, question.at):
                    yield Gate(listing.id, reason, request.id)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """The price of a stay, and what the marketplace adds to a price that was agreed."""
        if question.vertical != self.name:
            return None
        if question.occasion in ("quote", "negotiated"):
            page, lines = Page(question.currency, self.name), self._priced(question)
            assert question.request is not None
            if question.request.attributes.get("pay") != "instalments":
                return lines
            return in_two(lines, self.deals.first_bp, page)
        home, wish = self.asked(question)
        if question.occasion == DEPOSIT:
            return own_lines(question, self.name)
        later = Later(self.name, self.deals.host_fee, self.deals.fee_times)
        return later.proposal(question, home, wish, lambda: self._again(question, home, wish))

    def _again(self, question: PricingQuestion, home: Home, wish: Wish) -> list[Line]:
        """The price of other dates or guests, for those who have the nights already."""
        deal = question.transaction
        assert deal is not None
        listing, work = self._listing(question), question.work
        others = self.vacancies.refusals(work, listing, home, wish, question.at, but=deal.id)
        if others:
            raise Refused(
                f"this stay is refused: {', '.join(reason.code for reason in others)}",
                reasons=tuple(evolve(reason, plugin=self.name) for reason in others),
            )
        found = pricing.hosts_lines(home, wish, question.at, self.name)
        return [*found, *self.tariff.lines(home, wish, found)]

    def _priced(self, question: PricingQuestion) -> Sequence[Line]:
        home, wish = self.asked(question)
        found: list[Line] = []
        reasons = beyond_months(question.request, home, self.processes)
        if question.occasion == "quote":
            # Asked anew: the listing may be another than the request's, or taken by now.
            assert question.listing is not None
            listing, work = question.listing, question.work
            reasons += self.vacancies.refusals(work, listing, home, wish, question.at)
        if reasons:
            raise Refused(
                f"this stay is refused: {', '.join(reason.code for reason in reasons)}",
                reasons=tuple(evolve(reason, plugin=self.name) for reason in reasons),
            )
        if question.occasion == "quote":
            found = pricing.hosts_lines(home, wish, question.at, self.name)
        return [*found, *self.tariff.lines(home, wish, [*question.lines, *found])]

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Nobody pays for a co-host whom the listing names no more since it was priced."""
        deal = question.transaction
        process = next((one for one in self.processes if one.name == deal.process), None)
        asked = self.deals.refusal(question)
        if deal.vertical == self.name and asked is not None:
            return asked
        if deal.vertical != self.name or process is None or deal.state != process.start:
            return None
        terms = question.work.find(Terms, transaction_id=deal.id, version=deal.terms_version)
        named = terms is not None and any(line.payee == COHOST for line in terms.lines)
        sits = any(seat.role == COHOST for seat in question.seats)
        collects = any(one.kind in COLLECTS for one in question.row.money_effects())
        return Reason("stay_cohost_left") if named and collects and not sits else None

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any] | None:
        """What a cancellation costs is frozen with the price."""
        return self.deals.policies(question) if question.vertical == self.name else None

    @hookimpl
    def propose_facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """Who comes, when that is altered."""
        return self.deals.facts(question) if question.transaction.vertical == self.name else None

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """What a host cancels stays blocked in his calendar."""
        keep_blocked(event, work, self.name, self.resource)

    @property
    def vacancies(self) -> Vacancies:
        """What of a home can be had."""
        return Vacancies(self.resource, self.most_steps)

    @property
    def tariff(self) -> pricing.Tariff:
        """What the marketplace adds to each price."""
        return pricing.Tariff(self.fees, self.taxes, self.name)

    def asked(self, question: PricingQuestion) -> tuple[Home, Wish]:
        """The home and the stay that a price is asked for: a deal's moments, else the request's."""
        request, deal = question.request, question.transaction
        if request is None:
            raise InvalidInput("a stay is priced for a request")
        if deal is not None:
            given = {name: question.asks[name] for name in GUESTS if name in question.asks}
            before = request.attributes.get("guests", {})
            guests = {**before, **deal.attributes.get("guests", {}), **given}
            said = {**request.attributes, "guests": guests}
            start, end = deal.moments["start"], deal.moments["end"]
            request = evolve(request, start=start, end=end, attributes=said)
        wish = Wish.of(request)
        if wish is None:
            raise InvalidInput("a stay has an arrival and a departure; name start and end")
        return self.home(self._listing(question)), wish

    def _listing(self, question: PricingQuestion) -> Listing:
        """The home that is priced."""
        deal, request = question.transaction, question.request
        if question.listing is not None:
            return question.listing
        asked = None if request is None else request.listing_id
        where = asked if deal is None else deal.listing_id
        if where is None:
            raise InvalidInput("a stay is priced in one listing; name it")
        return question.work.get(Listing, where)

    # What people read.

    def span(self, listing: Listing, arrive: date, leave: date) -> Span:
        """From the check-in of one local date to the check-out of another, as instants."""
        return self.home(listing).span(arrive, leave)

    def price_list(self, listing: Listing) -> PriceList:
        """What each night of a listing costs: for whoever shows the prices of many stays.

        Raises ``InvalidInput`` where steps are shorter than a night.
        """
        if self.grain != DAY:
            raise InvalidInput(f"a price list is of nights; {self.name} are by {self.resource}")
        return self.home(listing).prices

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
        check_shown(days)
        listing = market.listings.get(listing_id, by=by)
        return shown(market, listing, self.home(listing), self.resource, by, start, days)

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
        steps = self.calendar(market, listing_id, by=by, start=start, days=days)
        return sum(step.bookable for step in steps)
