"""Who may do what: strangers, the wrong side, the wrong moment, fields nobody may set."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace import (
    OPERATOR,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Outcome,
    Party,
)
from tests.support.refusals import audit, refused
from tests.support.town import Town, rupees


def told(do: Callable[[], Any]) -> tuple[type[Outcome], str, str, dict[str, Any]]:
    """All that somebody learns from a refusal."""
    with pytest.raises(Outcome) as caught:
        do()
    error = caught.value
    return type(error), error.code, error.message, error.params


@pytest.mark.attack(1)
@pytest.mark.invariant(37)
def test_a_stranger_learns_nothing_from_an_id(town: Town) -> None:
    """Reading somebody else's deal tells a stranger exactly what an unknown id would."""
    ride, stranger = town.accepted(), town.another_rider()
    request = ride.request_id
    assert request is not None
    offer = town.market.offers.list(by=OPERATOR, transaction=ride.id)[0].id
    quote = town.market.quotes.make(town.asked()[0].id, by=town.rider).id
    market = town.market
    readings: list[tuple[str, Callable[[str, Party], object]]] = [
        (ride.id, lambda one, by: market.transactions.get(one, by=by)),
        (ride.id, lambda one, by: market.transactions.payments(one, by=by)),
        (ride.id, lambda one, by: market.transactions.seats(one, by=by)),
        (ride.id, lambda one, by: market.transactions.terms(one, by=by)),
        (ride.id, lambda one, by: market.transactions.allowed(one, by=by)),
        (ride.id, lambda one, by: market.ledger.of_transaction(one, by=by)),
        (request, lambda one, by: market.requests.get(one, by=by)),
        (offer, lambda one, by: market.offers.get(one, by=by)),
        (quote, lambda one, by: market.quotes.get(one, by=by)),
    ]
    for known, read in readings:
        unknown = known[:-4] + "zzzz"
        kind, code, message, params = told(lambda: read(unknown, stranger))  # noqa: B023
        assert kind is NotFound
        same = (kind, code, message.replace(unknown, known), params)
        assert told(lambda: read(known, stranger)) == same  # noqa: B023
        refused(market, NotFound, lambda: read(known, stranger), by=stranger, reading=True)  # noqa: B023


@pytest.mark.attack(2)
@pytest.mark.invariant(32, 36)
def test_a_stranger_cannot_cancel_a_ride(town: Town) -> None:
    """To a stranger who cancels it, a ride does not exist; capacity and money stay."""
    ride, stranger = town.accepted(), town.another_rider()
    refused(
        town.market,
        NotFound,
        lambda: town.take(ride, "cancel", by=stranger),
        by=stranger,
    )
    unknown = ride.id[:-4] + "zzzz"
    mine = told(lambda: town.market.transactions.take(unknown, "cancel", by=stranger))
    theirs = told(lambda: town.take(ride, "cancel", by=stranger))
    assert (mine[0], mine[1], mine[3]) == (theirs[0], theirs[1], theirs[3])
    assert mine[2].replace(unknown, ride.id) == theirs[2]


@pytest.mark.attack(3)
def test_a_driver_cannot_answer_another_drivers_offer(town: Town) -> None:
    """An offer to one driver does not exist for another, who can neither take nor decline it."""
    _, offer = town.offered()
    other = town.another_driver().provider_id
    market = town.market
    for answer in (market.offers.accept, market.offers.decline):
        refused(market, NotFound, lambda: answer(offer.id, by=other), by=other)  # noqa: B023
    assert market.offers.get(offer.id, by=town.driver).state == "made"


@pytest.mark.attack(3)
def test_the_side_that_made_an_offer_cannot_accept_it(town: Town) -> None:
    """Whoever put an offer may withdraw it and not say yes for the other side."""
    request, _ = town.asked()
    offer = town.market.offers.make(
        request.id, by=town.rider, listing=town.listing.id, price=rupees(100)
    )
    refused(
        town.market,
        Forbidden,
        lambda: town.market.offers.accept(offer.id, by=town.rider),
        by=town.rider,
    )


@pytest.mark.attack(4)
@pytest.mark.invariant(32)
def test_a_rider_cannot_take_the_drivers_rows(town: Town) -> None:
    """The customer of a ride may not take the provider's row in it; nothing changes."""
    ride = town.accepted()
    for row in ("arrive", "set_out", "driver_cancel"):
        error = refused(
            town.market,
            Forbidden,
            lambda: town.take(ride, row, by=town.rider),  # noqa: B023
            by=town.rider,
            code="not_your_row",
        ).error
        assert error.params["allowed"] == ["cancel"]
    assert town.ride(ride).state == "accepted"


@pytest.mark.attack(5)
def test_a_ride_cannot_be_finished_before_it_started(town: Town) -> None:
    """What comes later in the process cannot be had earlier, nor before its time."""
    ride = town.arrived()
    refused(
        town.market,
        IllegalTransition,
        lambda: town.take(ride, "finish", by=town.driver),
        by=town.driver,
    )
    refused(
        town.market,
        IllegalTransition,
        lambda: town.take(ride, "no_show", by=town.driver),
        by=town.driver,
        code="too_early",
    )


