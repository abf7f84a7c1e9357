"""What a run leaves out, it says aloud."""

import os

import pytest

from tests.support.data import REPOSITORY
from tests.support.source import SRC

TESTS = """
def test_both(database_url): pass
def test_one(postgresql_url): pass
def test_real(data_dir): pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small project of three tests that want PostgreSQL or real data."""
    monkeypatch.setenv("PYTHONPATH", f"{SRC}{os.pathsep}{REPOSITORY}")
    plugins = ("marketplace.testing.pytest_plugin", "tests.support.data")
    pytester.makeconftest(f"pytest_plugins = {plugins}")
    pytester.makepyfile(TESTS)
    return pytester


def test_a_summary_counts_what_was_left_out(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests without their database or their data are skipped by name, and counted in one line
    for each cause, also where several processes ran them."""
    monkeypatch.setenv("MARKETPLACE_NO_POSTGRES", "1")
    monkeypatch.setenv("MARKETPLACE_DATA", str(run.path / "nowhere"))
    result = run.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines(
        [
            f"tests not run: 1, real data not found at {run.path}/nowhere; *MARKETPLACE_DATA",
            "tests not run on PostgreSQL: 2, left out because MARKETPLACE_NO_POSTGRES is set",
        ],
        consecutive=False,
    )


@pytest.mark.usefixtures("embedded_postgres")
def test_nothing_is_left_out_in_silence(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where both are there every test runs; where PostgreSQL cannot start, its tests are errors,
    not skips."""
    monkeypatch.delenv("MARKETPLACE_NO_POSTGRES", raising=False)
    monkeypatch.setenv("MARKETPLACE_DATA", str(run.path))
    broken = (
        "import marketplace.testing.postgres as p\np.EmbeddedPostgres._server = lambda s: 1/0\n"
    )
    run.runpytest_subprocess().assert_outcomes(passed=4)
    (run.path / "conftest.py").write_text((run.path / "conftest.py").read_text() + "\n" + broken)
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines("*the embedded PostgreSQL did not start*")
