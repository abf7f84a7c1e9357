"""Stays as a vertical: fields, the calendar, times and words, out of an operator's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Literal

from marketplace import (
    DAY,
    Listing,
    Process,
    RankPart,
    RatingPart,
    ResourcePlan,
    Reviewing,
    SearchPlan,
    Seating,
    Vertical,
)
from marketplace.plugins.stays.plan import WEEKDAYS
from marketplace.plugins.stays.steps import noun
from marketplace.plugins.stays.words import WORDS

_BIG = 1_000_000_000_000
_SUM = {"type": "integer", "minimum": 0, "maximum": _BIG}
_BP = {"type": "integer", "minimum": 0, "maximum": 10_000}
_STEPS = {"type": "integer", "minimum": 1, "maximum": 10_000}
_MARGIN = {"type": "integer", "minimum": 0, "maximum": 60}
_CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_CLOSING = {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_DAYS = {"type": "array", "items": {"enum": list(WEEKDAYS)}, "uniqueItems": True}
_NAME = {"type": "string", "minLength": 1, "maxLength": 60}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)}


def _list(items: Any, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


_HELD_OUT: dict[str, Any] = {
    "open": {"type": "boolean"},
    "hours": {"type": "array", "prefixItems": [_CLOCK, _CLOSING], "minItems": 2, "maxItems": 2},
    "least": _STEPS,
    "most": _STEPS,
    "arrive": _DAYS,
    "leave": _DAYS,
}
"""What a plan says of every date, and a rule of its own."""

PLAN = _object(
    notice_hours={"type": "integer", "minimum": 0, "maximum": 8_760},
    window_days={"type": "integer", "minimum": 1, "maximum": 3_650},
    **_HELD_OUT,
    rules=_list(
        _object(
            **{"from": _DATE, "to": _DATE},
            weekdays=_DAYS | {"minItems": 1},
            through={"type": "boolean"},
            price=_SUM,
            label=_text(60),
            **_HELD_OUT,
        ),
        1_000,
    ),
)
_EARLY = _list(_object("days", "bp", days=_STEPS, bp=_BP), 20)
RATES = _object(
    nightly=_SUM,
    weekend=_SUM,
    weekend_days=_DAYS,
    cleaning=_SUM,
    extra_guest=_object("after", "each", after=_STEPS, each=_SUM),
    pet=_SUM,
    weekly_bp=_BP,
    monthly_bp=_BP,
    early_bird=_EARLY,
    last_minute=_EARLY,
    non_refundable_bp=_BP,
)

_COHOST = _object(
    "party",
    "share_bp",
    party=_text(64),
    share_bp={"type": "integer", "minimum": 1, "maximum": 10_000},
)
COHOST = "cohost"
COHOSTS = "cohosts"
PRIVATE = ("address", COHOSTS, "source")
"""What others read of a listing only when they have booked it, or never."""

LISTING = _object(
    "zone",
    zone=_NAME,
    units={"type": "integer", "minimum": 1, "maximum": 10_000},
    guests={"type": "integer", "minimum": 1, "maximum": 1_000},
    pets={"type": "integer", "minimum": 0, "maximum": 100},
    check_in=_CLOCK,
    check_out=_CLOCK,
    before=_MARGIN,
    after=_MARGIN,
    plan=PLAN,
    rates=RATES,
    jurisdiction=_NAME,
    instant={"type": "boolean"},
    deposit=_SUM,
    cancellation=_NAME,
    description=_text(20_000),
    amenities=_list(_text(200), 500),
    kind=_text(100),
    bedrooms={"type": "integer", "minimum": 0, "maximum": 1_000},
    beds={"type": "integer", "minimum": 0, "maximum": 1_000},
    bathrooms={"type": "number", "minimum": 0, "maximum": 1_000},
    photos=_list(_text(64), 100),
    address=_text(500),
    source=_text(200),
    cohosts=_list(_COHOST, 10),
)
_COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000}
REQUEST = _object(
    guests=_object(adults=_COUNT | {"minimum": 1}, children=_COUNT, infants=_COUNT, pets=_COUNT),
    rate={"enum": ["standard", "non_refundable"]},
    pay={"enum": ["now", "later", "instalments", "monthly", "at_the_door"]},
    message=_text(2_000),
)


Moments = Callable[[Listing, date, date], tuple[datetime, datetime]]


def search_plan(grain: timedelta, moments: Moments | None) -> SearchPlan:
    """What of a home is searched. The gates are asked about every one: rules go by the date."""
    return SearchPlan(
        calendar=noun(grain),
        price="rates.nightly",
        fits="guests",
        texts=("description",),
        tags=("amenities", "kind"),
        least="plan.least",
        most="plan.most",
        varies="plan.rules",
        notice="plan.notice_hours",
        window="plan.window_days",
        near=400,
        near_m=3_000,
        rank=(RankPart("photos", "photos", 100, 0, 20), RankPart("instant", "instant", 50)),
        rating=RatingPart(300),
        request=lambda search: {"guests": {"adults": max(search.fits, 1)}},
        moments=moments,
    )


def vertical(
    name: str,
    processes: tuple[Process, ...],
    follow_ups: tuple[Process, ...],
    grain: timedelta,
    kind: Literal["single", "counted"],
    quote_lives: timedelta,
    offer_lives: timedelta,
    blurs_m: int | None,
    moments: Moments | None = None,
) -> Vertical:
    """The trade as data."""
    agreed = tuple(sorted({state for process in processes for state in process.paid}))
    calendar = ResourcePlan(
        noun(grain),
        kind=kind,
        capacity="units" if kind == "counted" else 1,
        grain=grain,
        before="before",
        after="after",
        zone="zone" if grain == DAY else None,
    )
    return Vertical(
        name=name,
        processes=processes,
        follow_ups=follow_ups,
        listing_schema=LISTING,
        request_schema=REQUEST,
        resources=(calendar,),
        reviewing=Reviewing(
            axes=("cleanliness", "accuracy", "check_in", "communication", "location", "value"),
            window=14 * DAY,
            zone="zone",
        ),
        quote_lives=quote_lives,
        offer_lives=offer_lives,
        seats=(Seating(COHOST, by=("provider",), listing=COHOSTS),),
        private=PRIVATE,
        reveals={"address": agreed, "place": agreed},
        blurs_m=blurs_m,
        search=search_plan(grain, moments),
        hides_contacts=True,
        texts=("description", "message", "amenities", "kind", "plan.rules.label"),
        agreed_in=agreed,
        words=WORDS,
    )
