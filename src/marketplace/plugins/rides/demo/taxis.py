"""The New York demo from end to end: the file, the run, the tables, the picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from marketplace import ManualClock, Money, Reason, counted, money_text, render
from marketplace.demo import left
from marketplace.demo.progress import bar
from marketplace.demo.screen import facts, numbers, say, tell_why
from marketplace.plugins.rides.demo.cabs import COMMISSION_BP, CURRENCY, ZONE, TripBook, open_cabs
from marketplace.plugins.rides.demo.left import TRIPS
from marketplace.plugins.rides.demo.replay import Compared, Replay
from marketplace.plugins.rides.demo.telling import reasons
from marketplace.plugins.rides.demo.trip_shelf import TripShelf
from marketplace.plugins.rides.picture import Scene, picture
from marketplace.plugins.rides.trips import TripLimits
from marketplace.plugins.rides.words import WORDS

ROWS = 12
"""Rows of the comparison, at most: longer runs are told by several minutes a row."""
MOST_MARKS = 20_000


def demonstrate(
    path: Path,
    *,
    seed: int,
    minutes: int,
    whole: bool,
    radius: int,
    lookback: int,
    database: str | None,
    keep: bool,
    picture_at: Path | None,
    language: str,
    quiet: bool,
    limits: TripLimits | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Replay it, print it unless ``quiet``, and give what the tables say as plain values."""
    with bar("reading", max(path.stat().st_size // 40, 1), quiet=quiet) as show:
        limits = limits or TripLimits()
        shelf = TripShelf(path, limits, lambda rows: show(rows, counted(rows, "row")))
    window = chosen(shelf.minutes(), None if whole else minutes)
    url = left.begin(TRIPS, database, keep=keep)
    replay = _run(shelf, window, url, seed, radius, lookback, quiet)
    drawn = picture(_scene(replay, path, language))
    file = left.leave(TRIPS, url, ZONE, drawn, picture_at)
    told = summary(replay, path) | {"url": url, "picture": str(file), "radius_m": radius}
    if not quiet:
        _tell(replay, told, path, radius, language)
        left.tell(file, url, "rides")
    replay.market.close()
    return told


def chosen(minutes: Sequence[tuple[datetime, int, int]], most: int | None) -> list[datetime]:
    """The minutes to replay: from the first that is half as busy as the busiest, on both sides.

    A file begins with the few trips that began long before the others.
    """
    if not minutes:
        return []
    riders = max(one[1] for one in minutes)
    cabs = max(one[2] for one in minutes)
    busy = (i for i, one in enumerate(minutes) if one[1] * 2 >= riders and one[2] * 2 >= cabs)
    first = 0 if most is None else next(busy, 0)
    return [one[0] for one in minutes[first:][:most]]


def _run(
    shelf: TripShelf,
    window: Sequence[datetime],
    url: str,
    seed: int,
    radius: int,
    lookback: int,
    quiet: bool,
) -> Replay:
    book, zone = TripBook(), ZoneInfo(ZONE)
    back = timedelta(seconds=lookback)
    clock = ManualClock((window[0] if window else left.LONG_AGO) - back)
    market = open_cabs(url, clock, book, radius, seed)
    replay = Replay(market, clock, shelf, book, back)
    with bar("replaying", len(window), quiet=quiet) as show:
        for number, start in enumerate(window, 1):
            replay.minute(start)
            last = replay.minutes[-1]
            riders = counted(last.riders, "rider")
            said = f"{start.astimezone(zone):%H:%M}  {riders}, {last.batched} matched"
            show(number, said)
    under_way = sum(one.batched for one in replay.minutes) - replay.finished
    with bar("finishing", max(under_way, 1), quiet=quiet) as show:
        replay.finish(lambda done: show(done, f"{done:,} of {counted(under_way, 'trip')}"))
    return replay


def summary(replay: Replay, path: Path) -> dict[str, Any]:
    """What the tables say, as plain values; money in cents, distances in metres."""
    ledger = replay.market.ledger
    total = _sum(replay.minutes)
    return {
        "file": path.name,
        "trips": replay.shelf.trips,
        "refused_rows": dict(sorted(replay.shelf.rejected.items())),
        "refused_requests": dict(sorted(replay.refused.items())),
        "minutes": [
            {
                "at": one.at.isoformat(),
                "riders": one.riders,
                "cabs": one.cabs,
                "batched": {"pairs": one.batched, "metres": one.batched_m},
                "greedy": {"pairs": one.greedy, "metres": one.greedy_m},
                "batched_alike": {"pairs": one.greedy, "metres": one.alike_m},
            }
            for one in replay.minutes
        ],
        "batched": {"pairs": total.batched, "metres": total.batched_m},
        "greedy": {"pairs": total.greedy, "metres": total.greedy_m},
        "batched_alike": {"pairs": total.greedy, "metres": total.alike_m},
        "riders": total.riders,
        "paid_by": dict(sorted(replay.methods.items())),
        "finished": replay.finished,
        "fares": replay.metered,
        "recorded_fares": replay.recorded,
        "commission_earned": ledger.profit(CURRENCY).amount,
        "currency": CURRENCY,
        "sums": ledger.sums(),
        "drift": ledger.drift(),
    }


def _sum(minutes: Sequence[Compared]) -> Compared:
    at = minutes[0].at if minutes else left.LONG_AGO
    names = ("riders", "cabs", "batched", "batched_m", "greedy", "greedy_m", "alike_m")
    return Compared(at, *(sum(getattr(one, name) for one in minutes) for name in names))


def _tell(replay: Replay, told: dict[str, Any], path: Path, radius: int, language: str) -> None:
    say()
    say(f"{path.name}: {counted(told['trips'], 'trip')}")
    if replay.shelf.rejected:
        rows = counted(replay.shelf.rejected.total(), "row was", "rows were")
        say(f"{rows} refused, for instance")
        for code, count in replay.shelf.rejected.most_common():
            example = replay.shelf.examples[code]
            said = render(example.reason, WORDS, language)
            say(f"  {count:,}  {code}: line {example.row}: {said}")
    if replay.refused:
        say("requests that the marketplace refused")
        for code, count in replay.refused.most_common():
            say(f"  {count:,}  {render(Reason(code), WORDS, language)}")
    _compare(replay.minutes, radius)
    _money(told, language)
    tell_why(reasons(replay.market, replay.story, replay.story, language))


def _compare(minutes: Sequence[Compared], radius: int) -> None:
    step = -(-len(minutes) // ROWS) or 1
    zone = ZoneInfo(ZONE)
    days = {one.at.astimezone(zone).date() for one in minutes}
    form = "%H:%M" if len(days) == 1 else "%d %b %H:%M"
    groups = [minutes[start : start + step] for start in range(0, len(minutes), step)]
    rows = []
    for group in groups:
        row = _cells(_sum(group))
        rows.append((group[0].at.astimezone(zone).strftime(form), *row))
    total = _sum(minutes)
    columns = ("from", "riders", "cabs", "batched", "metres", "each", "greedy", "metres", "each")
    title = (
        f"Pick-up metres, cabs within {radius} m: batched assignment beside the nearest cab first"
    )
    say()
    numbers(title, columns, rows, ("in all", *_cells(total)))
    if total.greedy and total.batched:
        more = total.batched - total.greedy
        less = (total.alike_m - total.greedy_m) * 100 / max(total.greedy_m, 1)
        share = f"{more * 100 / total.greedy:+.1f} %"
        say(
            f"batched serves {counted(more, 'rider')} more ({share}), "
            "the far ones whom nearest-first leaves without a cab;"
        )
        say(
            f"its {counted(total.greedy, 'shortest pick-up')}, as many as greedy has, come to "
            f"{total.alike_m:,} m ({less:+.1f} %)"
        )


def _cells(one: Compared) -> tuple[str, ...]:
    def each(metres: int, pairs: int) -> str:
        return f"{metres / pairs:.0f}" if pairs else "–"

    return (
        f"{one.riders:,}",
        f"{one.cabs:,}",
        f"{one.batched:,}",
        f"{one.batched_m:,}",
        each(one.batched_m, one.batched),
        f"{one.greedy:,}",
        f"{one.greedy_m:,}",
        each(one.greedy_m, one.greedy),
    )


def _money(told: dict[str, Any], language: str) -> None:
    def money(amount: int) -> str:
        return money_text(Money(amount, CURRENCY), language)

    paid = ", ".join(f"{count:,} by {method}" for method, count in told["paid_by"].items())
    zero = all(total == 0 for total in told["sums"].values()) and not told["drift"]
    say()
    facts(
        "The same trips in the marketplace",
        [
            ("rides finished", f"{told['finished']:,}"),
            ("requests paid", paid or "none"),
            ("fares by the meter of 2012, tolls and taxes in", money(told["fares"])),
            ("the same rides in the records, tips left out", money(told["recorded_fares"])),
            (
                f"commission earned, {COMMISSION_BP // 100} % of fares without tolls and taxes",
                money(told["commission_earned"]),
            ),
            ("the ledger sums to", "zero" if zero else f"{told['sums']}, {told['drift']}"),
        ],
    )


def _scene(replay: Replay, path: Path, language: str) -> Scene:
    at = replay.minutes[0].at.astimezone(ZoneInfo(ZONE)) if replay.minutes else None
    return Scene(
        title="Real trips in New York, dispatched in batches",
        subtitle="" if at is None else f"{at:%d %B %Y}, from {at:%H:%M}",
        marks=sorted(replay.marks[:MOST_MARKS], key=lambda mark: mark.asked_at),
        zone=ZONE,
        breaks_min=(1, 2, 3, 4),
        source=f"Trips: NYC Taxi and Limousine Commission, {path.name}. Drivers' ways: this demo.",
        language=language,
    )
