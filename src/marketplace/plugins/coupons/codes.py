"""Codes as people type them: one spelling for all that look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from marketplace import InvalidInput

LONGEST = 40
_CODE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_ALIKE = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1", "-": None})
_LONGEST_NAME = 200
"""Of an id, a cursor or a name: longer than any that there is."""
_ALPHABET = "ABCDEFGHJKMNPRSTUVWXYZ23456789"
"""What a code is drawn from: nothing that is read for another."""
_DRAWN = 12
"""Letters of a drawn code: 58 bits, which nobody guesses at a few hundred tries an hour."""


def written(text: object) -> str:
    """A code as it is shown: trimmed, in capitals, in ASCII letters, digits and single hyphens.

    Full-width letters and the digits of any script are read as what they mean. Raises
    ``InvalidInput`` for anything else, so for letters of other scripts that only look alike.
    """
    if not isinstance(text, str) or len(text) > 4 * LONGEST:
        raise InvalidInput(f"a code is a text of at most {LONGEST} characters")
    plain = unicodedata.normalize("NFKC", text).strip().casefold().upper()
    code = "".join(_digit(one) for one in plain)
    if not _CODE.fullmatch(code) or len(code) > LONGEST:
        raise InvalidInput(
            f"a code is made of A-Z, 0-9 and single hyphens, at most {LONGEST} of them: {text!r}",
            code="coupon_code",
        )
    return code


def text(value: object, what: str) -> str:
    """A short text that every database can compare; raises ``InvalidInput`` for anything else."""
    known = isinstance(value, str) and len(value) <= _LONGEST_NAME
    if not known or any(one == "\0" or "\ud800" <= one <= "\udfff" for one in str(value)):
        raise InvalidInput(
            f"{what} is a text of at most {_LONGEST_NAME} letters, not {value!r:.50}"
        )
    return str(value)


def texts(values: object, what: str) -> tuple[str, ...]:
    """Several of them."""
    if not isinstance(values, list | tuple | set | frozenset):
        raise InvalidInput(f"{what} is a list of texts, not {values!r:.50}")
    return tuple(text(one, what) for one in values)


def _digit(one: str) -> str:
    value = unicodedata.decimal(one, None)
    return one if value is None else str(value)


def sameness(code: str) -> str:
    """What two codes share that people take for one: without hyphens, 0 for O, 1 for I and L."""
    return code.translate(_ALIKE)


def drawn(choose: Callable[[int], int]) -> str:
    """A code that nobody guesses; ``choose`` gives a number below its argument."""
    letters = "".join(_ALPHABET[choose(len(_ALPHABET))] for _ in range(_DRAWN))
    return "-".join(letters[at : at + 4] for at in range(0, _DRAWN, 4))
