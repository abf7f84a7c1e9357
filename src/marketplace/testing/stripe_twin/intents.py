"""Payment intents: made, confirmed, put to the customer, declined, paid or held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from .cards import AUTHENTICATION, allowed_types, card_of, may_redirect, usable
from .charges import attempted, take
from .connecting import check_destination
from .customers import attach_to
from .problems import StripeProblem, only_when_confirmed, too_little, wrong_state
from .shelf import Body
from .world import PLATFORM, Ask, World, shown

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(world: World, ask: Ask) -> Body:
    """A payment intent, confirmed at once where that is asked."""
    params = ask.params
    only_when_confirmed(params, "error_on_requires_action", "off_session", "return_url")
    check_amount(world, params["amount"], params["currency"].lower())
    if params.get("customer") is not None:
        world.find("customer", params["customer"], PLATFORM, "customer", 400)
    check_destination(world, dict(params))
    made = _fresh(world, params)
    if "payment_method" in params:
        method = usable(world, params["payment_method"], made["customer"])
        made["payment_method"] = method["id"]
        made["status"] = "requires_confirmation"
    world.shelf.add(PLATFORM, made)
    world.tell("payment_intent.created", made)
    return _confirmed(world, made, ask) if params.get("confirm") else made


def _fresh(world: World, params: Mapping[str, Any]) -> Body:
    """An intent that nothing was tried with yet."""
    name = world.new("pi")
    allowed, automatic = allowed_types(params), params.get("automatic_payment_methods")
    if automatic is None and allowed is None:
        automatic = {"enabled": True}
    return {
        "id": name,
        "object": "payment_intent",
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "allowed_payment_method_types": allowed,
        "application": None,
        "application_fee_amount": params.get("application_fee_amount"),
        "automatic_payment_methods": None
        if automatic is None
        else {"allow_redirects": "always", **automatic},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": f"{name}_secret_{world.new('s')[2:]}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": world.now(),
        "currency": params["currency"].lower(),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
                **params.get("payment_method_options", {}).get("card", {}),
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": params.get("receipt_email"),
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": params.get("statement_descriptor"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": params.get("transfer_data"),
        "transfer_group": params.get("transfer_group"),
    }


def check_amount(world: World, amount: int, currency: str) -> None:
    """Refuse what is no currency, too little or too much of it."""
    if not (currency.isalpha() and len(currency) == 3):
        raise StripeProblem(400, f"Invalid currency: {currency}", param="currency", kept=False)
    if amount < 1:
        too_little("amount", 1)
    least = world.rules.least.get(currency, 1)
    if amount < least:
        raise StripeProblem(
            400,
            "Amount must convert to at least 50 cents.",
            code="amount_too_small",
            param="amount",
        )
    if amount > world.rules.most:
        raise StripeProblem(
            400,
            f"Amount must be no more than {world.rules.most} {currency}",
            code="amount_too_large",
            param="amount",
        )


def named(world: World, ask: Ask) -> Body:
    """The payment intent that a call is about."""
    return world.find("payment_intent", ask.names["intent"], PLATFORM, "intent")


def confirm(world: World, ask: Ask) -> Body:
    """Try to pay, with what is given now or was given before."""
    allowed_types(ask.params)
    intent = named(world, ask)
    if intent["status"] not in CONFIRMABLE:
        wrong_state(
            "This PaymentIntent could not be confirmed because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"confirmed: {', '.join(CONFIRMABLE)}.",
            payment_intent=shown(intent),
        )
    if "setup_future_usage" in ask.params:
        intent["setup_future_usage"] = ask.params["setup_future_usage"]
    return _confirmed(world, intent, ask)


def update(world: World, ask: Ask) -> Body:
    """Change what may still change: the words at any time, the amount before it is paid."""
    allowed_types(ask.params)
    intent = named(world, ask)
    params = ask.params
    if "amount" in params:
        if intent["status"] not in CONFIRMABLE:
            wrong_state(
                "This PaymentIntent's amount could not be updated because it has a status of "
                f"{intent['status']}. You may only update the amount of a PaymentIntent with one "
                f"of the following statuses: {', '.join(CONFIRMABLE)}.",
                param="amount",
                payment_intent=shown(intent),
            )
        check_amount(world, params["amount"], intent["currency"])
        intent["amount"] = params["amount"]
        check_destination(world, intent)
    if "payment_method" in params:
        intent["payment_method"] = usable(world, params["payment_method"], intent["customer"])["id"]
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"
    for name in ("description", "receipt_email", "transfer_group"):
        if name in params:
            intent[name] = params[name] or None
    intent["metadata"] = merged(intent["metadata"], params.get("metadata", {}))
    world.shelf.put(intent)
    return intent


def merged(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Metadata with what is given; a name that is given nothing is taken away."""
    return {name: text for name, text in {**before, **given}.items() if text != ""}


