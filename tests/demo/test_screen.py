"""The screen of demos and commands: nothing is broken in the middle, at any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.demo.screen import facts, lines, numbers, say, tell_why, wide, wrapped

COLUMNS = ("plugin", "brings", "answers", "made by")
ROWS = [
    ("rides", "verticals: rides; 13 pricing rules", "bring, refuse_request", "shop.plugins.Rides"),
    ("cash", "payment methods: cash", "refuse_transition, propose_lines", "shop.plugins.Cash"),
]
words = st.text(st.sampled_from("abcdefgh_नेक"), min_size=1, max_size=12)
texts = st.lists(words, max_size=8).map(" ".join)


@given(texts, st.integers(12, 60))
def test_prose_is_folded_between_words(text: str, size: int) -> None:
    """Folded and put together again a text is the same, and no line is too wide."""
    made = wrapped(text, size)
    assert " ".join(made) == text
    assert all(wide(line) <= size for line in made)


def test_an_amount_is_not_torn_from_its_currency() -> None:
    """A fold never comes between a currency and its number, or before a percent sign."""
    assert wrapped("NPR 25,760 was owed, 50 % of it", 10) == [
        "NPR 25,760",
        "was owed,",
        "50 % of it",
    ]
    assert wrapped("it comes to NPR 1,000", 16) == ["it comes to", "NPR 1,000"]
    assert wrapped("a share of 12 %", 12) == ["a share of", "12 %"]


@given(st.text(st.sampled_from("ab/.:_"), min_size=30, max_size=90), st.integers(8, 20))
def test_a_word_that_is_too_long_loses_nothing(word: str, size: int) -> None:
    """A word longer than a line is parted, and none of it is lost."""
    made = wrapped(word, size)
    assert "".join(made) == word
    assert all(wide(line) <= size for line in made)


def test_a_long_word_is_parted_at_its_joints() -> None:
    """A dotted name is parted after a dot."""
    parts = wrapped("marketplace.plugins.commission.Commission", 24)
    assert parts == ["marketplace.plugins.", "commission.Commission"]


@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=6), st.integers(40, 120))
def test_a_table_breaks_no_word(rows: list[tuple[str, str, str]], most: int) -> None:
    """At any width every word of a table stands whole in it, and no line is too wide."""
    made = lines(("one", "two", "three"), rows, most)
    assert all(wide(line) <= most for line in made)
    shown = set(" ".join(made).split())
    assert {word for row in rows for cell in row for word in cell.split()} <= shown


def test_what_can_be_spared_goes_first() -> None:
    """A column that can be spared is there where it has room, and left out where it has none."""
    wide_one = lines(COLUMNS, ROWS, 120, spare=(3,))
    narrow = lines(COLUMNS, ROWS, 60, spare=(3,))
    assert "made by" in wide_one[0]
    assert "made by" not in narrow[0]
    assert "answers" in narrow[0]


def test_where_nothing_fits_a_row_is_told_field_below_field() -> None:
    """A table whose longest words find no room beside each other names each field of a row."""
    made = lines(COLUMNS, ROWS, 40)
    assert made[0] == "rides"
    assert "  answers  bring, refuse_request" in made
    assert all(wide(line) <= 40 for line in made)


def test_a_title_stands_between_rows() -> None:
    """A text alone is a line of its own, however narrow the columns are."""
    made = lines(("a", "b"), ["when it waits for an answer:", ("x", "y")], 80)
    assert made[2:] == ["when it waits for an answer:", "x  y"]


@pytest.mark.parametrize("columns", ["48", "80", "120"])
def test_a_demo_s_end_fits_its_terminal(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Facts, numbers and reasons are folded at the terminal's width, numbers at the right edge."""
    monkeypatch.setenv("COLUMNS", columns)
    long = "drivers who were stopped since they owed the marketplace more than they may owe"
    facts("A morning", [("riders asked", "1,200"), ("", ""), (f"  {long}", "5")])
    numbers("Metres", ("from", "riders"), [("06:00", "12")], ("in all", "12"))
    tell_why([("the price", long), ("the match", long)])
    told = capsys.readouterr().out
    assert all(wide(line) <= int(columns) for line in told.splitlines())
    assert set(long.split()) <= set(told.split())
    assert told.count("why?") == 1
    (riders,) = (line for line in told.splitlines() if "riders asked" in line)
    (debts,) = (line for line in told.splitlines() if line.endswith(" 5"))
    assert wide(riders) == wide(debts)
    total = next(n for n, line in enumerate(told.splitlines()) if line.startswith("in all"))
    assert set(told.splitlines()[total - 1].split()) <= {"─" * 6}


def test_without_a_terminal_prose_stays_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody says how wide the screen is, a paragraph is not folded."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.__stdout__", None)
    say("word " * 60)
    assert len(capsys.readouterr().out.splitlines()) == 1
