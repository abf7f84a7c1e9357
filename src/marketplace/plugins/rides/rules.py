"""Pricing rules of rides: from a line's inputs, and from nothing else, to minor units.

Every rate is among the inputs, so that a line gives its amount again years later, whatever the
fares have become. Whole numbers only; halves go away from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from marketplace import divide

Inputs = Mapping[str, Any]


def fixed(inputs: Inputs) -> int:
    """``amount``, as it stands: a base fare, a flat fare, a toll."""
    return int(inputs["amount"])


def distance(inputs: Inputs) -> int:
    """The metres of the ride between ``from_m`` and ``to_m``, at ``rate`` for each unit."""
    end = inputs["metres"] if inputs["to_m"] is None else min(inputs["metres"], inputs["to_m"])
    inside = max(0, end - inputs["from_m"])
    numerator, denominator = inputs["unit_m"]
    if inputs["started"]:
        return int(-(-inside * denominator // numerator) * inputs["rate"])
    return divide(inside * denominator * inputs["rate"], numerator)


def minutes(inputs: Inputs) -> int:
    """``seconds`` at ``per_minute``, in proportion."""
    return divide(inputs["seconds"] * inputs["per_minute"], 60)


def waiting(inputs: Inputs) -> int:
    """``seconds`` beyond ``free_s`` at ``per_minute``, in proportion."""
    return divide(max(0, inputs["seconds"] - inputs["free_s"]) * inputs["per_minute"], 60)


def each(inputs: Inputs) -> int:
    """``count`` times ``rate``."""
    return int(inputs["count"] * inputs["rate"])


def up_to_minimum(inputs: Inputs) -> int:
    """What ``of`` lacks of ``minimum``."""
    return int(max(0, inputs["minimum"] - inputs["of"]))


def supplement(inputs: Inputs) -> int:
    """``fixed`` and a share ``bps`` of ``of``, if the local time lies where it holds."""
    if not _holds(datetime.fromisoformat(inputs["local"]), inputs):
        return 0
    return int(inputs["fixed"]) + divide(inputs["of"] * inputs["bps"], 10_000)


def _holds(local: datetime, inputs: Inputs) -> bool:
    today, now = local.date(), local.time().replace(tzinfo=None)
    if inputs["since"] and today < date.fromisoformat(inputs["since"]):
        return False
    if inputs["until"] and today > date.fromisoformat(inputs["until"]):
        return False
    if inputs["holiday"] or (inputs["weekdays"] and today.weekday() not in inputs["weekdays"]):
        return False
    return inputs["window"] is None or in_window(now, inputs["window"])


def in_window(now: time, window: Sequence[str]) -> bool:
    """Whether a wall-clock time lies in a window that may pass midnight."""
    start, end = time.fromisoformat(window[0]), time.fromisoformat(window[1])
    return start <= now < end if start < end else now >= start or now < end


def surge(inputs: Inputs) -> int:
    """What ``of`` grows by when it is multiplied, by no more than ``cap_bps``."""
    multiplier = min(inputs["multiplier_bps"], inputs["cap_bps"])
    return divide(inputs["of"] * max(0, multiplier - 10_000), 10_000)


def above_ceiling(inputs: Inputs) -> int:
    """What ``of`` exceeds of ``fixed`` and ``per_km`` for the ``metres``."""
    ceiling = inputs["fixed"] + divide(inputs["metres"] * inputs["per_km"], 1000)
    return int(max(0, inputs["of"] - ceiling))


def above_change_cap(inputs: Inputs) -> int:
    """The least reduction that keeps the customer's sum within the cap.

    The sum is the ``price``, the shares ``tax_bps`` of what is left of it, and ``others`` (tolls,
    fixed taxes); the cap is the ``quoted`` sum and the larger of ``bps`` of it and ``amount``,
    down to a multiple of ``unit``.
    """
    allowed = max(divide(inputs["quoted"] * inputs["bps"], 10_000), inputs["amount"])
    limit = (inputs["quoted"] + allowed) // inputs["unit"] * inputs["unit"]

    def owed(reduction: int) -> int:
        price = inputs["price"] - reduction
        taxes = sum(divide(max(0, price) * share, 10_000) for share in inputs["tax_bps"])
        return int(price + taxes + inputs["others"])

    least, most = 0, int(inputs["price"] + inputs["others"])
    if owed(0) <= limit:
        return 0
    while least < most:
        middle = (least + most) // 2
        if owed(middle) <= limit:
            most = middle
        else:
            least = middle + 1
    return least


def to_coin(inputs: Inputs) -> int:
    """How far ``of`` lies from the nearest multiple of ``unit``; the line says which way."""
    return int(abs(divide(inputs["of"], inputs["unit"]) * inputs["unit"] - inputs["of"]))


def cancellation(inputs: Inputs) -> int:
    """``fixed`` and a share ``bps`` of ``quoted``, at most ``most``, to the nearest coin."""
    fee = inputs["fixed"] + divide(inputs["quoted"] * inputs["bps"], 10_000)
    if inputs["most"] is not None:
        fee = min(fee, inputs["most"])
    return int(divide(fee, inputs["unit"]) * inputs["unit"])


def metered(inputs: Inputs) -> int:
    """Units of distance while it rolls, of time while it crawls, the first within the entry.

    The way is taken to be driven at ``cruise_mph``; all time beyond that is spent crawling.
    """
    return int(max(0, meter_units(inputs) - inputs["included"]) * inputs["rate"])


def meter_units(inputs: Inputs) -> int:
    """The units a meter has begun: fractions of distance and time are combined.

    Distance in hundredths of a mile, ``units_per_mile``; ``unit_seconds`` of crawling are a unit
    too. The sum is kept in fractions of a unit until its end, so that nothing rounds before.
    """
    far, cruise, unit = inputs["hundredth_miles"], inputs["cruise_mph"], inputs["unit_seconds"]
    whole = 100 * cruise * unit
    rolled = far * inputs["units_per_mile"] * cruise * unit
    crawled = max(0, inputs["seconds"] * 100 * cruise - far * 3600)
    return int(-(-(rolled + crawled) // whole))


RULES: dict[str, Callable[[Inputs], int]] = {
    f"rides.{rule.__name__}": rule
    for rule in (
        fixed, distance, minutes, waiting, each, up_to_minimum, supplement, surge, above_ceiling,
        above_change_cap, to_coin, cancellation, metered,
    )
}  # fmt: skip
"""Every rule by the name its lines carry."""
