"""What a driver, a rider or a stranger would learn or take of others."""

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    Conflict,
    InvalidInput,
    NotFound,
    Pay,
    Refused,
    TransitionQuestion,
    hookimpl,
)
from tests.support.ride_world import FAR, OpenTown, Town


def test_no_command_tells_the_driver_the_riders_code(town: Town) -> None:
    """What a driver's commands answer holds no more than what it may read; the rider's do."""
    sita, ram = town.rider(), town.driver()
    town.order(sita)
    town.dispatch()
    offer = town.offer_to(ram)
    for _ in range(2):
        told = town.market.offers.accept(offer, by=ram.party, key="yes")
        assert "pickup_code" not in told.attributes
        assert "accepted_at" in told.attributes
    assert "pickup_code" not in town.take(told, "set_out", ram).attributes
    assert town.market.transactions.get(told.id, by=sita).attributes["pickup_code"]


def test_the_riders_code_cannot_be_tried_out(town: Town) -> None:
    """After five wrong codes the ride cannot start, not even with the right one."""
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram)
    for _ in range(5):
        with pytest.raises(Refused, match="wrong_code"):
            town.take(ride, "start", ram, code="no")
    with pytest.raises(Refused, match="too_many_codes"):
        town.take(ride, "start", ram, code=town.code(ride))


def test_means_of_payment_are_for_whoever_pays(town: Town) -> None:
    """The driver sees that a card pays, and neither its token nor the network's name for it."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, Pay("card", means="tok_secret"))
    (seen,) = town.market.transactions.payments(ride.id, by=ram.party)
    assert (seen.method, seen.means, seen.reference) == ("card", None, None)
    (own,) = town.market.transactions.payments(ride.id, by=sita)
    assert own.means == "tok_secret"


def test_a_rider_hears_nothing_of_a_drivers_debts_or_blocks(town: Town) -> None:
    """Why a driver does not come is told to the operator; to a rider only that it is not there."""
    nosy, ram, hari = town.rider("Nosy"), town.driver(), town.driver("Hari")
    town.market.parties.block(nosy.id, by=ram.party)
    town.market.parties.suspend(hari.id, reason="test")
    ride = town.order(nosy)
    assert town.dispatch() == []
    assert ride.request_id is not None
    for driver, truth in ((ram, "blocked"), (hari, "party_suspended")):
        for by, code in ((nosy, "not_available"), (OPERATOR, truth)):
            (said,) = town.market.why.pairing(ride.request_id, driver.listing, by=by)
            assert said.reason.code == code
        found = town.market.matching.find(ride.request_id, by=nosy)
        codes = {one.listing_id: [r.code for r in one.reasons] for one in found}
        assert set(codes[driver.listing]) == {"not_available"}


def test_nobody_sits_beside_the_driver_that_dispatch_seats(town: Town) -> None:
    """A rider who names an accomplice's vehicle seats nobody by it: the request is put to that
    driver alone, and whoever drives earns alone."""
    sita, friend, ram = town.rider(), town.driver("Friend"), town.driver()
    ride = town.order(sita, "card", listing=friend.listing)
    assert [one.role for one in town.market.transactions.seats(ride.id, by=sita)] == ["customer"]
    town.dispatch()
    assert [one.listing_id for one in town.market.offers.list(by=OPERATOR)] == [friend.listing]
    assert len(town.market.offers.list(by=ram.party)) == 0


def test_a_price_of_one_listing_buys_no_other(town: Town) -> None:
    """A request to one listing is priced by that listing, and not once it is taken back."""
    sita, ram, hari = town.rider(), town.driver(), town.driver("Hari", FAR)
    request = town.ask(sita, listing=ram.listing)
    with pytest.raises(NotFound):
        town.market.quotes.make(request.id, by=sita, listing=hari.listing)
    quote = town.market.quotes.make(request.id, by=sita)
    town.market.listings.withdraw(ram.listing, by=ram.party)
    with pytest.raises(Conflict, match="withdrawn"):
        town.market.transactions.open(quote.id, by=sita, pay=Pay("cash"))


def test_a_rider_cannot_keep_drivers_busy(town: Town) -> None:
    """An offer leases attention for as long as the trade says, not for a year."""
    sita, ram = town.rider(), town.driver()
    request = town.ask(sita)
    with pytest.raises(InvalidInput, match="at most"):
        town.market.offers.make(
            request.id, by=sita, listing=ram.listing, price=town.money(1), lives=24 * HOUR
        )
    town.order(town.rider("Gita"))
    assert len(town.dispatch()) == 1


def test_a_reason_has_an_end(town: Town) -> None:
    """A decline's reason is a text within the limit, like every text."""
    sita, ram = town.rider(), town.driver()
    town.order(sita)
    town.dispatch()
    with pytest.raises(InvalidInput, match="a reason"):
        town.market.offers.decline(town.offer_to(ram), by=ram.party, reason="x" * 100_000)


def test_a_filter_hides_nothing_that_fits(town: Town) -> None:
    """A party with many deals finds the one it filters by, however many do not fit before it."""
    sita = town.rider()
    old = [town.order(sita, "cash") for _ in range(7)]
    for one in old[:-1]:
        town.take(one, "cancel", sita)
    found = town.market.transactions.list(by=sita, state="searching", limit=2)
    assert [one.id for one in found] == [old[-1].id]
    assert found.after is None
    first = town.market.transactions.list(by=sita, state="cancelled", limit=4)
    rest = town.market.transactions.list(by=sita, state="cancelled", limit=4, after=first.after)
    assert {one.id for one in (*first, *rest)} == {one.id for one in old[:-1]}
    assert rest.after is None


class Breaks:
    """A plugin that breaks when one deal is settled."""

    name = "breaks"
    on = ""

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> None:
        """Breaks, as no plugin may."""
        if question.row.name == "settle" and question.transaction.id == self.on:
            raise KeyError("a mistake")


def test_a_plugin_that_breaks_on_one_deal_stops_no_other(open_town: OpenTown) -> None:
    """The clock goes on with everybody else's timers, and tries the broken one again later."""
    plugin = Breaks()
    town = open_town(plugins=[plugin])
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    plugin.on = ride.id
    town.online(ram)
    other = town.finished(town.rider("Gita"), ram, "card")
    town.wait(2 * HOUR)
    assert (town.now(ride).state, town.now(other).state) == ("completed", "settled")
    plugin.on = ""
    town.wait(HOUR + MINUTE)
    assert town.now(ride).state == "settled"
