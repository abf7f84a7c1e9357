"""What a demo leaves behind: where it lies, how it is told, and how to open it again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from marketplace import Command, ManualClock, Marketplace
from marketplace.demo.screen import say

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Where a demo's clock stands until its day begins."""

Maker = Callable[[str, ManualClock], Marketplace]
"""Opens the marketplace of a demo on a database."""


class Unfit(click.ClickException):
    """What a demo was given and cannot use, and what would be of use; exit code 2."""

    exit_code = 2


def folder() -> Path:
    """Where demos leave their databases: ``$XDG_DATA_HOME/marketplace``, made if it is missing."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    found = Path(data) / "marketplace"
    found.mkdir(parents=True, exist_ok=True)
    return found


def begin(kind: str, database: str | None, *, keep: bool = False) -> str:
    """The database of a run: the one that was told, else the demo's own, empty unless kept."""
    own = folder() / f"demo-{kind}.sqlite"
    url = database or f"sqlite:///{own}"
    bank = bank_beside(url)
    if isinstance(bank, Path) and not keep and (database is None or not _file(url).exists()):
        # What a bank remembers of a run before would be compared with the books of this one.
        for ending in ("", "-journal"):
            bank.with_name(bank.name + ending).unlink(missing_ok=True)
    if database is None and not keep:
        for ending in ("", "-wal", "-shm", "-journal", "-queue"):
            own.with_name(own.name + ending).unlink(missing_ok=True)
    return url


def bank_beside(url: str) -> str | Path:
    """Where a sandbox keeps its memory, so that it can be compared with the books afterwards.

    Beside a database that is a file; else nowhere, and it forgets everything with its process.
    """
    file = _file(url)
    if not url.startswith("sqlite:///") or file.name in ("", ":memory:"):
        return ":memory:"
    return file.with_name(f"{file.name}-bank")


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///").partition("?")[0])


def check_unused(market: Marketplace, what: str) -> None:
    """Raise ``Unfit`` for a database in which something has happened already."""
    with market.batch() as work:
        used = work.select(Command, (), limit=1)
    if used:
        market.close()
        raise Unfit(f"this database has had its {what}; name an empty one")


def leave(kind: str, url: str, zone: str, drawn: str, picture_at: Path | None) -> Path:
    """Note that this run is the newest, and write its picture: where it was told, or beside it."""
    note = folder() / "newest.json"
    # The URL may hold a password, so nobody else may read it.
    note.touch(mode=0o600)
    note.write_text(json.dumps({"kind": kind, "url": url, "zone": zone}))
    file = picture_at or folder() / f"demo-{kind}.svg"
    file.write_text(drawn, encoding="utf-8")
    return file


def tell(file: Path, url: str, vertical: str) -> None:
    """Where the picture is and where the marketplace, and how to look into it."""
    # Not folded: both are to be copied whole.
    click.echo(f"\nthe picture:     {file}\nthe marketplace: {url}")
    words = ("why", "timeline", "ledger", "statement", "payouts", "check", f"process {vertical}")
    say(f"look into it with: marketplace {' · '.join(words)}")


def reopened(makers: Mapping[str, Maker], url: str | None = None) -> tuple[Marketplace, str] | None:
    """The marketplace of the newest run of one of these kinds, and its time zone.

    Its clock stands where the run ended. None when there was no run yet, or the newest was of
    another kind.
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
    return _continued(make, where), str(told["zone"])


def _continued(make: Maker, url: str) -> Marketplace:
    clock = ManualClock(LONG_AGO)
    market = make(url, clock)
    with market.batch() as work:
        last = work.select(Command, (), order="id", descending=True, limit=1)
    if last:
        clock.set(last[0].at)
    return market
