"""What became of an order whose answer was lost: looked for, never sent again.

Stripe's lists show an object from the moment it is made; its *search* does so a minute later, or an
hour when it is troubled. So only lists are read here: of the payer's customer where there is one,
else by the time from which the order was asked. Both are bounded; beyond the bound no answer is
given rather than a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from marketplace import HOUR, Answer, MoneyKind, Order, PaymentProviderUnavailable
from marketplace.plugins.stripe_connect.answering import called, parts_of
from marketplace.plugins.stripe_connect.calling import Calls, Denied, Found
from marketplace.plugins.stripe_connect.cards import Cards
from marketplace.plugins.stripe_connect.charges import Charges
from marketplace.plugins.stripe_connect.earnings import PAGES, Earnings, is_of


@frozen
class Looking:
    """Looking up, by the kind of the order."""

    cards: Cards
    charges: Charges
    earnings: Earnings

    @property
    def calls(self) -> Calls:
        """By whom it is asked."""
        return self.cards.calls

    def look_up(self, order: Order) -> Answer | None:
        """What became of it; None if it never arrived."""
        kind = order.kind
        if kind is MoneyKind.PAY_OUT:
            return self.earnings.find(order) or self.earnings.refusal(order)
        if kind is MoneyKind.TAKE_BACK:
            return self.earnings.find_back(order)
        if kind is MoneyKind.SAVE:
            return self._saved(order)
        if kind is MoneyKind.REFUND:
            return self._refunded(order)
        if kind in (MoneyKind.HOLD, MoneyKind.CHARGE):
            return self._begun(order)
        return self._changed(order)

    def _begun(self, order: Order) -> Answer | None:
        for one in self._taken_up(order, "pi_", self.cards.intent):
            if is_of(order, one):
                return self.cards.stands(order, one)
        for one in self._pages("payment_intents", self._where(order)):
            if is_of(order, one):
                return self.cards.stands(order, self.cards.intent(one["id"]))
        return None

    def _saved(self, order: Order) -> Answer | None:
        def is_its(one: Found) -> bool:
            return bool((one.get("metadata") or {}).get("order") == called(order))

        for one in self._taken_up(order, "seti_", self.cards.setup):
            if is_its(one):
                return self.cards.saved(one)
        for one in self._pages("setup_intents", self._where(order)):
            if is_its(one):
                return self.cards.saved(one)
        return None

    def _taken_up(self, order: Order, prefix: str, read: Callable[[str], Found]) -> Iterator[Found]:
        """What waited for the customer, and was taken up by this order."""
        if (order.reference or "").startswith(prefix):
            try:
                yield read(str(order.reference))
            except Denied:
                return

    def _where(self, order: Order) -> dict[str, Any]:
        customer, _ = parts_of(order.means)
        where: dict[str, Any] = {} if customer is None else {"customer": customer}
        if order.first_asked_at is not None:
            # An hour, in case that our clock is ahead of Stripe's.
            where["created"] = {"gte": int((order.first_asked_at - HOUR).timestamp())}
        return where

    def _refunded(self, order: Order) -> Answer | None:
        if not (order.reference or "").startswith("pi_"):
            return None
        where = {"payment_intent": order.reference, "expand": ["data.transfer_reversal"]}
        for one in self._pages("refunds", where):
            if is_of(order, one):
                charge = self.charges.passed_on(str(order.reference))
                return self.charges.given_back(order, one, charge)
        return None

    def _changed(self, order: Order) -> Answer | None:
        if not (order.reference or "").startswith("pi_"):
            return None
        try:
            intent = self.cards.intent(str(order.reference))
        except Denied:
            return None
        said = intent.get("metadata") or {}
        if order.kind is MoneyKind.VOID:
            gone = intent["status"] == "canceled"
            return Answer("done", reference=intent["id"], amount=order.amount) if gone else None
        if order.kind is MoneyKind.RAISE and said.get("raised") == called(order):
            return self.charges.raised(order, intent)
        if order.kind is MoneyKind.CAPTURE and said.get("taken") == called(order):
            return self.charges.taken(order, intent)
        return None

    def _page(self, what: str, params: dict[str, Any]) -> Found:
        return self.calls(what, lambda stripe: getattr(stripe.v1, what).list(params=params))

    def _pages(self, what: str, where: dict[str, Any]) -> Iterator[Found]:
        """Everything of a list, newest first, up to a bound that is told when it is met."""
        last: str | None = None
        for _ in range(PAGES):
            params = {**where, "limit": 100, **({"starting_after": last} if last else {})}
            try:
                page = self._page(what, params)
            except Denied as no:
                if no.http == 404 or no.code == "resource_missing":
                    return
                raise
            yield from page["data"]
            if not page["has_more"]:
                return
            last = page["data"][-1]["id"]
        raise PaymentProviderUnavailable(f"more than {PAGES * 100} {what} to look through")
