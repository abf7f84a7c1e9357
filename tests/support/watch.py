"""Every marketplace that a test opened is looked at when the test's body has ended.

A test that passed and left books, claims, timers or audit trail unsound fails after all. One
that breaks them on purpose says so with `@pytest.mark.unsound("why")`.
"""

from collections.abc import Generator
from typing import Any

import pytest

from marketplace import Marketplace
from marketplace.testing.soundness import faults

_opened: list[Marketplace] = []
_found: list[str] = []
_open = Marketplace.open.__func__  # type: ignore[attr-defined]
_close = Marketplace.close


def _remembered(cls: type[Marketplace], *args: Any, **settings: Any) -> Marketplace:
    market: Marketplace = _open(cls, *args, **settings)
    _opened.append(market)
    return market


def _looked_at(market: Marketplace) -> None:
    """Look before it closes: what was kept in memory is gone afterwards."""
    if market in _opened:
        _opened.remove(market)
        _found.extend(faults(market))
    _close(market)


def _gone(market: Marketplace) -> bool:
    """Whether it lived in a connection of the test's own, which the test has closed since."""
    outside = getattr(market.context.store, "outside", None)
    return outside is not None and outside.closed


def pytest_configure(config: pytest.Config) -> None:
    """Remember every marketplace from now on; say what the marker means."""
    Marketplace.open = classmethod(_remembered)  # type: ignore[method-assign, assignment]
    Marketplace.close = _looked_at  # type: ignore[method-assign]
    config.addinivalue_line(
        "markers", "unsound(why): this test leaves a marketplace that is not sound, on purpose"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what the test before opened."""
    _opened.clear()
    _found.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """After the test's body, before its fixtures are taken down: is everything sound?"""
    result = yield
    if item.get_closest_marker("unsound") is None:
        for market in _opened:
            if not _gone(market):
                _found.extend(faults(market))
        assert not _found, "a marketplace is not sound: " + "; ".join(_found[:10])
    _opened.clear()
    return result
