"""The twin and somebody else's double of Stripe, which was held to recordings of Stripe itself,
come to the same states, amounts and refusals."""

from typing import Any

import pytest
import stripe
from attrs import frozen

from marketplace.testing.stripe_twin import StripeTwin
from tests.support import stripe_referee as making
from tests.support.stripe_referee import NoReferee, patched
from tests.support.twins import client_of

OK = "pm_card_visa"
TOKENS = {
    OK: "tok_visa",
    "pm_card_chargeDeclined": "tok_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds": "tok_visa_chargeDeclinedInsufficientFunds",
    "pm_card_chargeCustomerFail": "tok_chargeCustomerFail",
}


@frozen
class Side:
    """One of the two, with what it wants said otherwise."""

    client: stripe.StripeClient
    twin: bool

    def card(self, name: str) -> str:
        """A test card: the twin makes it of its name, the other of a token."""
        if self.twin:
            return name
        made = self.client.v1.payment_methods.create(
            {"type": "card", "card": {"token": TOKENS[name]}}
        )
        return str(made.id)

    def intent(self, amount: int, card: str = OK, key: str | None = None, **more: Any) -> Any:
        """A confirmed intent; the other speaks a version in which the types were still set."""
        types = "allowed_payment_method_types" if self.twin else "payment_method_types"
        asked = {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "payment_method": self.card(card) if card in TOKENS and not key else card,
            types: ["card"],
            **more,
        }
        options = {"idempotency_key": key} if key else {}
        return self.client.v1.payment_intents.create(asked, options)


def told(ask: Any) -> tuple[Any, ...]:
    """The states and amounts of what is answered, or the number and codes of a no."""
    try:
        found = ask()
    except stripe.StripeError as no:
        error = no.error
        codes = (getattr(error, "code", None), getattr(error, "decline_code", None))
        inside = getattr(error, "payment_intent", None)
        return (type(no).__name__, no.http_status, *codes, inside and inside.status)
    names: tuple[str, ...] = ("object", "status", "amount", "amount_received", "currency")
    # Of a cancelled hold Stripe says that nothing can be captured; the other keeps the amount.
    names += () if getattr(found, "status", None) == "canceled" else ("amount_capturable",)
    # What is let go of a hold Stripe counts into `amount_refunded` too, which the other does not.
    names += ("amount_captured", "refunded", "captured", "fee", "net", "type")
    return tuple((name, getattr(found, name)) for name in names if hasattr(found, name))


def life(side: Side) -> list[tuple[str, tuple[Any, ...]]]:
    """A hold, part of it captured, given back in parts; declines; one key twice."""
    client, said = side.client, []

    def step(name: str, ask: Any) -> Any:
        kept: list[Any] = []

        def once() -> Any:
            kept.append(ask())
            return kept[0]

        said.append((name, told(once)))
        return kept[0] if kept else None

    pi, refunds = client.v1.payment_intents, client.v1.refunds
    held = step("hold", lambda: side.intent(6000, capture_method="manual"))
    step("refund a hold", lambda: refunds.create({"payment_intent": held.id}))
    step("capture too much", lambda: pi.capture(held.id, {"amount_to_capture": 6001}))
    step("capture nothing", lambda: pi.capture(held.id, {"amount_to_capture": 0}))
    step("capture a part", lambda: pi.capture(held.id, {"amount_to_capture": 4500}))
    step("capture again", lambda: pi.capture(held.id))
    step("cancel what is captured", lambda: pi.cancel(held.id))
    charge = pi.retrieve(held.id).latest_charge
    seen = step("its charge", lambda: client.v1.charges.retrieve(charge))
    moved = seen.balance_transaction
    step("its money", lambda: client.v1.balance_transactions.retrieve(moved))
    step("refund a part", lambda: refunds.create({"charge": charge, "amount": 1000}))
    step("refund too much", lambda: refunds.create({"charge": charge, "amount": 3501}))
    step("refund nothing", lambda: refunds.create({"charge": charge, "amount": 0}))
    step("refund the rest", lambda: refunds.create({"charge": charge}))
    step("refund again", lambda: refunds.create({"charge": charge}))
    step("its charge afterwards", lambda: client.v1.charges.retrieve(charge))
    given = {"capture_method": "manual"}
    other = step("another hold", lambda: side.intent(700, **given))
    step("cancel it", lambda: pi.cancel(other.id, {"cancellation_reason": "abandoned"}))
    step("cancel it again", lambda: pi.cancel(other.id))
    step("confirm it again", lambda: pi.confirm(other.id))
    for card in ("pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"):
        step(f"pay with {card}", lambda card=card: side.intent(800, card))
    card = side.card(OK)
    first = step("one key", lambda: side.intent(900, card, key="k1", **given))
    again = step("the same key", lambda: side.intent(900, card, key="k1", **given))
    said.append(("are one intent", (first.id == again.id,)))
    step("the key with other words", lambda: side.intent(901, card, key="k1", **given))
    bad = side.card("pm_card_chargeDeclined")
    for _ in range(2):
        step("a key that is declined", lambda: side.intent(800, bad, key="k2"))
    step("an unknown intent", lambda: pi.retrieve("pi_nobody"))
    step("a wrong parameter", lambda: side.intent(900, capture_methd="manual"))
    step("a wrong word", lambda: side.intent(900, capture_method="later"))
    step("no currency", lambda: pi.create({"amount": 900}))  # type: ignore[typeddict-item]
    return said


def test_both_come_to_the_same(stripe_twin: StripeTwin, stripe_referee: str) -> None:
    """One life of payments, told to both: the same states, amounts, fees, errors and codes."""
    address = {"api": f"{stripe_referee}/worlds/life"}
    other = Side(stripe.StripeClient("sk_test_1", base_addresses=address), twin=False)
    mine, theirs = life(Side(client_of(stripe_twin), twin=True)), life(other)
    assert len(mine) == len(theirs) > 25
    differ = [f"{a}\n  not {b}" for a, b in zip(mine, theirs, strict=True) if a != b]
    assert not differ, "\n" + "\n".join(differ)


def test_a_module_of_a_later_python_is_made_one_of_an_earlier() -> None:
    """Several exceptions get their parentheses, and annotations are not evaluated: the import
    comes behind the docstring, where Python wants it."""
    text = (
        '# a word\n"""Said\nin two lines."""\n\ntry:\n    x: Later = 1\nexcept A, b.C:\n    pass\n'
    )
    made = patched(text)
    compile(made, "made", "exec")
    assert "except (A, b.C):" in made
    bare = patched("import os\n")
    assert bare.startswith("\nfrom __future__ import annotations\n")
    assert patched("try:\n    pass\nexcept A:\n    pass\n").count("(") == 0


def test_without_a_python_for_it_there_is_no_referee(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Python of 3.13 or later is found, that is the reason, and it is said."""
    monkeypatch.setattr(making, "_runs", lambda python: False)
    with pytest.raises(NoReferee, match=r"it wants Python 3\.13"):
        making._python()
