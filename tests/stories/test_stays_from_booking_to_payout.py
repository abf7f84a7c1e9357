"""Stays as deals, told to the cent: booked in every way, altered, given up, damaged, reviewed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    IllegalTransition,
    Listing,
    Money,
    Party,
    Pay,
    Purpose,
    Refused,
    SoldOut,
    Transaction,
)
from marketplace.plugins.stays import Fees
from tests.support.inn import CARD, EASTER, Inn, open_inn

FOUR = {"rates": {"nightly": 10_000, "cleaning": 5_000}}
"""Four nights at 100 and a cleaning at 50: the worked example of the oracle."""


@pytest.fixture
def inn(database_url: str) -> Any:
    """Yield an inn with the split fee of the worked example, on each database."""
    opened = open_inn(database_url, fees=Fees.split(guest_bp=1_200, host_bp=300))
    yield opened
    opened.market.close()


def booked(
    inn: Inn,
    home: Listing,
    nights: int = 4,
    *,
    entry: str | None = "book",
    pays: Sequence[Pay] = (CARD,),
    **said: Any,
) -> Transaction:
    """Gita books some nights from Easter on."""
    quote = inn.price(home, EASTER, nights, **said)
    return inn.market.transactions.open(quote.id, by=inn.gita, pay=list(pays), entry=entry)


def state(inn: Inn, deal: Transaction) -> str:
    """Where it stands."""
    return inn.market.transactions.get(deal.id, by=OPERATOR).state


def money(inn: Inn, deal: Transaction) -> tuple[int, int, int]:
    """What is held, was taken, and went back, in cents."""
    payments = inn.market.transactions.payments(deal.id, by=OPERATOR)
    return (
        sum(one.held for one in payments),
        sum(one.captured for one in payments),
        sum(one.refunded for one in payments),
    )


def payable(inn: Inn, party: Party) -> int:
    """What waits to be paid out to a party."""
    return balance(inn, party, Purpose.PAYABLE)


def balance(inn: Inn, party: Party, purpose: Purpose) -> int:
    """What stands in an account of a party's."""
    found = inn.market.ledger.balances(party.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is purpose)


def until(inn: Inn, deal: Transaction, moment: str, offset: timedelta = timedelta(0)) -> None:
    """Let time pass until so long after (or before) a moment of the deal."""
    now = inn.market.transactions.get(deal.id, by=OPERATOR)
    inn.market.advance(now.moments[moment] + offset - inn.now)


@pytest.mark.behaviour("S8", "S14", "S7")
def test_a_stay_booked_at_once_pays_the_host_a_day_after_check_in(inn: Inn) -> None:
    """450 and a fee of 54 are taken when it is booked; the host has 436.50 a day after check-in."""
    deal = booked(inn, inn.home(**FOUR))
    assert (deal.state, money(inn, deal)) == ("booked", (0, 504_00, 0))
    until(inn, deal, "start", DAY - HOUR)
    assert (state(inn, deal), payable(inn, inn.host)) == ("booked", 0)
    until(inn, deal, "start", DAY)
    assert (state(inn, deal), payable(inn, inn.host)) == ("hosted", 436_50)
    until(inn, deal, "end")
    assert state(inn, deal) == "completed"
    assert inn.market.ledger.sums() == {"USD": 0}
    assert inn.market.ledger.profit("USD") == Money.of("67.50", "USD")


@pytest.mark.behaviour("S8", "C8")
def test_a_host_who_is_asked_has_a_day_to_answer(inn: Inn) -> None:
    """Nights are kept and money is held, not taken; a yes takes it, silence gives both back."""
    home = inn.home(instant=False, **FOUR)
    with pytest.raises(Refused, match="stay_host_is_asked"):
        booked(inn, home)
    with pytest.raises(Refused, match="stay_host_is_asked"):
        booked(inn, home, pay="instalments", pays=[CARD, Pay("card", purse="balance")])
    asked = booked(inn, home, entry="ask")
    assert (asked.state, money(inn, asked)) == ("waiting", (504_00, 0, 0))
    with pytest.raises((Refused, SoldOut)):
        booked(inn, home, entry="ask")
    inn.market.advance(DAY)
    assert (state(inn, asked), money(inn, asked)) == ("expired", (0, 0, 0))
    again = booked(inn, home, entry="ask")
    yes = inn.market.transactions.take(again.id, "accept", by=inn.host)
    assert (yes.state, money(inn, yes)) == ("booked", (0, 504_00, 0))


