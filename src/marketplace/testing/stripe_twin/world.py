"""What every call of the twin works on: its objects, its clock, its money, and what it tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from attrs import define, field, frozen

from .problems import no_such
from .rules import API_VERSION, Rules
from .shelf import Body, Shelf

PLATFORM = ""
"""The account of whoever holds the key; a connected one is named by `Stripe-Account`."""


class Clock(Protocol):
    """Anything that knows the time, such as `marketplace.ManualClock`."""

    def now(self) -> datetime:
        """The instant, aware of its zone."""


@frozen
class Ask:
    """One call, read and checked."""

    params: Mapping[str, Any]
    names: Mapping[str, str]
    """What the path names: ``{"intent": "pi_1"}``."""
    account: str = PLATFORM
    key: str | None = None
    request: str = ""


def shown(body: Any) -> Any:
    """An object as a caller sees it: without what the twin keeps to itself."""
    if isinstance(body, dict):
        return {name: shown(value) for name, value in body.items() if not name.startswith("_")}
    return [shown(each) for each in body] if isinstance(body, list) else body


@define(eq=False)
class World:
    """The twin's inside, as one call at a time sees it."""

    shelf: Shelf
    clock: Clock
    rules: Rules = field(factory=Rules)
    url: str = ""
    asking: Ask | None = None
    """Whose call is carried out now: events say so."""
    at: int | None = None
    """While something is done that fell due earlier: the instant at which it did."""

    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(self.clock.now().timestamp()) if self.at is None else self.at

    def after(self, span: timedelta) -> int:
        """The instant so much later."""
        return self.now() + int(span.total_seconds())

    def new(self, prefix: str) -> str:
        """A name that nothing has, the same in the same run."""
        digest = hashlib.sha256(f"{prefix} {self.shelf.count()}".encode()).hexdigest()
        return f"{prefix}_{digest[:24]}"

    def find(self, kind: str, name: str, account: str, param: str, http: int = 404) -> Body:
        """The object of that name and kind, or Stripe's words that there is none."""
        found = self.shelf.get(name, account)
        if found is None or found["object"] != kind:
            what = {"payment_method": "PaymentMethod", "setup_intent": "setupintent"}
            no_such(what.get(kind, kind), name, param, http)
        return found

    def tell(
        self,
        kind: str,
        body: Body,
        account: str = PLATFORM,
        previous: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down an event with the object as it is now."""
        about: Body = {"object": shown(body)}
        if previous is not None:
            about["previous_attributes"] = dict(previous)
        asking = self.asking
        event: Body = {
            "id": self.new("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": about,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {
                "id": asking.request if asking else None,
                "idempotency_key": asking.key if asking else None,
            },
            "type": kind,
        }
        if account:
            event["account"] = account
        self.shelf.add(account, event)

    def book(
        self,
        kind: str,
        source: str,
        amount: int,
        currency: str,
        *,
        account: str = PLATFORM,
        fees: tuple[Body, ...] = (),
        category: str | None = None,
        available_on: int | None = None,
        description: str | None = None,
    ) -> Body:
        """Move money on an account's balance, and say so as a balance transaction."""
        fee = sum(each["amount"] for each in fees)
        moved: Body = {
            "id": self.new("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": self.now() if available_on is None else available_on,
            "balance_type": "payments",
            "created": self.now(),
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [dict(each) for each in fees],
            "net": amount - fee,
            "reporting_category": category or kind,
            "source": source,
            "status": "pending",
            "type": kind,
        }
        self.shelf.add(account, moved)
        return moved

    def balance(self, account: str) -> dict[str, tuple[int, int]]:
        """By currency: what is available, and what is pending."""
        found: dict[str, tuple[int, int]] = {}
        for moved in self.shelf.every("balance_transaction", account):
            available, pending = found.get(moved["currency"], (0, 0))
            if moved["available_on"] <= self.now():
                available += moved["net"]
            else:
                pending += moved["net"]
            found[moved["currency"]] = (available, pending)
        return found

    def available(self, account: str, currency: str) -> int:
        """What of an account's money may be moved away now."""
        return self.balance(account).get(currency, (0, 0))[0]


def fee_line(amount: int, currency: str, kind: str, description: str) -> Body:
    """One of a balance transaction's fees."""
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": kind,
    }


Handler = Callable[[World, Ask], Body]
