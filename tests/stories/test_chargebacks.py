"""Chargebacks: a bank takes a payment back, and nobody is paid twice or forgotten."""

from typing import Any

import pytest
from attrs import define, evolve

from marketplace import (
    DAY,
    OPERATOR,
    SECOND,
    Bring,
    Chargeback,
    ChargebackTerms,
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    Money,
    NotFound,
    Pay,
    Payment,
    PayoutPlan,
    Purpose,
    Transaction,
    customer_owes,
    hookimpl,
)
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import NOT_BACK
from tests.support.ride_world import OpenTown, Town

FEE = 1_500


@define
class RidesWhoseLossIsBorneBy(Rides):
    """Rides with other terms for chargebacks."""

    terms: ChargebackTerms = ChargebackTerms()  # noqa: RUF009

    @hookimpl
    def bring(self) -> Bring:
        """The same trade, but for who bears a loss."""
        brought = super().bring()
        verticals = tuple(evolve(one, chargebacks=self.terms) for one in brought.verticals)
        return evolve(brought, verticals=verticals)


def borne_by(amount: str, fee: str = "operator") -> Rides:
    """Rides in which these bear a lost chargeback."""
    terms = ChargebackTerms(amount=amount, fee=fee)  # type: ignore[arg-type]
    return RidesWhoseLossIsBorneBy(fare=kathmandu_bike(), terms=terms)


def payment(town: Town, ride: Transaction, party: str | None = None) -> Payment:
    """The ride's card payment (of one party)."""
    found = town.market.payments.list(by=OPERATOR, limit=100).items
    mine = [one for one in found if one.transaction_id == ride.id]
    return next(one for one in mine if party in (None, one.party_id))


def taken_back(
    town: Town, ride: Transaction, amount: int | None = None, fee: int = 0, **more: Any
) -> Chargeback:
    """The bank takes the ride's payment back, and the payment provider reports it."""
    of = payment(town, ride, more.pop("party", None))
    whole = of.captured if amount is None else amount
    assert of.reference is not None
    name = more.pop("reference", f"du_{ride.id}")
    town.sandbox.take_back(of.reference, whole, fee)
    return town.market.chargebacks.opened(
        of.id,
        amount=town.money(whole),
        fee=town.money(fee),
        reference=name,
        cause="fraudulent",
        **more,
    )


def won(town: Town, one: Chargeback, fee: int = 0) -> Chargeback:
    """The bank gives it back."""
    of = next(p for p in town.market.payments.list(by=OPERATOR) if p.id == one.payment_id)
    town.sandbox.give_back(str(of.reference), one.amount, fee)
    return town.market.chargebacks.won(one.id, fee_returned=town.money(fee))


def agrees(town: Town) -> bool:
    """What the books say lies with the payment provider lies there."""
    return town.house(Purpose.PROCESSOR_CLEARING) == town.sandbox.balance(town.currency).amount


def suspense(town: Town, ride: Transaction) -> int:
    """What a bank took of a ride and nobody bears."""
    return town.balance(ride.id, Purpose.DISPUTE)


def earned(town: Town, ride: Transaction) -> tuple[int, int]:
    """What a ride gave the driver and the marketplace."""
    fee = town.fee(ride)
    return town.due(ride) - fee, fee


