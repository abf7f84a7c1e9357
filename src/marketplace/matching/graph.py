"""Who could serve whom, and at what cost: the sparse graph an assignment is made on.

A graph is three parallel arrays: edge `e` says that request `request[e]` could be served by
provider `provider[e]` at `cost[e]`, a non-negative integer (metres, or a score of the caller's).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from operator import eq, itemgetter

from attrs import field, frozen

from marketplace.errors import InvalidInput
from marketplace.matching.columns import Column, Columns, column


@frozen(slots=True)
class Graph(Columns):
    """`requests` × `providers` with candidate edges; of an edge given twice the cheaper counts.

    Arrays of numpy with 64 bits are kept beside as they are, for a solver that wants them so.
    Raises InvalidInput when the arrays differ in length, an index is outside its side, or a cost is
    negative; TypeError when something is not an integer.
    """

    requests: int
    providers: int
    request: tuple[int, ...] = field(converter=column, default=())
    provider: tuple[int, ...] = field(converter=column, default=())
    cost: tuple[int, ...] = field(converter=column, default=())

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        request, provider, cost = map(self.column, ("request", "provider", "cost"))
        if self.requests < 0 or self.providers < 0:
            raise InvalidInput(f"a side has 0 or more, not {min(self.requests, self.providers)}")
        if not len(request) == len(provider) == len(cost):
            raise InvalidInput(
                "request, provider and cost must be equally long, not "
                f"{len(request)}, {len(provider)} and {len(cost)}"
            )
        _within("request", request, self.requests)
        _within("provider", provider, self.providers)
        if cost.least() < 0:
            raise InvalidInput(f"a cost must be 0 or more, not {cost.least()}")

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
        ends, dearest = self._ends(), self.dearest
        numbers = each_once(max(self.requests, self.providers), self.edges)
        if ends:
            # Tuples lie in one piece, so going through them is quicker than through lists.
            providers = _lying_close(self.provider, numbers)
            prices = _lying_close(self.cost, each_once(dearest + 1, self.edges, numbers))
            near: list[Sequence[int]] = [providers[a:b] for a, b in pairwise(ends)]
            costs: list[Sequence[int]] = [prices[a:b] for a, b in pairwise(ends)]
        else:
            rows = self.rows(price)
            near = [tuple([j for _, j in row]) for row in rows]
            costs = [tuple([c for c, _ in row]) for row in rows]
        if not all(map(eq, costs, map(tuple, map(sorted, costs)))):
            for i, some in enumerate(costs):
                order = sorted(range(len(some)), key=some.__getitem__)
                near[i] = [near[i][n] for n in order]
                costs[i] = [some[n] for n in order]
        if dearest > price:
            for i, rising in enumerate(costs):
                end = bisect_right(rising, price)
                near[i], costs[i] = near[i][:end], rising[:end]
        return Lists(self.providers, near, costs, numbers)

    def rows(self, price: int) -> list[list[tuple[int, int]]]:
        """For each request its (cost, provider) pairs that cost at most `price`."""
        ends = self._ends()
        if ends and self.dearest <= price:
            pairs = list(zip(self.cost, self.provider, strict=True))
            return [pairs[a:b] for a, b in pairwise(ends)]
        rows: list[list[tuple[int, int]]] = [[] for _ in range(self.requests)]
        for i, j, c in zip(self.request, self.provider, self.cost, strict=True):
            if c <= price:
                rows[i].append((c, j))
        return rows

    def without(self, pairs: Mapping[int, Collection[int]]) -> Graph:
        """The same without the edges from these requests to these providers."""
        mine = [i in pairs for i in range(self.requests)]
        request, provider = self.column("request"), self.column("provider")
        chosen = request.looked_up(mine)
        ends = zip(request.those(chosen).plain(), provider.those(chosen).plain(), strict=True)
        if not any(j in pairs[i] for i, j in ends):
            return self  # whoever looked for the nearest has passed them over already
        edges = zip(self.request, self.provider, self.cost, strict=True)
        kept = [(i, j, c) for i, j, c in edges if j not in pairs.get(i, ())]
        columns = zip(*kept, strict=True) if kept else ((), (), ())
        return Graph(self.requests, self.providers, *columns)

    def cheapest(self, requests: Collection[int]) -> dict[int, int]:
        """Of each of `requests` that has an edge what the cheapest one costs."""
        mine = [False] * self.requests
        for i in requests:
            mine[i] = True
        request, cost = map(self.column, ("request", "cost"))
        chosen = request.looked_up(mine)
        found: dict[int, int] = {}
        for i, c in zip(request.those(chosen).plain(), cost.those(chosen).plain(), strict=True):
            found[i] = min(c, found.get(i, c))
        return found

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

    def _ends(self) -> list[int]:
        """Where the edges of each request begin, and the last end, if the requests stand in their
        order, as they do when edges were found so; else nothing."""
        request = self.column("request")
        at = request.values
        if request.is_array:
            if (at[1:] < at[:-1]).any():
                return []
            return [0, *at.searchsorted(range(self.requests), side="right").tolist()]
        if list(at) != sorted(at):
            return []
        ends, end, many = [0], 0, 0
        for i in range(self.requests):
            after = end + many  # most have as many as the one before
            if not many or after >= len(at) or not at[after - 1] == i < at[after]:
                after = bisect_right(at, i, end)
                many = after - end
            ends.append(after)
            end = after
        return ends

    @property
    def edges(self) -> int:
        """How many there are, repeated ones included."""
        return len(self.column("cost"))

    @property
    def dearest(self) -> int:
        """What the dearest edge costs; 0 without one."""
        return self.column("cost").most()

    def serving_first(self) -> int:
        """A price of leaving somebody unserved above which nobody is left for money's sake.

        One more pair can raise the cost of the others by less than the dearest edge times the
        smaller side, so at this price the cheapest total also has the most pairs.
        """
        return self.dearest * min(self.requests, self.providers) + 1


def each_once(size: int, uses: int, numbers: Sequence[int] = ()) -> Sequence[int]:
    """The integers below `size`, to be looked up: each is one and the same however often, where
    there are `uses` enough to be worth it; those of `numbers`, if they are all there.

    What is looked at over and over finds room in a processor's cache then.
    """
    if size <= len(numbers):
        return numbers
    return list(range(size)) if size <= uses else range(size)


def _lying_close(values: tuple[int, ...], numbers: Sequence[int]) -> tuple[int, ...]:
    """The same integers, but those that stand in `numbers`, if these are each one and the same."""
    if isinstance(numbers, range) or len(values) < 2:
        return values
    ones: tuple[int, ...] = itemgetter(*values)(numbers)
    return ones


def _within(side: str, indices: Column, size: int) -> None:
    if len(indices) and (indices.least() < 0 or indices.most() >= size):
        wrong = indices.least() if indices.least() < 0 else indices.most()
        raise InvalidInput(f"a {side} index must be 0 to {size - 1}, not {wrong}")


@frozen(slots=True)
class Lists:
    """The edges of a graph request by request, the cheapest first."""

    providers: int
    near: Sequence[Sequence[int]]  # of each request: its providers
    costs: Sequence[Sequence[int]]  # of each request: what they cost, in that order
    numbers: Sequence[int]  # of the larger side, to be called by: those in `near` are the same ones


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
