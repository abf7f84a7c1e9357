"""Tables of a demo's end: two columns that a person reads, side by side columns of numbers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

import click

Rows = Sequence[Sequence[str]]


def facts(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """What, and how much; an empty row is a line between."""
    if _pretty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        made = Table(title=title, box=box.ROUNDED, show_header=False, title_justify="left")
        made.add_column(overflow="fold")
        made.add_column(justify="right", overflow="fold")
        for what, much in rows:
            if what:
                made.add_row(Text(what), Text(much, style="bold"))
            else:
                made.add_section()
        Console().print(made)
        return
    click.echo(title)
    left = max(len(what) for what, _ in rows)
    right = max(len(much) for _, much in rows)
    for what, much in rows:
        click.echo(
            f"  {what:<{left}}  {much:>{right}}" if what else f"  {'─' * (left + right + 2)}"
        )


def numbers(title: str, columns: Sequence[str], rows: Rows, last: Sequence[str]) -> None:
    """A table whose first column is text and whose others are numbers, with a row of totals."""
    if _pretty():
        from rich import box
        from rich.console import Console
        from rich.table import Table

        made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", show_footer=True)
        for index, column in enumerate(columns):
            made.add_column(
                column, last[index], justify="left" if index == 0 else "right", footer_style="bold"
            )
        for row in rows:
            made.add_row(*row)
        Console().print(made)
        return
    click.echo(title)
    every = [columns, *rows, last]
    widths = [max(len(row[index]) for row in every) for index in range(len(columns))]
    for number, row in enumerate(every):
        if number in (1, len(every) - 1):
            click.echo("  " + "  ".join("─" * width for width in widths))
        click.echo(
            "  "
            + "  ".join(
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
        )


def _pretty() -> bool:
    return sys.stdout.isatty() and find_spec("rich") is not None
