"""Assignment: the exact optimum, its certificate, and a rule for ties."""

import random
import subprocess
import sys
from itertools import permutations

import numpy
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput, SetupError
from marketplace.matching.assignment import (
    Assignment,
    assign,
    assign_dense,
    solver,
    verify,
)
from marketplace.matching.graph import Graph, Lists, Optimum
from marketplace.matching.greedy import greedy
from marketplace.matching.ties import settle
from tests.matching.graphs import (
    by_trying_all,
    cheapest_edges,
    graphs,
    grid_town,
    prices,
    renumbered,
)

ALL = ("python", "numba", "scipy")


@pytest.mark.behaviour("R7")
@given(graphs(), prices)
def test_nothing_is_cheaper(graph: Graph, price: int | None) -> None:
    """The pairs are the best of all ways to pair, and among equals those of the rule for ties."""
    pairs, total = by_trying_all(graph, price)
    for name in ALL:
        found = assign(graph, price, by=name)
        assert (found.pairs, found.total, found.solver) == (pairs, total, name)
        assert verify(graph, found) == ()


@given(graphs(side=30, edges=120, dearest=500), st.none() | st.integers(0, 500))
def test_all_solvers_agree(graph: Graph, price: int | None) -> None:
    """Compiled or by scipy, the pairs are the same at the same total, and all worths prove them."""
    ours, *others = (assign(graph, price, by=name) for name in ALL)
    for theirs in others:
        assert (ours.pairs, ours.total) == (theirs.pairs, theirs.total)
        assert ours.unserved == theirs.unserved
        assert verify(graph, ours) == verify(graph, theirs) == ()


@given(graphs(side=30, edges=120, dearest=500), st.none() | st.integers(0, 500))
def test_arrays_are_solved_alike(graph: Graph, price: int | None) -> None:
    """Whether its edges came as tuples or as arrays, in order or not, the answer is the same."""
    in_order = sorted(zip(graph.request, graph.cost, graph.provider, strict=True))
    requests, costs, providers = zip(*in_order, strict=True) if in_order else ((), (), ())
    want = assign(graph, price)
    for columns in ((graph.request, graph.provider, graph.cost), (requests, providers, costs)):
        arrays = (numpy.array(column, dtype=numpy.int64) for column in columns)
        same = Graph(graph.requests, graph.providers, *arrays)  # type: ignore[arg-type]
        for name in ALL:
            found = assign(same, price, by=name)
            assert (found.pairs, found.total) == (want.pairs, want.total)
            assert verify(graph, found) == ()


@pytest.mark.parametrize("dearest", [3, 300, 10**9])
@pytest.mark.parametrize("sides", [(90, 40), (40, 90)])
def test_everybody_near_everybody(sides: tuple[int, int], dearest: int) -> None:
    """Where each has dozens to choose from, sorted by counting or by comparing, all agree."""
    chance = random.Random(dearest)
    costs = [[chance.randint(0, dearest) for _ in range(sides[1])] for _ in range(sides[0])]
    ours, *others = (assign_dense(costs, by=name) for name in ALL)
    assert verify(Graph.of_matrix(costs), ours) == ()
    for theirs in others:
        assert (ours.pairs, ours.total) == (theirs.pairs, theirs.total)


@given(graphs(side=30, edges=120, dearest=500), st.integers(0, 500))
def test_it_is_the_same_from_either_side(graph: Graph, price: int) -> None:
    """With requests and providers turned about, the same is gained, whichever side is scarce."""
    turned = Graph(graph.providers, graph.requests, graph.provider, graph.request, graph.cost)
    for name in ALL[:2]:
        one, other = assign(graph, price, by=name), assign(turned, price, by=name)
        gains = [price * len(found.pairs) - found.total for found in (one, other)]
        assert gains[0] == gains[1]
        assert verify(turned, other) == ()


@given(graphs(), prices, st.randoms(use_true_random=False))
def test_numbering_does_not_change_the_total(
    graph: Graph, price: int | None, shuffle: random.Random
) -> None:
    """However requests, providers and edges are numbered, as many are paired for as much."""
    orders = [list(range(n)) for n in (graph.requests, graph.providers, len(graph.cost))]
    for order in orders:
        shuffle.shuffle(order)
    requests, providers, edges = orders
    before, after = (
        assign(graph, price),
        assign(renumbered(graph, requests, providers, edges), price),
    )
    assert after.objective == before.objective
    if price is None:
        assert (after.total, len(after.pairs)) == (before.total, len(before.pairs))


