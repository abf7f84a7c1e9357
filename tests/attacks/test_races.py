"""Two who act at the same moment, from two connections: one wins, and the money follows it."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from marketplace import (
    MINUTE,
    OPERATOR,
    Account,
    Balance,
    Chargeback,
    Conflict,
    IllegalTransition,
    Marketplace,
    Money,
    NotFound,
    Outcome,
    PayoutPlan,
    Purpose,
    Refused,
    Transaction,
)
from marketplace.store.ledger import Ledger
from tests.attacks.conftest import Found
from tests.support.hamlet import RIDES, Hamlet
from tests.support.racing import at_once
from tests.support.ride_world import make_town

ROUNDS = 4
"""Races are run so often, each on a ride of its own."""


@pytest.fixture
def pair(database_url: str, found: Found) -> Iterator[tuple[Hamlet, Marketplace]]:
    """Yield a hamlet, and its marketplace opened a second time as another process would."""
    hamlet = found(database_url)
    other = make_town(
        database_url,
        rides=RIDES,
        sandbox=hamlet.sandbox,
        clock=hamlet.clock,
        payouts=PayoutPlan(provider="sandbox"),
        seed=8,
    )
    yield hamlet, other.market
    other.market.close()


def losers(found: list[object]) -> list[Outcome]:
    """The refusals among the answers."""
    return [one for one in found if isinstance(one, Outcome)]


def balanced(hamlet: Hamlet) -> None:
    """What lies with the payment provider is what our books say, and nothing is lost."""
    hamlet.clock.advance(2 * MINUTE)
    hamlet.market.tick()
    assert hamlet.town.house(Purpose.PROCESSOR_CLEARING) == hamlet.sandbox.balance("NPR").amount
    assert set(hamlet.market.ledger.sums().values()) <= {0}
    assert hamlet.market.ledger.drift() == []


@pytest.mark.attack(34)
def test_an_acceptance_races_a_cancellation(pair: tuple[Hamlet, Marketplace]) -> None:
    """Driver accepts and rider cancels at once: they come one after the other, never both first.

    Either the cancellation came first and the acceptance is refused, or the ride had a driver
    and was cancelled by the rules for that; the money follows, nothing stays held or claimed.
    """
    hamlet, other = pair
    for _ in range(ROUNDS):
        ride, offer = hamlet.offered()
        accepted, cancelled = at_once(
            lambda: hamlet.market.offers.accept(offer.id, by=hamlet.driver),  # noqa: B023
            lambda: other.transactions.take(ride.id, "cancel", by=hamlet.rider),  # noqa: B023
        )
        now = hamlet.now(ride)
        events = [
            one.event.kind
            for one in hamlet.market.events.feed(by=hamlet.rider, limit=500)
            if one.event.subject_id == ride.id
        ]
        assert isinstance(cancelled, Transaction)
        assert now.state == "cancelled"
        if isinstance(accepted, Outcome):
            assert isinstance(accepted, Conflict | IllegalTransition | NotFound)
            assert "transaction.accept" not in events
        else:
            assert events.index("transaction.accept") < events.index("transaction.cancel")
        balanced(hamlet)
        assert all(one["held"] == 0 for one in hamlet.sandbox.charges())


@pytest.mark.attack(35)
def test_one_refund_clicked_twice(pair: tuple[Hamlet, Marketplace]) -> None:
    """Two operators refund the same ride at once under one key: it is given back once."""
    hamlet, other = pair
    ride = hamlet.settled()

    def click(market: Marketplace) -> Callable[[], object]:
        return lambda: market.transactions.follow_up(
            ride.id, "adjustment", by=OPERATOR, lines=[], entry="lower", key="refund"
        )

    found = at_once(click(hamlet.market), click(other))
    done = [one for one in found if isinstance(one, Transaction)]
    assert done
    assert all(isinstance(one, Conflict) for one in losers(found))
    balanced(hamlet)
    refunds = [one for one in hamlet.sandbox.movements() if one.kind == "refund"]
    assert len(refunds) == 1
    assert hamlet.sandbox.balance("NPR").amount == 0
    different = hamlet.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, lines=[], entry="lower"
    )
    assert different.state == "adjusted"
    assert hamlet.sandbox.balance("NPR").amount == 0


@pytest.mark.attack(36)
def test_a_refund_races_the_payout(pair: tuple[Hamlet, Marketplace]) -> None:
    """Refunded while it is paid out: what left us is booked, the rest is the driver's debt.

    They take turns at the driver's earnings, so neither is refused.
    """
    hamlet, other = pair
    for _ in range(2):
        ride = hamlet.settled()
        hamlet.town.online(hamlet.wheels)

        def refund(market: Marketplace, ride: Transaction = ride) -> object:
            return market.transactions.follow_up(
                ride.id, "adjustment", by=OPERATOR, lines=[], entry="lower"
            )

        paid, refunded = at_once(
            partial(hamlet.market.payouts.run, by=OPERATOR), partial(refund, other)
        )
        assert losers([paid, refunded]) == []
        hamlet.rest(days=3)
        balanced(hamlet)
        (payment,) = hamlet.market.transactions.payments(ride.id, by=OPERATOR)
        assert payment.refunded == payment.captured
        accounts = hamlet.town.accounts(hamlet.driver)
        assert set(accounts) <= {"provider payable", "provider receivable"}
        assert all(amount > 0 for amount in accounts.values())


class Slowly:
    """A look at earnings in one thread after which another has time to change them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here = threading.local()
        self.looked = threading.Event()
        look = Ledger.balance

        def balance(ledger: Ledger, account: Account) -> Balance:
            found = look(ledger, account)
            if getattr(self.here, "slow", False) and account.purpose is Purpose.PAYABLE:
                self.looked.set()
                time.sleep(0.5)
            return found

        monkeypatch.setattr(Ledger, "balance", balance)

    def first(self, do: Callable[[], object]) -> object:
        """Do it slowly."""
        self.here.slow = True
        return do()

    def then(self, do: Callable[[], object]) -> object:
        """Do it once the other has looked."""
        assert self.looked.wait(30)
        return do()


