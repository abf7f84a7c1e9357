"""How the thing that a notice names stands at Stripe now, as findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from marketplace import (
    Answer,
    ChargebackStands,
    Finding,
    Money,
    Notice,
    OrderAnswered,
    PaymentStands,
    PayoutAccountStands,
    PayoutStands,
    RefundReturned,
)
from marketplace.plugins.stripe_connect.amounts import from_stripe
from marketplace.plugins.stripe_connect.answering import (
    charge_of,
    declined_before,
    fee_of,
    given_back,
    holds_until,
    named,
    passed_on,
)
from marketplace.plugins.stripe_connect.calling import Calls, Denied, Found
from marketplace.plugins.stripe_connect.cards import Cards
from marketplace.plugins.stripe_connect.earnings import Earnings, payable

_OPEN = ("needs_response", "under_review")
_STOOD = ("requires_capture", "succeeded", "canceled")
_GONE = ("failed", "canceled")


@frozen
class Standing:
    """What is read back, by what the thing's name begins with. An event's kind decides nothing."""

    cards: Cards
    earnings: Earnings

    @property
    def calls(self) -> Calls:
        """By whom it is asked."""
        return self.cards.calls

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """How it stands; nothing for a kind of thing, or an account's thing, that is not ours."""
        if notice.account is not None and not notice.about.startswith("acct_"):
            # A seller's own account: of what happens there we ask whether it can still be paid.
            mine = notice.about.startswith("po_")
            return self._or_nothing(self._account, notice.account) if mine else ()
        reads: Mapping[str, Callable[[str], Sequence[Finding]]] = {
            "pi_": self._intent,
            "seti_": self._setup,
            "ch_": self._charge,
            "py_": self._charge,
            "re_": self._refund,
            "pyr_": self._refund,
            "tr_": self._transfer,
            "dp_": self._dispute,
            "du_": self._dispute,
            "acct_": self._account,
        }
        prefix, line, _ = notice.about.partition("_")
        read = reads.get(prefix + line)
        return () if read is None else self._or_nothing(read, notice.about)

    def _or_nothing(self, read: Callable[[str], Sequence[Finding]], name: str) -> Sequence[Finding]:
        try:
            return read(name)
        except Denied:
            # No such thing under our key: nothing that we could act on.
            return ()

    def _intent(self, name: str) -> Sequence[Finding]:
        intent = self.cards.intent(name)
        found: list[Finding] = []
        waited = bool((intent.get("metadata") or {}).get("waits"))
        if waited and intent["status"] != "requires_action":
            found.append(OrderAnswered(_came_to(intent)))
        if intent["status"] in _STOOD and charge_of(intent):
            found.append(_payment(intent))
        return found

    def _setup(self, name: str) -> Sequence[Finding]:
        setup = self.cards.setup(name)
        if setup["status"] not in ("succeeded", "requires_payment_method", "canceled"):
            return ()
        return [OrderAnswered(self.cards.saved(setup))]

    def _charge(self, name: str) -> Sequence[Finding]:
        charge = self.calls("a charge", lambda stripe: stripe.v1.charges.retrieve(name))
        intent = charge.get("payment_intent")
        return self._intent(str(intent)) if intent else ()

    def _refund(self, name: str) -> Sequence[Finding]:
        refund = self.calls("a refund", lambda stripe: stripe.v1.refunds.retrieve(name))
        found: list[Finding] = []
        if refund["status"] in _GONE:
            why = refund.get("failure_reason") or refund["status"]
            found.append(RefundReturned(refund["id"], str(why)))
        intent = refund.get("payment_intent")
        return [*found, *(self._intent(str(intent)) if intent else ())]

    def _transfer(self, name: str) -> Sequence[Finding]:
        transfer = self.calls("a transfer", lambda stripe: stripe.v1.transfers.retrieve(name))
        back = from_stripe(transfer["amount_reversed"], transfer["currency"])
        if transfer["reversed"]:
            why = "the transfer was reversed"
            return [PayoutStands(transfer["id"], "returned", why, back)]
        return [PayoutStands(transfer["id"], "arrived", taken_back=back)]

    def _dispute(self, name: str) -> Sequence[Finding]:
        dispute = self.calls("a dispute", lambda stripe: stripe.v1.disputes.retrieve(name))
        said, currency = dispute["status"], dispute["currency"]
        state: Any = "open" if said in _OPEN else said
        charge = dispute.get("payment_intent")
        if state not in ("open", "won", "lost") or not charge:
            # An inquiry: the bank asks, and has taken nothing.
            return ()
        until = (dispute.get("evidence_details") or {}).get("due_by")
        kept, returned = _fees(dispute)
        return [
            ChargebackStands(
                charge=str(charge),
                reference=dispute["id"],
                state=state,
                amount=from_stripe(dispute["amount"], currency),
                cause=str(dispute.get("reason") or "unknown"),
                fee=kept,
                answer_by=None if until is None else datetime.fromtimestamp(until, UTC),
                fee_returned=returned if state == "won" else None,
            )
        ]

    def _account(self, name: str) -> Sequence[Finding]:
        account = self.earnings.account(name)
        fine = payable(account) and not account.get("closed")
        return [PayoutAccountStands(account["id"], fine, "" if fine else "transfers are off")]


def _payment(intent: Found) -> PaymentStands:
    charge, currency = charge_of(intent), intent["currency"]
    return PaymentStands(
        reference=intent["id"],
        held=from_stripe(intent.get("amount_capturable") or 0, currency),
        captured=from_stripe(charge.get("amount_captured") or 0, currency),
        refunded=from_stripe(given_back(charge), currency),
        holds_until=holds_until(charge),
        dead=intent["status"] == "canceled",
    )


def _came_to(intent: Found) -> Answer:
    """What a payment came to that waited for its customer."""
    charge, currency = charge_of(intent), intent["currency"]
    if intent["status"] == "requires_capture":
        held = from_stripe(intent["amount_capturable"], currency)
        return Answer("done", intent["id"], held, holds_until=holds_until(charge))
    if intent["status"] == "succeeded":
        fee = fee_of(charge.get("balance_transaction"), currency.upper())
        taken = from_stripe(intent["amount_received"], currency)
        there = named(charge.get("transfer"))
        return Answer(
            "done", intent["id"], taken, fee=fee, passed_on=passed_on(intent), details=there
        )
    no = declined_before(intent.get("last_payment_error"))
    return Answer("failed", intent["id"], reason=no.reason)


def _fees(dispute: Found) -> tuple[Money | None, Money | None]:
    """What Stripe kept for a dispute, and what it gave back, where that is in its currency."""
    currency = dispute["currency"]
    fees = [
        one["fee"]
        for one in dispute.get("balance_transactions") or ()
        if one["currency"] == currency
    ]
    kept = sum(fee for fee in fees if fee > 0)
    returned = -sum(fee for fee in fees if fee < 0)
    return (
        from_stripe(kept, currency) if kept else None,
        from_stripe(returned, currency) if returned else None,
    )
