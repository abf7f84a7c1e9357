"""Codes: one spelling for what people take for one, and no letters that only look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput
from marketplace.plugins.coupons.codes import LONGEST, drawn, sameness, written


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("dashain-20", "DASHAIN-20"),
        ("  Dashain-20\n", "DASHAIN-20"),
        ("dashain-२०", "DASHAIN-20"),
        ("".join(chr(ord(one) + 0xFEE0) for one in "DASHAIN-20"), "DASHAIN-20"),
        ("straße", "STRASSE"),
    ],
)
def test_a_code_is_read_as_it_was_meant(typed: str, code: str) -> None:
    """Case, blanks around it, full-width letters and the digits of another script do not matter."""
    assert written(typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "-",
        "A--B",
        "A B",
        "A_B",
        "D\u0410SHAIN",
        "d\u0430shain",
        "दशैं",
        "A\u200bB",
        "A" * 41,
        "é",
    ],
)
def test_letters_that_only_look_alike_are_refused(typed: str) -> None:
    """A Cyrillic letter in a Latin word, what nobody sees, and what is no code at all is refused
    with what a code is made of."""
    with pytest.raises(InvalidInput, match="A-Z, 0-9"):
        written(typed)


@pytest.mark.parametrize("typed", [None, 20, b"A", ["A"], "A" * 1000])
def test_a_code_is_a_short_text(typed: object) -> None:
    """Something that is no text, or far too long, is refused before anything is done with it."""
    with pytest.raises(InvalidInput, match="a text of at most"):
        written(typed)


@pytest.mark.parametrize(
    ("one", "other"), [("SOLO-1O", "S0L01-0"), ("BILL", "B1LL"), ("Q1", "0I"), ("AB-C", "A-BC")]
)
def test_codes_that_are_read_alike_are_the_same(one: str, other: str) -> None:
    """0 and O and Q, 1 and I and L, and where the hyphens are, make no difference."""
    assert sameness(written(one)) == sameness(written(other))


@given(st.text(max_size=60))
def test_reading_a_code_again_changes_nothing(text: str) -> None:
    """Whatever is typed, what is read is a code, and is read as itself the next time."""
    try:
        code = written(text)
    except InvalidInput:
        return
    assert written(code) == code
    assert written(f" {code.lower()} ") == code
    assert code.isascii()
    assert 1 <= len(code) <= LONGEST


@given(st.lists(st.integers(0, 2**30), min_size=12, max_size=12))
def test_a_drawn_code_is_read_for_no_other(numbers: list[int]) -> None:
    """A code that was drawn has no letter that is taken for another, so it stays what it is."""
    left = iter(numbers)
    code = drawn(lambda below: next(left) % below)
    assert written(code) == code
    assert sameness(code) == code.replace("-", "")
