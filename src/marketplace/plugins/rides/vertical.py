"""Rides as a vertical: fields, resources, times and words, out of an operator's settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace import DAY, Process, ResourcePlan, Reviewing, Vertical
from marketplace.plugins.rides.process import FOLLOW_UPS
from marketplace.plugins.rides.words import WORDS

NAME = "rides"
SEATS = "seats"
ATTENTION = "attention"


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def vertical(
    process: Process,
    tiers: list[str],
    dispatcher: object,
    offer_lives: timedelta,
    quote_lives: timedelta,
    dispatch_every: timedelta | None,
) -> Vertical:
    """The trade as data."""
    tier = {"enum": tiers}
    gender = {"enum": ["any", "same"]}
    return Vertical(
        name=NAME,
        processes=(process,),
        follow_ups=tuple(make() for make in FOLLOW_UPS),
        listing_schema=_object(
            tier=tier,
            plate={"type": "string", "maxLength": 20},
            seats={"type": "integer", "minimum": 1, "maximum": 60},
            payments={"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            gender={"type": "string", "maxLength": 20},
            photo={"type": "string", "maxLength": 64},
        ),
        request_schema=_object(
            tier=tier,
            payment={"type": "string", "maxLength": 40},
            stops={"type": "array", "maxItems": 10, "items": {"type": "object"}},
            driver_gender=gender,
            gender={"type": "string", "maxLength": 20},
            note={"type": "string", "maxLength": 500},
        ),
        resources=(
            ResourcePlan(ATTENTION),
            ResourcePlan(SEATS, kind="counted", capacity="seats"),
        ),
        reviewing=Reviewing(axes=("politeness", "driving", "vehicle"), window=7 * DAY, blind=False),
        quote_lives=quote_lives,
        offer_lives=offer_lives,
        offer_claims=ATTENTION,
        dispute_window=7 * DAY,
        visible={"pickup_code": ("customer",)},
        hides_contacts=True,
        dispatcher=dispatcher,
        dispatch_every=dispatch_every,
        words=WORDS,
    )
