"""Real data: files that lie beside the repository and are read there, never copied into it."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ABSENT = "real data not found at"


def data_folder() -> Path:
    """Return where the real data should lie: MARKETPLACE_DATA, else beside the repository."""
    default = REPOSITORY.parent / "shared" / "data"
    return Path(os.environ.get("MARKETPLACE_DATA") or default)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data; without it the test is skipped, and counted aloud."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"{ABSENT} {folder}; set MARKETPLACE_DATA")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many tests were skipped for want of real data."""
    absent = [r for r in terminalreporter.getreports("skipped") if ABSENT in str(r.longrepr)]
    if absent:
        terminalreporter.write_line(
            f"tests not run: {len(absent)}, {ABSENT} {data_folder()}; set MARKETPLACE_DATA",
            yellow=True,
            bold=True,
        )
