"""Stable matching: nobody and nobody else would both rather have each other.

Deferred acceptance (Gale and Shapley) over a graph: an edge is mutual acceptability, its cost what
the request minds, and what the provider minds unless that is given separately. Equal costs are told
apart by number, so preferences are strict and the answer is one. It is the best stable matching for
every proposer, and the same proposers and receivers are paired in every stable matching.
"""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.errors import InvalidInput
from marketplace.matching.columns import integers
from marketplace.matching.graph import Graph

Pairs = tuple[tuple[int, int], ...]
Preferences = list[dict[int, tuple[int, int]]]


def stable(
    graph: Graph, proposing: str = "requests", provider_cost: Sequence[int] | None = None
) -> Pairs:
    """The stable matching that is best for the side `proposing` ("requests" or "providers").

    `provider_cost[e]` is what edge e costs the provider, where that differs. Shape: (request,
    provider), by request. Raises InvalidInput for another side or another number of costs.
    """
    requests, providers = _preferences(graph, provider_cost)
    if proposing == "requests":
        held = _deferred_acceptance(requests, providers)
        return tuple(sorted((i, j) for j, i in held.items()))
    if proposing == "providers":
        return tuple(sorted(_deferred_acceptance(providers, requests).items()))
    raise InvalidInput(f"requests or providers propose, not {proposing!r}")


def blocking(
    graph: Graph, pairs: Sequence[tuple[int, int]], provider_cost: Sequence[int] | None = None
) -> Pairs:
    """The edges whose two ends would both rather have each other than what `pairs` gives them."""
    requests, providers = _preferences(graph, provider_cost)
    provider_of = dict(pairs)
    request_of = {j: i for i, j in pairs}
    found = []
    for i, wishes in enumerate(requests):
        for j, wish in wishes.items():
            had = provider_of.get(i)
            if had is not None and wishes[had] <= wish:
                continue
            has = request_of.get(j)
            if has is None or providers[j][i] < providers[j][has]:
                found.append((i, j))
    return tuple(sorted(found))


def _preferences(
    graph: Graph, provider_cost: Sequence[int] | None
) -> tuple[Preferences, Preferences]:
    """For each side, of each one: (cost, number) of everybody it accepts. The less the better."""
    other = graph.cost if provider_cost is None else integers(provider_cost)
    if len(other) != len(graph.cost):
        raise InvalidInput(f"{len(graph.cost)} edges need as many provider costs, not {len(other)}")
    requests: Preferences = [{} for _ in range(graph.requests)]
    providers: Preferences = [{} for _ in range(graph.providers)]
    for i, j, c, d in zip(graph.request, graph.provider, graph.cost, other, strict=True):
        requests[i][j] = min((c, j), requests[i].get(j, (c, j)))
        providers[j][i] = min((d, i), providers[j].get(i, (d, i)))
    return requests, providers


def _deferred_acceptance(proposers: Preferences, receivers: Preferences) -> dict[int, int]:
    """Receiver: proposer. Each proposer goes down its list until somebody holds on to it."""
    still_to_ask = [sorted(wishes, key=wishes.__getitem__, reverse=True) for wishes in proposers]
    held: dict[int, int] = {}
    free = list(range(len(proposers)))
    while free:
        a = free.pop()
        while still_to_ask[a]:
            b = still_to_ask[a].pop()
            rival = held.get(b)
            if rival is None:
                held[b] = a
                break
            if receivers[b][a] < receivers[b][rival]:
                held[b] = a
                free.append(rival)
                break
    return held
