"""What it would have cost to make one pair, against the optimum: exact, without solving again.

Whoever takes a place pushes out who had it. Every such exchange has a price, the slack of the edge
used: what its ends are worth together, less what it gains, never negative at an optimum. Making one
pair costs its own slack and the cheapest chain of exchanges that puts everybody else right again, a
shortest path. Leaving or joining the idle is one node of such a chain, as in `ties`.
"""

from __future__ import annotations

from heapq import heappop, heappush

from attrs import frozen

from marketplace.errors import InvalidInput
from marketplace.matching.assignment import Assignment
from marketplace.matching.graph import Graph


@frozen(slots=True)
class Forced:
    """What all pairs together would have come to."""

    extra_cost: int  # may be negative when pairs were lost
    pairs_lost: int  # may be negative, where one more pair costs just its price
    extra: int  # cost and prices of the unserved together: never negative


def forcing(graph: Graph, assignment: Assignment, request: int, provider: int) -> Forced:
    """What pairing `request` with `provider` would cost beyond `assignment`.

    `assignment` must be the optimum on `graph` (see `verify`). Raises InvalidInput when the two
    share no edge that costs at most the price of leaving a request unserved.
    """
    rows = graph.rows(assignment.price)
    direct = min((c for c, j in rows[request] if j == provider), default=None)
    if direct is None:
        raise InvalidInput(
            f"request {request} and provider {provider} share no edge within the price"
        )
    chains = _Chains.of(rows, assignment)
    if chains.mate[request] == provider:
        return Forced(0, 0, 0)
    own = chains.slack(request, provider, direct)
    extra, lost = chains.shortest(chains.owner[provider], request)
    extra += own
    return Forced(extra - lost * assignment.price, lost, extra)


@frozen(slots=True)
class _Chains:
    rows: list[list[tuple[int, int]]]
    mate: list[int]
    owner: list[int]  # of a provider: its request, or the node of the idle
    assignment: Assignment

    @classmethod
    def of(cls, rows: list[list[tuple[int, int]]], assignment: Assignment) -> _Chains:
        mate = [-1] * len(rows)
        owner = [len(rows)] * len(assignment.provider_worth)
        for i, j in assignment.pairs:
            mate[i], owner[j] = j, i
        return cls(rows, mate, owner, assignment)

    def slack(self, i: int, j: int, cost: int) -> int:
        a = self.assignment
        return a.request_worth[i] + a.provider_worth[j] + cost - a.price

    def after(self, node: int) -> list[tuple[int, int, int]]:
        """Whose place `node` could take, each with its price and the pairs lost by it."""
        a, idle = self.assignment, len(self.rows)
        if node == idle:
            return [
                (k, 0, -1) if j < 0 else (k, a.provider_worth[j], 0)
                for k, j in enumerate(self.mate)
            ]
        places = [(self.owner[j], self.slack(node, j, c), 0) for c, j in self.rows[node]]
        if self.mate[node] >= 0:
            places.append((idle, a.request_worth[node], 1))
        return places

    def shortest(self, start: int, home: int) -> tuple[int, int]:
        """The price of the cheapest chain from `start` to `home`, and the pairs lost by it."""
        reached = {start: (0, 0)}
        closed = set()
        heap = [(0, start)]
        while home not in closed:
            so_far, node = heappop(heap)
            if node in closed:
                continue
            closed.add(node)
            for k, price, lost in self.after(node):
                if k not in closed and (k not in reached or so_far + price < reached[k][0]):
                    reached[k] = (so_far + price, reached[node][1] + lost)
                    heappush(heap, (so_far + price, k))
        return reached[home]
