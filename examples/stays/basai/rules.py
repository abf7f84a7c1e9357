"""What makes Basai this company and no other: its fees, schedules, process, house rules, words."""

import logging
import re
from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    CLOCK,
    CUSTOMER,
    DAY,
    FREE,
    HOUR,
    PROVIDER,
    REFUND,
    SETTLE,
    Ask,
    At,
    Bring,
    Event,
    ListingQuestion,
    Process,
    Reason,
    RequestQuestion,
    Transition,
    TransitionQuestion,
    hookimpl,
    takes,
)
from marketplace.plugins.stays import Fees, Tax, stay
from marketplace.plugins.stays.cancellations import Notice, Schedule
from marketplace.plugins.stays.deal import Deals
from marketplace.plugins.stays.process import on_request

logger = logging.getLogger("basai")

RUPEE = 100
"""Amounts are in paisa."""
NIGHTS = "nights"


def fees() -> Fees:
    """What Basai takes: less from the guest than is usual, more from the host."""
    return Fees.split(guest_bp=500, host_bp=800)


TAXES = {
    "conservation area": (
        Tax(
            "path and forest fund", each=100 * RUPEE, currency="NPR", exempt=("children", "infants")
        ),
    )
}
"""Invented, as everything here is: every adult leaves a hundred rupees a night for the paths."""


def deals() -> Deals:
    """Paths close when it snows, so who cancels two days ahead loses nothing, later one night."""
    schedules = {
        "trek": Schedule([Notice(days=2)], more=1, rest_bp=10_000),
        "festival": Schedule([Notice(days=30), Notice(days=7, nights_bp=5_000, fee_bp=0)]),
    }
    return Deals(cancellations=schedules, usual="trek", long=None, non_refundable="festival")


def processes() -> tuple[Process, ...]:
    """Booked at once, or asked of the family first; and welcomed at the door in both."""
    return welcomed(stay()), welcomed(on_request())


def welcomed(plain: Process) -> Process:
    """A stay whose host is paid for a guest who came, and not for one who did not.

    It is the stay that comes with the library, and two rows more: ``welcome`` notes the trekking
    permit at the door, and only from there the host is paid. A day after check-in nobody was
    welcomed: then ``nobody_came`` ends it, without the host having to say so. Whatever could
    call off a booked stay can call off a welcomed one. The result is proved anew.
    """
    rows = [_also_when_welcomed(row) for row in plain.transitions]
    rows += [
        Transition("welcome", (PROVIDER, CUSTOMER), "booked", "welcomed",
                   asks=[Ask("permit")], not_before=At("start", -12 * HOUR)),
        Transition("nobody_came", CLOCK, "booked", "cancelled", FREE(NIGHTS), REFUND, SETTLE,
                   takes("deposit", "call_off"), lines="no_show", fault=CUSTOMER,
                   at=At("start", DAY)),
    ]  # fmt: skip
    return evolve(plain, transitions=rows, paid=("booked", "welcomed", "hosted"))


def _also_when_welcomed(row: Transition) -> Transition:
    if row.name == "pay_host":
        return row.changed(sources=("welcomed",))
    if "booked" in row.sources and row.name in ("cancel", "host_cancels", "excuse"):
        return row.changed(sources=(*row.sources, "welcomed"))
    return row


WORDS = {
    "en": {
        "meals_missing": "a homestay feeds its guests: name {needed} among its amenities",
        "pays_now": "stays are paid when they are booked; {pay} is not offered",
        "permit_unknown": "a permit has a number such as {example}",
        "notify.transaction.welcome": "Your host has welcomed you. Dinner is at seven.",
    },
    "ne": {
        "meals_missing": "होमस्टेमा खाना पाइन्छ: सुविधामा {needed} लेख्नुहोस्",
        "pays_now": "बुक गर्दा नै तिर्नुपर्छ; {pay} मिल्दैन",
        "permit_unknown": "अनुमतिपत्रको नम्बर चाहिन्छ, जस्तै {example}",
        "notify.transaction.welcome": "घरधनीले स्वागत गर्नुभयो। खाना सात बजे।",
    },
}

MEALS = "breakfast and dinner"
_PERMIT = re.compile(r"ACAP-\d{6}", re.ASCII)


@frozen
class HouseRules:
    """Basai's own plugin: three refusals, and a line in the log for every stay that ended."""

    name: str = "basai"

    @hookimpl
    def bring(self) -> Bring:
        """The words of the rules below."""
        return Bring(words=WORDS)

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Reason | None:
        """Nobody walks for six hours and finds no dinner."""
        if MEALS in question.listing.attributes.get("amenities", ()):
            return None
        return Reason("meals_missing", {"needed": MEALS})

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Reason | None:
        """Basai has no network on the path: what is paid later may never be."""
        pay = question.request.attributes.get("pay", "now")
        return None if pay == "now" else Reason("pays_now", {"pay": pay})

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Sequence[Reason]:
        """The permit is one."""
        if question.row.name != "welcome" or _PERMIT.fullmatch(str(question.asks["permit"])):
            return []
        return [Reason("permit_unknown", {"example": "ACAP-204117"})]

    @hookimpl
    def hear_committed(self, event: Event) -> None:
        """One line a stay, for whoever watches the log; nothing depends on it."""
        if event.kind in ("transaction.leave", "transaction.cancel", "transaction.nobody_came"):
            logger.info("stay %s: %s", event.subject_id, event.kind.partition(".")[2])


def attributes(nightly: int, **said: Any) -> dict[str, Any]:
    """What Basai writes down about a homestay; ``nightly`` in rupees."""
    return {
        "zone": "Asia/Kathmandu",
        "guests": 3,
        "check_in": "14:00",
        "check_out": "09:00",
        "kind": "homestay",
        "amenities": [MEALS, "hot shower"],
        "jurisdiction": "conservation area",
        "rates": {"nightly": nightly * RUPEE},
        **said,
    }
