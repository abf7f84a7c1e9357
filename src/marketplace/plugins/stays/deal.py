"""What an operator says of stays as deals: how they are booked, given up, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from marketplace import (
    DAY,
    Choice,
    Event,
    FactsQuestion,
    Listing,
    PolicyQuestion,
    Process,
    Reason,
    Request,
    Reservation,
    Resource,
    Transaction,
    TransitionQuestion,
    Work,
)
from marketplace.plugins.stays.cancellations import SCHEDULES, HostFee, Schedule
from marketplace.plugins.stays.deposit import POLICY as DEPOSIT_POLICY
from marketplace.plugins.stays.fees import basis_points
from marketplace.plugins.stays.home import Home
from marketplace.plugins.stays.later import POLICY, steps_a_month
from marketplace.plugins.stays.rates import MONTH
from marketplace.plugins.stays.rows import DEPOSIT, GUESTS
from marketplace.plugins.stays.steps import noun

WAYS = {
    "now": "stay",
    "later": "stay_later",
    "instalments": "stay_instalments",
    "monthly": "stay_monthly",
    "at_the_door": "stay_at_the_door",
}
"""What a request asks for by ``pay``, and the process that is."""
ASKED = ("now", "later")
"""Ways to pay for which a host may want to be asked first."""
ON_REQUEST = "_on_request"
BLOCKED = "cancelled by the host"
GIVEN_UP = ("uncollected", "owed")
"""States of a stay that was cancelled, and whose fee is still looked for or is a debt by now."""


@frozen
class Deals:
    """Settings of stays as deals."""

    cancellations: Mapping[str, Schedule] = field(factory=lambda: dict(SCHEDULES))
    """Schedules by the name that a listing gives in ``cancellation``."""
    usual: str = "flexible"
    """For listings that name none."""
    long: str | None = "long_term"
    """For stays of 28 days or more, whatever the listing names; None: as for any other."""
    non_refundable: str = "non_refundable"
    """For the rate of that name."""
    host_fee: HostFee = field(factory=HostFee)
    """What a host pays who cancels."""
    fee_times: int | None = 3
    """How often in a year a guest has the marketplace's fee given back; None: every time."""
    first_bp: int = field(default=3_000, validator=basis_points)
    """Of a price in instalments, the part that is paid at once."""

    def process(self, choice: Choice) -> str:
        """By how the guest wants to pay, and by whether the host wants to be asked."""
        pay = choice.request.attributes.get("pay", "now")
        instant = choice.listing is None or choice.listing.attributes.get("instant", True)
        return WAYS[pay] if instant or pay not in ASKED else WAYS[pay] + ON_REQUEST

    def unknown(self, listing: Listing) -> list[Reason]:
        """A schedule that nobody has heard of."""
        named = listing.attributes.get("cancellation")
        if named is None or named in self.cancellations:
            return []
        known = ", ".join(sorted(self.cancellations))
        return [Reason("stay_unknown_cancellation", {"name": named, "known": known})]

    def policies(self, question: PolicyQuestion) -> Mapping[str, Any]:
        """The schedule and the deposit: they stay as they are, whatever the listing says later."""
        request, listing = question.request, question.listing
        name = self.usual
        if listing is not None:
            name = listing.attributes.get("cancellation", self.usual)
        if request is not None and request.start is not None and request.end is not None:
            if self.long is not None and request.end - request.start > (MONTH - 1) * DAY:
                name = self.long
            if request.attributes.get("rate") == "non_refundable":
                name = self.non_refundable
        held = 0 if listing is None else listing.attributes.get(DEPOSIT, 0)
        schedule = self.cancellations[name].as_data()
        return {POLICY: schedule, "stay_cancellation_name": name, DEPOSIT_POLICY: held}

    def refusal(self, question: TransitionQuestion) -> Reason | None:
        """A host who wants to be asked is booked without it on an offer alone, by no way to pay."""
        deal = question.transaction
        if question.row.name == "claim" and deal.link == DEPOSIT:
            return _nobody_came(question)
        if question.row.name != "book" or question.offer is not None or deal.listing_id is None:
            return None
        listing = question.work.find(Listing, id=deal.listing_id)
        instant = listing is None or listing.attributes.get("instant", True)
        return None if instant else Reason("stay_host_is_asked")

    def facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """An alteration may change who comes."""
        changed = {name: question.asks[name] for name in GUESTS if name in question.asks}
        if question.row.name != "alter" or not changed:
            return None
        return {"guests": {**question.transaction.attributes.get("guests", {}), **changed}}


def _nobody_came(question: TransitionQuestion) -> Reason | None:
    """Nothing was broken in a stay that was given up before it began."""
    stay = question.work.find(Transaction, id=question.transaction.origin_id)
    if stay is None:
        return None
    ended, begins = stay.ended_at, stay.moments["start"]
    given_up = stay.state in GIVEN_UP or (ended is not None and ended < begins)
    return Reason("stay_never_began", {"begins": begins.isoformat()}) if given_up else None


def beyond_months(
    request: Request | None, home: Home, processes: Iterable[Process]
) -> list[Reason]:
    """A stay by the month for longer than its process has months: nobody would pay the rest."""
    if request is None or request.attributes.get("pay") != "monthly":
        return []
    process = next((one for one in processes if one.name == WAYS["monthly"]), None)
    if process is None or request.start is None or request.end is None:
        return []
    months = sum(one.removeprefix("month_").isdigit() for one in process.states)
    most = months * steps_a_month(home)
    steps = home.grid.count(request.start, request.end)
    if steps <= most:
        return []
    params = {"months": months, "limit": most, "steps": steps, "step": noun(home.grid.grain)}
    return [Reason("stay_too_long_for_months", params)]


def keep_blocked(event: Event, work: Work, vertical: str, resource: str) -> None:
    """Nights that a host gave up are nobody else's: blocked in the same unit of work."""
    if event.kind != "transaction.host_cancels":
        return
    deal = work.get(Transaction, event.subject_id)
    if deal.vertical != vertical or deal.moments["end"] <= event.at:
        return
    found = work.find(Resource, listing_id=deal.listing_id, name=resource)
    if found is None:
        return
    start, end = found.covers(deal.moments["start"], deal.moments["end"])
    identity = f"{event.id}.block"
    kept = Reservation(
        id=identity,
        resource_id=found.id,
        cause="block",
        cause_id=identity,
        quantity=_quantity(deal, work),
        state="confirmed",
        created_at=event.at,
        start=start,
        end=end,
        label=BLOCKED,
    )
    work.claims.claim([kept], event.at)


def _quantity(deal: Transaction, work: Work) -> int:
    request = None if deal.request_id is None else work.find(Request, id=deal.request_id)
    return 1 if request is None else request.quantity
