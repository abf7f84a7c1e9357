"""The copies of a world that the bench makes, and what stands in them."""

import sqlite3
from pathlib import Path

Rows = dict[str, list[tuple[object, ...]]]


def rows(path: Path) -> Rows:
    """Every row of every table but the count of openings: a bare connection opens nothing."""
    with sqlite3.connect(path) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name != "setting"
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names
        }


def newest(folder: Path) -> Path:
    """The copy that was made last."""
    return max(folder.glob("copy-*.sqlite"), key=lambda path: int(path.stem.split("-")[-1]))
