"""What is written to Stripe with every order, and what its answers come to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from marketplace import Answer, Money, Order, Reason
from marketplace.plugins.stripe_connect.amounts import from_stripe
from marketplace.plugins.stripe_connect.calling import Declined, Denied, Found
from marketplace.plugins.stripe_connect.words import declined

_ANEW = "+"
CHARGED = "latest_charge.balance_transaction"
"""What is asked for with a payment intent: its charge, and what Stripe keeps for it."""


def refused(code: str, /, **params: Any) -> Answer:
    """A no with its reason."""
    return Answer("failed", reason=Reason(code, params))


def denied(no: Denied, code: str = "stripe_refused") -> Answer:
    """A no by Stripe itself; what it says besides is for the operator, and no secret."""
    told = {"code": no.code, "param": no.param, "request": no.request}
    return refused(code, **told)


def bank_said_no(no: Declined) -> Answer:
    """A no by the card's bank."""
    return refused(declined(no.code, no.decline))


def anew(order: Order, number: int) -> Order:
    """The order under another key: the same effect, for which Stripe kept a break."""
    return evolve(order, key=f"{order.key}{_ANEW}{number}") if number else order


def called(order: Order) -> str:
    """What things at Stripe bear as an order's name: its key, also when it is asked anew."""
    return order.key.partition(_ANEW)[0]


def marks(order: Order) -> dict[str, str]:
    """What an object at Stripe says of whose it is: for people who look at it there, and to find
    out what became of a question whose answer was lost. Nothing is linked by it."""
    said = {
        "order": called(order),
        "transaction": order.transaction_id,
        "checkout": order.checkout_id,
        "party": order.payer,
    }
    return {name: value for name, value in said.items() if value}


def keyed(order: Order, step: str = "") -> dict[str, Any]:
    """The key of a call: the order's own, or for a step of it one that begins with that."""
    return {"idempotency_key": f"{order.key}-{step}" if step else order.key}


def keyed_by_payer(order: Order, step: str) -> dict[str, Any]:
    """The key of what is made once for whoever pays, whichever of his orders comes first."""
    again = order.key.partition(_ANEW)[2]
    return {"idempotency_key": "-".join(filter(None, (order.payer, step, again)))}


def parts_of(means: str | None) -> tuple[str | None, str | None]:
    """Customer and card of a means."""
    customer, _, method = (means or "").rpartition(":")
    return customer or None, method or None


def charge_of(intent: Found) -> Found:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, dict) else {}


def holds_until(charge: Found) -> datetime | None:
    """Until when a card's money is set aside."""
    details = charge.get("payment_method_details") or {}
    until = (details.get("card") or {}).get("capture_before")
    return None if until is None else datetime.fromtimestamp(until, UTC)


def fee_of(movement: Any, currency: str) -> Money | None:
    """What Stripe keeps, where that is known and in the payment's own currency; in another one
    it is told by the movement."""
    if not isinstance(movement, dict) or movement["currency"] != currency.lower():
        return None
    return from_stripe(movement["fee"], currency)


def given_back(charge: Found) -> int:
    """What was given back of what was taken, in minor units.

    Stripe counts as refunded also what it let go of a hold: all of one that was given up or died,
    the rest of one that was captured in part. Of one that still holds it let go of nothing yet.
    """
    back = int(charge.get("amount_refunded") or 0)
    let_go = max(int(charge["amount"]) - int(charge.get("amount_captured") or 0), 0)
    return back - let_go if back >= let_go else back


def action_of(intent: Found) -> str | None:
    """Where the customer confirms what waits for him."""
    action = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    url = action.get("url")
    return None if url is None else str(url)


def passed_on(intent: Found) -> Money | None:
    """What of a payment went on to a seller's account as it was taken; None for nothing."""
    there = charge_of(intent).get("transfer_data") or {}
    return from_stripe(there["amount"], intent["currency"]) if there.get("amount") else None


def named(transfer: Any) -> dict[str, Any]:
    """What the answer says besides of what was passed on: the name of its transfer."""
    return {"passed_on": transfer} if isinstance(transfer, str) else {}


def taken_back(refund: Found, charge: Found) -> Money | None:
    """What a refund took back there, less than zero; None for nothing.

    Of a payment of which nothing went on all of it went there and came back as a fee, and so does
    its refund.
    """
    reversal = refund.get("transfer_reversal")
    if not isinstance(reversal, dict) or charge.get("application_fee"):
        return None
    return -from_stripe(reversal["amount"], refund["currency"])


def asks(intent: Found) -> Answer:
    """The bank asks its customer first; the address is for whoever pays alone."""
    return Answer(
        "needs customer",
        reference=intent["id"],
        action=action_of(intent),
        reason=Reason("bank_asks_the_customer"),
    )


def declined_before(error: Any) -> Answer:
    said = error if isinstance(error, dict) else {}
    return refused(declined(said.get("code") or "", said.get("decline_code") or ""))
