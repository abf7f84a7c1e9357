"""Verticals: a trade as data. Rules come by hooks; this is what the core must know of a trade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal

from attrs import field, frozen

from marketplace.domain.link import link_faults
from marketplace.domain.process import Process
from marketplace.domain.request import Request
from marketplace.domain.span import DAY, HOUR, MINUTE
from marketplace.errors import ProcessError


@frozen
class ResourcePlan:
    """How a listing of this vertical becomes something that can be claimed."""

    name: str
    kind: Literal["single", "counted"] = "single"
    capacity: int | str = 1
    """A number, or the name of the listing attribute that holds it."""
    grain: timedelta | None = None
    """None: claims have no span, so one live claim of a *single* resource shuts out every other
    (a driver's attention). With a grain, claims cover the request's ``start`` to ``end``: a
    *single* resource's to the second (a calendar), a *counted* one's in whole grains (nights)."""


@frozen
class Reviewing:
    """How reviews go in a trade."""

    axes: tuple[str, ...] = ()
    window: timedelta = 14 * DAY
    blind: bool = True
    """Hidden until both sides wrote or the window closed; False shows each at once."""
    between: tuple[tuple[str, str], ...] = (("customer", "provider"), ("provider", "customer"))
    """Which role reviews which."""


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
    resources: tuple[ResourcePlan, ...] = ()
    choose: Callable[[Request], str] | None = None
    """The name of the process for a request (instant or on request)."""
    reviewing: Reviewing = field(factory=Reviewing)
    quote_lives: timedelta = 10 * MINUTE
    offer_lives: timedelta = DAY
    offer_claims: str | None = None
    """The resource of the listing that an offer leases while it is live (a driver's attention)."""
    dispute_window: timedelta = 14 * DAY
    dispute_answer: timedelta = 72 * HOUR
    visible: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Transaction attributes that only these roles may read (a pick-up code)."""
    hides_contacts: bool = False
    """Whether phone numbers and addresses are masked in messages before agreement."""
    approves_listings: bool = False
    """Whether the operator must approve a listing before it is published."""
    dispatcher: Any = None
    """How waiting transactions are put to providers: a ``marketplace.matching`` dispatcher."""
    dispatch_every: timedelta | None = None
    """How often the clock dispatches; None when the application calls for it."""
    words: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Language to code to template, for its reasons, lines, rows and notifications."""

    def __attrs_post_init__(self) -> None:
        faults = tuple(link_faults((*self.processes, *self.follow_ups)))
        if faults:
            lines = "".join(f"\n  - {fault.sentence}" for fault in faults)
            message = f"the processes of {self.name!r} cannot be linked as they say:{lines}"
            raise ProcessError(message, faults=faults)

    def process(self, name: str) -> Process | None:
        """The process or follow-up of this name."""
        for process in (*self.processes, *self.follow_ups):
            if process.name == name:
                return process
        return None
