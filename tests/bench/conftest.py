"""What the tests of the bench stand on."""

from pathlib import Path

import pytest

from bench.databases import SqliteFiles
from tests.support.compiled import compile_once


@pytest.fixture
def files(tmp_path: Path) -> SqliteFiles:
    """Databases without a wait for the disk."""
    return SqliteFiles(tmp_path, "OFF")


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest) -> None:
    """Whoever asks numba waits until one worker has compiled."""
    if "numba" in request.node.name or "dispatch" in request.node.nodeid:
        compile_once()
