"""Webhooks: an event's bytes, signed as Stripe signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

Receiver = Callable[[bytes, Mapping[str, str]], Any]
"""Given a body and headers. Raising says that it was not received."""


@frozen
class Delivery:
    """One event on its way. A test may send it twice, late, out of its order or changed."""

    event: Mapping[str, Any]
    body: bytes
    at: int
    secret: str

    @property
    def signature(self) -> str:
        """What stands in `Stripe-Signature`."""
        signed = str(self.at).encode() + b"." + self.body
        digest = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"t={self.at},v1={digest}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the call that brings it."""
        return {"Content-Type": "application/json", "Stripe-Signature": self.signature}

    def again(self, at: int) -> Delivery:
        """The same event sent at another instant, signed anew."""
        return evolve(self, at=at)

    def tampered(self, old: bytes, new: bytes) -> tuple[bytes, dict[str, str]]:
        """Body and headers where somebody changed the body after it was signed."""
        return self.body.replace(old, new), self.headers

    def to(self, receive: Receiver) -> Any:
        """Bring it to somebody, whose answer is returned."""
        return receive(self.body, self.headers)


def delivery(event: Mapping[str, Any], at: int, secret: str) -> Delivery:
    """The event as the bytes that are sent."""
    return Delivery(event, json.dumps(event, indent=2).encode(), at, secret)
