"""Towns for the attacks, closed when the test is over."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.town import Town

Found = Callable[..., Town]


@pytest.fixture
def found() -> Iterator[Found]:
    """Return what founds a town; every one of them is closed at the end."""
    towns: list[Town] = []

    def make(*words: object, **settings: object) -> Town:
        towns.append(Town.found(*words, **settings))  # type: ignore[arg-type]
        return towns[-1]

    yield make
    for town in towns:
        town.market.close()


@pytest.fixture
def town(database_url: str, found: Found) -> Town:
    """Return a town of rides, once on each kind of database."""
    return found(database_url)


@pytest.fixture
def hamlet(found: Found) -> Town:
    """Return a town in memory, for laws in which the kind of database plays no part."""
    return found()