@pytest.mark.behaviour("S8", "C8")
def test_a_pre_approval_and_a_special_offer_are_offers(inn: Inn) -> None:
    """What the host offers is booked when the guest accepts; her counter-offer when he does."""
    home = inn.home(instant=False, **FOUR)
    request = inn.ask(home, EASTER, 4)
    special = inn.market.offers.make(
        request.id, by=inn.host, listing=home.id, price=Money.of("380", "USD")
    )
    less = inn.market.offers.counter(
        special.id, by=inn.gita, price=Money.of("360", "USD"), pay=CARD
    )
    agreed = inn.market.offers.accept(less.id, by=inn.host, entry="book")
    assert (agreed.state, money(inn, agreed)) == ("booked", (0, 403_20, 0))
    other = inn.ask(home, EASTER + timedelta(days=10), 4)
    yes = inn.market.offers.make(other.id, by=inn.host, listing=home.id)
    approved = inn.market.offers.accept(yes.id, by=inn.gita, pay=CARD, entry="book")
    assert (approved.state, money(inn, approved)) == ("booked", (0, 504_00, 0))


@pytest.mark.behaviour("S10")
def test_a_stay_booked_far_ahead_is_held_near_its_start(inn: Inn) -> None:
    """The means are kept in January; two days before check-in it is held, at check-in taken."""
    deal = booked(inn, inn.home(**FOUR), pay="later")
    assert (deal.state, money(inn, deal)) == ("booked", (0, 0, 0))
    until(inn, deal, "start", -2 * DAY)
    assert (state(inn, deal), money(inn, deal)) == ("secured", (504_00, 0, 0))
    until(inn, deal, "start")
    assert (state(inn, deal), money(inn, deal)) == ("staying", (0, 504_00, 0))
    until(inn, deal, "start", DAY)
    assert payable(inn, inn.host) == 436_50


@pytest.mark.behaviour("S10")
def test_a_part_now_and_the_rest_a_month_before(inn: Inn) -> None:
    """Thirty per cent at once, seventy a month before; the sum is the price, to the cent."""
    deal = booked(
        inn, inn.home(**FOUR), pay="instalments", pays=[CARD, Pay("card", purse="balance")]
    )
    assert money(inn, deal) == (0, 151_20, 0)
    until(inn, deal, "start", -30 * DAY)
    assert (state(inn, deal), money(inn, deal)) == ("paid", (0, 504_00, 0))
    until(inn, deal, "start", DAY)
    assert payable(inn, inn.host) == 436_50


@pytest.mark.behaviour("S10", "S12")
def test_what_was_given_is_all_that_can_be_lost(inn: Inn) -> None:
    """Who gives up a stay after the first part loses no more than that part."""
    home = inn.home(cancellation="super_strict_60", **FOUR)
    deal = booked(inn, home, pay="instalments", pays=[CARD, Pay("card", purse="balance")])
    until(inn, deal, "start", -59 * DAY)
    inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    assert (state(inn, deal), money(inn, deal)[1:]) == ("cancelled", (151_20, 1))
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S10")
def test_a_long_stay_is_paid_by_the_month(inn: Inn) -> None:
    """Seventy nights are three payments, the last a part; the months add up to the price."""
    home = inn.home(rates={"nightly": 10_000})
    deal = booked(inn, home, 70, pay="monthly")
    assert money(inn, deal)[1] == 3_360_00
    until(inn, deal, "start", 31 * DAY)
    assert (state(inn, deal), money(inn, deal)[1]) == ("month_2", 6_720_00)
    until(inn, deal, "start", 61 * DAY)
    assert (state(inn, deal), money(inn, deal)[1]) == ("month_3", 7_840_00)
    until(inn, deal, "end")
    sent = sum(one.amount for one in inn.market.payouts.list(by=inn.host))
    assert (state(inn, deal), sent + payable(inn, inn.host)) == ("completed", 6_790_00)


