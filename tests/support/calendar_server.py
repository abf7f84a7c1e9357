"""Servers on this machine that speak HTTP well or badly, as other people's calendars do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field

Page = bytes | Callable[[BaseHTTPRequestHandler], None]


@define
class Site:
    """Pages by path; a page is a body, or a function that answers by itself."""

    port: int
    pages: dict[str, Page] = field(factory=dict)
    asked: list[tuple[str, str]] = field(factory=list)
    """The host and path of every request, in order."""

    def url(self, path: str = "/a.ics", host: str = "calendar.test") -> str:
        """The address of a page, in the name of any host."""
        return f"http://{host}:{self.port}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: Site

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who is fetched from hangs up whenever it has had enough: that is what is tested."""
        self.site.asked.append(("", "hung up"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.site.asked.append((self.headers.get("Host", ""), self.path))
        page = server.site.pages.get(self.path)
        self.close_connection = True
        if page is None:
            self.send_error(404)
        elif callable(page):
            page(self)
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed, and everything is in ``asked``."""
        del format, args


@contextmanager
def serving(address: str = "127.0.0.1", tls: Any = None) -> Iterator[Site]:
    """A site on this machine, for the length of the block."""
    server = _Server((address, 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def moved_to(url: str) -> Page:
    """A page that has moved."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def dripping(piece: bytes, every: float, *, headers: bool = False) -> Page:
    """A page that never ends and never stops, a piece at a time; or headers that do so."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        start = b"HTTP/1.1 200 OK\r\n"
        handler.wfile.write(start if headers else start + b"\r\n")
        with suppress(OSError):
            while True:
                handler.wfile.write(piece)
                handler.wfile.flush()
                if every:
                    time.sleep(every)

    return answer


def packed_as(body: bytes, encoding: str) -> Page:
    """A body that says how it is packed."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", encoding)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cut_short(body: bytes, promised: int) -> Page:
    """A body that ends before it said it would."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(promised))
        handler.end_headers()
        handler.wfile.write(body)

    return answer
