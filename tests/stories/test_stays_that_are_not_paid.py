"""Stays somebody does not pay for: what they cost all the same, and how they come to an end."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Answer,
    Money,
    Order,
    Pay,
    PaymentProviderUnavailable,
    Purpose,
    Reason,
    Refused,
    Transaction,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.sandbox import CARD as CARD_METHOD
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays.process import at_the_door, every
from tests.support.inn import CARD, EASTER, Inn, open_inn

WALLET = Pay("wallet")


def state(inn: Inn, deal: Transaction) -> str:
    """Where it stands."""
    return inn.market.transactions.get(deal.id, by=OPERATOR).state


def until(inn: Inn, deal: Transaction, moment: str, offset: timedelta = timedelta(0)) -> None:
    """Let time pass until so long after (or before) a moment of the deal."""
    now = inn.market.transactions.get(deal.id, by=OPERATOR)
    inn.market.advance(now.moments[moment] + offset - inn.now)


def booked(inn: Inn, home: Any, *, pays: Any = CARD, nights: int = 4, **said: Any) -> Transaction:
    """Gita books nights from Good Friday on."""
    quote = inn.price(home, EASTER, nights, **said)
    return inn.market.transactions.open(quote.id, by=inn.gita, pay=pays)


def filled(inn: Inn, amount: str) -> None:
    """Gita has so much in her wallet."""
    inn.market.payments.top_up(inn.gita.id, Money.of(amount, "USD"), reference="rail 1")


def owes(inn: Inn) -> int:
    """What Gita owes."""
    found = inn.market.ledger.balances(inn.gita.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is Purpose.CUSTOMER_RECEIVABLE)


def kept(inn: Inn, deal: Transaction) -> int:
    """What Gita has paid of it and not got back."""
    payments = inn.market.transactions.payments(deal.id, by=OPERATOR)
    return sum(one.captured - one.refunded for one in payments)


def credit(inn: Inn) -> int:
    """What lies in Gita's wallet."""
    found = inn.market.ledger.balances(inn.gita.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is Purpose.WALLET)


def earned(inn: Inn) -> int:
    """What the host was paid out, and what waits to be."""
    sent = sum(one.amount for one in inn.market.payouts.list(by=inn.host))
    return sent + inn.market.ledger.balance(inn.host.id, "USD", by=inn.host).amount


def lengthened(inn: Inn, deal: Transaction, later: timedelta, longer: timedelta) -> str:
    """Both agree to other dates; gives the state that this leads to."""
    begins, ends = deal.moments["start"] + later, deal.moments["end"] + later + longer
    wish = inn.market.offers.propose(deal.id, "alter", by=inn.gita, start=begins, end=ends)
    return inn.market.offers.accept(wish.id, by=inn.host).state


@pytest.mark.behaviour("S10", "S12")
@pytest.mark.parametrize("herself", [True, False])
def test_whoever_lets_the_hold_fail_owes_what_cancelling_costs(
    database_url: str, herself: bool
) -> None:
    """Two days before a stay that gives nothing back the wallet is empty: the guest owes all
    nights, whether she cancels or lets the time run out."""
    inn = open_inn(database_url)
    deal = booked(inn, inn.home(cancellation="non_refundable"), pays=WALLET, pay="later")
    until(inn, deal, "start", -2 * DAY)
    assert state(inn, deal) == "unsecured"
    if herself:
        inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    inn.market.advance(8 * DAY)
    assert (state(inn, deal), owes(inn)) == ("owed" if herself else "cancelled", 400_00)
    inn.market.close()


@pytest.mark.behaviour("S11", "S12")
@pytest.mark.parametrize("row", ["cancel", "drop", "host_cancels"])
def test_dates_that_were_not_paid_change_no_fee(database_url: str, row: str) -> None:
    """A stay is moved two months away and made dearer than the wallet can pay. Given up a day
    before it was to begin, it costs what it would have cost without that."""
    costs = []
    for moved in (False, True):
        inn = open_inn(database_url if moved else "sqlite://")
        filled(inn, "400")
        deal = booked(inn, inn.home(cancellation="moderate"), pays=WALLET)
        until(inn, deal, "start", -DAY)
        if moved:
            assert lengthened(inn, deal, 60 * DAY, 6 * DAY) == "short"
        if moved and row == "drop":
            inn.market.advance(DAY - timedelta(minutes=1))
            assert state(inn, deal) == "short"
            inn.market.advance(timedelta(minutes=1))
        elif row == "host_cancels":
            inn.market.transactions.take(deal.id, row, by=inn.host)
        else:
            inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
        assert state(inn, deal) == "cancelled"
        terms = inn.market.transactions.terms(deal.id, by=OPERATOR)[-1]
        costs.append([(one.code, one.amount.amount) for one in terms.lines])
        inn.market.close()
    assert costs[0] == costs[1] != []


