"""How the sandbox signs what it sends, and knows again what it signed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from marketplace import Untrusted

HEADER = "Sandbox-Signature"
"""``t=1764230400,v1=…``: when it was signed, in seconds since 1970, and the signature."""
TOLERANCE = timedelta(seconds=300)
"""So far from now, either way, a signature may have been made."""
_LONGEST = 2_000
_MOST = 16


def signed(body: bytes, moment: datetime, secrets: Iterable[str]) -> dict[str, str]:
    """The header for a body, with a signature by each secret."""
    second = int(moment.timestamp())
    parts = [f"v1={_signature(body, str(second), secret)}" for secret in secrets]
    return {HEADER: ",".join([f"t={second}", *parts])}


def check(body: bytes, headers: Mapping[str, str], now: datetime, secrets: Sequence[str]) -> None:
    """Raise ``Untrusted`` unless a secret signed exactly these bytes, not long from now.

    One right signature among several is enough: while a secret is changed there are two.
    """
    second, signatures = _parts(_header(headers))
    right = False
    for secret in secrets:
        mine = _signature(body, second, secret).encode()
        for one in signatures:
            # All are compared, whichever fits, so that time tells nothing.
            right |= hmac.compare_digest(mine, one.encode())
    if not right:
        raise Untrusted("the signature does not fit")
    if abs(int(now.timestamp()) - int(second)) > TOLERANCE.total_seconds():
        raise Untrusted("it was signed at another time")


def _signature(body: bytes, second: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{second}.".encode() + body, hashlib.sha256).hexdigest()


def _header(headers: Mapping[str, str]) -> str:
    found = [value for name, value in headers.items() if str(name).lower() == HEADER.lower()]
    if len(found) != 1 or not isinstance(found[0], str) or len(found[0]) > _LONGEST:
        raise Untrusted(f"one header {HEADER} is needed, of {_LONGEST} characters at most")
    return found[0]


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 13):
        raise Untrusted("the header says when it was signed, once, as in t=1764230400")
    if not 1 <= len(signatures) <= _MOST:
        raise Untrusted(f"the header has 1 to {_MOST} signatures, as in v1=…")
    return times[0], signatures
