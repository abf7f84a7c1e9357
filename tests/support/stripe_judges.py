"""Both judges of what was said between a client and Stripe's twin.

Every call is held against Stripe's OpenAPI document and against the types of the installed SDK,
every answer and every event against the document. A call that the twin refused for its form was
wrong: of ours it is told, and only where a test asks wrongly on purpose it is let be.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.testing.stripe_twin import Call, StripeTwin
from tests.support import stripe_by_document, stripe_by_sdk

FORM = (
    "parameter_unknown",
    "parameter_missing",
    "parameter_invalid_integer",
    "payment_method_types_no_longer_supported",
)


def refused_for_its_form(call: Call) -> bool:
    """Whether the twin found the call itself malformed, rather than what it asks impossible."""
    error = (call.answer or {}).get("error", {})
    if call.http is None or call.http not in (400, 404):
        return False
    said = str(error.get("message", ""))
    return error.get("code") in FORM or said.startswith(
        ("Invalid", "Unrecognized", "One of", "You may only", "Metadata")
    )


def wrong_with(calls: Iterable[Call], *, on_purpose: bool = False) -> list[str]:
    """A sentence for everything that Stripe would not have said, or not have taken; ``on_purpose``
    lets be what was asked in a wrong form, and refused."""
    found = []
    for call in calls:
        if refused_for_its_form(call):
            said = (call.answer or {})["error"]["message"]
            found += [] if on_purpose else [f"{call.method} {call.path} was refused: {said}"]
        elif call.fault != "question lost":
            found += stripe_by_document.judge_question(call)
            found += stripe_by_sdk.judge_question(call)
        found += stripe_by_document.judge_answer(call)
    return sorted(set(found))


def wrong_with_events(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The same of what was told, and of the things in it."""
    found = []
    for event in events:
        found += stripe_by_document.judge_thing(event)
        if event["object"] == "event":
            inside = stripe_by_document.judge_thing(event["data"]["object"])
            found += [f"in {event['type']}: {each}" for each in inside]
    return sorted(set(found))


def hold_to_stripe(twin: StripeTwin, *, on_purpose: bool = False) -> None:
    """Refuse a twin, or who spoke with it, if anything was said that is not Stripe's."""
    wrong = [*wrong_with(twin.calls, on_purpose=on_purpose), *wrong_with_events(twin.events())]
    assert not wrong, "\n" + "\n".join(wrong)
