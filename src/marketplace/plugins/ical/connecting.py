"""A connection to one checked address, on which nothing lasts longer than agreed."""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

from marketplace import Refused

Resolve = Callable[[str, int], list[str]]
"""The addresses of a host, as texts, for a port."""
Monotonic = Callable[[], float]


class Deadline:
    """When everything must be over: name, connection, encryption, headers and body together."""

    def __init__(self, seconds: float, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left; raises ``Refused`` (code ``too_slow``) when there are none."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> Refused:
        """What to raise when time is up."""
        return Refused(
            f"a calendar takes at most {self._seconds:g} seconds",
            code="too_slow",
            params={"seconds": self._seconds},
        )


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses that the machine's own resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def resolved(resolve: Resolve, host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of a host, within the deadline: a resolver has no time limit of its own."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="ical-resolver").start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise deadline.passed() from None
    if isinstance(answer, Exception) or not answer:
        raise Refused(f"no address is known for {host}", code="unresolvable", params={"host": host})
    return answer


class _Timed(io.RawIOBase):
    """What comes over a socket; each wait for more is as long as the deadline still allows."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        self._sock.close()
        super().close()


class _TimedSocket:
    """As much of a socket as ``http.client`` asks for, with the deadline in every wait."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._read = False

    def makefile(self, mode: str) -> io.BufferedReader:
        """The reading side, whose end closes the socket."""
        self._read = True
        return io.BufferedReader(_Timed(self._sock, self._deadline))

    def sendall(self, data: bytes) -> None:
        """Write everything, or run out of time."""
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def close(self) -> None:
        """Give the socket back, unless an answer is still read from it: then its end does."""
        if not self._read:
            self._sock.close()


class PinnedConnection(http.client.HTTPConnection):
    """Speaks to an address that was checked, in the name of the host it was checked for.

    Nobody is asked for the host's address a second time, so an answer that has changed meanwhile
    leads nowhere else. The certificate must be the host's.
    """

    def __init__(
        self, host: str, port: int, address: str, deadline: Deadline, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(host, port)
        self._address = address
        self._deadline = deadline
        self._tls = tls

    def connect(self) -> None:
        """Connect to the address, and encrypt in the host's name."""
        sock = socket.create_connection((self._address, self.port), timeout=self._deadline.left())
        try:
            if self._tls is not None:
                sock.settimeout(self._deadline.left())
                sock = self._tls.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise
        self.sock = _TimedSocket(sock, self._deadline)
