"""A process that carries card rides through on files, and that is killed at a numbered step.

Run as a program: ``python -m tests.attacks.killed_rides FOLDER STORY``. It counts a step before
and after every commit and before and after every call outside; for each of them a child tells the
story and kills itself there with SIGKILL, and another child takes up what it left. What is done
already is not done again: each command has its key, so that the story can be told anew.
"""

import json
import logging
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from marketplace import (
    MINUTE,
    OPERATOR,
    SECOND,
    Intent,
    Line,
    ManualClock,
    Marketplace,
    Money,
    Outcome,
    Pay,
    PayoutPlan,
    Place,
    Purpose,
    Transaction,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults

START = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
THAMEL, PATAN = Place(27.7154, 85.3123), Place(27.6727, 85.3253)
CARD = Pay("card", means="tok_ok")


class Steps:
    """Counts, and kills this process at one of them; 0 kills at none."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.count = 0

    def __call__(self, *_: Any) -> None:
        """One more step."""
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


class FileClock(ManualClock):
    """A manual clock that stands in a file, so that time does not run back after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = datetime.fromisoformat(path.read_text()) if path.exists() else START
        super().__init__(found)

    def set(self, moment: datetime) -> datetime:
        """Move, and remember it."""
        later = super().set(max(moment, self.now()))
        self._path.write_text(later.isoformat())
        return later


def open_market(folder: Path, steps: Steps) -> tuple[Marketplace, FileClock, Sandbox]:
    """The marketplace of the folder; every commit and every call outside is two steps."""
    clock = FileClock(folder / "clock")

    sandbox = Sandbox(folder / "sandbox.sqlite", clock.now, steps, steps)
    url_file = folder / "url"
    url = url_file.read_text() if url_file.exists() else f"sqlite:///{folder / 'market.sqlite'}"
    market = Marketplace.open(
        url,
        [Rides(fare=kathmandu_bike()), Cash(), Commission(bp=1500), sandbox],
        clock=clock,
        seed=7,
        create="missing",
        payouts=PayoutPlan(provider="sandbox", every=None),
    )
    count_commits(market, steps)
    return market, clock, sandbox


def count_commits(market: Marketplace, steps: Callable[[str], None]) -> None:
    """A step before and a step behind each commit, named after what commits."""
    store: Any = market.context.store
    begin = store.begin

    @contextmanager
    def counted(*, write: bool = True) -> Iterator[Any]:
        outermost = write and not store.in_work()
        called = _called() if outermost else ""
        with begin(write=write) as work:
            yield work
            if outermost:
                steps(f"before the commit of {called}")
        if outermost:
            steps(f"after the commit of {called}")

    store.begin = counted


def _called() -> str:
    """Which command, or else which function, begins a unit of work."""
    frame = sys._getframe(3)
    found = frame.f_code.co_qualname
    name = frame.f_locals.get("name")
    return str(name) if found == "Door.run" else found


class Story:
    """What the people do, each thing once however often it is told."""

    def __init__(self, market: Marketplace, clock: FileClock, folder: Path) -> None:
        self.market, self.clock, self.folder = market, clock, folder

    def people(self) -> tuple[str, str, str]:
        """A rider, a driver and a bike."""
        m = self.market
        rider = m.parties.join("Sita", key="rider").id
        driver = m.parties.join("Ram", key="driver").id
        attributes = {"tier": "ride", "plate": "BA 1", "seats": 1}
        bike = m.listings.draft(
            "rides", by=driver, title="bike", currency="NPR", attributes=attributes, key="bike"
        )
        m.listings.publish(bike.id, by=driver, key="publish")
        return rider, driver, bike.id

    def once(self, do: Callable[[], object]) -> None:
        """What was done before the crash is refused now, and that is as well."""
        try:
            do()
        except Outcome:
            return

    def until(self, ride: str, *states: str) -> Transaction:
        """Let a worker work until the ride is where it should be, a minute at a time."""
        for _ in range(30):
            found = self.market.transactions.get(ride, by=OPERATOR)
            if found.state in states and found.pending is None:
                return found
            self.clock.advance(61 * SECOND)
            self.market.tick()
        raise AssertionError(f"{found.state} ({found.pending}) and not {' or '.join(states)}")

    def opened(self) -> tuple[str, str, str, str]:
        """A ride whose hold was asked for."""
        rider, driver, bike = self.people()
        m = self.market
        request = m.requests.open(
            "rides", by=rider, currency="NPR", place=THAMEL, to=PATAN, key="ask"
        )
        quote = m.quotes.make(request.id, by=rider, key="quote")
        ride = m.transactions.open(quote.id, by=rider, request=request.id, pay=CARD, key="open")
        return ride.id, rider, driver, bike

    def settled(self) -> tuple[str, str, str]:
        """A ride carried through to its payout."""
        ride, rider, driver, bike = self.opened()
        m, done = self.market, self.folder / "accepted"
        self.until(ride, "searching", "offered", "accepted", "arrived", "started", "completed",
                   "settled")  # fmt: skip
        if not done.exists():
            self._accept(ride, driver, bike)
            done.touch()
        self.once(lambda: m.transactions.take(ride, "arrive", by=driver))
        code = m.transactions.get(ride, by=OPERATOR).attributes["pickup_code"]
        self.once(lambda: m.transactions.take(ride, "start", by=driver, code=code))
        self.once(lambda: m.transactions.take(ride, "finish", by=driver))
        self.until(ride, "completed", "settled")
        self.clock.set(max(self.clock.now(), START + timedelta(hours=3)))
        m.tick()
        self.until(ride, "settled")
        m.payouts.make(
            by=OPERATOR, party=driver, currency="NPR", amount=Money(1_000, "NPR"), key="payout"
        )
        return ride, rider, driver

    def _accept(self, ride: str, driver: str, bike: str) -> None:
        m = self.market
        if m.transactions.get(ride, by=OPERATOR).state in ("searching", "offered"):
            m.listings.appear(bike, "online", THAMEL, by=driver, lives=60 * MINUTE)
            m.matching.dispatch("rides")
            for offer in m.offers.list(by=driver, state="made"):
                m.offers.accept(offer.id, by=driver, key="accept")


def carried_through(story: Story) -> None:
    """Hold, capture, settle, payout; then half of it refunded by an adjustment."""
    ride, _, _ = story.settled()
    terms = story.market.transactions.terms(ride, by=OPERATOR)[-1]
    halved = [
        Line(x.code, Money(x.amount.amount // 2, "NPR"), x.payer, x.payee, x.rule, x.plugin)
        for x in terms.lines
    ]
    lowered = story.market.transactions.follow_up(
        ride, "adjustment", by=OPERATOR, lines=halved, entry="lower", key="lower"
    )
    story.until(lowered.id, "adjusted")


def called_off(story: Story) -> None:
    """Hold, then cancelled by the rider: the hold is given up."""
    ride, rider, _, _ = story.opened()
    story.until(ride, "searching", "cancelled")
    story.once(lambda: story.market.transactions.take(ride, "cancel", by=rider))
    story.until(ride, "cancelled")


STORIES: dict[str, Callable[[Story], None]] = {
    "carried through": carried_through,
    "called off": called_off,
}


def tell(folder: Path, name: str, fatal: int = 0) -> tuple[Marketplace, FileClock, Sandbox, int]:
    """Tell a story in a folder; gives how many steps it had."""
    steps = Steps(fatal)
    market, clock, sandbox = open_market(folder, steps)
    STORIES[name](Story(market, clock, folder))
    for _ in range(3):
        clock.advance(61 * SECOND)
        market.tick()
    return market, clock, sandbox, steps.count


def looked_at(market: Marketplace, sandbox: Sandbox) -> dict[str, Any]:
    """What is to be found after the restart, in our books and at the payment provider's."""
    with market.context.store.begin(write=False) as work:
        clearing = sum(
            one.posted for one in work.ledger.balances(purpose=Purpose.PROCESSOR_CLEARING)
        )
        journals = Counter(journal.kind for journal in work.ledger.journals(limit=10_000))
        intents = Counter(one.state for one in work.select(Intent, limit=10_000))
    return {
        "charges": [[one["held"], one["captured"], one["refunded"]] for one in sandbox.charges()],
        "moved": sorted([one.kind, one.amount.amount] for one in sandbox.movements()),
        "clearing": clearing,
        "theirs": sandbox.balance("NPR").amount,
        "sums": market.ledger.sums(),
        "journals": dict(sorted(journals.items())),
        "intents": dict(intents),
        "faults": faults(market),
    }


def ended_in_a_child(do: Callable[[], None]) -> int:
    """Do something in a process of its own; gives the signal that ended it, -1 for an error."""
    child = os.fork()
    if child == 0:
        try:
            do()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return os.WTERMSIG(ended)
    return -os.WEXITSTATUS(ended)


def in_a_child(do: Callable[[], None]) -> int:
    """The same where nothing may fail: a signal, or 0 for none."""
    ended = ended_in_a_child(do)
    assert ended >= 0, "the child failed; see above"
    return ended


def told_to_the_end(folder: Path, name: str) -> None:
    """Tell the story again on what is there, and write what is to be found then."""
    market, _, sandbox, steps = tell(folder, name)
    found = {**looked_at(market, sandbox), "steps": steps}
    (folder / "found").write_text(json.dumps(found))
    market.close()


def kill_everywhere(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """First the story unharmed, then one restart for each step at which it was killed."""
    template = folder / "template"
    template.mkdir()
    in_a_child(lambda: open_market(template, Steps(0))[0].close())
    whole = folder / "whole"
    shutil.copytree(template, whole)
    # Not in a child: whatever is loaded and proved here, every child has from the start.
    told_to_the_end(whole, name)
    found = json.loads((whole / "found").read_text())
    yield {**found, "killed": 0}
    for step in range(1, found["steps"] + 1):
        here = folder / str(step)
        shutil.copytree(template, here)
        killed = in_a_child(partial(tell, here, name, step))  # type: ignore[arg-type]
        in_a_child(partial(told_to_the_end, here, name))
        yield {**json.loads((here / "found").read_text()), "killed": killed}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    for result in kill_everywhere(Path(sys.argv[1]), sys.argv[2]):
        print(json.dumps(result), flush=True)
