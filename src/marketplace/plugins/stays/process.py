"""The process of a stay booked at once: paid when it is booked, the host's a day after check-in."""

from __future__ import annotations

from marketplace import (
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    MINUTE,
    PROVIDER,
    REFUND,
    RESERVE,
    SETTLE,
    At,
    Process,
    Transition,
)
from marketplace.plugins.stays.steps import NIGHTS


def stay(calendar: str = NIGHTS) -> Process:
    """Booked at once: until check-in either side may call it off, and the guest has all back."""
    return Process(
        "stay",
        start="asked",
        final={"completed", "expired", "cancelled"},
        paid=("booked", "hosted"),
        review_after=("completed",),
        transitions=[
            Transition("book", CUSTOMER, ("asked", "unpaid"), "booked",
                       RESERVE(calendar), CHARGE, CONFIRM(calendar),
                       failed="unpaid", needs_customer="unpaid"),
            Transition("lapse", CLOCK, ("asked", "unpaid"), "expired",
                       FREE(calendar), after=30 * MINUTE),
            Transition("cancel", CUSTOMER, "booked", "cancelled", FREE(calendar),
                       REFUND, SETTLE, lines="cancellation", failed="unrefunded"),
            Transition("host_cancels", PROVIDER, "booked", "cancelled", FREE(calendar),
                       REFUND, SETTLE, lines="cancellation", failed="unrefunded",
                       fault=PROVIDER),
            # A bank that takes nothing back: what is owed goes to the guest's wallet instead.
            Transition("to_wallet", CLOCK, "unrefunded", "cancelled", SETTLE, after=MINUTE),
            Transition("pay_host", CLOCK, "booked", "hosted", SETTLE, at=At("start", DAY)),
            Transition("leave", CLOCK, "hosted", "completed", FREE(calendar), at=At("end")),
        ],
    )  # fmt: skip
