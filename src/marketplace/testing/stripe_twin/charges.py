"""Charges: what a payment intent's attempt comes to, and the money that a capture moves."""

from __future__ import annotations

from .cards import billing, card_of, on_the_charge
from .connecting import split_destination
from .shelf import Body
from .world import Ask, World, fee_line


def fee(world: World, ask: Ask) -> Body:
    """One fee that the platform kept of a charge."""
    return world.find("application_fee", ask.names["fee"], ask.account, "id")


def retrieve(world: World, ask: Ask) -> Body:
    """One charge."""
    return world.find("charge", ask.names["charge"], ask.account, "id")


def attempted(
    world: World,
    intent: Body,
    method: Body,
    *,
    captured: bool,
    refused: tuple[str, str, str] | None = None,
) -> Body:
    """A new charge of an intent: failed, held or, before its money is booked, to be captured."""
    amount = intent["amount"]
    made: Body = {
        "id": world.new("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": billing(),
        "calculated_statement_descriptor": "TWIN",
        "captured": False,
        "created": world.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": refused[0] if refused else None,
        "failure_message": refused[2] if refused else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": _outcome(refused),
        "paid": refused is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": on_the_charge(
            world,
            method,
            amount,
            captured=captured or refused is not None,
            options=intent["payment_method_options"] or {},
        ),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if refused else "succeeded",
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
    }
    world.shelf.add("", made)
    return made


def _outcome(refused: tuple[str, str, str] | None) -> Body:
    return {
        "advice_code": "try_again_later" if refused else None,
        "network_advice_code": None,
        "network_decline_code": "01" if refused else None,
        "network_status": "declined_by_network" if refused else "approved_by_network",
        "reason": refused[1] if refused else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not return any further details with this decline."
        if refused
        else "Payment complete.",
        "type": "issuer_declined" if refused else "authorized",
    }


def take(world: World, charge: Body, amount: int, method: Body) -> None:
    """Book what is captured: the money less Stripe's fee, pending until it settles."""
    card = card_of(method)
    currency = charge["currency"]
    settles = world.now() if card.available_at_once else world.after(world.rules.settles_after)
    fee = fee_line(world.rules.fee(amount), currency, "stripe_fee", "Stripe processing fees")
    moved = world.book(
        "charge",
        charge["id"],
        amount,
        currency,
        fees=(fee,),
        available_on=settles,
        description=charge["description"],
    )
    charge["captured"] = True
    charge["amount_captured"] = amount
    charge["balance_transaction"] = moved["id"]
    if charge["transfer_data"] is not None:
        split_destination(world, charge, settles)
    world.shelf.put(charge)
    if card.disputed is not None:
        world.shelf.later(world.now(), "dispute", charge["id"])