@pytest.mark.behaviour("S11")
def test_a_longer_stay_is_charged_and_a_shorter_one_refunded(inn: Inn) -> None:
    """Both agree to a fifth night, and 112 more are taken; then to three, and 224 go back."""
    deal = booked(inn, inn.home(**FOUR))
    start, end = deal.moments["start"], deal.moments["end"]
    longer = inn.market.offers.propose(deal.id, "alter", by=inn.gita, end=end + DAY)
    assert longer.quote_id is not None
    assert inn.market.quotes.get(longer.quote_id, by=inn.host).payin == Money.of("616", "USD")
    with pytest.raises(IllegalTransition, match="needs both sides"):
        inn.market.transactions.take(deal.id, "alter", by=inn.gita, end=end + DAY)
    altered = inn.market.offers.accept(longer.id, by=inn.host)
    assert (altered.state, altered.moments["end"]) == ("booked", end + DAY)
    assert money(inn, deal) == (0, 616_00, 0)
    shorter = inn.market.offers.propose(
        deal.id, "alter", by=inn.host, end=start + (end - start) - DAY
    )
    inn.market.offers.accept(shorter.id, by=inn.gita)
    assert money(inn, deal) == (0, 616_00, 224_00)
    until(inn, deal, "start", DAY)
    assert payable(inn, inn.host) == 339_50
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S11")
def test_a_difference_that_is_refused_is_paid_within_a_day(inn: Inn) -> None:
    """The dates are moved, and 112 are short: paid by another way, or the stay is given up."""
    home = inn.home(**FOUR)
    inn.market.payments.top_up(inn.gita.id, Money.of("504", "USD"), reference="rail 1")
    deal = booked(inn, home, pays=[Pay("wallet")])
    end = deal.moments["end"]
    longer = inn.market.offers.propose(deal.id, "alter", by=inn.gita, end=end + DAY)
    short = inn.market.offers.accept(longer.id, by=inn.host)
    assert (short.state, money(inn, deal)[1]) == ("short", 504_00)
    inn.market.payments.top_up(inn.gita.id, Money.of("112", "USD"), reference="rail 2")
    paid = inn.market.transactions.take(deal.id, "pay_more", by=inn.gita)
    assert (paid.state, money(inn, deal)[1]) == ("booked", 616_00)
    more = inn.market.offers.propose(deal.id, "alter", by=inn.gita, end=end + 2 * DAY)
    inn.market.offers.accept(more.id, by=inn.host)
    assert state(inn, deal) == "short"
    inn.market.advance(DAY)
    assert (state(inn, deal), money(inn, deal)[2]) == ("cancelled", 616_00)


