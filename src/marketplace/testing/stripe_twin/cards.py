"""Stripe's test cards by name, and what each does when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from .problems import StripeProblem, no_such
from .shelf import Body
from .world import PLATFORM, World

DECLINED = "Your card was declined."
AUTHENTICATION = "Your card was declined. This transaction requires authentication."


@frozen
class Card:
    """How a card behaves; ``decline`` is a code and a decline code."""

    last4: str = "4242"
    brand: str = "visa"
    decline: tuple[str, str, str] | None = None
    declines_when: str = "used"
    """`used`, `charged` (it can be saved), or `raised` (only more than was held)."""
    asks: str = "never"
    """When the bank asks the customer: `never`, `always`, or `unless saved`."""
    disputed: str | None = None
    inquiry: bool = False
    capture_fails: bool = False
    refund: str = "succeeded"
    """`succeeded`, `fails later` or `pending first`."""
    available_at_once: bool = False


def _declined(last4: str, code: str, decline_code: str, words: str = DECLINED) -> Card:
    return Card(last4, decline=(code, decline_code, words))


_DECLINING = {
    "chargeDeclined": _declined("0002", "card_declined", "generic_decline"),
    "chargeDeclinedInsufficientFunds": _declined(
        "9995", "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "chargeDeclinedLostCard": _declined("9987", "card_declined", "lost_card"),
    "chargeDeclinedStolenCard": _declined("9979", "card_declined", "stolen_card"),
    "chargeDeclinedExpiredCard": _declined(
        "0069", "expired_card", "expired_card", "Your card has expired."
    ),
    "chargeDeclinedIncorrectCvc": _declined(
        "0127", "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "chargeDeclinedProcessingError": _declined(
        "0119",
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}

CARDS = MappingProxyType(
    {
        "pm_card_visa": Card(),
        "pm_card_visa_debit": Card("5556"),
        "pm_card_mastercard": Card("4444", "mastercard"),
        "pm_card_amex": Card("0005", "amex"),
        "pm_card_bypassPending": Card("0077", available_at_once=True),
        **{f"pm_card_{name}": card for name, card in _DECLINING.items()},
        **{f"pm_card_visa_{name}": card for name, card in _DECLINING.items()},
        "pm_card_chargeCustomerFail": Card(
            "0341", decline=("card_declined", "generic_decline", DECLINED), declines_when="charged"
        ),
        "pm_card_authenticationRequired": Card("3184", asks="always"),
        "pm_card_threeDSecureRequired": Card("3220", asks="always"),
        "pm_card_authenticationRequiredSetupForOffSession": Card("3155", asks="unless saved"),
        "pm_card_createDispute": Card("0259", disputed="fraudulent"),
        "pm_card_createDisputeProductNotReceived": Card("2685", disputed="product_not_received"),
        "pm_card_createDisputeInquiry": Card("1976", disputed="general", inquiry=True),
        "pm_card_pendingRefund": Card("7726", refund="pending first"),
        "pm_card_refundFail": Card("5126", refund="fails later"),
        # These two are the twin's own; Stripe has no test card that does so.
        "pm_card_captureFails": Card("9001", capture_fails=True),
        "pm_card_raiseDeclined": Card(
            "9002", decline=("card_declined", "generic_decline", DECLINED), declines_when="raised"
        ),
    }
)


def card_of(method: Body) -> Card:
    """How a payment method behaves."""
    return CARDS[method["_card"]]


def method_for(world: World, name: str, account: str = PLATFORM) -> Body:
    """The payment method of that id; a test card's name makes a new one, as with Stripe."""
    if name in CARDS:
        made = _made(world, name)
        world.shelf.add(account, made)
        return made
    found = world.shelf.get(name, account)
    if found is None or found["object"] != "payment_method":
        no_such("PaymentMethod", name, "payment_method", 400)
    return found


def _made(world: World, name: str) -> Body:
    card = CARDS[name]
    return {
        "id": world.new("pm"),
        "object": "payment_method",
        "_card": name,
        "_spent": False,
        "_saved": False,
        "allow_redisplay": "unspecified",
        "billing_details": billing(),
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "unchecked",
            },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": f"twin{card.last4}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": world.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def billing() -> Body:
    """What is known of who pays: nothing, with a test card."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def on_the_charge(
    world: World, method: Body, amount: int, *, captured: bool, options: Body
) -> dict[str, Any]:
    """A charge's `payment_method_details`; a hold says until when it lives, and what it allows."""
    card = method["card"]
    asked = options.get("card", {})
    longer = asked.get("request_extended_authorization") == "if_available"
    raised = asked.get("request_incremental_authorization") == "if_available"
    details = {
        "amount_authorized": amount,
        "authorization_code": "104210",
        "brand": card["brand"],
        "checks": {**card["checks"], "cvc_check": "pass"},
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "enabled" if longer else "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "available" if raised else "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": "104210421042104",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": None,
        "wallet": None,
    }
    if not captured:
        lives = world.rules.extended_hold_lives if longer else world.rules.hold_lives
        details["capture_before"] = world.after(lives)
    return {"card": details, "type": "card"}


def usable(world: World, name: str, customer: str | None) -> Body:
    """The payment method that is to pay, if whose it is allows that."""
    method = method_for(world, name)
    owner = method["customer"]
    if owner is not None and customer is None:
        raise StripeProblem(
            400,
            f"The `payment_method` parameter supplied {name} belongs to the Customer {owner}. "
            "Please include the Customer in the `customer` parameter on the PaymentIntent.",
            code="parameter_missing",
            param="customer",
        )
    if owner is not None and owner != customer:
        raise StripeProblem(
            400,
            f"The PaymentMethod {name} does not belong to the Customer you supplied {customer}. "
            "Please use this PaymentMethod with the Customer that it belongs to instead.",
            param="payment_method",
        )
    if owner is None and method["_spent"]:
        raise StripeProblem(
            400,
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first.",
            param="payment_method",
        )
    return method


def allowed_types(params: Mapping[str, Any]) -> list[str] | None:
    """Which kinds of payment method an intent is to take; only cards are known here.

    Since 2026-09-30.endive they are not set by `payment_method_types`, which is only read.
    """
    if "payment_method_types" in params:
        raise StripeProblem(
            400,
            "The parameter `payment_method_types` is not supported from API version "
            "2026-09-30.endive on. Use dynamic payment methods, `allowed_payment_method_types` or "
            "`excluded_payment_method_types` instead.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
            kept=False,
        )
    allowed = params.get("allowed_payment_method_types")
    if allowed is None:
        return None
    if "automatic_payment_methods" in params:
        raise StripeProblem(
            400,
            "You may only specify one of these parameters: allowed_payment_method_types, "
            "automatic_payment_methods.",
            kept=False,
        )
    if "card" not in allowed:
        raise StripeProblem(
            400,
            "None of the allowed payment method types can be used here: the twin takes cards.",
            param="allowed_payment_method_types",
            kept=False,
        )
    return list(allowed)


def may_redirect(intent: Body) -> bool:
    """Whether a way to pay that leads away from the page could be chosen."""
    automatic = intent["automatic_payment_methods"]
    if intent["allowed_payment_method_types"] is not None:
        return any(each != "card" for each in intent["allowed_payment_method_types"])
    return automatic is not None and bool(
        automatic["enabled"] and automatic["allow_redirects"] == "always"
    )