@pytest.mark.behaviour("S11", "S12")
@pytest.mark.parametrize("row", ["hold_again", "cancel", "drop"])
def test_a_longer_stay_at_the_door_is_held_or_given_up_for_its_fee(
    database_url: str, row: str
) -> None:
    """Six nights more than the wallet holds: the guest fills it within a day, or owes what giving
    up the stay as it was costs; a deposit goes with it."""
    inn = open_inn(database_url, Cash(), processes=(*every(), at_the_door()))
    filled(inn, "400")
    home = inn.home(cancellation="non_refundable", deposit=100_00)
    pays = [WALLET, Pay("card", means="tok_ok", purse="deposit")]
    deal = booked(inn, home, pays=pays, pay="at_the_door")
    until(inn, deal, "start", -3 * DAY)
    assert lengthened(inn, deal, timedelta(0), 6 * DAY) == "unheld"
    if row == "hold_again":
        filled_again = Money.of("600", "USD")
        inn.market.payments.top_up(inn.gita.id, filled_again, reference="rail 2")
        assert inn.market.transactions.take(deal.id, row, by=inn.gita).state == "booked"
        inn.market.close()
        return
    if row == "cancel":
        inn.market.transactions.take(deal.id, row, by=inn.gita)
    else:
        inn.market.advance(DAY)
    (deposit,) = [x for x in inn.market.transactions.list(by=OPERATOR) if x.origin_id == deal.id]
    assert (state(inn, deal), owes(inn)) == ("cancelled", 400_00)
    assert state(inn, deposit) == "given_back"
    inn.market.close()


@pytest.mark.behaviour("S10")
def test_a_stay_by_the_month_is_no_longer_than_its_months(inn: Inn) -> None:
    """Twelve months of thirty nights are paid one by one; a night more is refused and says why,
    asked of one home, or offered to a guest who asked for any."""
    home = inn.home()
    why = inn.why_not(home, EASTER, 361, pay="monthly")
    assert why["stay_too_long_for_months"] == {
        "months": 12, "limit": 360, "steps": 361, "step": "nights",
    }  # fmt: skip
    assert inn.why_not(home, EASTER, 361) == {}
    anywhere = inn.ask(home, EASTER, 361, pay="monthly", anywhere=True)
    price = Money.of("30000", "USD")
    with pytest.raises(Refused, match="stay_too_long_for_months"):
        inn.market.offers.make(anywhere.id, by=inn.host, listing=home.id, price=price)
    quote = inn.price(home, EASTER, 360, pay="monthly")
    deal = inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    until(inn, deal, "end", -DAY)
    paid = sum(one.captured for one in inn.market.transactions.payments(deal.id, by=OPERATOR))
    assert (state(inn, deal), paid) == ("month_12", quote.payin.amount)


class Moody(Sandbox):
    """A payment provider that says no to everything while it is in a bad mood."""

    bad = False
    gone = False

    def carry_out(self, order: Order) -> Answer:
        """As the sandbox, or no, or nothing at all."""
        if self.gone:
            raise PaymentProviderUnavailable("nobody answers")
        no = Answer("failed", reason=Reason("no_mood"))
        return no if self.bad else super().carry_out(order)


@pytest.mark.behaviour("S10", "C12")
@pytest.mark.parametrize("part", [None, "1000"])
def test_a_month_that_cannot_be_paid_gives_no_earlier_month_back(
    database_url: str, part: str | None
) -> None:
    """A wallet runs dry in the third month, alone or after another way gave its part of it: the
    two months before stay settled and with the host, what was given of the third alone goes back,
    and paid late it is the host's."""
    moody = Moody(name="moody", methods=(evolve(CARD_METHOD, name="moody"),))
    inn = open_inn(database_url, moody)
    filled(inn, "3000" if part else "6000")
    pays = [Pay("wallet", amount=Money.of(part, "USD")), Pay("moody")] if part else [WALLET]
    deal = booked(inn, inn.home(), pays=pays, nights=90, pay="monthly")
    until(inn, deal, "start", 31 * DAY)
    assert (state(inn, deal), earned(inn), kept(inn, deal)) == ("month_2", 6_000_00, 6_000_00)
    moody.bad = True
    until(inn, deal, "start", 60 * DAY)
    assert (state(inn, deal), earned(inn)) == ("month_2_unpaid", 6_000_00)
    assert (kept(inn, deal), credit(inn)) == (6_000_00, 1_000_00 if part else 0)
    assert inn.market.ledger.sums() == {"USD": 0}
    moody.bad = False
    if part is None:
        inn.market.payments.top_up(inn.gita.id, Money.of("3000", "USD"), reference="rail 2")
    inn.market.transactions.take(deal.id, "pay_late", by=inn.gita)
    assert (state(inn, deal), earned(inn), kept(inn, deal)) == ("month_3", 9_000_00, 9_000_00)
    assert credit(inn) == 0
    inn.market.close()


