"""Rounds of dispatch: who waits to be put to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace import Marketplace, Offer, Transaction
from marketplace.plugins.cash import Cash
from marketplace.plugins.rides import Rides, kathmandu_bike

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def offer(id: str, state: Any) -> Offer:
    """An offer of the one ride."""
    return Offer(id, "op", "pa_1", NOW, NOW, None, state, transaction_id="tx_1")


class Rows:
    """A unit of work in which one ride waits, with two offers of which the older is over."""

    def select(self, kind: type[Any], where: Mapping[str, Any], *, limit: int) -> list[Any]:
        rows: list[Any] = [
            Transaction("tx_1", "rides", "ride", "v1", "searching", "NPR", NOW, NOW),
            offer("of_1", "declined"),
            offer("of_2", "made"),
        ]
        mine = [one for one in rows if type(one) is kind]
        states = where.get("state") or [one.state for one in mine]
        return [one for one in mine if one.state in states][:limit]


@pytest.mark.parametrize("most", [1, 100])
def test_an_offer_that_is_out_is_found_among_many(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However many offers a deal had before, more than are read in one go, the one that is out
    keeps it from being put to somebody else at the same time."""
    monkeypatch.setattr("marketplace.app.matching.MOST", most)
    market = Marketplace.open("sqlite://", plugins=[Rides(fare=kathmandu_bike()), Cash()])
    rows: Any = Rows()
    assert market.matching._waiting(rows, "rides") == ([], [])
    market.close()
