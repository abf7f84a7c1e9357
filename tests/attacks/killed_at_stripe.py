"""The stories of ``killed_rides`` by Stripe: a child is killed before and after every call to it.

Run as a program: ``python -m tests.attacks.killed_at_stripe FOLDER STORY [EVERY]``, at every step
or every so-manieth, a line of what is found for each; without words, as ``make kills`` runs it, it
tells both stories at every step and counts those that end as the unharmed one does. Stripe's twin
answers in the process that waits for the children, so that it lives on when one of them dies.
"""

import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from attrs import define, frozen

from marketplace import Marketplace, Movement, Pay, PayoutPlan
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.stripe_connect import StripeConnect, StripeDesk
from marketplace.plugins.stripe_connect.calling import Calls
from marketplace.testing.stripe_twin import StripeTwin
from tests.attacks import killed_rides
from tests.attacks.killed_rides import START, FileClock, Steps, Story, in_a_child

KEY, SECRET = "sk_test_of_the_killed", "whsec_of_the_killed"
CARD = Pay("card", means="pm_card_bypassPending")
STORIES = ("carried through", "called off")
SAME = ("charges", "moved", "clearing", "theirs", "journals", "intents")
"""What is as it is when nobody is killed."""
_ASK = Calls.__call__
_PEOPLE = Story.people


@frozen
class FolderClock:
    """The clock that the children move, as whoever waits for them reads it."""

    path: Path

    def now(self) -> datetime:
        """The instant that was written last."""
        return datetime.fromisoformat(self.path.read_text()) if self.path.exists() else START


@define
class Theirs:
    """What is to be found at Stripe, asked as the sandbox is asked."""

    provider: StripeConnect

    def charges(self) -> list[dict[str, Any]]:
        """Every payment: what is held, taken and given back."""
        found = self.provider.calls(
            "payments",
            lambda stripe: stripe.v1.payment_intents.list(
                params={"limit": 100, "expand": ["data.latest_charge"]}
            ),
        )
        return [
            {
                "held": one["amount_capturable"],
                "captured": one["amount_received"],
                "refunded": one["latest_charge"]["amount_refunded"],
            }
            for one in found["data"]
        ]

    def movements(self) -> list[Movement]:
        """All that moved, page by page."""
        found: list[Movement] = []
        while page := self.provider.movements(found[-1].id if found else None, 100):
            found += page
        return found

    def balance(self, currency: str) -> Any:
        """What lies there."""
        return self.provider.balance(currency)


def open_market(folder: Path, steps: Steps) -> tuple[Marketplace, FileClock, Theirs]:
    """The marketplace of the folder; every call to Stripe is two steps."""

    def counted(self: Calls, what: str, ask: Any) -> Any:
        steps()
        found = _ASK(self, what, ask)
        steps()
        return found

    Calls.__call__ = counted  # type: ignore[method-assign]
    provider = StripeConnect(
        api_key=KEY,
        webhook_secrets=(SECRET,),
        return_url="https://killed.example/paid",
        address=(folder / "stripe").read_text(),
        max_network_retries=0,
    )
    clock = FileClock(folder / "clock")
    market = Marketplace.open(
        f"sqlite:///{folder / 'market.sqlite'}",
        [Rides(fare=kathmandu_bike()), Commission(bp=1500), provider],
        clock=clock,
        seed=7,
        create="missing",
        payouts=PayoutPlan(provider="stripe", every=None),
    )
    return market, clock, Theirs(provider)


def people(story: Story) -> tuple[str, str, str]:
    """The same people, of whom the driver has an account with Stripe that is good."""
    rider, driver, bike = _PEOPLE(story)
    desk = StripeDesk(story.market)
    desk.onboard(driver, by=driver, country="NP", currency="NPR", email="ram@killed.example")
    if not desk.refresh(driver):
        back = {"return_url": "http://127.0.0.1:1", "refresh_url": "http://127.0.0.1:1"}
        _visit(desk.link(driver, by=driver, **back))
        assert desk.refresh(driver)
    return rider, driver, bike


def _visit(url: str) -> None:
    """Be the driver, who opens the link; where it sends him nobody answers."""
    try:
        urlopen(url, timeout=10)
    except OSError:
        return


def killed_on_the_way(folder: Path, name: str, step: int) -> None:
    """Tell the story, and die at a step of it."""
    killed_rides.tell(folder, name, step)


def told_to_the_end(folder: Path, name: str) -> None:
    """Tell the story again on what is there, and write what is to be found then."""
    killed_rides.told_to_the_end(folder, name)


def kill_everywhere(folder: Path, name: str, every: int = 1) -> Iterator[dict[str, Any]]:
    """First the story unharmed, then one restart for each step at which it was killed."""
    killed_rides.open_market = open_market  # type: ignore[assignment]
    killed_rides.CARD = CARD
    Story.people = people  # type: ignore[method-assign]
    step, steps = 0, 0
    while step <= steps:
        here = folder / str(step)
        here.mkdir()
        with StripeTwin(clock=FolderClock(here / "clock"), key=KEY, webhook_secret=SECRET) as twin:
            (here / "stripe").write_text(twin.url)
            killed = 0
            if step:
                killed = in_a_child(partial(killed_on_the_way, here, name, step))
            in_a_child(partial(told_to_the_end, here, name))
        found = json.loads((here / "found").read_text())
        # What is asked after the story, to look at it, is none of its steps.
        steps = steps or found["steps"]
        yield {**found, "killed": killed, "step": step}
        step += every


def wrong_in(unharmed: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is otherwise than where nobody was killed."""
    wrong = [f"{what} is {found[what]}" for what in SAME if found[what] != unharmed[what]]
    if found["killed"] != signal.SIGKILL:
        wrong.append("killed nobody")
    if set(found["sums"].values()) - {0} or set(found["intents"]) != {"done"}:
        wrong.append(f"sums are {found['sums']}, intents {found['intents']}")
    return wrong + found["faults"]


def main() -> int:
    """Both stories at every step, counted; gives how many ended otherwise."""
    all_wrong = 0
    for name in STORIES:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="killed-at-stripe-") as folder:
            unharmed, *killed = kill_everywhere(Path(folder), name)
        wrong = {one["step"]: wrong_in(unharmed, one) for one in killed}
        for step, why in wrong.items():
            for said in why:
                print(f"  {name}, step {step}: {said}")
        bad = sum(1 for why in wrong.values() if why)
        took = time.monotonic() - began
        print(
            f"a ride {name}: {len(killed) - bad} of {len(killed)} right, {took:.0f} s", flush=True
        )
        all_wrong += bad
    return 1 if all_wrong else 0


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    if len(sys.argv) == 1:
        sys.exit(main())
    for result in kill_everywhere(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])):
        print(json.dumps(result), flush=True)
