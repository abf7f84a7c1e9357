"""Where the files of tests lie: in memory where there is room, since no test outlives a power cut.

A killed process loses nothing of them there either. TMPDIR says otherwise where it is set.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
DISK = Path("/var/tmp")
ROOM = 4 * 1024**3
"""Bytes that a whole run may need, and some to spare."""


def pytest_configure() -> None:
    """Point temporary files at memory, for this process and for those that it starts."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """Yield a folder on a disk, for what happens only where a commit takes its time."""
    where = DISK if os.access(DISK, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)
