"""A folder from beginning to end: read, played, held against its own sums, told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from marketplace import InvalidInput, ManualClock
from marketplace.plugins.goods.demo.olist.audit import audit, hold_against
from marketplace.plugins.goods.demo.olist.orders import read
from marketplace.plugins.goods.demo.olist.replay import Replay
from marketplace.plugins.goods.demo.olist.result import Replayed, result
from marketplace.plugins.goods.demo.olist.rows import Folder
from marketplace.plugins.goods.demo.olist.shop import Bank, OrderPolicy, open_shop

Progress = Callable[[int, int, str], None]
"""Called with how many orders are placed, how many there are, and the date in the replay."""


@contextmanager
def replayed(
    folder: Path | str,
    *,
    url: str = "sqlite://",
    seed: int | None = None,
    most: int | None = None,
    policy: OrderPolicy | None = None,
    progress: Progress = lambda done, of, said: None,
) -> Iterator[tuple[Replayed, Replay]]:
    """As ``replay_orders``, with the marketplace still open."""
    policy = policy or OrderPolicy()
    files = Folder(folder, ZoneInfo(policy.zone))
    books = read(files)
    orders = sorted(books.orders.values(), key=lambda one: (one.bought_at, one.id))[:most]
    if not orders:
        raise InvalidInput(f"{files.path} has no row that is an order")
    clock, bank = ManualClock(orders[0].bought_at), Bank()
    with open_shop(url, clock, policy, bank, seed) as market:
        replay = Replay(market, clock, bank, policy, books, files.kept)
        replay.run(orders, lambda done, said: progress(done, len(orders), said))
        found = audit(market, policy.currency)
        hold_against(replay, orders, found)
        yield result(replay, files.path.name, files.rows, found), replay


def replay_orders(
    folder: Path | str,
    *,
    url: str = "sqlite://",
    seed: int | None = None,
    most: int | None = None,
    policy: OrderPolicy | None = None,
    progress: Progress = lambda done, of, said: None,
) -> Replayed:
    """Play the first ``most`` orders of a folder (all) on a database of their own.

    Raises ``InvalidInput`` for a folder that is none of orders or has no row that is one, and
    ``LedgerError`` should the ledger not say what the files say.
    """
    with replayed(folder, url=url, seed=seed, most=most, policy=policy, progress=progress) as (
        told,
        _,
    ):
        return told
