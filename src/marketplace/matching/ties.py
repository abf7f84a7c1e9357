"""Which of several equally good assignments: the same one, whichever solver found its own.

The rule: the requests are asked in their order, and each takes the lowest numbered provider that
any optimum can still give it; staying unserved comes last. So the earliest request and the first
listed provider win a tie, and the answer depends on the graph alone.

Every optimum lives on the tight edges (those whose ends' worths sum to exactly their gain), so from
one optimum all others are reached by cycles of exchanges there: a request takes a provider, whoever
had it takes another, and so on until the first one's old place is filled, or is let go because that
provider is worth nothing. Leaving and joining the idle is one node of such a cycle, numbered after
the last request. A cycle stays inside one strongly connected part, and on real distances such parts
are few and small: most of the work is to see that there is nothing to do.
"""

from __future__ import annotations

from attrs import define

from .graph import Optimum


@define(slots=True)
class _Exchange:
    tight: list[list[int]]  # of a request: the providers an optimum might give it, rising
    mate: list[int]
    owner: list[int]  # of a provider: its request, or the node of the idle
    worthless_request: list[bool]  # it may be unserved
    worthless_provider: list[bool]  # it may be idle
    loose: list[int]  # requests that might trade with the idle
    settled: list[bool]  # of a request: its place is fixed

    @property
    def idle(self) -> int:
        return len(self.mate)

    def after(self, node: int) -> list[tuple[int, int]]:
        """Whose place `node` could take, each with the provider it would get, -1 for none."""
        if node == self.idle:
            return [
                (k, self.mate[k])
                for k in self.loose
                if self.mate[k] < 0 or self.worthless_provider[self.mate[k]]
            ]
        places = [(self.owner[j], j) for j in self.tight[node]]
        if self.worthless_request[node] and self.mate[node] >= 0:
            places.append((self.idle, -1))
        return places


def settle(rows: list[list[tuple[int, int]]], found: Optimum, price: int) -> list[int]:
    """The provider of each request, or -1, by the rule above. `found` must be optimal."""
    x = _exchange(rows, found, price)
    part = _strong_parts(x)
    # Parts stay what they are however places are exchanged inside them, so this is done once.
    x.loose = [k for k in x.loose if part[k] == part[x.idle]]
    for i, tight in enumerate(x.tight):
        x.tight[i] = [j for j in tight if part[x.owner[j]] == part[i]]
        x.worthless_request[i] = x.worthless_request[i] and part[x.idle] == part[i]
    for i, tight in enumerate(x.tight):
        now = x.mate[i]
        better = [j for j in tight if now < 0 or j < now]
        if better:
            _improve(x, i, better)
        x.settled[i] = True
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
        list(found.mate),
        owner,
        [w == 0 for w in found.request_worth],
        [w == 0 for w in worth],
        list(range(len(rows))),
        [False] * len(rows),
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


def _improve(x: _Exchange, home: int, better: list[int]) -> None:
    """Move `home` to the first of `better` from which a cycle of exchanges leads back to it."""
    came: dict[int, tuple[int, int]] = {}  # node: (who takes its place, the provider so got)
    for first in better:
        k = x.owner[first]
        if k in came or (k != x.idle and x.settled[k]):
            continue  # tried before without success, or not to be moved
        came[k] = (home, first)
        stack = [k]
        while stack and home not in came:
            node = stack.pop()
            for k, j in reversed(x.after(node)):
                if k not in came and (k == x.idle or not x.settled[k]):
                    came[k] = (node, j)
                    stack.append(k)
        if home in came:
            _exchange_along(x, home, came)
            return


def _exchange_along(x: _Exchange, home: int, came: dict[int, tuple[int, int]]) -> None:
    node = home
    moves = []
    while not moves or node != home:
        node, j = came[node]
        moves.append((node, j))
    for k, j in moves:
        if j >= 0:
            x.owner[j] = k  # the idle is a node like any other
        if k != x.idle:
            x.mate[k] = j
