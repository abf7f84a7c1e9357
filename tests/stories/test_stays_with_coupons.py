"""Stays with coupons: given up, disputed, paid in parts, and the discount is given once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    Listing,
    Marketplace,
    Pay,
    Purpose,
    Transaction,
    customer_owes,
)
from marketplace.plugins.coupons import Coupon, CouponDesk, Coupons
from marketplace.plugins.stays import Fees
from tests.support.inn import CARD, EASTER, Inn, dollars, open_inn
from tests.support.profiles import profile


@pytest.fixture
def inn(database_url: str) -> Any:
    """Yield an inn that gives coupons, without fees, on each database."""
    Marketplace.migrate(database_url, [Coupons()])
    opened = open_inn(database_url, Coupons())
    yield opened
    opened.market.close()


def booked(
    inn: Inn,
    home: Listing,
    coupon: Coupon,
    nights: int = 4,
    *,
    first: date = EASTER,
    pays: Sequence[Pay] = (CARD,),
    **said: Any,
) -> Transaction:
    """Gita presents a code and books."""
    request = inn.ask(home, first, nights, **said)
    CouponDesk(inn.market).present(request.id, [coupon.code], by=inn.gita)
    quote = inn.market.quotes.make(request.id, by=inn.gita)
    return inn.market.transactions.open(quote.id, by=inn.gita, pay=list(pays), entry="book")


def uses(inn: Inn, coupon: Coupon) -> tuple[int, list[tuple[str, int]]]:
    """How often it counts as used, and each use with what it was worth."""
    desk = CouponDesk(inn.market)
    found = desk.redemptions(coupon.id, by=OPERATOR).items
    used = desk.get(coupon.id, by=OPERATOR).used
    return used, [(one.state, one.amount.amount) for one in found]


def kept(inn: Inn, deal: Transaction) -> int:
    """What the guest has paid and not got back, in cents."""
    payments = inn.market.transactions.payments(deal.id, by=OPERATOR)
    return sum(one.captured - one.refunded for one in payments)


def payable(inn: Inn) -> int:
    """What the host has earned and not been paid out, in cents."""
    found = inn.market.ledger.balances(inn.host.id, by=OPERATOR)
    return sum(one.posted for one in found if one.account.purpose is Purpose.PAYABLE)


@pytest.mark.parametrize("disputed", [False, True])
def test_a_settlement_put_off_decides_over_the_coupon_when_it_is_done(
    inn: Inn, disputed: bool
) -> None:
    """A coupon that counts on a cancellation too is spent when the fee is settled: at once, or, in
    a dispute, when that ends; until then it is still redeemed, and never given back as well."""
    home = inn.home(cancellation="non_refundable")
    desk = CouponDesk(inn.market)
    coupon = desk.issue("TWENTY", by=OPERATOR, amount=dollars("20"), uses=1, not_on=[])
    deal = booked(inn, home, coupon)
    if disputed:
        dispute = inn.market.disputes.open(deal.id, by=inn.gita, cause="cold")
    inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    if disputed:
        assert [state for state, _ in uses(inn, coupon)[1]] == ["redeemed"]
        assert payable(inn) == 0
        inn.market.disputes.decide(dispute.id, outcome={"guest": 0})
    assert [state for state, _ in uses(inn, coupon)[1]] == ["spent"]
    assert uses(inn, coupon)[0] == 1
    assert payable(inn) == 40_000
    assert inn.market.ledger.drift() == []


@pytest.mark.parametrize("issuer", ["operator", "host"])
def test_a_use_is_given_back_only_where_nothing_was_discounted(inn: Inn, issuer: str) -> None:
    """A stay that is not refunded, booked at half its price and given up: the guest is kept what he
    paid and no more, nobody gives him anything, and so the use may be given back."""
    home = inn.home(cancellation="non_refundable")
    desk = CouponDesk(inn.market)
    by = OPERATOR if issuer == "operator" else inn.host
    coupon = desk.issue("ONCE", by=by, bp=5_000, uses=1, uses_each=None)
    for trial in range(1, 3):
        deal = booked(inn, home, coupon, first=EASTER + timedelta(10 * trial))
        inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
        last = inn.market.transactions.terms(deal.id, by=OPERATOR)[-1]
        assert [line.payee for line in last.lines] == ["provider"]
        assert kept(inn, deal) == 20_000
        assert uses(inn, coupon) == (0, [("restored", 20_000)] * trial)
        assert payable(inn) == 20_000 * trial
        assert inn.market.ledger.profit("USD") == dollars("0")


@pytest.mark.parametrize(("hours", "owed", "promoted"), [(24 * 30, 0, 0), (36, 12_500, 12_500)])
def test_a_coupon_for_cancellations_too_is_given_once(
    inn: Inn, hours: int, owed: int, promoted: int
) -> None:
    """A coupon of half the price that counts on a cancellation halves what is kept, once; and where
    nothing is kept it is given back."""
    home = inn.home(cancellation="flexible" if not owed else "moderate")
    coupon = CouponDesk(inn.market).issue("HALF", by=OPERATOR, bp=5_000, not_on=[])
    deal = booked(inn, home, coupon)
    inn.market.advance(deal.moments["start"] - timedelta(hours=hours) - inn.now)
    inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    last = inn.market.transactions.terms(deal.id, by=OPERATOR)[-1]
    given = [line.amount.amount for line in last.lines if line.payee == "customer"]
    assert sum(given) == promoted
    assert kept(inn, deal) == owed
    assert payable(inn) == owed + promoted
    assert inn.market.ledger.profit("USD").amount == -promoted
    assert uses(inn, coupon)[0] == (1 if owed else 0)


@pytest.mark.parametrize("pay", ["now", "instalments", "later"])
@pytest.mark.parametrize("row", ["cancel", "host_cancels", "excuse"])
def test_what_a_stay_is_said_to_cost_is_what_it_costs_with_its_coupon(
    inn: Inn, pay: str, row: str
) -> None:
    """Given up with a coupon that counts then too, the sum told as owed is that of the terms, and
    the sum told to go back is what the guest gets: nothing where nothing was taken yet."""
    coupon = CouponDesk(inn.market).issue("HALF", by=OPERATOR, bp=5_000, not_on=[])
    pays = [CARD, Pay("card", means="tok_ok", purse="balance")]
    pays = pays if pay == "instalments" else [CARD]
    deal = booked(inn, inn.home(cancellation="moderate"), coupon, pays=pays, pay=pay)
    ahead = 40 * DAY if pay == "instalments" else 3 * DAY
    inn.market.advance(deal.moments["start"] - ahead - inn.now)
    before = kept(inn, deal)
    by = {"host": inn.host, "operator": OPERATOR}.get(BY_ROW.get(row, ""), inn.gita)
    asks = {"reason": "flood", "bearer": "operator"} if row == "excuse" else {}
    inn.market.transactions.take(deal.id, row, by=by, **asks)
    first, *_, last = inn.market.transactions.terms(deal.id, by=OPERATOR)
    (told,) = [one.params for one in last.reasons if one.code == "stay_owed_now"]
    assert told["was"]["amount"] == customer_owes(first.lines, "USD").amount == 20_000
    assert told["is"]["amount"] == customer_owes(last.lines, "USD").amount == kept(inn, deal)
    assert told["back"]["amount"] == max(before - kept(inn, deal), 0)
    assert (told["is"]["amount"] > 0) == (row == "cancel" and pay != "instalments")
    text = [one.text for one in inn.market.why.transaction(deal.id, by=inn.gita)]
    assert any("USD 200.00 was owed" in one for one in text)


def test_a_provider_s_coupon_is_not_paid_back_to_him_by_an_excuse(inn: Inn) -> None:
    """A guest is excused at the operator's cost: the host has what the stay would have given him
    with his own coupon on it, not what it costs without."""
    home = inn.home(cancellation="non_refundable")
    coupon = CouponDesk(inn.market).issue("MINE", by=inn.host, bp=5_000)
    deal = booked(inn, home, coupon)
    asks = {"reason": "flood", "bearer": "operator"}
    inn.market.transactions.take(deal.id, "excuse", by=OPERATOR, **asks)
    assert (kept(inn, deal), payable(inn)) == (0, 20_000)
    assert uses(inn, coupon)[0] == 0


@pytest.mark.parametrize(
    ("terms", "months"),
    [
        ({"amount": dollars("500")}, [50_000, 0, 0]),
        ({"amount": dollars("4000")}, [300_000, 100_000, 0]),
        ({"bp": 1_000}, [30_000, 30_000, 30_000]),
        ({"bp": 1_000, "at_most": dollars("400")}, [30_000, 10_000, 0]),
    ],
)
def test_a_coupon_on_a_stay_by_the_month_is_given_once(
    inn: Inn, terms: dict[str, Any], months: list[int]
) -> None:
    """Three months at a coupon: each is discounted by what is left of it, together they give what
    was agreed on the whole stay, and the use is spent with that sum."""
    desk = CouponDesk(inn.market)
    coupon = desk.issue("LONG", by=OPERATOR, **terms)
    deal = booked(inn, inn.home(), coupon, 90, pay="monthly")
    inn.market.advance(deal.moments["end"] + DAY - inn.now)
    chain = inn.market.transactions.terms(deal.id, by=OPERATOR)
    given = [
        sum(line.amount.amount for line in one.lines if line.payee == "customer") for one in chain
    ]
    assert given == [sum(months), *months]
    assert kept(inn, deal) == 900_000 - sum(months)
    assert inn.market.ledger.profit("USD").amount == -sum(months)
    assert uses(inn, coupon) == (1, [("spent", sum(months))])
    assert inn.market.ledger.drift() == []


TERMS: tuple[dict[str, Any], ...] = (
    {"bp": 1_111},
    {"bp": 5_000, "at_most": dollars("130.01")},
    {"amount": dollars("33.33")},
    {"amount": dollars("200")},
    {"amount": dollars("1000")},
)
ROWS = ("cancel early", "cancel", "host_cancels", "excuse", "no_show", "leave_early")
CASES = [
    (number, terms, issuer, not_on)
    for number, terms in enumerate(TERMS)
    for issuer, not_on in (("host", None), ("operator", None), ("operator", ()))
]
WAYS = [(pay, row) for pay in ("now", "instalments") for row in ROWS]
BY_ROW = {"host_cancels": "host", "no_show": "host", "excuse": "operator"}


@pytest.mark.parametrize(("pay", "row"), WAYS)
def test_every_purse_gives_what_it_took(pay: str, row: str) -> None:
    """Whatever coupon stands on a stay, and on whichever row it ends before its time: the lines of
    each purse ask for no more than that purse took, so the row can always be taken.

    At the desk each row meets a fifth of the coupons, another fifth than its neighbour's, so that
    all are met; before a merge each meets all of them.
    """
    some = slice(WAYS.index((pay, row)) % 5, None, 5) if profile() == "dev" else slice(None)
    for number, terms, issuer, not_on in CASES[some]:
        inn = open_inn("sqlite://", Coupons(), fees=Fees.split(1_412, 300))
        by = inn.host if issuer == "host" else OPERATOR
        coupon = CouponDesk(inn.market).issue(f"C{number}", by=by, not_on=not_on, **terms)
        rates = {"nightly": 10_007, "cleaning": 4_999}
        home = inn.home(cancellation="firm", rates=rates)
        pays = [CARD, Pay("card", means="tok_ok", purse="balance")]
        pays = pays if pay == "instalments" else [CARD]
        deal = booked(inn, home, coupon, pays=pays, pay=pay)
        ended(inn, deal, row)
        took: dict[str, int] = {}
        for one in inn.market.transactions.payments(deal.id, by=OPERATOR):
            took[one.purse] = took.get(one.purse, 0) + one.captured - one.refunded
        last = inn.market.transactions.terms(deal.id, by=OPERATOR)[-1]
        for purse, kept_there in took.items():
            asked = customer_owes(last.lines, "USD", purse).amount
            assert asked == kept_there, (terms, issuer, not_on, purse)
        assert inn.market.ledger.drift() == []
        inn.market.close()


def ended(inn: Inn, deal: Transaction, row: str) -> None:
    """The stay ends by this row, at a time when it can."""
    hours = {"cancel early": -24 * 20, "cancel": -20, "no_show": 8, "leave_early": 30}.get(row, -20)
    inn.market.advance(deal.moments["start"] + timedelta(hours=hours) - inn.now)
    by = {"host": inn.host, "operator": OPERATOR}.get(BY_ROW.get(row, ""), inn.gita)
    asks = {"reason": "flood", "bearer": "operator"} if row == "excuse" else {}
    name = row.removesuffix(" early") if row == "cancel early" else row
    inn.market.transactions.take(deal.id, name, by=by, **asks)
