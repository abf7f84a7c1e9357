"""Words as a search compares them: folded, so that how they are written makes no difference."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from marketplace.errors import InvalidInput

MOST_SIGNS = 200
"""How long a text to look for may be."""
MOST_WORDS = 16
"""How many words it may have."""
WORD_SIGNS = 48
"""Of a longer word, its beginning counts."""
MARKS = 62
"""Bits of a signature of tags."""

_PLAIN_WORD = re.compile(r"[a-z0-9]+")
_ACCENTS = range(0x0300, 0x0370)
# Signs of other scripts that look like Latin ones: where a word mixes them, they are meant as such.
_ALIKE = str.maketrans(
    "аеіјорсухѕһԁԛԝ" + "αειοκνρτυχ",  # noqa: RUF001
    "aeijopcyxshdqw" + "aeioknptux",
)
_LATIN = re.compile(r"[a-z]")


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in their order: letters, digits and the marks on them.

    Case, accents, widths, invisible signs and look-alikes of Latin letters make no difference.
    """
    if text.isascii():
        return [word[:WORD_SIGNS] for word in _PLAIN_WORD.findall(text.lower())]
    signs: list[str] = []
    for sign in unicodedata.normalize("NFKD", text).casefold():
        kind = unicodedata.category(sign)
        if kind[0] in "LN" or (kind[0] == "M" and ord(sign) not in _ACCENTS):
            signs.append(sign)
        elif kind != "Cf" and kind[0] != "M":
            signs.append(" ")
    words = unicodedata.normalize("NFC", "".join(signs)).split()
    return [_meant(word)[:WORD_SIGNS] for word in words]


def _meant(word: str) -> str:
    return word.translate(_ALIKE) if _LATIN.search(word) else word


def looked_for(text: str) -> tuple[str, ...]:
    """The words of a text that somebody looks for, each once; raises ``InvalidInput``."""
    if not isinstance(text, str):
        raise InvalidInput(f"a text to look for is a text, not {text!r}")
    if len(text) > MOST_SIGNS:
        raise InvalidInput(f"a text to look for has {MOST_SIGNS} characters at most")
    words = tuple(dict.fromkeys(words_of(text)))
    if not words:
        raise InvalidInput("a text to look for has a letter or a digit in it")
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"a text to look for has {MOST_WORDS} words at most, not {len(words)}")
    return words


def folded_tag(tag: object) -> str:
    """A tag as it is compared: its words, joined. Raises ``InvalidInput`` for one without any."""
    if not isinstance(tag, str):
        raise InvalidInput(f"a tag is a text, not {tag!r}")
    folded = "_".join(words_of(tag[:MOST_SIGNS]))
    if not folded:
        raise InvalidInput(f"a tag has a letter or a digit in it, {tag[:MOST_SIGNS]!r} has none")
    return folded


def signature(tags: Iterable[str]) -> int:
    """A number with one bit for each tag; several tags may share one."""
    bits = 0
    for tag in tags:
        bits |= _bit(tag)
    return bits


@lru_cache(maxsize=4096)
def _bit(tag: str) -> int:
    return 1 << hashlib.blake2b(tag.encode(), digest_size=8).digest()[0] % MARKS


def past(word: str) -> str:
    """The first text after all that begin with this one."""
    return word + chr(0x10FFFF)
