"""What a demo leaves behind: where it lies, and how to open it again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from marketplace import Command, ManualClock, Marketplace

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def folder() -> Path:
    """Where demos leave their databases: ``$XDG_DATA_HOME/marketplace``, made if it is missing."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    found = Path(data) / "marketplace"
    found.mkdir(parents=True, exist_ok=True)
    return found


def own_file(name: str) -> Path:
    """The database of a demo that was not told another one."""
    return folder() / f"demo-{name}.sqlite"


def clear(path: Path) -> None:
    """Remove a demo's own database, with all that SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal", "-queue"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def remember(kind: str, url: str, zone: str) -> None:
    """Note which run was the newest, for the commands that look into it."""
    note = folder() / "newest.json"
    # The URL may hold a password, so nobody else may read it.
    note.touch(mode=0o600)
    note.write_text(json.dumps({"kind": kind, "url": url, "zone": zone}))


Maker = Callable[[str, ManualClock], Marketplace]
"""Opens the marketplace of a demo on a database."""


def opened(url: str | None = None) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run, and its time zone; None when that was another demo's."""
    return reopened(url, {"rides": _rides, "trips": _trips})


def reopened(url: str | None, makers: Mapping[str, Maker]) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run of one of these kinds, its clock where the run ended.

    None when there was no run yet, or the newest was of another kind.
    """
    note = folder() / "newest.json"
    if not note.exists():
        return None
    told = json.loads(note.read_text())
    make = makers.get(str(told["kind"]))
    if make is None:
        return None
    where = url or str(told["url"])
    path = Path(where.removeprefix("sqlite:///"))
    if where.startswith("sqlite:///") and not path.exists():
        return None
    return continued(make, where), str(told["zone"])


def continued(make: Maker, url: str) -> Marketplace:
    """Open a run's database with its clock where the run ended."""
    clock = ManualClock(LONG_AGO)
    market = make(url, clock)
    with market.batch() as work:
        last = work.select(Command, (), order="id", descending=True, limit=1)
    if last:
        clock.set(last[0].at)
    return market


def _rides(url: str, clock: ManualClock) -> Marketplace:
    from marketplace.plugins.rides.demo.town import open_town

    return open_town(url, clock)


def _trips(url: str, clock: ManualClock) -> Marketplace:
    from marketplace.plugins.rides.demo.cabs import reopen

    return reopen(url, clock)