@given(graphs())
def test_the_order_of_edges_changes_nothing(graph: Graph) -> None:
    """Given backwards, the same edges give the very same pairs."""
    requests, providers = list(range(graph.requests)), list(range(graph.providers))
    backwards = renumbered(graph, requests, providers, list(range(len(graph.cost)))[::-1])
    assert assign(backwards).pairs == assign(graph).pairs


def test_serving_comes_first_without_a_price() -> None:
    """Two dear pairs beat one that costs nothing; with a price, the cheap one alone wins."""
    graph = Graph(2, 2, [0, 0, 1], [0, 1, 0], [0, 1000, 1000])
    assert assign(graph).pairs == ((0, 1), (1, 0))
    assert assign(graph, 900).pairs == ((0, 0),)
    assert assign(graph, 900).unserved == (1,)


def test_a_cost_equal_to_the_price_is_paid() -> None:
    """Who costs exactly the price of leaving somebody unserved is served; one more is too much."""
    for name in ALL:
        assert assign(Graph(1, 1, [0], [0], [7]), 7, by=name).pairs == ((0, 0),)
        assert assign(Graph(1, 1, [0], [0], [7]), 6, by=name).unserved == (0,)


def test_empty_sides_and_lonely_ends() -> None:
    """Nobody to serve, nobody to serve them, or nobody in reach: no pairs, and the proof holds."""
    for graph in (Graph(0, 0), Graph(3, 0), Graph(0, 3), Graph(2, 2), Graph(2, 2, [1], [0], [5])):
        for name in ALL:
            found = assign(graph, by=name)
            assert len(found.pairs) == len(graph.cost)
            assert len(found.unserved) == graph.requests - len(graph.cost)
            assert verify(graph, found) == ()


def test_parts_are_counted_and_solved_apart() -> None:
    """Three towns without a road between them are three components, whichever side is scarce."""
    ends = [(0, 0, 5), (0, 1, 3), (1, 2, 1), (2, 2, 4), (3, 3, 9)]
    graph = Graph(5, 4, *zip(*ends, strict=True))
    found = assign(graph)
    assert graph.components() == 3
    assert found.pairs == ((0, 1), (1, 2), (3, 3))
    assert found.unserved == (2, 4)


def test_the_dearer_of_two_equal_edges_is_ignored() -> None:
    """An edge given twice counts at its lower cost, in the pairs, the total and the proof."""
    graph = Graph(1, 1, [0, 0, 0], [0, 0, 0], [9, 4, 6])
    for name in ALL:
        found = assign(graph, by=name)
        assert (found.total, verify(graph, found)) == (4, ())


def test_zero_costs_are_costs() -> None:
    """An edge that costs nothing is an edge: all are served, the lowest numbers to the first."""
    everywhere = Graph.of_matrix([[0] * 5] * 4)
    for name in ALL:
        assert assign(everywhere, by=name).pairs == ((0, 0), (1, 1), (2, 2), (3, 3))
        assert assign(everywhere, 0, by=name).pairs == ((0, 0), (1, 1), (2, 2), (3, 3))


