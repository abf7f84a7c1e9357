"""Dispatch by radius: ask the few nearest, then the next few, then look farther.

The rounds are numbered from 0. Each step of the radius lasts `rounds` rounds, and each round asks
up to `batch_size` providers not asked before. Who was asked the caller keeps and hands in again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from attrs import field, frozen

from marketplace.errors import InvalidInput
from marketplace.matching.columns import integers
from marketplace.matching.framing import frame
from marketplace.matching.problem import Problem, Reason, Solution, Spot, asked_positions


@frozen(slots=True)
class Candidate:
    """A provider so many metres away; the cost decides the order, the metres if none is given."""

    provider: str
    metres: int
    cost: int | None = None

    @property
    def weight(self) -> int:
        return self.metres if self.cost is None else self.cost


@frozen(slots=True)
class Asking:
    """Whom to ask in a round, in order; and of everybody else among the candidates, why not."""

    ask: tuple[str, ...]
    reasons: tuple[tuple[str, Reason], ...]
    limit_m: int | None  # the radius of the round, None when the rounds are over


@frozen(slots=True)
class RadiusRounds:
    """`steps_m` (metres, rising) × `batch_size` providers a round × `rounds` rounds a step.

    Raises InvalidInput when the steps do not rise from 0 or more, or a number is below 1.
    """

    steps_m: tuple[int, ...] = field(converter=integers)
    batch_size: int = 1
    rounds: int = 1

    def __attrs_post_init__(self) -> None:
        if not self.steps_m or self.steps_m[0] < 0:
            raise InvalidInput("there must be a step, and the first 0 metres or more")
        if list(self.steps_m) != sorted(set(self.steps_m)):
            raise InvalidInput(f"each step must reach farther than the last, not {self.steps_m}")
        if self.batch_size < 1 or self.rounds < 1:
            raise InvalidInput("batch size and rounds must be 1 or more")

    @property
    def rounds_in_all(self) -> int:
        return len(self.steps_m) * self.rounds

    def limit(self, round: int) -> int | None:
        """The radius in metres of the round numbered `round`, None when the rounds are over."""
        if round < 0:
            raise InvalidInput(f"rounds are numbered from 0, not {round}")
        return self.steps_m[round // self.rounds] if round < self.rounds_in_all else None

    def ask(self, round: int, asked: Collection[str], candidates: Iterable[Candidate]) -> Asking:
        """Whom one request asks in the round, the cheapest first, ties in the order given."""
        limit = self.limit(round)
        ask: list[str] = []
        reasons: list[tuple[str, Reason]] = []
        rank = 0
        for c in sorted(candidates, key=lambda c: c.weight):
            if limit is None:
                over = {"round": round, "rounds": self.rounds_in_all}
                reasons.append((c.provider, Reason("rounds_over", over)))
            elif c.provider in asked:
                reasons.append((c.provider, Reason("already_asked", {"round": round})))
            elif c.metres > limit:
                far = {"metres": c.metres, "limit": limit}
                reasons.append((c.provider, Reason("too_far", far)))
            elif rank < self.batch_size:
                rank += 1
                ask.append(c.provider)
            else:
                rank += 1
                full = {"rank": rank, "k": self.batch_size}
                reasons.append((c.provider, Reason("batch_full", full)))
        return Asking(tuple(ask), tuple(reasons), limit)

    def frame(
        self,
        requests: Sequence[Spot],
        providers: Sequence[Spot],
        *,
        asked: Collection[tuple[str, str]] = (),
        round: int = 0,
    ) -> Problem:
        """The problem of the round numbered `round`: everybody within its radius, not asked yet."""
        limit = self.limit(round)
        return frame(
            requests,
            providers,
            radius_m=self.steps_m[-1] if limit is None else limit,
            k_nearest=None,
            price_of_unserved=None,
            asked=asked,
            round=round,
        )

    def solve(self, problem: Problem) -> Solution:
        """Put each request to its batch. A provider is asked by one request a round: the requests
        choose in their order, and who is taken says `given_to_other` to those after."""
        edges = problem.edges
        passed_over = asked_positions(problem.requests, problem.providers, problem.asked)
        mine: dict[int, list[Candidate]] = {}
        cost_of: dict[tuple[str, str], tuple[int, int]] = {}
        for i, j, metres, cost in zip(
            edges.request, edges.provider, edges.metres, edges.cost, strict=True
        ):
            if j not in passed_over.get(i, ()):
                request, provider = problem.requests[i].id, problem.providers[j].id
                mine.setdefault(i, []).append(Candidate(provider, metres, cost))
                cost_of[request, provider] = cost, metres
        pairs: list[tuple[str, tuple[str, ...]]] = []
        reasons: list[tuple[str, str | None, Reason]] = []
        taken: dict[str, str] = {}
        for i, spot in enumerate(problem.requests):
            free = []
            for c in mine.get(i, ()):
                if c.provider in taken:
                    other: dict[str, int | str] = {"other": taken[c.provider], "metres": c.metres}
                    reasons.append((spot.id, c.provider, Reason("given_to_other", other)))
                else:
                    free.append(c)
            asking = self.ask(problem.round, (), free)
            reasons += [(spot.id, provider, why) for provider, why in asking.reasons]
            if asking.ask:
                pairs.append((spot.id, asking.ask))
                taken.update(dict.fromkeys(asking.ask, spot.id))
            else:
                reasons.append((spot.id, None, self._nobody(problem)))
        chosen = [cost_of[r, p] for r, providers in pairs for p in providers]
        return Solution(
            tuple(pairs),
            tuple(reasons),
            "radius",
            sum(cost for cost, _ in chosen),
            sum(metres for _, metres in chosen),
        )

    def _nobody(self, problem: Problem) -> Reason:
        limit = self.limit(problem.round)
        if limit is None:
            over = {"round": problem.round, "rounds": self.rounds_in_all}
            return Reason("rounds_over", over)
        return Reason("no_candidate", {"limit": limit})
