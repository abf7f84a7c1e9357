"""What `ties` looks for first, compiled: who could trade places with whom at all."""

from __future__ import annotations

from typing import Any

import numpy

from marketplace.matching.compiling import compiled


@compiled
def _strong_parts(rows: Any, found: Any, owner: Any, price: int) -> Any:
    """As in `ties`: the strongly connected part of each request, and of the idle, the last."""
    start, other, costs = rows
    mate, request_worth, provider_worth = found
    n = len(mate)
    number = numpy.full(n + 1, -1, numpy.int64)  # in order of discovery
    low = numpy.zeros(n + 1, numpy.int64)
    part = numpy.full(n + 1, -1, numpy.int64)
    # Where a node is in its arcs: its edges and, after them, leaving; the idle may take any place.
    arc = numpy.zeros(n + 1, numpy.int64)
    arc[:n] = start[:n]
    path = numpy.empty(n + 1, numpy.int64)
    walk = numpy.empty(n + 1, numpy.int64)
    seen = parts = on_path = 0
    for root in range(n + 1):
        if number[root] >= 0:
            continue
        walk[0], steps = root, 1
        while steps:
            node = walk[steps - 1]
            if number[node] < 0:
                number[node] = low[node] = seen
                seen += 1
                path[on_path] = node
                on_path += 1
            deeper = False
            end = n - 1 if node == n else start[node + 1]
            while arc[node] <= end and not deeper:
                at = arc[node]
                arc[node] += 1
                if node == n:
                    k = at
                    if mate[k] >= 0 and provider_worth[mate[k]] != 0:
                        continue
                elif at == end:
                    if mate[node] < 0 or request_worth[node] != 0:
                        continue
                    k = n
                else:
                    if costs[at] > price - request_worth[node]:
                        arc[node] = end  # nobody is worth less than nothing
                        continue
                    j = other[at]
                    if request_worth[node] + provider_worth[j] != price - costs[at]:
                        continue
                    k = owner[j]
                if number[k] < 0:
                    walk[steps] = k
                    steps += 1
                    deeper = True
                elif part[k] < 0:
                    low[node] = min(low[node], number[k])
            if deeper:
                continue
            steps -= 1
            if steps:
                low[walk[steps - 1]] = min(low[walk[steps - 1]], low[node])
            if low[node] == number[node]:
                while part[node] < 0:
                    on_path -= 1
                    part[path[on_path]] = parts
                parts += 1
    return part, parts


@compiled
def tradable(rows: Any, found: Any, price: int) -> Any:
    """The tight edges that a cycle of exchanges could use, as two arrays; the part of each node.

    Of a request that can only stay where it is there are none.
    """
    start, other, costs = rows
    mate, request_worth, provider_worth = found
    owner = numpy.full(len(provider_worth), len(mate), numpy.int64)
    for i in range(len(mate)):
        if mate[i] >= 0:
            owner[mate[i]] = i
    part, parts = _strong_parts(rows, found, owner, price)
    request = numpy.empty(len(other), numpy.int64)
    provider = numpy.empty(len(other), numpy.int64)
    kept = 0
    for i in range(len(mate)):
        before = kept
        for e in range(start[i], start[i + 1]):
            j = other[e]
            if price - costs[e] < request_worth[i]:
                break  # the others cost more, and nobody is worth less than nothing
            if (
                request_worth[i] + provider_worth[j] == price - costs[e]
                and part[owner[j]] == part[i]
            ):
                request[kept], provider[kept] = i, j
                kept += 1
        if kept == before + 1 and mate[i] >= 0 and request_worth[i] != 0:
            kept = before
    return request[:kept], provider[:kept], part, parts
