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

from collections import deque
from collections.abc import Callable

from attrs import define, field

from marketplace.matching.graph import Optimum

_OUT = -1
"""The part of a request whose place is fixed: it trades no more."""


@define(slots=True)
class _Exchange:
    tight: list[list[int]]  # of a request: the providers an optimum might give it, rising
    wanted: list[list[int]]  # of a provider: the requests it is tight with
    mate: list[int]
    owner: list[int]  # of a provider: its request, or the node of the idle
    worthless_request: list[bool]  # it may be unserved
    worthless_provider: list[bool]  # it may be idle
    part: list[int]  # of a node: what it may trade within
    parts: int = 1

    @property
    def idle(self) -> int:
        return len(self.mate)

    def after(self, node: int) -> list[tuple[int, int]]:
        """Whose place `node` could take, each with the provider it would get, -1 for none."""
        if node == self.idle:
            return [
                (k, j)
                for k, j in enumerate(self.mate)
                if self.part[k] != _OUT and (j < 0 or self.worthless_provider[j])
            ]
        places = [(self.owner[j], j) for j in self.tight[node]]
        if self.worthless_request[node] and self.mate[node] >= 0:
            places.append((self.idle, -1))
        return places

    def before(self, node: int) -> list[tuple[int, int]]:
        """Who could take the place of `node`, each with the provider it would get."""
        if node == self.idle:
            leaving = [
                (k, -1) for k, j in enumerate(self.mate) if j >= 0 and self.worthless_request[k]
            ]
            free = (j for j, k in enumerate(self.owner) if k == node)
            return leaving + [(k, j) for j in free for k in self.wanted[j]]
        j = self.mate[node]
        if j < 0:
            return [(self.idle, j)]
        takers = [(k, j) for k in self.wanted[j]]
        if self.worthless_provider[j]:
            takers.append((self.idle, j))
        return takers


def settle(rows: list[list[tuple[int, int]]], found: Optimum, price: int) -> list[int]:
    """The provider of each request, or -1, by the rule above. `found` must be optimal."""
    x = _exchange(rows, found, price)
    x.part = part = _strong_parts(x)
    x.parts = len(part)
    for i, tight in enumerate(x.tight):
        x.tight[i] = tight = [j for j in tight if part[x.owner[j]] == part[i]]
        for j in tight:
            x.wanted[j].append(i)
    for i, tight in enumerate(x.tight):
        now = x.mate[i]
        if len(tight) > (now >= 0):
            _improve(x, i, [j for j in tight if now < 0 or j < now])
        part[i] = _OUT
    return x.mate


def _exchange(rows: list[list[tuple[int, int]]], found: Optimum, price: int) -> _Exchange:
    worth = found.provider_worth
    tight = []
    owner = [len(rows)] * len(worth)
    for i, (row, own) in enumerate(zip(rows, found.request_worth, strict=True)):
        gain = price - own
        tight.append(sorted({j for c, j in row if c + worth[j] == gain}))
        if found.mate[i] >= 0:
            owner[found.mate[i]] = i
    return _Exchange(
        tight,
        [[] for _ in worth],
        list(found.mate),
        owner,
        [w == 0 for w in found.request_worth],
        [w == 0 for w in worth],
        [0] * (len(rows) + 1),
    )


def _strong_parts(x: _Exchange) -> list[int]:
    """The strongly connected part of each node, the idle last (Tarjan, without recursion)."""
    nodes = x.idle + 1
    number = [-1] * nodes  # in order of discovery
    low = [0] * nodes
    part = [-1] * nodes
    path: list[int] = []
    found = parts = 0
    for root in range(nodes):
        if number[root] >= 0:
            continue
        walk = [(root, iter(x.after(root)))]
        number[root] = low[root] = found
        found += 1
        path.append(root)
        while walk:
            node, rest = walk[-1]
            for k, _ in rest:
                if number[k] < 0:
                    number[k] = low[k] = found
                    found += 1
                    path.append(k)
                    walk.append((k, iter(x.after(k))))
                    break
                if part[k] < 0 and number[k] < low[node]:
                    low[node] = number[k]
            else:
                walk.pop()
                if walk and low[node] < low[walk[-1][0]]:
                    low[walk[-1][0]] = low[node]
                if low[node] == number[node]:
                    while part[node] < 0:
                        part[path.pop()] = parts
                    parts += 1
    return part


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
