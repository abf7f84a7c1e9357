"""From people and places to a problem: the candidates found, the costs still metres."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from marketplace.matching.candidates import nearest
from marketplace.matching.problem import Edges, Problem, Spot, asked_positions


def frame(
    requests: Sequence[Spot],
    providers: Sequence[Spot],
    *,
    radius_m: int,
    k_nearest: int | None,
    price_of_unserved: int | None,
    asked: Collection[tuple[str, str]],
    round: int,
) -> Problem:
    """The problem of one round; providers already asked take no place among the nearest."""
    found = nearest(
        [spot.point for spot in requests],
        [spot.point for spot in providers],
        radius_m=radius_m,
        k=k_nearest,
        asked=asked_positions(requests, providers, asked),
    )
    return Problem(
        tuple(requests),
        tuple(providers),
        Edges(*map(found.column, ("request", "provider", "metres", "metres"))),
        radius_m,
        k_nearest,
        price_of_unserved,
        tuple(sorted(asked)),
        round,
    )
