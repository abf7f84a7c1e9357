"""``marketplace demo stays --bookings FILE``: real hotel bookings, each lived to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marketplace import InvalidInput, counted
from marketplace.demo.left import Unfit
from marketplace.demo.progress import bar
from marketplace.demo.screen import facts, say
from marketplace.plugins.stays.demo.replay import replay_bookings
from marketplace.plugins.stays.hotel_bookings import BookingFile

SOURCE = "Antonio, de Almeida and Nunes 2019, CC BY 4.0"


def demonstrate(
    bookings: Path,
    *,
    rows: int | None,
    seed: int,
    database: str | None,
    language: str,
    quiet: bool,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    url = database or "sqlite://"
    try:
        total = rows or sum(1 for _ in BookingFile(bookings, "EUR"))
        with bar("bookings", max(total, 1), quiet=quiet) as show:
            told = replay_bookings(
                bookings,
                url=url,
                seed=seed,
                most=rows,
                progress=lambda done, of, said: show(min(done, total), said),
            )
            show(max(total, 1), f"{told.done:,} lived")
    except InvalidInput as error:
        raise Unfit(str(error)) from None
    if not quiet:
        played = counted(told.rows, "row")
        facts(f"{told.file}: {played} of real bookings ({SOURCE})", told.table(language))
        where = database or "in memory; name --database to keep it and look into it"
        say()
        say(f"the marketplace: {where}")
    return told.as_data() | {"url": url}
