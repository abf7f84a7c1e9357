"""Small graphs to try everything on, and the slow certain way to their optimum."""

from itertools import count

from hypothesis import strategies as st

from marketplace.matching.graph import Graph

Pairs = tuple[tuple[int, int], ...]

prices = st.none() | st.integers(0, 12)


@st.composite
def graphs(draw: st.DrawFn, side: int = 6, edges: int = 20, dearest: int = 12) -> Graph:
    """Graphs with empty sides, lonely ends, repeated edges, zero costs and many ties."""
    requests, providers = draw(st.integers(0, side)), draw(st.integers(0, side))
    if not requests or not providers:
        return Graph(requests, providers)
    ends = st.tuples(
        st.integers(0, requests - 1),
        st.integers(0, providers - 1),
        st.integers(0, draw(st.sampled_from([0, 1, 3, dearest]))),
    )
    chosen = draw(st.lists(ends, max_size=edges))
    return Graph(requests, providers, *(zip(*chosen, strict=True) if chosen else ((), (), ())))


def cheapest_edges(graph: Graph) -> dict[tuple[int, int], int]:
    costs: dict[tuple[int, int], int] = {}
    for i, j, c in zip(graph.request, graph.provider, graph.cost, strict=True):
        costs[i, j] = min(c, costs.get((i, j), c))
    return costs


def every_matching(graph: Graph, price: int | None) -> list[Pairs]:
    """All ways to pair, within the price of leaving somebody unserved."""
    costs = cheapest_edges(graph)
    found: list[Pairs] = [()]
    for i in range(graph.requests):
        found += [
            (*pairs, (i, j))
            for pairs in found
            for j in range(graph.providers)
            if costs.get((i, j), -1) >= 0
            and (price is None or costs[i, j] <= price)
            and all(j != taken for _, taken in pairs)
        ]
    return found


def by_trying_all(graph: Graph, price: int | None) -> tuple[Pairs, int]:
    """The optimum that the rule for ties picks, and what it costs."""
    costs = cheapest_edges(graph)
    last = graph.providers

    def rank(pairs: Pairs) -> tuple[int, int, tuple[int, ...]]:
        total, alone = sum(costs[pair] for pair in pairs), graph.requests - len(pairs)
        mate = dict(pairs)
        places = tuple(mate.get(i, last) for i in range(graph.requests))
        return (alone, total, places) if price is None else (total + price * alone, 0, places)

    best = min(every_matching(graph, price), key=rank)
    return best, sum(costs[pair] for pair in best)


def renumbered(graph: Graph, requests: list[int], providers: list[int], edges: list[int]) -> Graph:
    """The same graph with its ends renumbered and its edges in another order."""
    return Graph(
        graph.requests,
        graph.providers,
        [requests[graph.request[e]] for e in edges],
        [providers[graph.provider[e]] for e in edges],
        [graph.cost[e] for e in edges],
    )


def grid_town(blocks: int, reach: int) -> Graph:
    """Requests and providers alternate on a square lattice; each sees those up to `reach` away.

    Costs are distances on the lattice with a little that differs from pair to pair.
    """
    number = count()
    spots = [(next(number), x, y) for x in range(blocks) for y in range(blocks)]
    requests = {(x, y): n // 2 for n, x, y in spots if n % 2 == 0}
    providers = {(x, y): n // 2 for n, x, y in spots if n % 2}
    ends = [
        (i, providers[x + dx, y + dy], 100 * (abs(dx) + abs(dy)) + (i * 7 + dx * 3 + dy) % 11)
        for (x, y), i in requests.items()
        for dx in range(-reach, reach + 1)
        for dy in range(-reach, reach + 1)
        if (x + dx, y + dy) in providers
    ]
    return Graph(len(requests), len(providers), *zip(*ends, strict=True))