def _confirmed(world: World, intent: Body, ask: Ask) -> Body:
    name = ask.params.get("payment_method", intent["payment_method"])
    if name is None:
        wrong_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            payment_intent=shown(intent),
        )
    back = ask.params.get("return_url")
    if back is None and may_redirect(intent):
        raise StripeProblem(
            400,
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
        )
    method = usable(world, name, intent["customer"])
    card = card_of(method)
    intent["payment_method"] = method["id"]
    away = ask.params.get("off_session", "false") not in (False, "false")
    if away and intent["setup_future_usage"]:
        raise StripeProblem(
            400,
            "You cannot confirm with the `off_session` parameter when `setup_future_usage` is also "
            "set on the PaymentIntent because you cannot set up future usages when processing "
            "payments off-session.",
            param="off_session",
        )
    if card.asks == "always" or (card.asks == "unless saved" and not method["_saved"]):
        if away or ask.params.get("error_on_requires_action"):
            code = "authentication_required"
            declined(world, intent, method, (code, code, AUTHENTICATION))
        return _ask_the_customer(world, intent, back)
    if card.decline is not None and card.declines_when in ("used", "charged"):
        declined(world, intent, method, card.decline)
    return paid(world, intent, method)


def _ask_the_customer(world: World, intent: Body, back: str | None) -> Body:
    """Have the bank ask; the address is the twin's own, where a visit answers it."""
    address = f"{world.url}/bank/{intent['id']}"
    intent["status"] = "requires_action"
    intent["next_action"] = (
        {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": address}}
        if back is None
        else {"redirect_to_url": {"return_url": back, "url": address}, "type": "redirect_to_url"}
    )
    world.shelf.put(intent)
    world.tell("payment_intent.requires_action", intent)
    return intent


def declined(world: World, intent: Body, method: Body, why: tuple[str, str, str]) -> NoReturn:
    """Write down that the bank said no, and say it."""
    error = fail(world, intent, method, why)
    code, decline_code, words = why
    raise StripeProblem(
        402,
        words,
        kind="card_error",
        code=code,
        done=True,
        decline_code=decline_code,
        charge=error.get("charge"),
        payment_intent=shown(intent),
        payment_method=shown(method),
    )


def fail(
    world: World, intent: Body, method: Body, why: tuple[str, str, str], *, charged: bool = True
) -> dict[str, Any]:
    """Write down an attempt that failed, with a failed charge where the bank was asked for one."""
    code, decline_code, words = why
    error: dict[str, Any] = {
        "code": code,
        "decline_code": decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": words,
        "payment_method": shown(method),
        "payment_method_type": "card",
        "type": "card_error",
    }
    if charged:
        charge = attempted(world, intent, method, captured=False, refused=why)
        error["charge"] = intent["latest_charge"] = charge["id"]
        world.tell("charge.failed", charge)
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["next_action"] = None
    intent["last_payment_error"] = error
    world.shelf.put(intent)
    world.tell("payment_intent.payment_failed", intent)
    return error


def answered(world: World, intent: Body, method: Body) -> None:
    """The customer said yes to the bank; the card may still be declined."""
    card = card_of(method)
    if card.decline is not None and card.declines_when in ("used", "charged"):
        fail(world, intent, method, card.decline)
    else:
        paid(world, intent, method)


def paid(world: World, intent: Body, method: Body) -> Body:
    """Hold or take the money, as the intent was made for."""
    manual = intent["capture_method"] == "manual"
    charge = attempted(world, intent, method, captured=not manual)
    intent["latest_charge"] = charge["id"]
    intent["next_action"] = None
    intent["last_payment_error"] = None
    method["_spent"] = method["customer"] is None
    world.shelf.put(method)
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        method["_spent"], method["_saved"] = False, True
        attach_to(world, method, intent["customer"])
    if manual:
        intent["status"] = "requires_capture"
        intent["amount_capturable"] = intent["amount"]
        world.shelf.put(intent)
        dies = charge["payment_method_details"]["card"]["capture_before"]
        world.shelf.later(dies, "hold dies", intent["id"])
        world.tell("charge.succeeded", charge)
        world.tell("payment_intent.amount_capturable_updated", intent)
        return intent
    take(world, charge, intent["amount"], method)
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    world.shelf.put(intent)
    world.tell("charge.succeeded", charge)
    world.tell("payment_intent.succeeded", intent)
    return intent
