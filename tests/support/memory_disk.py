"""Where the files of tests lie: in memory where there is room, since no test outlives a power cut.

A killed process loses nothing of them there either. TMPDIR says otherwise where it is set.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that a whole run may need, and some to spare."""


def pytest_configure() -> None:
    """Point temporary files at memory, for this process and for those that it starts."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
