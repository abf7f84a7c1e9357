"""Dispatch by batched assignment: collect requests for a moment, then serve them all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from attrs import frozen

from marketplace.errors import InvalidInput
from marketplace.matching.assignment import Assignment, assign
from marketplace.matching.framing import frame
from marketplace.matching.graph import Graph
from marketplace.matching.problem import (
    Certificate,
    Problem,
    Reason,
    Solution,
    Spot,
    asked_positions,
)


@frozen(slots=True)
class Batched:
    """One provider per request, so that all pairs together cost least.

    Each request may be given one of its `k_nearest` providers within `radius_m` metres;
    `price_of_unserved` is what it may cost at most to serve one more, None to serve as many as
    possible. `by` names a solver, as in `assignment.solver`.
    """

    radius_m: int
    k_nearest: int | None = 10
    price_of_unserved: int | None = None
    by: str | None = None

    def frame(
        self,
        requests: Sequence[Spot],
        providers: Sequence[Spot],
        *,
        asked: Collection[tuple[str, str]] = (),
        round: int = 0,
    ) -> Problem:
        return frame(
            requests,
            providers,
            radius_m=self.radius_m,
            k_nearest=self.k_nearest,
            price_of_unserved=self.price_of_unserved,
            asked=asked,
            round=round,
        )

    def solve(self, problem: Problem) -> Solution:
        graph = graph_of(problem)
        best = assign(graph, problem.price_of_unserved, by=self.by)
        pairs = tuple((problem.requests[i].id, (problem.providers[j].id,)) for i, j in best.pairs)
        return Solution(
            pairs,
            _unserved(problem, graph, best),
            f"batched/{best.solver}",
            best.total,
            sum(metres_of(problem, best.pairs).values()),
            Certificate(best.price, best.serving_first, best.request_worth, best.provider_worth),
        )


def graph_of(problem: Problem) -> Graph:
    """What may be paired, without those already asked."""
    passed_over = asked_positions(problem.requests, problem.providers, problem.asked)
    graph = problem.graph()
    return graph.without(passed_over) if passed_over else graph


def metres_of(problem: Problem, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How far apart these pairs are; each request is in one of them at most."""
    mate = [-1] * len(problem.requests)
    for i, j in pairs:
        mate[i] = j
    request, provider, metres = map(problem.edges.column, ("request", "provider", "metres"))
    chosen = provider.equal(request.looked_up(mate))
    columns = (one.those(chosen).plain() for one in (request, provider, metres))
    return {(i, j): far for i, j, far in zip(*columns, strict=True)}


def assignment_of(problem: Problem, solution: Solution) -> Assignment:
    """The stored pairs and certificate as an assignment again, to verify or to ask further.

    Raises InvalidInput when the solution is not one of this problem by batched assignment.
    """
    proof = solution.certificate
    request_at = {spot.id: i for i, spot in enumerate(problem.requests)}
    provider_at = {spot.id: j for j, spot in enumerate(problem.providers)}
    if proof is None or any(r not in request_at for r, _ in solution.pairs):
        raise InvalidInput("only a batched assignment of this very problem has a certificate")
    mate = {request_at[r]: provider_at[p] for r, (p,) in solution.pairs}
    return Assignment(
        tuple(sorted(mate.items())),
        solution.total_cost,
        tuple(i for i in range(len(problem.requests)) if i not in mate),
        proof.price,
        proof.serving_first,
        proof.request_worth,
        proof.provider_worth,
        solution.solver,
        len(problem.edges),
    )


def _unserved(
    problem: Problem, graph: Graph, best: Assignment
) -> tuple[tuple[str, None, Reason], ...]:
    cheapest = graph.cheapest(best.unserved)
    reasons = []
    for i in best.unserved:
        if i not in cheapest:
            why = Reason("no_candidate", {"limit": problem.radius_m})
        elif cheapest[i] > best.price:
            why = Reason("dearer_than_unserved", {"cost": cheapest[i], "price": best.price})
        else:
            why = Reason("outbid", {"cost": cheapest[i], "total": best.total})
        reasons.append((problem.requests[i].id, None, why))
    return tuple(reasons)
