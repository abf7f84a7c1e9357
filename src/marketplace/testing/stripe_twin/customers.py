"""Customers, and the payment methods that are theirs."""

from __future__ import annotations

from .cards import card_of, method_for
from .problems import StripeProblem
from .shelf import Body
from .world import Ask, World


def create(world: World, ask: Ask) -> Body:
    """A customer; one that comes with a payment method keeps it."""
    made: Body = {
        "id": world.new("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": ask.params.get("description"),
        "discount": None,
        "email": ask.params.get("email"),
        "invoice_prefix": "TWIN",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(ask.params.get("metadata", {})),
        "name": ask.params.get("name"),
        "next_invoice_sequence": 1,
        "phone": ask.params.get("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    world.shelf.add(ask.account, made)
    if "payment_method" in ask.params:
        attach_to(world, method_for(world, ask.params["payment_method"], ask.account), made["id"])
    world.tell("customer.created", made, ask.account)
    return made


def retrieve(world: World, ask: Ask) -> Body:
    """One customer."""
    return world.find("customer", ask.names["customer"], ask.account, "id")


def payment_method(world: World, ask: Ask) -> Body:
    """One payment method."""
    return world.find("payment_method", ask.names["payment_method"], ask.account, "payment_method")


def attach(world: World, ask: Ask) -> Body:
    """Make a payment method a customer's; a card that always declines is not attached."""
    method = method_for(world, ask.names["payment_method"], ask.account)
    world.find("customer", ask.params["customer"], ask.account, "customer", 400)
    card = card_of(method)
    if card.decline is not None and card.declines_when == "used":
        code, decline_code, words = card.decline
        raise StripeProblem(402, words, kind="card_error", code=code, decline_code=decline_code)
    return attach_to(world, method, ask.params["customer"])


def attach_to(world: World, method: Body, customer: str) -> Body:
    """Write down whose a payment method is, once and for all."""
    if method["customer"] not in (None, customer):
        raise StripeProblem(
            400,
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    if method["customer"] is None and method["_spent"]:
        raise StripeProblem(
            400,
            "This PaymentMethod was previously used without being attached to a Customer or was "
            "detached from a Customer, and may not be used again.",
            param="payment_method",
        )
    if method["customer"] is None:
        method["customer"] = customer
        world.shelf.put(method)
        world.tell("payment_method.attached", method, world.shelf.owner(method["id"]))
    return method
