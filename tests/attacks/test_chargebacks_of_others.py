"""Chargebacks of another payment provider's thing of the same name, and what comes later."""

from typing import Any

import pytest
from attrs import define, evolve

from marketplace import (
    OPERATOR,
    Answer,
    Chargeback,
    InvalidInput,
    Order,
    Pay,
    Purpose,
    Receipt,
    Transaction,
)
from marketplace.plugins.sandbox import CARD, Sandbox
from tests.support.ride_world import OpenTown, Town
from tests.support.told import agrees, deliver, made_up, payment

SAME = "1001"
"""What both payment providers call their first charge: many number theirs."""


@define(eq=False)
class Numbered(Sandbox):
    """A sandbox that calls every charge, and every chargeback, by the same number."""

    def carry_out(self, order: Order) -> Answer:
        """As any sandbox does."""
        answer = super().carry_out(order)
        with self._kept.turn() as kept:
            for table in ("charge", "asked_about", "moved", "challenge"):
                text = f"UPDATE {table} SET reference = ? WHERE reference = ?"
                kept.rows(text, SAME, answer.reference)
            text = "UPDATE asked SET answer = replace(answer, ?, ?)"
            kept.rows(text, answer.reference, SAME)
        return evolve(answer, reference=SAME) if answer.reference else answer


@define
class Two:
    """A town with two payment providers, and a ride paid at each."""

    town: Town
    other: Numbered
    mine: Transaction
    others: Transaction

    def told(self, provider: Sandbox) -> list[Receipt]:
        """All that one of them tells."""
        receive = self.town.market.payments.receive
        return [receive(provider.name, body, headers) for body, headers in provider.notices()]

    def chargebacks(self) -> dict[str, list[tuple[int, str]]]:
        """By deal: how much was taken back, and what became of it."""
        found: dict[str, list[tuple[int, str]]] = {}
        for one in self.town.market.chargebacks.list(by=OPERATOR):
            found.setdefault(one.transaction_id, []).append((one.amount, one.state))
        return found


@pytest.fixture
def two(open_town: OpenTown) -> Two:
    """Both count their charges from the same number."""
    town_bank = Numbered(secrets=("whsec_one",))
    other = Numbered(name="other", methods=(evolve(CARD, name="purse"),), secrets=("whsec_other",))
    town = open_town(sandbox=town_bank, plugins=[other])
    town_bank.now = other.now = town.clock.now
    ram = town.driver()
    mine = town.settled(town.rider(), ram, Pay("card"))
    others = town.settled(town.rider("Gita"), ram, Pay("purse"))
    assert payment(town, mine).reference == payment(town, others).reference == SAME
    return Two(town, other, mine, others)


@pytest.mark.attack(50, 51)
def test_a_bank_takes_back_from_its_own_deals_alone(two: Two) -> None:
    """Two payment providers have a charge of one name: what the one's bank takes back is taken of
    the deal that was paid there, all of it, and the other's end ends none of the first's."""
    taken = two.other.take_back(SAME, 4_000)
    assert [one.notice.state for one in two.told(two.other)] == ["taken"]
    assert two.chargebacks() == {two.others.id: [(4_000, "open")]}
    assert two.town.sandbox.take_back(SAME, 3_000) == taken
    assert [one.notice.state for one in two.told(two.town.sandbox)] == ["taken"]
    two.other.keep(taken)
    assert [one.notice.state for one in two.told(two.other)] == ["taken"]
    assert two.chargebacks() == {two.others.id: [(4_000, "lost")], two.mine.id: [(3_000, "open")]}
    for provider in ("sandbox", "other"):
        assert two.town.market.ledger.reconcile(provider).clean


@pytest.mark.attack(51)
def test_whoever_tells_of_a_name_that_two_have_says_of_which(two: Two) -> None:
    """The operator's own word of a charge, or of a chargeback, that two payment providers call so
    is refused with what to say instead, and writes nothing."""
    back, amount = two.town.market.chargebacks, two.town.money(1_000)
    with pytest.raises(InvalidInput, match="other and sandbox each") as no:
        back.opened_of(SAME, by=OPERATOR, amount=amount, reference="cb", cause="fraud")
    assert no.value.code == "several_providers"
    assert two.chargebacks() == {}
    for ride in (two.mine, two.others):
        back.opened(payment(two.town, ride).id, amount=amount, reference="cb", cause="fraud")
    with pytest.raises(InvalidInput, match=r"chargebacks\.won"):
        back.ended_of("cb", by=OPERATOR, won=True)
    assert {state for found in two.chargebacks().values() for _, state in found} == {"open"}
    for provider in (two.town.sandbox, two.other):
        provider.take_back(SAME, 1_000)


def only(town: Town) -> Chargeback:
    """The one chargeback that there is."""
    (one,) = town.market.chargebacks.list(by=OPERATOR)
    return one


def keeps(town: Town, name: str, fee: int) -> None:
    """The payment provider takes so much more for a chargeback, days after it."""
    with town.sandbox._kept.turn() as kept:
        kept.rows("UPDATE chargeback SET fee = fee + ? WHERE reference = ?", fee, name)
        kept.moved("chargeback fee", name, 0, "NPR", fee)


