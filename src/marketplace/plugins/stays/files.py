"""Files of rows: comma-separated, plain or gzip, read a row at a time, whatever stands in them.

Nothing in a file makes the reading raise but a header without the columns that are needed; bad
rows come out as rejections, and are counted by reason.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from attrs import define, field, frozen

from marketplace import InvalidInput, Money, Reason

_BROKEN = (OSError, EOFError, zlib.error)


@frozen
class Rejection:
    """A row that is none, and why."""

    row: int
    """The line of the file on which it ends."""
    reason: Reason


class BadRow(Exception):
    """Why a row is none; caught where the file is read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def bad_row(code: str, **params: Any) -> BadRow:
    """A reason as an error."""
    return BadRow(Reason(code, params, "stays"))


@define
class RowFile:
    """The rows of one file; going over it again reads it again, and counts anew."""

    path: Path = field(converter=Path)
    currency: str
    counts: Counter[str] = field(factory=Counter, init=False)
    """``row``, or a rejection's code, to how many came so far."""

    def rows(
        self, needed: Sequence[str], only: Container[str] | None = None
    ) -> Iterator[tuple[int, dict[str, str] | Reason]]:
        """Each row with the number of its line; a reason in place of one that cannot be read.

        ``only`` are values of the first column that is needed: other rows are passed over.
        """
        self.counts.clear()
        Money.zero(self.currency)
        opener: Any = gzip.open if self.path.suffix == ".gz" else open
        with opener(self.path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from _read(file, needed, self.path.name, only)

    def counted(self, row: Any) -> Any:
        """The same row, counted."""
        self.counts[row.reason.code if isinstance(row, Rejection) else "row"] += 1
        return row


def _read(
    file: TextIO, needed: Sequence[str], name: str, only: Container[str] | None
) -> Iterator[tuple[int, dict[str, str] | Reason]]:
    reader = csv.reader(file)
    try:
        header = next(reader, [])
    except (*_BROKEN, csv.Error) as error:
        raise InvalidInput(f"{name} cannot be read: {error}") from None
    missing = [column for column in needed if column not in header]
    if missing:
        raise InvalidInput(
            f"{name} has no column {', '.join(missing)}; it needs {', '.join(needed)}",
            code="stay_unknown_columns",
            params={"missing": missing},
        )
    key = header.index(needed[0])
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield reader.line_num, Reason("stay_row_unreadable", {"error": str(error)}, "stays")
            continue
        except _BROKEN as error:
            yield reader.line_num, Reason("stay_file_broken", {"error": str(error)}, "stays")
            return
        if row is None:
            return
        if row and len(row) != len(header):
            params = {"found": len(row), "expected": len(header)}
            yield reader.line_num, Reason("stay_field_count", params, "stays")
        elif row and (only is None or row[key] in only):
            yield reader.line_num, dict(zip(header, row, strict=True))
