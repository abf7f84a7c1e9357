"""A tree over points on the unit sphere, compiled: who would pay more than they cost.

A search goes down only where somebody may be near enough for what they are worth: each node knows
the box around its points and the least that one of them is worth. Chords are shorter than arcs, so
a box that is too far by its chord is too far.
"""

from __future__ import annotations

from math import asin, sqrt
from typing import Any

import numpy

from marketplace.matching.compiling import compiled
from marketplace.matching.sphere import EARTH_RADIUS_M

_LEAF = 8
_DEEP = 128  # twice as deep as a tree of halves can be


@compiled
def planted(points: Any) -> Any:
    """The tree: points in its order, whose they are, and of each node where its points begin and
    end, its first child (the second follows; -1 for a leaf), and its box."""
    n = len(points)
    most = 4 * (n // _LEAF + 2)
    order = numpy.arange(n)
    begin = numpy.zeros(most, numpy.int64)
    end = numpy.zeros(most, numpy.int64)
    child = numpy.full(most, -1, numpy.int64)
    low = numpy.zeros((most, 3))
    high = numpy.zeros((most, 3))
    end[0] = n
    at, nodes = 0, 1
    while at < nodes:
        a, b = begin[at], end[at]
        widest = 0
        for d in range(3):
            if b > a:
                low[at, d] = high[at, d] = points[order[a], d]
            for x in range(a + 1, b):
                low[at, d] = min(low[at, d], points[order[x], d])
                high[at, d] = max(high[at, d], points[order[x], d])
            if high[at, d] - low[at, d] > high[at, widest] - low[at, widest]:
                widest = d
        if b - a > _LEAF:
            part = order[a:b].copy()
            keys = numpy.empty(b - a)
            for x in range(b - a):
                keys[x] = points[part[x], widest]
            order[a:b] = part[numpy.argsort(keys)]
            child[at] = nodes
            begin[nodes], end[nodes] = a, (a + b) // 2
            begin[nodes + 1], end[nodes + 1] = (a + b) // 2, b
            nodes += 2
        at += 1
    return points[order], order, begin[:nodes], end[:nodes], child[:nodes], low, high


@compiled
def _least(tree: Any, worth: Any) -> Any:
    """Of each node the least that one of its points is worth."""
    _, order, begin, end, child, _, _ = tree
    least = numpy.zeros(len(begin), numpy.int64)
    for at in range(len(begin) - 1, -1, -1):
        if child[at] >= 0:
            least[at] = min(least[child[at]], least[child[at] + 1])
        elif end[at] > begin[at]:
            least[at] = worth[order[begin[at]]]
            for x in range(begin[at] + 1, end[at]):
                least[at] = min(least[at], worth[order[x]])
    return least


@compiled
def _apart(x: float, y: float, z: float, low: Any, high: Any) -> float:
    """Metres from a point to a box at the least."""
    a = max(0.0, low[0] - x, x - high[0])
    b = max(0.0, low[1] - y, y - high[1])
    c = max(0.0, low[2] - z, z - high[2])
    return EARTH_RADIUS_M * sqrt(a * a + b * b + c * c)


@compiled
def paying(
    tree: Any, worth: Any, here: Any, bound: Any, radius: float, spare: float, most: int
) -> Any:
    """(from, to) as two arrays: of each of `here` those to whom the metres and their worth come to
    less than its `bound` and `spare`, within `radius` metres and `spare`.

    Of each the `most` for whom it comes to least; all, where `most` is 0.
    """
    points, order, begin, end, child, low, high = tree
    least = _least(tree, worth)
    stack = numpy.empty(_DEEP, numpy.int64)
    room = max(most, 64)
    sums = numpy.empty(room)
    found = numpy.empty(room, numpy.int64)
    full = 1024
    one = numpy.empty(full, numpy.int64)
    other = numpy.empty(full, numpy.int64)
    total = 0
    for i in range(len(here)):
        x, y, z = here[i, 0], here[i, 1], here[i, 2]
        cut = bound[i] + spare
        many = 0
        stack[0], deep = 0, 1
        while deep:
            deep -= 1
            at = stack[deep]
            apart = _apart(x, y, z, low[at], high[at])
            if apart + least[at] >= cut or apart > radius + spare:
                continue
            if child[at] >= 0:
                a = child[at]
                first = _apart(x, y, z, low[a], high[a]) + least[a]
                second = _apart(x, y, z, low[a + 1], high[a + 1]) + least[a + 1]
                stack[deep] = a if first > second else a + 1
                stack[deep + 1] = a + 1 if first > second else a
                deep += 2
                continue
            for k in range(begin[at], end[at]):
                j = order[k]
                p, q, r = points[k, 0] - x, points[k, 1] - y, points[k, 2] - z
                chord = sqrt(p * p + q * q + r * r)
                if EARTH_RADIUS_M * chord + worth[j] >= cut:
                    continue
                metres = 2 * EARTH_RADIUS_M * asin(min(1.0, chord / 2))
                if metres + worth[j] >= cut or metres > radius + spare:
                    continue
                if not most and many == room:
                    room *= 2
                    longer = numpy.empty(room, numpy.int64)
                    longer[:many] = found
                    found = longer
                if most:
                    many = _insert(sums, found, many, most, metres + worth[j], j)
                    if many == most:
                        cut = sums[most - 1]
                else:
                    found[many] = j
                    many += 1
        while total + many > full:
            full *= 2
            one = numpy.concatenate((one, numpy.empty(full - len(one), numpy.int64)))
            other = numpy.concatenate((other, numpy.empty(full - len(other), numpy.int64)))
        one[total : total + many] = i
        other[total : total + many] = found[:many]
        total += many
    return one[:total], other[:total]


@compiled
def _insert(sums: Any, found: Any, many: int, most: int, one: float, j: int) -> int:
    """Keep the least `most`, in order; how many there are then."""
    at = many if many < most else most - 1
    while at and sums[at - 1] > one:
        sums[at], found[at] = sums[at - 1], found[at - 1]
        at -= 1
    sums[at], found[at] = one, j
    return min(many + 1, most)