@pytest.mark.behaviour("C12")
@pytest.mark.invariant(7)
def test_a_fee_that_comes_later_is_booked_once(town: Town) -> None:
    """What the payment provider keeps for a chargeback grows while it is open, as for answering it:
    the books follow, told twice once, and what it gives back of all of it too."""
    ride = town.settled(town.rider(), town.driver(), "card")
    name = town.sandbox.take_back(str(payment(town, ride).reference), 5_000, fee=200)
    assert [one.notice.state for one in deliver(town)] == ["taken"]
    for more in (1_500, 0):
        keeps(town, name, more)
        for again in range(2):
            sent = made_up(town.sandbox, name, id=f"again {more} {again}")
            assert [one.notice.state for one in deliver(town, sent)] == ["taken"]
        assert (only(town).fee, town.house(Purpose.PROCESSOR_FEES)) == (1_700, 1_700)
        assert agrees(town)
        assert town.market.ledger.reconcile("sandbox").clean
    town.sandbox.give_back(str(payment(town, ride).reference), 5_000, fee=1_700)
    assert [one.notice.state for one in deliver(town)] == ["taken"]
    assert (only(town).state, town.house(Purpose.PROCESSOR_FEES)) == ("won", 0)
    assert agrees(town)
    assert town.market.ledger.reconcile("sandbox").clean


@pytest.mark.attack(50)
@pytest.mark.invariant(43)
def test_an_end_that_the_books_cannot_follow_is_told_and_not_lost(town: Town) -> None:
    """More of a fee is given back than was kept: the notice is in the inbox as a difference, the
    deal's money waits for the operator, the chargeback stands as it did, and nobody is told of
    anything that was undone."""
    ride = town.settled(town.rider(), town.driver(), "card")
    town.sandbox.take_back(str(payment(town, ride).reference), 5_000, fee=100)
    deliver(town)
    with town.sandbox._kept.turn() as kept:
        kept.rows("UPDATE chargeback SET state = 'won', fee_returned = 150")
        kept.tell("chargeback.won", only(town).reference)
    (receipt,) = deliver(town)
    assert (receipt.outcome, receipt.notice.state) == ("taken", "differs")
    assert "of its fee is returned" in str(receipt.notice.reasons[0].params["said"])
    assert (only(town).state, only(town).fee) == ("open", 100)
    kinds = {one.kind for one in town.market.disputes.list(by=OPERATOR)}
    assert kinds == {"chargeback", "difference"}
    assert agrees(town)


@pytest.mark.invariant(43)
def test_of_what_was_undone_nobody_is_told(town: Town) -> None:
    """A chargeback that was written and undone, since not all of it could be, leaves no event."""
    ride = town.settled(town.rider(), town.driver(), "card")
    charge = str(payment(town, ride).reference)
    market, began = town.market, len(events(town, ride))
    back: Any = market.payments._chargebacks
    opens = back.open_each

    def then_no(*given: Any) -> Any:
        opens(*given)
        raise InvalidInput("after all")

    back.open_each = then_no
    town.sandbox.take_back(charge, 5_000)
    (receipt,) = deliver(town)
    back.open_each = opens
    assert receipt.notice.state == "differs"
    assert [one for one in events(town, ride)[began:] if "chargeback" in one] == []
    assert market.chargebacks.list(by=OPERATOR).items == ()
    assert [one.code for one in receipt.notice.reasons] == ["payment_differs"]
    back.opened_of(charge, amount=town.money(5_000), reference=receipt.notice.about, cause="late")


def events(town: Town, ride: Transaction) -> list[str]:
    """What was told about a ride, by kind."""
    with town.market.context.store.begin(write=False) as work:
        return [one.kind for one in work.events.about(ride.id)]


@pytest.mark.attack(51)
def test_a_yes_at_one_bank_is_not_hidden_by_a_hold_of_the_other(open_town: OpenTown) -> None:
    """Both count from the same number, and the other's hold of that name stands: the rider who says
    yes at his own bank goes on all the same."""
    bank = Numbered(secrets=("whsec_one",))
    other = Numbered(name="other", methods=(evolve(CARD, name="purse"),), secrets=("whsec_other",))
    town = open_town(sandbox=bank, plugins=[other])
    bank.now = other.now = town.clock.now
    assert town.order(town.rider("Gita"), Pay("purse")).state == "searching"
    ride = town.order(town.rider(), Pay("card", means="tok_challenged"))
    assert ride.state == "challenged"
    bank.confirm(SAME)
    deliver(town)
    (held,) = [one["held"] for one in bank.charges()]
    assert (town.now(ride).state, payment(town, ride).held) == ("searching", held)


def test_a_yes_at_one_bank_waits_for_the_yes_at_the_other(open_town: OpenTown) -> None:
    """A ride paid by two cards at two payment providers, both of which ask: it goes on when the
    rider said yes at both, whichever was first, with what each has set aside and no more."""
    banks = [
        Sandbox(secrets=("whsec_one",)),
        Sandbox(name="other", methods=(evolve(CARD, name="purse"),), secrets=("whsec_other",)),
    ]
    town = open_town(sandbox=banks[0], plugins=[banks[1]])
    for bank in banks:
        bank.now = town.clock.now
    part = Pay("card", means="tok_challenged", amount=town.money(5_000))
    ride = town.order(town.rider(), [part, Pay("purse", means="tok_challenged")])
    for bank, state in zip(banks, ("challenged", "searching"), strict=True):
        (asked,) = bank.asking()
        bank.confirm(asked)
        for body, headers in bank.notices():
            town.market.payments.receive(bank.name, body, headers)
        assert town.now(ride).state == state
    assert [len(bank.charges()) for bank in banks] == [1, 1]
    assert town.market.payments.waiting() == []
