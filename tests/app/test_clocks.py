"""Identifiers: their order, and what nobody can work out of them."""

import itertools
import random
from datetime import UTC, datetime, timedelta

from marketplace import ManualClock
from marketplace.app.clocks import RandomIds

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class _Highest(random.Random):
    """Chance that gives the highest number each time: so a millisecond is soon full."""

    def getrandbits(self, bits: int, /) -> int:
        return (1 << bits) - 1


def _number(id: str) -> int:
    """The 80 bits behind the time."""
    value = 0
    for letter in id[-16:]:
        value = value * 32 + ALPHABET.index(letter)
    return value


def test_identifiers_of_one_moment_sort_as_they_were_made() -> None:
    """However many are made in one millisecond, each sorts behind those before it."""
    ids = RandomIds(ManualClock(MORNING), random.Random(1))
    made = [ids.new("transaction") for _ in range(10_000)]
    assert made == sorted(set(made))


def test_identifiers_sort_by_time_first() -> None:
    """A later millisecond sorts behind all of an earlier one, whoever made them."""
    clock = ManualClock(MORNING)
    mine, yours = RandomIds(clock, random.Random(1)), RandomIds(clock, random.Random(2))
    before = [ids.new("party") for ids in (mine, yours) for _ in range(100)]
    clock.advance(timedelta(milliseconds=1))
    after = [ids.new("party") for ids in (mine, yours) for _ in range(100)]
    assert max(before) < min(after)
    assert len({*before, *after}) == 400


def test_nobody_knows_the_next_identifier_from_the_one_before() -> None:
    """What lies between two neighbours is of 64 bits of chance: none is near, no two alike."""
    ids = RandomIds(ManualClock(MORNING), random.Random(3))
    numbers = [_number(ids.new("transaction")) for _ in range(1_000)]
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    assert len(set(steps)) == len(steps)
    assert min(steps) > 1 << 48
    assert {step >> 60 for step in steps} == set(range(16))


def test_a_full_millisecond_begins_anew() -> None:
    """Where no room is left behind the last, the next is another one of the same shape."""
    ids = RandomIds(ManualClock(MORNING), _Highest())
    first = ids.new("transaction")
    made = [ids.new("transaction") for _ in range(40_000)]
    assert first in made, "it never was full"
    assert {len(one) for one in made} == {len(first)}
    assert {one[:13] for one in made} == {first[:13]}
