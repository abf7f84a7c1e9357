"""Seats beyond customer and provider: a co-host and a moderator, seated and unseated."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, evolve

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Bring,
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Outcome,
    PluginError,
    Seating,
    hookimpl,
)
from marketplace.plugins.rides import Rides, kathmandu_bike
from tests.support.refusals import refused
from tests.support.ride_world import OpenTown
from tests.support.talks import HELPED, PRICE, Hall, OpenHall, Talks


@pytest.mark.behaviour("C17", "C13")
def test_a_listing_seats_its_helpers_and_they_share_their_line(hall: Hall) -> None:
    """Two whom the listing names sit in the deal from its first moment: both read it and hear of
    it, and at the end they share their line in proportion, to the minor unit."""
    hall.helpers(
        {"party": hall.one.id, "share_bp": 2_000}, {"party": hall.two.id, "share_bp": 1_000}
    )
    deal = hall.book()
    assert hall.sitting(deal) == [
        ("customer", "Lia", 10_000),
        ("helper", "Ona", 2_000),
        ("helper", "Tea", 1_000),
        ("provider", "Sam", 10_000),
    ]
    assert hall.market.transactions.get(deal.id, by=hall.two).state == "booked"
    assert hall.kinds(hall.one)[0] == "transaction.opened"
    hall.market.transactions.take(deal.id, "speak", by=hall.speaker)
    hall.clock.advance(DAY)
    hall.market.tick()
    assert [hall.earned(one) for one in (hall.speaker, hall.one, hall.two)] == [
        PRICE - HELPED,
        2_001,
        1_000,
    ]


@pytest.mark.behaviour("C17", "C8")
def test_the_operator_seats_a_judge_who_then_takes_its_row(hall: Hall) -> None:
    """A role that only the process knows is seated by the operator: the judge takes its row, the
    others hear that it was seated, and whoever was unseated before can no more."""
    market, deal = hall.market, hall.book()
    market.transactions.take(deal.id, "speak", by=hall.speaker)
    seat = market.transactions.seat(deal.id, "judge", hall.one.id, by=OPERATOR, key="once")
    assert market.transactions.seat(deal.id, "judge", hall.one.id, by=OPERATOR, key="once") == seat
    assert market.transactions.allowed(deal.id, by=hall.one) == ["judge"]
    market.transactions.unseat(deal.id, "judge", hall.one.id, by=OPERATOR)
    with pytest.raises(NotFound):
        market.transactions.take(deal.id, "judge", by=hall.one)
    market.transactions.seat(deal.id, "judge", hall.two.id, by=OPERATOR)
    assert market.transactions.take(deal.id, "judge", by=hall.two).state == "judged"
    told = ["transaction.seated", "transaction.unseated", "transaction.seated"]
    for one in (hall.listener, hall.speaker):
        assert [kind for kind in hall.kinds(one) if kind in told] == told
    assert hall.kinds(hall.one) == told[:2]
    with market.context.store.begin(write=False) as work:
        names = [one.name for one in work.commands.about(deal.id)]
    assert [name for name in names if "seat" in name] == [
        "transactions.seat",
        "transactions.unseat",
        "transactions.seat",
    ]


def test_a_share_changes_until_it_is_settled(hall: Hall) -> None:
    """The provider seats and unseats its helpers as long as their part is not settled, and what
    they get follows who then sits there."""
    hall.helpers(hall.one.id)
    deal = hall.book()
    seats = hall.market.transactions
    seats.unseat(deal.id, "helper", hall.one.id, by=hall.speaker)
    seats.seat(deal.id, "helper", hall.two.id, by=hall.speaker, share_bp=500)
    assert ("helper", "Tea", 500) in hall.sitting(deal)
    before = seats.get(deal.id, by=hall.speaker).version
    seats.seat(deal.id, "judge", hall.one.id, by=OPERATOR)
    assert seats.get(deal.id, by=hall.speaker).version == before + 1
    seats.take(deal.id, "speak", by=hall.speaker)
    seats.take(deal.id, "judge", by=hall.one)
    assert [hall.earned(one) for one in (hall.one, hall.two)] == [0, HELPED]
    with pytest.raises(IllegalTransition, match="is settled"):
        seats.unseat(deal.id, "helper", hall.two.id, by=OPERATOR)
    seats.unseat(deal.id, "judge", hall.one.id, by=OPERATOR)
    hall.clock.advance(HOUR)
    hall.market.tick()
    with pytest.raises(IllegalTransition, match="after the end"):
        seats.seat(deal.id, "judge", hall.one.id, by=OPERATOR)


WRONG: dict[str, tuple[type[Outcome], str, Callable[[Hall], dict[str, Any]]]] = {
    "the customer seats somebody": (
        Forbidden,
        "not_your_seat",
        lambda h: {"role": "helper", "party": h.two.id, "by": h.listener},
    ),
    "the provider seats its judge": (
        Forbidden,
        "not_your_seat",
        lambda h: {"role": "judge", "party": h.two.id, "by": h.speaker},
    ),
    "a stranger seats itself": (
        NotFound,
        "not_found",
        lambda h: {"role": "helper", "party": h.two.id, "by": h.two},
    ),
    "a second provider": (
        InvalidInput,
        "unknown_role",
        lambda h: {"role": "provider", "party": h.two.id, "by": OPERATOR},
    ),
    "the clock": (
        InvalidInput,
        "unknown_role",
        lambda h: {"role": "clock", "party": h.two.id, "by": OPERATOR},
    ),
    "a role that nobody knows": (
        InvalidInput,
        "unknown_role",
        lambda h: {"role": "owner", "party": h.two.id, "by": OPERATOR},
    ),
    "the customer as judge": (
        Forbidden,
        "self_dealing",
        lambda h: {"role": "judge", "party": h.listener.id, "by": OPERATOR},
    ),
    "the provider as judge": (
        Forbidden,
        "self_dealing",
        lambda h: {"role": "judge", "party": h.speaker.id, "by": OPERATOR},
    ),
    "a helper as judge": (
        Forbidden,
        "self_dealing",
        lambda h: {"role": "judge", "party": h.one.id, "by": OPERATOR},
    ),
    "a helper twice": (
        Conflict,
        "seated",
        lambda h: {"role": "helper", "party": h.one.id, "by": OPERATOR},
    ),
    "nobody": (
        NotFound,
        "not_found",
        lambda h: {"role": "judge", "party": "pty_nobody", "by": OPERATOR},
    ),
    "no share": (
        InvalidInput,
        "invalid_input",
        lambda h: {"role": "helper", "party": h.two.id, "by": h.speaker, "share_bp": 0},
    ),
    "half a share and a bit": (
        InvalidInput,
        "invalid_input",
        lambda h: {"role": "helper", "party": h.two.id, "by": h.speaker, "share_bp": 10_001},
    ),
    "a share of yes": (
        InvalidInput,
        "invalid_input",
        lambda h: {"role": "helper", "party": h.two.id, "by": h.speaker, "share_bp": True},
    ),
}


@pytest.mark.attack(15, 6)
@pytest.mark.invariant(36)
@pytest.mark.parametrize("what", WRONG)
def test_nobody_is_seated_whom_the_deal_does_not_allow(hall: Hall, what: str) -> None:
    """Roles that nobody may be seated in, actors who may not seat, parties who sit on a side of
    the deal already, and shares that are none, are refused and change nothing."""
    hall.helpers(hall.one.id)
    deal = hall.book()
    error, code, given = WRONG[what]
    asked = given(hall)
    refused(
        hall.market,
        error,
        lambda: hall.market.transactions.seat(deal.id, **asked),
        by=asked["by"],
        code=code,
    )


@pytest.mark.attack(11)
def test_a_party_that_takes_part_no_more_is_not_seated(hall: Hall) -> None:
    """A suspended party is seated by nobody; a listing that names it makes no new deals."""
    deal = hall.book()
    hall.helpers(hall.two.id)
    hall.market.parties.suspend(hall.two.id, reason="papers")
    with pytest.raises(Conflict, match="suspended"):
        hall.market.transactions.seat(deal.id, "helper", hall.two.id, by=hall.speaker)
    with pytest.raises(Conflict, match="suspended"):
        hall.book()


def test_whoever_blocked_a_side_is_not_seated_beside_it(hall: Hall) -> None:
    """A party that wants nothing more to do with the customer is not seated in its deal."""
    deal = hall.book()
    hall.market.parties.block(hall.listener.id, by=hall.one)
    with pytest.raises(Forbidden, match="not to be matched"):
        hall.market.transactions.seat(deal.id, "judge", hall.one.id, by=OPERATOR)


def test_a_due_settlement_comes_before_a_seat(hall: Hall) -> None:
    """However late the worker is, a party is not seated once its part was to be settled."""
    hall.helpers(hall.one.id)
    deal = hall.book()
    hall.market.transactions.take(deal.id, "speak", by=hall.speaker)
    hall.clock.advance(DAY)
    with pytest.raises(Expired, match="judge"):
        hall.market.transactions.seat(deal.id, "helper", hall.two.id, by=hall.speaker)


@pytest.mark.attack(9)
@pytest.mark.parametrize(
    "named",
    [
        7,
        [7],
        [{"share_bp": 10}],
        [{"party": "A", "owner": True}],
        [{"party": "ONE", "share_bp": 0.5}],
        [{"party": "ONE", "share_bp": -1}],
        ["ONE", "ONE"],
        ["pty_nobody"],
        ["SPEAKER"],
    ],
)
def test_a_listing_that_names_nobody_is_refused(hall: Hall, named: Any) -> None:
    """What a listing's attribute may name is an active party, once, with a share, and not its own
    provider; all else is refused when the listing is written, not when somebody wants to deal."""
    ids = {"ONE": hall.one.id, "SPEAKER": hall.speaker.id}

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(one) for one in value]
        if isinstance(value, dict):
            return {name: put(one) for name, one in value.items()}
        return ids.get(value, value)

    attributes = {"helpers": put(named)}
    with pytest.raises((InvalidInput, NotFound, Forbidden)):
        hall.market.listings.change(hall.listing.id, by=hall.speaker, attributes=attributes)
    with pytest.raises((InvalidInput, NotFound, Forbidden)):
        hall.market.listings.draft(
            "talks", by=hall.speaker, title="B", currency="EUR", attributes=attributes
        )
    assert hall.market.listings.get(hall.listing.id, by=hall.speaker).attributes == {}


@pytest.mark.attack(15)
def test_a_helper_cannot_book_the_talk_it_helps_at(hall: Hall) -> None:
    """Whoever a listing seats is no customer of it."""
    hall.helpers(hall.listener.id)
    with pytest.raises(Forbidden, match="already"):
        hall.book()


@define
class OwnedRides(Rides):
    """Rides whose listings may name who owns the vehicle."""

    @hookimpl
    def bring(self) -> Bring:
        """The trade of rides, with one more role and one more field of a listing."""
        brought = super().bring()
        (vertical,) = brought.verticals
        schema = dict(vertical.listing_schema)
        schema["properties"] = {**schema["properties"], "owner": {"type": "string"}}
        seats = (Seating("owner", listing="owner"),)
        return evolve(brought, verticals=(evolve(vertical, listing_schema=schema, seats=seats),))


def test_who_is_named_comes_and_goes_with_the_listing(open_town: OpenTown) -> None:
    """Where the provider's seat is filled by an accepted offer, those whom its listing names are
    seated with it and leave with it; and who is named is never put a ride of its own."""
    town = open_town(rides=OwnedRides(fare=kathmandu_bike()))
    sita, owner = town.rider(), town.rider("Owner")
    ram = town.driver("Ram", owner=owner.id)
    town.order(owner)
    assert town.dispatch() == []
    ride = town.accepted(sita, ram)

    def roles() -> list[str]:
        return [one.role for one in town.market.transactions.seats(ride.id, by=OPERATOR)]

    assert sorted(roles()) == ["customer", "owner", "provider"]
    assert town.market.transactions.get(ride.id, by=owner).id == ride.id
    town.take(ride, "driver_cancel", ram)
    assert roles() == ["customer"]
    with pytest.raises(NotFound):
        town.market.transactions.get(ride.id, by=owner)


@pytest.mark.parametrize("role", ["customer", "provider", "clock", "operator", "tax", "", 7])
def test_a_vertical_seats_no_role_that_the_deal_itself_fills(
    open_hall: OpenHall, role: Any
) -> None:
    """A trade that wants to seat a customer, a provider or an impersonal role does not open, and
    neither does one that says two things about one role."""
    with pytest.raises(PluginError, match="seats"):
        open_hall(Talks(seats=(Seating(role),)))
    twice = Seating("helper"), evolve(Seating("helper"), by=("provider",))
    with pytest.raises(PluginError, match="helper"):
        open_hall(Talks(seats=twice))
