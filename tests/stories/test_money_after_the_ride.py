"""What happens to the money after a ride: tips, corrections, refunds, payouts, split fares."""

from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    MARKETPLACE,
    OPERATOR,
    SECOND,
    WEEK,
    Answer,
    Forbidden,
    IllegalTransition,
    Line,
    Money,
    NotFound,
    Order,
    Pay,
    Payout,
    PayoutPlan,
    Purpose,
    Reason,
    Refused,
    Transaction,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.rides import Band, Fare, Rides, Supplement
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import Driver, OpenTown, Town

PRICE = 19_700
FEE = 2_958
EARNED = PRICE - FEE


def given(amount: int, payer: str = "customer", purse: str = "price", code: str = "fare") -> Line:
    """A line that the operator names by hand."""
    payee = "provider" if payer == "customer" else "operator"
    money = Money(amount, "NPR")
    return Line(code, money, payer, payee, "core.agreed", inputs={"amount": amount}, purse=purse)


def lowered(to: int) -> list[Line]:
    """A lower fare with its 15 per cent commission."""
    return [given(to), given(to * 1_500 // 10_000, "provider", code="commission")]


def adjust(town: Town, ride: Transaction, entry: str, **more: Any) -> Transaction:
    """The operator adjusts a ride."""
    return town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, entry=entry, **more
    )


# -- tips ------------------------------------------------------------------------------------


@pytest.mark.behaviour("R16")
@pytest.mark.parametrize("pay", ["card", "wallet", "cash"])
def test_a_tip_is_all_the_driver_s(town: Town, pay: str) -> None:
    """A tip after the ride reaches the driver to the last coin: no commission, no other share;
    a cash tip leaves neither side owing anything."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.top_up(sita, 5_000, "slip")
    tip = town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(5_000), pay=Pay(pay, purse="tip")
    )
    assert (tip.state, tip.origin_id) == ("tipped", ride.id)
    terms = town.market.transactions.terms(tip.id, by=sita)[-1]
    assert [(one.code, one.amount.amount, one.payee) for one in terms.lines] == [
        ("tip", 5_000, "provider")
    ]
    in_hand = 5_000 if pay == "cash" else 0
    assert town.accounts(ram) == {"provider payable": EARNED + 5_000 - in_hand}
    assert town.balance(sita, Purpose.WALLET) == (0 if pay == "wallet" else 5_000)
    assert town.house(Purpose.REVENUE) == FEE


@pytest.mark.behaviour("R16")
def test_a_tip_comes_from_the_rider_within_two_weeks(town: Town) -> None:
    """The driver and strangers open no tip, nobody opens one too late, and a declined card leaves
    everything as it was."""
    sita, ram, gita = town.rider(), town.driver(), town.rider("Gita")
    ride = town.settled(sita, ram, "card")
    follow_up = town.market.transactions.follow_up
    tip = {"amount": town.money(5_000), "pay": Pay("card", purse="tip")}
    with pytest.raises(Forbidden, match="opened by customer"):
        follow_up(ride.id, "tip", by=ram.party, **tip)
    with pytest.raises(NotFound):
        follow_up(ride.id, "tip", by=gita, **tip)
    no = follow_up(
        ride.id,
        "tip",
        by=sita,
        amount=town.money(5_000),
        pay=Pay("card", means="tok_declined", purse="tip"),
    )
    assert no.state == "refused"
    assert town.accounts(ram) == {"provider payable": EARNED}
    town.clock.advance(14 * DAY + SECOND)
    with pytest.raises(IllegalTransition, match="could be opened until"):
        follow_up(ride.id, "tip", by=sita, **tip)


# -- adjustments -----------------------------------------------------------------------------


@pytest.mark.behaviour("R19", "C10")
@pytest.mark.invariant(3)
def test_a_fare_is_corrected_by_reversal_and_never_by_edit(town: Town) -> None:
    """A shorter way is found after the settlement: every journal stands as it was, a mirror of the
    settlement is written, the difference goes back to the card, and the right price is settled."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    before = town.market.ledger.of_transaction(ride.id, by=OPERATOR)
    assert town.accounts(ram) == {"provider payable": EARNED}
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    done = adjust(town, ride, "correct", asks=shorter)
    assert done.state == "adjusted"
    price, fee = town.due(done), town.fee(done)
    assert price == 16_500
    after = town.market.ledger.of_transaction(ride.id, by=OPERATOR)
    assert after[: len(before)] == before
    (reversal,) = [one for one in after if one.reverses]
    (settled,) = [one for one in before if one.kind == "settle"]
    assert reversal.reverses == settled.id
    assert [(t.credit, t.debit, t.amount) for t in reversal.transfers] == [
        (t.debit, t.credit, t.amount) for t in settled.transfers
    ]
    assert town.accounts(ram) == {"provider payable": price - fee}
    assert town.house(Purpose.REVENUE) == fee
    (charge,) = town.sandbox.charges()
    assert (charge["captured"], charge["refunded"]) == (PRICE, PRICE - price)
    assert town.house(Purpose.PROCESSOR_CLEARING) == price == town.sandbox.balance("NPR").amount
    said = [one.reason.code for one in town.market.why.transaction(done.id, by=sita)]
    assert "ride_corrected" in said


@pytest.mark.behaviour("R19")
def test_a_second_correction_keeps_what_the_first_one_found(town: Town) -> None:
    """Corrections add up: the toll that was struck out first stays so when the way is corrected;
    what it made the rider owe is owed no more."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(5_000)})
    # The hold did not reach for the toll: the rider owes it.
    assert town.accounts(sita) == {"customer receivable": 5_000}
    assert town.accounts(ram) == {"provider payable": EARNED + 5_000}
    first = adjust(town, ride, "correct", asks={"reason": "toll", "tolls": town.money(0)})
    assert town.due(first) == PRICE
    assert town.accounts(sita) == {}
    assert town.accounts(ram) == {"provider payable": EARNED}
    shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
    second = adjust(town, ride, "correct", asks=shorter)
    assert town.due(second) == 16_500
    assert town.accounts(sita) == {}
    assert town.accounts(ram) == {"provider payable": 16_500 - town.fee(second)}
    assert town.sandbox.balance("NPR").amount == 16_500


@pytest.mark.behaviour("R19")
def test_a_correction_upwards_is_refused_and_a_forgotten_charge_is_its_own_purse(
    town: Town,
) -> None:
    """Money that was never taken cannot be settled: a correction that would need more is refused
    and changes nothing; the operator charges what was forgotten apart."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    with pytest.raises(Refused, match="more than were taken"):
        adjust(town, ride, "correct", asks={"reason": "toll", "tolls": town.money(1_000)})
    assert town.accounts(ram) == {"provider payable": EARNED}
    more = adjust(
        town,
        ride,
        "raise",
        lines=[given(1_000, purse="extra", code="toll")],
        pay=Pay("card", purse="extra"),
    )
    assert more.state == "adjusted"
    assert town.accounts(ram) == {"provider payable": EARNED + 1_000}
    assert town.sandbox.balance("NPR").amount == PRICE + 1_000


@pytest.mark.behaviour("R19", "C8")
def test_only_the_operator_adjusts(town: Town) -> None:
    """Neither rider nor driver opens an adjustment, nor names lines of a follow-up."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    for who in (sita, ram.party):
        with pytest.raises(Forbidden, match="opened by operator"):
            town.market.transactions.follow_up(ride.id, "adjustment", by=who, entry="lower")
        with pytest.raises(Forbidden, match="only the operator names the lines"):
            town.market.transactions.follow_up(
                ride.id, "tip", by=who, lines=[given(10, purse="tip")]
            )


@pytest.mark.behaviour("C10")
def test_partial_refunds_of_several_payments_go_back_the_way_they_came(town: Town) -> None:
    """A ride paid by wallet and card is lowered twice: the last payment is given back first, each
    by its own way, and never more than it paid."""
    sita, ram = town.rider(), town.driver()
    town.top_up(sita, 15_000, "slip")
    pays = [Pay("wallet", amount=town.money(15_000)), Pay("card")]
    ride = town.settled(sita, ram, pays)
    adjust(town, ride, "lower", lines=lowered(17_000))
    assert [one["refunded"] for one in town.sandbox.charges()] == [2_700]
    assert town.accounts(sita) == {}
    adjust(town, ride, "lower", lines=lowered(10_000))
    assert [one["refunded"] for one in town.sandbox.charges()] == [PRICE - 15_000]
    assert town.accounts(sita) == {"wallet": 5_000}
    assert town.accounts(ram) == {"provider payable": 8_500}
    assert town.house(Purpose.REVENUE) == 1_500


@pytest.mark.behaviour("C10", "C13")
@pytest.mark.invariant(21)
def test_a_refund_after_the_payout_is_netted_with_the_next_rides(open_town: OpenTown) -> None:
    """The driver was paid out when a ride is given back whole: the rider has its money at once,
    the driver stands in debt, the next earnings pay the debt before anything is paid out."""
    town = open_town(payouts=PayoutPlan(provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    (payout,) = town.market.payouts.run()
    town.market.tick()
    assert town.market.payouts.get(payout.id).state == "paid"
    assert town.accounts(ram) == {}
    done = adjust(town, ride, "lower", lines=[])
    assert done.state == "adjusted"
    assert town.accounts(ram) == {"provider receivable": EARNED}
    assert town.house(Purpose.REVENUE) == 0
    assert town.sandbox.balance("NPR").amount == -EARNED
    assert town.market.ledger.balance(ram.id, "NPR", by=ram.party) == town.money(-EARNED)
    assert town.market.payouts.run() == []
    town.settled(sita, ram, "card")
    # One ride's earnings just pay the debt off.
    assert town.accounts(ram) == {}
    assert town.market.payouts.run() == []
    town.settled(sita, ram, "card")
    assert [one.amount for one in town.market.payouts.run()] == [EARNED]
    town.market.tick()
    assert town.sandbox.balance("NPR").amount == 2 * FEE
    assert town.market.ledger.profit("NPR") == town.money(2 * FEE)


@pytest.mark.behaviour("C10")
def test_what_the_card_does_not_take_back_becomes_credit(open_town: OpenTown) -> None:
    """A refund that the payment provider refuses is not lost: a day later it is the rider's
    credit, and the driver's debt is booked once."""

    def refuses(order: Order, answer: Answer) -> None:
        if order.kind.value == "refund":
            answers.append(answer)

    answers: list[Answer] = []
    sandbox = _NoRefunds()
    town = open_town(sandbox=sandbox)
    sandbox.now = town.clock.now
    sandbox.after = refuses
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    stuck = adjust(town, ride, "lower", lines=lowered(10_000))
    assert stuck.state == "stuck"
    assert [one.outcome for one in answers] == ["failed"]
    town.wait(DAY)
    assert town.now(stuck).state == "credited"
    assert town.accounts(sita) == {"wallet": PRICE - 10_000}
    assert town.accounts(ram) == {"provider payable": 8_500}
    assert town.house(Purpose.PROCESSOR_CLEARING) == PRICE


class _NoRefunds(Sandbox):
    """A card network that gives nothing back."""

    def _do(self, order: Order) -> Answer:
        if order.kind.value == "refund":
            return Answer("failed", reason=Reason("refund_refused"))
        return super()._do(order)


# -- payouts ---------------------------------------------------------------------------------


@pytest.mark.behaviour("R15")
def test_rider_driver_commission_toll_and_tax_have_accounts_of_their_own(
    open_town: OpenTown,
) -> None:
    """The rider's charge divides into the driver's earnings, the operator's commission and toll,
    and the authority's tax; each line is a transfer of its own, and they sum to the charge."""
    fare = Fare(
        "NPR",
        base=10_000,
        bands=(Band(2_000),),
        tolls_to="operator",
        supplements=(Supplement("vat", bps=1_300, basis="price", payee="tax"),),
    )
    town = open_town(rides=Rides(fare=fare), commission=Commission(bp=1_000, tax_bp=1_300))
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card", finish={"tolls": town.money(3_000)})
    lines = {one.code: one for one in town.market.transactions.terms(ride.id, by=sita)[-1].lines}
    amount = {code: line.amount.amount for code, line in lines.items()}
    fares = amount["base_fare"] + amount["distance"]
    assert amount["toll"] == 3_000
    assert amount["commission"] == fares // 10 + (fares % 10 >= 5)
    assert town.accounts(ram) == {
        "provider payable": fares - amount["commission"] - amount["commission_tax"]
    }
    assert town.house(Purpose.REVENUE) == amount["commission"] + 3_000
    assert town.house(Purpose.TAX) == amount["vat"] + amount["commission_tax"]
    moved = [move[3] for move in town.moves(ride) if move[0] == "settle"]
    assert sorted(moved) == sorted(amount.values())
    assert town.due(ride) == fares + 3_000 + amount["vat"]
    # The toll came after the hold: the rider owes it.
    assert town.accounts(sita) == {"customer receivable": 3_000}
    assert town.sandbox.balance("NPR").amount == town.due(ride) - 3_000


@pytest.mark.behaviour("R15", "C6")
def test_earnings_are_credited_for_each_ride_and_paid_out_every_week(open_town: OpenTown) -> None:
    """Two rides credit the driver twice; when the week is over the clock pays out their sum, once,
    through the payment provider, and again only a week later."""
    town = open_town(payouts=PayoutPlan(every=WEEK, provider="sandbox"))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    assert town.accounts(ram) == {"provider payable": EARNED}
    town.settled(sita, ram, "card")
    assert town.accounts(ram) == {"provider payable": 2 * EARNED}
    assert town.market.payouts.due() == [(ram.id, town.money(2 * EARNED))]
    town.wait(WEEK - 6 * HOUR)
    assert town.accounts(ram) == {"provider payable": 2 * EARNED}
    town.wait(6 * HOUR)
    town.market.tick()
    assert town.accounts(ram) == {}
    paid = [one for one in town.sandbox.movements() if one[0] == "pay out"]
    assert [one[2] for one in paid] == [-2 * EARNED]
    assert town.house(Purpose.PROCESSOR_CLEARING) == 2 * FEE
    town.online(ram)
    town.settled(sita, ram, "card")
    town.wait(WEEK - 3 * HOUR)
    assert town.accounts(ram) == {"provider payable": EARNED}


@pytest.mark.behaviour("R15", "C7")
def test_a_payout_at_once_costs_a_fee_that_says_why(open_town: OpenTown) -> None:
    """A driver that does not wait for the schedule pays one per cent; the fee is revenue, and the
    payout says what it was."""
    town = open_town(payouts=PayoutPlan(provider="sandbox", at_once_fee_bp=100))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    with pytest.raises(Forbidden, match="schedule is the clock's"):
        town.market.payouts.make(by=ram.party, party=ram.id, currency="NPR")
    payout = town.market.payouts.make(by=ram.party, party=ram.id, currency="NPR", at_once=True)
    fee = EARNED // 100
    assert payout.amount == EARNED - fee
    assert town.market.payouts.get(payout.id).state == "paid"
    assert town.accounts(ram) == {}
    assert town.house(Purpose.REVENUE) == FEE + fee
    assert town.sandbox.balance("NPR").amount == FEE + fee
    said = town.market.why.payout(payout.id, by=ram.party)
    assert [one.reason.code for one in said] == ["payout_fee", "payout_state"]


def test_nobody_asks_for_another_s_payout(town: Town) -> None:
    """A party's earnings are invisible to others: asking for them finds no such party."""
    sita, ram, hari = town.rider(), town.driver(), town.driver("Hari", None)
    town.settled(sita, ram, "card")
    with pytest.raises(NotFound):
        _at_once(town, hari, ram)
    assert town.accounts(ram) == {"provider payable": EARNED}


def _at_once(town: Town, who: Driver, whose: Driver) -> Payout:
    return town.market.payouts.make(by=who.party, party=whose.id, currency="NPR", at_once=True)


# -- split fares -----------------------------------------------------------------------------


@pytest.mark.behaviour("R17")
def test_a_fare_is_split_between_riders_who_agreed(town: Town) -> None:
    """A friend agrees to pay up to a sum from her own wallet; the ride takes her part there and
    the rest from the rider's card, and neither pays for the other."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.top_up(gita, 9_000, "slip")
    request, quote = town.quote(sita)
    part = Pay("wallet", party_id=gita.id, amount=town.money(8_000))
    pays = [part, Pay("card")]
    opened = {"by": sita, "request": request.id, "pay": pays}
    with pytest.raises(Forbidden, match="did not agree"):
        town.market.transactions.open(quote.id, **opened)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    ride = town.market.transactions.open(quote.id, **opened)
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    town.take(ride, "arrive", ram)
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert town.accounts(gita) == {"wallet": 1_000}
    assert town.accounts(sita) == {}
    assert town.sandbox.balance("NPR").amount == PRICE - 8_000
    assert town.accounts(ram) == {"provider payable": EARNED}
    paid = {one.party_id: one.captured for one in _payments(town, ride)}
    assert paid == {gita.id: 8_000, sita.id: PRICE - 8_000}


@pytest.mark.behaviour("R17")
@pytest.mark.parametrize("wrong", ["more", "twice", "another method", "the rest", "the tip"])
def test_nobody_pays_more_than_it_agreed_to(town: Town, wrong: str) -> None:
    """A consent is for one request, one method and one sum: a larger part, two parts, another
    method, an open rest, or the same consent for a tip later is refused and moves nothing."""
    sita, gita, ram = town.rider(), town.rider("Gita"), town.driver()
    town.top_up(gita, 50_000, "slip")
    request, quote = town.quote(sita)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    parts = {
        "more": [8_001],
        "twice": [8_000, 8_000],
        "another method": [8_000],
        "the rest": [None],
        "the tip": [8_000],
    }[wrong]
    method = "card" if wrong == "another method" else "wallet"
    pays = [
        Pay(method, party_id=gita.id, amount=None if one is None else town.money(one))
        for one in parts
    ]
    pays += [] if wrong == "the rest" else [Pay("card")]
    if wrong != "the tip":
        with pytest.raises(Forbidden, match="did not agree"):
            town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
        assert town.accounts(gita) == {"wallet": 50_000}
        return
    ride = town.market.transactions.open(quote.id, by=sita, request=request.id, pay=pays)
    town.dispatch()
    town.market.offers.accept(town.offer_to(ram), by=ram.party)
    town.take(ride, "arrive", ram)
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram)
    town.wait(2 * HOUR)
    with pytest.raises(Forbidden, match="did not agree"):
        town.market.transactions.follow_up(
            ride.id,
            "tip",
            by=sita,
            amount=town.money(5_000),
            pay=Pay("wallet", party_id=gita.id, amount=town.money(5_000), purse="tip"),
        )
    assert town.accounts(gita) == {"wallet": 42_000}


def test_a_friend_s_card_is_the_one_she_named(town: Town) -> None:
    """The means are the ones of the consent: whoever opens the deal cannot put in others."""
    sita, gita, _ = town.rider(), town.rider("Gita"), town.driver()
    request, quote = town.quote(sita)
    town.market.payments.share(
        request.id, by=gita, method="card", most=town.money(8_000), means="tok_gita"
    )
    part = Pay("card", party_id=gita.id, amount=town.money(8_000), means="tok_of_a_stranger")
    ride = town.market.transactions.open(
        quote.id, by=sita, request=request.id, pay=[part, Pay("card", means="tok_sita")]
    )
    assert [one.means for one in _payments(town, ride)] == ["tok_gita", "tok_sita"]


def _payments(town: Town, ride: Transaction) -> list[Any]:
    return list(town.market.transactions.payments(ride.id, by=OPERATOR))


# -- what else follows a ride ----------------------------------------------------------------


@pytest.mark.behaviour("R20")
def test_a_lost_item_is_reported_found_and_rewarded(town: Town) -> None:
    """The rider reports what was left, the driver says it is found, and with its return the whole
    reward is the driver's; the ride itself stays as it was settled."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    item = town.market.transactions.follow_up(
        ride.id,
        "lost_item",
        by=sita,
        amount=town.money(2_000),
        pay=Pay("card"),
        asks={"what": "umbrella"},
    )
    assert item.state == "reported"
    assert town.take(item, "found", ram, where="under the seat").state == "found"
    assert town.take(item, "received", sita).state == "returned"
    fee = town.fee(item)
    assert town.accounts(ram) == {"provider payable": EARNED + 2_000 - fee}
    assert town.now(ride).state == "settled"
    gone = town.market.transactions.follow_up(
        ride.id, "lost_item", by=sita, asks={"what": "a glove"}
    )
    town.wait(7 * DAY)
    assert town.now(gone).state == "not_found"


