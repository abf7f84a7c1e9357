"""Reads a calendar as it comes from other places: what is taken, from when to when, no more.

Everything else (descriptions, guests, alarms, zones of somebody's making) is dropped before it is
parsed: it is not needed, may be personal, and is what hostile calendars are made of.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from datetime import date, datetime, timedelta
from typing import Any

from attrs import field, frozen
from icalendar import Event as CalendarEvent

from marketplace import Refused, digest
from marketplace.plugins.ical.connecting import Deadline, Monotonic

Moment = date | datetime
"""A day, or an instant of a zone, or (without one) the time on the clocks of the place."""

_WANTED = {
    "UID", "DTSTART", "DTEND", "DURATION", "STATUS", "TRANSP", "RRULE", "RDATE", "EXDATE",
    "RECURRENCE-ID", "SUMMARY",
}  # fmt: skip
_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
# What other places write over days that nobody has taken there.
_CLOSED = re.compile(
    r"not available|unavailable|blocked|closed|nicht verf|indispon|no disponible", re.I
)
_TAKEN = re.compile(r"reserv|booked|booking|closed - not available", re.I)
_UNREADABLE = (KeyError, ValueError, AttributeError, TypeError, OverflowError, IndexError)


@frozen
class ReadingLimits:
    """How much of a calendar is read at most."""

    events: int = 5_000
    """Events, and what recurring ones come to."""
    nesting: int = 4
    """How deep components may lie in each other."""
    line: int = 10_000
    """Characters of one line, its continuations included."""
    lines: int = 200_000
    seconds: float = 10


@frozen
class Taken:
    """Something that a calendar says is taken: by what name, from when to when."""

    uid: str
    """A digest of what the calendar calls it: what other places write there is not kept."""
    start: Moment
    end: Moment
    """Outside, as in ``Span``."""
    closed: bool = False
    """Whether it says of itself that it is no guest's stay, but a day kept back."""


@frozen
class Calendar:
    """What was read, and what was left out."""

    taken: tuple[Taken, ...]
    left_out: Mapping[str, int] = field(factory=dict)
    """Why, and how many."""
    unclear: frozenset[str] = frozenset()
    """Digests of events that are there but could not be read: what is known of them stays."""
    own: int = 0
    """Events of our own making that came back."""


def read_calendar(
    body: bytes,
    *,
    first: date,
    last: date,
    own_domain: str,
    limits: ReadingLimits | None = None,
    monotonic: Monotonic = time.monotonic,
) -> Calendar:
    """What a calendar says is taken between two days.

    Raises ``Refused`` (code ``not_a_calendar``, ``too_many_events``, ``too_deep``, ``too_large``
    or ``too_slow``) for one that is not whole or too much.
    """
    # Only what recurs needs dateutil, and only a calendar that is fetched needs either.
    from marketplace.plugins.ical.recurring import occurrences

    limits = limits or ReadingLimits()
    deadline = Deadline(limits.seconds, monotonic)
    reader = _Reader(own_domain, first, last)
    for lines in _events(body, limits):
        deadline.left()
        reader.read(lines)
    taken: list[Taken] = []
    for event in reader.events:
        deadline.left()
        moved: Set[Moment] = reader.moved.get(event.uid, set())
        most = limits.events - len(taken)
        try:
            starts = occurrences(event.parsed, event.start, first, last, most, moved, deadline)
            length = event.end - event.start
            taken += [
                Taken(event.uid, start, start + length, event.closed)
                for start in starts
                if _day(start) <= last and _day(start + length) >= first
            ]
        except _UNREADABLE:
            reader.leave_out("rule_not_followed", event.uid)
        if len(taken) > limits.events:
            raise _too_many(limits)
    return Calendar(
        tuple(dict.fromkeys(taken)), dict(reader.left_out), frozenset(reader.unclear), reader.own
    )


@frozen
class _Read:
    """One event, parsed."""

    uid: str
    start: Moment
    end: Moment
    closed: bool
    parsed: Any