def _in_between(
    pair: tuple[Hamlet, Marketplace], slowly: Slowly, *, refund_first: bool
) -> tuple[object, object]:
    """A payout and a refund, one of which looks at the earnings before the other changes them."""
    hamlet, other = pair
    ride = hamlet.settled()
    pay = partial(hamlet.market.payouts.run, by=OPERATOR)
    adjust = other.transactions.follow_up
    refund = partial(adjust, ride.id, "adjustment", by=OPERATOR, lines=[], entry="lower")
    if refund_first:
        refunded, paid = at_once(partial(slowly.first, refund), partial(slowly.then, pay))
    else:
        paid, refunded = at_once(partial(slowly.first, pay), partial(slowly.then, refund))
    return paid, refunded


@pytest.mark.attack(36)
@pytest.mark.invariant(7)
@pytest.mark.parametrize("refund_first", [True, False])
def test_whoever_decides_by_earnings_holds_them(
    pair: tuple[Hamlet, Marketplace], monkeypatch: pytest.MonkeyPatch, refund_first: bool
) -> None:
    """One looks at the driver's earnings, the other waits until they are written: neither is
    refused, the rider has all of it back, and what was paid out before is the driver's debt."""
    hamlet, _ = pair
    paid, refunded = _in_between(pair, Slowly(monkeypatch), refund_first=refund_first)
    assert losers([paid, refunded]) == []
    assert isinstance(paid, list)
    hamlet.rest(days=3)
    balanced(hamlet)
    owes = {} if refund_first else {"provider receivable": 16_745}
    assert hamlet.town.accounts(hamlet.driver) == owes
    assert len(paid) == (0 if refund_first else 1)
    assert hamlet.town.accounts(hamlet.rider) == {}


