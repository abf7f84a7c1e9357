"""What plugins are asked: each question is one value, so that it can grow without breaking them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import field

from marketplace.domain.books import Timer
from marketplace.domain.freezing import frozen
from marketplace.domain.item import PricedItem
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.party import Actor
from marketplace.domain.place import Place
from marketplace.domain.ports import PaymentProvider, Work
from marketplace.domain.quote import Line, Rule
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.review import Review
from marketplace.domain.table_names import TableNames
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.transition import Transition
from marketplace.domain.vertical import Vertical


@frozen
class TableBranch:
    """A plugin's own tables: where its Alembic revisions lie, and what they amount to.

    They stand where the marketplace's do: revisions name them by ``MigrationNames.here()``,
    everything else by ``work.names``.
    """

    name: str
    versions: Path
    metadata: Any = None
    """For the comparison test; optional. A ``sqlalchemy.MetaData``, or a function that gives the
    one for a marketplace's ``TableNames``."""

    def metadata_for(self, names: TableNames) -> Any:
        """The metadata of the tables under these names; None where the branch brings none."""
        return self.metadata(names) if callable(self.metadata) else self.metadata


@frozen
class Demo:
    """A story that ``marketplace demo NAME`` tells."""

    name: str
    summary: str
    command: Any
    """A ``click`` command, or where one is to be loaded from when it is run: ``module:name``."""
    opens: Any = None
    """A function, or its ``module:name``: gives the ``Marketplace`` that the demo left behind at
    a database URL, or with None where it leaves it by itself. So that the other commands can be
    tried on it."""


Errand = Callable[[Any], None]
"""What is to be asked outside: called with the marketplace, with no unit of work open."""


@frozen
class Bring:
    """Everything a plugin brings. The same name from two plugins is an error at opening."""

    verticals: Sequence[Vertical] = ()
    payment_providers: Sequence[PaymentProvider] = ()
    rules: Mapping[str, Rule] = field(factory=dict)
    """Pricing rules by name, so that a frozen line can be computed again."""
    words: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Language to code to template."""
    tables: Sequence[TableBranch] = ()
    demos: Sequence[Demo] = ()
    answers: Sequence[type] = ()
    """Frozen attrs classes with which the plugin's verbs answer, so that the same key gives the
    same answer years later."""
    timers: Mapping[str, Callable[[Any, Timer], Errand | None]] = field(factory=dict)
    """Kind of subject (``PLUGIN.NOUN``) to what the clock does when a timer of that kind is due,
    given an ``Act`` and the timer. What must be asked outside it gives back as an errand."""
    erases: Callable[[Any, str], None] | None = None
    """Given an ``Act`` and a party's id: takes away what the plugin's own tables say of who it is,
    in the commit in which the party is erased."""


@frozen
class ListingQuestion:
    """May this listing be published or changed like this?"""

    listing: Listing
    actor: Actor
    work: Work
    at: datetime


@frozen
class RequestQuestion:
    """May this request be opened?"""

    request: Request
    listing: Listing | None
    actor: Actor
    work: Work
    at: datetime
    items: Sequence[PricedItem] = ()
    """The items of a basket, with their listings."""


@frozen
class MatchQuestion:
    """Which of these listings must not serve which of these requests?"""

    vertical: str
    requests: Sequence[Request]
    listings: Sequence[Listing]
    work: Work
    at: datetime


@frozen
class Gate:
    """One gate's no: this listing, for this request or (None) for every one."""

    listing_id: str
    reason: Reason
    request_id: str | None = None


@frozen
class Candidate:
    """A listing that could serve now, and where it is."""

    listing_id: str
    place: Place | None = None


@frozen
class TransitionQuestion:
    """May this row be taken now, by this actor? What needs both sides is asked twice: when one
    proposes it, without an offer, and when the other accepts."""

    transaction: Transaction
    row: Transition
    actor: Actor
    seats: Sequence[Seat]
    asks: Mapping[str, Any]
    work: Work
    at: datetime
    offer: Offer | None = None
    """The offer being accepted, if the row is taken by accepting one."""


@frozen
class ReviewQuestion:
    """May this review be written?"""

    review: Review
    transaction: Transaction
    work: Work
    at: datetime


@frozen
class PartSoFar:
    """A part of a basket that is priced: whose it is, and its lines by the plugins before."""

    provider_id: str
    part: str
    lines: Sequence[Line]
    items: Sequence[PricedItem] = ()


@frozen
class PricingQuestion:
    """What does it cost, on this occasion? Each plugin adds lines to those so far."""

    occasion: str
    """``quote``, or the occasion that a row names: ``finish``, ``cancellation`` …"""
    vertical: str
    currency: str
    work: Work
    at: datetime
    request: Request | None = None
    listing: Listing | None = None
    transaction: Transaction | None = None
    seats: Sequence[Seat] = ()
    terms: Terms | None = None
    """The version in force, for every occasion but the first."""
    row: Transition | None = None
    actor: Actor | None = None
    asks: Mapping[str, Any] = field(factory=dict)
    lines: Sequence[Line] = ()
    """What the plugins before this one proposed on this occasion."""
    items: Sequence[PricedItem] = ()
    """What of a basket is priced; ``listing`` is theirs if they are all of one."""
    part: str = ""
    """What ``Vertical.part`` answered for them."""
    provider_id: str | None = None
    """Whose items they are."""
    parts: Sequence[PartSoFar] = ()
    """All parts of the basket, on the first occasion: each plugin sees of each what those before
    it said, so that it may share something out over all of them."""
    place: int = 0
    """Which of the parts this one is."""


@frozen
class Proposal:
    """Lines, and why they are these rather than those before: kept with the terms."""

    lines: Sequence[Line] = ()
    reasons: Sequence[Reason] = ()
    sums: Callable[[Sequence[Line]], Sequence[Reason]] | None = None
    """Called with all ``lines`` of the price once every plugin has given its own: more reasons,
    which tell of sums that a later plugin's discount still changes."""


@frozen
class PolicyQuestion:
    """Which policies go with this price, as data?"""

    vertical: str
    request: Request | None
    listing: Listing | None
    work: Work
    at: datetime
    items: Sequence[PricedItem] = ()
    """What of a basket the price is of."""
    part: str = ""
    lines: Sequence[Line] = ()
    """The price's lines, of all plugins."""


@frozen
class RateQuestion:
    """At which rate is a price of ``source`` paid in ``target``?"""

    source: str
    target: str
    work: Work
    at: datetime
    request: Request | None = None


@frozen
class FactsQuestion:
    """Which facts does the transaction gain by this row (a pick-up code, metres driven)?"""

    transaction: Transaction
    row: Transition
    seats: Sequence[Seat]
    asks: Mapping[str, Any]
    work: Work
    at: datetime
    choose: Callable[[int], int]
    """A number from 0 to below the argument, out of the marketplace's own randomness."""
    offer: Offer | None = None
    """The offer being accepted, if the row is taken by accepting one."""
