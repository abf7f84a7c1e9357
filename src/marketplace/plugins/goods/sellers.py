"""Sellers as the operator and they themselves see them: figures, and the level that follows."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from marketplace import (
    DAY,
    Actor,
    InvalidInput,
    Marketplace,
    NotFound,
    Party,
    Reason,
    Role,
    SetupError,
)
from marketplace.plugins.goods.metrics import Levels, SellerMetrics, measured
from marketplace.plugins.goods.plugin import Goods

By = Actor | Party | Role | str


@frozen
class Sellers:
    """What people ask of the sellers of one marketplace."""

    market: Marketplace
    trade: str = "goods"

    def __attrs_post_init__(self) -> None:
        _ = self.levels

    @property
    def levels(self) -> Levels:
        """The marketplace's levels; raises ``SetupError`` where sellers are not measured."""
        found = self.market.context.hooks.plugins.get(self.trade)
        if not isinstance(found, Goods) or found.levels is None:
            raise SetupError("sellers are not measured here; open it with Goods(levels=Levels(…))")
        return found.levels

    def metrics(self, party_id: str, *, by: By, window: timedelta | None = None) -> SellerMetrics:
        """A seller's figures of the last days, today with them: his own, or for the operator."""
        days = self.levels.window if window is None else window
        if days < DAY or days % DAY:
            raise InvalidInput("a window is whole days, one at least")
        with self.market.read(by) as view:
            if not view.own(party_id) or view.work.find(Party, id=party_id) is None:
                raise NotFound(f"no party {party_id!r}")
            return measured(view.work, party_id, days, view.context.now().date())

    def level(self, party_id: str, *, by: By) -> tuple[str | None, list[Reason]]:
        """The level of a seller, None for none, and what keeps him from a better one."""
        return self.levels.of(self.metrics(party_id, by=by))
