"""Prose and tables on a terminal of any width: folded between words, never in the middle of one.

A table that is too wide is folded at words; where even its longest words find no room, columns
that can be spared are left out, and at last each row is told field below field.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import click

NARROWEST = 40
GAP = "  "
COMFORT = 20
"""So wide a column is left before one that can be spared is left out for it."""
_BLANK = re.compile(r"(?<![A-Z]{3}) (?!%)|(?<=[A-Z]{3}) (?![-\d])")
"""Where a text may be folded: not between a currency and its number, nor before a percent sign."""
_JOINT = re.compile(r"(?<=[/.:_·])(?=\w)")
"""Where a word that is longer than a whole line may be parted."""

Row = Sequence[str] | str
"""The cells of a row; a text alone is the title of the rows below it."""


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)


def say(text: str = "") -> None:
    """A paragraph; where it is folded, it goes on a little to the right of its beginning.

    It is not folded where nobody says how wide the screen is, in a file for instance.
    """
    most = shutil.get_terminal_size((0, 0)).columns
    indent = " " * (len(text) - len(text.lstrip(" ")))
    first, *rest = wrapped(text.lstrip(" "), max(NARROWEST, most) - len(indent) - len(GAP))
    if not most or not rest:
        click.echo(text)
        return
    click.echo(indent + first)
    for line in rest:
        click.echo(indent + GAP + line)


def heading(text: str) -> None:
    """The title of what follows; bold on a terminal."""
    click.echo()
    for line in wrapped(text, width()):
        click.echo(_bold(line))


def table(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    right: Sequence[int] = (),
    spare: Sequence[int] = (),
) -> None:
    """Rows under their columns; ``right`` names those of numbers, ``spare`` those one can miss."""
    for number, line in enumerate(lines(columns, rows, width(), right=right, spare=spare)):
        click.echo(_bold(line) if number == 0 else line)


def facts(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """What, and how much; an empty row is a line between."""
    much = max((wide(one) for _, one in rows), default=0)
    room = width() - 2 * len(GAP) - much
    what = min(room, max((wide(one) for one, _ in rows), default=0))
    click.echo(_bold(title))
    for one, number in rows:
        if not one:
            click.echo(GAP + "─" * (what + len(GAP) + much))
            continue
        indent = " " * (len(one) - len(one.lstrip(" ")))
        *above, last = wrapped(one.lstrip(" "), what - len(indent))
        for line in above:
            click.echo(GAP + indent + line)
        click.echo(GAP + fitted(indent + last, what) + GAP + _bold(fitted(number, much, True)))


def tell_why(reasons: Iterable[tuple[str, str]]) -> None:
    """The decisions of a demo that are worth a sentence: what each is about, and why it is so."""
    for number, (about, text) in enumerate(reasons):
        if number == 0:
            click.echo("\nwhy?")
        say(f"  {about}: {text}")


def numbers(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], last: Sequence[str]
) -> None:
    """A table whose first column is text and whose others are numbers, with a row of totals."""
    click.echo(_bold(title))
    told = lines(columns, [*rows, last], width(), right=range(1, len(columns)))
    for line in [*told[:-1], told[1], told[-1]]:
        click.echo(line)


def lines(
    columns: Sequence[str],
    rows: Sequence[Row],
    most: int,
    *,
    right: Sequence[int] = (),
    spare: Sequence[int] = (),
) -> list[str]:
    """The table in lines of at most ``most`` columns of a terminal."""
    kept = list(range(len(columns)))
    for one in spare:
        if _fits(columns, rows, kept, most, COMFORT):
            break
        kept.remove(one)
    if not _fits(columns, rows, kept, most, 0):
        return list(_stacked(columns, rows, most))
    every = [columns, *(row for row in rows if not isinstance(row, str))]
    least = [max(_longest(row[index]) for row in every) for index in kept]
    sizes = [max(wide(row[index]) for row in every) for index in kept]
    room = most - len(GAP) * (len(kept) - 1)
    while sum(sizes) > room:
        # The widest of those that can still be folded gives a column.
        index = max(
            (one for one in range(len(kept)) if sizes[one] > least[one]), key=sizes.__getitem__
        )
        sizes[index] -= 1
    told = [*_laid(columns, kept, sizes, right), GAP.join("─" * size for size in sizes)]
    for row in rows:
        told += wrapped(row, most) if isinstance(row, str) else _laid(row, kept, sizes, right)
    return told


def _fits(
    columns: Sequence[str], rows: Sequence[Row], kept: Sequence[int], most: int, comfort: int
) -> bool:
    """Whether every column has room for its longest word, and for ``comfort`` if it is longer."""
    every = [columns, *(row for row in rows if not isinstance(row, str))]
    needed = 0
    for index in kept:
        whole = max(wide(row[index]) for row in every)
        needed += max(min(whole, comfort), max(_longest(row[index]) for row in every))
    return needed + len(GAP) * (len(kept) - 1) <= most


def _laid(
    row: Sequence[str], kept: Sequence[int], sizes: Sequence[int], right: Sequence[int]
) -> Iterator[str]:
    cells = [wrapped(row[index], size) for index, size in zip(kept, sizes, strict=True)]
    for number in range(max(len(parts) for parts in cells)):
        line = [
            fitted(parts[number] if number < len(parts) else "", size, index in right)
            for parts, size, index in zip(cells, sizes, kept, strict=True)
        ]
        yield GAP.join(line).rstrip()


def _stacked(columns: Sequence[str], rows: Sequence[Row], most: int) -> Iterator[str]:
    """Each row field below field, the first as its title."""
    label = max(wide(column) for column in columns)
    for row in rows:
        if isinstance(row, str):
            yield from wrapped(row, most)
            continue
        yield from wrapped(row[0], most)
        for column, cell in zip(columns[1:], row[1:], strict=True):
            room = most - label - 2 * len(GAP)
            for number, part in enumerate(wrapped(cell, room) if cell else ()):
                yield GAP + fitted("" if number else column, label) + GAP + part


def wide(text: str) -> int:
    """Columns that a text takes: marks that stand on another letter take none."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
        if unicodedata.category(one) not in ("Mn", "Me", "Cf")
    )


def fitted(text: str, size: int, right: bool = False) -> str:
    """The text with blanks behind it, or before it."""
    space = " " * max(0, size - wide(text))
    return space + text if right else text + space


def wrapped(text: str, size: int) -> list[str]:
    """The text in lines of this size, broken between words; a longer word at a joint of its own."""
    if wide(text) <= size:
        return [text]
    made: list[str] = []
    line = ""
    for word in _BLANK.split(text):
        longer = f"{line} {word}" if line else word
        if wide(longer) <= size:
            line = longer
            continue
        if line:
            made.append(line)
        *parts, line = _parted(word, size)
        made += parts
    return [*made, line] if line or not made else made


def _longest(text: str) -> int:
    return max((wide(word) for word in _BLANK.split(text)), default=0)


def _parted(word: str, size: int) -> list[str]:
    """A word in parts that fit: at its joints, and anywhere only where there is none."""
    parts = [""]
    for piece in _JOINT.split(word) if wide(word) > size else [word]:
        if wide(parts[-1] + piece) <= size:
            parts[-1] += piece
            continue
        while wide(piece) > size:
            parts.append(piece[:size])
            piece = piece[size:]
        parts.append(piece)
    return [part for part in parts if part] or [""]


def _bold(text: str) -> str:
    return click.style(text, bold=True) if sys.stdout.isatty() else text
