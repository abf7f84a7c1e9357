"""What must be right before a marketplace opens with Stripe: keys, secrets, addresses, the SDK."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from marketplace import SetupError

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that every call names, whatever the account's own is."""
SDK_MAJOR = 16
"""The major version of the package ``stripe`` that speaks it."""
CHARGE_KINDS = ("separate", "destination")
"""How the customer's money reaches the sellers: transferred when a payout is due, or, where one
party alone performs and is known by then, as the money is taken."""
MOST_RETRIES = 5
MOST_SECONDS = 120.0
_KEY = re.compile(r"(?:sk|rk)_(live|test)_[A-Za-z0-9_]+")
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{8,}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_keys(api_key: object, live: bool, webhook_secrets: object) -> None:
    """Raise ``SetupError``, whose message says no letter of a key, unless they fit each other."""
    found = _KEY.fullmatch(api_key) if isinstance(api_key, str) else None
    if found is None:
        raise SetupError(
            "api_key is a secret key of Stripe: sk_test_…, sk_live_…, or a restricted rk_…"
        )
    if type(live) is not bool:
        raise SetupError(f"live is True or False, not {live!r}")
    if (found[1] == "live") is not live:
        wanted, given = ("live", "test") if live else ("test", "live")
        raise SetupError(
            f"with live={live} the key is a {wanted} key, and this one is a {given} key; "
            "test and live are never mixed"
        )
    secrets = webhook_secrets
    if not isinstance(secrets, tuple) or not secrets:
        raise SetupError(
            "webhook_secrets is a tuple of at least one signing secret, whsec_…: without it "
            "nobody can tell Stripe's notices from forged ones"
        )
    for one in secrets:
        if not isinstance(one, str) or not _SECRET.fullmatch(one):
            raise SetupError("each of webhook_secrets begins with whsec_; one does not")
    if len(secrets) != len(set(secrets)):
        raise SetupError("webhook_secrets has a secret twice; during rotation there are two")


def check_addresses(return_url: object, address: object, live: bool) -> None:
    """Raise ``SetupError`` unless customers come back safely and calls go to Stripe itself."""
    if not is_address(return_url, loopback=not live):
        raise SetupError(
            "return_url is where a bank sends the customer back to: an https address"
            + ("" if live else ", or http on localhost while testing")
        )
    if address is None:
        return
    if live:
        raise SetupError("a live key calls Stripe's own address; leave address out")
    if not is_address(address, loopback=True):
        raise SetupError("address is where a double of Stripe answers: http://127.0.0.1:PORT")


def is_address(address: object, *, loopback: bool) -> bool:
    """Whether it is an https address, or http on this machine where that is let."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "http":
        return loopback and parts.hostname in _LOOPBACK
    return parts.scheme == "https" and bool(parts.hostname)


def check_calls(retries: object, seconds: object, charges: object) -> None:
    """Raise ``SetupError`` for calls that could go on for ever, and for an unknown charge kind."""
    if type(retries) is not int or not 0 <= retries <= MOST_RETRIES:
        raise SetupError(f"max_network_retries is 0 to {MOST_RETRIES}, not {retries!r}")
    if type(seconds) not in (int, float) or not 0 < float(str(seconds)) <= MOST_SECONDS:
        raise SetupError(f"timeout is above 0 and at most {MOST_SECONDS:g} seconds: {seconds!r}")
    if charges not in CHARGE_KINDS:
        raise SetupError(f"charges is {' or '.join(map(repr, CHARGE_KINDS))}, not {charges!r}")


def check_sdk() -> None:
    """Raise ``SetupError`` unless the package ``stripe`` is there in the version that is spoken."""
    wanted = f"pip install 'marketplace-kit[stripe]' brings stripe {SDK_MAJOR}"
    try:
        found = version("stripe")
    except PackageNotFoundError:
        raise SetupError(f"the package stripe is not installed; {wanted}") from None
    if found.split(".")[0] != str(SDK_MAJOR):
        raise SetupError(f"the package stripe is of version {found}; {wanted}")
