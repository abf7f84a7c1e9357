"""A coupon is used when a deal opens on it, and given back when the deal comes to nothing.

All of it happens in the database transaction of what happened. A use is counted by one statement
that counts only where one is left, so of those who want the last one at the same moment the
database lets one through, and for the others nothing at all is written.

Spent is a use whose discount was settled: its line stands in terms by which the money of its purse
was given to everybody, once or month by month. Where a deal ends otherwise (it expired, was
declined, was cancelled for a fee from which nothing was taken off) the use is restored, once. While
a dispute keeps that money in escrow neither is decided: it is when the dispute ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import (
    CUSTOMER,
    PRICE,
    PROVIDER,
    Conflict,
    Deferral,
    Event,
    Line,
    Money,
    Seat,
    Transaction,
    Work,
)
from marketplace import Terms as AgreedTerms
from marketplace.plugins.coupons import conditions, kept
from marketplace.plugins.coupons.coupon import Coupon, Redemption
from marketplace.plugins.coupons.discounts import RULE


def hear(event: Event, work: Work) -> None:
    """Count a use when a deal opens; when one ends, see whether it was spent."""
    if event.subject_kind != "transaction":
        return
    if event.kind == "transaction.opened":
        if event.data.get("origin") is None:
            _opened(event, work)
    elif "to" in event.data or event.kind == "transaction.settlement_done":
        _moved(event, work)


def _opened(event: Event, work: Work) -> None:
    agreed = work.find(AgreedTerms, transaction_id=event.subject_id, version=1)
    lines = [] if agreed is None else [one for one in agreed.lines if one.rule == RULE]
    if not lines:
        return
    seats = work.select(Seat, {"transaction_id": event.subject_id}, order="role")
    beside = basket_beside(work, work.get(Transaction, event.subject_id))
    worth = _worth(lines)
    for coupon in kept.by_ids(work, worth):
        customer = _sits(seats, CUSTOMER.name)
        assert customer is not None, f"{event.subject_id} has a price and no customer"
        _refuse_another_provider(coupon, seats)
        if not beside or not kept.lives_in(work, coupon.id, beside):
            _count(work, coupon, customer, [event.subject_id, *beside])
        amount = Money(worth[coupon.id], lines[0].amount.currency)
        use = Redemption(event.subject_id, coupon.id, customer, amount, "redeemed", event.at)
        kept.redeem(work, use)


def _worth(lines: Sequence[Line]) -> dict[str, int]:
    """Coupon's id to what its lines give."""
    worth: dict[str, int] = {}
    for line in lines:
        worth[line.inputs["id"]] = worth.get(line.inputs["id"], 0) + line.amount.amount
    return worth


def _sits(seats: Sequence[Seat], role: str) -> str | None:
    return next((seat.party_id for seat in seats if seat.role == role), None)


def _refuse_another_provider(coupon: Coupon, seats: Sequence[Seat]) -> None:
    """A provider pays only for its own deals: where anybody may take the seat, nobody's coupon."""
    if coupon.provider_id is not None and _sits(seats, PROVIDER.name) != coupon.provider_id:
        raise _lost(coupon, "coupon_not_for_this", "is for one provider's deals, and this is open")


def basket_beside(work: Work, deal: Transaction) -> list[str]:
    """The other transactions of the same basket, which a coupon of it is shared out over."""
    if deal.checkout_id is None or not deal.items:
        return []
    same = {"checkout_id": deal.checkout_id, "request_id": deal.request_id}
    return [one.id for one in work.select(Transaction, same, limit=1_000) if one.id != deal.id]


def _count(work: Work, coupon: Coupon, customer: str, here: Sequence[str]) -> None:
    if coupon.first_deal:
        conditions.one_at_a_time(work, customer)
        if conditions.had_a_deal(work, customer, besides=here):
            raise _lost(coupon, "coupon_first_deal_only", "is for a first deal")
    if not kept.count(work, coupon.id):
        (now,) = kept.by_ids(work, [coupon.id])
        if now.state != "active":
            raise _lost(coupon, "coupon_unknown", "is no longer good")
        raise _lost(coupon, "coupon_used_up", "was used up by others")
    if not kept.count_of(work, coupon, customer):
        raise _lost(coupon, "coupon_used_by_you", f"was used {coupon.uses_each} times by you")


def _lost(coupon: Coupon, code: str, what: str) -> Conflict:
    params = {"coupon": coupon.code, "uses": coupon.uses_each}
    return Conflict(f"coupon {coupon.code} {what}; ask for a new quote", code=code, params=params)


def _moved(event: Event, work: Work) -> None:
    uses = [one for one in kept.redemptions_in(work, event.subject_id) if one.state == "redeemed"]
    if not uses:
        return
    deal = work.get(Transaction, event.subject_id)
    if deal.ended_at is None:
        return
    purses = _purses(work, deal)
    if any(_waits(work, deal.id, one) for one in purses):
        return
    worth = given(work, deal.id, purses)
    if beside := basket_beside(work, deal):
        conditions.one_at_a_time(work, uses[0].party_id)
    for use in uses:
        amount = worth.get(use.coupon_id, 0)
        state, left = ("spent", amount) if amount else ("restored", use.amount.amount)
        kept.end(work, use, state, left, event.at, beside)


def _purses(work: Work, deal: Transaction) -> list[str]:
    """Where discounts of this deal stand, or stood when it was opened."""
    where = {"transaction_id": deal.id, "version": [1, deal.terms_version]}
    both = work.select(AgreedTerms, where, order="version")
    return sorted({line.purse for terms in both for line in terms.lines if line.rule == RULE})


def _waits(work: Work, transaction_id: str, purse: str) -> bool:
    """Whether this purse's money lies in escrow until a dispute ends."""
    where = {"transaction_id": transaction_id, "purse": purse}
    return bool(work.select(Deferral, where, order="terms_version", limit=1))


def given(work: Work, transaction_id: str, purses: Sequence[str]) -> dict[str, int]:
    """Coupon's id to what it gave: its lines in each settlement that was not taken back again."""
    lines: list[Line] = []
    for purse in purses:
        home = transaction_id if purse == PRICE else f"{transaction_id}:{purse}"
        journals = work.ledger.journals(cause=home)
        undone = {one.reverses for one in journals if one.reverses}
        for one in journals:
            if one.kind != "settle" or one.details.get("purse") != purse or one.id in undone:
                continue
            deal, version = one.details["transaction"], one.details["terms_version"]
            terms = work.find(AgreedTerms, transaction_id=deal, version=version)
            assert terms is not None, f"{deal} lost version {version}"
            lines += [line for line in terms.lines if (line.rule, line.purse) == (RULE, purse)]
    return _worth(lines)
