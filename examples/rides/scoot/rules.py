"""What makes Scoot this company and no other: its fare, its process, its house rules, its words."""

import logging
import re
from collections.abc import Sequence
from datetime import time
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    MINUTE,
    PROVIDER,
    Ask,
    Bring,
    Event,
    ListingQuestion,
    Process,
    Reason,
    ReviewQuestion,
    Transition,
    TransitionQuestion,
    hookimpl,
)
from marketplace.plugins.rides import (
    Band,
    CancellationRow,
    CancellationTerms,
    ChangeCap,
    Fare,
    NoShow,
    RideTimes,
    Supplement,
    Waiting,
    Window,
    ride,
)

logger = logging.getLogger("scoot")

RUPEE = 100
"""Amounts are in paisa."""
HELMETS = 2
"""One for the driver, one for the passenger."""


def fare() -> Fare:
    """What a scooter ride costs; invented, as everything here is."""
    return Fare(
        "NPR",
        base=50 * RUPEE,
        bands=(Band(24 * RUPEE, up_to_m=5_000), Band(19 * RUPEE)),
        waiting=Waiting(free_s=240, per_minute=3 * RUPEE),
        minimum=80 * RUPEE,
        supplements=(Supplement("night", bps=1_500, window=Window(time(20), time(5))),),
        zone="Asia/Kathmandu",
        rounding=5 * RUPEE,
        change_cap=ChangeCap(bps=2_000),
        cancellation=cancellation(),
        no_show=NoShow(after_s=300, fee=60 * RUPEE),
    )


def cancellation() -> CancellationTerms:
    """A rider who cancels later than a minute after the acceptance pays a third of the quote.

    At most 60 rupees, and nothing when the driver is late or stands still.
    """
    return CancellationTerms(
        grace_s=60,
        late_s=240,
        stalled_s=180,
        rows=(
            CancellationRow(fault="nobody"),
            CancellationRow(by="customer", fault="provider"),
            CancellationRow(by="customer", fault="customer", bps=3_333, most=60 * RUPEE),
        ),
    )


def process() -> Process:
    """A ride in which nobody sets off before two helmets were seen.

    It is the ride that comes with the library, and one row more: ``check_helmets`` leads from
    ``arrived`` to ``ready``, and only there does a ride start. Whatever could end a ride that
    had arrived can end one that is ready. The result is proved anew, for card and for cash.
    """
    plain = ride(RideTimes(search=4 * MINUTE, pick_up=30 * MINUTE))
    rows = [_with_helmets(row) for row in plain.transitions]
    seen = Ask("helmets", "number")
    rows.append(Transition("check_helmets", PROVIDER, "arrived", "ready", asks=[seen]))
    return evolve(plain, name="scooter_ride", transitions=rows, admits=("card", "cash"))


def _with_helmets(row: Transition) -> Transition:
    if row.name == "start":
        return row.changed(sources=("ready",))
    if "arrived" in row.sources and row.name != "no_show":
        return row.changed(sources=(*row.sources, "ready"))
    return row


WORDS = {
    "en": {
        "helmet_missing": "{seen} helmets were seen, {needed} are needed",
        "plate_unknown": "a scooter is listed with its plate, such as {example}",
        "no_numbers_in_reviews": "a review holds no telephone numbers",
        "notify.transaction.check_helmets": "Helmets are on: you are about to leave.",
    },
    "ne": {
        "helmet_missing": "{seen} हेलमेट देखियो, {needed} चाहिन्छ",
        "plate_unknown": "स्कुटरको नम्बर चाहिन्छ, जस्तै {example}",
        "no_numbers_in_reviews": "समीक्षामा फोन नम्बर लेख्न मिल्दैन",
        "notify.transaction.check_helmets": "हेलमेट लगाइयो: अब हिँड्ने बेला भयो।",
    },
}

_PLATE = re.compile(r"GA-\d{2}-[A-Z]{2}-\d{4}", re.ASCII)
_NUMBER = re.compile(r"\d(?:[\s-]?\d){6,}")


@frozen
class HouseRules:
    """Scoot's own plugin: three refusals, and a line in the log for every ride that ended."""

    name: str = "scoot"

    @hookimpl
    def bring(self) -> Bring:
        """The words of the rules below."""
        return Bring(words=WORDS)

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Reason | None:
        """A scooter bears a plate of the province."""
        plate = str(question.listing.attributes.get("plate", ""))
        if _PLATE.fullmatch(plate):
            return None
        return Reason("plate_unknown", {"example": "GA-01-PA-1234"})

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Two helmets, or nobody gets on."""
        if question.row.name != "check_helmets":
            return None
        seen = int(question.asks["helmets"])
        if seen >= HELMETS:
            return None
        return Reason("helmet_missing", {"seen": seen, "needed": HELMETS})

    @hookimpl
    def refuse_review(self, question: ReviewQuestion) -> Sequence[Reason]:
        """A review is read by everybody: it gives nobody's number away."""
        return [Reason("no_numbers_in_reviews")] if _NUMBER.search(question.review.text) else []

    @hookimpl
    def hear_committed(self, event: Event) -> None:
        """One line a ride, for whoever watches the log; nothing depends on it."""
        if event.kind in ("transaction.settle", "transaction.cancel", "transaction.expire"):
            logger.info("ride %s: %s", event.subject_id, event.kind.partition(".")[2])


def attributes(plate: str) -> dict[str, Any]:
    """What Scoot writes down about a scooter."""
    return {"plate": plate, "seats": 1, "payments": ["card", "cash"]}