@given(st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_whole_matrix(costs: list[list[int]]) -> None:
    """On a full matrix all of the smaller side are paired, for the least sum over permutations."""
    height = len(costs)
    best = min(
        sum(costs[i][j] for i, j in enumerate(order)) for order in permutations(range(4), height)
    )
    found = assign_dense(costs)
    assert (len(found.pairs), found.total) == (height, best)


@pytest.mark.behaviour("R7")
def test_a_large_town_is_solved_to_the_end() -> None:
    """Ten thousand on each side without recursion: proven, and with two parts of unequal sides."""
    graph = grid_town(blocks=141, reach=2)
    found = assign(graph)
    assert graph.requests + graph.providers == 141 * 141
    assert len(found.pairs) == graph.providers
    assert verify(graph, found) == ()


def test_a_long_chain_of_exchanges_is_walked() -> None:
    """When one more request moves twenty thousand others by one place, they all move."""
    n = 20_000
    ends = [(i, i, 1) for i in range(n)] + [(i, i + 1, 2) for i in range(n - 1)]
    graph = Graph(n + 1, n + 1, *zip(*ends, (n, 0, 1), (n - 1, n, 5), strict=True))
    found = assign(graph)
    assert len(found.pairs) == n + 1
    assert found.pairs[0] == (0, 1)
    assert verify(graph, found) == ()


def test_ties_are_settled_through_the_idle() -> None:
    """A cycle of exchanges may pass through who is idle: one provider rests and another works, or
    one request is served and another is not."""
    graph = Graph(2, 3, [0, 0, 1, 1], [0, 2, 1, 2], [1, 0, 1, 0])
    found = Optimum([2, 1], [6, 6], [0, 0, 1])  # provider 1 may rest in place of provider 0
    assert settle(graph.lists(7), found, 7).mate == [0, 2]
    graph = Graph(4, 3, [0, 1, 1, 2, 2, 3], [0, 0, 1, 1, 2, 2], [8, 7, 7, 7, 7, 8])
    found = Optimum([-1, 0, 1, 2], [0, 1, 1, 0], [2, 2, 2])  # request 3 may go in place of 0
    assert settle(graph.lists(10), found, 10).mate == [0, 1, 2, -1]


@pytest.mark.parametrize("price", [None, 3, 4])
def test_many_ties_are_proven(price: int | None) -> None:
    """Where searches meet many at the same distance, the next one begins as if nobody was met."""
    chance = random.Random(1)
    ends = [(i, j, chance.randint(0, 3)) for i in range(150) for j in chance.sample(range(160), 4)]
    graph = Graph(150, 160, *zip(*ends, strict=True))
    assert verify(graph, assign(graph, price)) == ()


def test_a_fight_by_small_steps_is_ended() -> None:
    """Three who want two outbid each other a little at a time for as long as the third is dearer;
    they are placed at once however dear it is."""
    far = 10**9
    costs = [[0, 0, far + 2], [6, 1, far + 5], [6, 5, far + 2]]
    least = min(sum(costs[i][j] for i, j in enumerate(order)) for order in permutations(range(3)))
    for name in ALL:
        found = assign_dense(costs, by=name)
        assert (len(found.pairs), found.total) == (3, least)


@pytest.mark.parametrize("name", ALL)
def test_who_loses_a_long_fight_may_stay_alone(name: str) -> None:
    """Three who want two outbid each other until one has to give up, since what else it could have
    is worth more to somebody else: whoever that is keeps nothing of what it had before."""
    far = 10**9
    request, provider = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3], [0, 1, 2] * 3 + [2, 3]
    cost = [0, 0, far + 2, 6, 1, far + 5, 6, 5, far + 2, 0, far]
    graph = Graph(4, 4, request, provider, cost)
    found = assign(graph, far + 10, by=name)
    assert (found.pairs, found.unserved, found.total) == (((0, 0), (1, 1), (3, 2)), (2,), 1)
    assert verify(graph, found) == ()


@pytest.mark.parametrize("name", ALL)
def test_who_is_outbid_for_good_is_worth_nothing(name: str) -> None:
    """Who had a provider, is outbid and would pay more than being unserved costs stays alone, and
    is worth nothing, whatever was paid before: that proves it right to leave them."""
    graph = Graph(2, 2, [0, 1, 1], [0, 0, 1], [5, 1, 8])
    found = assign(graph, 10, by=name)
    assert (found.pairs, found.unserved, found.request_worth[0]) == (((1, 0),), (0,), 0)
    assert verify(graph, found) == ()


def test_everybody_equal_does_not_take_for_ever() -> None:
    """Where all costs are equal, pairs follow the numbers and the many ties are settled soon."""
    n = 300
    found = assign(Graph.of_matrix([[7] * n] * n))
    assert found.pairs == tuple((i, i) for i in range(n))


def planted(found: Assignment) -> dict[str, Assignment]:
    """Mistakes a solver could make, each in an otherwise true answer."""
    (i, _), *rest = found.pairs
    return {
        "a pair left out": evolve(
            found, pairs=tuple(rest), unserved=tuple(sorted((i, *found.unserved)))
        ),
        "a total too low": evolve(found, total=found.total - 1),
        "a provider given twice": evolve(found, pairs=((i, rest[0][1]), *rest)),
        "a pair that is no edge": evolve(found, pairs=((i, 3), *rest)),
        "an unserved forgotten": evolve(found, unserved=(*found.unserved, i)),
        "a worth too high": evolve(
            found, request_worth=(found.request_worth[0] + 1, *found.request_worth[1:])
        ),
        "a worth below zero": evolve(
            found, provider_worth=(*found.provider_worth[:-1], -found.provider_worth[-1] - 1)
        ),
        "a price too low to serve first": evolve(found, price=3),
        "worths of another graph": evolve(found, request_worth=found.request_worth[1:]),
    }


