"""Columns: arrays for as long as nobody reads them, tuples to everybody who does."""

import copy
import pickle
from typing import Any

import attrs
import numpy
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.matching import candidates_tree
from marketplace.matching.batched import Batched
from marketplace.matching.candidates import nearest
from marketplace.matching.columns import Column
from marketplace.matching.graph import Graph
from marketplace.matching.problem import Edges, Spot
from tests.matching.graphs import graphs

NAMES = ("request", "provider", "cost")


def of_arrays(graph: Graph, kind: str = "int64") -> Graph:
    """The same graph, its columns given as arrays of numpy."""
    arrays = (numpy.array(getattr(graph, name), dtype=kind) for name in NAMES)
    return Graph(graph.requests, graph.providers, *arrays)  # type: ignore[arg-type]


def unread(value: Graph | Edges) -> bool:
    """Whether no tuple has been made of any of its columns."""
    return all(name not in _filled(value) for name in NAMES)


def _filled(value: Graph | Edges) -> list[str]:
    kind = type(value)
    filled = []
    for name in NAMES:
        try:
            kind.__dict__[name].__get__(value, kind)
        except AttributeError:
            continue
        filled.append(name)
    return filled


@given(graphs())
def test_arrays_and_tuples_are_one_value(graph: Graph) -> None:
    """Given as arrays or as tuples a graph is equal, hashes, prints, pickles, copies and becomes a
    dict alike, and all that is read of it is plain."""
    same = of_arrays(graph)
    assert unread(same)
    assert (same.edges, same.dearest, same.serving_first()) == (
        graph.edges, graph.dearest, graph.serving_first(),
    )  # fmt: skip
    assert unread(same)
    assert same == graph == pickle.loads(pickle.dumps(of_arrays(graph))) == copy.copy(same)
    assert hash(of_arrays(graph)) == hash(graph)
    assert repr(of_arrays(graph)) == repr(graph)
    assert attrs.asdict(of_arrays(graph)) == attrs.asdict(graph)
    assert attrs.evolve(of_arrays(graph), requests=9) == attrs.evolve(graph, requests=9)
    for name in NAMES:
        read = getattr(same, name)
        assert type(read) is tuple
        assert {type(one) for one in read} <= {int}
        assert getattr(same, name) is read


@given(graphs())
def test_what_was_read_from_a_pickle_has_its_columns(graph: Graph) -> None:
    """Also one that came from a pickle hands its columns on."""
    back = pickle.loads(pickle.dumps(of_arrays(graph)))
    assert [back.column(name).values for name in NAMES] == [getattr(graph, name) for name in NAMES]


def test_an_array_is_copied() -> None:
    """Whoever gave it may write into it afterwards: the graph stays what it was."""
    cost = numpy.array([5, 6])
    graph = Graph(2, 2, numpy.array([0, 1]), numpy.array([1, 0]), cost)  # type: ignore[arg-type]
    cost[:] = -1
    assert graph.cost == (5, 6)


@pytest.mark.parametrize("kind", ["int32", "uint8", "int64", "object"])
def test_integers_of_any_width_are_taken(kind: str) -> None:
    """Arrays of other integers become the same tuples; floats and truths in disguise do not."""
    graph = Graph(2, 2, (0, 1), (1, 0), (5, 6))
    assert of_arrays(graph, kind) == graph


@pytest.mark.parametrize("wrong", [numpy.array([1.0]), numpy.array(["1"]), numpy.array([[1]])])
def test_arrays_of_something_else_are_refused(wrong: Any) -> None:
    """An array of floats, of text or of more than one dimension is no column."""
    with pytest.raises(TypeError):
        Graph(1, 1, [0], [0], wrong)


