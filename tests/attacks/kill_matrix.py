"""The kill matrix: each flow of a wharf, killed at each point, once and twice, and taken up again.

``python -m tests.attacks.kill_matrix`` prints a line for each flow and ends with 1 if a single
point is wrong; ``make kills`` is that. A point stands before and behind each commit and each
call of Stripe: they are counted in a run that nobody kills, then there is a run for each. Stripe is
its twin, in a process of its own, which nobody kills. With ``--json FOLDER FLOW`` what is found is
printed line by line, for the tests.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from attrs import frozen

from marketplace.testing.postgres import EmbeddedPostgres, make_run_folder, remove_run_folder
from marketplace.testing.pytest_plugin import TEMPLATE, prepare
from tests.attacks.killed_flows import FLOWS, Flow
from tests.attacks.killed_market import START, Steps, looked_at, open_market, twin_of
from tests.attacks.killed_rides import ended_in_a_child
from tests.support.memory_disk import pytest_configure as work_in_memory

WAYS = ("once", "twice")
SAME = ("things", "clearing", "theirs", "journals", "intents")
"""What is as it is when nobody is killed."""
PROVIDERS = ("stripe", "keyless", "careless")
"""Who takes the cards: as it should be, and the two negative controls."""
ALONE = 8
"""Minutes that a worker has to itself after a kill, before anybody does anything."""


@frozen
class Databases:
    """Databases of a PostgreSQL that runs already, each a copy of the same one."""

    server: EmbeddedPostgres
    template: str

    def made(self, name: str) -> str:
        """The URL of a database of that name, made now, in the place of an earlier flow's."""
        self.server.drop(self._named(name))
        self.server.make(self._named(name), self.template)
        return self.server.url(self._named(name))

    def dropped(self, name: str) -> None:
        """Have it no longer."""
        self.server.drop(self._named(name))

    def _named(self, name: str) -> str:
        return f"killed_{os.getpid()}_{name.replace('-', '_')}"


