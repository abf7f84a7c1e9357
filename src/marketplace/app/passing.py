"""Earnings that a payment provider passes on itself, as it takes the money of a deal.

What it passed on is with whoever performs before the deal is settled, as cash is: so it lies in an
account of the deal's own until then, and settling counts it as given.
"""

from __future__ import annotations

from marketplace.app.books import Accounts, Posting, net_debts, post, seats_of
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.app.till import Till, home_of, payments_owner
from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import Purpose
from marketplace.domain.party import PROVIDER
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment


def write_passed_on(till: Till, payment: Payment, answer: Answer) -> None:
    """Write what an answer says that was passed on, or that a refund took back."""
    said, accounts = answer.passed_on, till.accounts
    if answer.outcome != "done" or said is None or not said.amount:
        return
    # It is a movement of its own, beside that of the charge or refund that the intent asked for.
    known, name = till.known_as, answer.details.get("passed_on")
    till.known_as = {**known, "intent": f"{known.get('intent', '')} passed on"}
    if name is not None:
        till.known_as = {**till.known_as, "reference": name}
    posting = Posting()
    if said.amount > 0:
        posting.move(accounts.passed_on, accounts.clearing, said.amount)
        till.write("passed on", payment, posting.transfers)
        return
    back, party = -said.amount, seats_of(till.seats, PROVIDER.name)[0].party_id
    unsettled = min(back, till.act.work.ledger.balance(accounts.passed_on).posted)
    posting.move(accounts.clearing, accounts.passed_on, unsettled)
    # What was settled since comes out of a debt that the refund left, or is earned anew.
    posting.move(accounts.clearing, accounts.of(party, Purpose.PAYABLE), back - unsettled)
    net_debts(till.act, posting, [party], payment.currency)
    till.write("taken back", payment, posting.transfers)


def _refunds_wait(act: Act, owner: str) -> bool:
    """Whether a refund of any payment of a deal has no answer yet."""
    payments = act.work.select(Payment, {"transaction_id": owner}, limit=1000)
    where = {"payment_id": [one.id for one in payments], "kind": MoneyKind.REFUND}
    return bool(act.work.select(Intent, {**where, "state": UNANSWERED}, limit=1))


def owe_what_was_passed_on(move: Move) -> None:
    """A deal that ends without being settled leaves nobody what was passed on for it.

    Whoever has it owes it. While a refund is still on its way it may yet be taken back there.
    """
    act, transaction = move.act, move.transaction
    if transaction.state not in move.process.final:
        return
    purses = [purse.name for purse in move.process.purses]
    homes = {one: payments_owner(transaction, move.process, one) for one in purses}
    for owner in sorted(set(homes.values())):
        accounts = Accounts(owner, transaction.currency)
        lies = act.work.ledger.balance(accounts.passed_on).posted
        if not lies or _refunds_wait(act, owner):
            continue
        escrows = [Accounts(home_of(owner, one), transaction.currency).escrow for one in purses]
        if any(act.work.ledger.balance(one).posted for one in escrows):
            continue
        party = seats_of(move.seats, PROVIDER.name)[0].party_id
        posting = Posting()
        posting.move(accounts.of(party, Purpose.PAYABLE), accounts.passed_on, lies)
        net_debts(act, posting, [party], transaction.currency)
        key = f"passed on owed:{transaction.id}:{transaction.version}"
        told: dict[str, object] = {"transaction": transaction.id}
        post(act, "passed on owed", key, owner, posting.transfers, details=told)
