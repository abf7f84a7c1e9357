"""What follows on a hold or a charge: raised, taken, given up, given back."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from marketplace import Answer, Money, Order
from marketplace.plugins.stripe_connect.amounts import from_stripe, to_stripe
from marketplace.plugins.stripe_connect.answering import (
    CHARGED,
    bank_said_no,
    called,
    charge_of,
    denied,
    fee_of,
    holds_until,
    keyed,
    marks,
    named,
    passed_on,
    refused,
    taken_back,
)
from marketplace.plugins.stripe_connect.calling import Calls, Declined, Denied, Found
from marketplace.plugins.stripe_connect.cards import Cards

_ALREADY = "payment_intent_unexpected_state"
_EXPIRED = "charge_expired_for_capture"


@frozen
class Charges:
    """What is asked of Stripe about a payment intent that there is."""

    cards: Cards
    passes_on: bool = False
    """Whether earnings go on to a seller's account as the money is taken."""

    @property
    def calls(self) -> Calls:
        """By whom it is asked."""
        return self.cards.calls

    def more(self, order: Order) -> Answer:
        """Set more aside on the same hold, to a new total that Stripe is told."""
        hold = self._named(order)
        if hold is None:
            return refused("no_such_charge")
        # Told before, and the answer was lost: the total has grown already.
        if (hold.get("metadata") or {}).get("raised") != called(order):
            total = hold["amount"] + to_stripe(order.amount)
            try:
                hold = self.calls(
                    "a raise",
                    lambda stripe: stripe.v1.payment_intents.increment_authorization(
                        hold["id"],
                        params={
                            "amount": total,
                            "metadata": {"raised": called(order)},
                            "expand": [CHARGED],
                        },
                        options=keyed(order),
                    ),
                )
            except Declined as no:
                return bank_said_no(no)
            except Denied as no:
                return denied(no, "raise_refused")
        return self.raised(order, hold)

    def raised(self, order: Order, hold: Found) -> Answer:
        """What a hold says of the order that raised it."""
        until = holds_until(charge_of(hold))
        return Answer("done", reference=hold["id"], amount=order.amount, holds_until=until)

    def take(self, order: Order) -> Answer:
        """Take the whole of a hold or a part; the rest is given up."""
        name = order.reference or ""
        if not name.startswith("pi_"):
            return refused("no_such_charge")
        try:
            params = {
                "amount_to_capture": to_stripe(order.amount),
                "metadata": {"taken": called(order)},
                "expand": [CHARGED],
                **self._passing(order, name),
            }
            taken = self.calls(
                "a capture",
                lambda stripe: stripe.v1.payment_intents.capture(
                    name, params=params, options=keyed(order)
                ),
            )
        except Declined:
            return refused("capture_refused")
        except Denied as no:
            return self._not_taken(name, no)
        return self.taken(order, taken)

    def taken(self, order: Order, intent: Found) -> Answer:
        """What a payment intent says of the order that captured it."""
        currency, charge = order.amount.currency, charge_of(intent)
        return Answer(
            "done",
            reference=intent["id"],
            amount=from_stripe(intent["amount_received"], currency),
            fee=fee_of(charge.get("balance_transaction"), currency),
            passed_on=passed_on(intent),
            details=named(charge.get("transfer")),
        )

    def _passing(self, order: Order, name: str) -> dict[str, Any]:
        """How much of a hold goes on, where it was made to go somewhere.

        If that is not where the payee is paid by now, or nothing was earned, all of it comes back
        as a fee: Stripe changes no hold's destination.
        """
        there = self._destination(self.cards.intent(name)) if self.passes_on else None
        if there is None:
            return {}
        payee = order.payee
        if payee is None or payee.account != there or not payee.amount:
            return {"application_fee_amount": to_stripe(order.amount)}
        part = Money(payee.amount, order.amount.currency)
        return {"transfer_data": {"amount": to_stripe(part)}}

    def _destination(self, intent: Found) -> str | None:
        return (intent.get("transfer_data") or {}).get("destination")

    def _not_taken(self, name: str, no: Denied) -> Answer:
        if no.http == 404:
            return denied(no, "no_such_charge")
        gone = no.code == _EXPIRED or (
            no.code == _ALREADY and self.cards.intent(name)["status"] == "canceled"
        )
        return denied(no, "hold_expired" if gone else "capture_refused")

    def give_up(self, order: Order) -> Answer:
        """Give a hold up; one that is no more is given up already."""
        name = order.reference or ""
        if not name.startswith("pi_"):
            return refused("no_such_charge")
        try:
            self.calls(
                "a cancellation",
                lambda stripe: stripe.v1.payment_intents.cancel(name, options=keyed(order)),
            )
        except Denied as no:
            if no.code != _ALREADY or self.cards.intent(name)["status"] != "canceled":
                return denied(no)
        return Answer("done", reference=name, amount=order.amount)

    def give_back(self, order: Order) -> Answer:
        """Give the whole of what was taken back, or a part."""
        name = order.reference or ""
        if not name.startswith("pi_"):
            return refused("no_such_charge")
        try:
            params, charge = self._of_refund(order, name)
            refund = self.calls(
                "a refund",
                lambda stripe: stripe.v1.refunds.create(params=params, options=keyed(order)),
            )
        except Declined:
            return refused("refund_refused")
        except Denied as no:
            too_much = no.code == "charge_already_refunded" or no.param == "amount"
            return denied(no, "refund_above_captured" if too_much else "refund_refused")
        return self.given_back(order, refund, charge)

    def _of_refund(self, order: Order, name: str) -> tuple[dict[str, Any], Found]:
        """What is asked for a refund, and the charge where the share of it that went on to a
        seller comes back with it."""
        params: dict[str, Any] = {
            "payment_intent": name,
            "amount": to_stripe(order.amount),
            "metadata": marks(order),
        }
        charge = self.passed_on(name)
        if charge:
            params |= {"reverse_transfer": True, "expand": ["transfer_reversal"]}
            if charge.get("application_fee"):
                params["refund_application_fee"] = True
        return params, charge

    def passed_on(self, name: str) -> Found:
        """The charge of a payment that went on to a seller; nothing for any other."""
        intent = self.cards.intent(name) if self.passes_on else {}
        charge = charge_of(intent)
        return charge if charge.get("transfer") else {}

    def given_back(self, order: Order, refund: Found, charge: Found) -> Answer:
        """What a refund says of the order that made it: pending is on its way, as most are."""
        if refund["status"] in ("failed", "canceled"):
            return refused("refund_refused", why=refund.get("failure_reason") or "")
        back, there = taken_back(refund, charge), named(charge.get("transfer"))
        return Answer("done", refund["id"], order.amount, passed_on=back, details=there)

    def _named(self, order: Order) -> Found | None:
        if not (order.reference or "").startswith("pi_"):
            return None
        try:
            return self.cards.intent(str(order.reference))
        except Denied:
            return None
