"""Printing: no text forges a second line, and none is computed by a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import csv_text, one_line
from marketplace.domain.printing import csv_cell


@pytest.mark.attack(67)
@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    """Whatever the text, it prints as one line without control signs or turned writing."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not set(line) & {"\r", "\n", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "\x00"}
    assert one_line(line) == line


def test_ordinary_texts_stay_as_they_are() -> None:
    """What has no break in it is printed as it was written, joiners of Nepali included."""
    for text in ("Hari", "काठमाडौँ क्‍ष", "two  blanks", "Дом", ""):
        assert one_line(text) == text


@pytest.mark.attack(68)
@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1",
        "\uff1d1+1", "\u200b=1", "\n=1", "|cmd", "%0A",
    ],
)  # fmt: skip
def test_a_text_is_never_a_formula(text: str) -> None:
    """A cell that a spreadsheet would compute begins with a quote, and its text is whole."""
    (row,) = csv.reader(io.StringIO(csv_text([text], []), newline=""))
    assert row == [f"'{text}"]


def test_numbers_stay_numbers() -> None:
    """Amounts, negative ones too, can be added up; nothing is written for nothing."""
    assert [csv_cell(one) for one in (-5, "-12.50", "1", None, True)] == [
        "-5", "-12.50", "1", "", "True",
    ]  # fmt: skip


def test_a_table_comes_back() -> None:
    """Commas, quotes and breaks in a cell do not move the others."""
    rows = [["a,b", 'say "no"', "two\nlines"], ["1", "2", "3"]]
    read = list(csv.reader(io.StringIO(csv_text(["x", "y", "z"], rows), newline="")))
    assert read == [["x", "y", "z"], *rows]
