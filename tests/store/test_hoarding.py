"""One account that reserves whatever it can: how much it gets, also from sixteen processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from marketplace import DAY, MINUTE, LimitExceeded, Limits, Listing, Pay, Reservation
from tests.store import hoarders
from tests.store.herd import Herd
from tests.support.cottages import OpenVillage, Village, open_village
from tests.support.refusals import refused

LIMITS = Limits(open_holds=4, overlapping_holds=2)


def held(village: Village) -> int:
    """Live claims of the village that are reserved and not firm."""
    with village.market.context.store.begin(write=False) as work:
        return len(work.select(Reservation, {"state": "reserved"}, limit=1000))


@pytest.mark.attack(81)
def test_one_account_reserves_so_much_and_no_more(open_village_here: OpenVillage) -> None:
    """A guest who asks a hundred homes for the same nights is stopped at the limit for one time,
    and who asks for other nights at the limit of all; nothing is written by a refusal, somebody
    else goes on, and what was confirmed or given up makes room again."""
    village = open_village_here(limits=LIMITS)
    homes = [village.list_home(village.host, f"Home {number}") for number in range(4)]
    first = village.ask(home=homes[0])
    second = village.ask(home=homes[1])
    quote = priced(village, 2, homes)
    refused(
        village.market,
        LimitExceeded,
        lambda: village.market.transactions.open(quote, by=village.guest, pay=Pay("card")),
        by=village.guest,
        code="overlapping_holds",
    )
    village.ask(home=homes[2], first=20)
    village.ask(home=homes[3], first=30)
    with pytest.raises(LimitExceeded, match="may have 4 reservations at once") as caught:
        village.ask(home=homes[3], first=40)
    assert (caught.value.code, caught.value.params["limit"]) == ("too_many_holds", 4)
    other = village.market.parties.join("Other")
    village.ask(other, homes[2])
    village.accept(first)
    village.ask(home=homes[3], first=40)
    village.market.transactions.take(second.id, "decline", by=village.host)
    village.ask(home=homes[2], first=50)
    assert held(village) == 5


def priced(village: Village, number: int, homes: Sequence[Listing]) -> str:
    """The id of a quote for nights that somebody else's home has free."""
    start = village.clock.now() + 10 * DAY
    request = village.market.requests.open(
        "cottages",
        by=village.guest,
        currency="NPR",
        listing=homes[number].id,
        start=start,
        end=start + 2 * DAY,
    )
    return village.market.quotes.make(request.id, by=village.guest).id


@pytest.mark.attack(81)
def test_reservations_die_by_themselves(open_village_here: OpenVillage) -> None:
    """A host who is silent for a day frees the nights, and the guest may ask elsewhere: whoever
    asks and vanishes keeps nothing from others."""
    village = open_village_here(limits=LIMITS)
    home = village.list_home(village.host, "Another")
    village.ask()
    village.ask(home=home)
    assert held(village) == 2
    village.market.advance(DAY + MINUTE)
    assert held(village) == 0
    village.ask()
    village.ask(home=home)


@pytest.mark.attack(81)
@pytest.mark.invariant(23)
def test_sixteen_processes_get_no_more_than_one(open_village_here: OpenVillage, herd: Herd) -> None:
    """Sixteen processes that reserve for one guest at the same moment get the limit and no more;
    every other asking hears so, and nothing is left of it."""
    village = open_village_here(limits=hoarders.LIMITS, eager=False)
    said = race(village, herd, hoarders.reserve)
    assert said == Counter({"cottage": 5, "too_many_holds": 27})
    assert held(village) == 5


@pytest.mark.attack(81)
def test_without_taking_turns_more_is_reserved(postgresql_url: str, herd: Herd) -> None:
    """The negative control: where nobody waits, the same race reserves more than the limit."""
    village = open_village(postgresql_url, limits=hoarders.LIMITS, eager=False)
    said = race(village, herd, hoarders.reserve_without_turns)
    village.market.close()
    assert said["cottage"] > 5, f"nobody was racing: {said}"


def race(village: Village, herd: Herd, task: Callable[..., Any]) -> Counter[str]:
    """Thirty-two homes, a quote for each, and sixteen who open deals on them at once."""
    homes = [village.list_home(village.host, f"Home {n}") for n in range(32)]
    quotes = [priced(village, number, homes) for number in range(32)]
    store: Any = village.market.context.store
    url = store.engine.url.render_as_string(hide_password=False)
    answers = herd.run(task, url, village.guest.id, quotes)
    return Counter(one for answer in answers for one in answer)
