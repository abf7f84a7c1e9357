"""Folding: names that look the same are the same, and tricks of writing are told."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import fold, tricks

CYRILLIC_A = "\u0410"
ALIKE = [
    f"{CYRILLIC_A}irbnb",
    "AIRBNB",
    "Air\u200bbnb",
    "\u202aAirbnb\u202c",
    "Ａｉｒｂｎｂ",  # noqa: RUF001
    "Áirbnb",
    "  airbnb ",
    "Air\u00adbnb",
    "\U0001d400irbnb",
]


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_the_same_is_the_same(name: str) -> None:
    """Case, accents, full-width letters, invisible signs and letters drawn alike fold away."""
    assert fold(name) == "airbnb"


@given(st.text())
def test_folding_is_done_once(text: str) -> None:
    """Folding what is folded changes nothing, whatever the text: it can be kept and compared."""
    assert fold(fold(text)) == fold(text)


def test_other_scripts_keep_their_words() -> None:
    """Nepali keeps its vowels, and words of one script that differ still differ."""
    assert fold("ठमेलको घर") == "ठमेलको घर"
    assert fold("Дом над морем") != fold("Дом под горой")
    assert fold("ДОМ") == fold("дом")
    assert fold("घर") != fold("घरी")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"{CYRILLIC_A}irbnb", ("mixed_scripts",)),
        ("Air\u200bbnb", ("invisible",)),
        ("Air\u200dbnb", ("invisible",)),
        ("\u202egnp.exe", ("turned_writing",)),
        ("\u0440\u0430\u0443\u0440\u0430\u0406", ("looks_latin",)),
        ("\u03bfpera", ("mixed_scripts",)),
    ],
)
def test_tricks_are_told(name: str, told: tuple[str, ...]) -> None:
    """Two scripts in a word, signs that nobody sees, turned writing, and a name in another script
    that reads as a Latin one."""
    assert tricks(name) == told


@pytest.mark.parametrize(
    "name",
    [
        "Airbnb", "Café Zoë", "काठमाडौँ घर", "क्‍ष", "Дом над морем", "Ξενοδοχείο", "東京の家",
        "بيت الضيافة", "Haus Süd 2", "Дом by the lake", "O'Brien's", "👩\u200d🌾 farm", "",
    ],
)  # fmt: skip
def test_honest_names_are_not_flagged(name: str) -> None:
    """Names in any one script, words of two scripts side by side, and joined pictures pass."""
    assert tricks(unicodedata.normalize("NFC", name)) == ()
