"""Which of several equally good assignments: the same one, whichever solver found its own.

The rule: the requests are asked in their order, and each takes the lowest numbered provider that
any optimum can still give it; staying unserved comes last. So the earliest request and the first
listed provider win a tie, and the answer depends on the graph alone.

Every optimum lives on the tight edges (those whose ends' worths sum to exactly their gain), so from
one optimum all others are reached by cycles of exchanges there: a request takes a provider, whoever
had it takes another, and so on until the first one's old place is filled, or is let go because that
provider is worth nothing. Leaving and joining the idle is one node of such a cycle, numbered after
the last request. A cycle stays inside one strongly connected part, and on real distances such parts
are few and small: most of the work is to see that there is nothing to do. Where everything ties
(all costs equal) the search for a cycle goes from both ends, and a search that fails has split the
part in two, so that later ones need not cross there.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from attrs import define, evolve, field

from marketplace.matching.graph import Lists, Optimum

_OUT = -1
"""The part of a request whose place is fixed: it trades no more."""
_UNSEEN = -2


@define(slots=True)
class _Exchange:
    tight: dict[int, list[int]]  # of a request: the providers an optimum might give it
    wanted: defaultdict[int, list[int]]  # of a provider: the requests it is tight with
    mate: list[int]
    owner: list[int]  # of a provider: its request, or the node of the idle
    request_worth: list[int]  # who is worth nothing may be unserved
    provider_worth: list[int]  # or idle
    part: list[int]  # of a node: what it may trade within
    parts: int
    beside: list[int]  # the requests that began in one part with the idle

    @property
    def idle(self) -> int:
        return len(self.mate)

    def after(self, node: int) -> list[tuple[int, int]]:
        """Whose place `node` could take, each with the provider it would get, -1 for none."""
        if node == self.idle:
            return [
                (k, j)
                for k in self.beside
                if self.part[k] != _OUT and ((j := self.mate[k]) < 0 or not self.provider_worth[j])
            ]
        places = [(self.owner[j], j) for j in self.tight[node]]
        if self.mate[node] >= 0 and not self.request_worth[node]:
            places.append((self.idle, -1))
        return places

    def before(self, node: int) -> list[tuple[int, int]]:
        """Who could take the place of `node`, each with the provider it would get."""
        if node == self.idle:
            leaving = [
                (k, -1) for k in self.beside if self.mate[k] >= 0 and not self.request_worth[k]
            ]
            free = (j for j in self.wanted if self.owner[j] == node)
            return leaving + [(k, j) for j in free for k in self.wanted[j]]
        j = self.mate[node]
        if j < 0:
            return [(self.idle, j)]
        takers = [(k, j) for k in self.wanted[j]]
        if not self.provider_worth[j]:
            takers.append((self.idle, j))
        return takers


def settle(lists: Lists, found: Optimum, price: int) -> Optimum:
    """`found`, which must be optimal, with the provider of each request, or -1, by the rule."""
    mate, worth, idle = found.mate, found.provider_worth, len(found.mate)
    owner = owners(found)
    arcs: dict[int, Sequence[int]] = {}  # of each node those whose place it could take, if any
    for i, near, costs, now, own in zip(
        range(idle), lists.near, lists.costs, mate, found.request_worth, strict=True
    ):
        gain = price - own
        some = []
        for c, j in zip(costs, near):  # noqa: B905 both have one length, and this is hot
            if c > gain:  # nobody is worth less than nothing
                break
            if c + worth[j] == gain and j != now:
                some.append(owner[j])
        if not own and now >= 0:
            some.append(idle)
        if some:
            arcs[i] = some
    arcs[idle] = [k for k, j in enumerate(mate) if j < 0 or not worth[j]]
    part, parts = _strong_parts(arcs, idle + 1)
    tight: dict[int, list[int]] = {}
    for i in arcs:
        here = part[i]
        if here != _OUT and i != idle:
            gain = price - found.request_worth[i]
            edges = zip(lists.costs[i], lists.near[i], strict=True)
            some = [j for c, j in edges if c + worth[j] == gain]
            tight[i] = [j for j in some if part[owner[j]] == here]
    return trade(tight, found, owner, part, parts)


def trade(
    tight: dict[int, list[int]], found: Optimum, owner: list[int], part: list[int], parts: int
) -> Optimum:
    """`found` settled by the rule, where the strongly connected parts are known.

    `tight` lists for each request that could trade, in their order, the providers that an optimum
    might give it in its own part; `part` has the part of each node, the idle last, numbered below
    `parts`, or `_OUT`. These and `owner` are used up.
    """
    wanted = defaultdict(list)
    for i, some in tight.items():
        for j in some:
            wanted[j].append(i)
    x = _Exchange(
        tight,
        wanted,
        list(found.mate),
        owner,
        found.request_worth,
        found.provider_worth,
        part,
        parts,
        [i for i in tight if part[i] == part[-1]],
    )
    for i, some in tight.items():
        now = x.mate[i]
        if now < 0 or len(some) > 1:
            _improve(x, i, sorted({j for j in some if now < 0 or j < now}))
        part[i] = _OUT
    return evolve(found, mate=x.mate)


def owners(found: Optimum) -> list[int]:
    """Of each provider its request, or the node of the idle, which is the last."""
    owner = [len(found.mate)] * len(found.provider_worth)
    for i, j in enumerate(found.mate):
        if j >= 0:
            owner[j] = i
    return owner


def _strong_parts(arcs: dict[int, Sequence[int]], nodes: int) -> tuple[list[int], int]:
    """The strongly connected part of each node, `_OUT` for one that is a part of its own, and how
    many parts of several there are (Tarjan, without recursion)."""
    number, part = [0] * nodes, [_OUT] * nodes  # so it stays where there are no arcs
    for node in arcs:
        number[node] = part[node] = _UNSEEN
    low = number[:]  # numbers are given in order of discovery
    path: list[int] = []
    walk: list[tuple[int, Iterator[int]]] = []
    seen = parts = 0
    for root in arcs:
        if number[root] != _UNSEEN:
            continue
        node, rest = root, iter(arcs[root])
        number[node] = low[node] = seen
        seen += 1
        path.append(node)
        while True:
            for k in rest:
                if number[k] == _UNSEEN:
                    walk.append((node, rest))
                    node, rest = k, iter(arcs[k])
                    number[node] = low[node] = seen
                    seen += 1
                    path.append(node)
                    break
                if part[k] == _UNSEEN and number[k] < low[node]:
                    low[node] = number[k]
            else:
                if low[node] == number[node]:
                    if path[-1] == node:
                        part[path.pop()] = _OUT
                    else:
                        while part[node] == _UNSEEN:
                            part[path.pop()] = parts
                        parts += 1
                if not walk:
                    break
                least = low[node]
                node, rest = walk.pop()
                if least < low[node]:
                    low[node] = least
    return part, parts


@define(slots=True)
class _Front:
    """A search growing from one node: breadth first, the idle (who know everybody) last."""

    step: Callable[[int], list[tuple[int, int]]]
    met: dict[int, tuple[int, int]]  # node: (the node it was met from, the provider passed)
    queue: deque[int] = field(factory=deque)
    idle_waits: bool = False

    def grow(self, x: _Exchange, part: int, other: _Front) -> int | None:
        """Meet the neighbours of one more node; the node where both fronts touch, if they do."""
        if self.queue:
            node = self.queue.popleft()
        else:
            node, self.idle_waits = x.idle, False
        for k, j in self.step(node):
            if k in self.met or x.part[k] != part:
                continue
            self.met[k] = (node, j)
            if k in other.met:
                return k
            if k == x.idle:
                self.idle_waits = True
            else:
                self.queue.append(k)
        return None

    @property
    def spent(self) -> bool:
        return not self.queue and not self.idle_waits


def _improve(x: _Exchange, home: int, better: list[int]) -> None:
    """Move `home` to the first of `better` from which a cycle of exchanges leads back to it."""
    part = x.part[home]
    for j in better:
        first = x.owner[j]
        if x.part[first] != part:
            continue
        ahead = _Front(x.after, {first: (home, j)})
        behind = _Front(x.before, {home: (home, -1)}, deque([home]))
        if first == x.idle:
            ahead.idle_waits = True
        else:
            ahead.queue.append(first)
        touch = None
        while touch is None and not ahead.spent and not behind.spent:
            touch = ahead.grow(x, part, behind)
            if touch is None:
                touch = behind.grow(x, part, ahead)
        if touch is not None:
            _trade(x, home, touch, ahead.met, behind.met)
            return
        # One front has seen all it can: no cycle crosses its edge, now or later.
        cut_off = ahead if ahead.spent else behind
        for k in cut_off.met:
            x.part[k] = x.parts
        x.parts += 1
        if cut_off is behind:
            return


def _trade(
    x: _Exchange,
    home: int,
    touch: int,
    ahead: dict[int, tuple[int, int]],
    behind: dict[int, tuple[int, int]],
) -> None:
    moves: list[tuple[int, int]] = []
    node = touch
    while not moves or node != home:
        node, j = ahead[node]
        moves.append((node, j))
    node = touch
    while node != home:
        onward, j = behind[node]
        moves.append((node, j))
        node = onward
    for k, j in moves:
        if j >= 0:
            x.owner[j] = k  # the idle are a node like any other
        if k != x.idle:
            x.mate[k] = j
