"""The stays' words: every code that they give has a sentence in both languages."""

import ast
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import marketplace.plugins.stays.words as words_module
from marketplace import Line, Reason, render
from marketplace.plugins.stays import deal_words
from marketplace.plugins.stays.deal import WAYS
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.pricing import Tariff, hosts_lines
from marketplace.plugins.stays.taxes import Tax
from marketplace.plugins.stays.words import WORDS
from tests.plugins.stays.homes import NEW_YEAR, home, wish

ENGLISH, NEPALI = WORDS["en"], WORDS["ne"]
NO_CODES = {*WAYS.values(), "stay_on_request", "stay_later_on_request", "stay_unknown_columns"}
NO_CODES |= {"stay_cancellation", "stay_cancellation_name", "stay_deposit"}
"""Names of processes and policies, and of an error: nobody reads them as sentences."""
FIELD = re.compile(r"\{(\w+)")
CODE = re.compile(r"stay_[a-z_]+")


def given_codes() -> set[str]:
    """Every code that the package writes as a whole string, but for its field names."""
    return {
        leaf.value
        for path in Path(words_module.__file__).parent.rglob("*.py")
        if path.name not in ("words.py", "deal_words.py")
        for leaf in ast.walk(ast.parse(path.read_text()))
        if isinstance(leaf, ast.Constant)
        and isinstance(leaf.value, str)
        and CODE.fullmatch(leaf.value)
    }


@pytest.mark.behaviour("C7", "T6")
def test_every_reason_has_words_in_both_languages() -> None:
    """No reason that stays can give is without a sentence, in English or in Nepali."""
    codes = given_codes() - NO_CODES
    assert {"stay_too_soon", "stay_no_arrival", "stay_malformed_field"} <= codes
    assert codes - ENGLISH.keys() == set()
    assert codes - NEPALI.keys() == set()


def test_no_words_are_left_over() -> None:
    """A sentence that nobody says is no part of the catalogue."""
    said = {code for code in ENGLISH if code.startswith("stay_")}
    assert said - given_codes() == set()


def test_both_languages_speak_of_the_same() -> None:
    """The catalogues have the same codes, and a Nepali sentence asks for no other parameters."""
    assert ENGLISH.keys() == NEPALI.keys()
    for code, template in NEPALI.items():
        assert set(FIELD.findall(template)) <= set(FIELD.findall(ENGLISH[code])), code


def told(lines: list[Line], language: str) -> list[str]:
    """Each line as a sentence, with nothing left to fill."""
    reasons = [Reason(f"line.{one.code}", {**one.inputs, "money": one.amount}) for one in lines]
    sentences = [render(one, WORDS, language) for one in reasons]
    assert all("{" not in one and "line." not in one for one in sentences), sentences
    return sentences


@pytest.mark.behaviour("C7", "T6")
def test_every_line_of_a_stay_is_told() -> None:
    """Each line that a stay may have is a sentence in both languages, in its own digits."""
    rates: dict[str, Any] = {
        "nightly": 10_000, "cleaning": 500, "extra_guest": {"after": 1, "each": 100}, "pet": 90,
        "weekly_bp": 500, "monthly_bp": 1_000, "early_bird": [{"days": 60, "bp": 250}],
        "last_minute": [{"days": 59, "bp": 125}], "non_refundable_bp": 1_000,
    }  # fmt: skip
    taxes = {"here": (Tax("city tax", bp=500), Tax("bed tax", each=150, currency="NPR"))}
    tariff = Tariff(Fees.split(1_412, 300), taxes, "stays")
    cohosts = [{"party": "pty_3", "share_bp": 2_000}]
    place = home("NPR", rates=rates, jurisdiction="here", pets=1, cohosts=cohosts)
    found: dict[str, Line] = {}
    for arrive, nights in ((date(2026, 4, 1), 7), (date(2026, 4, 1), 28), (date(2026, 1, 9), 2)):
        stay = wish(place, arrive, nights, adults=3, pets=1, rate="non_refundable")
        lines = hosts_lines(place, stay, NEW_YEAR, "stays")
        lines += tariff.lines(place, stay, lines)
        found |= {line.code: line for line in lines}
    hours = home(grain=place.grid.grain / 24, currency="NPR")
    slots = home(grain=place.grid.grain / 48, currency="NPR")
    for other in (hours, slots):
        (line,) = hosts_lines(other, wish(other, date(2026, 4, 1), 1), NEW_YEAR, "stays")
        found[line.code] = line
    assert {f"line.{code}" for code in found} == {
        code for code in ENGLISH.keys() - deal_words.ENGLISH.keys() if code.startswith("line.")
    }
    lines = list(found.values())
    told(lines, "en")
    nights = evolve(found["nights"], inputs={**found["nights"].inputs, "steps": 1, "units": 2})
    one_price = evolve(nights, inputs={**nights.inputs, "runs": [["2026-04-01", 1, 10_000]]})
    assert told([one_price], "en") == ["NPR 200: 1 night at NPR 100, for 2 units"]
    assert told([one_price], "ne") == ["रु २००: १ रात प्रत्येक रु १००, २ एकाइ"]
    assert told([found["occupancy_tax_by_head"]], "ne") == [
        "रु ९: bed tax, प्रति व्यक्ति प्रति रात रु १.५० (३ जना, २ रात)"
    ]
    assert all(re.search("[०-९]", one) for one in told(lines, "ne"))