@pytest.mark.behaviour("S10")
def test_a_month_of_hours_has_all_its_hours(tutor: Inn) -> None:
    """What is booked by the hour and paid by the month is paid whole: thirty days, not hours."""
    home = tutor.home()
    start = tutor.stays.span(home, EASTER, EASTER + DAY).start
    quote = tutor.price(home, start, start + 40 * DAY, pay="monthly")
    deal = tutor.market.transactions.open(quote.id, by=tutor.gita, pay=CARD)
    until(tutor, deal, "end", -DAY)
    paid = sum(one.captured for one in tutor.market.transactions.payments(deal.id, by=OPERATOR))
    assert (state(tutor, deal), paid) == ("month_2", quote.payin.amount)


@pytest.mark.behaviour("S10", "C15", "C23")
@pytest.mark.parametrize("since", [timedelta(0), 2 * DAY])
@pytest.mark.parametrize("end", ["withdraw", "decide", "lapse"])
def test_a_disputed_stay_by_the_month_goes_on_and_its_host_waits(
    inn: Inn, since: timedelta, end: str
) -> None:
    """A dispute, before the host had his first money or after it, stops no charge: each month is
    collected when it is due, and lies in escrow by itself. When the dispute has ended the host has
    every month of them as without it, to the cent, and the next one in its time."""
    deal = booked(inn, inn.home(), nights=90, pay="monthly")
    until(inn, deal, "start", since)
    dispute = inn.market.disputes.open(deal.id, by=inn.gita, cause="mould")
    had = earned(inn)
    assert had == (2_910_00 if since else 0)
    until(inn, deal, "start", 32 * DAY)
    assert (state(inn, deal), kept(inn, deal), earned(inn)) == ("month_2", 2 * 3_423_60, had)
    if end == "lapse":
        until(inn, deal, "end", DAY)
        assert state(inn, deal) == "completed"
        assert inn.market.disputes.get(dispute.id, by=inn.gita).state == "lapsed"
    else:
        if end == "withdraw":
            inn.market.disputes.withdraw(dispute.id, by=inn.gita)
        else:
            inn.market.disputes.decide(dispute.id, outcome={"for": "the host"})
        assert earned(inn) == 2 * 2_910_00
        until(inn, deal, "end", DAY)
    assert (state(inn, deal), kept(inn, deal)) == ("completed", 3 * 3_423_60)
    assert (earned(inn), credit(inn)) == (3 * 2_910_00, 0)
    assert inn.market.ledger.sums() == {"USD": 0}
    assert inn.market.ledger.drift() == []


@pytest.mark.behaviour("S10", "C15")
def test_a_dispute_that_ends_while_a_month_is_half_paid_gives_none_of_it_away(
    database_url: str,
) -> None:
    """A month waits, and of the next a wallet gave its part and the bank has not answered: the
    dispute ends, the host has the one, and the part stays for the other, which is his when the
    bank says yes."""
    moody = Moody(name="moody", methods=(evolve(CARD_METHOD, name="moody"),))
    inn = open_inn(database_url, moody)
    filled(inn, "3000")
    pays = [Pay("wallet", amount=Money.of("1000", "USD")), Pay("moody")]
    deal = booked(inn, inn.home(), pays=pays, nights=90, pay="monthly")
    until(inn, deal, "start", 29 * DAY)
    dispute = inn.market.disputes.open(deal.id, by=inn.gita, cause="mould")
    until(inn, deal, "start", 59 * DAY)
    assert (state(inn, deal), earned(inn), kept(inn, deal)) == ("month_2", 3_000_00, 6_000_00)
    moody.gone = True
    until(inn, deal, "start", 60 * DAY)
    assert inn.market.transactions.get(deal.id, by=OPERATOR).pending is not None
    assert kept(inn, deal) == 7_000_00
    inn.market.disputes.withdraw(dispute.id, by=inn.gita)
    assert (earned(inn), kept(inn, deal), credit(inn)) == (6_000_00, 7_000_00, 0)
    moody.gone = False
    for _ in range(3):
        inn.market.advance(HOUR)
    assert (state(inn, deal), kept(inn, deal)) == ("month_3", 9_000_00)
    assert (earned(inn), credit(inn)) == (9_000_00, 0)
    inn.market.close()


