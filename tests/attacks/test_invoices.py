"""Invoices under attack: eight at the next number of a series, and numbers of what was undone."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace import OPERATOR
from marketplace.plugins.invoices import kept
from tests.attacks import invoice_race
from tests.store.herd import Herd
from tests.support.billed import Billed, open_billed

SIZE = 8


@pytest.fixture(scope="module")
def herd() -> Iterator[Herd]:
    """Eight processes, for all races of this page."""
    alembic = ("alembic.command", "alembic.config", "alembic.migration", "alembic.script")
    with Herd(SIZE, [invoice_race.__name__, *alembic]) as processes:
        yield processes


@pytest.fixture
def billed(database_url: str) -> Iterator[Billed]:
    """A bazaar that writes invoices, on each database."""
    opened = open_billed(database_url)
    yield opened
    opened.market.close()


def raced(billed: Billed, herd: Herd, url: str, folder: Path, task: Any) -> list[str]:
    """What came of eight processes in which goods of one seller are received at once."""
    folder.mkdir()
    bowl = billed.bazaar.offer(stock=SIZE)
    deals = [(billed.bazaar.sent(bowl).id, billed.bazaar.mia.id) for _ in range(SIZE)]
    states: list[str] = herd.run(task, url, url, str(folder), deals)
    return states


def numbers(billed: Billed) -> list[str]:
    """The names of all invoices, in their order."""
    return sorted(one.name for one in billed.desk.list(by=OPERATOR, limit=100))


@pytest.mark.behaviour("G15")
def test_eight_processes_number_their_invoices_without_a_gap(
    billed: Billed, database_url: str, herd: Herd, tmp_path: Path
) -> None:
    """Eight deals of one seller settled at the same moment: each has its invoice and that of its
    commission, numbered from one to eight in both series."""
    got = raced(billed, herd, database_url, tmp_path / "line", invoice_race.settle_well)
    assert got == ["completed"] * SIZE
    every = [f"{series}-{number:06d}" for series in "CS" for number in range(1, SIZE + 1)]
    assert numbers(billed) == every


def test_the_same_race_is_lost_by_who_looks_first_and_counts_afterwards(
    billed: Billed, database_url: str, herd: Herd, tmp_path: Path
) -> None:
    """The negative control: who takes the number after the last one that it saw takes the same as
    seven others, and of the eight deals one is settled."""
    got = raced(billed, herd, database_url, tmp_path / "line", invoice_race.settle_on_a_guess)
    assert got.count("completed") == 1
    assert numbers(billed) == ["C-000001", "S-000001"]


class _Undone(Exception):
    """Something else in the same unit of work fails."""


def undone_between(billed: Billed) -> list[str]:
    """The names of the invoices of two deals, with one between them that is undone."""
    bowl = billed.bazaar.offer()
    first, second = billed.bazaar.sent(bowl), billed.bazaar.sent(bowl)
    billed.bazaar.take(first, "receive", billed.bazaar.mia)

    def undone() -> None:
        with billed.market.batch():
            billed.bazaar.take(second, "receive", billed.bazaar.mia)
            raise _Undone

    with pytest.raises(_Undone):
        undone()
    assert len(numbers(billed)) == 2
    billed.bazaar.take(second, "receive", billed.bazaar.mia)
    return numbers(billed)


@pytest.mark.behaviour("G15")
def test_a_number_of_what_was_undone_is_given_again(billed: Billed) -> None:
    """A settlement that is undone with its unit of work leaves no gap behind."""
    assert undone_between(billed) == ["C-000001", "C-000002", "S-000001", "S-000002"]


def test_numbers_counted_beside_the_work_leave_gaps(
    billed: Billed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a counter that the unit of work does not undo has given them away."""
    counters: dict[tuple[str, str], Iterator[int]] = {}

    def counted(work: Any, issuer: str, series: str) -> int:
        return next(counters.setdefault((issuer, series), itertools.count(1)))

    monkeypatch.setattr(kept, "next_number", counted)
    assert undone_between(billed) == ["C-000001", "C-000003", "S-000001", "S-000003"]
