"""Where time, identifiers and randomness come from: the system's, or a seed's."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from marketplace.domain.ports import Clock
from marketplace.domain.span import utc
from marketplace.errors import InvalidInput


def source_of_chance(seed: int | None) -> random.Random:
    """Repeatable with a seed; without one, the operating system's, which nobody can guess."""
    return random.SystemRandom() if seed is None else random.Random(seed)


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS = tuple(range(40, -1, -10))
_HALF = (1 << 40) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CHANCE = 80
"""Bits of an identifier behind its time."""
_FIRST = _CHANCE - 1
"""Bits of chance of the first in a millisecond, so that there is room for many behind it."""
_STEP = 64
"""Bits of chance from one to the next."""

SHORT = {
    "transaction": "tx",
    "party": "pty",
    "listing": "lst",
    "request": "req",
    "offer": "off",
    "quote": "quo",
    "payment": "pay",
    "payout": "out",
    "payout_account": "acc",
    "intent": "int",
    "reservation": "rsv",
    "resource": "rsc",
    "journal": "jrn",
    "review": "rev",
    "event": "evt",
    "command": "cmd",
    "round": "rnd",
    "dispute": "dsp",
    "chargeback": "cbk",
    "message": "msg",
    "case": "cas",
    "report": "rpt",
    "approval": "apv",
    "document": "doc",
    "file": "fil",
}
"""The short form with which a noun's identifiers begin."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves when it is told to: for tests, demos and simulations."""

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """The instant it was last set to, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward; gives the new instant.

        Nothing that falls due is done by it: ``Marketplace.advance`` does that on the way.
        """
        return self.set(self._now + by)

    def set(self, moment: datetime) -> datetime:
        """Move to a later instant; time never runs backwards."""
        moment = utc(moment)
        if moment < self._now:
            raise InvalidInput(f"time runs forward only: {moment} lies before {self._now}")
        self._now = moment
        return moment


class RandomIds:
    """Identifiers that sort by time and cannot be guessed: 48 bits of time, 80 of chance.

    Within a millisecond they sort as they were made, each a step of 64 bits of chance behind the
    one before: so what is written together lies together in every index, on a few of its pages.
    """

    def __init__(self, clock: Clock, source: random.Random) -> None:
        self._clock = clock
        self._source = source
        self._begins: tuple[datetime, int, str] = (_EPOCH, 0, _written(0))
        self._chance = 0

    def new(self, noun: str) -> str:
        """``tx_`` and 26 characters for a transaction; the noun itself if it has no short form."""
        now = self._clock.now()
        known, since, time = self._begins
        bits = self._chance + 1 + self._source.getrandbits(_STEP)
        if known is not now:
            milliseconds = (now - _EPOCH) // _MILLISECOND
            if milliseconds != since:
                time, bits = _written(milliseconds), self._source.getrandbits(_FIRST)
            self._begins = now, milliseconds, time
        if bits >> _CHANCE:
            # Some ten thousand later no room is left behind the last, and much before it.
            bits = self._source.getrandbits(_FIRST)
        self._chance = bits
        # Two halves, since smaller numbers are shifted faster; and pair by pair, not in a loop,
        # since a checkout of ten sellers makes some hundred.
        high, low = bits >> 40, bits & _HALF
        return (
            f"{SHORT.get(noun, noun)}_{time}"
            f"{_PAIRS[high >> 30]}{_PAIRS[high >> 20 & 1023]}"
            f"{_PAIRS[high >> 10 & 1023]}{_PAIRS[high & 1023]}"
            f"{_PAIRS[low >> 30]}{_PAIRS[low >> 20 & 1023]}"
            f"{_PAIRS[low >> 10 & 1023]}{_PAIRS[low & 1023]}"
        )


def _written(milliseconds: int) -> str:
    """Milliseconds since 1970 in ten characters, which sort as they do."""
    return "".join([_PAIRS[(milliseconds >> shift) & 1023] for shift in _SHIFTS])
