"""Forcing: what a pair that was not made would have cost, against solving again without it."""

import pytest
from hypothesis import given

from marketplace.errors import InvalidInput
from marketplace.matching.assignment import assign
from marketplace.matching.forcing import Forced, forcing
from marketplace.matching.graph import Graph
from tests.matching.graphs import cheapest_edges, graphs, prices


def solved_again(graph: Graph, price: int, i: int, j: int) -> tuple[int, int, int]:
    """Cost, pairs and objective when i and j are paired and the rest does its best."""
    costs = cheapest_edges(graph)
    rest = [(a, b, c) for (a, b), c in costs.items() if a != i and b != j]
    arrays = zip(*rest, strict=True) if rest else ((), (), ())
    again = assign(Graph(graph.requests, graph.providers, *arrays), price)
    total, pairs = costs[i, j] + again.total, 1 + len(again.pairs)
    return total, pairs, total + price * (graph.requests - pairs)


@given(graphs(), prices)
def test_the_chain_costs_what_solving_again_says(graph: Graph, price: int | None) -> None:
    """The price of forcing a pair is the difference between two optima, edge by edge."""
    best = assign(graph, price)
    for (i, j), c in cheapest_edges(graph).items():
        if c > best.price:
            continue
        forced = forcing(graph, best, i, j)
        total, pairs, objective = solved_again(graph, best.price, i, j)
        assert forced.extra == objective - best.objective >= 0
        assert forced.extra == forced.extra_cost + forced.pairs_lost * best.price
        if price is None:
            assert (forced.extra_cost, forced.pairs_lost) == (
                total - best.total,
                len(best.pairs) - pairs,
            )


@given(graphs(), prices)
def test_a_pair_that_was_made_costs_nothing_more(graph: Graph, price: int | None) -> None:
    """Forcing what the optimum chose changes nothing."""
    best = assign(graph, price)
    assert all(forcing(graph, best, i, j) == Forced(0, 0, 0) for i, j in best.pairs)


def test_the_worths_are_a_lower_bound() -> None:
    """Both worths less the gain of the edge never exceed the exact price."""
    graph = Graph.of_matrix([[10, 12], [11, 30]])
    best = assign(graph)
    bound = best.request_worth[0] + best.provider_worth[0] - (best.price - 10)
    assert 0 <= bound <= forcing(graph, best, 0, 0).extra == 40 - 23


def test_only_an_edge_within_the_price_can_be_forced() -> None:
    """A pair without an edge, or one dearer than leaving the request unserved, is refused."""
    graph = Graph(2, 2, [0, 1], [0, 1], [5, 50])
    best = assign(graph, 10)
    for i, j in ((0, 1), (1, 1)):
        with pytest.raises(InvalidInput, match="share no edge within the price"):
            forcing(graph, best, i, j)