@pytest.mark.behaviour("C12", "C15")
@pytest.mark.invariant(19)
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_chargeback_freezes_the_deal_and_is_won_or_lost(town: Town, outcome: str) -> None:
    """A bank that takes a ride's price back before it is settled stops the settlement, however
    often the clock comes; when it gives the money back everybody gets what the ride gives, and
    when it keeps the money nobody gets anything of it and nobody owes anything."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    one = taken_back(town, ride, fee=FEE)
    price = town.due(ride)
    assert (suspense(town, ride), town.house(Purpose.PROCESSOR_FEES)) == (price, FEE)
    assert agrees(town)
    town.wait(3 * DAY)
    assert (town.balance(ride.id, Purpose.ESCROW), town.accounts(ram)) == (price, {})
    if outcome == "won":
        assert won(town, one).state == "won"
    else:
        assert town.market.chargebacks.lost(one.id).state == "lost"
    town.wait(DAY)
    driver, house = earned(town, ride) if outcome == "won" else (0, 0)
    assert town.accounts(ram).get("provider payable", 0) == driver
    assert town.house(Purpose.REVENUE) == house
    assert (town.balance(ride.id, Purpose.ESCROW), suspense(town, ride)) == (0, 0)
    assert (town.accounts(sita), agrees(town)) == ({}, True)
    said = [because.text for because in town.market.why.transaction(ride.id, by=sita)]
    assert any("bank took" in text and "fraudulent" in text for text in said)


@pytest.mark.behaviour("C12")
@pytest.mark.attack(61)
def test_what_was_earned_is_set_aside_and_not_paid_out(town: Town) -> None:
    """Earnings of a settled ride that are still there cannot be paid out while its bank decides,
    those of other rides can; won, they can again; lost, they are gone and nothing is owed."""
    sita, ram = town.rider(), town.driver()
    market = town.market
    ride = town.settled(sita, ram, "card")
    driver, house = earned(town, ride)
    one = taken_back(town, ride)
    (reason,) = [bal for bal in market.ledger.balances(ram.id, by=ram.party) if bal.posted]
    assert (reason.posted, reason.available) == (driver, 0)
    assert market.payouts.run() == []
    other = town.settled(town.rider("Gita"), ram, "card")
    assert [out.amount for out in market.payouts.run()] == [earned(town, other)[0]]
    won(town, one)
    assert [out.amount for out in market.payouts.run()] == [driver]
    third = town.settled(town.rider("Maya"), ram, "card")
    market.chargebacks.lost(taken_back(town, third).id)
    paid = driver + earned(town, other)[0]
    assert town.accounts(ram) == {"payout in transit": paid}
    assert town.house(Purpose.REVENUE) == house + town.fee(other)
    assert (suspense(town, third), agrees(town)) == (0, True)


@pytest.mark.behaviour("C10", "C12")
@pytest.mark.attack(61)
def test_a_loss_after_the_payout_is_a_debt_that_is_netted(open_town: OpenTown) -> None:
    """A driver who was paid before the bank took the price back owes his part, and no more; his
    next ride pays it before he is paid; the commission is given back, and named as such."""
    town = open_town(payouts=PayoutPlan())
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    driver, _ = earned(town, ride)
    town.market.payouts.run()
    town.market.chargebacks.lost(taken_back(town, ride).id)
    assert town.accounts(ram) == {"provider receivable": driver, "payout in transit": driver}
    assert (town.house(Purpose.REVENUE), suspense(town, ride)) == (0, 0)
    other = town.settled(town.rider("Gita"), ram, "card")
    left = max(earned(town, other)[0] - driver, 0)
    assert town.accounts(ram).get("provider payable", 0) == left
    kinds = [move[0] for move in town.moves(ride)]
    assert kinds[-1] == "chargeback borne"


@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("who", ["everybody", "provider", "customer", "operator"])
def test_whoever_the_trade_names_bears_the_loss(open_town: OpenTown, who: str) -> None:
    """The loss of a settled ride is borne by whom the trade names, to the last paisa; a customer
    who bears it owes it on the next ride."""
    town = open_town(rides=borne_by(who))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    driver, house = earned(town, ride)
    price = driver + house
    town.market.chargebacks.lost(taken_back(town, ride).id)
    expected = {
        "everybody": ({}, 0, 0, {}),
        "provider": ({"provider receivable": price - driver}, house, 0, {}),
        "customer": ({"provider payable": driver}, house, 0, {"customer receivable": price}),
        "operator": ({"provider payable": driver}, house, price, {}),
    }[who]
    found = (town.accounts(ram), town.house(Purpose.REVENUE), town.house(Purpose.BAD_DEBT))
    assert (*found, town.accounts(sita)) == expected
    assert (suspense(town, ride), agrees(town)) == (0, True)
    dues = town.market.payments.dues(by=sita)
    assert [one.left for one in dues] == ([price] if who == "customer" else [])


@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("who", ["provider", "customer", "operator"])
def test_the_fee_of_a_lost_chargeback_has_a_bearer(open_town: OpenTown, who: str) -> None:
    """The payment provider's fee is an expense from the first moment on; after a loss whoever the
    trade names pays it, and a bank that changes its mind makes that good."""
    town = open_town(rides=borne_by("operator", who))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    driver, _ = earned(town, ride)
    before = {"provider payable": driver}
    one = taken_back(town, ride, fee=FEE)
    assert town.house(Purpose.PROCESSOR_FEES) == FEE
    town.market.chargebacks.lost(one.id)
    assert town.house(Purpose.PROCESSOR_FEES) == (FEE if who == "operator" else 0)
    assert town.accounts(ram) == (
        {"provider payable": driver - FEE} if who == "provider" else before
    )
    assert town.accounts(sita) == ({"customer receivable": FEE} if who == "customer" else {})
    won(town, one, fee=FEE)
    assert (town.house(Purpose.PROCESSOR_FEES), town.house(Purpose.BAD_DEBT)) == (0, 0)
    assert (town.accounts(ram), town.accounts(sita), agrees(town)) == (before, {}, True)


@pytest.mark.attack(57, 62)
@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_refund_waits_for_the_bank_and_is_never_a_second_one(town: Town, outcome: str) -> None:
    """A rider whose bank took the price back and who cancels free of charge is not refunded while
    the bank decides: won, the refund is paid; lost, nothing more is given. Out of what was taken
    once goes as much as was taken, and no more."""
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    price = town.due(ride)
    town.wait(2 * DAY)
    one = taken_back(town, ride)
    correction: dict[str, Any] = {"by": OPERATOR, "entry": "lower", "lines": []}
    with pytest.raises(Conflict, match="disput"):
        town.market.transactions.follow_up(ride.id, "adjustment", **correction)
    if outcome == "won":
        won(town, one)
    else:
        town.market.chargebacks.lost(one.id)
    town.market.transactions.follow_up(ride.id, "adjustment", **correction)
    town.wait(DAY)
    out = [one.amount.amount for one in town.sandbox.movements() if one.kind == "refund"]
    assert out == ([-price] if outcome == "won" else [])
    assert town.sandbox.balance(town.currency).amount == 0
    assert (town.accounts(sita), town.accounts(ram)) == ({}, {})
    assert (town.balance(ride.id, Purpose.ESCROW), suspense(town, ride)) == (0, 0)
    assert agrees(town)


@pytest.mark.attack(62)
@pytest.mark.behaviour("C12")
@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_bank_that_is_faster_than_a_refund_is_not_paid_twice(
    open_town: OpenTown, outcome: str
) -> None:
    """A refund that is on its way when the bank takes the price back comes to nothing; it does not
    become the rider's credit besides, unless the bank gives the price back."""
    town = open_town(eager=False)
    sita, ram = town.rider(), town.driver()
    quoted = town.order(sita, Pay("card", means=NOT_BACK))
    town.market.tick()
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    town.wait(4 * 60 * SECOND)
    town.online(ram, state="on trip")
    town.take(quoted, "arrive", ram)
    town.take(quoted, "start", ram, code=town.code(quoted))
    town.take(quoted, "finish", ram)
    town.market.tick()
    town.wait(2 * DAY)
    ride = town.now(quoted)
    price = town.due(ride)
    correction: dict[str, Any] = {"by": OPERATOR, "entry": "lower", "lines": []}
    town.market.transactions.follow_up(ride.id, "adjustment", **correction)
    one = taken_back(town, ride)
    town.market.tick()
    assert town.accounts(sita) == {}
    if outcome == "won":
        won(town, one)
    else:
        town.market.chargebacks.lost(one.id)
    town.wait(DAY)
    assert town.accounts(sita) == ({"wallet": price} if outcome == "won" else {})
    assert (town.balance(ride.id, Purpose.ESCROW), suspense(town, ride)) == (0, 0)
    assert (town.accounts(ram), town.house(Purpose.BAD_DEBT), agrees(town)) == ({}, 0, True)