class _Reader:
    """Turns the lines of events into values, and counts what it leaves out."""

    def __init__(self, own_domain: str, first: date, last: date) -> None:
        self._own_domain = f"@{own_domain.lower()}"
        self._first, self._last = first, last
        self.events: list[_Read] = []
        self.moved: dict[str, set[Moment]] = {}
        self.left_out: Counter[str] = Counter()
        self.unclear: set[str] = set()
        self.own = 0

    def leave_out(self, code: str, uid: str) -> None:
        """Count it; what is known of it from before stays."""
        self.left_out[code] += 1
        self.unclear.add(uid)

    def read(self, lines: list[str]) -> None:
        """Take one event in, or count why not."""
        named = next((one.partition(":")[2] for one in lines if _name(one) == "UID"), "").strip()
        if named.lower().endswith(self._own_domain):
            self.own += 1
            return
        uid = digest(named) if named else ""
        try:
            event: Any = CalendarEvent.from_ical(
                "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])
            )
            start = event["DTSTART"].dt
            end = _end(event, start)
            override = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None
        except _UNREADABLE:
            self.leave_out("unreadable", uid)
            return
        if not _alike(start, end):
            self.leave_out("unreadable", uid)
            return
        if end <= start:
            self.leave_out("ends_before_it_starts", uid)
            return
        # A calendar without names is told apart by its days.
        uid = uid or digest([start.isoformat(), end.isoformat()])
        if override is not None:
            self.moved.setdefault(uid, set()).add(override)
        if _is_free(event):
            return
        summary = str(event.get("SUMMARY", ""))
        closed = bool(_CLOSED.search(summary)) and not _TAKEN.search(summary)
        self.events.append(_Read(uid, start, end, closed, event))


def _alike(start: Any, end: Any) -> bool:
    """Whether both are days, or times of the place, or instants."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (start.tzinfo is None) == (end.tzinfo is None)
    return type(start) is type(end) is date


def _is_free(event: Any) -> bool:
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return cancelled or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"


def _end(event: Any, start: Moment) -> Moment:
    """When it ends; a day that ends on itself is one day, as one without an end is."""
    if "DTEND" in event:
        end: Moment = event["DTEND"].dt
    elif "DURATION" in event:
        length: timedelta = event["DURATION"].dt
        end = start + length
    else:
        end = start
    if end == start and not isinstance(start, datetime):
        return start + timedelta(days=1)
    return end


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _name(line: str) -> str:
    found = _NAME.match(line)
    return found[1].upper() if found else ""


def _events(body: bytes, limits: ReadingLimits) -> Iterator[list[str]]:
    """The wanted lines of each event of a calendar that is whole."""
    open_ones: list[str] = []
    lines: list[str] = []
    events, ended = 0, False
    for line in _unfolded(body, limits):
        name, _, value = line.partition(":")
        name = name.upper()
        if name == "BEGIN":
            open_ones.append(value.strip().upper())
            if open_ones[0] != "VCALENDAR":
                break
            if len(open_ones) > limits.nesting:
                raise Refused(
                    f"the parts of a calendar lie at most {limits.nesting} deep", code="too_deep"
                )
            if open_ones == ["VCALENDAR", "VEVENT"]:
                lines, events = [], events + 1
                if events > limits.events:
                    raise _too_many(limits)
        elif name == "END":
            if not open_ones or open_ones[-1] != value.strip().upper():
                break
            if open_ones == ["VCALENDAR", "VEVENT"]:
                yield lines
            open_ones.pop()
            ended = not open_ones
        elif open_ones == ["VCALENDAR", "VEVENT"] and _name(line) in _WANTED:
            lines.append(line)
        elif not open_ones and not ended:
            break  # Lines behind a whole calendar are passed over, before one they are no calendar.
    if open_ones or not ended:
        # Half a calendar looks like one in which half of the stays were called off.
        raise Refused("this is no calendar, or not a whole one", code="not_a_calendar")


def _unfolded(body: bytes, limits: ReadingLimits) -> Iterator[str]:
    """Lines with their continuations, whichever way they are ended; empty ones left out."""
    text = body.decode("utf-8-sig", errors="replace")
    whole, count = "", 0
    for line in re.split(r"\r\n|\n|\r", text):
        count += 1
        if count > limits.lines or len(whole) + len(line) > limits.line:
            raise Refused(
                f"a calendar has lines of at most {limits.line} characters, {limits.lines} of them",
                code="too_large",
            )
        if line[:1] in (" ", "\t"):
            whole += line[1:]
            continue
        if whole.strip():
            yield whole
        whole = line
    if whole.strip():
        yield whole


def _too_many(limits: ReadingLimits) -> Refused:
    return Refused(
        f"a calendar has at most {limits.events} events, with those that recur",
        code="too_many_events",
        params={"events": limits.events},
    )
