"""Availability: which steps are free, what else stands against a stay, and what people may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from attrs import define, field, frozen

from marketplace import HOUR, SECOND, Money, Reason, Reservation
from marketplace.plugins.stays.home import Home, Wish
from marketplace.plugins.stays.plan import ONE_DAY, WEEKDAYS, Day
from marketplace.plugins.stays.steps import Step, noun

SHOWN = 10
"""How many dates a reason names; it says how many there are."""


@define
class Use:
    """What is taken of one step."""

    dealt: int = 0
    blocked: int = 0
    labels: list[str] = field(factory=list)

    @property
    def taken(self) -> int:
        """By deals and blocks together."""
        return self.dealt + self.blocked


@frozen
class CalendarStep:
    """One step as a calendar shows it."""

    day: date
    """Its date there."""
    start: datetime
    """The instant from which it can be had: a night's is the check-in before it."""
    free: int
    """Units that nobody has taken."""
    open: bool
    """Whether the host holds it out."""
    price: Money | None
    """None: the host named none."""
    least: int
    """Steps of a stay that arrives on it, at least."""
    most: int | None
    arrive: bool
    """Whether a stay may begin on it."""
    leave: bool
    """Whether a stay may end on it, before it."""
    label: str
    """What the host calls the date: a season, a feast."""
    reasons: tuple[Reason, ...]
    """Why it cannot be had; empty when it can."""

    @property
    def bookable(self) -> bool:
        """Whether nothing stands against it; how long a stay must be is another question."""
        return not self.reasons


