"""Survivors that are explained: the rows of the tables of `docs/explanation/mutants.md`."""

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path("docs/explanation/mutants.md")
_ROW = re.compile(r"^\| `([\w.]+)` \| `(.+?)` \| `(.*?)` \| \S.* \|$", re.MULTILINE)


class Change(NamedTuple):
    """What a mutant changes: the function, its lines as they were, and as they became."""

    where: str
    was: str
    became: str


def change_of(where: str, difference: str) -> Change:
    """The change that a unified difference of one function shows, in one line for each side."""
    lines = [line for line in difference.splitlines() if line[:3] not in ("---", "+++")]
    sides = (
        " ".join(" ".join(line[1:].split()) for line in lines if line[:1] == sign) for sign in "-+"
    )
    was, became = sides
    return Change(where, was, became)


def row_of(change: Change, why: str) -> str:
    """The row by which a page explains a change."""
    was, became = (side.replace("|", "\\|") for side in (change.was, change.became))
    return f"| `{change.where}` | `{was}` | `{became}` | {why} |"


def explained(page: str) -> set[Change]:
    """The changes that a page explains, each by a row that says why nobody could notice."""
    return {Change(*(one.replace("\\|", "|") for one in row)) for row in _ROW.findall(page)}
