"""The slower disk of the bench: it is slow, or it is said why there is none."""

from pathlib import Path

import pytest

from bench import slow_disk as module
from bench.slow_disk import NoSlowDisk, slow_disk


def test_each_flush_waits_first(tmp_path: Path) -> None:
    """A program that is run with the library waits at least so long for each flush."""
    try:
        disk = slow_disk(tmp_path, 30)
    except NoSlowDisk as error:
        pytest.skip(f"no slower disk on this machine: {error}")
    assert disk.flush >= 30
    assert disk.environment["SLOW_DISK_MS"] == "30"


def test_a_disk_that_is_not_slower_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library changes nothing, nothing is measured as if it did."""
    monkeypatch.setattr(module, "SOURCE", "int nothing;")
    with pytest.raises(NoSlowDisk):
        slow_disk(tmp_path, 60_000)


def test_without_a_compiler_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what is missing."""
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(NoSlowDisk, match="cc"):
        slow_disk(tmp_path, 1)