@pytest.mark.behaviour("S10")
def test_a_disputed_month_that_is_not_paid_puts_its_guest_out(database_url: str) -> None:
    """Whoever disputes lives there for nothing no longer than whoever does not: a month that could
    not be collected ends the stay a week later, while the month before waits for the dispute."""
    inn = open_inn(database_url)
    filled(inn, "3000")
    home = inn.home()
    deal = booked(inn, home, pays=WALLET, nights=90, pay="monthly")
    until(inn, deal, "start", 12 * HOUR)
    dispute = inn.market.disputes.open(deal.id, by=inn.gita, cause="mould")
    until(inn, deal, "start", 3 * DAY)
    inn.market.disputes.add_evidence(dispute.id, by=inn.host, text="it is dry")
    until(inn, deal, "start", 30 * DAY)
    assert (state(inn, deal), earned(inn)) == ("month_1_unpaid", 0)
    until(inn, deal, "start", 37 * DAY)
    assert state(inn, deal) == "cancelled"
    assert "." not in inn.free(home, EASTER + 40 * DAY, 40)
    assert (earned(inn), kept(inn, deal), owes(inn)) == (3_000_00, 3_000_00, 0)
    inn.market.close()


@pytest.mark.behaviour("S10")
def test_the_operator_ends_a_disputed_stay_by_the_month(small_inn: Inn) -> None:
    """Within any month he excuses it, for a reason: no money moves, and what waited is the host's
    when the dispute has ended."""
    inn = small_inn
    deal = booked(inn, inn.home(), nights=90, pay="monthly")
    until(inn, deal, "start", 12 * HOUR)
    dispute = inn.market.disputes.open(deal.id, by=inn.gita, cause="mould")
    until(inn, deal, "start", 31 * DAY)
    ended = inn.market.transactions.take(deal.id, "excuse", by=OPERATOR, reason="a fire")
    assert (ended.state, kept(inn, deal), earned(inn)) == ("cancelled", 6_000_00, 0)
    inn.market.disputes.decide(dispute.id, outcome={})
    assert earned(inn) == 6_000_00


@pytest.mark.behaviour("S8", "S12")
@pytest.mark.parametrize("host_says", ["nothing", "check_in"])
def test_a_guest_who_says_that_she_came_owes_no_fee(database_url: str, host_says: str) -> None:
    """A silent host makes nobody a guest who did not come: she says that she came, and nothing is
    taken; he may still check her in. Who is silent herself owes the fee, and who lied, when the
    operator judges so."""
    inn = open_inn(database_url, Cash(), processes=(*every(), at_the_door()))
    home = inn.home(cancellation="non_refundable")
    deal = booked(inn, home, pays=Pay("cash"), pay="at_the_door")
    until(inn, deal, "start")
    assert inn.market.transactions.take(deal.id, "arrive", by=inn.gita).state == "arrived"
    until(inn, deal, "start", 2 * DAY)
    assert state(inn, deal) == "arrived"
    if host_says == "check_in":
        cash = Money.of("400", "USD")
        inn.market.transactions.take(deal.id, "check_in", by=inn.host, cash_collected=cash)
        assert state(inn, deal) == "hosted"
    until(inn, deal, "end")
    assert (state(inn, deal), owes(inn)) == ("completed", 0)
    silent = inn.price(home, EASTER + 10 * DAY, 4, pay="at_the_door")
    other = inn.market.transactions.open(silent.id, by=inn.gita, pay=Pay("cash"))
    until(inn, other, "start", DAY)
    assert (state(inn, other), owes(inn)) == ("cancelled", 400_00)
    lied = inn.price(home, EASTER + 20 * DAY, 4, pay="at_the_door")
    third = inn.market.transactions.open(lied.id, by=inn.gita, pay=Pay("cash"))
    until(inn, third, "start")
    inn.market.transactions.take(third.id, "arrive", by=inn.gita)
    judged = inn.market.transactions.take(third.id, "nobody_came", by=OPERATOR)
    assert (judged.state, owes(inn)) == ("cancelled", 800_00)
    inn.market.close()
