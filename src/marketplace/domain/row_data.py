"""Rows as plain JSON values and back: what is hashed, stored with a deal, and read years later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marketplace.domain.effect import (
    ClaimEffect,
    ClaimKind,
    Effect,
    LinkEffect,
    MoneyEffect,
    MoneyKind,
    SeatEffect,
)
from marketplace.domain.party import role_named
from marketplace.domain.transition import After, Ask, At, Transition, When


def _when_data(when: When | None) -> Any:
    if when is None:
        return None
    if isinstance(when, After):
        return {"after": when.delay.total_seconds()}
    return {"at": when.moment, "offset": when.offset.total_seconds()}


def _effect_data(effect: Effect) -> list[Any]:
    if isinstance(effect, MoneyEffect):
        return ["money", effect.kind.value, effect.purse]
    if isinstance(effect, ClaimEffect):
        return ["claim", effect.kind.value, effect.resource]
    if isinstance(effect, LinkEffect):
        return ["link", effect.process, effect.row]
    return ["seat", effect.role, effect.fill]


def row_data(row: Transition) -> dict[str, Any]:
    """All that a row says; what few rows say only where it is said, so that the hashes of
    processes that were stored before it could be said stay as they are."""
    data = {
        "name": row.name,
        "who": [role.name for role in row.who],
        "from": list(row.sources),
        "to": row.to,
        "effects": [_effect_data(effect) for effect in row.effects],
        "failed": row.failed,
        "needs_customer": row.needs_customer,
        "when": _when_data(row.when),
        "not_before": _when_data(row.not_before),
        "asks": [
            [ask.name, ask.kind, ask.required, list(ask.choices), ask.max_length]
            for ask in row.asks
        ],
        "lines": row.lines,
        "fault": row.fault,
        "on": row.on,
    }
    if row.agreed:
        data["agreed"] = True
    return data


def row_from_data(data: Mapping[str, Any]) -> Transition:
    """The row that ``row_data`` wrote."""
    row = Transition(
        data["name"],
        [role_named(name) for name in data["who"]],
        data["from"],
        data["to"],
        *(_effect_from_data(effect) for effect in data["effects"]),
        failed=data["failed"],
        needs_customer=data["needs_customer"],
        not_before=_when_from_data(data["not_before"]),
        asks=[_ask_from_data(ask) for ask in data["asks"]],
        lines=data["lines"],
        fault=data["fault"],
        on=data["on"],
        agreed=data.get("agreed", False),
    )
    return row.changed(when=_when_from_data(data["when"]))


def _when_from_data(data: Mapping[str, Any] | None) -> When | None:
    if data is None:
        return None
    if "after" in data:
        return After(timedelta(seconds=data["after"]))
    return At(data["at"], timedelta(seconds=data["offset"]))


def _effect_from_data(data: list[Any]) -> Effect:
    sort, what, which = data
    if sort == "money":
        return MoneyEffect(MoneyKind(what), which)
    if sort == "claim":
        return ClaimEffect(ClaimKind(what), which)
    if sort == "link":
        return LinkEffect(what, which)
    return SeatEffect(what, which)


def _ask_from_data(data: list[Any]) -> Ask:
    name, kind, required, choices, max_length = data
    return Ask(name, kind, required, tuple(choices), max_length)
