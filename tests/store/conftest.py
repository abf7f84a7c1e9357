"""What the store's tests share: an open store on every database, and a herd of processes."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from marketplace.store.opening import open_store
from marketplace.store.store import SqlStore
from tests.store.herd import Herd
from tests.store.wiring import driver_of


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store of this test's own, once on each kind of database."""
    opened = open_store(database_url, create="missing")
    yield opened
    opened.close()


@pytest.fixture
def memory() -> Iterator[SqlStore]:
    """A store in memory, for what is the same on every database."""
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def herd() -> Iterator[Herd]:
    """Sixteen processes that begin at the same moment."""
    with Herd(16) as processes:
        yield processes


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[sa.Engine]:
    """An engine of a caller's, as he would make it."""
    made = sa.create_engine(postgresql_url)
    yield made
    made.dispose()


@pytest.fixture
def driver(engine: sa.Engine) -> Iterator[psycopg.Connection[Any]]:
    """A connection of psycopg's."""
    with engine.connect() as connection:
        yield driver_of(connection)