@pytest.mark.behaviour("C12")
def test_a_bank_that_says_nothing_keeps_what_it_has(town: Town) -> None:
    """Half a year without a word is a loss, by the clock alone; a bank that gives the money back
    later makes everybody whole, however late."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    driver, house = earned(town, ride)
    one = taken_back(town, ride)
    town.wait(179 * DAY)
    assert town.market.chargebacks.get(one.id, by=ram.party).state == "open"
    town.wait(2 * DAY)
    assert town.market.chargebacks.get(one.id, by=sita).state == "lost"
    assert town.accounts(ram) == {}
    won(town, one)
    assert (town.accounts(ram), town.house(Purpose.REVENUE)) == (
        {"provider payable": driver},
        house,
    )
    assert (suspense(town, ride), agrees(town)) == (0, True)
    town.sandbox.take_back(str(payment(town, ride).reference), one.amount)
    town.market.chargebacks.lost(one.id)
    assert (town.accounts(ram), suspense(town, ride), agrees(town)) == ({}, 0, True)


@pytest.mark.behaviour("C5", "C12")
@pytest.mark.attack(48)
def test_a_chargeback_told_often_counts_once(town: Town) -> None:
    """The same report again changes nothing; the same with another amount is a conflict; two of
    one payment are two, up to what was taken and no more."""
    ride = town.settled(town.rider(), town.driver(), "card")
    of, price = payment(town, ride), town.due(ride)
    one = taken_back(town, ride, 1_000, reference="du_1")
    again: dict[str, Any] = {"reference": "du_1", "cause": "fraudulent"}
    assert town.market.chargebacks.opened(of.id, amount=town.money(1_000), **again) == one
    with pytest.raises(Conflict, match="over NPR"):
        town.market.chargebacks.opened(of.id, amount=town.money(999), **again)
    again["reference"] = "du_2"
    with pytest.raises(InvalidInput, match="no bank took back yet"):
        town.market.chargebacks.opened(of.id, amount=town.money(price - 999), **again)
    two = taken_back(town, ride, price - 1_000, reference="du_2")
    for _ in range(2):
        assert town.market.chargebacks.lost(one.id).state == "lost"
        assert town.market.chargebacks.won(two.id).state == "won"
    town.sandbox.give_back(str(of.reference), two.amount)
    assert (suspense(town, ride), agrees(town)) == (0, True)
    states = [each.state for each in town.market.chargebacks.list(by=OPERATOR, transaction=ride.id)]
    assert sorted(states) == ["lost", "won"]


@pytest.mark.behaviour("C8", "C12")
def test_the_bank_alone_decides_and_others_learn_nothing(town: Town) -> None:
    """Only the payment provider or the operator reports; nobody withdraws or decides the bank's
    dispute, both sides argue in it, and a stranger does not even learn that it exists."""
    sita, ram, market = town.rider(), town.driver(), town.market
    ride = town.settled(sita, ram, "card")
    one = taken_back(town, ride)
    for verb in (market.chargebacks.won, market.chargebacks.lost):
        with pytest.raises(Forbidden, match="payment provider or the operator"):
            verb(one.id, by=ram.party)
    with pytest.raises(IllegalTransition, match="bank decides"):
        market.disputes.decide(one.dispute_id, outcome={})
    with pytest.raises(IllegalTransition, match="bank decides"):
        market.disputes.withdraw(one.dispute_id, by=sita)
    for side in (sita, ram.party):
        market.disputes.add_evidence(one.dispute_id, by=side, text="the receipt")
        assert [each.id for each in market.chargebacks.list(by=side)] == [one.id]
    stranger = town.rider("Hari")
    assert list(market.chargebacks.list(by=stranger)) == []
    with pytest.raises(NotFound):
        market.chargebacks.get(one.id, by=stranger)
    cash = payment(town, town.settled(stranger, ram, "cash"))
    again: dict[str, Any] = {"reference": "x", "cause": "y"}
    with pytest.raises(InvalidInput, match="paid without one"):
        market.chargebacks.opened(cash.id, amount=town.money(1), **again)
    with pytest.raises(InvalidInput, match="amount in NPR"):
        market.chargebacks.opened(one.payment_id, amount=Money(1, "EUR"), **again)


@pytest.mark.behaviour("C10", "C12", "R17")
def test_one_of_two_who_share_a_fare_takes_his_part_back(town: Town) -> None:
    """The other's part stays paid: only what the bank took is lost, in the proportion in which
    driver and marketplace were paid."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    request, quote = town.quote(sita)
    half = town.money(customer_owes(quote.lines, town.currency).amount // 2)
    town.market.payments.share(request.id, by=gita, method="card", most=half)
    pays = [Pay("card", party_id=gita.id, amount=half), Pay("card")]
    opened = town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    town.clock.advance(4 * 60 * SECOND)
    town.take(opened, "arrive", ram)
    town.take(opened, "start", ram, code=town.code(opened))
    town.take(opened, "finish", ram)
    town.wait(2 * DAY)
    ride = town.now(opened)
    driver, house = earned(town, ride)
    one = taken_back(town, ride, party=gita.id)
    town.market.chargebacks.lost(one.id)
    lost = one.amount
    share = round(lost * driver / (driver + house))
    assert abs(town.accounts(ram)["provider payable"] - (driver - share)) <= 1
    left = town.accounts(ram)["provider payable"] + town.house(Purpose.REVENUE)
    assert (left, suspense(town, ride)) == (driver + house - lost, 0)
    assert agrees(town)
