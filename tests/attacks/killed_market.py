"""A wharf that takes cards by Stripe, on files of a folder: opened, counted, killed, looked at.

Each commit and each call of Stripe has a point before and a point behind it, at which the process
may kill itself. The marketplace, Stripe's twin and their clock are found again by any process.
"""

import os
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import stripe
from attrs import define, evolve, field

from marketplace import (
    OPERATOR,
    Answer,
    Intent,
    ManualClock,
    Marketplace,
    Order,
    PayoutPlan,
    Purpose,
)
from marketplace.app.door import Act
from marketplace.plugins.commission import Commission
from marketplace.plugins.stripe_connect import StripeConnect
from marketplace.testing.soundness import faults
from marketplace.testing.stripe_twin import StripeTwin
from tests.attacks.killed_rides import FileClock, count_commits
from tests.support.stripe_platform import RETURN_URL
from tests.support.wharf import Wharf

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY, SECRET = "sk_test_matrix", "whsec_kill_matrix"
CURRENCY = "USD"


@define
class Steps:
    """The points at which a process may be killed, as they are passed; the fatal one kills it.

    ``again`` is the name of a point: the first one that is called so is fatal as well.
    """

    fatal: int = 0
    again: str = ""
    passed: list[str] = field(factory=list)

    def __call__(self, name: str) -> None:
        """One more."""
        self.passed.append(name)
        if len(self.passed) == self.fatal or name == self.again:
            os.kill(os.getpid(), signal.SIGKILL)


class _Sends:
    """What sends the package's calls, with a point before and behind each of them."""

    steps = Steps()
    real = stripe.RequestsClient.request

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """One call."""
        called = f"{method.upper()} /{'/'.join(_named(part) for part in url.split('/')[3:])}"
        _Sends.steps(f"before {called}")
        answer = _Sends.real(self, method, url, headers, post_data)  # type: ignore[arg-type]
        _Sends.steps(f"after {called}")
        return answer


def _named(part: str) -> str:
    """A part of an address without the names of objects, which differ from run to run."""
    part = part.split("?")[0]
    prefix, _, rest = part.partition("_")
    return f"{prefix}_…" if len(rest) >= 20 else part


class WithoutKeys(StripeConnect):
    """The negative control: the same, but for a key of its own for each try."""

    def carry_out(self, order: Order) -> Answer:
        """Do what is ordered as though it had never been asked."""
        return super().carry_out(evolve(order, key=f"{order.key}-{uuid4().hex}"))


_NOTED = Act.ask


def ask_before_the_commit(provider: StripeConnect) -> None:
    """The other negative control: what is ordered is called for where it is written down, while
    nothing of it is committed; the worker asks again afterwards, under the same key."""

    def ask(act: Act, noted: str, intent: Intent, order: Order) -> None:
        _NOTED(act, noted, intent, order)
        provider.carry_out(order)

    Act.ask = ask  # type: ignore[method-assign]


class TwinClock(ManualClock):
    """The twin's clock, which stands wherever the marketplace's was left, from any process."""

    def __init__(self, path: Path) -> None:
        super().__init__(START)
        self._file = path

    def now(self) -> datetime:
        """What the file says."""
        return datetime.fromisoformat(self._file.read_text())


def twin_of(folder: Path, **given: Any) -> StripeTwin:
    """The twin of a folder; any process may open it."""
    clock = TwinClock(folder / "clock")
    return StripeTwin(
        folder / "stripe.sqlite", clock=clock, key=KEY, webhook_secret=SECRET, **given
    )


def open_market(folder: Path, steps: Steps, provider: str = "stripe") -> Marketplace:
    """The marketplace of a folder; every commit and every call outside is two points."""
    made = WithoutKeys if provider == "keyless" else StripeConnect
    connect = made(
        api_key=KEY,
        webhook_secrets=(SECRET,),
        return_url=RETURN_URL,
        address=(folder / "address").read_text(),
        max_network_retries=0,
    )
    _Sends.steps = steps
    stripe.RequestsClient.request = _Sends.request  # type: ignore[assignment,method-assign]
    if provider == "careless":
        ask_before_the_commit(connect)
    market = Marketplace.open(
        (folder / "url").read_text(),
        [Wharf(), Commission(bp=1_000), connect],
        clock=FileClock(folder / "clock"),
        seed=7,
        create="missing",
        payouts=PayoutPlan(provider="stripe", every=None),
    )
    count_commits(market, steps)
    return market


def looked_at(market: Marketplace, folder: Path) -> dict[str, Any]:
    """What is to be found in our books and at Stripe's."""
    twin = twin_of(folder)
    with market.context.store.begin(write=False) as work:
        clearing = sum(
            one.posted for one in work.ledger.balances(purpose=Purpose.PROCESSOR_CLEARING)
        )
        journals = Counter(journal.kind for journal in work.ledger.journals(limit=10_000))
        intents = Counter(one.state for one in work.select(Intent, limit=10_000))
    made = [_made(event) for event in twin.events()]
    things = sorted(_stands(twin.object(name)) for name in made if name)
    return {
        "things": things,
        "clearing": clearing,
        "theirs": twin.balance(CURRENCY.lower()),
        "sums": market.ledger.sums(),
        "journals": dict(sorted(journals.items())),
        "intents": dict(sorted(intents.items())),
        "faults": [*faults(market), *_differs(market)],
        "unexplained": market.ledger.reconcile("stripe").unexplained,
    }


def _differs(market: Marketplace) -> list[str]:
    """Notices of what stands otherwise at Stripe than here."""
    found = market.payments.notices(by=OPERATOR, state="differs", limit=100)
    return [f"{one.kind} differs: {one.reasons}" for one in found]


def _made(event: Any) -> str:
    """What Stripe made, where an event tells of that."""
    about = (event.get("data") or {}).get("object") or {}
    return str(about.get("id") or "") if event["type"].endswith(".created") else ""


def _stands(one: Any) -> list[Any]:
    """A thing at Stripe as it stands, without what differs from run to run."""
    sums = [one.get(name) or 0 for name in ("amount", "amount_received", "amount_refunded")]
    return [one["object"], str(one.get("status", "")), *sums]
