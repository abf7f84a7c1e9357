"""The process of a ride: who may take which row, and that nobody's absence freezes anything."""

from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    CLOCK,
    CUSTOMER,
    DAY,
    OPERATOR,
    PAYMENT_PROVIDER,
    PROVIDER,
    Expired,
    Forbidden,
    IllegalTransition,
    NotFound,
    ProcessError,
    Purpose,
    Role,
    Transition,
    prove_all,
)
from marketplace.plugins.cash import CASH
from marketplace.plugins.rides import ride
from marketplace.plugins.sandbox import CARD
from marketplace.plugins.wallet import WALLET
from tests.support.ride_world import Driver, Town

RIDE = ride()
REACHED = ("searching", "offered", "accepted", "arriving", "arrived", "started", "completed")


def brought_to(town: Town, state: str, rider: Any, driver: Driver, pay: str = "card") -> Any:
    """A ride in this state."""
    if state in ("searching", "offered"):
        deal = town.order(rider, pay)
        if state == "offered":
            town.dispatch()
        return town.now(deal)
    if state in ("accepted", "arriving"):
        deal = town.accepted(rider, driver, pay)
        return deal if state == "accepted" else town.take(deal, "set_out", driver)
    told = {"arrived": town.arrived, "started": town.started, "completed": town.finished}
    return told[state](rider, driver, pay)


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize("state", REACHED)
def test_each_row_is_for_its_actors_alone(town: Town, state: str) -> None:
    """In every state every row that is not an actor's own is refused with what the actor may do,
    and changes nothing; whoever sits in no seat finds no such transaction at all."""
    sita, ram, stranger = town.rider(), town.driver(), town.rider("Gita")
    deal = town.now(brought_to(town, state, sita, ram))
    assert deal.state == state
    actors: dict[Role, Any] = {
        CUSTOMER: sita,
        OPERATOR: OPERATOR,
        CLOCK: CLOCK,
        PAYMENT_PROVIDER: PAYMENT_PROVIDER,
    }
    if deal.listing_id is not None:
        actors[PROVIDER] = ram.party
    before = town.moves(deal)
    tried = 0
    for name in sorted({row.name for row in RIDE.transitions}):
        row = RIDE.row(name, state)
        for role, by in actors.items():
            if row is not None and role in row.who:
                continue
            with pytest.raises((Forbidden, IllegalTransition, Expired), match="may"):
                town.market.transactions.take(deal.id, name, by=by)
            tried += 1
        with pytest.raises(NotFound, match="no transaction"):
            town.market.transactions.take(deal.id, name, by=stranger)
    assert tried > 60
    assert town.now(deal) == deal
    assert town.moves(deal) == before


@pytest.mark.behaviour("C8")
def test_the_ids_of_others_reveal_nothing(town: Town) -> None:
    """What is said of somebody else's transaction, request, quote, offer or dispute is word for
    word what is said of one that does not exist."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    request, quote = town.quote(sita)
    deal = town.order(sita, "card")
    town.dispatch()
    market, offer = town.market, town.offer_to(ram)
    asked = {
        deal.id: (
            lambda one: market.transactions.get(one, by=gita),
            lambda one: market.transactions.take(one, "cancel", by=gita),
            lambda one: market.transactions.terms(one, by=gita),
            lambda one: market.ledger.of_transaction(one, by=gita),
            lambda one: market.why.transaction(one, by=gita),
        ),
        request.id: (
            lambda one: market.requests.get(one, by=gita),
            lambda one: market.requests.withdraw(one, by=gita),
            lambda one: market.matching.find(one, by=gita),
        ),
        quote.id: (
            lambda one: market.quotes.get(one, by=gita),
            lambda one: market.why.quote(one, by=gita),
        ),
        offer: (
            lambda one: market.offers.get(one, by=gita),
            lambda one: market.offers.accept(one, by=gita),
            lambda one: market.offers.decline(one, by=gita),
        ),
    }
    for real, ways in asked.items():
        invented = real[:-4] + "zzzz"
        for way in ways:
            said = []
            for one in (real, invented):
                with pytest.raises(NotFound) as missing:
                    way(one)
                said.append((str(missing.value).replace(one, "ID"), missing.value.code))
            assert said[0] == said[1]
    assert market.transactions.list(by=gita).items == ()


@pytest.mark.behaviour("C23")
@pytest.mark.parametrize("pay", ["card", "wallet", "cash"])
@pytest.mark.parametrize("state", REACHED)
def test_when_everybody_is_gone_the_clock_alone_frees_all(town: Town, state: str, pay: str) -> None:
    """From every state that holds money or capacity the clock alone, with both parties and the
    operator absent for ever, comes to a final state: nothing held, nothing in escrow, the driver's
    vehicle free, and a completed ride paid."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 30_000, "slip")
    deal = brought_to(town, state, sita, ram, pay)
    for _ in range(20):
        town.wait(DAY)
        if town.now(deal).ended_at is not None:
            break
    deal = town.now(deal)
    assert deal.state in RIDE.final
    assert [one.held for one in town.market.transactions.payments(deal.id, by=OPERATOR)] == [0]
    assert town.balance(deal.id, Purpose.ESCROW) == 0
    paid = state in ("started", "completed")
    earned = town.market.ledger.balance(ram.id, "NPR", by=OPERATOR).amount
    assert earned == ((16_745 if pay != "cash" else -2_955) if paid else 0)
    assert town.balance(sita, Purpose.WALLET) == (10_300 if paid and pay == "wallet" else 30_000)
    assert town.sandbox.balance("NPR").amount == (19_700 if paid and pay == "card" else 0)
    town.online(ram)
    town.order(sita, "cash")
    assert len(town.dispatch()) == 1


@pytest.mark.behaviour("C23")
@pytest.mark.parametrize(
    ("row", "state"), [("ride_over", "started"), ("settle", "completed"), ("expire", "searching")]
)
def test_a_process_that_one_absent_party_could_freeze_cannot_be_made(row: str, state: str) -> None:
    """Without the clock's way out of a state that holds money, the process is refused with the
    name of that state."""
    rows = [one for one in RIDE.transitions if one.name != row]
    with pytest.raises(ProcessError, match=f"'{state}'"):
        evolve(RIDE, transitions=rows)


@pytest.mark.behaviour("C23")
def test_a_ride_is_proved_for_every_way_to_pay() -> None:
    """The process holds what it promises for card, wallet, cash and all of them together."""
    proofs = prove_all(RIDE, [CARD, WALLET, CASH])
    assert len(proofs) == 4
    assert [fault for proof in proofs for fault in proof.faults] == []


def test_a_row_may_not_be_taken_twice(town: Town) -> None:
    """What was done is not done again: the same row without a key is refused the second time."""
    sita, ram = town.rider(), town.driver()
    deal = town.arrived(sita, ram, "card")
    with pytest.raises(IllegalTransition, match="may not arrive when arrived"):
        town.take(deal, "arrive", ram)
    assert isinstance(RIDE.row("arrive", "accepted"), Transition)
