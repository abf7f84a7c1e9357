"""Whether a notice was signed by Stripe: these bytes, of late, with a secret that is ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace import Notice, Untrusted

HEADER = "stripe-signature"
TOLERANCE = timedelta(seconds=300)
"""How old a signature may be, and how far ahead of our clock: Stripe's package bounds the past
alone, and takes one that is signed for next year."""
MOST_HEADER = 4_096
MOST_BODY = 1_000_000
MOST_SIGNATURES = 16
_SIGNED = "v1"
_NONE_OF_STRIPES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    OverflowError,
    RecursionError,
)
"""What reading bytes may come to that are no event, whatever they are instead."""


def read_notice(
    body: bytes, headers: Mapping[str, str], secrets: Iterable[str], now: datetime
) -> Notice:
    """The notice in a body; raises ``Untrusted`` unless Stripe signed exactly these bytes."""
    if not isinstance(body, bytes) or len(body) > MOST_BODY:
        raise Untrusted(f"a notice is at most {MOST_BODY} bytes")
    signed_at, signatures = _parts(_header(headers))
    if not _is_signed(body, signed_at, signatures, secrets):
        raise Untrusted("the notice is not signed by Stripe")
    if abs(now - datetime.fromtimestamp(int(signed_at), UTC)) > TOLERANCE:
        raise Untrusted("the notice was signed too long ago, or for a time to come")
    try:
        said = json.loads(body)
        return _v2(said) if said["object"] == "v2.core.event" else _v1(said)
    except _NONE_OF_STRIPES:
        raise Untrusted("what was signed is no event of Stripe's") from None


def _header(headers: Mapping[str, str]) -> str:
    found = [value for name, value in headers.items() if str(name).lower() == HEADER]
    if len(found) != 1 or not isinstance(found[0], str) or len(found[0]) > MOST_HEADER:
        raise Untrusted("a notice has one header Stripe-Signature")
    return found[0]


def _parts(header: str) -> tuple[str, list[str]]:
    """When it was signed, in seconds as they were written, and the signatures that count."""
    times, signatures = [], []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == _SIGNED:
            signatures.append(value)
    # More digits than that are no time that anybody lives to see.
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 12):
        raise Untrusted("a signature says once when it was made")
    return times[0], signatures[:MOST_SIGNATURES]


def _is_signed(
    body: bytes, signed_at: str, signatures: Iterable[str], secrets: Iterable[str]
) -> bool:
    wanted = [
        hmac.new(secret.encode(), f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()
        for secret in secrets
    ]
    given = [one.encode(errors="replace") for one in signatures]
    return any(hmac.compare_digest(one, mine.encode()) for one in given for mine in wanted)


def _v1(said: Mapping[str, Any]) -> Notice:
    """An event with a snapshot of the thing, of which the name alone is kept."""
    if said["object"] != "event":
        raise ValueError(said["object"])
    thing = said["data"]["object"]
    return Notice(
        id=_name(said["id"]),
        kind=_name(said["type"]),
        at=datetime.fromtimestamp(said["created"], UTC),
        about=_name(thing.get("id") or said["id"]),
        account=None if said.get("account") is None else _name(said["account"]),
        live=_yes(said["livemode"]),
    )


def _v2(said: Mapping[str, Any]) -> Notice:
    """A thin event: it names the thing and says nothing of it."""
    thing = said.get("related_object") or {}
    return Notice(
        id=_name(said["id"]),
        kind=_name(said["type"]),
        at=datetime.fromisoformat(said["created"]).astimezone(UTC),
        about=_name(thing.get("id") or said["id"]),
        live=_yes(said["livemode"]),
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 200:
        raise ValueError(value)
    return value


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value
