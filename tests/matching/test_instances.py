"""Published assignment instances (OR-Library) with published optima."""

import csv
import gzip
from pathlib import Path

import pytest

from marketplace.matching.assignment import assign_dense, verify
from marketplace.matching.graph import Graph


@pytest.mark.behaviour("R7")
@pytest.mark.parametrize("by", ["python", "numba", "scipy"])
@pytest.mark.parametrize(("size", "optimum"), [(100, 305), (500, 991), (600, 1176)])
def test_published_optima_are_reached(data_dir: Path, by: str, size: int, optimum: int) -> None:
    """Each instance's total is the published one, everybody is paired, and the proof holds."""
    path = data_dir / "instances" / f"orlib_assign{size}.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        matrix = [[int(cell) for cell in line] for line in csv.reader(file)]
    found = assign_dense(matrix, by=by)
    assert (found.total, len(found.pairs)) == (optimum, size)
    assert verify(Graph.of_matrix(matrix), found) == ()
