"""What is true of every marketplace at every moment, as one function that says what is not.

``faults(market)`` reads the books, the claims, the timers and the audit trail, and gives a
sentence for each thing that may not be. Call it after whatever a test did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from marketplace import (
    UNANSWERED,
    Chargeback,
    Deferral,
    Intent,
    Marketplace,
    MoneyKind,
    Offer,
    Payment,
    Payout,
    Purpose,
    Reputation,
    Reservation,
    Review,
    Transaction,
    Work,
    divide,
)

MOST = 1_000_000
"""The most values of a kind that are looked at."""
FAR = datetime(9000, 1, 1, tzinfo=UTC)
UNSETTLED = (Purpose.ESCROW, Purpose.CASH, Purpose.PASSED_ON)
"""Purposes whose accounts belong to one transaction and are empty once it is final."""


def faults(market: Marketplace) -> list[str]:
    """Sentences for everything in this marketplace that may never be; empty when it is sound."""
    indexed = market.listings.search_drift()
    with market.context.store.begin() as work:
        final = _final(market, work)
        return [
            *_books(work),
            *_unsettled(work, final),
            *_payouts(work),
            *_claims(work, final),
            *_timers(work, final),
            *_reputations(work),
            *work.commands.broken_chains(),
            *indexed,
        ]


def _final(market: Marketplace, work: Work) -> set[str]:
    """Transactions in a final state of their process."""
    found = work.select(Transaction, limit=MOST)
    return {one.id for one in found if one.state in market.context.process(one).final}


def _books(work: Work) -> Iterator[str]:
    """Every currency sums to zero, balances are their transfers, guarded ones not below zero."""
    sums: dict[str, int] = {}
    for _, currency, debits, credits in work.ledger.trial():
        sums[currency] = sums.get(currency, 0) + debits - credits
    yield from (
        f"the ledger is off by {amount} in {currency}"
        for currency, amount in sums.items()
        if amount
    )
    yield from work.ledger.drift()
    yield from work.ledger.crossings()
    for balance in work.ledger.balances():
        if balance.account.guarded and balance.available < 0:
            yield f"{balance.account} has {balance.available} available"


def _unsettled(work: Work, final: set[str]) -> Iterator[str]:
    """A final transaction has nothing in escrow, no cash unsettled and nothing held.

    But for what waits there until a dispute ends, or until a bank decided on a chargeback; what
    was passed on may yet be taken back while a refund has no answer.
    """
    asked = work.select(Intent, {"state": UNANSWERED}, limit=MOST)
    returns = {one.transaction_id for one in asked if one.kind is MoneyKind.REFUND}
    waits = {one.transaction_id for one in work.select(Deferral, order="purse", limit=MOST)}
    taken = work.select(Chargeback, {"state": "open"}, limit=MOST)
    waits |= {one.transaction_id for one in taken}
    for purpose in UNSETTLED:
        for balance in work.ledger.balances(purpose=purpose):
            owner = balance.account.owner.split(":")[0]
            late = returns if purpose is Purpose.PASSED_ON else set()
            if owner in final - waits - late and balance.posted:
                yield f"{balance.account} holds {balance.posted}, and {owner} is final"
    about = {intent.payment_id for intent in asked}
    for payment in work.select(Payment, limit=MOST):
        if payment.transaction_id in final and payment.held and payment.id not in about:
            yield f"payment {payment.id} holds {payment.held}, and its transaction is final"


def _payouts(work: Work) -> Iterator[str]:
    """What is in transit to each party is what its unfinished payouts say; what of its debt waits
    to be taken back is what its payouts say too, and none of them gave more than it was."""
    wanted: dict[tuple[str, str], int] = {}
    for payout in work.select(Payout, {"state": ["made", "sent"]}, limit=MOST):
        key = (payout.party_id, payout.currency)
        wanted[key] = wanted.get(key, 0) + payout.amount
    for balance in work.ledger.balances(purpose=Purpose.IN_TRANSIT):
        key = (balance.account.owner, balance.account.currency)
        if balance.posted != wanted.get(key, 0):
            yield f"{balance.account} holds {balance.posted}, payouts say {wanted.get(key, 0)}"
    asked: dict[tuple[str, str], int] = {}
    for payout in work.select(Payout, limit=MOST):
        key = (payout.party_id, payout.currency)
        asked[key] = asked.get(key, 0) + payout.taking_back
        if min(payout.taken_back, payout.taking_back, payout.left) < 0:
            yield f"payout {payout.id} gives back more than it was: {payout}"
    for balance in work.ledger.balances(purpose=Purpose.RECEIVABLE):
        waits = asked.pop((balance.account.owner, balance.account.currency), 0)
        if balance.pending_out != waits:
            yield f"of {balance.account} {balance.pending_out} waits, payouts say {waits}"
    yield from (
        f"payouts of {key} ask {waits} back of no debt" for key, waits in asked.items() if waits
    )


def _claims(work: Work, final: set[str]) -> Iterator[str]:
    """A live claim has a cause that still claims; what is claimed is what is counted."""
    live = work.select(Reservation, {"state": ["proposed", "reserved", "confirmed"]}, limit=MOST)
    made = set(_ids(work.select(Offer, {"state": "made"}, limit=MOST)))
    for claim in live:
        if claim.cause == "transaction" and claim.cause_id in final:
            yield f"claim {claim.id} lives, and transaction {claim.cause_id} is final"
        if claim.cause == "offer" and claim.cause_id not in made:
            yield f"claim {claim.id} lives, and offer {claim.cause_id} is over"
    yield from work.claims.drift()


def _ids(offers: Iterable[Offer]) -> Iterator[str]:
    return (one.id for one in offers)


def _timers(work: Work, final: set[str]) -> Iterator[str]:
    """Nothing is due any more for a transaction that is final."""
    for timer in work.timers.due(FAR, MOST):
        if timer.subject_kind == "transaction" and timer.subject_id in final:
            yield f"timer {timer.name} is set, and transaction {timer.subject_id} is final"


def _reputations(work: Work) -> Iterator[str]:
    """A reputation is the sum of what is shown, and each counterparty's mean once."""
    shown: dict[tuple[str, str], list[Review]] = {}
    for review in work.select(Review, {"state": "visible"}, limit=MOST):
        shown.setdefault((review.subject_id, review.subject_role), []).append(review)
    for kept in work.select(Reputation, order="party_id", limit=MOST):
        reviews = shown.pop((kept.party_id, kept.role), [])
        given: dict[str, list[int]] = {}
        for one in reviews:
            if one.weighs:
                given.setdefault(one.author_id, []).append(one.rating)
        means = sum(divide(sum(some) * 100, len(some)) for some in given.values())
        sums = (len(reviews), sum(one.rating for one in reviews), len(given), means)
        if sums != (kept.count, kept.total, kept.counterparties, kept.weighted_total):
            yield f"the reputation of {kept.party_id} as {kept.role} is not {sums}: {kept}"
    yield from (f"{party} has reviews as {role} and no reputation" for party, role in shown)
