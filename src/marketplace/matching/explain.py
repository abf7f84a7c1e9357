"""Why was provider D not offered request R? Answered from the stored problem and solution alone.

The codes, with their parameters:

- `chosen`: place (in the order of asking, from 1), metres
- `already_asked`: round
- `rounds_over`: round, rounds
- `too_far`: metres, limit
- `batch_full`: rank (from 1), k
- `not_among_nearest`: rank (from 1), k
- `not_a_candidate`: metres; the pair was taken out before the problem was solved
- `dearer_than_unserved`: cost, price
- `given_to_other`: the provider was given to the request `other`
- `other_was_better`: the request was given the provider `other`, this one stayed idle

The last two, where an assignment decided, carry metres, other_metres, total (the optimum's cost)
and what pairing these two would have cost: extra_cost (of all pairs together), pairs_lost, and
extra (the two in one measure).
"""

from __future__ import annotations

from marketplace.errors import InvalidInput
from marketplace.matching.batched import assignment_of, graph_of, metres_of
from marketplace.matching.forcing import forcing
from marketplace.matching.problem import Problem, Reason, Solution
from marketplace.matching.sphere import metres


def explain(problem: Problem, solution: Solution, request_id: str, provider_id: str) -> Reason:
    """The reason for this pair, or against it.

    Raises InvalidInput when an id is not in the problem, or the solution is of another problem.
    """
    i = _position([spot.id for spot in problem.requests], request_id, "request")
    j = _position([spot.id for spot in problem.providers], provider_id, "provider")
    apart = metres(*problem.requests[i].point, *problem.providers[j].point)
    chosen = dict(solution.pairs).get(request_id, ())
    if provider_id in chosen:
        return Reason("chosen", {"place": chosen.index(provider_id) + 1, "metres": apart})
    if (request_id, provider_id) in problem.asked:
        return Reason("already_asked", {"round": problem.round})
    over = None
    for request, provider, why in solution.reasons:
        if request == request_id and provider == provider_id:
            return why
        if request == request_id and provider is None and why.code == "rounds_over":
            over = why
    if over is not None:
        return over
    if apart > problem.radius_m:
        return Reason("too_far", {"metres": apart, "limit": problem.radius_m})
    cost = _edge_cost(problem, i, j)
    if cost is None:
        return _no_edge(problem, i, j, apart)
    return _assigned_otherwise(problem, solution, i, j, cost, apart)


def _position(ids: list[str], wanted: str, side: str) -> int:
    if wanted not in ids:
        raise InvalidInput(
            f"{side} {wanted!r} is not in this problem, which has {len(ids)} of them"
        )
    return ids.index(wanted)


def _edge_cost(problem: Problem, i: int, j: int) -> int | None:
    edges = problem.edges
    costs = [
        c
        for r, p, c in zip(edges.request, edges.provider, edges.cost, strict=True)
        if r == i and p == j
    ]
    return min(costs, default=None)


def _no_edge(problem: Problem, i: int, j: int, apart: int) -> Reason:
    """Within the radius and yet no edge: crowded out, or taken out by the caller."""
    request = problem.requests[i]
    asked = {p for r, p in problem.asked if r == request.id}
    rank = 1 + sum(
        (metres(*request.point, *spot.point), k) < (apart, j)
        for k, spot in enumerate(problem.providers)
        if spot.id not in asked
    )
    if problem.nearest is not None and rank > problem.nearest:
        return Reason("not_among_nearest", {"rank": rank, "k": problem.nearest})
    return Reason("not_a_candidate", {"metres": apart})


def _assigned_otherwise(
    problem: Problem, solution: Solution, i: int, j: int, cost: int, apart: int
) -> Reason:
    best = assignment_of(problem, solution)
    if cost > best.price:
        return Reason("dearer_than_unserved", {"cost": cost, "price": best.price})
    forced = forcing(graph_of(problem), best, i, j)
    provider_of = dict(best.pairs)
    request_of = {provider: request for request, provider in best.pairs}
    if j in request_of:
        code, pair = "given_to_other", (request_of[j], j)
        other = problem.requests[pair[0]].id
    elif i in provider_of:
        code, pair = "other_was_better", (i, provider_of[i])
        other = problem.providers[pair[1]].id
    else:
        raise InvalidInput(
            "this solution is not of this problem: both would be free for each other"
        )
    return Reason(
        code,
        {
            "other": other,
            "metres": apart,
            "other_metres": metres_of(problem, [pair])[pair],
            "total": best.total,
            "extra_cost": forced.extra_cost,
            "pairs_lost": forced.pairs_lost,
            "extra": forced.extra,
        },
    )
