"""The mirror image of a settlement: nothing is edited, what was given is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace.app.books import Posting, lock_parties, net_debts, post
from marketplace.app.door import Act
from marketplace.app.rules_of_books import PAID_MEANWHILE
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import Account, Journal, Purpose, Transfer, mirrored
from marketplace.domain.transaction import Transaction
from marketplace.errors import Conflict


def reverse_settlement(
    act: Act, transaction: Transaction, purse: str, home: str, awaited: Mapping[str, int]
) -> Journal | None:
    """Write the mirror image of the last settlement of a purse, debts included.

    Of earnings that it kept apart only those still ``awaited`` are there; the others were paid.
    """
    undone = {j.reverses for j in act.work.ledger.journals(cause=home) if j.reverses}
    settled = [
        journal
        for journal in act.work.ledger.journals(cause=home)
        if journal.kind == "settle"
        and journal.id not in undone
        and journal.details.get("purse") == purse
    ]
    if not settled:
        if (
            undone
            and act.work.ledger.balance(Account(home, Purpose.ESCROW, transaction.currency)).posted
        ):
            raise Conflict(
                "this was reversed already and is being settled anew; wait for that",
                code="reversed_already",
            )
        return None
    last = settled[-1]
    posting = Posting(_still_there(mirrored(last.transfers), awaited))
    parties = {
        side.owner
        for one in posting.transfers
        for side in (one.debit, one.credit)
        if side.purpose is Purpose.PAYABLE
    }
    lock_parties(act, parties, transaction.currency)
    _cover_receivables(act, posting, parties, transaction.currency)
    net_debts(act, posting, parties, transaction.currency)
    return post(
        act,
        "reverse settlement",
        f"reverse:{last.id}",
        home,
        posting.transfers,
        reverses=last.id,
        details={
            "transaction": transaction.id,
            "purse": purse,
            "terms_version": last.details.get("terms_version"),
        },
    )


def _still_there(transfers: Iterable[Transfer], awaited: Mapping[str, int]) -> list[Transfer]:
    """Transfers out of earnings kept apart, as far as they still are; all others as they are."""
    left, result = dict(awaited), []
    for one in transfers:
        amount = one.amount
        if one.debit.purpose is Purpose.AWAITED:
            amount = min(amount, left.get(one.debit.owner, 0))
            left[one.debit.owner] = left.get(one.debit.owner, 0) - amount
        if amount:
            result.append(evolve(one, amount=amount))
    return result


def _cover_receivables(act: Act, posting: Posting, parties: set[str], currency: str) -> None:
    """A debt that was paid since cannot be un-owed below zero: give it as earnings instead."""
    for party in sorted(parties):
        for purpose in (Purpose.RECEIVABLE,):
            account = Account(party, purpose, currency)
            # Credits lower a receivable; more credits than there is debt would overshoot.
            over = posting.net(account) - act.work.ledger.balance(account).available
            if over > 0:
                payable = Account(party, Purpose.PAYABLE, currency)
                posting.move(account, payable, over, PAID_MEANWHILE)