@pytest.mark.behaviour("R7")
def test_verify_finds_a_planted_mistake() -> None:
    """Each of nine mistakes is found, and the true answer is free of them (the control)."""
    ends = [(0, 0, 10), (0, 1, 30), (1, 0, 15), (1, 1, 90), (2, 2, 8)]
    graph = Graph(3, 4, *zip(*ends, strict=True))
    found = assign(graph)
    assert verify(graph, found) == ()
    for mistake, wrong in planted(found).items():
        assert verify(graph, wrong), mistake


@given(graphs())
def test_a_worse_pairing_has_no_proof(graph: Graph) -> None:
    """The optimum less one of its pairs, everything else told truly, does not verify."""
    found = assign(graph)
    for n, pair in enumerate(found.pairs):
        worse = evolve(
            found,
            pairs=found.pairs[:n] + found.pairs[n + 1 :],
            total=found.total - cheapest_edges(graph)[pair],
            unserved=tuple(sorted((pair[0], *found.unserved))),
        )
        assert verify(graph, worse)


def test_a_careless_solver_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that lets requests take what is nearest and free is refuted by verify."""
    graph = Graph.of_matrix([[1, 2], [1, 9]])

    def careless(lists: Lists, found: Optimum, price: int) -> Optimum:
        mate = [dict(greedy(graph)).get(i, -1) for i in range(graph.requests)]
        return evolve(found, mate=mate)

    assert verify(graph, assign(graph)) == ()
    planted = evolve(solver("python"), settle=careless)
    monkeypatch.setattr("marketplace.matching.assignment._PYTHON", planted)
    *pairs, total = verify(graph, assign(graph))
    assert total == "the pairs cost 10, not 3"
    assert pairs
    assert all(pair.endswith("gains less than its ends are worth") for pair in pairs)


def test_without_scipy_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With scipy and numpy hidden the default still solves, and asking for scipy says so."""
    graph = grid_town(blocks=20, reach=2)
    with_scipy = assign(graph, by="scipy")
    for name in [m for m in sys.modules if m.split(".")[0] in ("scipy", "numpy")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "numpy", None)
    alone = assign(graph)
    assert (alone.solver, alone.pairs, alone.total) == (
        "python",
        with_scipy.pairs,
        with_scipy.total,
    )
    with pytest.raises(SetupError, match="scipy is not installed"):
        assign(graph, by="scipy")


def test_solvers_are_named() -> None:
    """The default says which it is; a name that nobody bears is refused with those that are."""
    assert solver().name == solver("python").name == "python"
    assert [solver(name).name for name in ALL] == list(ALL)
    with pytest.raises(InvalidInput, match="there are: python, numba, scipy"):
        solver("ortools")


def test_scipy_refuses_what_doubles_cannot_hold() -> None:
    """Sums past 2**53 are refused by scipy and solved exactly in plain Python."""
    huge = 2**60
    graph = Graph.of_matrix([[huge, huge + 1], [huge + 1, huge + 4]])
    assert assign(graph).total == 2 * huge + 2
    with pytest.raises(InvalidInput, match="exact for sums below"):
        assign(graph, by="scipy")


def test_numba_refuses_what_64_bits_cannot_hold() -> None:
    """A price or a cost past 2**60 is refused by numba, also where the cost could never be paid."""
    huge = 2**60
    graph = Graph.of_matrix([[huge, 5]])
    assert assign(graph, 9).total == 5
    for price in (9, huge, None):
        with pytest.raises(InvalidInput, match=r"below 2\*\*60.*python solver takes any size"):
            assign(graph, price, by="numba")


def test_numba_is_not_touched_unasked() -> None:
    """Without its name numba is not imported, and where it is not there, asking says so."""
    program = (
        "import sys\n"
        "from marketplace.matching.assignment import assign, assign_dense\n"
        "assert assign_dense([[3, 1], [2, 2]]).total == 3\n"
        "assert 'numba' not in sys.modules and 'numpy' not in sys.modules\n"
        "sys.modules['numba'] = None\n"
        "try:\n    assign_dense([[3]], by='numba')\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "SetupError numba is not installed; install marketplace-kit[dispatch] or use python\n"
    )


def test_a_negative_price_is_refused() -> None:
    """Leaving somebody unserved costs nothing at the least."""
    with pytest.raises(InvalidInput, match="0 or more, not -1"):
        assign(Graph(1, 1), -1)
