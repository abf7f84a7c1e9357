"""Customers' cards: saved for later, set aside from, and charged.

A payment's ``means`` is ``pm_…`` (a card given just now) or ``cus_…:pm_…`` (a card of a customer
that Stripe knows). What was saved is used later by the setup intent's name alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from marketplace import Answer, Money, MoneyKind, Order, PaymentProviderUnavailable
from marketplace.plugins.stripe_connect.amounts import from_stripe, to_stripe
from marketplace.plugins.stripe_connect.answering import (
    CHARGED,
    asks,
    bank_said_no,
    called,
    charge_of,
    declined_before,
    fee_of,
    holds_until,
    keyed,
    keyed_by_payer,
    marks,
    named,
    parts_of,
    passed_on,
    refused,
)
from marketplace.plugins.stripe_connect.calling import Calls, Declined, Denied, Found

_OVER = ("requires_payment_method", "canceled")


@frozen
class Card:
    """What is charged."""

    customer: str | None
    method: str
    saved: bool
    """Whether the customer is away: it was saved, or charged before."""


@frozen
class Cards:
    """What is asked of Stripe about cards."""

    calls: Calls
    return_url: str
    made: dict[str, str] = Factory(dict)
    """By party, customers that were made and are not kept yet."""

    def save(self, order: Order) -> Answer:
        """Keep a card for later: a setup intent for a customer, of which each payer has one."""
        if (order.reference or "").startswith("seti_"):
            before = self.setup(str(order.reference))
            if before["status"] == "succeeded":
                return Answer("done", reference=before["id"])
            if before["status"] == "requires_action":
                return asks(before)
        customer, method = parts_of(order.means)
        if method is None:
            return refused("no_card")
        if customer is not None:
            return self._saved_with(order, customer, method)
        customer = order.known_as or self._made(order, "customer")
        try:
            return self._saved_with(order, customer, method)
        except Denied as no:
            if (no.code, no.param) != ("resource_missing", "customer"):
                raise
            # Somebody took it away at Stripe, or the marketplace has another account there now.
            another = self._made(order, f"customer-instead-of-{customer}")
            return self._saved_with(order, another, method, "instead")

    def _made(self, order: Order, step: str) -> str:
        """A customer for whoever pays: the same one, however many of his orders ask at once."""
        made = self.calls(
            "a customer",
            lambda stripe: stripe.v1.customers.create(
                params={"metadata": {"party": order.payer}},
                options=keyed_by_payer(order, step),
            ),
        )
        self.made[order.payer] = str(made["id"])
        return self.made[order.payer]

    def _saved_with(self, order: Order, customer: str, method: str, step: str = "") -> Answer:
        params = {
            "customer": customer,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "usage": "off_session",
            "confirm": True,
            "return_url": self.return_url,
            "metadata": marks(order),
        }
        saved = self.calls(
            "a setup intent",
            lambda stripe: stripe.v1.setup_intents.create(
                params=params, options=keyed(order, step)
            ),
        )
        return self.saved(saved)

    def saved(self, setup: Found) -> Answer:
        """What a setup intent says of the order that made it."""
        if setup["status"] == "succeeded":
            return Answer("done", reference=setup["id"])
        if setup["status"] == "requires_action":
            return asks(setup)
        return declined_before(setup.get("last_setup_error"))

    def setup(self, name: str) -> Found:
        """A setup intent as it stands."""
        return self.calls("a setup intent", lambda stripe: stripe.v1.setup_intents.retrieve(name))

    def intent(self, name: str) -> Found:
        """A payment intent as it stands, with its charge."""
        return self.calls(
            "a payment intent",
            lambda stripe: stripe.v1.payment_intents.retrieve(name, params={"expand": [CHARGED]}),
        )

    def begin(self, order: Order) -> Answer:
        """Set money aside, or take it at once: a payment intent."""
        amount = to_stripe(order.amount)
        before = None
        if (order.reference or "").startswith("pi_"):
            before = self.intent(str(order.reference))
            waited = self._waited(order, before)
            if waited is not None:
                return waited
        card = self._card(order, before)
        if card is None:
            return refused("no_card")
        params = self._params(order, amount, card)
        try:
            made = self.calls(
                "a payment intent",
                lambda stripe: stripe.v1.payment_intents.create(
                    params=params, options=keyed(order)
                ),
            )
        except Declined as no:
            if no.code != "authentication_required" or no.intent is None:
                return bank_said_no(no)
            made = self._ask_the_customer(order, no.intent, card)
        answer = self.stands(order, made)
        if answer.outcome == "needs customer":
            self._mark(order, made["id"], {"waits": "yes"}, "waits")
        return answer

    def _params(self, order: Order, amount: int, card: Card) -> dict[str, Any]:
        held = order.kind is MoneyKind.HOLD
        params: dict[str, Any] = {
            "amount": amount,
            "currency": order.amount.currency.lower(),
            "payment_method": card.method,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual" if held else "automatic",
            "confirm": True,
            "metadata": marks(order),
            "expand": [CHARGED],
        }
        if card.customer is not None:
            params["customer"] = card.customer
        if card.saved:
            params["off_session"] = True
        else:
            params["return_url"] = self.return_url
        group = order.transaction_id or order.checkout_id
        if group is not None:
            params["transfer_group"] = group
        if order.payee is not None and (held or order.payee.amount):
            # Of a hold it is said when it is taken how much goes there.
            there: dict[str, Any] = {"destination": order.payee.account}
            part = Money(order.payee.amount, order.amount.currency)
            params["transfer_data"] = there if held else {**there, "amount": to_stripe(part)}
        if held:
            # Without this no more can be set aside later on the same hold.
            asked = {"request_incremental_authorization": "if_available"}
            params["payment_method_options"] = {"card": asked}
        return params

    def _card(self, order: Order, before: Found | None) -> Card | None:
        """What was saved or charged before is charged again; else what the payer named."""
        if before is None and (order.reference or "").startswith("seti_"):
            before = self.setup(str(order.reference))
        customer, method = parts_of(order.means)
        if before is None or not before.get("customer"):
            return None if method is None else Card(customer, method, saved=False)
        # An attempt that failed names its card in the error alone.
        failed = (before.get("last_payment_error") or {}).get("payment_method") or {}
        known = before.get("payment_method") or failed.get("id") or method
        return None if known is None else Card(before["customer"], known, saved=True)

    def _ask_the_customer(self, order: Order, intent: str, card: Card) -> Found:
        """A bank that wants its customer asked says no to a payment without him: once more, as a
        payment at which he is there, so that there is an address at which he can confirm it."""
        params = {
            "payment_method": card.method,
            "return_url": self.return_url,
            "off_session": False,
            "expand": [CHARGED],
        }
        return self.calls(
            "a payment intent",
            lambda stripe: stripe.v1.payment_intents.confirm(
                intent, params=params, options=keyed(order, "asks")
            ),
        )

    def _mark(self, order: Order, intent: str, marked: Mapping[str, str], step: str) -> Found:
        return self.calls(
            "a payment intent",
            lambda stripe: stripe.v1.payment_intents.update(
                intent,
                params={"metadata": dict(marked), "expand": [CHARGED]},
                options=keyed(order, step),
            ),
        )

    def _waited(self, order: Order, before: Found) -> Answer | None:
        """What became of a payment that waited for the customer; None where it was none, or
        came to nothing: then another is begun."""
        said = before.get("metadata") or {}
        if not said.get("waits") and said.get("order") != called(order):
            return None
        if before["status"] in _OVER:
            return None
        wanted = "manual" if order.kind is MoneyKind.HOLD else "automatic"
        asked = (to_stripe(order.amount), order.amount.currency.lower(), wanted)
        if (before["amount"], before["currency"], before["capture_method"]) != asked:
            if before["status"] == "succeeded":
                return refused("paid_another_amount", reference=before["id"])
            self.calls(
                "a payment intent",
                lambda stripe: stripe.v1.payment_intents.cancel(
                    before["id"], options=keyed(order, "instead")
                ),
            )
            return None
        if before["status"] in ("requires_capture", "succeeded"):
            before = self._mark(order, before["id"], {**marks(order), "waits": ""}, "takes")
        return self.stands(order, before)

    def stands(self, order: Order, intent: Found) -> Answer:
        """What a payment intent says of the order that began it."""
        stands, currency = intent["status"], order.amount.currency
        charge = charge_of(intent)
        if stands == "requires_action":
            return asks(intent)
        if stands == "requires_capture" or (
            # Set aside by this order, and since then taken or given up by others.
            order.kind is MoneyKind.HOLD and stands in ("succeeded", "canceled") and charge
        ):
            return Answer(
                "done",
                reference=intent["id"],
                amount=from_stripe(intent["amount"], currency),
                holds_until=holds_until(charge),
            )
        if stands == "succeeded":
            return Answer(
                "done",
                reference=intent["id"],
                amount=from_stripe(intent["amount_received"], currency),
                fee=fee_of(charge.get("balance_transaction"), currency),
                passed_on=passed_on(intent),
                details=named(charge.get("transfer")),
            )
        if stands in _OVER:
            return declined_before(intent.get("last_payment_error"))
        raise PaymentProviderUnavailable(f"stripe still works on a payment ({stands})")
