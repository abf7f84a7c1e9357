"""A bar while something runs: Rich's on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import click

STEPS = 4
"""Lines in all where there is no terminal."""

Show = Callable[[int, str], None]
"""Called with how much is done, and what there is to say."""


@contextmanager
def bar(what: str, total: int, *, quiet: bool = False) -> Iterator[Show]:
    """Show how far it is; ``quiet`` shows nothing."""
    if quiet:
        yield lambda done, said: None
    elif sys.stderr.isatty() and find_spec("rich") is not None:
        with _rich(what, total) as show:
            yield show
    else:
        yield _Lines(what, total)


class _Lines:
    """A line for every quarter of the way."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._next = what, max(total, 1), 0

    def __call__(self, done: int, said: str) -> None:
        if done * STEPS >= self._next * self._total and self._next <= STEPS:
            share = min(100, done * 100 // self._total)
            click.echo(f"{self._what}: {share:3d} % {said}", err=True)
            self._next = done * STEPS // self._total + 1


@contextmanager
def _rich(what: str, total: int) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), expand=True) as made:
        task = made.add_task(what, total=total, said="")
        yield lambda done, said: made.update(task, completed=done, said=said)
