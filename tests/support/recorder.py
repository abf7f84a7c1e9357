"""Records, on a whole run, which tests passed for which id, and rewrites the page of behaviours.

A test is one function: it counts for its ids when every one of its parameter sets passed. One
that was skipped, or left out with a database, proves nothing.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.behaviours import render
from tests.support.markers import PROVES


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which a whole run rewrites the page."""
    parser.addoption(
        "--behaviours-page",
        type=Path,
        metavar="PATH",
        help="rewrite this page with the tests that passed; only a whole run may",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Record in the process that hears every report, whoever ran the tests."""
    page: Path | None = config.getoption("--behaviours-page")
    if page is not None and not hasattr(config, "workerinput"):
        if not _whole(config):
            raise pytest.UsageError(
                "--behaviours-page wants a whole run: no paths, no -k, no -m, no --deselect"
            )
        config.pluginmanager.register(Recorder(page), "behaviours-recorder")


def _whole(config: pytest.Config) -> bool:
    chosen = ("keyword", "markexpr", "deselect", "lf", "stepwise", "ignore", "collectonly")
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not any(
        config.getoption(name, None) for name in chosen
    )


class Recorder:
    """Gathers reports and writes the page when the run ends."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.ids: dict[str, set[str]] = defaultdict(set)
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a test's ids, and whether any part of it did other than pass."""
        ids = {str(value) for name, value in report.user_properties if name == PROVES}
        if ids:
            test = report.nodeid.split("[")[0]
            self.ids[test] |= ids
            if report.outcome != "passed" or hasattr(report, "wasxfail"):
                self.failed.add(test)

    def proofs(self) -> dict[str, list[str]]:
        """Return, by id, the tests all of whose parts passed."""
        proofs: dict[str, list[str]] = defaultdict(list)
        for test, ids in sorted(self.ids.items()):
            if test not in self.failed:
                for name in ids:
                    proofs[name].append(test)
        return proofs

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Rewrite the page, unless the run was broken off."""
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if ended and not session.shouldfail and not session.shouldstop:
            self.page.write_text(render(self.page.read_text(), self.proofs()))
