"""Fares as data: nonsense is refused when it is made, with a sentence that says what is allowed."""

from datetime import UTC, date, time
from typing import Any

import pytest

from marketplace import InvalidInput
from marketplace.plugins.rides.fare import (
    FIFTH_MILE,
    KM,
    MILE,
    Band,
    CancellationRow,
    CancellationTerms,
    ChangeCap,
    DistanceUnit,
    Fare,
    NoShow,
    Supplement,
    Waiting,
    Window,
)
from marketplace.plugins.rides.route import Route

BAD_NUMBERS = [-1, 2**63, "1e3", 1.5, True, float("nan"), "\uff11\uff12", None]


@pytest.mark.attack(20, 29)
@pytest.mark.parametrize("bad", BAD_NUMBERS, ids=repr)
@pytest.mark.parametrize("name", ["base", "per_minute", "per_stop", "minimum", "rounding"])
def test_a_rate_is_a_whole_number(name: str, bad: Any) -> None:
    """A negative, fractional, textual, true or huge rate is refused, and the field is named."""
    with pytest.raises(InvalidInput, match=name):
        Fare("NPR", **{name: bad})


@pytest.mark.attack(20)
@pytest.mark.parametrize("bad", BAD_NUMBERS, ids=repr)
def test_every_number_is_checked(bad: Any) -> None:
    """Bands, waiting, supplements, caps, fees and ways refuse what is no whole number."""
    makers: list[Any] = [
        lambda: Band(bad),
        lambda: Band(1, up_to_m=bad) if bad is not None else Band(None),  # type: ignore[arg-type]
        lambda: Waiting(free_s=bad),
        lambda: Waiting(per_minute=bad),
        lambda: Supplement("night", fixed=bad),
        lambda: Supplement("night", bps=bad),
        lambda: ChangeCap(bps=bad),
        lambda: ChangeCap(amount=bad),
        lambda: CancellationRow(fixed=bad),
        lambda: CancellationTerms(grace_s=bad),
        lambda: NoShow(fee=bad),
        lambda: DistanceUnit("span", bad),
        lambda: Route(bad, 0),
        lambda: Route(0, bad),
        lambda: Fare("NPR", surge_cap_bps=bad),
    ]
    for make in makers:
        with pytest.raises(InvalidInput):
            make()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Fare("RUPEE"), "ISO 4217"),
        (lambda: Fare("NPR", zone="Kathmandu"), "IANA names"),
        (lambda: Fare("NPR", zone="../etc"), "allowed are IANA"),
        (lambda: Fare("NPR", bands=(Band(1, 5),)), "last band"),
        (lambda: Fare("NPR", bands=(Band(1), Band(1))), "no other, is open"),
        (lambda: Fare("NPR", bands=(Band(1, 9), Band(1, 5), Band(1))), "further"),
        (lambda: Fare("NPR", bands=[Band(1)]), "tuple"),  # type: ignore[arg-type]
        (lambda: Fare("NPR", surge_cap_bps=9_999), "10000 or more"),
        (lambda: Fare("NPR", supplements=(Supplement("a"), Supplement("a"))), "of its own"),
        (lambda: Fare("NPR", tolls_to="customer"), "provider or operator or tax"),
        (lambda: Band(1, up_to_m=0), "after 0 metres"),
        (lambda: Window(time(5), time(5)), "another time"),
        (lambda: Window(time(5, tzinfo=UTC), time(6)), "without zone"),
        (lambda: Supplement(""), "must be a word"),
        (lambda: Supplement("x", weekdays=(7,)), "Sunday"),
        (lambda: Supplement("x", since=date(2026, 1, 2), until=date(2026, 1, 1)), "before"),
        (lambda: Supplement("x", basis="toll"), "ride or price"),  # type: ignore[arg-type]
        (lambda: CancellationRow(payer="customer", payee="customer"), "two roles"),
        (lambda: CancellationRow(payer="nobody"), "customer or provider or operator"),
        (lambda: CancellationRow(most=-1), "zero or more"),
        (lambda: ChangeCap(bearer="customer"), "provider or operator"),
    ],
)
def test_nonsense_says_what_is_allowed(make: Any, says: str) -> None:
    """A fare that makes no sense is refused by a sentence that says what would."""
    with pytest.raises(InvalidInput, match=says):
        make()


def test_units_are_exact() -> None:
    """A fifth of a mile, five times, is a mile; a kilometre is a thousand metres."""
    assert FIFTH_MILE.numerator * 5 * MILE.denominator == MILE.numerator * FIFTH_MILE.denominator
    assert (KM.numerator, KM.denominator) == (1000, 1)
