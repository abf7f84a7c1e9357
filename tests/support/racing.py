"""Several at the same moment: what races of threads begin with."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from marketplace import Outcome


def at_once(*attempts: Callable[[], Any]) -> list[Any]:
    """Do all of them at the same moment, each in a thread; gives answers and refusals in order."""
    barrier = threading.Barrier(len(attempts))

    def attempt(do: Callable[[], Any]) -> Any:
        barrier.wait(30)
        try:
            return do()
        except Outcome as refusal:
            return refusal

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(attempt, attempts))
