"""One solver on one graph, in a process of its own: it can be stopped, and disturbs nobody.

    python dispatch_solver.py NAME CASE.json

Each is handed the edges as whoever has it installed would have them, before the clock starts: those
that import numpy as its arrays, what is plain Python as integers of Python.
Prints JSON: seconds of the wall and of the processor, how many were served and what they cost.
Imports nothing but what the named solver needs, so that a rival's own environment can run it.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Graph = dict[str, Any]
"""requests, providers, price (of leaving a request unserved), and the arrays request, provider,
cost. Of a town whole: requests and providers as places, and radius_m, within which all are."""
Run = Callable[[], tuple[int, int]]


def ours(name: str, graph: Graph) -> Run:
    """This library, from the graph to pairs with worths, ties settled."""
    import marketplace

    columns = [graph[column] for column in ("request", "provider", "cost")]
    if name == "numba":
        import numpy

        columns = [numpy.array(column, dtype=numpy.int64) for column in columns]
    edges = marketplace.Graph(graph["requests"], graph["providers"], *columns)
    marketplace.assign(marketplace.Graph(2, 1, [0, 1], [0, 0], [3, 4]), 9, by=name)

    def run() -> tuple[int, int]:
        found = marketplace.assign(edges, graph["price"], by=name)
        return len(found.pairs), found.total

    return run


def greedy(graph: Graph) -> Run:
    """First come, first served: the nearest provider that is free."""
    near: list[list[tuple[int, int]]] = [[] for _ in range(graph["requests"])]
    for i, j, c in zip(graph["request"], graph["provider"], graph["cost"], strict=True):
        near[i].append((c, j))

    def run() -> tuple[int, int]:
        taken: set[int] = set()
        total = 0
        for some in near:
            best = min((edge for edge in some if edge[1] not in taken), default=None)
            if best is not None:
                taken.add(best[1])
                total += best[0]
        return len(taken), total

    return run


def ours_whole(name: str, town: Graph) -> Run:
    """This library, from places to the optimum over all pairs, proven."""
    import marketplace

    here, there = ([(lat, lon) for lat, lon in town[side]] for side in ("requests", "providers"))
    marketplace.assign_whole(here[:20], there[:20], radius_m=1_000, by=name)

    def run() -> tuple[int, int]:
        found = marketplace.assign_whole(here, there, radius_m=town["radius_m"], by=name).assignment
        return len(found.pairs), found.total

    return run


def matrix_of_all(town: Graph) -> Run:
    """The way by the whole matrix: every distance, then `linear_sum_assignment`."""
    import numpy
    from scipy.optimize import linear_sum_assignment

    here, there = (numpy.radians(numpy.array(town[side])) for side in ("requests", "providers"))

    def run() -> tuple[int, int]:
        matrix = numpy.empty((len(here), len(there)))
        for at in range(0, len(here), 500):  # so that what is between needs little memory
            lat, lon = (here[at : at + 500, side, None] for side in (0, 1))
            h = numpy.sin((there[:, 0] - lat) / 2) ** 2
            h += numpy.cos(lat) * numpy.cos(there[:, 0]) * numpy.sin((there[:, 1] - lon) / 2) ** 2
            matrix[at : at + 500] = numpy.rint(2 * 6_371_008.8 * numpy.arcsin(numpy.sqrt(h)))
        row, column = linear_sum_assignment(matrix)
        return len(row), round(float(matrix[row, column].sum()))

    return run


def _sums(served: Any, costs: Any) -> tuple[int, int]:
    return int(served.sum()), round(float(costs[served].sum()))


def scipy_sparse(graph: Graph, *, turned: bool) -> Run:
    """`min_weight_full_bipartite_matching`; each of its rows has a column for staying alone. The
    rows are the requests, or, turned, whichever side is smaller."""
    import numpy
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    around = turned and graph["providers"] < graph["requests"]
    at, to = (numpy.array(graph[side]) for side in ("request", "provider"))
    rows, columns = graph["requests"], graph["providers"]
    if around:
        at, to, rows, columns = to, at, columns, rows
    cost = numpy.array(graph["cost"], dtype=float)
    own = numpy.arange(rows)

    def run() -> tuple[int, int]:
        # A weight of zero would be no edge at all, so all are one more.
        weight = numpy.concatenate([cost + 1, numpy.full(rows, graph["price"] + 1.0)])
        ends = numpy.concatenate([at, own]), numpy.concatenate([to, columns + own])
        matrix = csr_array((weight, ends), shape=(rows, columns + rows))
        row, column = min_weight_full_bipartite_matching(matrix)
        paid = numpy.asarray(matrix[row, column]).ravel() - 1
        return _sums(column < columns, paid)

    return run


def scipy_dense(graph: Graph) -> Run:
    """`linear_sum_assignment` on the whole matrix, what is no edge priced as unserved."""
    import numpy
    from scipy.optimize import linear_sum_assignment

    def run() -> tuple[int, int]:
        matrix = numpy.full((graph["requests"], graph["providers"]), float(graph["price"]))
        matrix[graph["request"], graph["provider"]] = graph["cost"]
        row, column = linear_sum_assignment(matrix)
        paid = matrix[row, column]
        return _sums(paid < graph["price"], paid)

    return run


def ortools(graph: Graph) -> Run:
    """`SimpleMinCostFlow`: from a source through requests and providers to a sink; a request that
    stays alone goes there directly, for the price."""
    import numpy
    from ortools.graph.python import min_cost_flow

    n, m, edges = graph["requests"], graph["providers"], len(graph["cost"])
    source, sink = n + m, n + m + 1
    requests, providers = numpy.arange(n), n + numpy.arange(m)
    at = [numpy.array(graph["request"]), numpy.full(n, source), requests, providers]
    to = [n + numpy.array(graph["provider"]), requests, numpy.full(n, sink), numpy.full(m, sink)]
    nothing = numpy.zeros(n, dtype=int), numpy.zeros(m, dtype=int)
    cost = [numpy.array(graph["cost"]), nothing[0], numpy.full(n, graph["price"]), nothing[1]]

    def run() -> tuple[int, int]:
        flow = min_cost_flow.SimpleMinCostFlow()
        ends = numpy.concatenate(at), numpy.concatenate(to)
        flow.add_arcs_with_capacity_and_unit_cost(
            *ends, numpy.ones(len(ends[0]), dtype=int), numpy.concatenate(cost)
        )
        flow.set_node_supply(source, n)
        flow.set_node_supply(sink, -n)
        if flow.solve() != flow.OPTIMAL:
            raise RuntimeError("ortools found no optimum")
        served = flow.flows(numpy.arange(edges)).astype(bool)
        return _sums(served, cost[0])

    return run


def made_ready(name: str, graph: Graph) -> Run:
    """The solver of that name with the graph in the shape it wants."""
    if "radius_m" in graph:
        return matrix_of_all(graph) if name == "scipy dense" else ours_whole(name, graph)
    if name in ("python", "numba"):
        return ours(name, graph)
    if name.startswith("scipy sparse"):
        return scipy_sparse(graph, turned=name.endswith("turned"))
    return {"greedy": greedy, "scipy dense": scipy_dense, "ortools": ortools}[name](graph)


def main(name: str, path: str) -> None:
    """Solve it once and print what that took."""
    run = made_ready(name, json.loads(Path(path).read_text()))
    gc.collect()  # what was imported is not looked through while it is timed
    wall, cpu = time.perf_counter(), time.process_time()
    served, total = run()
    taken = time.perf_counter() - wall, time.process_time() - cpu
    told = {"wall": taken[0], "cpu": taken[1], "served": served, "total": total}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
