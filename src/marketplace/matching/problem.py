"""What a dispatcher is asked and what it answers: plain values, kept so that `why` can be answered.

A problem names requests and providers with their places, and the edges between them: how far apart
(metres) and how unwelcome (cost: the metres, until the caller adjusts them by a score). A solution
names whom each request is put to, in order, with the reasons. Both go to JSON and back unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from attrs import evolve, field, frozen

from marketplace.errors import InvalidInput
from marketplace.matching.columns import Columns, column, integers
from marketplace.matching.graph import Graph


@frozen(slots=True)
class Spot:
    """Somebody at a place: an id of the caller's, and degrees."""

    id: str
    lat: float
    lon: float

    @property
    def point(self) -> tuple[float, float]:
        return self.lat, self.lon


@frozen(slots=True)
class Edges(Columns):
    """Parallel arrays: positions of a request and a provider, metres apart, cost of the pair."""

    request: tuple[int, ...] = field(converter=column, default=())
    provider: tuple[int, ...] = field(converter=column, default=())
    metres: tuple[int, ...] = field(converter=column, default=())
    cost: tuple[int, ...] = field(converter=column, default=())

    def __len__(self) -> int:
        return len(self.column("cost"))

    def at_cost(self, cost: Sequence[int]) -> Edges:
        """The same at other costs."""
        request, provider, metres = map(self.column, ("request", "provider", "metres"))
        return Edges(request, provider, metres, cost)


@frozen(slots=True)
class Reason:
    """Why, as a code with parameters; sentences are made of it elsewhere."""

    code: str
    params: Mapping[str, int | str] = field(factory=dict)


@frozen(slots=True)
class Problem:
    """What was to be decided in one round.

    `price_of_unserved` is in the measure of the costs, None for as many as possible first. `asked`
    holds (request id, provider id) of earlier rounds; such a pair is never made again. `radius_m`
    and `nearest` say how the edges were found (nearest None: everybody within the radius).
    Raises InvalidInput for a repeated id, and what `Graph` raises for the edges.
    """

    requests: tuple[Spot, ...]
    providers: tuple[Spot, ...]
    edges: Edges
    radius_m: int
    nearest: int | None = None
    price_of_unserved: int | None = None
    asked: tuple[tuple[str, str], ...] = ()
    round: int = 0

    def __attrs_post_init__(self) -> None:
        for side, spots in (("request", self.requests), ("provider", self.providers)):
            if len({spot.id for spot in spots}) != len(spots):
                raise InvalidInput(f"every {side} must have an id of its own")
        if len(self.edges.column("metres")) != len(self.edges):
            raise InvalidInput("metres and cost must be equally long")
        self.graph()

    def graph(self, cost: Sequence[int] | None = None) -> Graph:
        """The edges as a graph to solve: their costs, or `cost` in their place."""
        request, provider, own = map(self.edges.column, ("request", "provider", "cost"))
        sides = len(self.requests), len(self.providers)
        return Graph(*sides, request, provider, own if cost is None else cost)

    def at_cost(self, cost: Sequence[int]) -> Problem:
        """The same with one cost per edge, in their order: how a caller's score enters."""
        if len(cost) != len(self.edges):
            raise InvalidInput(f"{len(self.edges)} edges need as many costs, not {len(cost)}")
        return evolve(self, edges=self.edges.at_cost(cost))

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings."""
        return {
            "requests": [[s.id, s.lat, s.lon] for s in self.requests],
            "providers": [[s.id, s.lat, s.lon] for s in self.providers],
            "edges": {
                "request": list(self.edges.request),
                "provider": list(self.edges.provider),
                "metres": list(self.edges.metres),
                "cost": list(self.edges.cost),
            },
            "radius_m": self.radius_m,
            "nearest": self.nearest,
            "price_of_unserved": self.price_of_unserved,
            "asked": [list(pair) for pair in self.asked],
            "round": self.round,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Problem:
        return cls(
            requests=tuple(Spot(*spot) for spot in plain["requests"]),
            providers=tuple(Spot(*spot) for spot in plain["providers"]),
            edges=Edges(**plain["edges"]),
            radius_m=plain["radius_m"],
            nearest=plain["nearest"],
            price_of_unserved=plain["price_of_unserved"],
            asked=_pairs(plain["asked"]),
            round=plain["round"],
        )


@frozen(slots=True)
class Certificate:
    """The duals of an optimum: see `assignment.Assignment`."""

    price: int
    serving_first: bool
    request_worth: tuple[int, ...] = field(converter=integers)
    provider_worth: tuple[int, ...] = field(converter=integers)


@frozen(slots=True)
class Solution:
    """What was decided: whom each request is put to, in that order; who is not named got nobody.

    `reasons` holds (request id, provider id or None, reason) for what cannot be derived from the
    problem later. `total_cost` and `total_metres` are those of all pairs.
    """

    pairs: tuple[tuple[str, tuple[str, ...]], ...]
    reasons: tuple[tuple[str, str | None, Reason], ...]
    solver: str
    total_cost: int
    total_metres: int
    certificate: Certificate | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings."""
        proof = self.certificate
        return {
            "pairs": [[request, list(providers)] for request, providers in self.pairs],
            "reasons": [[r, p, why.code, dict(why.params)] for r, p, why in self.reasons],
            "solver": self.solver,
            "total_cost": self.total_cost,
            "total_metres": self.total_metres,
            "certificate": proof
            and {
                "price": proof.price,
                "serving_first": proof.serving_first,
                "request_worth": list(proof.request_worth),
                "provider_worth": list(proof.provider_worth),
            },
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Solution:
        proof = plain["certificate"]
        return cls(
            pairs=tuple((request, tuple(providers)) for request, providers in plain["pairs"]),
            reasons=tuple((r, p, Reason(code, params)) for r, p, code, params in plain["reasons"]),
            solver=plain["solver"],
            total_cost=plain["total_cost"],
            total_metres=plain["total_metres"],
            certificate=Certificate(**proof) if proof else None,
        )


class Dispatcher(Protocol):
    """A way to decide whom requests are put to; every way is used through these two calls."""

    def frame(
        self,
        requests: Sequence[Spot],
        providers: Sequence[Spot],
        *,
        asked: Collection[tuple[str, str]] = (),
        round: int = 0,
    ) -> Problem:
        """Find the candidates: a problem whose costs are metres, to be adjusted and solved."""

    def solve(self, problem: Problem) -> Solution:
        """Decide, from the problem alone."""


def asked_positions(
    requests: Sequence[Spot], providers: Sequence[Spot], asked: Collection[tuple[str, str]]
) -> dict[int, set[int]]:
    """`asked` as positions; pairs of somebody who is not here any more are passed over."""
    request_at = {spot.id: i for i, spot in enumerate(requests)}
    provider_at = {spot.id: j for j, spot in enumerate(providers)}
    positions: dict[int, set[int]] = {}
    for request, provider in asked:
        if request in request_at and provider in provider_at:
            positions.setdefault(request_at[request], set()).add(provider_at[provider])
    return positions


def _pairs(plain: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((request, provider) for request, provider in plain)
