"""The markers by which a test says what it proves: ids that exist, at most three of a kind."""

from functools import cache

import pytest

from tests.support.behaviours import PAGE, full_id, known_ids

MARKERS = ("behaviour", "attack", "invariant")
MOST = 3
PROVES = "proves"

_ids = cache(known_ids)


def proved_by(node: pytest.Item | pytest.Function) -> list[str]:
    """Return the ids a test names, as the page writes them, in the order of its markers."""
    return [
        full_id(marker, given)
        for marker in MARKERS
        for mark in node.iter_markers(marker)
        for given in mark.args
    ]


def complaint(node: pytest.Item | pytest.Function) -> str | None:
    """Return what is wrong with a test's markers, as a sentence, or None."""
    for marker in MARKERS:
        given = [arg for mark in node.iter_markers(marker) for arg in mark.args]
        if len(given) > MOST:
            return f"{node.name} names {len(given)} ids by {marker}; a test may name {MOST}"
    unknown = [name for name in proved_by(node) if name not in _ids()]
    if unknown:
        return f"{node.name} names {', '.join(unknown)}; the ids that exist stand in {PAGE.name}"
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuse, while tests are collected, a test that names what does not exist, or too much."""
    wrong = complaint(metafunc.definition)
    if wrong:
        raise pytest.Collector.CollectError(wrong)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Write the ids where they travel with the test's reports, also between processes."""
    item.user_properties.extend((PROVES, name) for name in proved_by(item))
