"""``marketplace tick`` and ``marketplace migrate``: what keeps a marketplace running."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import click

from marketplace import ManualClock, counted
from marketplace.commands.finding import Found, Wrong, found
from marketplace.commands.screen import as_json as print_json
from marketplace.commands.screen import heading, say, table
from marketplace.domain.transition import spell
from marketplace.store.migrations import current, pending
from marketplace.store.migrations import migrate as bring_up
from marketplace.store.opening import unprepared
from marketplace.store.store import SqlStore

_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def tick(
    advance: str | None,
    every: str | None,
    retry: str | None,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Do what is due, once or for ever, and print what was done."""
    pause = None if every is None else _span(every)
    with found(app, zone) as place:
        if advance is not None:
            _advance(place, _span(advance))
        if retry is not None:
            _retry(place, retry)
        while True:
            _once(place, as_json)
            if pause is None:
                return
            time.sleep(pause.total_seconds())


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise Wrong(f"a span is a number and one of s, m, h, d, w, as in 30s or 7d, not {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _advance(place: Found, by: timedelta) -> None:
    clock = place.context.clock
    if not isinstance(clock, ManualClock):
        raise Wrong("--advance is for a clock that is set by hand, as a demo's; this one runs")
    clock.advance(by)


def _retry(place: Found, which: str) -> None:
    clockwork = place.market.clockwork
    subjects = {one.subject_id for one in clockwork.parked()} if which == "all" else {which}
    for subject in sorted(subjects):
        clockwork.retry(subject)


def _once(place: Found, json: bool) -> None:
    market = place.market
    done = market.tick()
    parked = market.clockwork.parked()
    late, due = market.clockwork.lag(), market.clockwork.next_due()
    if json:
        print_json(
            {
                "at": place.context.now(),
                "timers": done.timers,
                "intents": done.intents,
                "put_off": done.refused,
                "parked": len(parked),
                "late_s": 0 if late is None else int(late.total_seconds()),
                "next_due": due,
            }
        )
        return
    told = f"{counted(done.timers, 'timer')} and "
    told += f"{counted(done.intents, 'call outside', 'calls outside')} were done"
    if not done.timers and not done.intents:
        told = "nothing was due"
    if done.refused:
        put_off = counted(done.refused, "timer was", "timers were")
        told += f"; {put_off} put off, the log says why"
    if parked:
        are = counted(len(parked), "is", "are")
        told += f"; {are} parked for somebody to look at, see marketplace check"
    if late is not None:
        told += f"; the oldest left is {spell(late)} late"
    next_due = "nothing else is planned" if due is None else f"next at {place.when(due)}"
    # One line, as a worker writes it into a log.
    click.echo(f"{place.when(place.context.now())}: {told}; {next_due} ({place.zone.key})")


def migrate(dry_run: bool, app: str | None, zone: str | None, as_json: bool) -> None:
    """Bring the tables to this version, or print what would be done."""
    with unprepared(), found(app, zone) as place:
        store = place.context.store
        if not isinstance(store, SqlStore):
            raise Wrong("only a marketplace that is kept in a database is migrated")
        branches = place.context.branches
        done = pending(store, branches) if dry_run else bring_up(store, branches)
        now = current(store, branches)
        if as_json:
            print_json({"dry_run": dry_run, "revisions": done, "current": now})
            return
        if done:
            heading("Would be done" if dry_run else "Done")
            table(("branch", "revision", "says"), [(x.branch, x.revision, x.says) for x in done])
        for branch, revision in now.items():
            ready = "" if done and dry_run else ", the newest"
            say(f"{branch}: at revision {revision or 'none'}{ready}")