def uses(
    home: Home, claims: Iterable[Reservation], first: datetime, count: int, now: datetime
) -> list[Use]:
    """What live claims take of so many steps, from one on."""
    found = [Use() for _ in range(count)]
    grain = home.grid.grain
    for claim in claims:
        if claim.until is not None and claim.until <= now:
            continue
        begins = 0 if claim.start is None else max(0, (claim.start - first) // grain)
        ends = count if claim.end is None else -((first - claim.end) // grain)
        for use in found[begins : max(0, ends)]:
            if claim.cause == "block":
                use.blocked += claim.quantity
            else:
                use.dealt += claim.quantity
            if claim.label and claim.label not in use.labels:
                use.labels.append(claim.label)
    return found


def reach(home: Home, first: datetime, count: int) -> tuple[datetime, datetime]:
    """The span whose claims matter for so many steps: theirs, and what is prepared around them."""
    return first - home.before, first + count * home.grid.grain + home.after


def calendar(
    home: Home,
    claims: Iterable[Reservation],
    first: datetime,
    count: int,
    now: datetime,
    *,
    mine: bool,
) -> list[CalendarStep]:
    """So many steps as people see them; only the host sees what each is taken for."""
    steps = home.grid.walk(first, count)
    days = home.plan.days(steps[0].day, steps[-1].day)
    before, after = home.before // home.grid.grain, home.after // home.grid.grain
    begins, ends = reach(home, first, count)
    used = uses(home, claims, begins, (ends - begins) // home.grid.grain, now)
    found = []
    for index, step in enumerate(steps):
        day, use = days[step.day], used[index + before]
        price = home.rates.each(step, day)
        around = used[index : index + before + 1 + after]
        reasons = [*_untimely(home, step, now), *_closed(step, day)]
        reasons += _why_taken(home, use, around, mine)
        if price is None:
            reasons.append(Reason("stay_no_price", {"dates": [step.day.isoformat()], "count": 1}))
        found.append(
            CalendarStep(
                day=step.day,
                start=home.grid.begins(step, home.check_in),
                free=max(0, home.units - use.taken),
                open=day.has(step.clock),
                price=None if price is None else Money(price, home.currency),
                least=day.least,
                most=day.most,
                arrive=step.day.weekday() in day.arrive,
                leave=step.day.weekday() in day.leave,
                label=day.label,
                reasons=tuple(reasons),
            )
        )
    return found


def _untimely(home: Home, step: Step, now: datetime) -> Iterable[Reason]:
    """Why it is too late, or too early, to ask for the step."""
    yield from _too_late(home, home.grid.begins(step, home.check_in), now)
    yield from _too_far(home, step.day, now)


def _too_late(home: Home, begins: datetime, now: datetime) -> Iterable[Reason]:
    notice = home.plan.notice_hours
    left = (begins - now) // SECOND
    if begins <= now:
        yield Reason("stay_in_the_past", {"begins": begins.isoformat()})
    elif begins - notice * HOUR < now:
        yield Reason("stay_too_soon", {"notice_s": notice * 3600, "left_s": left})


def _too_far(home: Home, last: date, now: datetime) -> Iterable[Reason]:
    window = home.plan.window_days
    if window is not None:
        ends = home.grid.local(now).date() + timedelta(days=window)
        if last >= ends:
            until = (ends - ONE_DAY).isoformat()
            yield Reason("stay_too_far_ahead", {"days": window, "until": until})


def _closed(step: Step, day: Day) -> Iterable[Reason]:
    if not day.has(step.clock):
        yield Reason("stay_closed", {"dates": [step.day.isoformat()], "count": 1})


def _why_taken(home: Home, use: Use, around: Sequence[Use], mine: bool) -> Iterable[Reason]:
    if use.taken >= home.units:
        if not mine:
            yield Reason("stay_taken", {"free": 0})
            return
        if use.dealt:
            yield Reason("stay_booked", {"units": use.dealt})
        if use.blocked:
            yield Reason("stay_blocked", {"units": use.blocked, "labels": ", ".join(use.labels)})
    elif any(one.taken >= home.units for one in around):
        yield Reason("stay_no_time_to_prepare")


def refusals(
    home: Home,
    wish: Wish,
    claims: Iterable[Reservation],
    now: datetime,
    most_steps: int,
    *,
    by_dates: bool = False,
) -> list[Reason]:
    """Everything that stands against a stay; raises ``InvalidInput`` for what is none at all.

    ``by_dates`` asks for the dates alone, whatever hours of the day were named: who looks for a
    home does not know its check-in yet.
    """
    count = home.grid.count(wish.start, wish.end)
    found = list(_guests(home, wish))
    if count > most_steps:
        return [*found, Reason("stay_too_long", _length(home, most_steps, count, None))]
    first, _ = home.grid.covers(wish.start, wish.end)
    steps = home.grid.walk(first, count)
    if not by_dates:
        found += _times(home, wish, steps)
    found += _too_late(home, home.grid.begins(steps[0], home.check_in), now)
    found += _too_far(home, steps[-1].day, now)
    leaves = home.grid.local(wish.end).date()
    days = home.plan.days(steps[0].day, max(leaves, steps[-1].day))
    found += _held_out(home, steps, days)
    found += _lengths(home, steps, days)
    found += _weekdays(steps[0].day, leaves, days)
    found += _room(home, wish, steps, claims, now)
    return found


def _guests(home: Home, wish: Wish) -> Iterable[Reason]:
    if wish.units > home.units:
        yield Reason("stay_too_few_units", {"wanted": wish.units, "has": home.units})
    room = None if home.guests is None else home.guests * wish.units
    if room is not None and wish.guests.counted > room:
        yield Reason("stay_too_many_guests", {"guests": wish.guests.counted, "most": room})
    if wish.guests.pets > home.pets:
        yield Reason("stay_too_many_pets", {"pets": wish.guests.pets, "most": home.pets})
    if wish.rate == "non_refundable" and home.rates.non_refundable_bp is None:
        yield Reason("stay_rate_not_offered", {"rate": wish.rate})


def _times(home: Home, wish: Wish, steps: Sequence[Step]) -> Iterable[Reason]:
    """Nights go from check-in to check-out: deadlines hang on those, and nobody moves them."""
    if not home.grid.daily:
        return
    leaves = home.grid.local(wish.end).date()
    start = home.grid.instant(steps[0].day, home.check_in)
    end = home.grid.instant(leaves, home.check_out)
    if (wish.start, wish.end) != (start, end):
        params = {"check_in": f"{home.check_in:%H:%M}", "check_out": f"{home.check_out:%H:%M}"}
        yield Reason("stay_other_times", params)


def _dates(code: str, days: Sequence[date]) -> Iterable[Reason]:
    told = [one.isoformat() for one in dict.fromkeys(days)]
    if told:
        yield Reason(code, {"dates": told[:SHOWN], "count": len(told)})


def _held_out(home: Home, steps: Sequence[Step], days: dict[date, Day]) -> Iterable[Reason]:
    shut = [step.day for step in steps if not days[step.day].has(step.clock)]
    yield from _dates("stay_closed", shut)
    unpriced = [step.day for step in steps if home.rates.each(step, days[step.day]) is None]
    yield from _dates("stay_no_price", unpriced)


def _length(home: Home, limit: int, count: int, day: date | None) -> dict[str, object]:
    params: dict[str, object] = {"limit": limit, "steps": count, "step": noun(home.grid.grain)}
    return params if day is None else params | {"date": day.isoformat()}


def _lengths(home: Home, steps: Sequence[Step], days: dict[date, Day]) -> Iterable[Reason]:
    """How long a stay may be: by the date it arrives on, and by every date it is there."""
    count, arrival = len(steps), days[steps[0].day]
    if count < arrival.least:
        yield Reason("stay_too_short_arriving", _length(home, arrival.least, count, steps[0].day))
    if arrival.most is not None and count > arrival.most:
        yield Reason("stay_too_long_arriving", _length(home, arrival.most, count, steps[0].day))
    through = [(days[step.day], step.day) for step in steps]
    strict, day = max(through, key=lambda one: one[0].least_through)
    if count < strict.least_through:
        yield Reason("stay_too_short_through", _length(home, strict.least_through, count, day))
    limits = [(one.most_through, day) for one, day in through if one.most_through is not None]
    if limits:
        most, day = min(limits)
        if count > most:
            yield Reason("stay_too_long_through", _length(home, most, count, day))


def _weekdays(arrives: date, leaves: date, days: dict[date, Day]) -> Iterable[Reason]:
    for code, day, allowed in (
        ("stay_no_arrival", arrives, days[arrives].arrive),
        ("stay_no_departure", leaves, days[leaves].leave),
    ):
        if day.weekday() not in allowed:
            names = [WEEKDAYS[one] for one in sorted(allowed)]
            yield Reason(code, {"date": day.isoformat(), "weekdays": ", ".join(names)})


def _room(
    home: Home,
    wish: Wish,
    steps: Sequence[Step],
    claims: Iterable[Reservation],
    now: datetime,
) -> Iterable[Reason]:
    """Steps that are taken, and those around that would be needed to prepare."""
    begins, ends = reach(home, steps[0].at, len(steps))
    used = uses(home, claims, begins, (ends - begins) // home.grid.grain, now)
    before = home.before // home.grid.grain
    full = [home.units - use.taken < wish.units for use in used]
    inside = full[before : before + len(steps)]
    taken = [step.day for step, none in zip(steps, inside, strict=True) if none]
    yield from _dates("stay_dates_taken", taken)
    if not taken and any(full):
        yield Reason("stay_no_time_to_prepare")
