"""Events that recur, as far as the horizon and no further than anybody has patience for."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import rrulestr

from marketplace.plugins.ical.connecting import Deadline

_DAYS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_ALLOWED = {
    "DAILY": {"BYDAY", "BYMONTH"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY"},
}
_ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


def occurrences(
    event: Any,
    start: date | datetime,
    first: date,
    last: date,
    most: int,
    moved: Set[date | datetime],
    deadline: Deadline,
) -> list[date | datetime]:
    """When an event starts, each time up to the last day; without a rule, once.

    ``moved`` are times at which another event of the same name stands in its place. Times long
    before ``first`` are left out as they are met. Raises ``ValueError``, or what dates raise, for
    a rule that is not followed.
    """
    if "RECURRENCE-ID" in event:
        return [start]
    left_out = {*_dates(event.get("EXDATE")), *moved}
    rule = event.get("RRULE")
    found: set[date | datetime] = {start, *_dates(event.get("RDATE"))}
    if rule is not None:
        length = _length(event, start)
        for one in _by_rule(rule, start, last):
            deadline.left()
            day = one.date() if isinstance(one, datetime) else one
            if day > last or len(found) > most:
                break
            if day + length >= first:
                found.add(one)
    same = [one for one in found if type(one) is type(start)]
    return sorted(one for one in same if one not in left_out)


def _length(event: Any, start: date | datetime) -> timedelta:
    end = event["DTEND"].dt if "DTEND" in event else start
    return max(end - start, timedelta()) + timedelta(days=2)


def _by_rule(rule: Any, start: date | datetime, last: date) -> Iterable[date | datetime]:
    """The times of a rule, computed on the clocks of its place and given back there."""
    if isinstance(rule, list):
        raise ValueError("an event has one rule at most")
    parts = {name.upper(): value for name, value in rule.items()}
    often = str(parts["FREQ"][0]).upper() if parts.get("FREQ") else ""
    if often not in _DAYS or not set(parts) <= _ALWAYS | _ALLOWED[often]:
        raise ValueError("a rule counts days, weeks, months or years")
    every = int(parts.get("INTERVAL", [1])[0])
    if every < 1 or int(parts.get("COUNT", [1])[0]) < 1:
        raise ValueError("a rule comes at least once, after at least one step")
    if often == "DAILY" and every > 1 and set(parts) - _ALWAYS:
        # A rule that is never met is looked for day by day until the year 9999.
        raise ValueError("a rule of every few days says no more")
    zone = start.tzinfo if isinstance(start, datetime) else None
    plain = start if isinstance(start, datetime) else datetime.combine(start, time())
    until = _until(parts.pop("UNTIL", [None])[0], zone)
    horizon = datetime.combine(last, time()) + timedelta(days=1)
    text = rule.to_ical().decode()
    text = ";".join(one for one in text.split(";") if not one.upper().startswith("UNTIL"))
    found = rrulestr(text, dtstart=plain.replace(tzinfo=None))
    for one in found:
        if one > horizon or (until is not None and one > until):
            return
        if isinstance(start, datetime):
            yield one.replace(tzinfo=zone)
        else:
            yield one.date()


def _until(value: date | datetime | None, zone: Any) -> datetime | None:
    """The last moment of a rule, on the clocks of its place."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return datetime.combine(value, time(23, 59, 59))
    if value.tzinfo is None:
        return value
    return value.astimezone(zone or UTC).replace(tzinfo=None)


def _dates(given: Any) -> list[date | datetime]:
    """The moments of a property that may come several times, each with several."""
    lists = given if isinstance(given, list) else [] if given is None else [given]
    return [
        one.dt[0] if isinstance(one.dt, tuple) else one.dt for many in lists for one in many.dts
    ]
