"""The rides' words: every code that they give has a sentence in both languages."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given

import marketplace.plugins.rides.words as words_module
from marketplace import Reason, render
from marketplace.plugins.rides.cancellations import Cancelled, cancel, no_show
from marketplace.plugins.rides.fare import Fare
from marketplace.plugins.rides.fares import finish, quote
from marketplace.plugins.rides.rates import kathmandu_taxi
from marketplace.plugins.rides.ride import Changes, Ride
from marketplace.plugins.rides.route import Route
from marketplace.plugins.rides.words import ENGLISH, NEPALI, WORDS
from tests.plugins.rides.strategies import changes, rides

FIELD = re.compile(r"\{(\w+)")
NOON = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)


def given_codes() -> set[str]:
    """Every code that the package writes as the first argument of a reason, or of a bad row."""
    found = set()
    for path in Path(words_module.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in {"Reason", "_why", "_Bad"}:
                    found |= {
                        leaf.value
                        for leaf in ast.walk(first)
                        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                    } - {""}
    return found


@pytest.mark.behaviour("C7", "T6")
def test_every_reason_has_words_in_both_languages() -> None:
    """No reason that rides can give is without a sentence, in English or in Nepali."""
    codes = given_codes()
    assert {"ride_driver_late", "document_expired", "trip_no_place"} <= codes
    assert codes - ENGLISH.keys() == set()
    assert codes - NEPALI.keys() == set()


def test_both_languages_speak_of_the_same() -> None:
    """The catalogues have the same codes, and a Nepali sentence asks for no other parameters."""
    assert ENGLISH.keys() == NEPALI.keys()
    for code, template in NEPALI.items():
        assert set(FIELD.findall(template)) <= set(FIELD.findall(ENGLISH[code])), code


def told(reasons: list[Reason], language: str) -> list[str]:
    sentences = [render(reason, WORDS, language) for reason in reasons]
    assert all("{" not in sentence for sentence in sentences), sentences
    return sentences


def lines_as_reasons(lines: object) -> list[Reason]:
    return [
        Reason(f"line.{line.code}", {**line.inputs, "money": line.amount})
        for line in lines  # type: ignore[attr-defined]
    ]


@pytest.mark.behaviour("C7")
@given(rides, changes)
def test_every_line_of_a_ride_is_told(ride: Ride, change: Changes) -> None:
    """Whatever a ride in Kathmandu costs, each line is a sentence with nothing left to fill."""
    fare = kathmandu_taxi()
    quoted = quote(fare, ride)
    end = finish(fare, quoted, ride, change)
    for language in WORDS:
        told([*lines_as_reasons(quoted), *lines_as_reasons(end.lines), *end.reasons], language)


@pytest.mark.behaviour("T6")
def test_a_fare_in_nepali() -> None:
    """A fare is told in Nepali with Nepali digits and rupees, line by line."""
    lines = quote(kathmandu_taxi(), Ride(NOON, Route(3_000, 600)))
    assert told(lines_as_reasons(lines), "ne") == [
        "रु ९०: सुरु भाडा",
        "रु १६५: दूरी, प्रति कि.मि. रु ५५",
        "रु ४०: १० मिनेट, प्रति मिनेट रु ४",
    ]
    assert told(lines_as_reasons(lines), "en") == [
        "NPR 90: for getting in",
        "NPR 165: distance at NPR 55 a km",
        "NPR 40: 10 min at NPR 4 a minute",
    ]


def test_a_cancellation_is_told() -> None:
    """A fee and its reasons are sentences that name fault and bearer in people's words."""
    fare: Fare = kathmandu_taxi()
    facts = Cancelled("customer", "accepted", at=NOON.replace(minute=20), accepted_at=NOON)
    ended = cancel(fare, facts, [])
    assert told([*lines_as_reasons(ended.lines), *ended.reasons], "en") == [
        "NPR 45: cancellation fee, fault of the rider (accepted)",
        "cancelled 5 min after a driver accepted; only 2 min are free",
        "cancelling costs NPR 45, from the rider to the driver (row 3 of the table)",
    ]
    gone = no_show(fare, 480)
    assert told([*lines_as_reasons(gone.lines), *gone.reasons], "ne")[-1] == (
        "चालकले ८ मिनेट पर्खनुभयो; ७ मिनेट पछि जान पाइन्छ"
    )
