"""A pytest plugin: the mutants of a run share one prepared SQLite file, made before they fork."""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

_made: list[Path] = []


@pytest.fixture(scope="session")
def sqlite_template(prepare_database: Callable[[str], None]) -> Path:
    """Return the file that tests get copies of: filled by whoever comes first in this process."""
    if not _made:
        folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        prepare_database(f"sqlite:///{folder / 'template.sqlite'}")
        _made.append(folder / "template.sqlite")
    return _made[0]
