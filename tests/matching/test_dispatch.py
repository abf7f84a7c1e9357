"""Dispatch: two ways behind one interface, and every decision and non-decision explained."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.matching.assignment import verify
from marketplace.matching.batched import Batched, assignment_of, graph_of
from marketplace.matching.explain import explain
from marketplace.matching.problem import Dispatcher, Edges, Problem, Reason, Solution, Spot
from marketplace.matching.radius import RadiusRounds
from marketplace.matching.sphere import metres
from tests.matching.towns import asked, dispatchers, spots

CODES = {
    "chosen", "already_asked", "rounds_over", "too_far", "batch_full", "not_among_nearest",
    "dearer_than_unserved", "given_to_other", "other_was_better",
}  # fmt: skip


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Dispatcher, Problem]:
    """A dispatcher and a round of its own framing."""
    requests, providers = draw(spots("ride")), draw(spots("driver"))
    dispatcher = draw(dispatchers)
    problem = dispatcher.frame(
        requests, providers, asked=draw(asked(requests, providers)), round=draw(st.integers(0, 5))
    )
    return dispatcher, problem


@pytest.mark.behaviour("R7")
@given(rounds())
def test_one_interface_serves_both(case: tuple[Dispatcher, Problem]) -> None:
    """Whoever dispatches, a driver is put to one request a round, never again to one that asked
    before, and never beyond the radius."""
    dispatcher, problem = case
    solution = dispatcher.solve(problem)
    place = {spot.id: spot.point for spot in (*problem.requests, *problem.providers)}
    put = [(r, p) for r, providers in solution.pairs for p in providers]
    assert len({p for _, p in put}) == len(put)
    assert not set(put) & set(problem.asked)
    apart = [metres(*place[r], *place[p]) for r, p in put]
    assert all(d <= problem.radius_m for d in apart)
    assert solution.total_metres == sum(apart)


@pytest.mark.behaviour("R7")
@given(rounds())
def test_every_pair_has_its_reason_from_stored_data(case: tuple[Dispatcher, Problem]) -> None:
    """Written as JSON and read back years later, problem and solution are the same and explain
    each pair: chosen exactly where it was, and a reason with parameters everywhere else."""
    dispatcher, problem = case
    solution = dispatcher.solve(problem)
    old_problem = Problem.from_json(json.loads(json.dumps(problem.to_json())))
    old_solution = Solution.from_json(json.loads(json.dumps(solution.to_json())))
    assert (old_problem, old_solution) == (problem, solution)
    chosen = {(r, p) for r, providers in solution.pairs for p in providers}
    for request in problem.requests:
        for provider in problem.providers:
            why = explain(old_problem, old_solution, request.id, provider.id)
            assert why.code in CODES
            assert why.params
            assert (why.code == "chosen") == ((request.id, provider.id) in chosen)


@given(rounds())
def test_whoever_got_nobody_is_told_why(case: tuple[Dispatcher, Problem]) -> None:
    """Each request without a provider has a reason of its own in the solution, and no other."""
    dispatcher, problem = case
    solution = dispatcher.solve(problem)
    told = {r for r, p, _ in solution.reasons if p is None}
    assert told == {spot.id for spot in problem.requests} - {r for r, _ in solution.pairs}


@given(rounds())
def test_a_stored_assignment_still_verifies(case: tuple[Dispatcher, Problem]) -> None:
    """The certificate in a stored batched solution proves it again; a dearer one fails."""
    dispatcher, problem = case
    if not isinstance(dispatcher, Batched):
        return
    solution = dispatcher.solve(problem)
    graph = graph_of(problem)
    assert verify(graph, assignment_of(problem, solution)) == ()


# Along one meridian: a thousandth of a degree is 111 m.
NORTH = [Spot(f"d{n}", 27.7 + n / 1000, 85.3) for n in range(1, 9)]
RIDE = Spot("r0", 27.7, 85.3)


def test_the_reasons_of_a_batch() -> None:
    """Each code of a batched assignment, with its numbers, on one street."""
    other = Spot("r1", 27.702, 85.3)  # stands where d2 stands
    batch = Batched(radius_m=600, k_nearest=3)
    problem = batch.frame([RIDE, other], NORTH, asked={("r0", "d3")})
    solution = batch.solve(problem)
    assert dict(solution.pairs) == {"r0": ("d1",), "r1": ("d2",)}

    def why(provider: str) -> Reason:
        return explain(problem, solution, "r0", provider)

    assert why("d1") == Reason("chosen", {"place": 1, "metres": 111})
    assert why("d3") == Reason("already_asked", {"round": 0})
    assert why("d5") == Reason("not_among_nearest", {"rank": 4, "k": 3})
    assert why("d7") == Reason("too_far", {"metres": 778, "limit": 600})
    # With d2 for r0 (222 m), r1 would get d1 or d3 (111 m): 333 in place of 111.
    assert why("d2") == Reason(
        "given_to_other",
        {
            "other": "r1", "metres": 222, "other_metres": 0, "total": 111,
            "extra_cost": 222, "pairs_lost": 0, "extra": 222,
        },
    )  # fmt: skip
    assert why("d4") == Reason(
        "other_was_better",
        {
            "other": "d1", "metres": 445, "other_metres": 111, "total": 111,
            "extra_cost": 334, "pairs_lost": 0, "extra": 334,
        },
    )  # fmt: skip


def test_a_score_moves_the_choice_and_not_the_metres() -> None:
    """A caller may adjust costs: another is chosen for it, and the metres stay what they are."""
    batch = Batched(radius_m=600, k_nearest=2, price_of_unserved=400)
    problem = batch.frame([RIDE], NORTH)
    assert problem.edges.metres == problem.edges.cost == (111, 222)
    adjusted = problem.at_cost([300, 222])
    assert batch.solve(problem).pairs == (("r0", ("d1",)),)
    moved = batch.solve(adjusted)
    assert (moved.pairs, moved.total_cost, moved.total_metres) == ((("r0", ("d2",)),), 222, 222)
    dear = problem.at_cost([500, 401])
    refused = batch.solve(dear)
    assert refused.pairs == ()
    assert refused.reasons == (
        ("r0", None, Reason("dearer_than_unserved", {"cost": 401, "price": 400})),
    )
    assert explain(dear, refused, "r0", "d1") == Reason(
        "dearer_than_unserved", {"cost": 500, "price": 400}
    )


def test_a_pair_taken_out_beforehand_is_said_to_be() -> None:
    """Within the radius and among the nearest, but without an edge: the caller took it out."""
    batch = Batched(radius_m=600, k_nearest=2)
    problem = Problem((RIDE,), tuple(NORTH), Edges((0,), (1,), (222,), (222,)), 600, 2)
    solution = batch.solve(problem)
    assert solution.pairs == (("r0", ("d2",)),)
    assert explain(problem, solution, "r0", "d1") == Reason("not_a_candidate", {"metres": 111})


def test_who_was_outbid_and_who_was_alone() -> None:
    """Two rides and one driver: one is outbid. A ride nobody is near has no candidate."""
    lonely = Spot("r9", 28.7, 85.3)
    batch = Batched(radius_m=600)
    solution = batch.solve(batch.frame([RIDE, Spot("r1", 27.7005, 85.3), lonely], NORTH[:1]))
    assert solution.pairs == (("r1", ("d1",)),)
    assert solution.reasons == (
        ("r0", None, Reason("outbid", {"cost": 111, "total": 56})),
        ("r9", None, Reason("no_candidate", {"limit": 600})),
    )


def test_the_reasons_of_a_radius_round() -> None:
    """Each code of a round by radius, with its numbers, on one street."""
    by_radius = RadiusRounds(steps_m=(300, 600), batch_size=1, rounds=1)
    problem = by_radius.frame([RIDE, Spot("r1", 27.7, 85.3)], NORTH, round=1, asked={("r0", "d3")})
    solution = by_radius.solve(problem)
    assert solution.pairs == (("r0", ("d1",)), ("r1", ("d2",)))

    def why(request: str, provider: str) -> Reason:
        return explain(problem, solution, request, provider)

    assert why("r0", "d1") == Reason("chosen", {"place": 1, "metres": 111})
    assert why("r0", "d2") == Reason("batch_full", {"rank": 2, "k": 1})
    assert why("r0", "d3") == Reason("already_asked", {"round": 1})
    assert why("r0", "d6") == Reason("too_far", {"metres": 667, "limit": 600})
    assert why("r1", "d1") == Reason("given_to_other", {"other": "r0", "metres": 111})
    later = by_radius.frame([RIDE], NORTH, round=2)
    over = by_radius.solve(later)
    assert over.pairs == ()
    assert explain(later, over, "r0", "d1") == Reason("rounds_over", {"round": 2, "rounds": 2})


def test_who_is_not_in_the_problem_is_not_explained() -> None:
    """Asking after somebody the problem does not hold is refused, and so is a foreign solution."""
    batch = Batched(radius_m=600)
    problem = batch.frame([RIDE], NORTH)
    solution = batch.solve(problem)
    with pytest.raises(InvalidInput, match="provider 'd99' is not in this problem"):
        explain(problem, solution, "r0", "d99")
    with pytest.raises(InvalidInput, match="request 'r5' is not in this problem"):
        explain(problem, solution, "r5", "d1")
    foreign = batch.solve(batch.frame([Spot("r7", 27.7, 85.3)], NORTH))
    with pytest.raises(InvalidInput, match="batched assignment of this very problem"):
        explain(problem, foreign, "r0", "d1")
