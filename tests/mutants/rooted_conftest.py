"""Lies at the top of a mutated tree: all its mutants share the databases that were made first.

mutmut forks for each mutant, and each fork is a test run of its own, which would fill templates
and start a PostgreSQL anew. Here that is done once in the process that forks, and inherited.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.testing.postgres import EmbeddedPostgres, make_run_folder, remove_run_folder
from tests.mutants import inherited

TEMPLATE = "mutants_template"


def pytest_configure() -> None:
    """Name this run's PostgreSQL databases after its process, since runs share one server."""
    os.environ["PYTEST_XDIST_WORKER"] = f"m{os.getpid()}"


@pytest.fixture(scope="session")
def sqlite_template(prepare_database: Callable[[str], None]) -> Path:
    """Return the SQLite file that tests get copies of."""
    if not inherited.files:
        folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        prepare_database(f"sqlite:///{folder / 'template.sqlite'}")
        inherited.files.append(folder / "template.sqlite")
    return inherited.files[0]


@pytest.fixture(scope="session")
def embedded_postgres() -> EmbeddedPostgres:
    """Return the PostgreSQL of all runs, which ends with the process that forks."""
    if os.environ.get("MARKETPLACE_NO_POSTGRES") == "1":
        pytest.skip("this module's judges are quick on SQLite")
    if not inherited.servers:
        folder = make_run_folder()
        atexit.register(remove_run_folder, folder)
        server = EmbeddedPostgres(folder)
        server.start()
        inherited.servers.append(server)
    return inherited.servers[0]


@pytest.fixture(scope="session")
def template(embedded_postgres: EmbeddedPostgres, prepare_database: Callable[[str], None]) -> str:
    """Return the name of the PostgreSQL database that tests get copies of."""
    if not inherited.filled:
        embedded_postgres.make(TEMPLATE)
        prepare_database(embedded_postgres.url(TEMPLATE))
        inherited.filled.append(TEMPLATE)
    return inherited.filled[0]
