"""Greedy: first come, first served."""

from hypothesis import given

from marketplace.matching.assignment import assign
from marketplace.matching.graph import Graph
from marketplace.matching.greedy import greedy
from tests.matching.graphs import cheapest_edges, graphs


def test_requests_choose_in_their_order() -> None:
    """The first takes the cheapest; the next what is left; who finds nobody has no pair."""
    graph = Graph.of_matrix([[5, 1], [2, 1], [1, 1]])
    assert greedy(graph) == ((0, 1), (1, 0))


def test_the_first_number_wins_a_tie() -> None:
    """Of equally cheap providers the lowest numbered is taken."""
    assert greedy(Graph(1, 3, [0, 0, 0], [2, 0, 1], [4, 4, 4])) == ((0, 0),)


def test_the_limit_counts_itself() -> None:
    """A provider exactly at the limit is near enough, one metre beyond is not."""
    graph = Graph(2, 2, [0, 1], [0, 1], [800, 801])
    assert greedy(graph, 800) == ((0, 0),)


@given(graphs())
def test_greedy_never_beats_the_optimum(graph: Graph) -> None:
    """Greedy pairs no more than the optimum, and when as many, for no less."""
    costs = cheapest_edges(graph)
    pairs, best = greedy(graph), assign(graph)
    assert len({j for _, j in pairs}) == len(pairs) <= len(best.pairs)
    if len(pairs) == len(best.pairs):
        assert sum(costs[pair] for pair in pairs) >= best.total
