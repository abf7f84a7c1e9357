"""Fetches what somebody's address leads to: never inwards, never for long, never much.

The address comes from a stranger and the machine that follows it stands inside a network. So a
host is resolved once, every address it has must be a public one, and the connection goes to the
checked address itself; each redirect is looked at as if it were the first.
"""

from __future__ import annotations

import http.client
import ssl
import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from attrs import field, frozen

from marketplace import InvalidInput, MarketplaceError, Refused
from marketplace.plugins.ical.addresses import Address, is_public, parsed
from marketplace.plugins.ical.connecting import (
    Deadline,
    Monotonic,
    PinnedConnection,
    Resolve,
    resolved,
    system_resolve,
)

_CHUNK = 65_536
_MOST_URL = 2_000
_MOST_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
_MOVED = {301, 302, 303, 307, 308}
_ASKS = {
    "Accept": "text/calendar, text/plain;q=0.5",
    "Accept-Encoding": "gzip, deflate, identity",
    "Connection": "close",
    "User-Agent": "marketplace-kit-ical",
}


@frozen
class Target:
    """Where one hop goes: what was asked for, and the addresses that were found good."""

    host: str
    port: int
    path: str
    encrypted: bool
    addresses: tuple[str, ...] = ()


@frozen
class Fetcher:
    """Gets the bytes behind an address that a stranger gave.

    ``allows`` says which addresses may be connected to; every other is refused with the code
    ``untrusted_address``.
    """

    most_bytes: int = 2_000_000
    """Of the body, as it comes and as it is unpacked."""
    seconds: float = 20
    """For everything: names, redirects, headers and body."""
    ports: frozenset[int] = field(default=frozenset({80, 443}), converter=frozenset)
    redirects: int = 3
    resolve: Resolve = system_resolve
    allows: Callable[[Address], bool] = is_public
    tls: ssl.SSLContext | None = None
    """None: the machine's own certificates."""
    monotonic: Monotonic = time.monotonic

    def check(self, url: str) -> None:
        """Raise what ``fetch`` would raise before it connects."""
        self._checked(url, Deadline(self.seconds, self.monotonic))

    def fetch(self, url: str) -> bytes:
        """The body behind the address.

        Raises ``InvalidInput`` (code ``untrusted_url``) for an address of the wrong form, and
        ``Refused`` for one that leads inwards (``untrusted_address``), is not known
        (``unresolvable``), does not answer (``unreachable``), answers with something else than
        a body (``not_given``), too slowly (``too_slow``) or too much (``too_large``).
        """
        deadline = Deadline(self.seconds, self.monotonic)
        for _ in range(self.redirects + 1):
            target = self._checked(url, deadline)
            try:
                moved, body = self._ask(target, deadline)
            except MarketplaceError:
                raise
            except TimeoutError:
                raise deadline.passed() from None
            except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
                raise _unreachable(target, error) from error
            if moved is None:
                return body
            url = urljoin(url, moved)
            if target.encrypted and not url.lower().startswith("https:"):
                raise Refused("an encrypted calendar stays encrypted", code="untrusted_redirect")
        raise Refused(
            f"a calendar is at most {self.redirects} redirects away", code="too_many_redirects"
        )

    def _checked(self, url: str, deadline: Deadline) -> Target:
        target = self._target(url)
        addresses = resolved(self.resolve, target.host, target.port, deadline)
        for one in addresses:
            if not self._trusts(one):
                # Which address it was is told to nobody: whoever asks would map the network.
                raise Refused(
                    f"{target.host} does not lead to the public network alone",
                    code="untrusted_address",
                    params={"host": target.host},
                )
        return Target(
            target.host, target.port, target.path, target.encrypted,
            tuple(addresses[:_MOST_ADDRESSES]),
        )  # fmt: skip

    def _trusts(self, text: str) -> bool:
        try:
            return self.allows(parsed(text))
        except ValueError:
            return False

    def _target(self, url: str) -> Target:
        parts, port = _split(url)
        ways = _PORTS.keys()
        if parts.scheme not in ways:
            raise _ill_formed(f"a calendar's address begins with {' or '.join(ways)}")
        if "@" in parts.netloc:
            raise _ill_formed("a calendar's address carries no name or password")
        if not parts.hostname:
            raise _ill_formed("a calendar's address names a host")
        port = _PORTS[parts.scheme] if port is None else port
        if port not in self.ports:
            allowed = ", ".join(str(one) for one in sorted(self.ports))
            raise _ill_formed(f"a calendar is fetched from port {allowed}, not {port}")
        path = parts.path or "/"
        path = f"{path}?{parts.query}" if parts.query else path
        return Target(_ascii_host(parts.hostname), port, path, parts.scheme == "https")

    def _ask(self, target: Target, deadline: Deadline) -> tuple[str | None, bytes]:
        """Where it was moved to, or its body."""
        connection = self._connected(target, deadline)
        try:
            # The connection puts the host and its port in the header by itself.
            connection.request("GET", target.path, headers=_ASKS)
            answer = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        try:
            if answer.status in _MOVED and (moved := answer.getheader("Location")):
                return moved, b""
            if answer.status != 200:
                raise Refused(
                    f"{target.host} answered {answer.status}, not 200",
                    code="not_given",
                    params={"host": target.host, "answer": answer.status},
                )
            return None, self._body(answer)
        finally:
            answer.close()
            connection.close()

    def _connected(self, target: Target, deadline: Deadline) -> PinnedConnection:
        """Connected to the first of the checked addresses that answers."""
        tls = (self.tls or ssl.create_default_context()) if target.encrypted else None
        last: OSError | None = None
        for address in target.addresses:
            connection = PinnedConnection(target.host, target.port, address, deadline, tls)
            try:
                connection.connect()
            except OSError as error:
                last = error
                deadline.left()
                continue
            return connection
        assert last is not None, "a checked target has an address"
        raise last

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        """The body, unpacked; counted while it comes, so that no more than the limit is kept."""
        packed = (answer.getheader("Content-Encoding") or "identity").strip().lower()
        if packed not in ("identity", "gzip", "x-gzip", "deflate"):
            raise Refused(f"a calendar is not packed as {packed[:20]}", code="not_given")
        unpack = None if packed == "identity" else zlib.decompressobj(wbits=47)
        body, came = bytearray(), 0
        while chunk := answer.read(_CHUNK):
            came += len(chunk)
            if unpack is not None:
                # One byte more than allowed is enough to know, however much is still packed.
                chunk = unpack.decompress(chunk, self.most_bytes - len(body) + 1)
            body += chunk
            if came > self.most_bytes or len(body) > self.most_bytes:
                raise Refused(
                    f"a calendar has at most {self.most_bytes} bytes",
                    code="too_large",
                    params={"bytes": self.most_bytes},
                )
        if unpack is not None and not unpack.eof:
            raise http.client.IncompleteRead(bytes(0))
        if answer.length:
            raise http.client.IncompleteRead(bytes(0), answer.length)
        return bytes(body)


def _split(url: object) -> tuple[SplitResult, int | None]:
    if not isinstance(url, str) or len(url) > _MOST_URL:
        raise _ill_formed(f"a calendar's address is a text of at most {_MOST_URL} characters")
    if any(ord(one) <= 32 or ord(one) == 127 for one in url):
        raise _ill_formed("a calendar's address has neither spaces nor control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _ill_formed("a calendar's address is one like https://example.com/a.ics") from None
    if not (parts.path + parts.query).isascii():
        raise _ill_formed("behind the host a calendar's address is written in ASCII")
    return parts, port


def _ascii_host(host: str) -> str:
    """The host as it is asked for: many ways of writing a name come to the same."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise _ill_formed("a calendar's address names a host") from None


def _ill_formed(message: str) -> InvalidInput:
    return InvalidInput(message, code="untrusted_url")


def _unreachable(target: Target, error: Any) -> Refused:
    return Refused(
        f"{target.host} could not be asked: {type(error).__name__}",
        code="unreachable",
        params={"host": target.host},
    )