@frozen
class Matrix:
    """One flow, with one payment provider, on one kind of database."""

    folder: Path
    flow: str
    provider: str = "stripe"
    databases: Databases | None = None
    """None for files of SQLite's."""

    def run(
        self, every: int = 1, ways: Sequence[str] = WAYS, only: str = ""
    ) -> Iterator[dict[str, Any]]:
        """First the run that nobody kills, then the results of every so-manieth point, of those
        whose names have ``only`` in them."""
        template = self.folder / "template"
        template.mkdir(parents=True)
        unharmed = self._told(self._prepared("unharmed"))
        points: list[str] = unharmed.pop("points")
        yield {**unharmed, "points": len(points), "right": True, "wrong": []}
        chosen = [number for number, name in enumerate(points, 1) if only in name]
        for number in chosen[::every]:
            for way in ways:
                yield self._killed(unharmed, number, points[number - 1], way)

    def _killed(
        self, unharmed: dict[str, Any], number: int, point: str, way: str
    ) -> dict[str, Any]:
        folder = self._prepared(f"{number}-{way}")
        with twin_beside(folder):
            signals = [ended_in_a_child(lambda: self._tell(folder, Steps(number)))]
            if way == "twice":
                signals.append(ended_in_a_child(lambda: self._recover(folder, Steps(again=point))))
            ended = ended_in_a_child(lambda: self._recover(folder, Steps()))
        told = folder / "found"
        found = json.loads(told.read_text()) if ended == 0 and told.exists() else {}
        wrong = wrongs(unharmed, found) if found else ["it was not taken up again"]
        if signals[0] != signal.SIGKILL:
            wrong.append("nobody was killed")
        shutil.rmtree(folder)
        if self.databases is not None:
            self.databases.dropped(folder.name)
        return {
            "number": number,
            "point": point,
            "way": way,
            "kills": signals.count(signal.SIGKILL),
            "right": not wrong,
            "wrong": wrong,
        }

    def _prepared(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        (folder / "clock").write_text(START.isoformat())
        if self.databases is not None:
            (folder / "url").write_text(self.databases.made(name))
            return folder
        (folder / "url").write_text(f"sqlite:///{folder / 'market.sqlite'}")
        empty = self.folder / "template" / "market.sqlite"
        if empty.exists():
            shutil.copy(empty, folder)
        return folder

    def _told(self, folder: Path) -> dict[str, Any]:
        """The flow as nobody kills it. Not in a child: what is loaded and proved here, each child
        has from the start."""
        with twin_beside(folder):
            steps = Steps()
            market = open_market(folder, steps, self.provider)
            if self.databases is None:
                _keep_empty(folder, self.folder / "template")
            FLOWS[self.flow](Flow(market, folder))
            passed = list(steps.passed)
            _left_alone(Flow(market, folder))
            found = {**looked_at(market, folder), "points": passed}
            market.close()
        return found

    def _tell(self, folder: Path, steps: Steps) -> None:
        FLOWS[self.flow](Flow(open_market(folder, steps, self.provider), folder))

    def _recover(self, folder: Path, steps: Steps) -> None:
        """A worker alone puts right what was left; then the people go on with what they do."""
        market = open_market(folder, steps, self.provider)
        flow = Flow(market, folder)
        _left_alone(flow)
        alone = looked_at(market, folder)
        FLOWS[self.flow](flow)
        _left_alone(flow)
        found = {**looked_at(market, folder), "alone": alone}
        (folder / "found").write_text(json.dumps(found))
        market.close()


def _left_alone(flow: Flow) -> None:
    """Nobody is there but a worker, and Stripe, which sends again what was not taken."""
    flow.pause(ALONE)
    flow.told(twin_of(flow.folder))


def _keep_empty(folder: Path, template: Path) -> None:
    """The tables that were made, before anything is in them."""
    with sqlite3.connect(folder / "market.sqlite") as made:
        kept = sqlite3.connect(template / "market.sqlite")
        made.backup(kept)
        kept.close()
    made.close()


def wrongs(unharmed: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Sentences for what a kill changed: in the end, or when a worker alone had been at it."""
    said = [
        f"{what} is {found[what]}, and unharmed {unharmed[what]}"
        for what in SAME
        if found[what] != unharmed[what]
    ]
    for when, seen in (("alone", found["alone"]), ("in the end", found)):
        if seen["clearing"] != seen["theirs"]:
            said.append(f"{when} our books say {seen['clearing']}, Stripe's {seen['theirs']}")
        if seen["unexplained"]:
            said.append(f"{when} {seen['unexplained']} movements are unexplained")
        if any(seen["sums"].values()):
            said.append(f"{when} the ledger sums to {seen['sums']}")
        if {"waiting", "parked"} & set(seen["intents"]):
            said.append(f"{when} intents wait: {seen['intents']}")
        said += [f"{when}: {one}" for one in seen["faults"]]
    return said


@contextmanager
def twin_beside(folder: Path) -> Iterator[None]:
    """Stripe's twin, in a process of its own; its address stands in the folder."""
    ready, tell = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            os.close(ready)
            with twin_of(folder) as twin:
                os.write(tell, twin.url.encode())
                os.close(tell)
                while os.getppid() == parent:
                    time.sleep(0.5)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with os.fdopen(ready, "rb") as told:
        address = told.read().decode()
    (folder / "address").write_text(address)
    try:
        assert address, "the twin did not start; see above"
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main() -> int:
    """Print the matrix."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks.kill_matrix",
        description="Kill deals paid by Stripe before and behind each commit and call, and count "
        "those that end as if nobody had been killed. Ends with 1 if one does not.",
    )
    add = parser.add_argument
    add("--flow", action="append", choices=tuple(FLOWS), help="this flow alone; may be repeated")
    add("--every", type=int, default=1, help="every so-manieth point")
    add("--ways", default=",".join(WAYS), help="how often: once, twice, or once,twice (default)")
    add("--only", default="", help="points whose names have this in them")
    add("--provider", default="stripe", choices=PROVIDERS,
        help="the others are controls, in which kills must be found")  # fmt: skip
    add("--on-postgres", action="store_true", help="on a PostgreSQL of its own, not on SQLite")
    add("--postgres", nargs=2, metavar=("FOLDER", "TEMPLATE"),
        help="on the PostgreSQL in a folder, each run on a copy of a database")  # fmt: skip
    add("--json", nargs=2, metavar=("FOLDER", "FLOW"),
        help="one flow, its results line by line, its files in a folder")  # fmt: skip
    said = parser.parse_args()
    ways = said.ways.split(",")
    if not set(ways) <= set(WAYS):
        parser.error(f"--ways is of {', '.join(WAYS)}, not {said.ways!r}")
    if said.every < 1:
        parser.error(f"--every is one or more, not {said.every}")
    databases = None
    if said.postgres:
        databases = Databases(EmbeddedPostgres(Path(said.postgres[0])), said.postgres[1])
    logging.disable(logging.CRITICAL)
    if said.json:
        folder, flow = said.json
        matrix = Matrix(Path(folder), flow, said.provider, databases)
        for result in matrix.run(said.every, ways, said.only):
            print(json.dumps(result), flush=True)
        return 0
    work_in_memory()
    wrong = 0
    with _of_its_own() if said.on_postgres else nullcontext(databases) as place:
        for flow in said.flow or FLOWS:
            with tempfile.TemporaryDirectory(prefix="kill-matrix-") as folder:
                matrix = Matrix(Path(folder) / "runs", flow, said.provider, place)
                wrong += _printed(flow, matrix.run(said.every, ways, said.only))
    return 1 if wrong else 0


@contextmanager
def _of_its_own() -> Iterator[Databases]:
    """A PostgreSQL that is there as long as the matrix runs."""
    folder = make_run_folder()
    try:
        server = EmbeddedPostgres(folder)
        server.start()
        server.make(TEMPLATE)
        prepare(server.url(TEMPLATE))
        yield Databases(server, TEMPLATE)
    finally:
        remove_run_folder(folder)


def _printed(flow: str, results: Iterator[dict[str, Any]]) -> int:
    began = time.monotonic()
    unharmed, *killed = results
    for one in killed:
        for why in one["wrong"]:
            print(f"  {flow}, {one['way']} {one['point']} ({one['number']}): {why}")
    right = sum(one["right"] for one in killed)
    kills = sum(one["kills"] for one in killed)
    took = time.monotonic() - began
    print(
        f"{flow}: {right} of {len(killed)} right, at {unharmed['points']} points, "
        f"{kills} kills, {took:.0f} s",
        flush=True,
    )
    return len(killed) - right


if __name__ == "__main__":
    sys.exit(main())
