"""Hamlets for the attacks, closed when the test is over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.hamlet import Hamlet

Found = Callable[..., Hamlet]


@pytest.fixture
def found() -> Iterator[Found]:
    """Return what founds a hamlet; every one of them is closed at the end."""
    hamlets: list[Hamlet] = []

    def make(*words: Any, **settings: Any) -> Hamlet:
        hamlets.append(Hamlet.found(*words, **settings))
        return hamlets[-1]

    yield make
    for hamlet in hamlets:
        hamlet.market.close()


@pytest.fixture
def hamlet(database_url: str, found: Found) -> Hamlet:
    """Return a hamlet, once on each kind of database."""
    return found(database_url)


@pytest.fixture
def in_memory(found: Found) -> Hamlet:
    """Return a hamlet in memory, for laws in which the kind of database plays no part."""
    return found()
