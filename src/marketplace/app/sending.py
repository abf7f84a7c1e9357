"""A payout is set aside in the books, and asked for outside after the commit."""

from __future__ import annotations

from marketplace.app.books import Posting, post
from marketplace.app.door import Act
from marketplace.app.onboarding import BY_HAND
from marketplace.app.rules_of_books import PAYOUT_FEE
from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose
from marketplace.domain.money import Money
from marketplace.domain.party import PayoutAccount
from marketplace.domain.payment import Intent, Payout, PayoutSource
from marketplace.domain.reason import Reason

PAID_FROM = {"earnings": Purpose.PAYABLE, "wallet": Purpose.WALLET}
CASH_OUT = "cash out"
"""What a journal is called by which credit leaves, beside ``payout`` for earnings."""


def pay_out(
    act: Act,
    party_id: str,
    amount: Money,
    account: PayoutAccount | None,
    *,
    source: PayoutSource,
    fee: int = 0,
    told: tuple[Reason, ...] = (),
) -> Payout:
    """A payout of so much, the fee for it taken off; where it goes nowhere outside, a person
    hands it over."""
    context, currency = act.context, amount.currency
    provider = (context.payouts.provider or BY_HAND) if account is None else account.provider
    payout = Payout(
        id=context.ids.new("payout"),
        party_id=party_id,
        amount=amount.amount - fee,
        currency=currency,
        provider=provider,
        state="made",
        created_at=act.at,
        reasons=told,
        account_id=None if account is None else account.id,
        source=source,
    )
    act.work.add(payout)
    posting = Posting()
    paid_from = Account(party_id, PAID_FROM[source], currency)
    posting.move(paid_from, Account(party_id, Purpose.IN_TRANSIT, currency), payout.amount)
    posting.move(paid_from, Account(MARKETPLACE, Purpose.REVENUE, currency), fee, PAYOUT_FEE)
    leaves, kept = source == "wallet", posting.transfers
    post(act, CASH_OUT if leaves else "payout", f"payout:{payout.id}", payout.id, kept)
    if provider != BY_HAND:
        intent = Intent(
            id=context.ids.new("intent"),
            kind=MoneyKind.PAY_OUT,
            provider=provider,
            amount=payout.amount,
            currency=currency,
            created_at=act.at,
            due_at=act.at,
            payout_id=payout.id,
        )
        means = None if account is None else account.reference
        act.ask(payout.id, intent, intent.order(party_id, means=means))
    told_of = {"amount": str(payout.money), "source": source}
    act.emit("payout.made", payout.id, told_of, [party_id])
    return payout
