"""First come, first served: what dispatchers did before, and what an optimum is compared with."""

from __future__ import annotations

from marketplace.matching.graph import Graph


def greedy(graph: Graph, limit: int | None = None) -> tuple[tuple[int, int], ...]:
    """The pairs when requests, in their order, each take the cheapest provider still free.

    Of equally cheap ones the lowest numbered; only edges that cost at most `limit`, where there is
    one. Shape: (request, provider), by request; who finds nobody is left out.
    """
    rows = graph.rows(max(graph.cost, default=0) if limit is None else limit)
    taken: set[int] = set()
    pairs = []
    for i, row in enumerate(rows):
        best = min((edge for edge in row if edge[1] not in taken), default=None)
        if best is not None:
            taken.add(best[1])
            pairs.append((i, best[1]))
    return tuple(pairs)
