"""Where somebody lives and how to reach them: what a stranger, a guest to be, and a log learn."""

import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    OPERATOR,
    Bring,
    InvalidInput,
    Money,
    NotFound,
    Outcome,
    Party,
    Pay,
    Place,
    Transaction,
    blurred,
    hookimpl,
    plain,
)
from marketplace.domain.contacts import HIDDEN
from marketplace.plugins.rides import Rides, kathmandu_bike
from tests.support.cottages import ADDRESS, DOOR, HOME, OpenVillage, Village, cottages
from tests.support.ride_world import NEAR, THAMEL, OpenTown

SECRETS = (ADDRESS, "12 Lakeside", DOOR, str(HOME.lat), str(HOME.lon), "98-1234-5678", "9812345678")


def told(value: Any) -> str:
    """Everything a value says, and its repr."""
    return f"{plain(value)} {value!r}"


def leaks(said: str) -> list[str]:
    """Which of the secrets stand in it."""
    return [secret for secret in SECRETS if secret in said]


def everything_read(village: Village, who: Party, deal: Transaction) -> dict[str, str]:
    """What one party can read by every way of reading that there is, by its name."""
    market, home = village.market, village.home.id
    request = deal.request_id
    assert request is not None
    ways: dict[str, Callable[[], Any]] = {
        "listings.get": lambda: market.listings.get(home, by=who),
        "listings.list": lambda: list(market.listings.list(by=who)),
        "listings.list of a provider": lambda: list(
            market.listings.list(by=who, provider=village.host.id)
        ),
        "listings.taken": lambda: market.listings.taken(home, by=who, resource="nights"),
        "matching.find": lambda: market.matching.find(request, by=who),
        "why.pairing": lambda: market.why.pairing(request, home, by=who),
        "why.transaction": lambda: market.why.transaction(deal.id, by=who),
        "transactions.get": lambda: market.transactions.get(deal.id, by=who),
        "transactions.list": lambda: list(market.transactions.list(by=who)),
        "transactions.terms": lambda: market.transactions.terms(deal.id, by=who),
        "transactions.seats": lambda: market.transactions.seats(deal.id, by=who),
        "requests.list": lambda: list(market.requests.list(by=who)),
        "offers.list": lambda: list(market.offers.list(by=who)),
        "messages.list": lambda: list(market.messages.list(deal.id, by=who)),
        "messages.list of a listing": lambda: list(market.messages.list(by=who, listing=home)),
        "events.feed": lambda: market.events.feed(by=who, limit=500),
        "events.about": lambda: [
            market.events.about(one, by=who) for one in (home, deal.id, request)
        ],
        "parties.get": lambda: market.parties.get(village.host.id, by=who),
        "ledger.entries": lambda: market.ledger.entries(who.id, by=who),
        "ledger.statement": lambda: market.ledger.statement(who.id, "NPR", by=who),
        "payouts.owed": lambda: market.payouts.owed(by=who),
        "reviews.list": lambda: list(market.reviews.list(by=who)),
        "the notifications": lambda: [
            one for one in village.channel.notes if one.party_id == who.id
        ],
    }
    found = {}
    for name, read in ways.items():
        try:
            found[name] = told(read())
        except NotFound as error:
            found[name] = str(error)
    return found


@pytest.mark.behaviour("S17")
@pytest.mark.attack(80)
def test_no_way_of_reading_tells_the_address_before_the_host_said_yes(village: Village) -> None:
    """Neither a stranger nor a guest who only asked learns address, door or exact place by any
    reading, message, event or notification; the host and the operator do."""
    stranger = village.market.parties.join("Nosy")
    deal = village.ask()
    village.market.messages.send(deal.id, "I am at 98-1234-5678", by=village.host)
    village.market.messages.ask(village.home.id, "call 9812345678", by=stranger)
    village.market.messages.ask(
        village.home.id, "no, call 98-1234-5678", by=village.host, to=stranger.id
    )
    village.market.tick()
    for who in (stranger, village.guest):
        read = everything_read(village, who, deal)
        assert {name: leaks(said) for name, said in read.items() if leaks(said)} == {}
        assert village.home.id in read["listings.list"]
    for who in (village.host, OPERATOR):
        own = village.market.listings.get(village.home.id, by=who)
        assert (own.attributes["address"], own.place) == (ADDRESS, HOME)


