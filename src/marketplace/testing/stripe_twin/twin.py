"""The twin itself: Stripe on a port of this machine, and the hands of whoever tests with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from marketplace import ManualClock, SystemClock

from . import accounts, disputes, intents, payouts, setups
from .answering import Answering, Call
from .cards import AUTHENTICATION
from .expanding import current
from .faults import Faults
from .later import catch_up
from .rules import Rules
from .server import Server
from .shelf import Body, Shelf
from .webhooks import Delivery, Receiver, delivery
from .world import PLATFORM, Clock, World, shown


class AheadClock:
    """The machine's time and so much more: kept with the state, and so the same for all."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def now(self) -> datetime:
        """The present, as far as it was advanced."""
        ahead = timedelta(seconds=int(self._shelf.setting("ahead", "0")))
        return SystemClock().now() + ahead

    def advance(self, by: timedelta) -> datetime:
        """Move forward by whole seconds; gives the new instant."""
        if by < timedelta(0):
            raise ValueError(f"time runs forward only, not by {by}")
        with self._shelf.work():
            ahead = int(self._shelf.setting("ahead", "0")) + int(by.total_seconds())
            self._shelf.set("ahead", str(ahead))
        return self.now()


class StripeTwin:
    """A double of Stripe's API over loopback HTTP, with everything that Stripe would remember.

    ``state`` is ``:memory:``, or an SQLite file's path: then several twins, each in a process of
    its own, are one Stripe. ``clock`` is the twin's own or a test's: unless told otherwise one that
    stands still until it is advanced, with a file one that goes on and may be advanced. What falls
    due while it moves has happened before the next call is answered. To have it answer, use it in
    a ``with`` statement.
    """

    def __init__(
        self,
        state: str | Path = ":memory:",
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        port: int = 0,
        key: str = "sk_test_twin",
        webhook_secret: str = "whsec_twin",
    ) -> None:
        shelf = Shelf(str(state))
        alone = str(state) == ":memory:"
        own = ManualClock(SystemClock().now()) if alone else AheadClock(shelf)
        self.clock: Any = own if clock is None else clock
        self.key = key
        self.webhook_secret = webhook_secret
        self.faults = Faults(self.clock, shelf)
        self._world = World(shelf, self.clock, Rules() if rules is None else rules)
        self._answering = Answering(self._world, self.faults, key)
        self._port = port
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self._server = Server(self._port, self._answering, self._visited)
        self._world.url = self.url
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.stop()
        self.close()

    def close(self) -> None:
        """Let go of the state."""
        self._world.shelf.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        if self._server is None:
            raise RuntimeError("the twin answers inside its `with` statement only")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def addresses(self) -> dict[str, str]:
        """For `stripe.StripeClient(key, base_addresses=…)`."""
        names = ("api", "connect", "files", "meter_events")
        return dict.fromkeys(names, self.url)

    @property
    def calls(self) -> list[Call]:
        """Every call so far with its answer, in the order in which they were answered."""
        with self._world.shelf.lock:
            return [Call(**note) for note in self._world.shelf.notes()]

    def _caught_up(self) -> World:
        with self._world.shelf.work():
            catch_up(self._world)
        return self._world

    def object(self, name: str) -> Body:
        """An object as it stands now, by its id; raises ``KeyError``."""
        with self._world.shelf.lock:
            found = self._caught_up().shelf.get(name)
            if found is None:
                raise KeyError(name)
            seen: Body = shown(current(self._world, found))
            return seen

    def balance(self, currency: str, account: str = PLATFORM) -> int:
        """Available and pending together, of the platform or of a connected account."""
        with self._world.shelf.lock:
            return sum(self._caught_up().balance(account).get(currency, (0, 0)))

    # What people and banks do.

    def authenticate(self, intent: str, *, passes: bool = True) -> None:
        """The customer answers the bank's question about an intent that waits for it."""
        with self._doing() as world:
            _answered(world, intent, passes)

    def onboard(self, account: str, state: str = "active") -> None:
        """Somebody says who a connected account is; or its capabilities come to stand otherwise:
        `pending`, `restricted` or `unsupported`."""
        with self._doing() as world:
            accounts.set_capabilities(world, account, state)

    def dispute(
        self,
        charge: str,
        amount: int | None = None,
        *,
        reason: str = "fraudulent",
        inquiry: bool = False,
    ) -> str:
        """The customer's bank takes a charge back, or so much of it; gives the dispute's id."""
        with self._doing() as world:
            found = world.find("charge", charge, PLATFORM, "charge")
            asked = found["amount_captured"] if amount is None else amount
            return str(disputes.open_dispute(world, found, asked, reason, inquiry=inquiry)["id"])

    def decide(self, dispute: str, *, won: bool) -> None:
        """The bank decides a dispute, for the platform or for its customer."""
        with self._doing() as world:
            found = world.find("dispute", dispute, PLATFORM, "dispute")
            disputes.decide(world, found, won=won)

    def bank_refuses_payouts(
        self, account: str = PLATFORM, code: str | None = "account_closed"
    ) -> None:
        """From now on the payouts of an account read `paid` and come back days later, also those
        that are on their way; ``code`` None says that its bank takes them again."""
        with self._doing() as world:
            payouts.bank_refuses(world, account, code)

    @contextmanager
    def _doing(self) -> Iterator[World]:
        with self._world.shelf.work():
            catch_up(self._world)
            yield self._world

    def _visited(self, target: str) -> str | None:
        """Somebody opened a page: the bank's, which `?outcome=fails` makes refuse, or a link's."""
        url = urlsplit(target)
        page, _, name = url.path.strip("/").partition("/")
        with self._doing() as world:
            if page == "onboarding":
                return accounts.visited(world, name)
            if page != "bank":
                return None
            passes = parse_qs(url.query).get("outcome", ["passes"])[0] == "passes"
            return _answered(world, name, passes)

    # What is told.

    def events(self) -> list[Body]:
        """Every event so far, oldest first."""
        with self._world.shelf.lock:
            return [shown(each) for each in self._caught_up().shelf.events()]

    def deliveries(self) -> list[Delivery]:
        """Every event that was not delivered yet, signed now; nothing is marked as delivered."""
        with self._world.shelf.lock:
            waiting = [e for e in self._caught_up().shelf.events() if not e.get("_delivered")]
            return [
                delivery(shown(each), self._world.now(), self.webhook_secret) for each in waiting
            ]

    def deliver_to(self, receive: Receiver) -> int:
        """Bring everything that was not delivered yet, in its order; gives how many arrived.

        A receiver that raises has not received: its event waits, and those behind it are tried,
        as Stripe does, which promises no order.
        """
        arrived = 0
        failed: BaseException | None = None
        for each in self.deliveries():
            try:
                each.to(receive)
            except Exception as error:
                failed = error
                continue
            arrived += 1
            with self._world.shelf.work():
                found = self._world.shelf.get(each.event["id"])
                assert found is not None
                self._world.shelf.put({**found, "_delivered": True})
        if failed is not None and arrived == 0:
            raise failed
        return arrived


def _answered(world: World, name: str, passes: bool) -> str | None:
    """The bank heard the customer; gives where he is sent back to."""
    intent = world.shelf.get(name)
    if intent is None or intent.get("status") != "requires_action":
        raise ValueError(f"no intent {name!r} waits for its customer")
    back: str | None = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    method = world.shelf.get(intent["payment_method"])
    assert method is not None
    saving = intent["object"] == "setup_intent"
    code = f"{intent['object']}_authentication_failure"
    why = (code, code, AUTHENTICATION)
    if saving and passes:
        setups.kept(world, intent, method)
    elif saving:
        setups.fail(world, intent, method, why)
    elif passes:
        intents.answered(world, intent, method)
    else:
        intents.fail(world, intent, method, why, charged=False)
    return back
