"""Names as they are compared: folded so that what looks the same is the same; and tricks told.

``fold`` is for searching and for asking whether a name is taken, never for showing. It makes
compatibility forms plain, takes away case, accents of Latin letters and what is invisible, and
puts Latin letters for those of other scripts that are drawn alike (an *Airbnb* with a Cyrillic A).
Both sides of a comparison are folded, so Russian still finds Russian.
"""

from __future__ import annotations

import re
import unicodedata

_ALIKE = {
    "CYRILLIC": ("авсеԁһіјѕкмнорԛтуԝхѵғӏ", "abcedhijskmhopqtywxvfl"),
    "GREEK": ("αβεζηικμνορτυχγς", "abeznikuvoptuxyc"),
    "ARMENIAN": ("օսոհզյ", "ounhqj"),
}
"""Small letters of other scripts over the Latin ones that they are taken for. Each has one: a
capital Greek eta looks like H, the small one like n, and case must not matter."""
_TABLE = {ord(a): b for theirs, ours in _ALIKE.values() for a, b in zip(theirs, ours, strict=True)}
_TABLE |= {0x131: "i", 0x251: "a", 0x261: "g", 0x269: "i", 0x28B: "v"}
_ACCENTS = re.compile("[\u0300-\u036f]")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_JOINERS = "\u200c\u200d"
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("LATIN", *_ALIKE)
LEAST_ALIKE = 3
"""Letters of another script that must look Latin before a name is said to."""


def fold(text: str) -> str:
    """The text as it is compared: two that look the same are the same."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Cf", "Cc", "Zl"))
    plain = _ACCENTS.sub("", plain.casefold())
    return " ".join(unicodedata.normalize("NFC", plain).translate(_TABLE).split())


def tricks(text: str) -> tuple[str, ...]:
    """What in a name looks like another than it is; usually nothing.

    ``turned_writing`` (marks that turn the direction of writing), ``invisible`` (signs that
    nobody sees, where no script needs them), ``mixed_scripts`` (letters of two scripts in one
    word), ``looks_latin`` (a name whose letters of another script are all drawn like Latin ones).
    """
    if text.isascii():
        return ()
    found = []
    if _TURNS.search(text):
        found.append("turned_writing")
    if any(_is_invisible(text, index) for index in range(len(text))):
        found.append("invisible")
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    if any(len(_scripts(word)) > 1 for word in _WORD.findall(seen)):
        found.append("mixed_scripts")
    foreign = [sign for sign in seen.casefold() if sign.isalpha() and _script(sign) != "LATIN"]
    if len(foreign) >= LEAST_ALIKE and all(ord(sign) in _TABLE for sign in foreign):
        found.append("looks_latin")
    return tuple(found)


def _is_invisible(text: str, index: int) -> bool:
    """Whether nobody sees this sign, and no script or picture asks for it."""
    sign = text[index]
    if unicodedata.category(sign) != "Cf" or _TURNS.match(sign):
        return False
    if sign in "\u200e\u200f\u061c":
        return False
    if sign not in _JOINERS:
        return True
    beside = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    return all(_script(one) in _SCRIPTS or one.isascii() for one in beside)


def _scripts(word: str) -> set[str]:
    return {_script(sign) for sign in word} & set(_SCRIPTS)


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").removeprefix("FULLWIDTH ").partition(" ")[0]
