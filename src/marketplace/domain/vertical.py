"""Verticals: a trade as data. Rules come by hooks; this is what the core must know of a trade."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

from attrs import field

from marketplace.domain.chargeback import ChargebackTerms
from marketplace.domain.effect import ClaimEffect, ClaimKind
from marketplace.domain.freezing import frozen
from marketplace.domain.item import Item, PricedItem
from marketplace.domain.link import link_faults
from marketplace.domain.link_plan import LinkPlan, LinkQuestion
from marketplace.domain.listing import Listing
from marketplace.domain.money import Money, whole
from marketplace.domain.place import COARSEST_M, FINEST_M
from marketplace.domain.process import Process
from marketplace.domain.quote import Line
from marketplace.domain.request import Request
from marketplace.domain.requirement import Requirement
from marketplace.domain.search import SearchPlan
from marketplace.domain.span import DAY, HOUR, MINUTE
from marketplace.domain.transaction import Transaction
from marketplace.errors import InvalidInput, ProcessError, SetupError

WHOLE_SHARE = 10_000
"""All of what a role gets or pays, in basis points."""

PLACE = "place"
"""What ``Vertical.reveals`` calls the exact place of a listing whose place is blurred."""


class Supplied(Enum):
    """Where the count of a resource comes from, if from no attribute."""

    BY_HAND = "by hand"
    """The provider supplies it and what is used goes off it; see ``listings.supply``."""


SUPPLIED = Supplied.BY_HAND


@frozen
class ResourcePlan:
    """How a listing of this vertical becomes something that can be claimed."""

    name: str
    kind: Literal["single", "counted"] = "single"
    capacity: int | str | Supplied = 1
    """A number, or the name of the listing attribute that holds it (``backorder.most``: of a field
    in it); or ``SUPPLIED``: zero at first, and what the provider supplies."""
    grain: timedelta | None = None
    """None: claims have no span, so one live claim of a *single* resource shuts out every other
    (a driver's attention). With a grain, claims cover the request's ``start`` to ``end``: a
    *single* resource's to the second (a calendar), a *counted* one's in whole grains (nights)."""
    zone: str | None = None
    """The listing attribute with the time zone whose days are counted: a claim then covers the
    local dates from ``start`` to ``end``, the last one outside. Only with a grain of whole days."""
    before: int | str = 0
    """Grains that a deal's claim takes before its own: a number, or the name of an attribute."""
    after: int | str = 0
    """Grains that a deal's claim takes after its own."""
    unsaid: int = 1
    """How many there are where the attribute is not in a listing."""
    options: str | None = None
    """The listing attribute with the options that it is counted by, each an object with a ``key``
    (variants of an article, room types of a hotel): each has a resource of its own, sized by the
    option's fields before the listing's. Items name them by their ``option``."""

    def __attrs_post_init__(self) -> None:
        if self.capacity is SUPPLIED and (self.kind != "counted" or self.grain is not None):
            raise SetupError(
                f"resource {self.name!r} is supplied, so it is counted and has no grain"
            )
        if self.zone is not None and (self.grain is None or self.grain % DAY):
            raise SetupError(
                f"resource {self.name!r} counts local days, so its grain is a day or several, "
                f"not {self.grain}"
            )
        if (self.before or self.after) and self.grain is None:
            raise SetupError(f"resource {self.name!r} has no grain to prepare in; give it one")


@frozen
class Reviewing:
    """How reviews go in a trade."""

    axes: tuple[str, ...] = ()
    window: timedelta = 14 * DAY
    blind: bool = True
    """Hidden until both sides wrote or the window closed; False shows each at once."""
    between: tuple[tuple[str, str], ...] = (("customer", "provider"), ("provider", "customer"))
    """Which role reviews which."""
    zone: str | None = None
    """The listing attribute that names a time zone: windows then close there at the end of a
    day, the one in which ``window`` is over."""
    weighs_from: Mapping[str, int] = field(factory=dict)
    """Currency to minor units: reviews of cheaper deals are shown and counted, but weigh nothing
    in a reputation's weighted figure. A currency that is not named has no least price."""
    ring_deals: int = 3
    """So many deals between the same two within ``ring_within``, reviewed both ways, look like a
    ring: an event says so, and again at every multiple."""
    ring_within: timedelta = 90 * DAY


@frozen
class Choice:
    """What a vertical chooses the process of a new transaction by."""

    request: Request
    listing: Listing | None
    at: datetime
    """When the transaction begins."""
    items: Sequence[PricedItem] = ()
    """What of a basket it is about."""
    part: str = ""
    """What ``Vertical.part`` answered for them."""
    terms: Mapping[str, Any] = field(factory=dict)
    """What was negotiated beside the price."""


@frozen
class Taking:
    """A deal is about to claim something for one of its items: how much?"""

    number: int
    item: Item
    listing: Listing
    deal: Transaction


@frozen
class Seating:
    """A role beyond customer and provider (co-host, moderator), and who may seat parties in it."""

    role: str
    by: tuple[str, ...] = ()
    """Roles that may seat and unseat its parties, as the operator always may."""
    listing: str | None = None
    """The listing attribute that names its parties: each deal on the listing opens with them.
    A party's id, or several; each alone or as ``{"party": id, "share_bp": 2_000}``."""

    def named(self, listing: Listing) -> list[tuple[str, int]]:
        """The parties that a listing names for this role, each with its share in basis points.

        Raises ``InvalidInput`` for an attribute that names nobody that could be read.
        """
        given = None if self.listing is None else listing.attributes.get(self.listing)
        if given is None:
            return []
        several = [given] if isinstance(given, str | Mapping) else given
        if not isinstance(several, list | tuple):
            raise InvalidInput(f"{self.listing} names parties by their ids, not {given!r}")
        found = [_party_and_share(str(self.listing), one) for one in several]
        if len({party for party, _ in found}) < len(found):
            raise InvalidInput(f"{self.listing} names each party once")
        return found


def _party_and_share(field_name: str, given: object) -> tuple[str, int]:
    fields = given if isinstance(given, Mapping) else {"party": given}
    party, unknown = fields.get("party"), sorted(set(fields) - {"party", "share_bp"})
    if not isinstance(party, str) or unknown:
        raise InvalidInput(f"{field_name} names a party (and its share_bp), not {given!r}")
    return party, checked_share(fields.get("share_bp", WHOLE_SHARE))


def checked_share(share_bp: object) -> int:
    """A share of what a role gets, in basis points; raises ``InvalidInput`` for any other."""
    if not 1 <= whole(share_bp, "a share") <= WHOLE_SHARE:
        raise InvalidInput(f"a share lies between 1 and {WHOLE_SHARE} basis points, not {share_bp}")
    return whole(share_bp, "a share")


@frozen
class Vertical:
    """A trade: its attributes, processes, resources, times and words.

    Raises ``ProcessError`` when its processes are not linked as their rows say.
    """

    name: str
    processes: tuple[Process, ...]
    """The first is used unless ``choose`` names another."""
    follow_ups: tuple[Process, ...] = ()
    listing_schema: Mapping[str, Any] = field(factory=lambda: {"type": "object"})
    """JSON schema of a listing's attributes; unknown fields should be refused by it."""
    request_schema: Mapping[str, Any] = field(factory=lambda: {"type": "object"})
    transaction_schema: Mapping[str, Any] = field(factory=lambda: {"type": "object"})
    """Of the facts of a deal; what is revealed of its listing was checked there."""
    item_schema: Mapping[str, Any] = field(factory=lambda: {"type": "object"})
    """Of the attributes of an item in a basket."""
    offer_schema: Mapping[str, Any] = field(
        factory=lambda: {"type": "object", "additionalProperties": False}
    )
    """Of the terms that are negotiated beside a price; without it there are none."""
    negotiated: Callable[[Money, Mapping[str, Any], Request], Sequence[Line]] | None = None
    """How a price that somebody named, with its terms, becomes lines (and which purses they are
    in); without it, it is one line of the price."""
    open_needs: tuple[str, ...] | None = None
    """Attributes of a request for anybody that every provider of the trade may read, so that he
    may make an offer; with dots, a field inside: ``ship_to.country``. None: nobody reads it."""
    part: Callable[[Item, Listing], str] | None = None
    """What keeps an item of a basket apart from others of the same seller: items with another
    answer are another deal (made to order, digital). Without it each seller is one deal."""
    resources: tuple[ResourcePlan, ...] = ()
    claims: Callable[[Taking], Mapping[str, int]] | None = None
    """How much an item takes of which resource; of one that is not named it takes nothing. Without
    it an item takes its quantity of every resource that a row claims."""
    choose: Callable[[Choice], str] | None = None
    """The name of the process (at once or on request, paid now or later)."""
    moments: Callable[[Choice], Mapping[str, datetime]] | None = None
    """Times that a new transaction begins with beside the request's ``start`` and ``end``, out of
    its request and listing alone: by when it must be sent, until when its buyer is protected."""
    links: Mapping[str, Callable[[LinkQuestion], LinkPlan | None]] = field(factory=dict)
    """A process that rows open to whoever says with whom: without an entry the same people sit in
    it. What gives None opens nothing."""
    reviewing: Reviewing = field(factory=Reviewing)
    quote_lives: timedelta = 10 * MINUTE
    offer_lives: timedelta = DAY
    offer_claims: str | None = None
    """The resource of the listing that an offer leases while it is live (a driver's attention)."""
    dispute_window: timedelta = 14 * DAY
    dispute_answer: timedelta = 72 * HOUR
    chargebacks: ChargebackTerms = field(factory=ChargebackTerms)
    """Who bears what a payer's bank takes back, and the fee for it."""
    dispute_decides: timedelta = 30 * DAY
    """How long the operator has to decide what came to him; then the dispute lapses, and the money
    goes by the terms as if it had been withdrawn."""
    dispute_warns: timedelta = 3 * DAY
    """So long before that the operator is warned; at once where there is no more time than this."""
    disputed_in: tuple[str, ...] = ()
    """States in which a deal is contested: who brings it there opens a dispute, to be argued with
    evidence, and the row that leaves them decides it. What its rows settle meanwhile is not put
    off, so every one of these states needs a clock row of its own."""
    seats: tuple[Seating, ...] = ()
    """Roles beyond customer and provider that parties may be seated in, by whom."""
    visible: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Transaction attributes that only these roles may read (a pick-up code)."""
    private: tuple[str, ...] = ()
    """Listing attributes that its provider and the operator alone may read (an address, the code
    of the door); with dots, fields inside them, of each in a list. Plugins see them still."""
    personal: tuple[str, ...] = ()
    """Request attributes that nobody but the customer and the operator reads before the sides have
    agreed (an address to send to); with dots, fields inside them, of each in a list:
    ``ship_to.street``. A provider reads them while the deal that he sits in is agreed."""
    reveals: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Private attribute to the states of a deal in which it stands in the transaction's
    attributes, for the roles that ``visible`` names (or whoever sits in it), and no longer than
    that. ``place`` is the listing's exact place."""
    blurs_m: int | None = None
    """Others read a listing's place as the middle of a cell so many metres wide."""
    hides_contacts: bool = False
    """Whether telephone numbers, addresses of mail and links are masked in titles, in ``texts``
    and in messages before agreement."""
    agreed_in: tuple[str, ...] = ()
    """States of a deal in which nothing of that is masked any more; when none is named, all of
    those in which a provider sits in it."""
    texts: tuple[str, ...] = ("description", "message")
    """Attributes of listings and requests that people write in their own words; with dots, fields
    inside them: ``plan.rules.label``."""
    approves_listings: bool = False
    """Whether the operator must approve a listing before it is published."""
    dispatcher: Any = None
    """How waiting transactions are put to providers: a ``marketplace.matching`` dispatcher."""
    dispatch_every: timedelta | None = None
    """How often the clock dispatches; None when the application calls for it."""
    requirements: tuple[Requirement, ...] = ()
    """What whoever sells must have shown, and what waits until then."""
    search: SearchPlan | None = None
    """What of its listings is indexed; None where nobody searches them."""
    words: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Language to code to template, for its reasons, lines, rows and notifications."""

    def seating(self, role: str) -> Seating | None:
        """What the trade says of a role beyond customer and provider; None if it says nothing."""
        return next((one for one in self.seats if one.role == role), None)

    def __attrs_post_init__(self) -> None:
        if self.blurs_m is not None and not FINEST_M <= self.blurs_m <= COARSEST_M:
            raise SetupError(
                f"vertical {self.name!r} blurs places by {self.blurs_m} m; "
                f"allowed are {FINEST_M} to {COARSEST_M}"
            )
        given: tuple[object, ...] = (self.processes, self.follow_ups)
        if not all(isinstance(some, list | tuple) for some in given):
            return  # Whoever brings it is told what each field holds.
        every = (*self.processes, *self.follow_ups)
        if not all(isinstance(process, Process) for process in every):
            return
        states = {state for process in every for state in process.states}
        for name, shown_in in self.reveals.items():
            if name not in self.private and not (name == PLACE and self.blurs_m is not None):
                raise SetupError(f"vertical {self.name!r} reveals {name!r}, which is not private")
            _refuse_unknown(self.name, f"reveals {name!r} in", shown_in, states)
        _refuse_unknown(self.name, "agrees in", self.agreed_in, states)
        _refuse_unknown(self.name, "is disputed in", self.disputed_in, states)
        for process in every:
            for state in sorted(set(process.states) & set(self.disputed_in)):
                if not any(row.is_timer for row in process.rows_from(state)):
                    raise SetupError(
                        f"vertical {self.name!r} is disputed in {state!r}, which no clock row of "
                        f"{process.name!r} leaves: nobody would have to answer"
                    )
        self._refuse_claims_on_what_is_not_there(every)
        lost = sorted(set(self.links) - {process.name for process in every})
        if lost:
            raise SetupError(f"vertical {self.name!r} links {', '.join(lost)}, no process of it")
        faults = tuple(link_faults(every))
        if faults:
            lines = "".join(f"\n  - {fault.sentence}" for fault in faults)
            message = f"the processes of {self.name!r} cannot be linked as they say:{lines}"
            raise ProcessError(message, faults=faults)

    def _refuse_claims_on_what_is_not_there(self, processes: Iterable[Process]) -> None:
        plans = [one for one in self.resources if isinstance(one, ResourcePlan)]
        there = {one.name: one.capacity for one in plans}
        used = set[str]()
        for process in processes:
            for row in process.transitions:
                for effect in row.effects:
                    if not isinstance(effect, ClaimEffect):
                        continue
                    if effect.resource not in there:
                        raise SetupError(
                            f"vertical {self.name!r}: row {row.name!r} of {process.name!r} says "
                            f"{effect}; its resources are: {', '.join(sorted(there)) or 'none'}"
                        )
                    if effect.kind is ClaimKind.USE:
                        used.add(effect.resource)
        counted = sorted(name for name in used if there[name] is not SUPPLIED)
        if counted:
            raise SetupError(
                f"vertical {self.name!r} uses up {', '.join(counted)}, which an "
                "attribute counts anew with every change; give it capacity=SUPPLIED"
            )

    def process(self, name: str) -> Process | None:
        """The process or follow-up of this name."""
        for process in (*self.processes, *self.follow_ups):
            if process.name == name:
                return process
        return None


def _refuse_unknown(vertical: str, what: str, named: Iterable[str], states: Iterable[str]) -> None:
    unknown = sorted(set(named) - set(states))
    if unknown:
        raise SetupError(
            f"vertical {vertical!r} {what} {', '.join(unknown)}; its processes have the states "
            f"{', '.join(sorted(states))}"
        )
