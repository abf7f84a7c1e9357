"""Discounts as lines of a price: who bears them, in which order, and never more than there is.

What may be discounted is one purse's lines, as what each payee still gets from the customer. The
platform's coupon is borne by the operator, so it leaves every payee what it gets. A provider's
coupon lowers the provider's own price: it is prorated by largest remainder over what the provider
gets and the tax on it, and leaves what is the operator's alone.

Coupons are taken in one order, whatever order they came in: a provider's before the operator's,
amounts before shares, then by code. Each is taken from what those before it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from marketplace import (
    CUSTOMER,
    OPERATOR,
    PRICE,
    PROVIDER,
    Line,
    Money,
    Reason,
    customer_owes,
    divide,
    split,
)
from marketplace.plugins.coupons.coupon import Coupon

RULE = "coupons.discount"
TAX = "tax"


@frozen
class Terms:
    """What a marketplace says of all its discounts; data, frozen into each line."""

    purse: str = PRICE
    more: tuple[str, ...] = ()
    """Purses of the rest of the same price, discounted after the first."""
    except_codes: frozenset[str] = frozenset()
    """Lines that no coupon lowers: what only passes through."""
    least: Mapping[str, int] = field(factory=dict)
    """Currency to minor units: what the customer pays in any case."""
    coins: Mapping[str, int] = field(factory=dict)
    """Currency to the smallest coin: a share is rounded down to it."""

    @property
    def purses(self) -> tuple[str, ...]:
        """All of them, in the order in which they are discounted."""
        return self.purse, *self.more


def discount(inputs: Mapping[str, Any]) -> int:
    """One bearer's part of a discount: a share or an amount, of what is left, within the room.

    ``over`` is what may be taken from each of those ``by`` whom it is borne; ``part`` says which.
    """
    over = [int(one) for one in inputs["over"]]
    given = min(asked(inputs), sum(over), int(inputs["room"]))
    return split(given, over)[int(inputs["part"])] if given > 0 else 0


def asked(inputs: Mapping[str, Any]) -> int:
    """What the coupon would give if there were enough: a share rounded down to the coin."""
    if "amount" in inputs:
        return int(inputs["amount"])
    share = divide(sum(inputs["over"]) * int(inputs["bp"]), 10_000)
    share -= share % int(inputs["coin"])
    return min(share, int(inputs["at_most"])) if "at_most" in inputs else share


@frozen
class Discounted:
    """The lines of some coupons, and where one gave less than it says."""

    lines: tuple[Line, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def total(self) -> int:
        """All that is given, in minor units."""
        return sum(line.amount.amount for line in self.lines)


def basket(lines: Sequence[Line], terms: Terms) -> dict[str, int]:
    """What each payee still gets of the price that may be discounted; what it gave back is off.

    What the operator bears of a discount lowers nobody's part, so it is left out here.
    """
    gets: dict[str, int] = {}
    for line in lines:
        if line.purse != terms.purse or line.code in terms.except_codes:
            continue
        if line.payer == CUSTOMER.name:
            gets[line.payee] = gets.get(line.payee, 0) + line.amount.amount
        elif line.payee == CUSTOMER.name and not _borne(line, terms):
            gets[line.payer] = gets.get(line.payer, 0) - line.amount.amount
    return {payee: amount for payee, amount in sorted(gets.items()) if amount > 0}


def _borne(line: Line, terms: Terms) -> bool:
    """Whether it is a discount that the operator bears."""
    return line.rule == RULE and line.payer == OPERATOR.name and line.purse == terms.purse


def ordered(coupons: Sequence[Coupon]) -> list[Coupon]:
    """In the order in which they are taken."""
    return sorted(
        coupons, key=lambda one: (one.payer == OPERATOR.name, one.bp is not None, one.code)
    )


def discounted(
    lines: Sequence[Line], coupons: Sequence[Coupon], currency: str, terms: Terms
) -> Discounted:
    """The lines that these coupons add, each taken from what those before it left."""
    made: list[Line] = []
    reasons: list[Reason] = []
    for coupon in ordered(coupons):
        mine, wanted = _over_purses(coupon, [*lines, *made], currency, terms)
        given = sum(line.amount.amount for line in mine)
        if given < wanted or not given:
            params = {"coupon": coupon.code, "asked": wanted, "given": given, "currency": currency}
            reasons.append(Reason("coupon_cut" if given else "coupon_nothing_left", params))
        made += mine
    return Discounted(tuple(made), tuple(reasons))


def _over_purses(
    coupon: Coupon, lines: Sequence[Line], currency: str, terms: Terms
) -> tuple[list[Line], int]:
    """A coupon's lines in each purse, an amount as far as the purses before left it; and what it
    would give if there were enough."""
    made: list[Line] = []
    wanted = 0
    for purse in terms.purses:
        left = coupon.less(sum(line.amount.amount for line in made))
        if left is None:
            break
        inputs = inputs_of(left, [*lines, *made], currency, purse, terms)
        wanted += asked(inputs)
        made += _lines(left, inputs, currency, purse)
    return made, wanted if coupon.amount is None else coupon.amount.amount


def inputs_of(
    coupon: Coupon, lines: Sequence[Line], currency: str, purse: str, terms: Terms
) -> dict[str, Any]:
    """Everything that a discount's rule looks at, but which part of it."""
    here = evolve(terms, purse=purse)
    left = basket(lines, here)
    if coupon.payer == OPERATOR.name:
        borne = sum(line.amount.amount for line in lines if _borne(line, here))
        over = {OPERATOR.name: max(sum(left.values()) - borne, 0)}
    else:
        over = {payee: left[payee] for payee in (PROVIDER.name, TAX) if payee in left}
    owes = {one: customer_owes(lines, currency, one).amount for one in terms.purses}
    # The least is of the whole price: what another purse still asks counts towards it.
    owed = min(owes[purse], sum(owes.values()) - terms.least.get(currency, 0))
    inputs: dict[str, Any] = {"coupon": coupon.code, "id": coupon.id}
    # Whoever prices an occasion later can read here that this will not be given on it.
    inputs["not_on"] = list(coupon.not_on)
    inputs |= {"by": list(over), "over": list(over.values()), "room": max(owed, 0)}
    if coupon.amount is not None:
        return {**inputs, "amount": coupon.amount.amount}
    inputs |= {"bp": coupon.bp, "coin": terms.coins.get(currency, 1)}
    return inputs if coupon.at_most is None else {**inputs, "at_most": coupon.at_most.amount}


def _lines(coupon: Coupon, inputs: Mapping[str, Any], currency: str, purse: str) -> list[Line]:
    """A line from each who bears a part."""
    made = []
    for part, bearer in enumerate(inputs["by"]):
        whole = {**inputs, "part": part}
        amount = discount(whole)
        if amount:
            code, money = code_of(coupon, bearer), Money(amount, currency)
            made.append(Line(code, money, bearer, CUSTOMER.name, RULE, inputs=whole, purse=purse))
    return made


def code_of(coupon: Coupon, bearer: str) -> str:
    """What a discount's line is called."""
    kind = "discount" if coupon.amount is not None else "discount_percent"
    return kind if bearer == coupon.payer else "discount_tax"
