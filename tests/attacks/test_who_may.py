"""Who may do what: strangers, the wrong side, the wrong moment, fields nobody may set."""

from collections.abc import Callable
from functools import partial
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
from tests.support.hamlet import Hamlet, rupees
from tests.support.refusals import audit, refused


def told(do: Callable[[], Any]) -> tuple[type[Outcome], str, str, dict[str, Any]]:
    """All that somebody learns from a refusal."""
    with pytest.raises(Outcome) as caught:
        do()
    error = caught.value
    return type(error), error.code, error.message, error.params


@pytest.mark.attack(1)
@pytest.mark.invariant(37)
def test_a_stranger_learns_nothing_from_an_id(hamlet: Hamlet) -> None:
    """Reading somebody else's deal tells a stranger exactly what an unknown id would."""
    ride, stranger = hamlet.accepted(), hamlet.town.rider("Gita")
    request = ride.request_id
    assert request is not None
    offer = hamlet.market.offers.list(by=OPERATOR, transaction=ride.id)[0].id
    quote = hamlet.market.quotes.make(hamlet.asked()[0].id, by=hamlet.rider).id
    market = hamlet.market
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
        again = partial(read, known, stranger)
        refused(market, NotFound, again, by=stranger, reading=True)


@pytest.mark.attack(2)
@pytest.mark.invariant(32, 36)
def test_a_stranger_cannot_cancel_a_ride(hamlet: Hamlet) -> None:
    """To a stranger who cancels it, a ride does not exist; capacity and money stay."""
    ride, stranger = hamlet.accepted(), hamlet.town.rider("Gita")
    refused(
        hamlet.market,
        NotFound,
        lambda: hamlet.take(ride, "cancel", by=stranger),
        by=stranger,
    )
    unknown = ride.id[:-4] + "zzzz"
    mine = told(lambda: hamlet.market.transactions.take(unknown, "cancel", by=stranger))
    theirs = told(lambda: hamlet.take(ride, "cancel", by=stranger))
    assert (mine[0], mine[1], mine[3]) == (theirs[0], theirs[1], theirs[3])
    assert mine[2].replace(unknown, ride.id) == theirs[2]


@pytest.mark.attack(3)
def test_a_driver_cannot_answer_another_drivers_offer(hamlet: Hamlet) -> None:
    """An offer to one driver does not exist for another, who can neither take nor decline it."""
    _, offer = hamlet.offered()
    other = hamlet.town.driver("Hari").party
    market = hamlet.market
    for answer in (market.offers.accept, market.offers.decline):
        refused(market, NotFound, lambda: answer(offer.id, by=other), by=other)  # noqa: B023
    assert market.offers.get(offer.id, by=hamlet.driver).state == "made"


@pytest.mark.attack(3)
def test_the_side_that_made_an_offer_cannot_accept_it(hamlet: Hamlet) -> None:
    """Whoever put an offer may withdraw it and not say yes for the other side."""
    request, _ = hamlet.asked()
    offer = hamlet.market.offers.make(
        request.id, by=hamlet.rider, listing=hamlet.listing, price=rupees(100)
    )
    refused(
        hamlet.market,
        Forbidden,
        lambda: hamlet.market.offers.accept(offer.id, by=hamlet.rider),
        by=hamlet.rider,
    )


@pytest.mark.attack(4)
@pytest.mark.invariant(32)
def test_a_rider_cannot_take_the_drivers_rows(hamlet: Hamlet) -> None:
    """The customer of a ride may not take the provider's row in it; nothing changes."""
    ride = hamlet.accepted()
    for row in ("arrive", "set_out", "driver_cancel"):
        error = refused(
            hamlet.market,
            Forbidden,
            lambda: hamlet.take(ride, row, by=hamlet.rider),  # noqa: B023
            by=hamlet.rider,
            code="not_your_row",
        ).error
        assert error.params["allowed"] == ["cancel"]
    assert hamlet.now(ride).state == "accepted"


@pytest.mark.attack(5)
def test_a_ride_cannot_be_finished_before_it_started(hamlet: Hamlet) -> None:
    """What comes later in the process cannot be had earlier, nor before its time."""
    ride = hamlet.arrived()
    refused(
        hamlet.market,
        IllegalTransition,
        lambda: hamlet.take(ride, "finish", by=hamlet.driver),
        by=hamlet.driver,
    )
    refused(
        hamlet.market,
        IllegalTransition,
        lambda: hamlet.take(ride, "no_show", by=hamlet.driver),
        by=hamlet.driver,
        code="too_early",
    )


@pytest.mark.attack(6)
def test_a_driver_cannot_settle_for_itself(hamlet: Hamlet) -> None:
    """The settlement is the clock's: neither side can release the money to itself."""
    ride, driver = hamlet.finished(), hamlet.driver
    for party in (hamlet.driver, hamlet.rider):
        refused(
            hamlet.market,
            Forbidden,
            lambda: hamlet.take(ride, "settle", by=party),  # noqa: B023
            by=party,
            code="not_your_row",
        )
    refused(
        hamlet.market,
        Forbidden,
        lambda: hamlet.market.payouts.make(by=driver, party=driver.id, currency="NPR"),
        by=driver,
    )
    refused(
        hamlet.market,
        Forbidden,
        lambda: hamlet.market.payments.top_up(
            hamlet.driver.id, rupees(1), by=hamlet.driver, reference="mine"
        ),
        by=hamlet.driver,
    )


