"""Coupons as values: what is promised, under which conditions, by whom it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from attrs import evolve, frozen

from marketplace import MARKETPLACE, OPERATOR, PROVIDER, InvalidInput, Money

_MOST = 10**15
"""Minor units: beyond any price, and what every database holds."""
CouponState = Literal["active", "withdrawn"]
RedemptionState = Literal["redeemed", "spent", "restored"]


@frozen
class Coupon:
    """A discount that whoever knows its code may have; never changed, only withdrawn."""

    id: str
    code: str
    payer: str
    """The role that bears the discount: ``operator``, or ``provider`` for its own listings."""
    created_at: datetime
    provider_id: str | None = None
    """Whose listings it is for, where the provider pays."""
    bp: int | None = None
    """A share of the price in basis points …"""
    amount: Money | None = None
    """… or a fixed amount; one of the two."""
    at_most: Money | None = None
    """The most that a share gives."""
    minimum: Money | None = None
    """The least that the price must come to before any discount."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    uses: int | None = None
    """How often it may be redeemed in all."""
    uses_each: int | None = None
    """How often by one party."""
    used: int = 0
    """How often it is redeemed now, those that were given back left out."""
    verticals: Sequence[str] = ()
    """Only in these; empty for all."""
    listings: Sequence[str] = ()
    """Only for these; empty for all."""
    first_deal: bool = False
    """Only for a customer's first deal."""
    stackable: bool = False
    """Whether it goes together with others that are."""
    not_on: Sequence[str] = ()
    """Occasions of a price on which it gives nothing, such as ``cancellation``."""
    state: CouponState = "active"

    @property
    def owner(self) -> str:
        """Whose coupon it is: the marketplace's, or a provider's."""
        return self.provider_id or MARKETPLACE

    @property
    def currency(self) -> str | None:
        """The currency it is for; None for a bare share of any price."""
        for money in (self.amount, self.at_most, self.minimum):
            if money is not None:
                return money.currency
        return None

    def less(self, given: int) -> Coupon | None:
        """What is left of it after so many minor units; None when that is nothing."""
        most = self.amount or self.at_most
        if most is None:
            return self
        left = Money(most.amount - given, most.currency)
        if left.amount <= 0:
            return None
        return evolve(self, at_most=left) if self.amount is None else evolve(self, amount=left)


@frozen
class Redemption:
    """A use of a coupon in one transaction."""

    transaction_id: str
    coupon_id: str
    party_id: str
    amount: Money
    """What it was worth: as agreed, and once it is spent, as it was settled."""
    state: RedemptionState
    """``redeemed`` while the deal runs; then ``spent``, or ``restored`` if it came to nothing."""
    at: datetime
    ended_at: datetime | None = None


@frozen
class Presented:
    """The codes that a customer put to a request, as they are shown."""

    request_id: str
    codes: Sequence[str]
    at: datetime


def checked(coupon: Coupon) -> Coupon:
    """The coupon, if it can be kept; raises ``InvalidInput`` with what it may be."""
    if (coupon.bp is None) == (coupon.amount is None):
        raise InvalidInput("a coupon gives a share (bp) or an amount: name one of the two")
    if coupon.bp is not None and not (type(coupon.bp) is int and 1 <= coupon.bp <= 10_000):
        raise InvalidInput(f"a share is 1 to 10000 basis points, not {coupon.bp!r}")
    _check_money(coupon)
    for name in ("uses", "uses_each"):
        value = getattr(coupon, name)
        if value is not None and not (type(value) is int and 1 <= value <= 1_000_000_000):
            raise InvalidInput(f"{name} is 1 to 1000000000, or None for no limit, not {value!r}")
    for name in ("first_deal", "stackable"):
        if type(getattr(coupon, name)) is not bool:
            raise InvalidInput(f"{name} is True or False, not {getattr(coupon, name)!r}")
    for name in ("verticals", "listings", "not_on"):
        if not all(isinstance(one, str) and one for one in getattr(coupon, name)):
            raise InvalidInput(f"{name} is a list of names, not {getattr(coupon, name)!r}")
    for name in ("starts_at", "ends_at"):
        value = getattr(coupon, name)
        if value is not None and not (isinstance(value, datetime) and value.tzinfo):
            raise InvalidInput(f"{name} is a time with its time zone, not {value!r}")
    starts, ends = coupon.starts_at, coupon.ends_at
    if ends is not None and ends <= (starts or coupon.created_at):
        raise InvalidInput(f"a coupon must end after it starts, not at {ends.isoformat()}")
    if coupon.payer != (PROVIDER.name if coupon.provider_id else OPERATOR.name):
        raise InvalidInput("the operator pays for its own coupons, a provider for its own")
    return coupon


def _check_money(coupon: Coupon) -> None:
    for name in ("amount", "at_most", "minimum"):
        money = getattr(coupon, name)
        if money is not None and not (isinstance(money, Money) and money.amount > 0):
            raise InvalidInput(f"{name} is Money above zero, not {money!r}")
        if money is not None and money.amount > _MOST:
            raise InvalidInput(f"{name} is at most {_MOST} minor units, not {money.amount}")
        if money is not None and money.currency != coupon.currency:
            raise InvalidInput(
                f"{name} is in {money.currency}, the coupon in {coupon.currency}",
                code="currency_mismatch",
            )
    if coupon.at_most is not None and coupon.bp is None:
        raise InvalidInput("at_most limits a share; an amount is its own limit")
