"""The one place where Stripe is called: with a time limit, a bounded number of tries, a pinned
version, no telemetry; and where everything that its package raises ends."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import define, field

from marketplace import IdempotencyMismatch, PaymentProviderUnavailable
from marketplace.plugins.stripe_connect.settings import API_VERSION

if TYPE_CHECKING:
    import stripe

Found = Mapping[str, Any]
"""An object of Stripe's, as plain data."""

_CODE = re.compile(r"[a-z0-9_.]{1,80}")
_REQUEST = re.compile(r"req_[A-Za-z0-9]{1,40}")
_SHORT = frozenset({"balance_insufficient", "insufficient_funds"})
_NOT_NOW = frozenset({"lock_timeout", "rate_limit"}) | _SHORT
"""Codes of refusals that say nothing of the thing itself: asked again later, it may go well."""
_TOLD = ("message='Request to Stripe api'", "message='Stripe API response'")


class Declined(Exception):
    """A card's bank said no. Never leaves this plugin."""

    def __init__(self, code: str, decline: str, intent: str | None) -> None:
        super().__init__(code)
        self.code = code
        self.decline = decline
        self.intent = intent
        """The payment or setup intent that was tried."""


class Denied(Exception):
    """Stripe will not do it, now or later, and nothing happened. Never leaves this plugin."""

    def __init__(self, code: str, param: str, http: int, request: str) -> None:
        super().__init__(code)
        self.code = code
        self.param = param
        self.http = http
        self.request = request
        """Stripe's name for the call, to be looked up in its dashboard."""


class Short(PaymentProviderUnavailable):
    """There is not enough to do it with: later there may be, under another key."""


class Broken(PaymentProviderUnavailable):
    """Stripe broke on the call: the same key gives the same break, so the thing is looked up."""

    again = False
    """Whether it is the break that Stripe keeps under the key: it was at it, and is no more."""


@define(eq=False)
class Calls:
    """Calls of one account, from any thread; the package is imported with the first of them."""

    api_key: str = field(repr=False)
    address: str | None
    retries: int
    seconds: float
    _lock: Any = field(factory=threading.Lock, init=False, repr=False)
    _made: Any = field(default=None, init=False, repr=False)

    def __call__(self, what: str, ask: Callable[[Any], Any]) -> Found:
        """What Stripe answers, as data. ``ask`` is given the client; ``what`` names it in errors.

        Raises ``Declined``, ``Denied``, ``IdempotencyMismatch`` and
        ``PaymentProviderUnavailable``, with nothing in them that Stripe wrote but its codes.
        """
        import stripe

        client = self._client()
        try:
            answer = ask(client)
        except stripe.StripeError as error:
            _raise_as_ours(what, error)
        data: Found = answer.to_dict()
        return data

    def _client(self) -> stripe.StripeClient:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            made: stripe.StripeClient = self._made
            return made

    def _make(self) -> stripe.StripeClient:
        import stripe

        # A switch of the whole package: it would write a file and tell Stripe of every call.
        stripe.enable_telemetry = False
        told = logging.getLogger("stripe")
        if _without_bodies not in told.filters:
            told.addFilter(_without_bodies)
        base: Any = {} if self.address is None else {"base_addresses": {"api": self.address}}
        return stripe.StripeClient(
            self.api_key,
            stripe_version=API_VERSION,
            max_network_retries=self.retries,
            http_client=_sender(self.seconds),
            **base,
        )


def _sender(seconds: float) -> stripe.HTTPClient:
    """What sends the package's calls: as its own, but for a 500, which is not asked again at once.

    Stripe keeps it under the key: the same call would hear the same, and hide that it is a new one.
    """
    import stripe

    class Sender(stripe.RequestsClient):
        def request(self, *call: Any, **more: Any) -> Any:
            content, http, headers = super().request(*call, **more)
            if http == 500:
                told: Any = headers
                told["Stripe-Should-Retry"] = "false"
            return content, http, headers

    return Sender(timeout=seconds)


def _without_bodies(record: logging.LogRecord) -> bool:
    """Whether a line of the package's own log may be seen: which address was called, and what
    came back as a number. Bodies hold secrets with which a customer's browser pays."""
    return record.levelno >= logging.WARNING or str(record.msg).startswith(_TOLD)


def _raise_as_ours(what: str, error: stripe.StripeError) -> NoReturn:
    """End an error of the package here; its message, body and headers go no further."""
    import stripe

    body = error.json_body if isinstance(error.json_body, dict) else {}
    told = body.get("error")
    said: dict[str, Any] = told if isinstance(told, dict) else {}
    http = error.http_status or 0
    code, kind = _code(said.get("code") or error.code), _code(said.get("type"))
    found = _REQUEST.search(str(error.request_id or ""))
    request = found[0] if found else ""
    words = " ".join(part for part in (str(http or ""), code or kind, request) if part)
    if isinstance(error, stripe.CardError):
        intent = said.get("payment_intent") or said.get("setup_intent") or {}
        named = intent.get("id") if isinstance(intent, dict) else intent
        raise Declined(code, _code(said.get("decline_code")), named) from None
    if isinstance(error, stripe.IdempotencyError) and http != 409:
        raise IdempotencyMismatch(
            f"stripe knows the key of this call for {what} from another one ({words})",
            params={"request": request},
        ) from None
    if http == 500:
        broke = Broken(f"stripe broke on {what} ({words})")
        broke.again = _kept(error)
        raise broke from None
    refused = 400 <= http < 500 and http not in (401, 409, 429) and code not in _NOT_NOW
    foreign = http != 403 or code == "account_invalid"
    if refused and foreign and not isinstance(error, stripe.RateLimitError):
        raise Denied(code or kind, _code(said.get("param")), http, request) from None
    if 400 <= http < 500 and code in _SHORT:
        raise Short(f"stripe has too little for {what} ({words})") from None
    why = "does not take the key" if http in (401, 403) else "gives no answer"
    raise PaymentProviderUnavailable(f"stripe {why} to {what} ({words or 'no connection'})") from (
        None
    )


def _kept(error: stripe.StripeError) -> bool:
    """Whether Stripe gave what it keeps under the key of the call."""
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    return str(headers.get("idempotent-replayed")).lower() == "true"


def _code(value: object) -> str:
    """A code as Stripe writes them; nothing for anything else that may stand in its place."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