@pytest.mark.behaviour("S11", "S12")
def test_a_guest_who_leaves_early_pays_what_the_schedule_says(inn: Inn) -> None:
    """After one night of four, a flexible host keeps that night and one more, and the cleaning."""
    deal = booked(inn, inn.home(**FOUR))
    until(inn, deal, "start", DAY + HOUR)
    assert state(inn, deal) == "hosted"
    left = inn.market.transactions.take(deal.id, "leave_early", by=inn.gita)
    assert (left.state, money(inn, deal)[2]) == ("completed", 200_00)
    assert payable(inn, inn.host) == 242_50
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S13")
def test_a_host_who_cancels_gives_all_back_pays_a_fee_and_keeps_no_nights(inn: Inn) -> None:
    """The guest has every cent back; the host owes a tenth of the nights, which stay blocked."""
    home = inn.home(**FOUR)
    deal = booked(inn, home)
    cancelled = inn.market.transactions.take(deal.id, "host_cancels", by=inn.host)
    assert (cancelled.state, money(inn, deal)) == ("cancelled", (0, 504_00, 504_00))
    assert balance(inn, inn.host, Purpose.RECEIVABLE) == 40_00
    assert inn.free(home, EASTER, 5) == "....1"
    with pytest.raises((Refused, SoldOut)):
        booked(inn, home)
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S12", "C9", "C10")
def test_an_excuse_names_who_bears_it(inn: Inn) -> None:
    """Out of time, yet excused: the guest has all back; the marketplace pays the host, or he does
    without."""
    home = inn.home(cancellation="strict", **FOUR)
    for bearer, hosts in (("operator", 388_00), ("provider", 0)):
        deal = booked(inn, home)
        before = payable(inn, inn.host)
        until(inn, deal, "start", -DAY if bearer == "operator" else -HOUR)
        excused = inn.market.transactions.take(
            deal.id, "excuse", by=OPERATOR, reason="a storm", bearer=bearer
        )
        assert (excused.state, money(inn, deal)[2]) == ("cancelled", 504_00)
        assert payable(inn, inn.host) - before == hosts
        told = [one.text for one in inn.market.why.transaction(deal.id, by=inn.gita)]
        assert any(f"the {bearer} bears it" in text for text in told)
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S9", "C17")
def test_a_deposit_is_held_claimed_contested_and_decided(inn: Inn) -> None:
    """300 are held a day before; 120 claimed, 80 given by the operator, the rest given back."""
    deal = booked(inn, inn.home(deposit=300_00, **FOUR))
    (deposit,) = [
        one for one in inn.market.transactions.list(by=OPERATOR) if one.origin_id == deal.id
    ]
    until(inn, deal, "start", -DAY)
    assert money(inn, deposit) == (300_00, 0, 0)
    until(inn, deal, "end", DAY)
    amount = Money.of("120", "USD")
    with pytest.raises(Refused, match="at most"):
        inn.market.transactions.take(
            deposit.id, "claim", by=inn.host, amount=Money.of("301", "USD"), damage="a window"
        )
    inn.market.transactions.take(deposit.id, "claim", by=inn.host, amount=amount, damage="a window")
    assert money(inn, deposit) == (0, 120_00, 0)
    inn.market.transactions.take(deposit.id, "object", by=inn.gita)
    before = payable(inn, inn.host)
    inn.market.transactions.take(deposit.id, "decide", by=OPERATOR, amount=Money.of("80", "USD"))
    assert (state(inn, deposit), money(inn, deposit)) == ("decided", (0, 120_00, 40_00))
    assert payable(inn, inn.host) - before == 80_00
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S9")
def test_a_deposit_goes_when_its_stay_goes(inn: Inn) -> None:
    """A claim nobody answers is the host's after 72 hours; a cancelled stay has no deposit."""
    home = inn.home(deposit=300_00, **FOUR)
    first = booked(inn, home)
    (deposit,) = [x for x in inn.market.transactions.list(by=OPERATOR) if x.origin_id == first.id]
    inn.market.transactions.take(first.id, "cancel", by=inn.gita)
    assert state(inn, deposit) == "given_back"
    deal = booked(inn, home)
    (deposit,) = [x for x in inn.market.transactions.list(by=OPERATOR) if x.origin_id == deal.id]
    until(inn, deal, "end", HOUR)
    inn.market.transactions.take(
        deposit.id, "claim", by=inn.host, amount=Money.of("50", "USD"), damage="a lamp"
    )
    inn.market.advance(72 * HOUR)
    assert (state(inn, deposit), money(inn, deposit)[1]) == ("decided", 50_00)


@pytest.mark.attack(30)
def test_a_deposit_that_the_bank_will_not_hold_takes_nothing(inn: Inn) -> None:
    """A deposit of which the card lets only a part be held is not held at all: it waits, the guest
    is asked again, nothing is taken, and her stay stands."""
    home = inn.home(deposit=300_00, **FOUR)
    part = Pay("card", means="tok_in_part", purse="deposit")
    deal = booked(inn, home, pays=[CARD, part])
    (deposit,) = [
        one for one in inn.market.transactions.list(by=OPERATOR) if one.origin_id == deal.id
    ]
    until(inn, deal, "start", -HOUR)
    assert (state(inn, deposit), money(inn, deposit)) == ("lapsed", (0, 0, 0))
    assert "secure" in inn.market.transactions.allowed(deposit.id, by=inn.gita)
    again = inn.market.transactions.take(deposit.id, "secure", by=inn.gita)
    assert (again.state, money(inn, deposit)) == ("lapsed", (0, 0, 0))
    assert state(inn, deal) == "booked"
    until(inn, deal, "end", 14 * DAY)
    assert (state(inn, deposit), money(inn, deposit)) == ("given_back", (0, 0, 0))
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S12")
def test_a_guest_who_does_not_come_has_left_before_the_first_night(inn: Inn) -> None:
    """Six hours after check-in the host may say that nobody came; a flexible one keeps a night and
    the cleaning, not before."""
    deal = booked(inn, inn.home(**FOUR))
    until(inn, deal, "start", HOUR)
    with pytest.raises(IllegalTransition, match="is not before"):
        inn.market.transactions.take(deal.id, "no_show", by=inn.host)
    until(inn, deal, "start", 6 * HOUR)
    gone = inn.market.transactions.take(deal.id, "no_show", by=inn.host)
    assert (gone.state, money(inn, deal)[2]) == ("cancelled", 300_00)
    assert payable(inn, inn.host) == 145_50