@pytest.mark.parametrize(
    "columns",
    [([0], [0], []), ([2], [0], [1]), ([0], [-1], [1]), ([0], [0], [-5]), ([0, -3], [0, 0], [1])],
)
def test_arrays_are_refused_with_the_same_words(columns: tuple[list[int], ...]) -> None:
    """What is no graph as tuples is none as arrays, and the sentence is the same."""
    said = []
    for made in (tuple, lambda one: numpy.array(one, dtype=numpy.int64)):
        with pytest.raises(InvalidInput) as refused:
            Graph(2, 3, *map(made, columns))  # type: ignore[arg-type]
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_a_name_that_is_no_field_is_told() -> None:
    """Reading what is not there is an error as anywhere else."""
    with pytest.raises(AttributeError, match="'Graph' object has no attribute 'costs'"):
        _ = Graph(0, 0).costs  # type: ignore[attr-defined]


@pytest.mark.parametrize("index", ["tree", "grid"])
def test_from_the_index_to_the_graph_nothing_is_read(index: str) -> None:
    """Candidates become a graph as they were found, by the tree without one integer of Python, and
    it is the graph of their tuples."""
    here, there = [(27.7, 85.3), (27.701, 85.3)], [(27.7, 85.301), (27.702, 85.3)]
    near = nearest(here, there, radius_m=5_000, index=index)
    graph = near.graph(2, 2)
    assert [graph.column(name).is_array for name in NAMES] == [index == "tree"] * 3
    assert graph == Graph(2, 2, near.request, near.provider, near.metres)


def test_edges_at_another_cost_keep_the_others() -> None:
    """A caller's costs take the place of the old ones; the other columns are handed on as found."""
    columns = (Column(numpy.array(one)) for one in ([0, 1], [1, 0], [7, 8], [7, 8]))
    edges = Edges(*columns)  # type: ignore[arg-type]
    dearer = edges.at_cost([9, 10])
    assert unread(edges)
    assert len(dearer) == len(edges) == 2
    assert dearer == Edges((0, 1), (1, 0), (7, 8), (9, 10))


@given(graphs(), st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5)), max_size=4))
def test_edges_are_looked_through_alike(graph: Graph, pairs: dict[int, set[int]]) -> None:
    """What is left without some pairs, and what the cheapest edge of each costs, is the same by
    arrays as one edge after another."""
    edges = list(zip(graph.request, graph.provider, graph.cost, strict=True))
    kept = [(i, j, c) for i, j, c in edges if j not in pairs.get(i, ())]
    requests = [i for i in range(graph.requests) if i in pairs]
    cheapest = {i: min(c for k, _, c in edges if k == i) for i in requests if _named(edges, i)}
    for one in (graph, of_arrays(graph)):
        left = one.without(pairs)
        assert list(zip(left.request, left.provider, left.cost, strict=True)) == kept
        assert (left.requests, left.providers) == (graph.requests, graph.providers)
        assert one.cheapest(requests) == cheapest


def _named(edges: list[tuple[int, int, int]], request: int) -> bool:
    return any(i == request for i, _, _ in edges)


def test_a_round_is_decided_and_explained_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Framed by the tree or without it, a round is decided and explained in the same words, and who
    was asked before is passed over also where somebody else framed it."""
    here = [Spot(f"r{n}", 27.7 + n / 900, 85.3) for n in range(12)]
    there = [Spot(f"d{n}", 27.7 + n / 1000, 85.3) for n in range(8)]
    batch = Batched(400, k_nearest=3, price_of_unserved=250)
    told = []
    for arrays in (True, False):
        monkeypatch.setattr(candidates_tree, "installed", lambda there=arrays: there)
        framed = batch.frame(here, there, asked={("r0", "d0"), ("r3", "d9")})
        assert framed.edges.column("cost").is_array == arrays
        moved = framed.at_cost([c + 20 * (c > 80) for c in framed.edges.cost])
        late = evolve(framed, asked=(("r2", "d2"), ("r3", "d3")))
        told.append([batch.solve(problem) for problem in (framed, moved, late)])
        assert ("r2", ("d2",)) in told[-1][0].pairs
        assert ("r2", ("d2",)) not in told[-1][2].pairs
        assert told[-1][1].total_cost > told[-1][1].total_metres
    assert told[0] == told[1]
    codes = {why.code for _, _, why in told[0][0].reasons}
    assert codes == {"outbid", "dearer_than_unserved", "no_candidate"}
