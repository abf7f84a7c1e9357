"""Who could serve whom, and at what cost: the sparse graph an assignment is made on.

A graph is three parallel arrays: edge `e` says that request `request[e]` could be served by
provider `provider[e]` at `cost[e]`, a non-negative integer (metres, or a score of the caller's).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import index

from attrs import field, frozen

from marketplace.errors import InvalidInput


def integers(values: Iterable[int]) -> tuple[int, ...]:
    """Plain integers, also from a numpy array; a float is refused, never rounded."""
    if hasattr(values, "tolist"):
        plain = values.tolist()
        if getattr(getattr(values, "dtype", None), "kind", "") == "i":
            return tuple(plain)  # it holds nothing else
        values = plain
    return tuple(map(index, values))


@frozen(slots=True)
class Graph:
    """`requests` × `providers` with candidate edges; of an edge given twice the cheaper counts.

    Raises InvalidInput when the arrays differ in length, an index is outside its side, or a cost is
    negative; TypeError when something is not an integer.
    """

    requests: int
    providers: int
    request: tuple[int, ...] = field(converter=integers, default=())
    provider: tuple[int, ...] = field(converter=integers, default=())
    cost: tuple[int, ...] = field(converter=integers, default=())

    def __attrs_post_init__(self) -> None:
        if self.requests < 0 or self.providers < 0:
            raise InvalidInput(f"a side has 0 or more, not {min(self.requests, self.providers)}")
        if not len(self.request) == len(self.provider) == len(self.cost):
            raise InvalidInput(
                "request, provider and cost must be equally long, not "
                f"{len(self.request)}, {len(self.provider)} and {len(self.cost)}"
            )
        _within("request", self.request, self.requests)
        _within("provider", self.provider, self.providers)
        if self.cost and min(self.cost) < 0:
            raise InvalidInput(f"a cost must be 0 or more, not {min(self.cost)}")

    @classmethod
    def of_matrix(cls, costs: Sequence[Sequence[int]]) -> Graph:
        """The graph of all cells: `costs[i][j]` is what provider j costs for request i.

        Raises InvalidInput also when the lines are not equally long.
        """
        widths = {len(line) for line in costs}
        if len(widths) > 1:
            raise InvalidInput(
                f"all lines must be equally long, not {min(widths)} to {max(widths)}"
            )
        height, width = len(costs), max(widths, default=0)
        return cls(
            height,
            width,
            [i for i in range(height) for _ in range(width)],
            list(range(width)) * height,
            [c for line in costs for c in line],
        )

    def lists(self, price: int) -> Lists:
        """For each request the providers that cost at most `price`, the cheapest first."""
        if self._in_order:
            ends = [0, *(bisect_right(self.request, i) for i in range(self.requests))]
            near: list[Sequence[int]] = [self.provider[a:b] for a, b in pairwise(ends)]
            costs: list[Sequence[int]] = [self.cost[a:b] for a, b in pairwise(ends)]
        else:
            rows = self.rows(price)
            near = [[j for _, j in row] for row in rows]
            costs = [[c for c, _ in row] for row in rows]
        for i, some in enumerate(costs):
            rising = sorted(some)
            if rising != list(some):
                order = sorted(range(len(some)), key=some.__getitem__)
                near[i], costs[i] = [near[i][n] for n in order], rising
            if rising and rising[-1] > price:
                end = bisect_right(rising, price)
                near[i], costs[i] = near[i][:end], rising[:end]
        return Lists(self.providers, near, costs)

    def rows(self, price: int) -> list[list[tuple[int, int]]]:
        """For each request its (cost, provider) pairs that cost at most `price`."""
        if self._in_order and max(self.cost, default=0) <= price:
            pairs = list(zip(self.cost, self.provider, strict=True))
            ends = [bisect_right(self.request, i) for i in range(self.requests)]
            return [pairs[a:b] for a, b in pairwise([0, *ends])]
        rows: list[list[tuple[int, int]]] = [[] for _ in range(self.requests)]
        for i, j, c in zip(self.request, self.provider, self.cost, strict=True):
            if c <= price:
                rows[i].append((c, j))
        return rows

    def components(self) -> int:
        """How many connected parts hold an edge."""
        near: list[list[int]] = [[] for _ in range(self.requests)]
        met_by: list[list[int]] = [[] for _ in range(self.providers)]
        for i, j in zip(self.request, self.provider, strict=True):
            near[i].append(j)
            met_by[j].append(i)
        seen: set[int] = set()
        parts = 0
        for first, some in enumerate(near):
            if first in seen or not some:
                continue
            parts += 1
            arrived = {first}
            while arrived:  # it moves outwards a step at a time, as sets do
                seen |= arrived
                met = set().union(*[near[i] for i in arrived])
                arrived = set().union(*[met_by[j] for j in met]) - seen
        return parts

    @property
    def _in_order(self) -> bool:
        """Whether the edges of a request stand together, as they do when they were found so."""
        return list(self.request) == sorted(self.request)

    def serving_first(self) -> int:
        """A price of leaving somebody unserved above which nobody is left for money's sake.

        One more pair can raise the cost of the others by less than the dearest edge times the
        smaller side, so at this price the cheapest total also has the most pairs.
        """
        return max(self.cost, default=0) * min(self.requests, self.providers) + 1


def _within(side: str, indices: Sequence[int], size: int) -> None:
    if indices and (min(indices) < 0 or max(indices) >= size):
        wrong = min(indices) if min(indices) < 0 else max(indices)
        raise InvalidInput(f"a {side} index must be 0 to {size - 1}, not {wrong}")


@frozen(slots=True)
class Lists:
    """The edges of a graph request by request, the cheapest first."""

    providers: int
    near: Sequence[Sequence[int]]  # of each request: its providers
    costs: Sequence[Sequence[int]]  # of each request: what they cost, in that order


@frozen(slots=True)
class Optimum:
    """What a solver found: `mate[i]` is the provider of request i or -1, and what each is worth.

    The worths are the dual values in the measure of gain (price of unserved minus cost): they are
    never negative, of every edge the two ends' worths sum to at least its gain, of every chosen
    pair to exactly its gain, and whoever is left alone is worth nothing. No better choice exists
    when all of that holds.
    """

    mate: list[int]
    request_worth: list[int]
    provider_worth: list[int]
