"""One call from its bytes to its answer: faults, keys, the route, and the note of it all."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from .expanding import expanded
from .faults import Fault, Faults
from .forms import checked, unpacked
from .later import catch_up
from .problems import StripeProblem
from .routes import Route, routed
from .rules import API_VERSION
from .shelf import Body
from .world import PLATFORM, Ask, World, shown

LONGEST_KEY = 255


@frozen
class Call:
    """A call that came, and what was answered: what judges look at."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """In lower case, without the key that authorises."""
    body: str
    params: Mapping[str, Any]
    """The query or the body as nested names, every value as the text or JSON it came as."""
    at: int
    http: int | None
    """None when the caller was given no answer."""
    answer: Mapping[str, Any] | None
    """What was answered, or would have been, had its answer not been lost."""
    fault: str | None
    replayed: bool


@frozen
class Said:
    """An answer's status, body and headers; ``lost`` when nobody is to hear it."""

    http: int
    body: Body
    headers: Mapping[str, str] = field(factory=dict)
    lost: bool = False


@define(eq=False)
class Answering:
    """Answers calls one at a time."""

    world: World
    faults: Faults
    key: str
    _working: set[tuple[str, str]] = field(factory=set, init=False)
    _busy: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: str
    ) -> Said | None:
        """What is said to a call; None when its connection closes."""
        url = urlsplit(target)
        fault = self.faults.of(method, url.path)
        call = _Incoming(
            method, url.path, url.query, {k.lower(): v for k, v in headers.items()}, body, fault
        )
        if fault is not None and fault.what == "question lost":
            with self.world.shelf.work():
                self._note(call, Said(0, {}, lost=True))
            return None
        key = (call.account, call.key or "")
        with self._busy:
            taken = call.key is not None and key in self._working
            if not taken:
                self._working.add(key)
        try:
            if fault is not None and not taken:
                time.sleep(fault.seconds)
            with self.world.shelf.work():
                said = self._in_use(call) if taken else self._said(call)
                if fault is not None and fault.what == "answer lost":
                    said = Said(said.http, said.body, said.headers, lost=True)
                self._note(call, said)
        finally:
            if not taken:
                with self._busy:
                    self._working.discard(key)
        return None if said.lost else said

    def _in_use(self, call: _Incoming) -> Said:
        problem = StripeProblem(
            409,
            "There is currently another in-progress request using this Stripe-Idempotent-Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{call.key}. Please try again later.",
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
        return Said(problem.http, problem.body(call.api))

    def _said(self, call: _Incoming) -> Said:
        """Answer inside a work: from memory where the key is known, else anew."""
        world = self.world
        catch_up(world)
        request = world.new("req")
        headers = {"Request-Id": request, "Stripe-Version": API_VERSION}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        try:
            self._admit(call)
            if call.fault is not None:
                problem = call.fault.problem()
                if problem is not None and not problem.kept:
                    raise problem
            known = self._known(call)
            if known is not None:
                return Said(*known, {**headers, "Idempotent-Replayed": "true"})
            http, body, kept = self._carried_out(call, request)
        except StripeProblem as problem:
            http, body, kept = problem.http, problem.body(call.api), False
        if kept and call.key is not None and call.method == "POST":
            world.shelf.answer(
                call.account, call.key, world.now(), call.question, http, json.dumps(body)
            )
        return Said(http, body, headers)

    def _admit(self, call: _Incoming) -> None:
        if call.headers.get("authorization") != f"Bearer {self.key}":
            raise StripeProblem(401, "Invalid API Key provided", kept=False)
        version = call.headers.get("stripe-version")
        if version != API_VERSION and not (version is None and call.api == "v1"):
            raise StripeProblem(
                400,
                f"Invalid Stripe API version: {version}. The twin speaks {API_VERSION}.",
                kept=False,
            )
        if len(call.key or "") > LONGEST_KEY:
            raise StripeProblem(
                400,
                f"Invalid idempotency key: it has {len(call.key or '')} characters, and may have "
                f"{LONGEST_KEY}.",
                kind="idempotency_error",
                kept=False,
            )
        if call.account != PLATFORM:
            account = self.world.shelf.get(call.account, PLATFORM)
            known = account is not None and account["object"] == "v2.core.account"
            if account is None or not known or account["closed"]:
                raise StripeProblem(
                    403,
                    f"The provided key does not have access to account '{call.account}' (or that "
                    "account does not exist). Application access may have been revoked.",
                    code="account_invalid",
                    kept=False,
                )

    def _known(self, call: _Incoming) -> tuple[int, Body] | None:
        if call.key is None or call.method != "POST":
            return None
        known = self.world.shelf.answered(call.account, call.key)
        if known is None:
            return None
        at, question, http, said = known
        rules = self.world.rules
        lives = rules.keys_live if call.api == "v1" else rules.keys_of_v2_live
        if self.world.now() - at >= lives.total_seconds():
            return None
        if question != call.question:
            raise StripeProblem(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{call.key}' if you meant to execute "
                "a different request.",
                kind="idempotency_error",
                kept=False,
            )
        return http, json.loads(said)

    def _carried_out(self, call: _Incoming, request: str) -> tuple[int, Body, bool]:
        """HTTP status, body, and whether the key is to remember them."""
        world = self.world
        route, names = routed(call.method, call.path)
        if call.account != PLATFORM and not route.connected:
            raise StripeProblem(
                400,
                f"The twin answers {route.method} {route.path} for the platform only, not on "
                "behalf of a connected account.",
                kept=False,
            )
        params = checked(call.params(), route.takes)
        ask = Ask(params, names, call.account, call.key, request)
        world.asking = ask
        try:
            return 200, self._done(call, route, ask), True
        except StripeProblem as problem:
            return problem.http, problem.body(call.api), problem.kept and call.api == "v1"
        finally:
            world.asking = None

    def _done(self, call: _Incoming, route: Route, ask: Ask) -> Body:
        problem = None if call.fault is None else call.fault.problem()
        if problem is not None:
            raise problem
        refused: StripeProblem | None = None
        with self.world.shelf.attempt():
            try:
                body = route.carry_out(self.world, ask)
                body = expanded(self.world, body, ask.params.get("expand", []))
            except StripeProblem as said:
                # A decline is an outcome: what was written about it stays.
                if not said.done:
                    raise
                refused = said
        if refused is not None:
            raise refused
        found: Body = shown(body)
        return found

    def _note(self, call: _Incoming, said: Said) -> None:
        try:
            params = call.params()
        except StripeProblem:
            params = {}
        headers = {k: v for k, v in call.headers.items() if k != "authorization"}
        self.world.shelf.note(
            {
                "method": call.method,
                "path": call.path,
                "query": call.query,
                "headers": headers,
                "body": call.body,
                "params": params,
                "at": self.world.now(),
                "http": None if said.lost else said.http,
                "answer": said.body or None,
                "fault": None if call.fault is None else call.fault.what,
                "replayed": "Idempotent-Replayed" in said.headers,
            }
        )


@frozen
class _Incoming:
    """A call as it came."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    fault: Fault | None

    @property
    def api(self) -> str:
        return "v2" if self.path.startswith("/v2/") else "v1"

    @property
    def account(self) -> str:
        return self.headers.get("stripe-account", PLATFORM)

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")

    @property
    def question(self) -> str:
        """What has to be the same under one key."""
        return json.dumps([self.method, self.path, self.params()], sort_keys=True)

    def params(self) -> Body:
        """The query of a GET, else the body: a form in v1, JSON in v2."""
        if self.method == "GET" or self.method == "DELETE":
            return unpacked(self.query)
        if self.api == "v1":
            return unpacked(self.body)
        try:
            found = json.loads(self.body or "{}")
        except json.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or re.search(r"\bNaN\b", self.body):
            raise StripeProblem(400, "The request body is not a JSON object", kept=False)
        return found
