"""The door: every command once by its key, whatever came between; and the bad network of a hill."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    Account,
    Conflict,
    Event,
    Forbidden,
    IdempotencyMismatch,
    Marketplace,
    Outcome,
    Pay,
    Purpose,
    Transaction,
    Work,
    hookimpl,
)
from marketplace.app import door
from tests.support.ride_world import NEAR, PATAN, THAMEL, Town, make_town


@define
class Counted:
    """How much there is of what a command could write twice."""

    journals: int
    events: int
    timers: int
    charges: int


def counted(town: Town) -> Counted:
    """Everything written so far, audit apart."""
    with town.market.context.store.begin() as work:
        journals = len(work.ledger.journals(limit=100_000))
        timers = len(work.timers.due(town.clock.now() + 1000 * DAY, 100_000))
    parties = town.market.parties.list(by=OPERATOR, limit=500).items
    events = sum(
        len(town.market.events.feed(by=OPERATOR, party=one.id, limit=500)) for one in parties
    )
    return Counted(journals, events, timers, len(town.sandbox.movements()))


Command = Callable[[Marketplace, dict[str, Any]], Any]
Named = tuple[str, Command, Command]


def commands(town: Town) -> list[Named]:
    """Name, the command under a key, and the same key with another body; in the order of a ride."""
    sita = town.rider()
    ram = town.driver()
    been: dict[str, Any] = {}

    def kept(name: str, value: Any) -> Any:
        been.setdefault(name, value)
        return value

    return [
        (
            "join",
            lambda m, k: m.parties.join("Gita", **k),
            lambda m, k: m.parties.join("Maya", **k),
        ),
        (
            "draft",
            lambda m, k: m.listings.draft("rides", by=sita, title="mine", currency="NPR", **k),
            lambda m, k: m.listings.draft("rides", by=sita, title="other", currency="NPR", **k),
        ),
        (
            "request",
            lambda m, k: kept(
                "request",
                m.requests.open("rides", by=sita, currency="NPR", place=THAMEL, to=PATAN, **k),
            ),
            lambda m, k: m.requests.open(
                "rides", by=sita, currency="NPR", place=NEAR, to=PATAN, **k
            ),
        ),
        (
            "quote",
            lambda m, k: kept("quote", m.quotes.make(been["request"].id, by=sita, **k)),
            lambda m, k: m.quotes.make(been["request"].id, by=sita, listing=ram.listing, **k),
        ),
        (
            "open",
            lambda m, k: kept(
                "ride",
                m.transactions.open(
                    been["quote"].id, by=sita, request=been["request"].id, pay=Pay("card"), **k
                ),
            ),
            lambda m, k: m.transactions.open(
                been["quote"].id, by=sita, request=been["request"].id, pay=Pay("cash"), **k
            ),
        ),
        *_driving(town, ram, been, kept),
        *_afterwards(town, sita, ram, been, kept),
    ]


def _driving(town: Town, ram: Any, been: dict[str, Any], kept: Any) -> list[Named]:
    """The driver's commands."""
    return [
        (
            "accept",
            lambda m, k: m.offers.accept(
                kept("offer", been.get("offer") or _offered(town, ram)), by=ram.party, **k
            ),
            lambda m, k: m.offers.accept("off_another", by=ram.party, **k),
        ),
        (
            "arrive",
            lambda m, k: m.transactions.take(been["ride"].id, "arrive", by=ram.party, **k),
            lambda m, k: m.transactions.take(been["ride"].id, "set_out", by=ram.party, **k),
        ),
        (
            "start",
            lambda m, k: m.transactions.take(
                been["ride"].id, "start", by=ram.party, code=town.code(been["ride"]), **k
            ),
            lambda m, k: m.transactions.take(
                been["ride"].id, "start", by=ram.party, code="0000x", **k
            ),
        ),
        (
            "finish",
            lambda m, k: m.transactions.take(been["ride"].id, "finish", by=ram.party, **k),
            lambda m, k: m.transactions.take(been["ride"].id, "finish", by=ram.party, stops=1, **k),
        ),
    ]


