"""Pairs that are no edges of a graph and yet could pay, where numpy and scipy are installed.

A pair could pay where its metres and what its two ends are worth come to no more than the price of
leaving a request unserved. They are looked for from the smaller side, whose members have little
left to spend: by a compiled tree that knows what everybody is worth, or else among more and more of
the nearest, and for the few that could reach farther still, among everybody within that reach.
"""

from __future__ import annotations

from typing import Any

import numpy
from attrs import frozen

from marketplace.matching.candidates_tree import Search, vectors

EXACT = 2**50
"""Prices below this can be compared in doubles too."""

_ADDED = 8
"""How many pairs one may add in one round, those that gain most: it seldom needs more."""
_WIDER = (32, 128, 512)
"""Among how many of the nearest it is looked before everybody within reach is."""
_CLASSES = 6
"""Others are looked through in classes of about equal worth: the more one is worth, the nearer it
must be. More classes mean smaller circles, and more of them."""
_MARGIN_M = 2.0
"""Chords are exact to far below a metre, also antipodally."""
_NEARLY = -0.49
"""Metres are rounded: who gains at least one of them is this much below the bound."""

Pairs = tuple[Any, Any, Any]


@frozen(slots=True)
class Outside:
    """The smaller side looking at the larger one."""

    search: Search  # from the side of those who look; with its tree where there is no other
    turned: bool  # whether it is the providers who look
    tree: Any  # of those who are looked at, or None
    near: Any  # where there is no tree: as of `Search.nearest_of`, of each who looks

    @classmethod
    def of(cls, search: Search, by_compiled_tree: bool) -> Outside:
        """`search` may be bare."""
        turned = len(search.there) < len(search.here)
        if turned:
            search = search.turned()
        if by_compiled_tree:
            from marketplace.matching import compiled_tree

            return cls(search, turned, compiled_tree.planted(vectors(search.there)), None)
        search = search.planted()
        everybody = numpy.arange(len(search.here))
        return cls(search, turned, None, search.nearest_of(everybody, _WIDER[0]))

    def nearest(self, k: int) -> Pairs:
        """(request, provider, metres): of each of those who look the `k` nearest within the radius;
        of several equally far any."""
        if self.tree is None:
            return self._turned_back(*self.search.nearest(k, {}))
        nothing = numpy.zeros(len(self.search.there), dtype=numpy.int64)
        anything = numpy.full(len(self.search.here), EXACT)
        return self._turned_back(*self._by_compiled_tree(anything, nothing, _MARGIN_M, k))

    def gaining(self, price: int, request_worth: Any, provider_worth: Any) -> Pairs:
        """(request, provider, metres) of pairs that gain more than their ends are worth, of each of
        those who look the few that gain most. None of them is an edge where the worths are those
        of an optimum."""
        bound, worth = self._sides(price, request_worth, provider_worth)
        if self.tree is None:
            i, j, metres = self._among_nearest(bound, worth)
        else:
            i, j, metres = self._by_compiled_tree(bound, worth, _NEARLY, _ADDED)
        kept = metres + worth[j] < bound[i]
        return self._turned_back(i[kept], j[kept], metres[kept])

    def tight(self, price: int, request_worth: Any, provider_worth: Any) -> Pairs:
        """(request, provider, metres) of all pairs that gain at least what their ends are worth,
        edges among them."""
        bound, worth = self._sides(price, request_worth, provider_worth)
        if self.tree is None:
            everybody = numpy.arange(len(bound))
            i, j, metres = self._within(everybody, bound, worth)
        else:
            i, j, metres = self._by_compiled_tree(bound, worth, _MARGIN_M, 0)
        kept = metres + worth[j] <= bound[i]
        return self._turned_back(i[kept], j[kept], metres[kept])

    def _sides(self, price: int, request_worth: Any, provider_worth: Any) -> tuple[Any, Any]:
        """What metres and worth may come to, of each who looks; and the worths of the others."""
        if self.turned:
            return price - provider_worth, request_worth
        return price - request_worth, provider_worth

    def _turned_back(self, i: Any, j: Any, metres: Any) -> Pairs:
        return (j, i, metres) if self.turned else (i, j, metres)

    def _by_compiled_tree(self, bound: Any, worth: Any, spare: float, most: int) -> Pairs:
        from marketplace.matching.compiled_tree import paying

        here = vectors(self.search.here)
        i, j = paying(self.tree, worth, here, bound, float(self.search.radius), spare, most)
        metres = self.search.metres(i, j)
        near = metres <= self.search.radius
        return i[near], j[near], metres[near]

    def _among_nearest(self, bound: Any, worth: Any) -> Pairs:
        """Of each the few for whom metres and worth come to least, if less than its bound."""
        pieces = []
        rows, reach = numpy.arange(len(bound)), bound - worth.min()
        for step, many in enumerate(_WIDER):
            if not len(rows):
                break
            if step:
                j, metres, there = self.search.nearest_of(rows, many)
            else:
                j, metres, there = self.near
            i = numpy.repeat(rows, j.shape[1]).reshape(j.shape)
            kept = there & (metres + worth[j] < bound[i])
            pieces.append((i[kept], j[kept], metres[kept]))
            # Who has seen so many has seen all that are nearer than the last of them; and who has
            # found some to add may find others in the next round.
            wanting = there[:, -1] & (metres[:, -1] <= reach[rows]) & (kept.sum(axis=1) < _ADDED)
            rows = rows[wanting]
            if j.shape[1] == len(worth):
                rows = rows[:0]
        if len(rows):
            pieces.append(self._within(rows, bound, worth))
        i, j, metres = (numpy.concatenate(part) for part in zip(*pieces, strict=True))
        return _best(i, j, metres, metres + worth[j])

    def _within(self, rows: Any, bound: Any, worth: Any) -> Pairs:
        """All pairs of `rows` whose metres and worth come to at most the bound."""
        nothing = numpy.zeros(0, dtype=numpy.int64)
        pieces = [(nothing, nothing, nothing)]
        for members in _classes(worth):
            left = bound[rows] - worth[members[0]]
            able = numpy.flatnonzero(left >= 0)
            if len(able):
                reach = numpy.minimum(left[able], self.search.radius)
                i, j, metres = self.search.within(rows[able], members, reach)
                kept = metres + worth[j] <= bound[i]
                pieces.append((i[kept], j[kept], metres[kept]))
        i, j, metres = (numpy.concatenate(part) for part in zip(*pieces, strict=True))
        return i, j, metres


def _best(i: Any, j: Any, metres: Any, sums: Any) -> Pairs:
    """Of each `i` the few whose sums are least, each pair once."""
    order = numpy.lexsort((j, sums, i))
    i, j, metres = i[order], j[order], metres[order]
    new = (numpy.diff(i, prepend=-1) != 0) | (numpy.diff(j, prepend=-1) != 0)
    i, j, metres = i[new], j[new], metres[new]
    starts = numpy.flatnonzero(numpy.diff(i, prepend=-1))
    place = numpy.arange(len(i)) - numpy.repeat(starts, numpy.diff(starts, append=len(i)))
    few = place < _ADDED
    return i[few], j[few], metres[few]


def _classes(worth: Any) -> list[Any]:
    """Positions by rising worth: those worth nothing, then equally many in each class."""
    order = numpy.argsort(worth, kind="stable")
    free = int((worth == 0).sum())
    parts = [order[:free], *numpy.array_split(order[free:], _CLASSES)]
    return [part for part in parts if len(part)]
