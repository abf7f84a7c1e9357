"""What an operator sets of his trade in goods: times, freight by weight, taxes by country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import AttrsInstance, field, fields, frozen

from marketplace import DAY, MINUTE, InvalidInput


def _refuse_nothing(settings: AttrsInstance) -> None:
    """Raise ``InvalidInput`` for a time that is over when it begins."""
    for one in fields(type(settings)):
        value: object = getattr(settings, one.name)
        timed = isinstance(one.default, timedelta)
        if timed and not (isinstance(value, timedelta) and value > timedelta(0)):
            raise InvalidInput(f"{one.name}: a time lasts more than nothing, not {value!r}")


@frozen
class GoodsTimes:
    """How long each side has; every state in which money lies has one of these."""

    pay: timedelta = 30 * MINUTE
    """A customer pays within it, or the goods are anybody's again."""
    handling: timedelta = 3 * DAY
    """From payment to the parcel's leaving, beside the ``lead_days`` of a listing."""
    transit: timedelta = 30 * DAY
    protection: timedelta = 15 * DAY
    """After handling and transit: who has nothing by then gets the money back."""
    silence: timedelta = 10 * DAY
    """After a delivery, in which the customer may complain; then the seller is paid."""
    answer: timedelta = 5 * DAY
    """A seller answers a complaint within it, or what was wanted is given."""
    decision: timedelta = 21 * DAY
    """The operator decides within it, or what was wanted is given."""
    send_back: timedelta = 14 * DAY
    way_back: timedelta = 15 * DAY
    hand_over: timedelta = DAY
    """A seller of what has no weight hands it over within it."""
    open: timedelta = 3 * DAY
    """After handing over, in which the customer may complain."""
    call_off: timedelta = 7 * DAY
    """A sample leaves within it."""
    sample: timedelta = 45 * DAY
    agree: timedelta = 7 * DAY
    """The first part of a contract is paid within it."""
    make: timedelta = 60 * DAY
    """A part of a contract is shown within it."""
    approve: timedelta = 14 * DAY
    next_part: timedelta = 30 * DAY
    """A later part of a contract is paid within it, or the parts before stay with the seller."""
    count: timedelta = DAY
    """After a group has closed; who was not told by then has the money back."""
    supply_answer: timedelta = 2 * DAY
    """A supplier takes an order on within it, or his seller's customer gets the money back."""
    supply_sent: timedelta = 5 * DAY
    """A supplier sends within it."""
    supply_due: timedelta = 30 * DAY
    """After sending: a supplier is paid then, whatever became of the order."""
    claim: timedelta = 30 * DAY
    """After the end, in which something may still be claimed."""

    def __attrs_post_init__(self) -> None:
        _refuse_nothing(self)


def _steps(instance: object, attribute: object, value: Mapping[str, Any]) -> None:
    for country, steps in value.items():
        if not isinstance(steps, tuple) or not steps:
            raise InvalidInput(f"freight to {country} has one step or more, not {steps!r}")
        weights = [weight for weight, _ in steps]
        whole = all(type(part) is int and part >= 0 for step in steps for part in step)
        if not whole or weights != sorted(set(weights)):
            raise InvalidInput(
                f"freight to {country} has steps of (grams at most, price), ascending and in whole "
                f"numbers, not {steps!r}"
            )


@frozen
class Freight:
    """What a parcel costs: by country, steps of (grams at most, minor units)."""

    countries: Mapping[str, tuple[tuple[int, int], ...]] = field(validator=_steps)
    """ISO code of a country to its steps; ``*`` stands for every other."""
    currency: str

    def steps(self, country: str) -> tuple[tuple[int, int], ...]:
        """The steps to a country; none where nothing is sent."""
        return self.countries.get(country) or self.countries.get("*", ())


def _basis_points(instance: object, attribute: object, value: int) -> None:
    if type(value) is not int or not 0 <= value <= 10_000:
        raise InvalidInput(f"a tax is 0 to 10000 basis points, not {value!r}")


@frozen
class GoodsTax:
    """A tax on goods and their freight, by the country they go to."""

    name: str
    bp: int = field(validator=_basis_points)
    facilitator: bool = True
    """Collected by the marketplace and owed to the authority; False: the seller's own affair."""


@frozen
class Limits:
    """What the trade allows at most."""

    extend: timedelta = 30 * DAY
    """By how much both sides together may put off the end of a protection."""
    resends: int = 2
    """How often one deal's goods are sent again."""

    def __attrs_post_init__(self) -> None:
        _refuse_nothing(self)
