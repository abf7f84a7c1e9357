"""Stays with coupons: given up, disputed, paid in parts, and the discount is given once."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from marketplace import OPERATOR, Listing, Marketplace, Pay, Purpose, Transaction
from marketplace.plugins.coupons import Coupon, CouponDesk, Coupons
from tests.support.inn import CARD, EASTER, Inn, dollars, open_inn


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
