"""The questions a marketplace asks its plugins. The kind is the first word of each docstring.

*bring*: all answers are kept, a name twice is an error. *refuse*: any reason refuses.
*propose*: the answers are joined, each hook says how. *hear*: told, nothing is asked.
Plugins are asked in the order in which they were given to the marketplace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from marketplace.domain.event import Event
from marketplace.domain.ports import Work
from marketplace.domain.question import (
    Bring,
    Candidate,
    FactsQuestion,
    Gate,
    ListingQuestion,
    MatchQuestion,
    PolicyQuestion,
    PricingQuestion,
    Proposal,
    RateQuestion,
    RequestQuestion,
    ReviewQuestion,
    TransitionQuestion,
)
from marketplace.domain.quote import Line
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason

PROJECT = "marketplace"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Refusal = Reason | Sequence[Reason] | None


@hookspec
def bring() -> Bring:  # type: ignore[empty-body]
    """Bring verticals, payment providers, rules, words, tables and demos; asked at opening."""


@hookspec
def refuse_listing(question: ListingQuestion) -> Refusal:
    """Refuse to publish a listing, or to change a published one."""


@hookspec
def refuse_request(question: RequestQuestion) -> Refusal:
    """Refuse to open a request."""


@hookspec
def refuse_match(question: MatchQuestion) -> Iterable[Gate]:  # type: ignore[empty-body]
    """Refuse listings for requests: many at once, each no with its reason; all are kept."""


@hookspec
def refuse_transition(question: TransitionQuestion) -> Refusal:
    """Refuse a row of a transaction's process, beyond what the process itself says."""


@hookspec
def refuse_review(question: ReviewQuestion) -> Refusal:
    """Refuse a review."""


@hookspec
def propose_candidates(
    question: MatchQuestion,
) -> Iterable[Candidate] | None:
    """Propose listings that could serve now; joined, the first place of a listing holds.

    When every plugin answers None, all published listings of the vertical are candidates.
    """


@hookspec
def propose_lines(question: PricingQuestion) -> Proposal | Sequence[Line] | None:
    """Propose lines of a price; joined in the plugins' order, each sees those before it.

    A ``Proposal`` carries reasons too, which are kept with the terms.
    """


@hookspec
def propose_policies(question: PolicyQuestion) -> Mapping[str, Any] | None:
    """Propose policies to freeze with a price; joined, a name twice is an error."""


@hookspec
def propose_rate(question: RateQuestion) -> Rate | None:
    """Propose the rate at which a price is paid in another currency; the first answer holds."""


@hookspec
def propose_facts(question: FactsQuestion) -> Mapping[str, Any] | None:
    """Propose facts a transaction gains by a row; joined, a name twice is an error."""


@hookspec
def hear_event(event: Event, work: Work) -> None:
    """Hear of an event inside its database transaction: raising undoes everything."""


@hookspec
def hear_committed(event: Event) -> None:
    """Hear of an event after its commit: what is raised is logged and changes nothing."""