def _afterwards(town: Town, sita: Any, ram: Any, been: dict[str, Any], kept: Any) -> list[Named]:
    """What follows a ride."""
    market = town.market
    return [
        (
            "settle and review",
            lambda m, k: (
                kept("settled", been.get("settled") or town.wait(2 * HOUR) or 1)
                and m.reviews.write(been["ride"].id, by=sita, rating=5, **k)
            ),
            lambda m, k: m.reviews.write(been["ride"].id, by=sita, rating=1, **k),
        ),
        (
            "tip",
            lambda m, k: m.transactions.follow_up(
                been["ride"].id,
                "tip",
                by=sita,
                amount=town.money(500),
                pay=Pay("card", purse="tip"),
                **k,
            ),
            lambda m, k: m.transactions.follow_up(
                been["ride"].id,
                "tip",
                by=sita,
                amount=town.money(900),
                pay=Pay("card", purse="tip"),
                **k,
            ),
        ),
        (
            "message",
            lambda m, k: m.messages.send(been["ride"].id, "hello", by=sita, **k),
            lambda m, k: m.messages.send(been["ride"].id, "bye", by=sita, **k),
        ),
        (
            "dispute",
            lambda m, k: m.disputes.open(been["ride"].id, by=sita, cause="wet seat", **k),
            lambda m, k: m.disputes.open(been["ride"].id, by=sita, cause="dry seat", **k),
        ),
        (
            "payout",
            lambda m, k: market.payouts.make(
                by=ram.party, party=ram.id, currency="NPR", at_once=True, **k
            ),
            lambda m, k: market.payouts.make(
                by=ram.party,
                party=ram.id,
                currency="NPR",
                amount=town.money(1),
                at_once=True,
                **k,
            ),
        ),
    ]


def _offered(town: Town, driver: Any) -> str:
    town.dispatch()
    return town.offer_to(driver)


@pytest.mark.behaviour("C5")
@pytest.mark.invariant(42)
def test_every_command_is_done_once_by_its_key(town: Town) -> None:
    """Each command of a ride's life is sent twice with one key: the second gives the very same
    answer and writes nothing; the same key with another body is a conflict that writes nothing."""
    for name, command, other in commands(town):
        key = {"key": f"client-{name}"}
        first = command(town.market, key)
        after = counted(town)
        again = command(town.market, key)
        assert again == first, name
        with pytest.raises(IdempotencyMismatch):
            other(town.market, key)
        assert counted(town) == after, name


@pytest.mark.behaviour("C5", "T8")
def test_late_duplicates_are_harmless(town: Town) -> None:
    """An hour after the ride is over, every message of the driver's telephone arrives once more:
    each gets its old answer, and nothing moves."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "cash", key="order")
    town.dispatch()
    offer, market = town.offer_to(ram), town.market
    sent: list[Callable[[], Transaction]] = [
        lambda: market.offers.accept(offer, by=ram.party, key="1"),
        lambda: market.transactions.take(ride.id, "arrive", by=ram.party, key="2"),
        lambda: market.transactions.take(
            ride.id, "start", by=ram.party, code=town.code(ride), key="3"
        ),
        lambda: market.transactions.take(ride.id, "finish", by=ram.party, key="4"),
    ]
    answers = []
    for send in sent:
        answers.append(send())
        town.clock.advance(MINUTE)
    town.wait(2 * HOUR)
    before, final = counted(town), town.now(ride)
    for send, answer in zip(reversed(sent), reversed(answers), strict=True):
        assert send() == answer
    assert counted(town) == before
    assert town.now(ride) == final
    # Without its key the same message is refused, and changes as little.
    with pytest.raises(Conflict):
        market.offers.accept(offer, by=ram.party)
    assert counted(town) == before


@pytest.mark.behaviour("T8")
def test_accepting_takes_one_round_trip(town: Town) -> None:
    """One command with the offer's id answers with all that the driver needs: the ride in its new
    state, the promise, and nothing else has to be sent before setting out."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    town.dispatch()
    with town.market.context.store.begin() as work:
        before = len(work.commands.about(ride.id)) + len(work.commands.about(town.offer_to(ram)))
    got = town.market.offers.accept(town.offer_to(ram), by=ram.party, key="tap")
    assert (got.id, got.state, got.pending) == (ride.id, "accepted", None)
    assert got.attributes["promised_at"]
    with town.market.context.store.begin() as work:
        offers = town.market.offers.list(by=ram.party).items
        after = sum(len(work.commands.about(one)) for one in (ride.id, offers[0].id))
    assert after - before == 1


