"""What everybody pays who only comes to the door: the import, a word's help, a question to plugins.

Processes are fresh, and stand beside one that does nothing; plugins are asked beside pluggy's own
call of the same plugins. Both take turns, so that what else the machine does meets both.
"""

import os
import resource
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click
import pluggy

from bench import bars
from bench.bars import OURS, Bar
from bench.spread import Spread
from marketplace import Hooks, Reason, RequestQuestion, hookimpl, hookspec

WORDS = ("why", "ledger", "check", "tick")
CALLS = 2_000


@attrs.frozen
class Started:
    """One kind of process, in milliseconds."""

    name: str
    wall: Spread
    cpu: Spread
    """Of the processor, which others on the machine take less part in."""


@attrs.frozen
class Asked:
    """One question to so many plugins, in nanoseconds: the least of all rounds."""

    plugins: int
    answers: str
    library: float
    pluggy: float

    @property
    def times(self) -> float:
        """How many times as long pluggy's own call takes."""
        return self.pluggy / self.library


@attrs.frozen
class Result:
    """Everything of one run."""

    started: list[Started]
    asked: list[Asked]
    load: float
    cores: int


def processes() -> dict[str, list[str]]:
    """What is started, by what it is called in the table."""
    python = [sys.executable, "-c"]
    command = [*python, "from marketplace.cli import main; main()"]
    helps = {f"marketplace {word} --help": [*command, word, "--help"] for word in WORDS}
    return {
        "nothing": [*python, "pass"],
        "import marketplace": [*python, "import marketplace"],
        "import click": [*python, "import click"],
        "marketplace --help": [*command, "--help"],
        **helps,
    }


def once(words: list[str]) -> tuple[float, float]:
    """Milliseconds of one process: on the wall, and of the processor."""
    before, began = _processor(), time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    return wall * 1_000, (_processor() - before) * 1_000


def _processor() -> float:
    """Seconds that all processes took which this one started and that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def started(rounds: int) -> list[Started]:
    """Every kind of process so many times, in turns."""
    every = processes()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in every}
    for _ in range(rounds):
        for name, words in every.items():
            taken[name].append(once(words))
    return [
        Started(name, *(Spread.of(list(column)) for column in zip(*found, strict=True)))
        for name, found in taken.items()
    ]


def plugin(number: int, answer: Reason | None) -> object:
    """A plugin that always answers the same."""

    @attrs.frozen
    class Answers:
        name: str = f"plugin {number}"

        @hookimpl
        def refuse_request(self, question: RequestQuestion) -> Reason | None:
            return answer

    return Answers()


class Asks:
    """The one question that both are put, as pluggy is told of it."""

    @hookspec
    def refuse_request(self, question: Any) -> None:
        """Refuse to open a request."""


def asked(count: int, answers: str, rounds: int) -> Asked:
    """The same plugins asked by the marketplace and by pluggy, in turns."""
    reason = Reason("no", {}, "plugin 0")
    saying = {"none says anything": 0, "one says no": 1, "all say no": count}[answers]
    plugins = [plugin(number, reason if number < saying else None) for number in range(count)]
    hooks, manager = Hooks(plugins), pluggy.PluginManager("marketplace")
    manager.add_hookspecs(Asks)
    for one in plugins:
        manager.register(one)
    question: Any = datetime(2026, 11, 23, tzinfo=UTC)
    names = {"ours": hooks.refuse_request, "theirs": manager.hook.refuse_request, "q": question}
    assert hooks.refuse_request(question) == manager.hook.refuse_request(question=question)
    timers = [timeit.Timer(said, globals=names) for said in ("ours(q)", "theirs(question=q)")]
    least = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, timer in enumerate(timers):
            least[place] = min(least[place], timer.timeit(CALLS) / CALLS * 1e9)
    return Asked(count, answers, *least)


def measured(rounds: int) -> Result:
    """Everything."""
    questions = [
        asked(count, answers, rounds * 3)
        for count in (0, 1, 5, 20)
        for answers in ("none says anything", "one says no", "all say no")
        if count or answers == "none says anything"
    ]
    return Result(started(rounds), questions, os.getloadavg()[0], os.cpu_count() or 1)


def told(result: Result, say: Callable[[str], Any] = click.echo) -> None:
    """Print the tables."""
    say("Fresh processes, in milliseconds: the middle (from to)\n")
    say(f"{'':<28}{'wall':>26}{'processor':>26}")
    for one in result.started:
        say(f"{one.name:<28}{one.wall.shown():>26}{one.cpu.shown():>26}")
    say("\nA question to plugins, in nanoseconds: the least\n")
    say(f"{'plugins':<10}{'answers':<22}{'this library':>14}{'pluggy':>10}{'times':>8}")
    for ask in result.asked:
        numbers = f"{ask.library:>14,.0f}{ask.pluggy:>10,.0f}{ask.times:>8.1f}"
        say(f"{ask.plugins:<10}{ask.answers:<22}{numbers}")
    say(f"\nload {result.load:.1f} on {result.cores}")


def plotted(result: Result) -> str:
    """What is asked of plugins as an SVG document."""
    groups = [
        (
            f"{one.plugins} plugin{'' if one.plugins == 1 else 's'}, {one.answers}",
            [
                Bar("this library", one.library, f"{one.library:,.0f} ns", OURS),
                Bar("pluggy", one.pluggy, f"{one.pluggy:,.0f} ns"),
            ],
        )
        for one in result.asked
    ]
    return bars.drawn("A question to plugins: nanoseconds, shorter is better", groups, "ns")


@click.command()
@click.option("--rounds", default=20, show_default=True, help="Rounds of each process.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".cache/bench/doorstep.json"),
    show_default=True,
    help="Where the numbers are written as JSON.",
)
def main(rounds: int, output: Path) -> None:
    """Measure the import, the help of words, and questions to plugins."""
    result = measured(rounds)
    told(result)
    bars.kept(output, attrs.asdict(result), plotted(result))
