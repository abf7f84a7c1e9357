"""Rows of a folder of tables, plain or gzip: each a mapping, or a refusal that says why."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field

from marketplace import InvalidInput, Reason

PREFIX = "olist_"
_ENDINGS = (".csv", ".csv.gz")
_BROKEN = (EOFError, OSError, zlib.error)
_SUM = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?0*", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1_990, 2_100

Row = Mapping[str, str]


class BadRow(Exception):
    """Why a row is none; caught where the table is read."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.reason = Reason(code, params, "goods")


@define
class Ledgered:
    """What was refused and what was mended, by the code of the reason; an example of each."""

    refused: Counter[str] = field(factory=Counter)
    mended: Counter[str] = field(factory=Counter)
    examples: dict[str, Reason] = field(factory=dict)

    def refuse(self, reason: Reason) -> None:
        """One more row that is not played."""
        self.refused[reason.code] += 1
        self.examples.setdefault(reason.code, reason)

    def mend(self, code: str, **params: Any) -> None:
        """One more row that is played otherwise than it is written."""
        self.mended[code] += 1
        self.examples.setdefault(code, Reason(code, params, "goods"))


@define
class Folder:
    """The tables of a folder; every row of them is given, or refused with a reason."""

    path: Path = field(converter=Path)
    zone: ZoneInfo
    kept: Ledgered = field(factory=Ledgered)
    rows: Counter[str] = field(factory=Counter)
    """Table to how many rows were read of it."""

    def has(self, table: str) -> bool:
        """Whether the table lies there."""
        return any(file.is_file() for file in self._files(table))

    def table(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        """Its rows, as far as they can be read; raises ``InvalidInput`` if it is none."""
        file = next((file for file in self._files(table) if file.is_file()), None)
        if file is None:
            names = " or ".join(one.name for one in self._files(table))
            raise InvalidInput(f"{self.path} has no {names}")
        opener: Any = gzip.open if file.suffix == ".gz" else open
        with opener(file, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines:
            for row in self._read(csv.reader(lines), file.name, columns):
                self.rows[table] += 1
                if isinstance(row, Reason):
                    self.kept.refuse(row)
                else:
                    yield row

    def _files(self, table: str) -> list[Path]:
        return [self.path / f"{PREFIX}{table}{ending}" for ending in _ENDINGS]

    def _read(self, reader: Any, name: str, columns: Sequence[str]) -> Iterator[Row | Reason]:
        try:
            header: list[str] = next(reader, [])
        except (*_BROKEN, csv.Error) as error:
            raise InvalidInput(f"{name} cannot be read: {error}") from None
        missing = [column for column in columns if column not in header]
        if missing:
            raise InvalidInput(
                f"{name} has no column {', '.join(missing)}; it needs {', '.join(columns)}"
            )
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                yield Reason("olist_row_unreadable", {"file": name, "error": str(error)}, "goods")
                continue
            except _BROKEN as error:
                yield Reason("olist_file_broken", {"file": name, "error": str(error)}, "goods")
                return
            if row is None:
                return
            if row and len(row) != len(header):
                params = {"file": name, "found": len(row), "expected": len(header)}
                yield Reason("olist_field_count", params, "goods")
            elif row:
                yield dict(zip(header, row, strict=True))

    def time(self, row: Row, column: str) -> datetime | None:
        """A moment by the clock of the place; None where nothing is written."""
        told = row[column]
        if not told:
            return None
        try:
            if not _TIME.fullmatch(told) or not FIRST_YEAR <= int(told[:4]) <= LAST_YEAR:
                raise ValueError
            local = datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self.zone)
        except ValueError:
            raise BadRow("olist_no_time", column=column, value=told[:40]) from None
        return local.astimezone(UTC)


def amount(row: Row, column: str) -> int:
    """A sum in minor units."""
    found = _SUM.fullmatch(row[column])
    if found is None:
        raise BadRow("olist_no_sum", column=column, value=row[column][:40])
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def name(row: Row, column: str) -> str:
    """An identifier."""
    if not _ID.fullmatch(row[column]):
        raise BadRow("olist_no_name", column=column, value=row[column][:40])
    return row[column]


def whole(row: Row, column: str, most: int) -> int:
    """A whole number from nothing to so much; nothing where nothing is written."""
    told = row[column].removesuffix(".0")
    if not told:
        return 0
    if not (told.isascii() and told.isdigit() and len(told) < 10 and int(told) <= most):
        raise BadRow("olist_no_number", column=column, value=row[column][:40], most=most)
    return int(told)