@pytest.mark.behaviour("S17")
def test_the_guest_learns_it_with_the_yes_and_in_the_states_that_show_it(village: Village) -> None:
    """Accepted, the deal says where it is and how the door opens, each to the roles that may know;
    after the stay only what the trade leaves; and a deal called off says nothing any more."""
    market, guest = village.market, village.guest
    deal = village.accept(village.ask())
    assert "door" not in deal.attributes
    seen = market.transactions.get(deal.id, by=guest).attributes
    assert (seen["address"], seen["door"]) == (ADDRESS, DOOR)
    assert (seen["place"]["lat"], seen["place"]["lon"]) == (HOME.lat, HOME.lon)
    assert leaks(told(market.listings.get(village.home.id, by=guest))) == []
    with pytest.raises(NotFound):
        market.transactions.get(deal.id, by=market.parties.join("Nosy"))
    market.advance(13 * DAY)
    after = market.transactions.get(deal.id, by=guest)
    assert (after.state, dict(after.attributes)) == ("completed", {"address": ADDRESS})
    other = village.accept(village.ask(first=40))
    gone = market.transactions.take(other.id, "cancel", by=guest)
    assert (gone.state, dict(gone.attributes)) == ("cancelled", {})
    assert dict(market.transactions.get(other.id, by=guest).attributes) == {}


@pytest.mark.behaviour("S17")
def test_a_lost_answer_reveals_nothing_until_it_comes(open_village_here: OpenVillage) -> None:
    """While the yes waits for the bank, the deal is not agreed and nothing is shown."""
    village = open_village_here(eager=False)
    deal = village.ask()
    village.market.tick()
    waiting = village.accept(deal)
    assert waiting.pending is not None
    assert dict(village.market.transactions.get(deal.id, by=village.guest).attributes) == {}
    village.market.tick()
    seen = village.market.transactions.get(deal.id, by=village.guest)
    assert seen.attributes["address"] == ADDRESS


@pytest.mark.attack(80)
def test_places_are_not_found_by_asking_again_or_from_many_sides(village: Village) -> None:
    """A hundred readings, a pin moved about, three homes in one house, and distances to requests
    from all sides give one and the same middle of a cell."""
    market, guest, host = village.market, village.guest, village.host
    shown = market.listings.get(village.home.id, by=guest).place
    assert shown is not None
    assert 50 < HOME.metres_to(shown) < 450
    seen = {market.listings.get(village.home.id, by=guest).place for _ in range(5)}
    for step in range(1, 4):
        moved = Place(HOME.lat + step * 1e-5, HOME.lon - step * 1e-5)
        market.listings.change(village.home.id, by=host, place=moved)
        seen.add(market.listings.get(village.home.id, by=guest).place)
    seen |= {one.place for one in market.listings.list(by=guest)}
    assert seen == {shown}
    for side in (Place(28.3, 83.9), Place(28.1, 84.1), Place(28.2096, 83.9856)):
        request = market.requests.open("cottages", by=guest, currency="NPR", place=side)
        (match,) = market.matching.find(request.id, by=guest)
        assert match.score == side.metres_to(shown)
        (exact,) = market.matching.find(request.id, by=OPERATOR)
        assert exact.score != match.score


