"""The platform's balance with Stripe: what moved it, oldest first, and what lies there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from marketplace import Money, Movement
from marketplace.plugins.stripe_connect.amounts import from_stripe
from marketplace.plugins.stripe_connect.calling import Calls, Found

_FIRST = datetime(2011, 1, 1, tzinfo=UTC)
"""Stripe is no older."""
_MOST = 100
_CHARGES = ("charge", "payment")
_FEE, _FEE_BACK = "application_fee", "fee_refund"


@frozen
class Statement:
    """What is asked of Stripe about the balance."""

    calls: Calls

    def movements(self, after: str | None, limit: int) -> Sequence[Movement]:
        """The oldest movements after one, or the oldest of all."""
        most = max(1, min(limit, _MOST))
        if after is None:
            found = self._oldest()
            return [self._movement(one) for one in found[:most]]
        # Newest first on the page, which ends right before the one that is named.
        page = self._page(limit=most, ending_before=after)
        return [self._movement(one) for one in reversed(page["data"])]

    def balance(self, currency: str) -> Money:
        """What lies there, available or on its way."""
        found = self.calls("the balance", lambda stripe: stripe.v1.balance.retrieve())
        lies = [*found["available"], *found["pending"]]
        code = currency.lower()
        return from_stripe(sum(one["amount"] for one in lies if one["currency"] == code), code)

    def _oldest(self) -> list[Found]:
        """Everything of the first second in which anything moved, oldest first.

        Stripe lists the newest first and has no other order, so the second is found by halves:
        in about thirty questions, however long the list is.
        """
        newest = self._page(limit=1)["data"]
        if not newest:
            return []
        early, late = int(_FIRST.timestamp()), int(newest[0]["created"])
        while early < late:
            middle = (early + late) // 2
            if self._page(limit=1, created={"lte": middle})["data"]:
                late = middle
            else:
                early = middle + 1
        found: list[Found] = []
        last: dict[str, Any] = {}
        while True:
            page = self._page(limit=_MOST, created={"lte": late}, **last)
            found += page["data"]
            if not page["has_more"]:
                return found[::-1]
            last = {"starting_after": page["data"][-1]["id"]}

    def _page(self, **asked: Any) -> Found:
        params = {**asked, "expand": ["data.source"]}
        return self.calls(
            "movements", lambda stripe: stripe.v1.balance_transactions.list(params=params)
        )

    def _movement(self, one: Found) -> Movement:
        return Movement(
            id=one["id"],
            kind=one["type"],
            amount=from_stripe(one["amount"], one["currency"]),
            fee=from_stripe(one["fee"], one["currency"]),
            about=self._came_back(one) or _about(one),
            at=datetime.fromtimestamp(one["created"], UTC),
        )

    def _came_back(self, one: Found) -> str:
        """The transfer that a fee undoes: of a destination charge whose payee was to be given
        nothing any more all of it went there, and came back as the platform's fee."""
        source = one.get("source")
        kind = source.get("object") if isinstance(source, dict) else ""
        if kind not in (_FEE, _FEE_BACK):
            return ""
        fee: Any = source
        if kind == _FEE_BACK:
            name = str(fee["fee"])
            fee = self.calls("a fee", lambda stripe: stripe.v1.application_fees.retrieve(name))
        charge = str(fee.get("originating_transaction") or "")
        if not charge:
            return ""
        found = self.calls("a charge", lambda stripe: stripe.v1.charges.retrieve(charge))
        return str(found.get("transfer") or "")


def _about(one: Found) -> str:
    """What moved, as we call it: of a charge its payment intent, else the thing itself."""
    source = one.get("source")
    if not isinstance(source, dict):
        return str(source or one["id"])
    if source.get("object") in _CHARGES and source.get("payment_intent"):
        return str(source["payment_intent"])
    if source.get("object") == "transfer_reversal" and source.get("transfer"):
        return str(source["transfer"])
    return str(source["id"])
