"""The judges of what is said to Stripe find what Stripe would not have taken, or not have said."""

import re
from importlib.metadata import PackageNotFoundError
from typing import Any

import attrs
import pytest
import stripe

from marketplace.testing.stripe_twin import Call, StripeTwin
from marketplace.testing.stripe_twin.routes import ROUTES
from tests.support import stripe_by_document, stripe_by_sdk, stripe_document
from tests.support.stripe_judges import hold_to_stripe, wrong_with, wrong_with_events
from tests.support.twins import client_of, held, onboarded, paid

JUDGES = (stripe_by_document, stripe_by_sdk)
INTENT = {"amount": "6000", "currency": "usd"}
TRANSFER = {"amount": "500", "currency": "usd", "destination": "acct_1"}


def call(path: str, params: dict[str, Any], method: str = "POST") -> Call:
    """A call as the twin keeps it: every value of a form is a text."""
    return Call(method, path, "", {}, "", params, 0, 200, None, None, False)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    ("path", "params", "field", "allowed"),
    [
        ("/v1/payment_intents", {**INTENT, "capture_methd": "manual"}, "capture_methd", "capture"),
        ("/v1/payment_intents", {"currency": "usd"}, "amount", "required"),
        ("/v1/payment_intents", {**INTENT, "capture_method": "later"}, "capture_method", "manual"),
        ("/v1/payment_intents", {**INTENT, "amount": "60.00"}, "amount", "integer"),
        ("/v1/payment_intents", {**INTENT, "confirm": "yes"}, "confirm", "bool"),
        (
            "/v1/payment_intents",
            {**INTENT, "payment_method_types": ["card"]},
            "payment_method_types",
            "allowed_payment_method_types",
        ),
        (
            "/v1/payment_intents",
            {**INTENT, "payment_method_options": {"card": {"request_increment": "never"}}},
            "request_increment",
            "request_incremental_authorization",
        ),
        ("/v1/payment_intents/pi_1/capture", {"amount": "5"}, "amount", "amount_to_capture"),
        ("/v1/refunds", {"charge": "ch_1", "reason": "whim"}, "reason", "fraudulent"),
        ("/v1/transfers", {"currency": "usd"}, "destination", "required"),
        ("/v1/transfers", {**TRANSFER, "amount": "5.0"}, "amount", "integer"),
        ("/v2/core/accounts", {"dashboard": "fast"}, "dashboard", "express"),
        ("/v2/core/accounts", {"contact_mail": "a@b.c"}, "contact_mail", "contact_email"),
        (
            "/v2/core/account_links",
            {
                "account": "acct_1",
                "use_case": {
                    "type": "account_onboarding",
                    "account_onboarding": {
                        "refresh_url": "https://x.example",
                        "configurations": [],
                    },
                },
            },
            "configurations",
            "return_url",
        ),
    ],
)
def test_a_wrong_question_is_found(
    judge: Any, path: str, params: dict[str, Any], field: str, allowed: str
) -> None:
    """A misspelled parameter, a missing one, a word that is none of the allowed, an amount that is
    no integer: both judges say which call, which field, and what is allowed."""
    found = judge.judge_question(call(path, params))
    assert found, "nothing was found"
    assert any(each.startswith(f"POST {path}: ") and field in each for each in found), found
    assert any(re.search(allowed, each) for each in found), found


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("POST", "/v1/payment_intents", {**INTENT, "metadata": {"order": "1"}, "confirm": "true"}),
        ("POST", "/v1/payment_intents", {**INTENT, "off_session": "true"}),
        ("POST", "/v1/payment_intents/pi_1/cancel", {}),
        ("POST", "/v1/transfers", TRANSFER),
        ("POST", "/v1/disputes/dp_1", {"evidence": {"uncategorized_text": "he was there"}}),
        ("POST", "/v1/disputes/dp_1/close", {}),
        ("GET", "/v1/balance_transactions", {"limit": "100", "created": {"gte": "1"}}),
        ("GET", "/v1/balance", {}),
        ("GET", "/v2/core/accounts/acct_1", {"include": ["configuration.recipient"]}),
    ],
)
def test_a_right_question_is_let_be(
    judge: Any, method: str, path: str, params: dict[str, Any]
) -> None:
    """What Stripe takes is not found wrong."""
    assert judge.judge_question(call(path, params, method)) == []


