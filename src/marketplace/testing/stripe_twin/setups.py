"""Setup intents: a card kept for later, after its bank asked the customer where it wants to."""

from __future__ import annotations

from .cards import allowed_types, card_of, may_redirect, usable
from .customers import attach_to
from .intents import CONFIRMABLE
from .problems import StripeProblem, only_when_confirmed, wrong_state
from .shelf import Body
from .world import PLATFORM, Ask, World, shown


def create(world: World, ask: Ask) -> Body:
    """A setup intent, confirmed at once where that is asked."""
    params = ask.params
    only_when_confirmed(params, "return_url")
    if params.get("customer") is not None:
        world.find("customer", params["customer"], PLATFORM, "customer", 400)
    allowed, automatic = allowed_types(params), params.get("automatic_payment_methods")
    if automatic is None and allowed is None:
        automatic = {"enabled": True}
    name = world.new("seti")
    made: Body = {
        "id": name,
        "object": "setup_intent",
        "allowed_payment_method_types": allowed,
        "application": None,
        "automatic_payment_methods": None
        if automatic is None
        else {"allow_redirects": "always", **automatic},
        "cancellation_reason": None,
        "client_secret": f"{name}_secret_{world.new('s')[2:]}",
        "created": world.now(),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": dict(params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
    if "payment_method" in params:
        made["payment_method"] = usable(world, params["payment_method"], made["customer"])["id"]
        made["status"] = "requires_confirmation"
    world.shelf.add(PLATFORM, made)
    world.tell("setup_intent.created", made)
    return _confirmed(world, made, ask) if params.get("confirm") else made


def named(world: World, ask: Ask) -> Body:
    """The setup intent that a call is about."""
    return world.find("setup_intent", ask.names["intent"], PLATFORM, "intent")


def confirm(world: World, ask: Ask) -> Body:
    """Try to keep the card."""
    allowed_types(ask.params)
    setup = named(world, ask)
    if setup["status"] not in CONFIRMABLE:
        _not_so(setup, "confirmed", CONFIRMABLE)
    return _confirmed(world, setup, ask)


def cancel(world: World, ask: Ask) -> Body:
    """Give it up."""
    setup = named(world, ask)
    if setup["status"] not in CONFIRMABLE:
        _not_so(setup, "canceled", CONFIRMABLE)
    setup["status"] = "canceled"
    setup["cancellation_reason"] = ask.params.get("cancellation_reason")
    setup["next_action"] = None
    world.shelf.put(setup)
    world.tell("setup_intent.canceled", setup)
    return setup


def _not_so(setup: Body, what: str, states: tuple[str, ...]) -> None:
    raise StripeProblem(
        400,
        f"This SetupIntent could not be {what} because it has a status of {setup['status']}. Only "
        f"a SetupIntent with one of the following statuses may be {what}: {', '.join(states)}.",
        code="setup_intent_unexpected_state",
        setup_intent=shown(setup),
    )


def _confirmed(world: World, setup: Body, ask: Ask) -> Body:
    name = ask.params.get("payment_method", setup["payment_method"])
    if name is None:
        wrong_state(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            setup_intent=shown(setup),
        )
    back = ask.params.get("return_url")
    if back is None and may_redirect(setup):
        raise StripeProblem(
            400,
            "This SetupIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`.",
        )
    method = usable(world, name, setup["customer"])
    card = card_of(method)
    setup["payment_method"] = method["id"]
    if card.asks != "never":
        address = f"{world.url}/bank/{setup['id']}"
        setup["status"] = "requires_action"
        setup["next_action"] = (
            {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": address}}
            if back is None
            else {
                "redirect_to_url": {"return_url": back, "url": address},
                "type": "redirect_to_url",
            }
        )
        world.shelf.put(setup)
        world.tell("setup_intent.requires_action", setup)
        return setup
    if card.decline is not None and card.declines_when == "used":
        error = fail(world, setup, method, card.decline)
        raise StripeProblem(
            402,
            error["message"],
            kind="card_error",
            code=error["code"],
            done=True,
            decline_code=error["decline_code"],
            setup_intent=shown(setup),
            payment_method=shown(method),
        )
    return kept(world, setup, method)


def fail(world: World, setup: Body, method: Body, why: tuple[str, str, str]) -> Body:
    """Write down that the bank said no to keeping the card."""
    code, decline_code, words = why
    error: Body = {
        "code": code,
        "decline_code": decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": words,
        "payment_method": shown(method),
        "type": "card_error",
    }
    setup["status"] = "requires_payment_method"
    setup["payment_method"] = None
    setup["next_action"] = None
    setup["last_setup_error"] = error
    world.shelf.put(setup)
    world.tell("setup_intent.setup_failed", setup)
    return error


def kept(world: World, setup: Body, method: Body) -> Body:
    """The card is kept, with its customer where there is one."""
    method["_saved"] = True
    world.shelf.put(method)
    if setup["customer"] is not None:
        attach_to(world, method, setup["customer"])
    setup["status"] = "succeeded"
    setup["next_action"] = None
    setup["last_setup_error"] = None
    world.shelf.put(setup)
    world.tell("setup_intent.succeeded", setup)
    return setup
