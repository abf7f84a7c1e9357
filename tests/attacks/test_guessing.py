"""Attacks by guessing: identifiers, and looking for things that are not there."""

import pytest

from marketplace import HOUR, LimitExceeded, Limits, NotFound
from tests.attacks.conftest import Found
from tests.support.hamlet import Hamlet
from tests.support.refusals import audit, refused


@pytest.mark.attack(14)
def test_looking_in_vain_is_limited(found: Found) -> None:
    """After so many misses within an hour a party is told to come back later, by name of limit.

    Misses of readings and of commands count together, whatever is looked for; the hour over,
    everything is as before. Nobody else is kept out.
    """
    hamlet = found(limits=Limits(not_found=6))
    market, guest = hamlet.market, hamlet.town.rider("Gita")
    ride = hamlet.accepted()
    for number in range(3):
        with pytest.raises(NotFound):
            market.transactions.get(f"tx_{number}", by=guest)
        with pytest.raises(NotFound):
            market.transactions.take(f"tx_{number}", "cancel", by=guest)
    refused(
        market,
        LimitExceeded,
        lambda: market.transactions.take(ride.id, "cancel", by=guest),
        by=guest,
        code="too_many_misses",
    )
    refused(
        market,
        LimitExceeded,
        lambda: market.transactions.get("tx_9", by=guest),
        by=guest,
        reading=True,
    )
    assert market.transactions.get(ride.id, by=hamlet.rider).id == ride.id
    hamlet.clock.advance(HOUR)
    with pytest.raises(NotFound):
        market.transactions.get(ride.id, by=guest)
    assert market.requests.list(by=guest).items == ()


@pytest.mark.attack(14)
def test_ten_thousand_guesses_find_nothing(found: Found) -> None:
    """Numbers counted up are nobody's ids: each is as unknown as the one before, then no more."""
    hamlet = found()
    hamlet.accepted()
    guest = hamlet.town.rider("Gita")
    told: dict[str, int] = {}
    for number in range(1, 10_001):
        try:
            hamlet.market.transactions.get(f"tx_{number}", by=guest)
        except (NotFound, LimitExceeded) as error:
            told[type(error).__name__] = told.get(type(error).__name__, 0) + 1
    most = hamlet.market.context.limits.not_found
    assert told == {"NotFound": most, "LimitExceeded": 10_000 - most}


@pytest.mark.attack(14)
def test_identifiers_cannot_be_guessed(in_memory: Hamlet) -> None:
    """Identifiers made in one instant share their time, and sort as they were made; from one to the
    next it is 64 bits of chance: who has one of them knows no other."""
    ids = [in_memory.town.ask(in_memory.rider).id for _ in range(40)]
    tails = [one[-16:] for one in ids]
    assert len({one[:14] for one in ids}) == 1
    assert len(set(tails)) == len(tails)
    assert tails == sorted(tails)
    for place in range(4, 16):
        assert len({tail[place] for tail in tails}) > 8, "a place that hardly changes"
    assert audit(in_memory.market)
