"""Somebody else's double of Stripe, `seahaven-stripe-world`, to hold the twin's conduct against.

It wants Python 3.14. With 3.13 it runs after two changes that 3.14 made needless: annotations are
not evaluated, and `except A, B` has parentheses. So it gets an environment of its own, in
`.cache/stripe`, made on first use or by `make referee`; where there is no such Python the tests
that want it are skipped, and counted aloud.
"""

import fcntl
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.data import REPOSITORY

CACHE = REPOSITORY / ".cache" / "stripe"
PLACE = CACHE / "referee"
PATCHED = ("seahaven==0.6.0", "seahaven-stripe-world==0.3.0")
BESIDE = ("apsw>=3.53.4", "pydantic>=2.13.5,<3", "pyyaml>=6", "starlette>=0.47", "uvicorn>=0.35")
ABSENT = "the other double of Stripe is not here:"
# `except A, B:` of Python 3.14, also over several names.
BARE = re.compile(r"^(\s*except\s+)([\w.]+(?:\s*,\s*[\w.]+)+)(\s*:)", flags=re.MULTILINE)
DOCSTRING = re.compile(r'\A(?:[ \t]*(?:#[^\n]*)?\n)*(?:[rR]?"{3}.*?"{3}[ \t]*\n)?', flags=re.DOTALL)
SERVE = """
import sys
from seahaven.http import serve
from seahaven_stripe_world.http_api import handle
from seahaven_stripe_world.world import world
serve(world, handle, port=int(sys.argv[1]), reset_options={"startup": {"livemode": False}})
"""


class NoReferee(Exception):
    """Why there is none."""


def _python() -> str:
    """A Python that it runs on, 3.14 or 3.13."""
    for name in ("python3.14", "python3.13", *_by_pyenv()):
        found = shutil.which(name)
        if found and _runs(found):
            return found
    raise NoReferee(f"{ABSENT} it wants Python 3.13 or later")


def _by_pyenv() -> list[str]:
    """Pythons that a version manager has though its shims do not give them now."""
    if not shutil.which("pyenv"):
        return []
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
    found = sorted(Path(root, "versions").glob("3.1[34].*/bin/python"), reverse=True)
    return [str(each) for each in found]


def _runs(python: str) -> bool:
    words = [python, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 13))"]
    return subprocess.run(words, capture_output=True).returncode == 0


def prepared() -> Path:
    """Its Python, in an environment that is made once; raises ``NoReferee``."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "referee.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PLACE / "whole").exists():
            try:
                _make(_python())
            except (OSError, subprocess.CalledProcessError) as error:
                said = str(getattr(error, "stderr", "") or error).strip().splitlines()
                raise NoReferee(f"{ABSENT} {said[-1] if said else error}") from None
            (PLACE / "whole").touch()
    return PLACE / "bin" / "python"


def _make(python: str) -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    run = {"check": True, "capture_output": True, "text": True}
    subprocess.run([python, "-m", "venv", str(PLACE)], **run)  # type: ignore[call-overload]
    pip = [str(PLACE / "bin" / "python"), "-m", "pip"]
    wheels = PLACE / "wheels"
    fetch = ["download", "--quiet", "--no-deps", "--python-version", "3.14"]
    fetch += ["--only-binary=:all:", "--dest", str(wheels), *PATCHED]
    subprocess.run([*pip, *fetch], **run)  # type: ignore[call-overload]
    subprocess.run([*pip, "install", "--quiet", *BESIDE], **run)  # type: ignore[call-overload]
    packages = next(PLACE.glob("lib/python*/site-packages"))
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(packages)
    for path in sorted(packages.glob("seahaven*/**/*.py")):
        path.write_text(patched(path.read_text()))


def patched(text: str) -> str:
    """A module of Python 3.14 as one of 3.13."""
    text = BARE.sub(r"\1(\2)\3", text)
    told = DOCSTRING.match(text)
    at = told.end() if told else 0
    return f"{text[:at]}\nfrom __future__ import annotations\n{text[at:]}"


@contextmanager
def serving() -> Iterator[str]:
    """Its address while it runs: an account of its own under each `/worlds/NAME`."""
    python = prepared()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = (CACHE / f"referee-{port}.log").open("w+")
    with log, subprocess.Popen([python, "-c", SERVE, str(port)], stdout=log, stderr=log) as process:
        try:
            _wait(process, address, log.name)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)
    Path(log.name).unlink()


def _wait(process: "subprocess.Popen[bytes]", address: str, log: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/", timeout=1).close()
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"it did not start: {Path(log).read_text()[-2000:]}")


@pytest.fixture(scope="session")
def stripe_referee() -> Iterator[str]:
    """The other double's address; without it the test is skipped, and counted aloud."""
    try:
        prepared()
    except NoReferee as absent:
        pytest.skip(str(absent))
    with serving() as address:
        yield address


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many tests were skipped for want of the other double."""
    absent = [r for r in terminalreporter.getreports("skipped") if ABSENT in str(r.longrepr)]
    if absent:
        line = f"tests not run: {len(absent)}, {ABSENT} make referee says why"
        terminalreporter.write_line(line, yellow=True, bold=True)


if __name__ == "__main__":
    print(f"the other double of Stripe runs on {prepared()}")
