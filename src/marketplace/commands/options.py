"""What every word but ``demo`` takes: which marketplace, which time zone, and whether as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

VARIABLE = "MARKETPLACE_APP"
"""The variable of the environment that names the marketplace where ``--app`` does not."""

F = TypeVar("F", bound=Callable[..., Any])


def options(command: F) -> F:
    """``--app``, ``--zone`` and ``--json``, which every command takes."""
    command = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document instead."
    )(command)
    command = click.option(
        "--zone", metavar="ZONE", help="Time zone to tell times in; the demo's own, else UTC."
    )(command)
    return click.option(
        "--app",
        metavar="MODULE:ATTRIBUTE",
        help=f"The marketplace, or a function giving one; else {VARIABLE}, else the demo's.",
    )(command)
