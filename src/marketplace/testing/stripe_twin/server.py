"""The twin on a port of this machine, in threads of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .answering import Answering

Visit = Callable[[str], str | None]
"""Somebody opens a page of the twin by its path: where they are sent next, None for nowhere."""


class Server(ThreadingHTTPServer):
    """Listens on loopback only. ``visit`` answers what a person opens in a browser."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answering: Answering, visit: Visit) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answering = answering
        self.visit = visit
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()
        self._thread.join(timeout=10)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no error of the twin's; anything else is shown."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a GET: of the API, or of a page."""
        if self.path.startswith(("/v1/", "/v2/")):
            self._answer()
            return
        onward = self.server.visit(self.path)
        self.send_response(303 if onward else 404)
        if onward:
            self.send_header("Location", onward)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def do_POST(self) -> None:
        """Answer a POST of the API."""
        self._answer()

    do_DELETE = do_POST

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        said = self.server.answering.answer(self.command, self.path, dict(self.headers), body)
        self.close_connection = True
        if said is None:
            return
        text = json.dumps(said.body, indent=2).encode()
        self.send_response(said.http)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: every call is kept in the twin."""
        return None
