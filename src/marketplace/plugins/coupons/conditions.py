"""For whom and for what a coupon is: every no is a reason that says why, one for each code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from marketplace import (
    CUSTOMER,
    MARKETPLACE,
    Listing,
    Party,
    PricingQuestion,
    Reason,
    Request,
    Seat,
    Transaction,
    Work,
)
from marketplace.plugins.coupons import kept
from marketplace.plugins.coupons.baskets import shared_out
from marketplace.plugins.coupons.codes import sameness
from marketplace.plugins.coupons.coupon import Coupon
from marketplace.plugins.coupons.discounts import Discounted, Terms, basket, discounted

_MANY = 1000
"""Deals of one customer that are looked at; with more it has surely had one."""


def meant(
    coupons: Sequence[Coupon], codes: Sequence[str], provider: str | None
) -> dict[str, Coupon]:
    """Which coupon each code means: the provider's own before the marketplace's.

    A code of another provider's means nothing here.
    """
    found: dict[str, Coupon] = {}
    for owner in (MARKETPLACE, provider):
        of = {sameness(one.code): one for one in coupons if one.owner == owner}
        found |= {code: of[sameness(code)] for code in codes if sameness(code) in of}
    return found


def begun(coupon: Coupon, at: datetime) -> bool:
    """Whether anybody may know of it: what is withdrawn or still to come is as if unknown."""
    return coupon.state == "active" and (coupon.starts_at is None or coupon.starts_at <= at)


def against(coupon: Coupon, question: PricingQuestion, terms: Terms) -> Reason | None:
    """What speaks against this coupon for this price, or nothing."""
    request = question.request
    assert request is not None
    if not begun(coupon, question.at):
        return _no("unknown", coupon)
    if coupon.ends_at is not None and coupon.ends_at <= question.at:
        return _no("expired", coupon, {"at": coupon.ends_at.isoformat()})
    if not _fits(coupon, question, question.listing):
        return _no("not_for_this", coupon)
    if coupon.uses is not None and coupon.used >= coupon.uses:
        return _no("used_up", coupon)
    spent = _spent_by(coupon, question.work, request)
    if spent is not None:
        return spent
    return _too_small(coupon, question, terms)


def _fits(coupon: Coupon, question: PricingQuestion, listing: Listing | None) -> bool:
    if coupon.verticals and question.vertical not in coupon.verticals:
        return False
    if coupon.currency not in (None, question.currency):
        return False
    provider = question.provider_id if listing is None else listing.provider_id
    if coupon.provider_id not in (None, provider):
        return False
    return not coupon.listings or (listing is not None and listing.id in coupon.listings)


def _spent_by(coupon: Coupon, work: Work, request: Request) -> Reason | None:
    me = request.customer_id
    if coupon.uses_each is not None and kept.used_by(work, coupon.id, me) >= coupon.uses_each:
        return _no("used_by_you", coupon, {"uses": coupon.uses_each})
    if coupon.first_deal and had_a_deal(work, me):
        return _no("first_deal_only", coupon)
    return None


def _too_small(coupon: Coupon, question: PricingQuestion, terms: Terms) -> Reason | None:
    if coupon.minimum is None:
        return None
    purses = [evolve(terms, purse=one) for one in terms.purses]
    # Of a basket all parts count, of a seller's own coupon his.
    whole = coupon.provider_id is None and question.parts
    lines = [one.lines for one in question.parts] if whole else [question.lines]
    total = sum(sum(basket(some, one).values()) for some in lines for one in purses)
    if total >= coupon.minimum.amount:
        return None
    sums = {"minimum": coupon.minimum.amount, "total": total, "currency": question.currency}
    return _no("too_small", coupon, sums)


def had_a_deal(work: Work, party_id: str, besides: Collection[str] = ()) -> bool:
    """Whether the customer has, or had, a deal: a living one, or one whose money was settled."""
    mine = {"role": CUSTOMER.name, "party_id": party_id}
    seats = work.select(Seat, mine, order="transaction_id", limit=_MANY)
    if len(seats) == _MANY:
        return True
    for seat in seats:
        if seat.transaction_id in besides:
            continue
        deal = work.select(Transaction, {"id": seat.transaction_id})[0]
        if deal.origin_id is None and (deal.ended_at is None or _settled(work, deal)):
            return True
    return False


def _settled(work: Work, deal: Transaction) -> bool:
    return any(one.kind == "settle" for one in work.ledger.journals(cause=deal.id))


def one_at_a_time(work: Work, party_id: str) -> None:
    """Who redeems a customer's first deal waits for whoever does the same just now."""
    work.select(Party, {"id": party_id}, lock=True)


def together(
    coupons: Sequence[Coupon], question: PricingQuestion, terms: Terms
) -> tuple[Discounted, list[Reason]]:
    """The best for the customer of: all that go together, or one that does not."""
    stack = [one for one in coupons if one.stackable]
    choices = [stack, *([one] for one in coupons if not one.stackable)]
    choices = [one for one in choices if one]
    if not choices:
        return Discounted(), []
    done = [discounted(question.lines, one, question.currency, terms) for one in choices]
    best = max(range(len(done)), key=lambda i: (done[i].total, -i))
    left = [one for one in coupons if one not in choices[best]]
    return done[best], [_no("not_together", one) for one in left]


def together_in_a_basket(
    good: Sequence[Sequence[Coupon]], asked: Sequence[PricingQuestion], terms: Terms
) -> tuple[list[Discounted], list[Reason]]:
    """The same for all parts of a basket: what is good in each, and what each then gets."""
    coupons = list({one.id: one for mine in good for one in mine}.values())
    stack = [one for one in coupons if one.stackable]
    choices = [stack, *([one] for one in coupons if not one.stackable)]
    choices = [one for one in choices if one]
    if not choices:
        return [Discounted() for _ in asked], []
    lines, currency = [one.lines for one in asked], asked[0].currency
    done = []
    for choice in choices:
        placed = [(one, [at for at, mine in enumerate(good) if one in mine]) for one in choice]
        done.append(shared_out(lines, placed, currency, terms))
    totals = [sum(one.total for one in each) for each in done]
    best = max(range(len(done)), key=lambda i: (totals[i], -i))
    left = [one for one in coupons if one not in choices[best]]
    return done[best], [_no("not_together", one) for one in left]


def _no(code: str, coupon: Coupon, params: Mapping[str, Any] | None = None) -> Reason:
    return Reason(f"coupon_{code}", {"coupon": coupon.code, **(params or {})})


def unknown(code: str) -> Reason:
    """There is no such coupon, or none that anybody may know of."""
    return Reason("coupon_unknown", {"coupon": code})