@pytest.mark.attack(6)
def test_a_driver_cannot_settle_for_itself(town: Town) -> None:
    """The settlement is the clock's: neither side can release the money to itself."""
    ride = town.finished()
    for party in (town.driver, town.rider):
        refused(
            town.market,
            Forbidden,
            lambda: town.take(ride, "settle", by=party),  # noqa: B023
            by=party,
            code="not_your_row",
        )
    refused(
        town.market,
        Forbidden,
        lambda: town.market.payouts.make(by=town.driver, party=town.driver.id, currency="NPR"),
        by=town.driver,
    )
    refused(
        town.market,
        Forbidden,
        lambda: town.market.payments.top_up(
            town.driver.id, rupees(1), by=town.driver, reference="mine"
        ),
        by=town.driver,
    )


@pytest.mark.attack(9)
@pytest.mark.parametrize(
    "field", ["owner_id", "provider_id", "verified", "rating", "fee_bps", "state", "id", "version"]
)
def test_fields_that_nobody_may_set_are_refused(hamlet: Town, field: str) -> None:
    """A body with a field that the trade does not know is refused and never dropped in silence."""
    market, driver, rider = hamlet.market, hamlet.driver, hamlet.rider
    body = {field: "x"}

    def draft() -> object:
        return market.listings.draft(
            "rides", by=driver, title="t", currency="NPR", attributes={"tier": "ride", **body}
        )

    def change() -> object:
        return market.listings.change(hamlet.listing.id, by=driver, attributes=body)

    def ask() -> object:
        return market.requests.open("rides", by=rider, currency="NPR", attributes=body)

    for attempt, by in ((draft, driver), (change, driver), (ask, rider)):
        error = refused(market, InvalidInput, attempt, by=by).error
        assert field in error.message


@pytest.mark.attack(9, 16)
def test_a_row_takes_only_what_it_asks_for(hamlet: Town) -> None:
    """Fields beside those that a row of the process asks for are refused: no total, no state."""
    ride, driver = hamlet.accepted(), hamlet.driver
    for body in ({"total": 1}, {"state": "settled"}, {"lines": []}):
        refused(
            hamlet.market,
            InvalidInput,
            lambda: hamlet.take(ride, "arrive", by=driver, **body),  # noqa: B023
            by=driver,
        )


@pytest.mark.attack(9)
def test_the_owner_of_a_listing_is_whoever_drafted_it(town: Town) -> None:
    """There is no way to name another owner: the acting party is the owner."""
    with pytest.raises(TypeError):
        town.market.listings.draft(
            "rides",
            by=town.driver,
            title="t",
            currency="NPR",
            provider_id=town.rider.id,  # type: ignore[call-arg]
        )
    listing = town.market.listings.draft("rides", by=town.driver, title="t", currency="NPR")
    assert (listing.provider_id, listing.state) == (town.driver.id, "draft")


@pytest.mark.attack(11)
def test_a_suspended_party_can_do_nothing_at_once(town: Town) -> None:
    """A suspension holds from the next command on, for an offer that was made before it too."""
    _, offer = town.offered()
    town.market.parties.suspend(town.driver.id, reason="complaint")
    refused(
        town.market,
        Forbidden,
        lambda: town.market.offers.accept(offer.id, by=town.driver),
        by=town.driver,
        code="party_suspended",
    )
    refused(
        town.market,
        Forbidden,
        lambda: town.market.offers.get(offer.id, by=town.driver),
        by=town.driver,
        reading=True,
    )


@pytest.mark.attack(13)
@pytest.mark.invariant(37)
def test_a_filter_never_widens_what_one_sees(town: Town) -> None:
    """Listing somebody else's things gives an empty page, as if there were none."""
    ride, stranger = town.accepted(), town.another_rider()
    market = town.market
    assert not market.transactions.list(by=stranger, party=town.rider.id).items
    assert not market.requests.list(by=stranger, customer=town.rider.id).items
    assert not market.offers.list(by=stranger, taker=town.driver.id).items
    assert not market.ledger.entries(town.driver.id, by=stranger)
    assert not market.parties.documents(town.driver.id, by=stranger).items
    assert [one.id for one in market.transactions.list(by=town.rider)] == [ride.id]


@pytest.mark.invariant(53)
def test_every_command_leaves_one_record_in_an_unbroken_chain(town: Town) -> None:
    """Each command that was done or refused has one audit row, and the hash chains verify."""
    before = len(audit(town.market))
    ride = town.settled()
    with pytest.raises(IllegalTransition):
        town.take(ride, "cancel", by=town.rider)
    records = audit(town.market)
    assert len(records) > before + 8
    assert [one.outcome for one in records].count("refused") == 1
    with town.market.context.store.begin(write=False) as work:
        assert work.commands.broken_chains() == []
        about = work.commands.about(ride.id)
    assert [one.name for one in about if one.outcome == "refused"] == ["transactions.take"]
    assert all(one.after_hash for one in about if one.outcome == "done")
