"""Payment intents that hold: captured, raised, cancelled, or dead in time."""

from __future__ import annotations

from typing import NoReturn

from .cards import Card, card_of
from .charges import take
from .connecting import check_destination
from .intents import CONFIRMABLE, check_amount, merged, named
from .problems import StripeProblem, too_little, wrong_state
from .refunds import let_go
from .shelf import Body
from .world import Ask, World, shown

MOST_RAISES = 10
CANCELABLE = ("requires_payment_method", "requires_capture", *CONFIRMABLE[1:], "processing")


def capture(world: World, ask: Ask) -> Body:
    """Take what was held, or less; the rest is let go."""
    intent = named(world, ask)
    _must_be_held(intent, "captured")
    amount = ask.params.get("amount_to_capture", intent["amount_capturable"])
    if amount < 1:
        too_little("amount_to_capture", 1, payment_intent=shown(intent))
    if amount > intent["amount_capturable"]:
        raise StripeProblem(
            400,
            "The payment could not be captured because the requested capture amount is greater "
            "than the amount you can capture for this charge. Contact us via "
            "https://support.stripe.com/contact/ for help.",
            code="amount_too_large",
            payment_intent=shown(intent),
        )
    charge, method, card = _held(world, intent)
    if card.capture_fails:
        die(world, intent)
        raise StripeProblem(
            400,
            "The charge cannot be captured as the authorization has expired.",
            code="charge_expired_for_capture",
            charge=charge["id"],
            done=True,
        )
    fee = ask.params.get("application_fee_amount", intent["application_fee_amount"])
    data, part = intent["transfer_data"], ask.params.get("transfer_data")
    if part is not None:
        data = {**(data or _no_destination()), **part}
    if fee is not None or part is not None:
        check_destination(
            world, {"amount": amount, "transfer_data": data, "application_fee_amount": fee}
        )
    for each in (intent, charge):
        each["application_fee_amount"], each["transfer_data"] = fee, data
    if amount < intent["amount"] and "amount" in (charge["transfer_data"] or {}):
        least = min(charge["transfer_data"]["amount"], amount)
        charge["transfer_data"] = {**charge["transfer_data"], "amount": least}
    intent["metadata"] = merged(intent["metadata"], ask.params.get("metadata", {}))
    take(world, charge, amount, method)
    let_go(world, charge)
    intent["status"] = "succeeded"
    intent["amount_capturable"] = 0
    intent["amount_received"] = amount
    world.shelf.put(intent)
    world.tell("charge.captured", charge)
    world.tell("payment_intent.succeeded", intent)
    return intent


def _no_destination() -> NoReturn:
    raise StripeProblem(
        400,
        "You cannot specify transfer_data[amount] for a payment that has no destination.",
        param="transfer_data",
    )


def _must_be_held(intent: Body, what: str) -> None:
    state = intent["status"]
    if state == "succeeded":
        wrong_state(
            "The remaining amount on this PaymentIntent could not be captured because the "
            "remainder of the authorized amount has been released.",
            payment_intent=shown(intent),
        )
    if state != "requires_capture":
        wrong_state(
            f"This PaymentIntent could not be {what} because it has a status of {state}. Only a "
            f"PaymentIntent with one of the following statuses may be {what}: requires_capture.",
            payment_intent=shown(intent),
        )


def _held(world: World, intent: Body) -> tuple[Body, Body, Card]:
    charge = world.shelf.get(intent["latest_charge"])
    assert charge is not None
    method = world.shelf.get(charge["payment_method"])
    assert method is not None
    return charge, method, card_of(method)


def cancel(world: World, ask: Ask) -> Body:
    """Give up, and let go what is held."""
    intent = named(world, ask)
    if intent["status"] not in CANCELABLE:
        wrong_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(CANCELABLE)}.",
            payment_intent=shown(intent),
        )
    if intent["status"] == "requires_capture":
        charge, _, _ = _held(world, intent)
        let_go(world, charge)
        world.tell("charge.refunded", charge)
    return _canceled(world, intent, ask.params.get("cancellation_reason"))


def _canceled(world: World, intent: Body, reason: str | None) -> Body:
    intent["status"] = "canceled"
    intent["canceled_at"] = world.now()
    intent["cancellation_reason"] = reason
    intent["amount_capturable"] = 0
    intent["next_action"] = None
    world.shelf.put(intent)
    world.tell("payment_intent.canceled", intent)
    return intent


def die(world: World, intent: Body) -> None:
    """Let a hold go that was not captured in time."""
    if intent["status"] != "requires_capture":
        return
    charge, _, _ = _held(world, intent)
    let_go(world, charge)
    world.tell("charge.expired", charge)
    _canceled(world, intent, "automatic")


def increment(world: World, ask: Ask) -> Body:
    """Hold more on the same card: ``amount`` is the new whole."""
    intent = named(world, ask)
    _must_be_held(intent, "incremented")
    charge, _, card = _held(world, intent)
    details = charge["payment_method_details"]["card"]
    if details["incremental_authorization"]["status"] != "available":
        raise StripeProblem(
            400,
            "This PaymentIntent is not eligible for incremental authorization: it was not created "
            "with `payment_method_options[card][request_incremental_authorization]` set to "
            "`if_available`, or the card does not support it.",
        )
    amount = ask.params["amount"]
    if charge.get("_raises", 0) >= MOST_RAISES:
        raise StripeProblem(
            400,
            f"This PaymentIntent was incremented {MOST_RAISES} times, declines included, which is "
            "the most.",
        )
    if amount <= intent["amount"]:
        raise StripeProblem(
            400,
            f"The new amount ({amount}) must be greater than the currently authorized amount "
            f"({intent['amount']}).",
            param="amount",
        )
    check_amount(world, amount, intent["currency"])
    fee = ask.params.get("application_fee_amount", intent["application_fee_amount"])
    given = {"amount": amount, "transfer_data": intent["transfer_data"]}
    check_destination(world, {**given, "application_fee_amount": fee})
    charge["_raises"] = charge.get("_raises", 0) + 1
    world.shelf.put(charge)
    if card.decline is not None and card.declines_when == "raised":
        code, decline_code, words = card.decline
        raise StripeProblem(
            402,
            words,
            kind="card_error",
            code=code,
            decline_code=decline_code,
            done=True,
            charge=charge["id"],
            payment_intent=shown(intent),
        )
    for each in (intent, charge):
        each["amount"] = amount
        each["application_fee_amount"] = fee
        each["metadata"] = merged(each["metadata"], ask.params.get("metadata", {}))
    intent["amount_capturable"] = details["amount_authorized"] = amount
    details["overcapture"]["maximum_amount_capturable"] = amount
    world.shelf.put(intent)
    world.shelf.put(charge)
    world.tell("payment_intent.amount_capturable_updated", intent)
    return intent
