"""Fixtures for testing on real databases: every test gets one of its own, on SQLite and PostgreSQL.

`database_url` runs a test on both. One PostgreSQL is started per test run, by whoever needs it
first, and shared by all worker processes; each test's database is a copy of one that
`prepare_database` filled once. Override that fixture to add tables of your own.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace import Marketplace, PayoutPlan
from marketplace.testing.databases import Databases
from marketplace.testing.postgres import (
    EmbeddedPostgres,
    locked,
    make_run_folder,
    remove_run_folder,
    sweep_dead_runs,
)

DATABASES = ("sqlite", "postgresql")
NO_POSTGRES = "MARKETPLACE_NO_POSTGRES"
LEFT_OUT = f"left out because {NO_POSTGRES} is set"
TEMPLATE = "marketplace_template"

_run_folder = pytest.StashKey[Path]()
_counter = itertools.count(1)


def prepare(url: str) -> None:
    """Fill the empty database at `url` with what every test's database starts from: the tables."""
    Marketplace.open(url, create="missing", payouts=PayoutPlan(every=None)).close()


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder once, in the process that all workers answer to."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        config.stash[_run_folder] = Path(workerinput["marketplace_run_folder"])
        return
    sweep_dead_runs()
    config.stash[_run_folder] = make_run_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process (pytest-xdist's, where that is installed) where the folder is."""
    node.workerinput["marketplace_run_folder"] = str(node.config.stash[_run_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's PostgreSQL and remove its folder, after the last worker has gone."""
    if not hasattr(config, "workerinput") and _run_folder in config.stash:
        remove_run_folder(config.stash[_run_folder])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many tests were left out for want of PostgreSQL."""
    left_out = [r for r in terminalreporter.getreports("skipped") if LEFT_OUT in str(r.longrepr)]
    if left_out:
        terminalreporter.write_line(
            f"tests not run on PostgreSQL: {len(left_out)}, {LEFT_OUT}",
            yellow=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str], None]:
    """Return what fills the database that every test's database is copied from."""
    return prepare


@pytest.fixture(scope="session")
def embedded_postgres(request: pytest.FixtureRequest) -> EmbeddedPostgres:
    """Return the run's PostgreSQL, started by the first worker that asks."""
    if os.environ.get(NO_POSTGRES) == "1":
        pytest.skip(LEFT_OUT)
    folder = request.config.stash[_run_folder]
    server = EmbeddedPostgres(folder)
    with locked(folder / "start.lock"):
        ready = folder / "postgres.ready"
        if not ready.exists():
            server.start()
            ready.touch()
    return server


@pytest.fixture(scope="session")
def postgres_url(embedded_postgres: EmbeddedPostgres) -> str:
    """Return the URL of the run's PostgreSQL, on its maintenance database `postgres`."""
    return embedded_postgres.url("postgres")


@pytest.fixture(scope="session")
def template(
    request: pytest.FixtureRequest,
    embedded_postgres: EmbeddedPostgres,
    prepare_database: Callable[[str], None],
) -> str:
    """Return the name of the PostgreSQL database that tests get copies of, filled once a run."""
    folder = request.config.stash[_run_folder]
    with locked(folder / "template.lock"):
        ready = folder / "template.ready"
        if not ready.exists():
            embedded_postgres.drop(TEMPLATE)
            embedded_postgres.make(TEMPLATE)
            prepare_database(embedded_postgres.url(TEMPLATE))
            ready.touch()
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory, prepare_database: Callable[[str], None]
) -> Path:
    """Return the SQLite file that tests get copies of, filled once a worker."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    prepare_database(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Return the URL of a fresh SQLite file of this test's own."""
    path = tmp_path / "marketplace.sqlite"
    if sqlite_template.exists():
        shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def memory_url() -> str:
    """Return the URL of an SQLite database in memory: empty, and gone with its connection."""
    return "sqlite://"


@pytest.fixture(scope="session")
def postgres_databases(embedded_postgres: EmbeddedPostgres, template: str) -> Databases:
    """Return what lends this process's tests their databases."""
    return Databases(embedded_postgres, template, map(_name, _counter))


@pytest.fixture
def postgresql_url(
    embedded_postgres: EmbeddedPostgres, postgres_databases: Databases
) -> Iterator[str]:
    """Yield the URL of a PostgreSQL database that this test has alone, as fresh as a new one."""
    name = postgres_databases.lend()
    yield embedded_postgres.url(name)
    postgres_databases.give_back(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a fresh, prepared database of this test's own, once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database with nothing in it, once for each kind: for migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        server: EmbeddedPostgres = request.getfixturevalue("embedded_postgres")
        name = _name(next(_counter))
        server.make(name, "template0")
        yield server.url(name)
        server.drop(name)


def _name(number: int) -> str:
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{number}"
