"""Problems: plain values that hold together and survive being stored."""

import pytest

from marketplace.errors import InvalidInput
from marketplace.matching.problem import Edges, Problem, Spot, asked_positions

A, B, C = Spot("a", 1.0, 2.0), Spot("b", 3.0, 4.0), Spot("c", 5.0, 6.0)


def test_ids_are_told_apart() -> None:
    """Two of one side with the same id are refused; a request and a provider may share one."""
    with pytest.raises(InvalidInput, match="every provider must have an id of its own"):
        Problem((A,), (B, Spot("b", 0.0, 0.0)), Edges(), 100)
    assert Problem((A,), (A,), Edges(), 100).requests == (A,)


def test_edges_lead_somewhere() -> None:
    """An edge to nobody, or one with metres and no cost, is refused when the problem is made."""
    with pytest.raises(InvalidInput, match="provider index must be 0 to 0, not 1"):
        Problem((A,), (B,), Edges((0,), (1,), (5,), (5,)), 100)
    with pytest.raises(InvalidInput, match="metres and cost must be equally long"):
        Problem((A,), (B,), Edges((0,), (0,), (), (5,)), 100)


def test_each_edge_needs_a_cost() -> None:
    """New costs are one for each edge, no more and no fewer."""
    problem = Problem((A,), (B,), Edges((0,), (0,), (5,), (5,)), 100)
    assert problem.at_cost([7]).edges == Edges((0,), (0,), (5,), (7,))
    with pytest.raises(InvalidInput, match="1 edges need as many costs, not 2"):
        problem.at_cost([1, 2])


def test_who_has_left_is_passed_over() -> None:
    """Pairs asked before count only while both are still there."""
    before = [("a", "b"), ("gone", "b"), ("a", "gone"), ("a", "c")]
    assert asked_positions([A], [C, B], before) == {0: {0, 1}}
