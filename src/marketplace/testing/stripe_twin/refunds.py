"""Refunds: what was captured goes back, at once, later, or not after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from .cards import card_of
from .connecting import taken_back
from .problems import StripeProblem, no_such, too_little
from .shelf import Body
from .world import PLATFORM, Ask, World


def create(world: World, ask: Ask) -> Body:
    """Give back of a charge so much, or all that is left."""
    charge = _charge(world, ask)
    _check_refundable(world, charge)
    left = charge["amount"] - charge["amount_refunded"] - _pending(world, charge)
    if left <= 0:
        raise StripeProblem(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = ask.params.get("amount", left)
    if amount < 1:
        too_little("amount", 1)
    if amount > left:
        raise StripeProblem(
            400,
            f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on "
            f"charge ({left} {charge['currency']})",
            param="amount",
        )
    method = world.shelf.get(charge["payment_method"])
    assert method is not None
    card = card_of(method)
    made = _fresh(world, charge, amount, ask.params)
    made["_fails"] = card.refund == "fails later"
    made["status"] = "pending" if card.refund == "pending first" else "succeeded"
    world.shelf.add(PLATFORM, made)
    _from_the_receiver(world, ask, charge, made)
    if made["status"] == "succeeded":
        _settle(world, charge, made)
    world.shelf.put(made)
    if card.refund != "succeeded":
        world.shelf.later(world.after(world.rules.refund_turns_after), "refund turns", made["id"])
    world.tell("refund.created", made)
    if made["status"] == "succeeded":
        world.tell("charge.refunded", charge)
    return made


def _fresh(world: World, charge: Body, amount: int, said: Mapping[str, Any]) -> Body:
    """A refund that moved nothing yet."""
    return {
        "id": world.new("re"),
        "object": "refund",
        "_fails": False,
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": dict(said.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "reason": said.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def let_go(world: World, charge: Body) -> None:
    """Write down what of a hold is not taken: Stripe counts it as refunded, and moves nothing."""
    rest = charge["amount"] - charge["amount_captured"]
    if rest:
        world.shelf.add(PLATFORM, _fresh(world, charge, rest, {}))
        _count(world, charge, rest)


def _count(world: World, charge: Body, amount: int) -> None:
    """So much more of a charge is refunded; below zero: so much less."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.shelf.put(charge)


def _charge(world: World, ask: Ask) -> Body:
    if "charge" in ask.params:
        found = world.find("charge", ask.params["charge"], PLATFORM, "id")
        intent = ask.params.get("payment_intent", found["payment_intent"])
        if intent != found["payment_intent"]:
            raise StripeProblem(
                400, "The charge and the payment_intent do not match.", param="payment_intent"
            )
        return found
    if "payment_intent" not in ask.params:
        raise StripeProblem(
            400,
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            kept=False,
        )
    name = ask.params["payment_intent"]
    intent = world.shelf.get(name, PLATFORM)
    if intent is None or intent["object"] != "payment_intent":
        no_such("payment_intent", name, "payment_intent")
    charge = None if intent["latest_charge"] is None else world.shelf.get(intent["latest_charge"])
    if charge is None:
        _nothing_paid(name)
    return charge


def _nothing_paid(intent: str) -> NoReturn:
    raise StripeProblem(
        400, f"This PaymentIntent ({intent}) does not have a successful charge to refund."
    )


def _check_refundable(world: World, charge: Body) -> None:
    if charge["status"] == "failed":
        _nothing_paid(charge["payment_intent"])
    if not charge["captured"]:
        raise StripeProblem(
            400,
            f"This uncaptured Charge was created by a PaymentIntent ({charge['payment_intent']}). "
            "You must cancel the PaymentIntent to reverse the authorization instead of refunding "
            "the Charge directly. For more information, see "
            "https://stripe.com/docs/payments/place-a-hold-on-a-payment-method",
        )
    for dispute in world.shelf.every("dispute", PLATFORM):
        if dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]:
            raise StripeProblem(
                400,
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )


def _pending(world: World, charge: Body) -> int:
    """What is on its way back already."""
    return sum(
        each["amount"]
        for each in world.shelf.every("refund", PLATFORM)
        if each["charge"] == charge["id"] and each["status"] == "pending"
    )


def _settle(world: World, charge: Body, refund: Body) -> None:
    moved = world.book(
        "refund",
        refund["id"],
        -refund["amount"],
        refund["currency"],
        description="REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = moved["id"]
    _count(world, charge, refund["amount"])


def _from_the_receiver(world: World, ask: Ask, charge: Body, refund: Body) -> None:
    """Of a destination charge: take the receiver's part back too, and give up the own fee."""
    wanted, fee_too = ask.params.get("reverse_transfer"), ask.params.get("refund_application_fee")
    if not wanted and not fee_too:
        return
    if "transfer" not in charge:
        raise StripeProblem(
            400,
            "Cannot reverse the transfer of, or refund the application fee on, a charge that has "
            "none.",
            param="reverse_transfer" if wanted else "refund_application_fee",
        )
    fee_back = 0
    if fee_too and charge["application_fee"] is not None:
        fee = world.find("application_fee", charge["application_fee"], PLATFORM, "id")
        fee_back = min(
            fee["amount"] * refund["amount"] // charge["amount_captured"],
            fee["amount"] - fee["amount_refunded"],
        )
        fee["amount_refunded"] += fee_back
        fee["refunded"] = fee["amount_refunded"] == fee["amount"]
        world.shelf.put(fee)
        name = world.new("fr")
        moved = world.book("application_fee_refund", name, -fee_back, refund["currency"])
        returned: Body = {
            "id": name,
            "object": "fee_refund",
            "amount": fee_back,
            "balance_transaction": moved["id"],
            "created": world.now(),
            "currency": refund["currency"],
            "fee": fee["id"],
            "metadata": {},
        }
        world.shelf.add(PLATFORM, returned)
        world.tell("application_fee.refunded", fee)
    if wanted:
        transfer = world.find("transfer", charge["transfer"], PLATFORM, "id")
        share = transfer["amount"] * refund["amount"] // charge["amount_captured"]
        share = min(share, transfer["amount"] - transfer["amount_reversed"])
        if share:
            back = taken_back(world, transfer, share, refund=refund["id"], fee_back=fee_back)
            refund["transfer_reversal"] = back["id"]


def retrieve(world: World, ask: Ask) -> Body:
    """One refund."""
    return world.find("refund", ask.names["refund"], PLATFORM, "refund")


def turn(world: World, refund: Body) -> None:
    """The bank's second word: what was pending arrives, or what had arrived comes back."""
    charge = world.find("charge", refund["charge"], PLATFORM, "id")
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        _settle(world, charge, refund)
        world.shelf.put(refund)
        world.tell("refund.updated", refund, previous={"status": "pending"})
        world.tell("charge.refunded", charge)
    elif refund["status"] == "succeeded" and refund["_fails"]:
        moved = world.book(
            "refund_failure",
            refund["id"],
            refund["amount"],
            refund["currency"],
            category="refund_failure",
            description="REFUND FAILURE",
        )
        refund["status"] = "failed"
        refund["failure_reason"] = "expired_or_canceled_card"
        refund["failure_balance_transaction"] = moved["id"]
        _count(world, charge, -refund["amount"])
        world.shelf.put(refund)
        world.tell("refund.updated", refund, previous={"status": "succeeded"})
        world.tell("refund.failed", refund)
