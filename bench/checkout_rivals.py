"""django-oscar in an environment of its own, as a process that places orders when it is told to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from psycopg.conninfo import conninfo_to_dict

from bench.databases import Databases, PostgresServer
from bench.environments import python_with

PACKAGES = ("django-oscar>=4.1,<5", "psycopg[binary]>=3.2")
PLACE = Path(".cache/bench/oscar")


@attrs.frozen
class OscarCount:
    """What placing one order says to the database."""

    statements: int
    savepoints: int
    """Of these, savepoints and their release."""


@attrs.define
class Shop:
    """A running shop."""

    process: "subprocess.Popen[str]"
    version: str

    def asked(self, **what: Any) -> Any:
        """What it answers; raises ``RuntimeError`` when it has died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the shop of django-oscar died; what it said is above")
        return json.loads(answer)

    def counted(self, sellers: int) -> OscarCount:
        """Statements of one order."""
        found = self.asked(do="count", sellers=sellers)
        return OscarCount(found["statements"], found["savepoints"])

    def timed(self, sellers: int, orders: int) -> float:
        """Orders a second of one caller."""
        return float(orders / self.asked(do="time", sellers=sellers, orders=orders))

    def raced(self, sellers: int, each: int, callers: int) -> float:
        """Orders a second of so many processes, each with so many of them."""
        asked = self.asked(do="race", sellers=sellers, orders=each, callers=callers)
        return callers * each / float(asked)


def settings(databases: Databases, folder: Path) -> str:
    """Where the shop keeps its orders: on the same disk, or the same server."""
    if not isinstance(databases, PostgresServer):
        return str(folder / "oscar.sqlite")
    databases.make("oscar")
    known = conninfo_to_dict(databases.server.conninfo("oscar"))
    named = {
        "NAME": known.get("dbname"),
        "USER": known.get("user"),
        "HOST": known.get("host"),
        "PORT": known.get("port", ""),
    }
    return json.dumps({"ENGINE": "django.db.backends.postgresql", **named})


@contextmanager
def shop_beside(databases: Databases, folder: Path, *, wanted: bool) -> Iterator[Shop | str]:
    """A shop on the same kind of database; else the words that say why there is none."""
    found = python_with(PLACE, PACKAGES) if wanted else "it was not asked for"
    if isinstance(found, str):
        yield found
        return
    script = Path(__file__).with_name("oscar_shop.py")
    words = [str(found), "-W", "ignore", str(script), settings(databases, folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=sys.stderr, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            if first:
                yield Shop(process, json.loads(first)["version"])
            else:
                yield "its shop could not be opened; what it said is above"
        finally:
            process.stdin.close()
            process.wait(timeout=60)
