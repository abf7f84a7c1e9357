"""What a command prints besides prose: tables of what people wrote, JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from marketplace import csv_text, one_line, plain
from marketplace.demo import screen


def say(text: str = "") -> None:
    """A paragraph of prose."""
    screen.say(text)


def warn(text: str) -> None:
    """A line that is not part of the answer."""
    click.echo(text, err=True)


def heading(text: str) -> None:
    """The title of what follows."""
    screen.heading(one_line(text))


def as_json(value: Any) -> None:
    """One JSON document: attrs values as objects, times in ISO 8601, money in minor units."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for a spreadsheet, in which no text is taken for a formula."""
    click.echo(csv_text(columns, rows), nl=False)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object] | str],
    right: Sequence[int] = (),
    spare: Sequence[int] = (),
) -> None:
    """Rows under their columns, each cell on one line of its own; see ``marketplace.demo.screen``.

    A text alone is the title of the rows below it.
    """
    cells = [one_line(row) if isinstance(row, str) else [_cell(one) for one in row] for row in rows]
    screen.table(columns, cells, right=right, spare=spare)


def _cell(value: object) -> str:
    return "" if value is None else one_line(str(value))
