"""What is counted in instructions: run by callgrind in a process of its own, warm.

`python -m bench.counted FOLDER`, where the databases are laid into the folder.
"""

import gc
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from attrs import evolve

from bench.callgrind import Counter
from bench.databases import SqliteFiles
from bench.lives_trades import MORNING, RIDE, lived
from bench.search import library
from bench.search_world import fill, opened, searches
from marketplace import ManualClock

HOMES = 1_000
PARTS = {"a ride's whole life": 2, "a search of listings": 40}
"""Each part, and how many of it are counted; as many are done before, until caches are filled."""


def rides(folder: Path) -> Callable[[], None]:
    """One ride from start to end on a database of its own."""
    databases = SqliteFiles(folder, "OFF")
    (deal,) = RIDE.settle_down(databases)
    clock = ManualClock(MORNING + timedelta(hours=1))
    market = RIDE.opened(databases.copy(), clock, seed=2)
    return lambda: lived(market, clock, RIDE, evolve(deal))


def homes(folder: Path) -> Callable[[], None]:
    """The next search, over and over, among some homes."""
    databases = SqliteFiles(folder, "OFF")
    engine = databases.world()
    market = opened(engine)
    fill(market, engine, HOMES)
    market.listings.rebuild_search("homes")
    ask, asked = library(market), iter(searches(PARTS["a search of listings"] * 2))

    def once() -> None:
        ask(next(asked))

    return once


def main(folder: Path) -> None:
    """Count each part."""
    counter = Counter()
    for (name, times), make in zip(PARTS.items(), (rides, homes), strict=True):
        place = folder / make.__name__
        place.mkdir()
        once = make(place)
        for _ in range(times):
            once()
        gc.collect()
        with counter.counting(name):
            for _ in range(times):
                once()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
