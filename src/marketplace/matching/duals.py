"""Worths for an assignment that came without them: the proof that it is optimal, or that it is not.

Solvers differ in what they hand out; scipy's gives pairs alone. The worths are then the least ones
that every edge allows: a request is worth at least what it would gain from an idle provider, and at
least what it would gain by taking a provider over whom another request is already worth something.
"""

from __future__ import annotations

from collections import deque

from marketplace.errors import Mistake
from marketplace.matching.graph import Optimum


class NotOptimalError(Mistake, ValueError):
    """The pairs are no optimum: some exchange would gain."""


def prove(
    rows: list[list[tuple[int, int]]], providers: int, mate: list[int], price: int
) -> Optimum:
    """The optimum with its worths, for pairs found elsewhere.

    `rows` lists for each request its (cost, provider), none above `price`; `mate` the provider of
    each request or -1. Raises NotOptimalError when the pairs can be bettered or are not edges.
    """
    owner = [-1] * providers
    gain = [0] * len(rows)
    wanted_by: list[list[tuple[int, int]]] = [[] for _ in range(providers)]
    worth = [0] * len(rows)
    for i, row in enumerate(rows):
        if mate[i] >= 0:
            owner[mate[i]] = i
            costs = [c for c, j in row if j == mate[i]]
            if not costs:
                raise NotOptimalError(f"request {i} is given provider {mate[i]}, which is no edge")
            gain[i] = price - min(costs)
    for i, row in enumerate(rows):
        for c, j in row:
            if j != mate[i]:
                wanted_by[j].append((price - c, i))
                if owner[j] < 0 and price - c > worth[i]:
                    worth[i] = price - c
    _raise_to_least(wanted_by, mate, gain, worth)
    provider_worth = [0] * providers
    for i, j in enumerate(mate):
        if j >= 0:
            provider_worth[j] = gain[i] - worth[i]
    return Optimum(list(mate), worth, provider_worth)


def _raise_to_least(
    wanted_by: list[list[tuple[int, int]]], mate: list[int], gain: list[int], worth: list[int]
) -> None:
    """Raise `worth` until no edge is short (label correcting, first in first out).

    At an optimum nothing rises above its own gain, and nobody is raised more often than there are
    requests; either would be a chain of exchanges that gains.
    """
    for i, w in enumerate(worth):
        if w > gain[i]:
            raise NotOptimalError(f"request {i} could gain {w} and is given {gain[i]}")
    queue = deque(i for i, j in enumerate(mate) if j >= 0)
    waiting = [j >= 0 for j in mate]
    while queue:
        i = queue.popleft()
        waiting[i] = False
        left = gain[i] - worth[i]  # what the provider of i is worth
        for g, k in wanted_by[mate[i]]:
            w = g - left
            if w > worth[k]:
                if w > gain[k]:
                    raise NotOptimalError(f"request {k} could gain {w} and is given {gain[k]}")
                worth[k] = w
                if not waiting[k]:
                    waiting[k] = True
                    queue.append(k)
