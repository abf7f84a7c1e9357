"""Crowds: who competes for too few, by the most pairs there can be."""

import pytest
from hypothesis import given

from marketplace.matching.crowded import crowd
from marketplace.matching.graph import Graph
from tests.matching.graphs import by_trying_all, graphs


@pytest.mark.behaviour("R7")
@given(graphs())
def test_a_crowd_is_closed_and_holds_all_that_is_too_much(graph: Graph) -> None:
    """No row of the crowd has a column outside of it, and as many rows stay alone in any choice as
    the crowd has more rows than columns: elsewhere everybody finds one."""
    near = graph.lists(graph.serving_first()).near
    rows, columns = crowd(near, graph.providers)
    assert {j for i in rows for j in near[i]} == columns
    most, _ = by_trying_all(graph, None)
    assert graph.requests - len(most) == len(rows) - len(columns)


def test_only_the_crowded_part_is_a_crowd() -> None:
    """Three want two, and two have three to choose from: the three are the crowd, and the rows that
    could also take what the crowd wants are not of it."""
    near = [[0, 1], [0, 1], [1], [1, 2, 3], [3, 4]]
    assert crowd(near, 5) == ({0, 1, 2}, {0, 1})
    assert crowd(near[1:], 5) == (set(), set())
