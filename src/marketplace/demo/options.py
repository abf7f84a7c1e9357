"""Options that every demo takes, said once: seed, database, picture, language, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def options(
    what: str, *, seed: int = 7, database: str = "Keep the marketplace there."
) -> Callable[[F], F]:
    """``--seed --database --picture --language --json`` of a demo that shows a ``what``.

    The command gets them as ``seed``, ``database``, ``picture_at``, ``language``, ``as_json``.
    """
    given = (
        click.option(
            "--seed", default=seed, show_default=True, help=f"Another seed, another {what}."
        ),
        click.option("--database", metavar="URL", help=database),
        click.option(
            "--picture",
            "picture_at",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"Where to draw the {what} as SVG; beside the demos' databases if not told.",
        ),
        click.option(
            "--language",
            type=click.Choice(["en", "ne"]),
            default="en",
            show_default=True,
            help="Of reasons and money, and of the picture where it has words in it.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead."),
    )

    def decorated(command: F) -> F:
        for option in reversed(given):
            command = option(command)
        return command

    return decorated


def as_document(told: dict[str, Any]) -> None:
    """Print what a demo found out as one JSON document."""
    click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
