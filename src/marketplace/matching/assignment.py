"""Minimum-cost assignment of requests to providers, exact, with a certificate anyone can check.

    graph = Graph(2, 2, request=[0, 0, 1], provider=[0, 1, 0], cost=[10, 30, 15])
    assign(graph).pairs  # ((0, 1), (1, 0)): both are served, for 45

What is minimised is the cost of the pairs plus a price for every request left unserved; without a
price, as many as possible are served first, and then as cheaply as possible. Ties are broken by one
rule (`ties.settle`): the requests in order, each the lowest numbered provider an optimum can give
it. So the pairs depend on the graph alone, not on the solver or on what happens to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from importlib.util import find_spec
from typing import Any

from attrs import frozen

from marketplace.errors import InvalidInput, SetupError
from marketplace.matching import assignment_scipy, paths
from marketplace.matching.graph import Graph, Optimum
from marketplace.matching.ties import settle


@frozen(slots=True)
class Assignment:
    """The optimum, and why it is one.

    `request_worth` and `provider_worth` are the duals: at most that much would be lost (in cost and
    prices of unserved) if that request or provider went away. They prove the optimum: see `verify`.
    """

    pairs: tuple[tuple[int, int], ...]  # (request, provider), by request
    total: int  # what the pairs cost
    unserved: tuple[int, ...]  # requests, rising
    price: int  # of leaving a request unserved, as used
    serving_first: bool  # no price was given: most pairs first
    request_worth: tuple[int, ...]
    provider_worth: tuple[int, ...]
    solver: str
    edges: int  # candidate edges looked at, repeated ones included

    @property
    def objective(self) -> int:
        """What was minimised: the pairs' cost plus the price of each unserved request."""
        return self.total + self.price * len(self.unserved)


@frozen(slots=True)
class NamedSolver:
    """A way to find the optimum, by its name; calling it gives mates, by the rule for ties, and
    worths."""

    name: str
    hold: Callable[[Graph, int], Any]  # the edges that cost at most the price, as the others want
    find: Callable[[Any, int], Optimum]  # an optimum of what is held
    settle: Callable[[Any, Optimum, int], Optimum]  # its ties settled by the rule

    def __call__(self, graph: Graph, price: int) -> Optimum:
        held = self.hold(graph, price)
        return self.settle(held, self.find(held, price), price)


def _numba_is_there() -> bool:
    try:
        return find_spec("numba") is not None
    except ValueError:  # a module that somebody has hidden has no spec
        return False


_PYTHON = NamedSolver("python", Graph.lists, paths.optimum, settle)
_SCIPY = NamedSolver("scipy", Graph.lists, assignment_scipy.optimum, settle)


def _numba() -> NamedSolver:
    from marketplace.matching import compiled, compiled_graph

    return NamedSolver("numba", compiled_graph.held, compiled.optimum, compiled.settle)


def solver(name: str | None = None) -> NamedSolver:
    """The solver called `name` ("python", "numba" or "scipy"); "python" without a name.

    "numba" is the same compiled, some ten times as fast; importing it takes a second, and it
    compiles once for each installation, so that nobody gets it who has not asked. "scipy" is a
    second opinion. The name stands in `Assignment.solver`. Raises InvalidInput for an unknown name,
    SetupError when the one asked for is not installed.
    """
    if name is None or name == _PYTHON.name:
        return _PYTHON
    if name == "numba":
        if not _numba_is_there():
            raise SetupError(
                "numba is not installed; install marketplace-kit[dispatch] or use python"
            )
        return _numba()
    if name != _SCIPY.name:
        raise InvalidInput(f"no solver is called {name!r}; there are: python, numba, scipy")
    if not assignment_scipy.installed():
        raise SetupError("scipy is not installed; install marketplace-kit[match] or use python")
    return _SCIPY


