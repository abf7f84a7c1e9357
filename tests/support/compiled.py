"""What numba compiles, compiled by one worker of a run: the others find it on the disk."""

import fcntl
from functools import cache

from marketplace import Graph, assign, assign_whole
from tests.support.data import REPOSITORY

HERE, THERE = [(27.70, 85.30), (27.71, 85.31)], [(27.70, 85.31), (27.72, 85.30), (27.69, 85.29)]


@cache
def compile_once() -> None:
    """Compile, or wait for whoever does; three at the same time would take three times as long."""
    place = REPOSITORY / ".cache"
    place.mkdir(exist_ok=True)
    with (place / "numba.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assign(Graph(2, 1, [0, 1], [0, 0], [3, 4]), 9, by="numba")
        assign_whole(HERE, THERE, radius_m=9_000, by="numba")