@pytest.mark.behaviour("C18")
@pytest.mark.attack(80)
def test_contacts_are_masked_until_the_deal_is_agreed(village: Village) -> None:
    """In a title, a description, a request and in messages they are hidden from the other side
    before agreement, while a provider already sits in the deal; then they are shown as written."""
    market, host, guest = village.market, village.host, village.guest
    home = village.list_home(host, "Call 9812345678", description="mail a (at) b dot com")
    seen = market.listings.get(home.id, by=guest)
    assert (seen.title, seen.attributes["description"]) == (f"Call {HIDDEN}", f"mail {HIDDEN}")
    assert market.listings.get(home.id, by=host).title == "Call 9812345678"
    deal = village.ask(message="I am gita@example.org")
    assert deal.request_id is not None
    asked = market.requests.get(deal.request_id, by=host)
    assert asked.attributes["message"] == f"I am {HIDDEN}"
    before = market.messages.send(deal.id, "write to gita@example.org", by=guest)
    assert (before.text, before.masked) == (f"write to {HIDDEN}", True)
    plain_one = market.messages.send(deal.id, "two of us, from 2026-12-03", by=guest)
    assert (plain_one.text, plain_one.masked) == ("two of us, from 2026-12-03", False)
    village.accept(deal)
    asked = market.requests.get(deal.request_id, by=host)
    assert asked.attributes["message"] == "I am gita@example.org"
    after = market.messages.send(deal.id, "write to gita@example.org", by=guest)
    assert (after.text, after.masked) == ("write to gita@example.org", False)
    shown = {one.text for one in market.messages.list(deal.id, by=host)}
    assert shown == {before.text, plain_one.text, after.text}


INSIDE = {
    "keeper": {"name": "Kanchhi", "reached": "behind the mill"},
    "doors": [{"floor": 1, "code": "k-e-y-1"}, {"floor": 2, "code": "k-e-y-2"}],
}
KEPT = ("behind the mill", "k-e-y-1", "k-e-y-2")


@pytest.mark.attack(80)
def test_what_is_private_inside_is_private_also_in_a_list(
    open_village_here: OpenVillage,
) -> None:
    """A dotted name hides a field of an attribute, and of each in a list, of listings and of
    requests; what stands beside it is shown."""
    trade = cottages(
        private=("address", "door", "keeper.reached", "doors.code"),
        personal=("keeper.reached", "doors.code"),
        listing_schema={"type": "object"},
        request_schema={"type": "object"},
    )
    village = open_village_here(trade=trade)
    market = village.market
    home = village.list_home(village.host, **INSIDE)
    seen = told(market.listings.get(home.id, by=village.guest))
    assert not [one for one in KEPT if one in seen]
    assert "Kanchhi" in seen
    assert all(one in told(market.listings.get(home.id, by=village.host)) for one in KEPT)
    start = market.context.now() + 10 * DAY
    request = market.requests.open(
        "cottages", by=village.guest, currency="NPR", listing=home.id, start=start,
        end=start + DAY, attributes=INSIDE,
    )  # fmt: skip
    seen = told(market.requests.get(request.id, by=village.host))
    assert not [one for one in KEPT if one in seen]
    assert "Kanchhi" in seen


def test_a_trade_that_hides_nothing_shows_everything(open_village_here: OpenVillage) -> None:
    """The negative control: the same readings of a trade without these fields tell it all."""
    trade = cottages(private=(), reveals={}, visible={}, blurs_m=None, hides_contacts=False)
    village = open_village_here(trade=trade)
    deal = village.ask()
    read = everything_read(village, village.guest, deal)
    assert set(leaks(read["listings.get"])) >= {ADDRESS, DOOR, str(HOME.lat), "98-1234-5678"}
    assert leaks(read["listings.list"])