@pytest.mark.behaviour("R20")
def test_an_incident_is_noticed_by_either_side_and_looked_into(town: Town) -> None:
    """Rider or driver reports an incident, the operator looks into it and closes it; nobody else
    may, and one that nobody looks into is closed by the clock."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    follow_up = town.market.transactions.follow_up
    one = follow_up(ride.id, "incident", by=ram.party, asks={"what": "rude"})
    with pytest.raises(Forbidden):
        town.take(one, "close", sita)
    assert town.take(one, "look_into", OPERATOR).state == "investigated"
    assert town.take(one, "close", OPERATOR, outcome="talked to both").state == "closed"
    other = follow_up(ride.id, "incident", by=sita, asks={"what": "fell"})
    town.wait(30 * DAY)
    assert town.now(other).state == "closed"
    assert town.moves(one) == []


@pytest.mark.behaviour("R20")
def test_a_trip_is_shared_while_it_lasts(town: Town) -> None:
    """The rider shares the trip under way with somebody, and stops it; before a driver accepted
    there is nothing to share."""
    sita, ram = town.rider(), town.driver()
    waiting = town.order(sita, "card")
    follow_up = town.market.transactions.follow_up
    with pytest.raises(IllegalTransition, match="follows accepted"):
        follow_up(waiting.id, "trip_share", by=sita, asks={"with_whom": "mother"})
    town.dispatch()
    ride = town.market.offers.accept(town.offer_to(ram), by=ram.party)
    share = follow_up(ride.id, "trip_share", by=sita, asks={"with_whom": "mother"})
    assert (share.state, share.origin_id) == ("shared", ride.id)
    assert town.take(share, "stop", sita).state == "over"


def test_the_house_never_owns_what_passes_through(town: Town) -> None:
    """The marketplace's own accounts are its fees and its money at the payment provider: nothing
    of a rider's or driver's stands in them when all is settled."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    assert town.accounts(MARKETPLACE) == {
        "platform revenue": FEE,
        "processor clearing": PRICE,
    }