@pytest.mark.attack(36)
def test_without_the_lock_a_refund_is_lost(
    pair: tuple[Hamlet, Marketplace], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """The negative control: where nobody holds what he looked at, the refund that found earnings
    is refused because the payout took them. SQLite has one writer at a time and needs no lock."""
    monkeypatch.setattr(Ledger, "lock", lambda ledger, accounts: None)
    found = _in_between(pair, Slowly(monkeypatch), refund_first=True)
    lost = [one.code for one in losers(list(found))]
    assert lost == ([] if database_url.startswith("sqlite") else ["overdrawn"])


def _bank_and_payout(
    pair: tuple[Hamlet, Marketplace], slowly: Slowly, *, bank_first: bool
) -> tuple[object, object]:
    """A payout and a chargeback, one of which looks at the earnings before the other's change."""
    hamlet, other = pair
    ride = hamlet.settled()
    (payment,) = hamlet.market.transactions.payments(ride.id, by=OPERATOR)
    hamlet.sandbox.take_back(str(payment.reference), payment.captured)
    pay = partial(hamlet.market.payouts.run, by=OPERATOR)
    bank = partial(
        other.chargebacks.opened,
        payment.id,
        amount=Money(payment.captured, payment.currency),
        reference="du_1",
        cause="fraudulent",
    )
    if bank_first:
        opened, paid = at_once(partial(slowly.first, bank), partial(slowly.then, pay))
    else:
        paid, opened = at_once(partial(slowly.first, pay), partial(slowly.then, bank))
    return paid, opened


@pytest.mark.attack(61)
@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("bank_first", [True, False])
def test_a_chargeback_races_the_payout(
    pair: tuple[Hamlet, Marketplace], monkeypatch: pytest.MonkeyPatch, bank_first: bool
) -> None:
    """Whoever looks at the earnings first holds them: set aside in time they are not paid out, and
    paid out in time they are the driver's debt once the chargeback is lost; neither is refused."""
    hamlet, _ = pair
    paid, opened = _bank_and_payout(pair, Slowly(monkeypatch), bank_first=bank_first)
    assert losers([paid, opened]) == []
    assert isinstance(opened, Chargeback)
    assert isinstance(paid, list)
    assert len(paid) == (0 if bank_first else 1)
    hamlet.market.chargebacks.lost(opened.id)
    hamlet.rest(days=3)
    balanced(hamlet)
    owes = {} if bank_first else {"provider receivable": 16_745}
    assert hamlet.town.accounts(hamlet.driver) == owes


@pytest.mark.attack(61)
def test_without_the_lock_a_payout_takes_what_is_set_aside(
    pair: tuple[Hamlet, Marketplace], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """The negative control: where nobody holds what he looked at, the chargeback that found
    earnings cannot be booked. SQLite has one writer at a time and needs no lock."""
    monkeypatch.setattr(Ledger, "lock", lambda ledger, accounts: None)
    found = _bank_and_payout(pair, Slowly(monkeypatch), bank_first=True)
    lost = [one.code for one in losers(list(found))]
    assert lost == ([] if database_url.startswith("sqlite") else ["overdrawn"])


@pytest.mark.attack(37)
def test_a_capture_races_a_void(pair: tuple[Hamlet, Marketplace]) -> None:
    """Driver finishes while the operator calls the ride off: one of them, and the books agree."""
    hamlet, other = pair
    for _ in range(ROUNDS):
        ride = hamlet.started()
        take, there = hamlet.market.transactions.take, other.transactions.take
        found = at_once(
            partial(take, ride.id, "finish", by=hamlet.driver),
            partial(there, ride.id, "call_off", by=OPERATOR, reason="a complaint"),
        )
        assert len(losers(found)) == 1
        assert isinstance(losers(found)[0], Conflict | Refused)
        now = hamlet.now(ride)
        card = _card(hamlet, ride)
        (charge,) = [one for one in hamlet.sandbox.charges() if one["reference"] == card]
        (payment,) = hamlet.market.transactions.payments(ride.id, by=OPERATOR)
        assert (charge["held"], charge["captured"]) == (0, payment.captured)
        assert (payment.captured > 0) == (now.state == "completed")
        assert now.state in ("completed", "cancelled")
        hamlet.clock.advance(70 * MINUTE)
        hamlet.market.tick()
        balanced(hamlet)


def _card(hamlet: Hamlet, ride: Transaction) -> str | None:
    return hamlet.market.transactions.payments(ride.id, by=OPERATOR)[0].reference


@pytest.mark.attack(35, 36)
def test_a_refund_that_only_looks_first_is_given_twice(database_url: str) -> None:
    """The negative control: read what was given back, then write, and both give it back."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE naive (refunded INTEGER)"))
        connection.execute(sa.text("INSERT INTO naive VALUES (0)"))
    given: list[int] = []
    looked = threading.Barrier(2)

    def refund() -> None:
        with engine.connect() as connection:
            before = connection.execute(sa.text("SELECT refunded FROM naive")).scalar_one()
            connection.rollback()
        looked.wait(30)
        if before == 0:
            with engine.begin() as connection:
                connection.execute(sa.text("UPDATE naive SET refunded = 100"))
            given.append(100)

    at_once(refund, refund)
    engine.dispose()
    assert sum(given) == 200


@pytest.mark.attack(39)
def test_one_driver_is_offered_one_ride_at_a_time(pair: tuple[Hamlet, Marketplace]) -> None:
    """Two dispatchers at once put a driver's attention to one ride, never to two."""
    hamlet, other = pair
    for number in range(3):
        hamlet.opened(rider=hamlet.town.rider(f"Rider {number}"))
    hamlet.town.online(hamlet.wheels)
    at_once(
        lambda: hamlet.market.matching.dispatch("rides"),
        lambda: other.matching.dispatch("rides"),
    )
    offers = hamlet.market.offers.list(by=OPERATOR, state="made").items
    assert len(offers) == 1
    assert hamlet.market.offers.accept(offers[0].id, by=hamlet.driver).state == "accepted"