@pytest.mark.invariant(54)
def test_logs_reprs_and_errors_hold_no_secret(
    village: Village, caplog: pytest.LogCaptureFixture
) -> None:
    """Through a deal and a dozen refusals no log record, no repr of what was made and no error
    tells an address, a door, an exact place, a telephone number or a means of payment."""
    market, host, guest = village.market, village.host, village.guest
    caplog.set_level(logging.DEBUG, logger="marketplace")
    token, phone = "tok_4242424242424242", "+9779811122233"
    deal = village.ask(message="to 98-1234-5678")
    made: list[Any] = [
        village.home,
        village.host,
        deal,
        village.accept(deal),
        a_request_with_places(village),
    ]
    made += [market.parties.join("Ram", phone=phone), Pay("card", means=token)]
    made += list(market.transactions.payments(deal.id, by=OPERATOR))

    def draft(**attributes: Any) -> Callable[[], object]:
        return lambda: market.listings.draft(
            "cottages", by=host, title="t", currency="NPR", attributes=attributes
        )

    def pay(means: str) -> object:
        asked = market.requests.open("cottages", by=guest, currency="NPR",
                                     listing=village.home.id, start=village.clock.now() + DAY,
                                     end=village.clock.now() + 2 * DAY)  # fmt: skip
        quote = market.quotes.make(asked.id, by=guest)
        part = Pay("card", means=means, amount=Money(1, "NPR"))
        return market.transactions.open(quote.id, by=guest, pay=part)

    home, wrong_kind = village.home.id, cast("Any", ADDRESS)
    wrong: list[Callable[[], object]] = [
        draft(address=ADDRESS * 40, door=DOOR),
        draft(address={"street": ADDRESS}),
        draft(address=ADDRESS, door=[DOOR]),
        draft(address=ADDRESS, unknown=DOOR),
        lambda: market.listings.change(village.home.id, by=host, attributes={"door": 4711}),
        lambda: market.listings.change(village.home.id, by=guest, attributes={"door": DOOR}),
        lambda: market.parties.join("Twice", phone=phone),
        lambda: market.parties.join("Wrong", phone="98-1234-5678"),
        lambda: market.listings.change(home, by=host, attributes=wrong_kind),
        lambda: pay(token),
        lambda: market.transactions.take(deal.id, "accept", by=host, address=ADDRESS),
    ]  # fmt: skip
    errors = []
    for attempt in wrong:
        with pytest.raises(Outcome) as caught:
            attempt()
        errors.append(f"{caught.value} {caught.value!r} {caught.value.params}")
    records = [f"{one.getMessage()} {vars(one)}" for one in caplog.records]
    assert len(records) > len(wrong)
    assert any("refused" in one for one in records)
    said = [*records, *errors, *map(repr, made)]
    kept = (*SECRETS[:-1], token, phone)  # The last is the example in an error's own sentence.
    assert [(secret, one) for one in said for secret in kept if secret in one] == []
    with market.context.store.begin(write=False) as work:
        refusals = [one.reason for one in work.commands.about(village.home.id) if one.reason]
    assert leaks(str(refusals)) == []


def a_request_with_places(village: Village) -> Any:
    """A request with places, whose repr names none."""
    return village.market.requests.open(
        "cottages", by=village.guest, currency="NPR", place=HOME, to=HOME
    )


def test_an_unknown_trade_shows_nothing(village: Village) -> None:
    """Of a listing whose trade no plugin brings any more nobody knows what is private: neither
    attributes nor place are shown to others."""
    del village.market.context.verticals["cottages"]
    seen = village.market.listings.get(village.home.id, by=village.guest)
    assert (seen.place, dict(seen.attributes)) == (None, {})
    with pytest.raises((InvalidInput, NotFound)):
        village.ask()


class BlurredRides(Rides):
    """Rides whose drivers are told to be somewhere in a cell."""

    @hookimpl
    def bring(self) -> Bring:
        """The trade with places blurred."""
        brought = super().bring()
        return evolve(brought, verticals=[evolve(one, blurs_m=500) for one in brought.verticals])


@pytest.mark.attack(80)
@pytest.mark.parametrize(("rides", "told_at"), [(Rides, NEAR), (BlurredRides, blurred(NEAR, 500))])
def test_a_dispatch_explains_itself_without_telling_where(
    open_town: OpenTown, rides: type[Rides], told_at: Place
) -> None:
    """Where a trade blurs places, the metres that a customer hears of a round and its total are
    those to the middle of a cell; where it does not (the control), they are exact."""
    town = open_town(rides=rides(fare=kathmandu_bike()))
    sita, ram = town.rider(), town.driver(place=NEAR)
    ride = town.order(sita)
    assert len(town.dispatch()) == 1
    assert ride.request_id is not None
    metres = THAMEL.metres_to(told_at)
    (said,) = town.market.why.pairing(ride.request_id, ram.listing, by=sita)
    assert (said.reason.code, said.reason.params["metres"]) == ("chosen", metres)
    whole = town.market.why.transaction(ride.id, by=sita)
    totals = [one.reason.params["total_metres"] for one in whole if one.about == "match"]
    assert totals == [metres]
    assert THAMEL.metres_to(NEAR) != THAMEL.metres_to(blurred(NEAR, 500))