@pytest.mark.attack(9)
@pytest.mark.parametrize(
    "field", ["owner_id", "provider_id", "verified", "rating", "fee_bps", "state", "id", "version"]
)
def test_fields_that_nobody_may_set_are_refused(in_memory: Hamlet, field: str) -> None:
    """A body with a field that the trade does not know is refused and never dropped in silence."""
    market, driver, rider = in_memory.market, in_memory.driver, in_memory.rider
    body = {field: "x"}

    def draft() -> object:
        return market.listings.draft(
            "rides", by=driver, title="t", currency="NPR", attributes={"tier": "ride", **body}
        )

    def change() -> object:
        return market.listings.change(in_memory.listing, by=driver, attributes=body)

    def ask() -> object:
        return market.requests.open("rides", by=rider, currency="NPR", attributes=body)

    for attempt, by in ((draft, driver), (change, driver), (ask, rider)):
        error = refused(market, InvalidInput, attempt, by=by).error
        assert field in error.message


@pytest.mark.attack(9, 16)
def test_a_row_takes_only_what_it_asks_for(in_memory: Hamlet) -> None:
    """Fields beside those that a row of the process asks for are refused: no total, no state."""
    ride, driver = in_memory.accepted(), in_memory.driver
    for body in ({"total": 1}, {"state": "settled"}, {"lines": []}):
        refused(
            in_memory.market,
            InvalidInput,
            lambda: in_memory.take(ride, "arrive", by=driver, **body),  # noqa: B023
            by=driver,
        )


@pytest.mark.attack(9)
def test_the_owner_of_a_listing_is_whoever_drafted_it(hamlet: Hamlet) -> None:
    """There is no way to name another owner: the acting party is the owner."""
    with pytest.raises(TypeError):
        hamlet.market.listings.draft(
            "rides",
            by=hamlet.driver,
            title="t",
            currency="NPR",
            provider_id=hamlet.rider.id,  # type: ignore[call-arg]
        )
    listing = hamlet.market.listings.draft("rides", by=hamlet.driver, title="t", currency="NPR")
    assert (listing.provider_id, listing.state) == (hamlet.driver.id, "draft")


@pytest.mark.attack(11)
def test_a_suspended_party_can_do_nothing_at_once(hamlet: Hamlet) -> None:
    """A suspension holds from the next command on, for an offer that was made before it too."""
    _, offer = hamlet.offered()
    hamlet.market.parties.suspend(hamlet.driver.id, reason="complaint")
    refused(
        hamlet.market,
        Forbidden,
        lambda: hamlet.market.offers.accept(offer.id, by=hamlet.driver),
        by=hamlet.driver,
        code="party_suspended",
    )
    refused(
        hamlet.market,
        Forbidden,
        lambda: hamlet.market.offers.get(offer.id, by=hamlet.driver),
        by=hamlet.driver,
        reading=True,
    )


@pytest.mark.attack(13)
@pytest.mark.invariant(37)
def test_a_filter_never_widens_what_one_sees(hamlet: Hamlet) -> None:
    """Listing somebody else's things gives an empty page, as if there were none."""
    ride, stranger = hamlet.accepted(), hamlet.town.rider("Gita")
    market = hamlet.market
    assert not market.transactions.list(by=stranger, party=hamlet.rider.id).items
    assert not market.requests.list(by=stranger, customer=hamlet.rider.id).items
    assert not market.offers.list(by=stranger, taker=hamlet.driver.id).items
    assert not market.quotes.list(by=stranger, customer=hamlet.rider.id).items
    assert not market.payments.list(by=stranger, party=hamlet.rider.id).items
    assert not market.ledger.entries(hamlet.driver.id, by=stranger)
    assert not market.parties.documents(hamlet.driver.id, by=stranger).items
    assert [one.id for one in market.transactions.list(by=hamlet.rider)] == [ride.id]
    assert [one.request_id for one in market.quotes.list(by=hamlet.rider)] == [ride.request_id]
    assert [one.transaction_id for one in market.payments.list(by=hamlet.rider)] == [ride.id]
    whole = {one.id for one in market.quotes.list(by=OPERATOR, customer=hamlet.rider.id)}
    assert whole == {one.id for one in market.quotes.list(by=hamlet.rider, request=ride.request_id)}


@pytest.mark.invariant(53)
def test_every_command_leaves_one_record_in_an_unbroken_chain(hamlet: Hamlet) -> None:
    """Each command that was done or refused has one audit row, and the hash chains verify."""
    before = len(audit(hamlet.market))
    ride = hamlet.settled()
    with pytest.raises(IllegalTransition):
        hamlet.take(ride, "cancel", by=hamlet.rider)
    records = audit(hamlet.market)
    assert len(records) > before + 8
    assert [one.outcome for one in records].count("refused") == 1
    with hamlet.market.context.store.begin(write=False) as work:
        assert work.commands.broken_chains() == []
        about = work.commands.about(ride.id)
    assert [one.name for one in about if one.outcome == "refused"] == ["transactions.take"]
    assert all(one.after_hash for one in about if one.outcome == "done")
