"""What a command prints: sentences, tables and JSON; with colours only where somebody looks."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import click

from marketplace import csv_text, one_line, plain

NARROWEST = 60
GAP = 2


def pretty() -> bool:
    """Whether somebody looks at a terminal and Rich is installed (the extra ``demo``)."""
    return sys.stdout.isatty() and find_spec("rich") is not None


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)


def say(text: str = "") -> None:
    """A line of prose."""
    click.echo(text)


def warn(text: str) -> None:
    """A line that is not part of the answer."""
    click.echo(text, err=True)


def heading(text: str) -> None:
    """The title of what follows; bold on a terminal."""
    click.echo()
    title = one_line(text)
    click.echo(click.style(title, bold=True) if sys.stdout.isatty() else title)


def as_json(value: Any) -> None:
    """One JSON document: attrs values as objects, times in ISO 8601, money in minor units."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for a spreadsheet, in which no text is taken for a formula."""
    click.echo(csv_text(columns, rows), nl=False)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[int] = ()
) -> None:
    """Rows under their columns; ``right`` names the columns of numbers."""
    cells = [["" if cell is None else one_line(str(cell)) for cell in row] for row in rows]
    if pretty():
        _rich(columns, cells, right)
    else:
        for line in lines(columns, cells, right, width()):
            click.echo(line)


def _rich(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console().print(made)


def lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int], most: int
) -> list[str]:
    """The table as plain text of at most ``most`` columns; long cells go on below themselves."""
    everything = [list(columns), *rows]
    widths = [max(_wide(row[index]) for row in everything) for index in range(len(columns))]
    room = most - GAP * (len(columns) - 1)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= 8:
            break
        widths[widest] -= 1
    told: list[str] = []
    for number, row in enumerate(everything):
        wrapped = [_wrap(cell, widths[index]) for index, cell in enumerate(row)]
        for line in range(max(len(parts) for parts in wrapped)):
            told.append(
                (" " * GAP)
                .join(
                    _fit(parts[line] if line < len(parts) else "", widths[index], index in right)
                    for index, parts in enumerate(wrapped)
                )
                .rstrip()
            )
        if number == 0:
            told.append((" " * GAP).join("─" * one for one in widths))
    return told


def _wide(text: str) -> int:
    """Columns that a text takes: marks that stand on another letter take none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
        if unicodedata.category(one) not in ("Mn", "Me", "Cf")
    )


def _fit(text: str, size: int, right: bool) -> str:
    space = " " * max(0, size - _wide(text))
    return space + text if right else text + space


def _wrap(text: str, size: int) -> list[str]:
    """The text in lines of this size, broken between words where that is possible."""
    if _wide(text) <= size:
        return [text]
    made: list[str] = []
    line = ""
    for word in text.split(" "):
        while _wide(word) > size:
            if line:
                made.append(line)
                line = ""
            made.append(word[:size])
            word = word[size:]
        longer = f"{line} {word}" if line else word
        if _wide(longer) > size:
            made.append(line)
            line = word
        else:
            line = longer
    return [*made, line] if line or not made else made
