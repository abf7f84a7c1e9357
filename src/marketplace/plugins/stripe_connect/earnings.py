"""Sellers' earnings: transferred to their accounts with Stripe, which pays them to their banks, and
taken back from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from marketplace import Answer, Order, PaymentProviderUnavailable
from marketplace.plugins.stripe_connect.amounts import to_stripe
from marketplace.plugins.stripe_connect.answering import called, denied, keyed, marks, refused
from marketplace.plugins.stripe_connect.calling import Calls, Denied, Found, Short

RECIPIENT = "configuration.recipient"
ACTIVE = "active"
_CLOSED = ("resource_missing", "account_invalid", "not_found", "account_closed")


@frozen
class Earnings:
    """What is asked of Stripe about payouts.

    A payout gathers what a party earned in many deals, so no transfer names a charge that it
    comes from (``source_transaction``): it is paid out of the platform's available balance.
    """

    calls: Calls

    def pay_out(self, order: Order) -> Answer:
        """Transfer to the party's account, if it may be paid and there is enough to pay with.

        What was transferred before, when the answer was lost, is found before any no is said.
        """
        amount, account = to_stripe(order.amount), order.means
        if not account:
            return refused("payout_account_closed")
        no = self._cannot_be_paid(account)
        short = no is None and self._available(order) < amount
        if no is not None or short:
            before = self.find(order)
            if before is not None:
                return before
        if no is not None:
            return no
        if short:
            # Asked of Stripe, the key would be answered with this no for a whole day.
            raise PaymentProviderUnavailable(
                f"less than {order.amount} is available at Stripe by now; the payout waits"
            )
        params = {
            "amount": amount,
            "currency": order.amount.currency.lower(),
            "destination": account,
            "metadata": marks(order),
        }
        try:
            made = self.calls(
                "a transfer",
                lambda stripe: stripe.v1.transfers.create(params=params, options=keyed(order)),
            )
        except Denied as no_more:
            closed = no_more.code in _CLOSED
            return denied(no_more, "payout_account_closed" if closed else "payout_account_inactive")
        return paid(order, made)

    def take_back(self, order: Order) -> Answer:
        """Reverse so much of a transfer, where the account's balance with Stripe covers it.

        A no for want of money is a no: Stripe would give it for the same key for a whole day.
        """
        name = order.reference or ""
        if not name.startswith("tr_"):
            return refused("no_such_payout")
        params = {"amount": to_stripe(order.amount), "metadata": marks(order)}
        try:
            made = self.calls(
                "a reversal",
                lambda stripe: stripe.v1.transfers.reversals.create(
                    name, params=params, options=keyed(order)
                ),
            )
        except Short:
            return refused("payout_account_short")
        except Denied as no:
            return denied(no, "take_back_refused")
        return paid(order, made)

    def find_back(self, order: Order) -> Answer | None:
        """The reversal that an order came to, among those of its transfer."""
        name = order.reference or ""
        if not name.startswith("tr_"):
            return None

        def pages(params: dict[str, Any]) -> Found:
            return self.calls(
                "reversals", lambda stripe: stripe.v1.transfers.reversals.list(name, params=params)
            )

        return self._among(order, pages, {})

    def find(self, order: Order) -> Answer | None:
        """The transfer that an order came to, among those to its account."""
        if not order.means:
            return None
        return self._among(order, self._transfers, {"destination": order.means})

    def _among(
        self, order: Order, ask: Callable[[dict[str, Any]], Found], where: dict[str, Any]
    ) -> Answer | None:
        """What an order came to, in a list of which each page is asked for by itself."""
        last: str | None = None
        for _ in range(PAGES):
            params = {**where, "limit": 100, **({"starting_after": last} if last else {})}
            page = ask(params)
            for one in page["data"]:
                if is_of(order, one):
                    return paid(order, one)
            if not page["has_more"]:
                return None
            last = page["data"][-1]["id"]
        raise PaymentProviderUnavailable(f"more than {PAGES * 100} of them to look through")

    def _transfers(self, params: dict[str, Any]) -> Found:
        return self.calls("transfers", lambda stripe: stripe.v1.transfers.list(params=params))

    def refusal(self, order: Order) -> Answer | None:
        """Why an account cannot be paid, if it cannot."""
        return self._cannot_be_paid(order.means) if order.means else None

    def _cannot_be_paid(self, account: str) -> Answer | None:
        try:
            found = self.account(account)
        except Denied as no:
            return denied(no, "payout_account_closed")
        if found.get("closed"):
            return refused("payout_account_closed", account=account)
        if not payable(found):
            return refused("payout_account_inactive", account=account)
        return None

    def account(self, account: str) -> Found:
        """A connected account as it stands, with what it may receive."""
        return self.calls(
            "an account",
            lambda stripe: stripe.v2.core.accounts.retrieve(
                account, params={"include": [RECIPIENT, "requirements"]}
            ),
        )

    def _available(self, order: Order) -> int:
        balance = self.calls("the balance", lambda stripe: stripe.v1.balance.retrieve())
        currency = order.amount.currency.lower()
        return sum(one["amount"] for one in balance["available"] if one["currency"] == currency)


PAGES = 50
"""Of a hundred each: more are not looked through for one order."""


def is_of(order: Order, found: Found) -> bool:
    """Whether an object at Stripe is what the order came to: its key, over its amount."""
    if (found.get("metadata") or {}).get("order") != called(order):
        return False
    mine = (to_stripe(order.amount), order.amount.currency.lower())
    return (found.get("amount"), found.get("currency")) == mine


def paid(order: Order, made: Found) -> Answer:
    """What a transfer, or a reversal, says of the order that made it."""
    return Answer("done", reference=made["id"], amount=order.amount)


def payable(account: Found) -> bool:
    """Whether transfers reach the account: the capability is active, not asked for or pending."""
    found = account.get("configuration") or {}
    for name in ("recipient", "capabilities", "stripe_balance", "stripe_transfers"):
        found = found.get(name) or {}
    return bool(found.get("status") == ACTIVE)
