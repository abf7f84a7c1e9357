"""A site of other people's calendars, and the valley that follows them."""

from collections.abc import Iterator

import pytest

from tests.support.calendar_server import Site, serving
from tests.support.calendars import Valley


@pytest.fixture
def site() -> Iterator[Site]:
    """Yield a site on this machine."""
    with serving() as made:
        yield made


@pytest.fixture
def valley(database_url: str, site: Site) -> Iterator[Valley]:
    """Yield a valley, once on each kind of database."""
    made = Valley(database_url, site)
    yield made
    made.market.close()


@pytest.fixture
def in_memory(site: Site) -> Iterator[Valley]:
    """Yield a valley in memory, where the kind of database plays no part."""
    made = Valley("sqlite://", site)
    yield made
    made.market.close()
