"""The nearest providers by scipy's KD-tree over unit vectors, where scipy is installed.

Chords order points as great circles do, so a tree in space needs no care at the antimeridian or at
the poles. Distances are computed by numpy in bulk; its sine and arcsine may differ from the
standard library's in the last bit, so where that could turn a rounding, `sphere.metres` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.util import find_spec
from itertools import chain
from math import pi, sin
from typing import Any

from attrs import evolve, frozen

from marketplace.matching.sphere import EARTH_RADIUS_M, check_point
from marketplace.matching.sphere import metres as apart

_SPARE = 2
"""Neighbours asked for beyond k, so that a tie at the end is seen without asking again."""
_MARGIN_M = 2.0
_ANYWHERE = 2.1  # as a chord: nothing on the unit sphere is farther


def installed() -> bool:
    return find_spec("scipy") is not None


@frozen(slots=True)
class Search:
    """Requests and providers, ready to be looked up."""

    here: Any  # requests: of each latitude in radians, longitude in degrees, cosine, latitude
    there: Any  # providers, the same
    tree: Any  # of the providers, or None
    radius: int

    @classmethod
    def of(
        cls,
        requests: Sequence[tuple[float, float]],
        providers: Sequence[tuple[float, float]],
        radius: int,
    ) -> Search:
        return cls.bare(requests, providers, radius).planted()

    @classmethod
    def bare(
        cls,
        requests: Sequence[tuple[float, float]],
        providers: Sequence[tuple[float, float]],
        radius: int,
    ) -> Search:
        """Without the tree, for one who brings another."""
        return cls(_trigonometry(requests), _trigonometry(providers), None, radius)

    def planted(self) -> Search:
        """With the tree."""
        from scipy.spatial import cKDTree

        return evolve(self, tree=cKDTree(vectors(self.there)) if len(self.there) else None)

    def nearest(self, k: int | None, asked: Mapping[int, Collection[int]]) -> tuple[Any, Any, Any]:
        """(request, provider, metres) as three arrays, by request, the nearest first."""
        import numpy

        here, there = len(self.here), len(self.there)
        if not here or not there:
            nothing = numpy.zeros(0, dtype=numpy.int64)
            return nothing, nothing, nothing
        todo = list(range(here))
        wanted = there if k is None else k + max(map(len, asked.values()), default=0) + _SPARE
        chunks: list[tuple[Any, Any, Any]] = []
        while todo:
            wanted = min(wanted, there)
            # A block at a time, so that everybody-near-everybody does not fill the memory.
            block = max(1, 2_000_000 // wanted)
            again: list[int] = []
            for at in range(0, len(todo), block):
                again += self.look(todo[at : at + block], wanted, k, asked, chunks)
            todo, wanted = again, 2 * wanted
        request, provider, metres = (numpy.concatenate(part) for part in zip(*chunks, strict=True))
        if len(chunks) == 1:
            return request, provider, metres
        order = numpy.argsort(request, kind="stable")
        return request[order], provider[order], metres[order]

    def look(
        self,
        rows: list[int],
        wanted: int,
        k: int | None,
        asked: Mapping[int, Collection[int]],
        chunks: list[tuple[Any, Any, Any]],
    ) -> list[int]:
        """Look up `wanted` neighbours of each of `rows`; return those of `rows` that need more."""
        import numpy

        count = len(self.there)
        index = numpy.array(rows)
        if wanted == count:  # a tree has nothing to leave out
            columns = numpy.broadcast_to(numpy.arange(count), (len(rows), count))
            missing = numpy.zeros(columns.shape, dtype=bool)
        else:
            _, columns = self.tree.query(
                vectors(self.here[index]),
                range(1, wanted + 1),
                distance_upper_bound=_chord(self.radius),
            )
            missing = columns == count
            columns = numpy.where(missing, 0, columns)
        lines = numpy.repeat(index, wanted).reshape(columns.shape)
        metres = self.metres(lines, columns)
        ruled_out = missing | (metres > self.radius)
        for n, i in enumerate(rows if asked else ()):
            if asked.get(i):
                ruled_out[n] |= numpy.isin(columns[n], list(asked[i]))
        # One integer orders by metres, then provider; what is ruled out comes last.
        last = numpy.iinfo(numpy.int64).max
        order = numpy.where(ruled_out, last, metres * count + columns)
        order.sort(axis=1)
        kept = order[:, :k]
        complete = missing[:, -1] | (wanted == count)
        if k is not None and wanted >= k:
            # The farthest one seen lies well beyond the k-th: nobody unseen can tie with it.
            beyond = metres[:, -1] > kept[:, k - 1] // count + _MARGIN_M
            complete |= beyond & (kept[:, k - 1] < last)
        good = kept[complete]
        owners = numpy.repeat(index[complete], good.shape[1]).reshape(good.shape)
        real = good < last
        chunks.append((owners[real], good[real] % count, good[real] // count))
        return [i for i, done in zip(rows, complete.tolist(), strict=True) if not done]

    def metres(self, lines: Any, columns: Any) -> Any:
        """Metres between requests and providers, both arrays of positions."""
        import numpy

        lat1, lon1, cos1 = (self.here[:, n][lines] for n in range(3))
        lat2, lon2, cos2 = (self.there[:, n][columns] for n in range(3))
        a = numpy.sin((lat2 - lat1) / 2)
        b = numpy.sin(numpy.radians(lon2 - lon1) / 2)
        h = numpy.minimum(a * a + cos1 * cos2 * b * b, 1.0)
        exact = 2 * EARTH_RADIUS_M * numpy.arcsin(numpy.sqrt(h))
        metres = numpy.rint(exact).astype(numpy.int64)
        # Near half a metre, and near the antipode where the arcsine is steep, ask the one formula.
        doubtful = (numpy.abs(exact - numpy.floor(exact) - 0.5) < 1e-5) | (h > 0.9)
        for at in zip(*numpy.nonzero(doubtful), strict=True):
            one, other = self.here[lines[at]], self.there[columns[at]]
            metres[at] = apart(*one[[3, 1]].tolist(), *other[[3, 1]].tolist())
        return metres

    def turned(self) -> Search:
        """The same from the other side, without a tree."""
        return Search(self.there, self.here, None, self.radius)

    def nearest_of(self, rows: Any, many: int) -> tuple[Any, Any, Any]:
        """A line for each of `rows`, which is not empty: the `many` nearest, how far they are, and
        whether they are there and within the radius."""
        import numpy

        many = min(many, len(self.there))
        ranks, far = range(1, many + 1), _chord(self.radius)
        _, columns = self.tree.query(vectors(self.here[rows]), ranks, distance_upper_bound=far)
        missing = columns == len(self.there)
        columns = numpy.where(missing, 0, columns)
        metres = self.metres(numpy.repeat(rows, many).reshape(columns.shape), columns)
        return columns, metres, ~missing & (metres <= self.radius)

    def within(self, rows: Any, columns: Any, reach: Any) -> tuple[Any, Any, Any]:
        """(request, provider, metres) as arrays: all of `columns` within `reach` of each of `rows`.

        All three are arrays of integers, not empty; `reach` goes with `rows`.
        """
        import numpy
        from scipy.spatial import cKDTree

        tree = cKDTree(vectors(self.there[columns]))
        # A little more than the chord, to be on the safe side.
        angle = (reach + _MARGIN_M) / EARTH_RADIUS_M
        far = numpy.where(angle >= pi, _ANYWHERE, 2 * numpy.sin(numpy.minimum(angle, pi) / 2))
        # So many requests at a time, so that everybody-near-everybody does not fill the memory.
        block = max(1, 4_000_000 // len(columns))
        pieces = []
        for at in range(0, len(rows), block):
            some = rows[at : at + block]
            near = tree.query_ball_point(vectors(self.here[some]), far[at : at + block])
            line = at + numpy.repeat(numpy.arange(len(some)), [len(each) for each in near])
            column = numpy.fromiter(chain.from_iterable(near), dtype=numpy.int64, count=len(line))
            metres = self.metres(rows[line], columns[column])
            inside = metres <= reach[line]
            pieces.append((rows[line[inside]], columns[column[inside]], metres[inside]))
        request, provider, metres = (numpy.concatenate(part) for part in zip(*pieces, strict=True))
        return request, provider, metres


def _trigonometry(points: Sequence[tuple[float, float]]) -> Any:
    """(lat, lon) in degrees as a row each: see `Search.here`.

    Raises InvalidInput as `check_point` does.
    """
    import numpy

    degrees = numpy.array(points, dtype=float).reshape(-1, 2)
    lat, lon = degrees[:, 0], degrees[:, 1]
    for at in numpy.flatnonzero(~((abs(lat) <= 90) & (abs(lon) <= 180)))[
        :1
    ]:  # also what is no number
        check_point(*degrees[at].tolist())
    radians = numpy.radians(lat)
    return numpy.stack([radians, lon, numpy.cos(radians), lat], axis=1)


def vectors(points: Any) -> Any:
    import numpy

    lat, lon, cosine = points[:, 0], numpy.radians(points[:, 1]), points[:, 2]
    return numpy.stack([cosine * numpy.cos(lon), cosine * numpy.sin(lon), numpy.sin(lat)], axis=1)


def _chord(metres: int) -> float:
    """Of two points that far apart, a little more to be on the safe side."""
    angle = (metres + _MARGIN_M) / EARTH_RADIUS_M
    return _ANYWHERE if angle >= pi else 2 * sin(angle / 2)
