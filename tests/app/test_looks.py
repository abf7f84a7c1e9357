"""What can be looked for: words and signs as they are written, and nothing that makes no sense."""

from datetime import date, datetime

import pytest

from marketplace import HOUR, InvalidInput, Money
from tests.support.homes import LAKE, MONDAY, Hillside

FIRST, LAST = date(2026, 12, 4), date(2026, 12, 7)
NIGHTS = {"start": FIRST, "end": LAST}


def test_words_are_found_however_they_are_written(hillside: Hillside) -> None:
    """Case, accents, widths, invisible signs and look-alikes make no difference; a word may go
    on, and must begin."""
    hillside.home(
        "Café \u0410irbnb \uff26\uff35\uff2c\uff2c", description="zero\u200bwidth माछापुच्छ्रे"
    )
    for text in ("cafe", "CAFÉ air", "Airbnb", "full", "zerowidth", "माछा", "caf"):
        assert hillside.found(text=text), text
    for text in ("afe", "café bar", "width"):
        assert not hillside.found(text=text), text


def test_nothing_is_found_by_what_is_hidden(hillside: Hillside) -> None:
    """Whoever guesses at a private attribute or a masked contact finds nothing by it, even where
    the plan names it, nor does its provider."""
    hillside.home("A", address="7 Secret Lane", description="call +977 9812345678 now")
    assert hillside.found(text="call") == ["A"]
    for text in ("secret", "lane", "9812345678", "981"):
        assert hillside.found(text=text) == [], text


@pytest.mark.attack(76)
def test_signs_of_a_query_language_are_signs(hillside: Hillside) -> None:
    """Wildcards, quotes, operators of full text and patterns find what has those very words or
    nothing; a text that is too long, or has no word, is refused."""
    hillside.home("100% wool", description="or and not near")
    hillside.home("plain", description="nothing of the kind")
    for text in (
        *("w_ol", "wool* OR plain", '"wool" NEAR(plain)', "wool' OR '2'='2", "(wool|plain)"),
        *("^w.*l$", "wool AND -plain", "pla:wool", "\\x77ool", "title:wool"),
    ):
        assert hillside.found(text=text) == [], text
    assert hillside.found(text="100%") == ["100% wool"]
    assert hillside.found(text="wool'--") == ["100% wool"]
    assert hillside.found(text="NOT near OR wool") == ["100% wool"]
    for text in (
        "%" * 10_000,
        "%",
        "*",
        "''",
        "\u202e\u200b",
        "a" * 201,
        " ".join("abcdefghijklmnopq"),
    ):
        with pytest.raises(InvalidInput, match="a text to look for has"):
            hillside.found(text=text)
    for tags in (["%"], ["x"] * 33, "wifi", [7]):
        with pytest.raises(InvalidInput, match="tag"):
            hillside.found(tags=tags)
    assert hillside.found(tags=["w%"]) == []


def test_a_vertical_says_what_is_searched(hillside: Hillside) -> None:
    """What a vertical's plan does not name cannot be searched by."""
    for vertical, criteria in (("desks", {"fits": 1}), ("desks", {"tags": ["x"]}),
                               ("mugs", NIGHTS)):  # fmt: skip
        with pytest.raises(InvalidInput, match="not searched by"):
            hillside.found(vertical, **criteria)


@pytest.mark.parametrize(
    "criteria",
    [
        {"within_m": 100},
        {"place": LAKE},
        {"place": LAKE, "within_m": 0},
        {"place": LAKE, "within_m": True},
        {"place": (1, 2), "within_m": 5},
        {"box": (1, 2, 3, 4)},
        {"order": "near"},
        {"order": "price"},
        {"order": "id; DROP TABLE listing"},
        {"start": FIRST},
        {"start": LAST, "end": FIRST},
        {"start": FIRST, "end": FIRST},
        {"start": FIRST, "end": date(9999, 1, 1)},
        {"start": date(2020, 1, 1), "end": date(2020, 1, 2)},
        {"start": MONDAY + 20 * HOUR, "end": MONDAY + 80 * HOUR},
        {"start": datetime(2026, 12, 1), "end": datetime(2026, 12, 3)},  # noqa: DTZ001
        {"start": "2026-12-01", "end": "2026-12-03"},
        {"quantity": 0},
        {"quantity": 2**70},
        {"fits": -1},
        {"fits": 1.5},
        {"price": (Money(1, "NPR"), Money(2, "EUR"))},
        {"price": (1, 2)},
        {"price": (Money(-1, "NPR"), None)},
        {"price": (Money(1, "NPR"), None), "currency": "EUR"},
        {"currency": "XXZ"},
        {"limit": 0},
        {"limit": 10_000},
    ],
)
def test_what_nobody_can_search_for_is_refused(
    hillside: Hillside, criteria: dict[str, object]
) -> None:
    """A search that makes no sense is refused with what is allowed, and finds nothing."""
    hillside.home("A")
    with pytest.raises(InvalidInput):
        hillside.found(**criteria)