def assign(graph: Graph, unserved: int | None = None, *, by: str | None = None) -> Assignment:
    """The cheapest assignment on `graph`, found by `solver(by)`.

    `unserved` is the price of leaving a request unserved, in the measure of the costs: an edge that
    costs more is never used, one that costs the same is. None serves as many as possible first.
    Raises InvalidInput when the price is negative or the solver is not to be had.
    """
    price = price_of(graph, unserved)
    using = solver(by)
    return conclude(graph, using(graph, price), price, unserved is None, using.name)


def assign_dense(
    costs: Sequence[Sequence[int]], unserved: int | None = None, *, by: str | None = None
) -> Assignment:
    """The cheapest assignment where `costs[i][j]` is what provider j costs for request i.

    As `assign`, on the graph of all cells. Rows are looked at from their cheapest cell on and left
    early, so it needs no dense algorithm of its own up to some thousands on a side.
    """
    return assign(Graph.of_matrix(costs), unserved, by=by)


def price_of(graph: Graph, unserved: int | None) -> int:
    if unserved is None:
        return graph.serving_first()
    if unserved < 0:
        raise InvalidInput(f"the price of leaving a request unserved is 0 or more, not {unserved}")
    return unserved


def conclude(
    graph: Graph, found: Optimum, price: int, serving_first: bool, name: str
) -> Assignment:
    """What a solver found as a value."""
    pairs, unserved = [], []
    for i, j in enumerate(found.mate):
        if j < 0:
            unserved.append(i)
        else:
            pairs.append((i, j))
    worths = sum(found.request_worth) + sum(found.provider_worth)
    return Assignment(
        tuple(pairs),
        price * len(pairs) - worths,  # each pair gains just what its ends are worth
        tuple(unserved),
        price,
        serving_first,
        tuple(found.request_worth),
        tuple(found.provider_worth),
        name,
        graph.edges,
    )


def verify(graph: Graph, assignment: Assignment) -> tuple[str, ...]:
    """What is wrong with `assignment` as an optimum on `graph`; nothing when it is proven.

    One pass over the edges, no solving: the pairs are a matching of the graph, no edge gains more
    than its ends are worth, every pair gains exactly that, whoever is alone is worth nothing
    (complementary slackness). That leaves no room for a better choice. At most ten sentences.
    """
    faults: list[str] = []
    a = assignment
    if len(a.request_worth) != graph.requests or len(a.provider_worth) != graph.providers:
        return ("the worths are not those of this graph",)
    if a.serving_first and a.price < graph.serving_first():
        faults.append(f"a price of {a.price} does not put serving first")
    mate = dict(a.pairs)
    taken = {j for _, j in a.pairs}
    if len(mate) != len(a.pairs) or len(taken) != len(a.pairs):
        faults.append("a request or a provider stands in two pairs")
    if a.unserved != tuple(i for i in range(graph.requests) if i not in mate):
        faults.append("the unserved are not those without a pair")
    faults += _worth_alone("request", a.request_worth, mate)
    faults += _worth_alone("provider", a.provider_worth, taken)
    cost_of: dict[int, int] = {}
    for i, j, c in zip(graph.request, graph.provider, graph.cost, strict=True):
        if a.request_worth[i] + a.provider_worth[j] < a.price - c:
            faults.append(f"edge ({i}, {j}) of cost {c} gains more than its ends are worth")
        if mate.get(i) == j:
            cost_of[i] = min(c, cost_of.get(i, c))
    for i, j in a.pairs:
        if i not in cost_of:
            faults.append(f"pair ({i}, {j}) is no edge")
        elif a.request_worth[i] + a.provider_worth[j] != a.price - cost_of[i]:
            faults.append(f"pair ({i}, {j}) gains less than its ends are worth")
    if sum(cost_of.values()) != a.total:
        faults.append(f"the pairs cost {sum(cost_of.values())}, not {a.total}")
    return tuple(faults[:10])


def _worth_alone(side: str, worths: tuple[int, ...], paired: Container[int]) -> list[str]:
    faults = [f"{side} {k} is worth {w}, below 0" for k, w in enumerate(worths) if w < 0]
    return faults + [
        f"{side} {k} has no pair and is worth {w}"
        for k, w in enumerate(worths)
        if w > 0 and k not in paired
    ]
