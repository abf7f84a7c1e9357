"""Coupons of a basket: one discount shared out over the parts of several sellers.

Each part is priced by itself, and each computes the same: the lines of all parts as they are
without coupons, what each coupon gives over those in which it is good, and its own share. What is
shared out is prorated by largest remainder over what each part still has, so that the shares sum
to the discount. Later a share follows the goods that are left of its part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from marketplace import (
    CUSTOMER,
    Line,
    Listing,
    Money,
    PricedItem,
    PricingQuestion,
    Reason,
    divide,
    split,
)
from marketplace.plugins.coupons.coupon import Coupon
from marketplace.plugins.coupons.discounts import (
    RULE,
    Discounted,
    Terms,
    asked,
    basket,
    code_of,
    discount,
    inputs_of,
    ordered,
)


def views(question: PricingQuestion) -> list[PricingQuestion]:
    """The question as it is put for each part of the basket."""
    return [
        evolve(
            question,
            listing=_same(one.items),
            lines=one.lines,
            items=one.items,
            part=one.part,
            provider_id=one.provider_id,
            place=place,
        )
        for place, one in enumerate(question.parts)
    ]


def _same(items: Sequence[PricedItem]) -> Listing | None:
    listings = {one.listing.id: one.listing for one in items}
    return next(iter(listings.values())) if len(listings) == 1 else None


def shared_out(
    parts: Sequence[Sequence[Line]],
    coupons: Sequence[tuple[Coupon, Sequence[int]]],
    currency: str,
    terms: Terms,
) -> list[Discounted]:
    """What these coupons give in each part; each is named with the parts in which it is good."""
    good = {coupon.id: places for coupon, places in coupons}
    made: list[list[Line]] = [[] for _ in parts]
    reasons: list[Reason] = []
    for coupon in ordered([coupon for coupon, _ in coupons]):
        now = [[*lines, *mine] for lines, mine in zip(parts, made, strict=True)]
        lines, wanted = _shares(coupon, now, good[coupon.id], currency, terms)
        given = sum(line.amount.amount for _, line in lines)
        if given < wanted or not given:
            params = {"coupon": coupon.code, "asked": wanted, "given": given, "currency": currency}
            reasons.append(Reason("coupon_cut" if given else "coupon_nothing_left", params))
        for place, line in lines:
            made[place].append(line)
    return [Discounted(tuple(mine), tuple(reasons)) for mine in made]


def _shares(
    coupon: Coupon,
    parts: Sequence[Sequence[Line]],
    places: Sequence[int],
    currency: str,
    terms: Terms,
) -> tuple[list[tuple[int, Line]], int]:
    """A coupon's lines, each with its part, and what it would give if there were enough."""
    made: list[tuple[int, Line]] = []
    wanted = 0
    for purse in terms.purses:
        left = coupon.less(sum(line.amount.amount for _, line in made))
        if left is None:
            break
        spots: list[tuple[int, str]] = []
        over: list[int] = []
        inputs: Mapping[str, Any] = {}
        for place in places:
            mine = [*parts[place], *(line for at, line in made if at == place)]
            inputs = inputs_of(left, mine, currency, purse, terms)
            amounts, room = list(inputs["over"]), int(inputs["room"])
            if sum(amounts) > room:
                amounts = split(room, amounts) if room else [0 for _ in amounts]
            spots += [(place, bearer) for bearer in inputs["by"]]
            over += amounts
        whole = {**inputs, "by": [bearer for _, bearer in spots], "over": over, "room": sum(over)}
        wanted += asked(whole)
        for part, (place, bearer) in enumerate(spots):
            shared = {**whole, "part": part, "basket": True}
            amount = discount(shared)
            if amount:
                code, money = code_of(coupon, bearer), Money(amount, currency)
                line = Line(code, money, bearer, CUSTOMER.name, RULE, inputs=shared, purse=purse)
                made.append((place, line))
    return made, wanted if coupon.amount is None else coupon.amount.amount


def left_of(
    coupon: Coupon, agreed: Sequence[Line], now: Sequence[Line], currency: str, terms: Terms
) -> Coupon | None:
    """What a coupon gives later in one part of a basket: its share, of the goods that are left.

    A coupon that was not shared out over a basket stays as it is; None when nothing is left of it.
    """
    lines = [
        one
        for one in agreed
        if one.rule == RULE and one.inputs["id"] == coupon.id and one.inputs.get("basket")
    ]
    if not lines:
        return coupon
    share = sum(line.amount.amount for line in lines)
    before = _goods([one for one in agreed if one.rule != RULE], terms)
    amount = divide(share * min(_goods(now, terms), before), before) if before else 0
    if not amount:
        return None
    return evolve(coupon, amount=Money(amount, currency), bp=None, at_most=None)


def _goods(lines: Sequence[Line], terms: Terms) -> int:
    purses = [evolve(terms, purse=one) for one in terms.purses]
    return sum(sum(basket(lines, one).values()) for one in purses)