@pytest.mark.parametrize("judge", JUDGES)
def test_a_call_that_stripe_has_not_is_found(judge: Any) -> None:
    """A path or a method of somebody's invention is a verdict, not a silence."""
    for method, path in (("POST", "/v1/bookings"), ("DELETE", "/v1/refunds/re_1")):
        (found,) = judge.judge_question(call(path, {}, method))
        assert "no such call" in found


def test_a_wrong_answer_is_found() -> None:
    """An answer with a field too many, one too few, a wrong type, deep inside as well, or an error
    that is none of Stripe's."""
    with StripeTwin() as twin:
        paid(client_of(twin))
        (good,) = twin.calls
    assert wrong_with([good]) == []
    assert good.answer is not None
    charge = good.answer["latest_charge"]
    for wrong, word in (
        ({**good.answer, "colour": "red"}, "colour"),
        ({name: v for name, v in good.answer.items() if name != "created"}, "created"),
        ({**good.answer, "amount": "6000"}, "amount"),
        ({**good.answer, "latest_charge": {**charge, "amount": 60.5}}, r"latest_charge\.amount"),
        ({**good.answer, "state": "paid", "status": "paid"}, "state"),
        ({"error": {"type": "surprise", "message": "no"}}, "type"),
    ):
        found = wrong_with([attrs.evolve(good, answer=wrong)])
        assert any(re.search(word, each) for each in found), (word, found)


def test_a_wrong_event_is_found() -> None:
    """An event without its parts, or whose thing is not of its schema, is found."""
    with StripeTwin() as twin:
        client = client_of(twin)
        held(client)
        onboarded(twin, client)
        events = twin.events()
    assert wrong_with_events(events) == []
    first, thin = events[0], events[-1]
    assert thin["object"] == "v2.core.event"
    thing = {**first["data"]["object"], "status": "odd"}
    for wrong, word in (
        ({**first, "data": {"object": thing}}, "payment_intent.created"),
        ({n: v for n, v in first.items() if n != "created"}, "created"),
        ({**thin, "related_object": {"id": "acct_1"}}, "url"),
    ):
        found = wrong_with_events([wrong])
        assert any(word in each for each in found), (word, found)


@pytest.mark.invariant(50)
def test_everything_that_is_said_is_held_to_stripe() -> None:
    """Every test with a twin ends in this judgement: one wrong question of a client, though the
    twin took it, and the test does not pass."""
    with StripeTwin() as twin:
        client = client_of(twin)
        held(client)
        hold_to_stripe(twin)
        assert held(client, statement_descriptor="x" * 23).status == "requires_capture"
        with pytest.raises(AssertionError, match="statement_descriptor"):
            hold_to_stripe(twin)


@pytest.mark.invariant(50)
def test_a_question_that_the_twin_refused_for_its_form_is_told() -> None:
    """A client whose question was malformed has a mistake, though it took the no for an outcome:
    that is told, unless the test asked so on purpose."""
    with StripeTwin() as twin:
        client = client_of(twin)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"charge": "ch_1", "amont": 5})  # type: ignore[typeddict-item]
        hold_to_stripe(twin, on_purpose=True)
        with pytest.raises(AssertionError, match=r"/v1/refunds was refused: .*amont"):
            hold_to_stripe(twin)


def test_without_the_document_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Stripe's document is absent the judges say so, and how to get it, and pass nothing."""

    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(stripe_document, "distribution", absent)
    with pytest.raises(stripe_document.NoDocument, match="make env"):
        stripe_document.source()


@pytest.mark.invariant(50)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_the_twin_answers_only_what_stripe_does(route: Any) -> None:
    """Each call of the twin is one of Stripe's document and of the installed SDK, and takes no
    parameter that neither of them knows."""
    path = re.sub(r"\{\w+\}", "x_1", route.path)
    template = stripe_by_document.template_of(route.method, path)
    assert template is not None
    known = stripe_by_document.taken(route.method, template).get("properties", {})
    sdk = stripe_by_sdk.parameters(route.method, path)
    assert sdk is not None
    for name in {each.split(".")[0] for each in route.takes} - {"payment_method_types"}:
        assert name in known, f"Stripe's document knows no {name}"
        assert name in sdk.__annotations__, f"the SDK knows no {name}"
