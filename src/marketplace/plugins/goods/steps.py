"""Rows that several processes of goods share: paying, sending, complaining."""

from __future__ import annotations

from typing import Any

from marketplace import (
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    FREE,
    MOVE,
    OPERATOR,
    ORIGIN,
    PROVIDER,
    REFUND,
    RESERVE,
    SETTLE,
    USE,
    Ask,
    At,
    Transition,
)
from marketplace.plugins.goods.settings import GoodsTimes

STOCK, SAMPLES, BACKORDER, FLASH, GROUP = "stock", "samples", "backorder", "flash", "group"
"""What of a listing can be claimed."""

CONTESTED = ("contested", "escalated", "returning", "sent_back")
"""States of a complaint, in which its rows alone move the money."""

BEARERS = ("customer", "provider", "operator")
BACK_TO_UNPAID: dict[str, Any] = {"failed": "unpaid", "needs_customer": "unpaid"}
REFUND_ASKED = Ask("refund", "money")
PIECES = (Ask("quantity", "number", required=False), Ask("items", "items", required=False))
"""How many pieces: of the only item, or of each that is named."""


def paying(times: GoodsTimes, start: str, to: str, *claims: str) -> list[Transition]:
    """Claim and pay in one step; who does not pay gives the goods up."""
    frees = [FREE(one) for one in claims]
    reserve, confirm = [RESERVE(one) for one in claims], [CONFIRM(one) for one in claims]
    return [
        Transition("pay", CUSTOMER, (start, "unpaid"), to, *reserve, CHARGE, *confirm,
                   **BACK_TO_UNPAID),
        Transition("give_up", CUSTOMER, "unpaid", "lapsed", *frees),
        Transition("lapse", CLOCK, (start, "unpaid"), "lapsed", *frees, after=times.pay),
    ]  # fmt: skip


def sold(claim: str) -> Any:
    """What becomes of a claim on goods that leave: it goes with them.

    What was promised before it was there came for its buyers alone; others may be promised some.
    """
    return FREE(claim) if claim == BACKORDER else USE(claim)


def delivery(times: GoodsTimes, claim: str) -> list[Transition]:
    """From packing to the customer's hands, or the money back."""
    undo: tuple[Any, ...] = (FREE(claim), REFUND, SETTLE)
    return [
        Transition("short", PROVIDER, "packing", "packing", MOVE(claim), REFUND, lines="short",
                   asks=PIECES, fault=PROVIDER),
        Transition("call_off", (PROVIDER, ORIGIN, OPERATOR), "packing", "cancelled", *undo,
                   lines="cancellation", fault=PROVIDER),
        Transition("too_late", CLOCK, "packing", "cancelled", *undo, lines="cancellation",
                   fault=PROVIDER, at=At("ship_by")),
        Transition("pack", PROVIDER, "packing", "packing",
                   asks=[Ask("parcel", max_length=100), *PIECES]),
        Transition("ship", (PROVIDER, ORIGIN), "packing", "shipped", sold(claim),
                   asks=[Ask("parcel", required=False, max_length=100)]),
        Transition("arrived", (PROVIDER, OPERATOR), "shipped", "shipped",
                   asks=[Ask("parcel", max_length=100), Ask("evidence")]),
        Transition("extend", (CUSTOMER, PROVIDER), "shipped", "shipped",
                   asks=[Ask("protected_until", "time")]),
        Transition("deliver", (PROVIDER, OPERATOR), "shipped", "delivered",
                   asks=[Ask("evidence")]),
        Transition("receive", CUSTOMER, ("shipped", "delivered"), "completed", SETTLE),
        Transition("keep_silent", CLOCK, "delivered", "completed", SETTLE, after=times.silence),
        # Long transit is not delivery: silence pays nobody here.
        Transition("lost", CLOCK, "shipped", "cancelled", REFUND, SETTLE, lines="cancellation",
                   fault=PROVIDER, at=At("protected_until")),
    ]  # fmt: skip


def complaint(times: GoodsTimes, again: str) -> list[Transition]:
    """A customer complains: money stays where it is until one of these rows moves it.

    What is sent again is claimed from ``again``.
    """
    argued = ("contested", "escalated")
    gives = (REFUND, SETTLE)
    return [
        Transition("complain", CUSTOMER, ("shipped", "delivered"), "contested",
                   asks=[Ask("why"), Ask("wants", "choice", choices=("refund", "return", "resend")),
                         Ask("refund", "money", required=False)]),
        Transition("give_in", PROVIDER, "contested", "completed", *gives, lines="wanted"),
        Transition("agree", (CUSTOMER, PROVIDER), argued, "completed", *gives, lines="split",
                   asks=[REFUND_ASKED], agreed=True),
        Transition("take_back", PROVIDER, "contested", "returning"),
        Transition("resend", PROVIDER, "contested", "packing", CONFIRM(again),
                   asks=[Ask("ship_by", "time"), Ask("protected_until", "time")]),
        Transition("drop", CUSTOMER, (*argued, "returning"), "completed", SETTLE),
        Transition("escalate", (CUSTOMER, PROVIDER), "contested", "escalated"),
        Transition("no_answer", CLOCK, "contested", "completed", *gives, lines="wanted",
                   fault=PROVIDER, after=times.answer),
        Transition("decide", OPERATOR, argued, "completed", *gives, lines="decision",
                   asks=[REFUND_ASKED]),
        Transition("decide_return", OPERATOR, argued, "returning",
                   asks=[Ask("freight", "choice", choices=BEARERS)]),
        Transition("no_decision", CLOCK, "escalated", "completed", *gives, lines="wanted",
                   after=times.decision),
        Transition("send_back", CUSTOMER, "returning", "sent_back",
                   asks=[Ask("parcel", max_length=100)]),
        Transition("not_sent", CLOCK, "returning", "completed", SETTLE, after=times.send_back,
                   fault=CUSTOMER),
        Transition("got_back", PROVIDER, "sent_back", "returned", *gives, lines="return"),
        Transition("not_as_sent", PROVIDER, "sent_back", "escalated", asks=[Ask("why")]),
        Transition("back_by_silence", CLOCK, "sent_back", "returned", *gives, lines="return",
                   after=times.way_back),
    ]  # fmt: skip
