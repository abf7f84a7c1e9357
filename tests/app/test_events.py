"""Events out: each party's own, numbered without a gap, signed, at least once, replayable."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from attrs import define, field

from marketplace import HOUR, OPERATOR, Actor, InvalidInput, Party
from tests.support.ride_world import Town

SECRET = b"a secret of at least 24 bytes"


@define
class Receiver:
    """Somebody else's server: it checks signatures, keeps bodies, and breaks down when told."""

    got: list[dict[str, Any]] = field(factory=list)
    fail_at: set[int] = field(factory=set)
    calls: int = 0

    def __call__(self, body: bytes, headers: dict[str, str]) -> None:
        """Take one delivery, or fail."""
        self.calls += 1
        if self.calls in self.fail_at:
            raise ConnectionError("the line is down")
        payload = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(SECRET, payload, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}"
        self.got.append(json.loads(body))

    def of(self, party: Party) -> list[int]:
        """The numbers of a party's events, as they came."""
        return [one["sequence"] for one in self.got if one["party"] == party.id]


@pytest.mark.behaviour("C22")
@pytest.mark.invariant(45)
def test_each_party_hears_its_own_events_in_order_without_a_gap(town: Town) -> None:
    """A party's feed counts 1, 2, 3 … and tells the ride from its side; a stranger's feed has none
    of it, and nobody reads another's."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    ride = town.settled(sita, ram, "card")
    feed = town.market.events.feed(by=sita)
    assert [one.number for one in feed] == list(range(1, len(feed) + 1))
    kinds = [one.event.kind for one in feed if one.event.subject_id == ride.id]
    assert kinds[0] == "transaction.opened"
    assert kinds[-1] == "transaction.settle"
    order = ["accept", "arrive", "start", "finish", "settle"]
    told = [kind.split(".")[1] for kind in kinds]
    assert [one for one in told if one in order] == order
    half = town.market.events.feed(by=sita, after=3)
    assert [one.number for one in half] == [one.number for one in feed[3:]]
    assert all(one.event.subject_id == gita.id for one in town.market.events.feed(by=gita))
    assert town.market.events.feed(by=gita, party=sita.id) == []


@pytest.mark.behaviour("C22")
def test_events_say_who_acted_and_on_whose_behalf(town: Town) -> None:
    """A helpdesk that acts for a rider stands in the event as the actor, the rider as the one on
    whose behalf; the clock stands for itself."""
    sita, desk, ram = town.rider(), town.rider("Desk"), town.driver()
    ride = town.accepted(sita, ram, "card")
    town.market.transactions.take(ride.id, "arrive", by=Actor(ram.id, on_behalf_of=desk.id))
    arrive = [
        one for one in town.market.events.about(ride.id, by=sita) if one.kind.endswith("arrive")
    ]
    assert [(one.actor, one.on_behalf_of) for one in arrive] == [(ram.id, desk.id)]
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram)
    town.wait(2 * HOUR)
    settle = town.market.events.about(ride.id, by=OPERATOR)[-1]
    assert (settle.kind, settle.actor, settle.on_behalf_of) == (
        "transaction.settle",
        "clock",
        None,
    )


@pytest.mark.behaviour("C22")
def test_deliveries_are_signed_and_come_again_until_they_are_taken(town: Town) -> None:
    """A receiver that breaks down gets the same event again and nothing of that party before it;
    other parties' events go on; in the end each has everything once and in order."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    receiver = Receiver(fail_at={3, 4, 9})
    for _ in range(10):
        if not town.market.events.deliver("crm", receiver, secret=SECRET):
            break
    for party in (sita, ram.party):
        feed = town.market.events.feed(by=party)
        assert receiver.of(party) == [one.number for one in feed]
    assert town.market.events.deliver("crm", receiver, secret=SECRET) == 0
    body = receiver.got[0]
    assert body["specversion"] == "1.0"
    assert body["time"].startswith("2026-11-23T02:15")
    town.settled(sita, ram, "card")
    with pytest.raises(InvalidInput, match="24 bytes"):
        town.market.events.deliver("crm", receiver, secret=b"short")


@pytest.mark.behaviour("C22")
def test_a_crash_between_sending_and_noting_sends_again(town: Town) -> None:
    """When the process dies after the receiver took an event, the event comes a second time with
    the same id: at least once, never not at all."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    receiver = Receiver()

    class Dies(BaseException):
        """The machine loses power."""

    def dying(body: bytes, headers: dict[str, str]) -> None:
        receiver(body, headers)
        if receiver.calls == 2:
            raise Dies

    with pytest.raises(Dies):
        town.market.events.deliver("crm", dying, secret=SECRET)
    while town.market.events.deliver("crm", receiver, secret=SECRET):
        pass
    numbers = receiver.of(sita)
    feed = [one.number for one in town.market.events.feed(by=sita)]
    assert sorted(set(numbers)) == feed
    every = [one["id"] + one["party"] for one in receiver.got]
    assert 1 <= len(every) - len(set(every)) <= 2


@pytest.mark.behaviour("C22")
def test_a_consumer_replays_from_a_number_it_names(town: Town) -> None:
    """A party's events come again from after the number given, for that consumer and that party
    alone, byte for byte."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    crm, shop = Receiver(), Receiver()
    for consumer, receiver in (("crm", crm), ("shop", shop)):
        while town.market.events.deliver(consumer, receiver, secret=SECRET):
            pass
    before, others = list(crm.got), len(shop.got)
    town.market.events.replay("crm", sita.id, after=2)
    while town.market.events.deliver("crm", crm, secret=SECRET):
        pass
    again = crm.got[len(before) :]
    assert again == [one for one in before if one["party"] == sita.id and one["sequence"] > 2]
    assert town.market.events.deliver("shop", shop, secret=SECRET) == 0
    assert len(shop.got) == others
