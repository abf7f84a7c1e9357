"""Texts on their way out: onto one line of a log or a screen, into a cell of a spreadsheet.

Texts are kept as they were written. What the library itself prints goes through here, so that a
name neither forges a second line of a log, nor a header of a letter, nor a formula.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")  # noqa: RUF001


def one_line(text: str) -> str:
    """The text as one line: breaks become spaces, other control signs and turned writing go."""
    if text.isascii() and text.isprintable():
        return text
    flat = " ".join(text.split()) if any(map(_breaks, text)) else text
    return "".join(sign for sign in _TURNS.sub("", flat) if unicodedata.category(sign) != "Cc")


def _breaks(sign: str) -> bool:
    return sign.isspace() and sign != " "


def csv_cell(value: object) -> str:
    """A cell as text that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(text) and _is_formula(text):
        return f"'{text}"
    return text


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would begin to compute; some skip blanks and what is invisible."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return seen.startswith(_FORMULA) or seen.lstrip().startswith(_FORMULA)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV (RFC 4180), its first line the names of the columns; without names, the rows
    alone, to go on with a table."""
    out = io.StringIO()
    writer = csv.writer(out)
    if columns:
        writer.writerow([csv_cell(one) for one in columns])
    writer.writerows([csv_cell(one) for one in row] for row in rows)
    return out.getvalue()
