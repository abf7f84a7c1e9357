"""The graph: three parallel arrays of integers, checked when they come in."""

from typing import Any

import numpy
import pytest

from marketplace.errors import InvalidInput
from marketplace.matching.graph import Graph


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"request": [0], "provider": [0], "cost": []}, "equally long, not 1, 1 and 0"),
        ({"request": [2], "provider": [0], "cost": [1]}, "request index must be 0 to 1, not 2"),
        ({"request": [0], "provider": [-1], "cost": [1]}, "provider index must be 0 to 2, not -1"),
        ({"request": [0], "provider": [0], "cost": [-5]}, "cost must be 0 or more, not -5"),
    ],
)
def test_what_is_no_graph_is_refused(arrays: dict[str, list[int]], says: str) -> None:
    """An edge that is incomplete, leads nowhere or costs less than nothing is refused."""
    with pytest.raises(InvalidInput, match=says):
        Graph(2, 3, **arrays)


@pytest.mark.parametrize("wrong", [1.5, "1", None])
def test_only_integers_are_costs(wrong: Any) -> None:
    """A cost that is not an integer is refused, never rounded."""
    with pytest.raises(TypeError):
        Graph(1, 1, [0], [0], [wrong])


def test_a_side_has_a_size() -> None:
    """A side with fewer than none is refused."""
    with pytest.raises(InvalidInput, match="a side has 0 or more, not -1"):
        Graph(-1, 2)


def test_arrays_of_numpy_become_plain() -> None:
    """Arrays of numpy are taken and become plain integers, so what is stored is plain too."""
    graph = Graph(2, 2, numpy.array([0, 1]), numpy.array([1, 0]), numpy.array([5, 6]))
    assert graph == Graph(2, 2, (0, 1), (1, 0), (5, 6))
    assert {type(c) for c in graph.cost} == {int}


def test_a_matrix_is_a_graph_of_all_cells() -> None:
    """Line i, cell j is the edge (i, j); lines of unequal length are refused."""
    graph = Graph.of_matrix([[1, 2, 3], [4, 5, 6]])
    assert list(zip(graph.request, graph.provider, graph.cost, strict=True)) == [
        (0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 0, 4), (1, 1, 5), (1, 2, 6),
    ]  # fmt: skip
    assert Graph.of_matrix([]) == Graph(0, 0)
    assert Graph.of_matrix([[], []]) == Graph(2, 0)
    with pytest.raises(InvalidInput, match="equally long, not 1 to 2"):
        Graph.of_matrix([[1], [1, 2]])


def test_the_price_that_serves_first_outweighs_every_exchange() -> None:
    """It is above the dearest edge times the smaller side: no saving is worth one pair."""
    graph = Graph(2, 3, [0, 1], [0, 1], [100, 7])
    assert graph.serving_first() == 201
    assert Graph(0, 5).serving_first() == 1