@pytest.mark.behaviour("T8", "C5")
def test_ten_taps_at_once_are_one_acceptance(town: Town) -> None:
    """A driver's telephone sends the same acceptance from ten threads at the same moment: all get
    the same answer, or a refusal to try again, and the seat is filled once."""
    sita, ram = town.rider(), town.driver()
    ride = town.order(sita, "card")
    town.dispatch()
    offer, gate = town.offer_to(ram), threading.Barrier(10)
    answers: list[Any] = []

    def tap() -> None:
        gate.wait()
        try:
            answers.append(town.market.offers.accept(offer, by=ram.party, key="tap").state)
        except Conflict as error:
            answers.append(error.code)

    threads = [threading.Thread(target=tap) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "accepted" in answers
    assert set(answers) <= {"accepted", "key_in_use", "offer_accepted", "conflict"}
    seats = town.market.transactions.seats(ride.id, by=OPERATOR)
    assert [one.role for one in seats] == ["customer", "provider"]
    kinds = [one.kind for one in town.market.events.about(ride.id, by=OPERATOR)]
    assert kinds.count("transaction.accept") == 1
    assert town.market.offers.accept(offer, by=ram.party, key="tap").state == "accepted"


def test_a_key_belongs_to_who_sent_it(town: Town) -> None:
    """Another party's same key is another key."""
    sita, gita = town.rider(), town.rider("Gita")
    one, two = town.ask(sita, key="k"), town.ask(gita, key="k")
    assert one.id != two.id
    assert (one.customer_id, two.customer_id) == (sita.id, gita.id)


def test_a_refusal_does_not_use_up_its_key(town: Town) -> None:
    """What was refused wrote nothing, so the same key may come again when the way is free."""
    sita, ram = town.rider(), town.driver()
    ride = town.accepted(sita, ram, "card")
    with pytest.raises(Forbidden):
        town.market.transactions.take(ride.id, "arrive", by=sita, key="k")
    town.market.transactions.take(ride.id, "arrive", by=ram.party, key="k")
    with pytest.raises(Exception, match="wrong_code"):
        town.market.transactions.take(ride.id, "start", by=ram.party, code="no", key="go")
    code = town.code(ride)
    done = town.market.transactions.take(ride.id, "start", by=ram.party, code=code, key="go")
    assert done.state == "started"


class Crossing:
    """Once a party was credited, holds the other one's balances too: two such cross each other."""

    name = "crossing"

    def __init__(self) -> None:
        self.others: dict[str, str] = {}
        self.both = threading.Barrier(2)
        self.met = threading.local()

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Lock the other's wallet, when both hold their own; a second try waits for nobody."""
        other = self.others.get(event.subject_id)
        if event.kind != "wallet.topped_up" or other is None:
            return
        if not getattr(self.met, "once", False):
            self.met.once = True
            self.both.wait(30)
        work.ledger.lock([Account(other, Purpose.WALLET, "NPR")])


def _crossed(url: str) -> list[object]:
    """Two top-ups at once, each of which wants what the other holds; gives what became of them."""
    crossing = Crossing()
    town = make_town(url, plugins=[crossing])
    sita, gita = town.rider(), town.rider("Gita")
    for one in (sita, gita):
        town.top_up(one, 100, f"first of {one.id}")
    crossing.others = {sita.id: gita.id, gita.id: sita.id}
    found: list[object] = []

    def top_up(who: str) -> None:
        try:
            money = town.money(50)
            found.append(town.market.payments.top_up(who, money, reference=f"second of {who}"))
        except Outcome as refusal:
            found.append(refusal)

    threads = [threading.Thread(target=top_up, args=(one.id,)) for one in (sita, gita)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    accounts = [town.accounts(one) for one in (sita, gita)]
    town.market.close()
    assert sum(one["wallet"] for one in accounts) == 200 + 50 * len(
        [one for one in found if not isinstance(one, Outcome)]
    )
    return found


@pytest.mark.parametrize("tries", [3, 1])
def test_a_command_that_the_database_broke_off_is_begun_anew(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """Two commands that wait for each other are both done, each once. Begun only once (the
    negative control), one of them is lost to whoever asked. SQLite has one writer at a time."""
    monkeypatch.setattr(door, "TRIES", tries)
    found = _crossed(postgresql_url)
    lost = [one.code for one in found if isinstance(one, Outcome)]
    assert lost == ([] if tries > 1 else ["deadlock"])
    assert len(found) == 2
