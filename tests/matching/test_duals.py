"""Duals: pairs found elsewhere are proven optimal, or shown not to be."""

import pytest
from hypothesis import given

from marketplace.matching.assignment import assign, conclude, verify
from marketplace.matching.duals import NotOptimalError, prove
from marketplace.matching.graph import Graph
from marketplace.matching.ties import settle
from tests.matching.graphs import by_trying_all, cheapest_edges, every_matching, graphs


def mates(graph: Graph, pairs: tuple[tuple[int, int], ...]) -> list[int]:
    return [dict(pairs).get(i, -1) for i in range(graph.requests)]


@given(graphs(side=4, edges=10))
def test_every_pairing_is_proven_or_refuted(graph: Graph) -> None:
    """Of all ways to pair, exactly those as good as the best get worths, and these verify."""
    price = graph.serving_first()
    costs = cheapest_edges(graph)
    best, total = by_trying_all(graph, None)
    for pairs in every_matching(graph, None):
        optimal = (len(pairs), sum(costs[p] for p in pairs)) == (len(best), total)
        rows = graph.rows(price)
        if optimal:
            found = prove(rows, graph.providers, mates(graph, pairs), price)
            proven = conclude(
                graph, settle(graph.lists(price), found, price), price, True, "elsewhere"
            )
            assert verify(graph, proven) == ()
        else:
            with pytest.raises(NotOptimalError):
                prove(rows, graph.providers, mates(graph, pairs), price)


def test_a_pair_without_an_edge_is_no_optimum() -> None:
    """Pairs that the graph does not hold are refused by name."""
    graph = Graph(1, 2, [0], [0], [5])
    with pytest.raises(NotOptimalError, match="request 0 is given provider 1, which is no edge"):
        prove(graph.rows(9), 2, [1], 9)


@given(graphs())
def test_worths_found_later_are_the_least(graph: Graph) -> None:
    """No request is worth more in a proof found afterwards than in the solver's own."""
    found = assign(graph)
    rows = graph.rows(found.price)
    later = prove(rows, graph.providers, mates(graph, found.pairs), found.price)
    assert all(a <= b for a, b in zip(later.request_worth, found.request_worth, strict=True))
