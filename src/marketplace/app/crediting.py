"""Credit that no deal settles: debts first, then the party's wallet."""

from __future__ import annotations

from marketplace.app.books import Posting, lock_parties, post
from marketplace.app.door import Act
from marketplace.app.dues import after_posting, write_off_against
from marketplace.app.rules_of_books import DUES_PAID, NETTED
from marketplace.domain.ledger import MARKETPLACE, Account, Balance, Purpose
from marketplace.domain.money import Money
from marketplace.errors import InvalidInput, Refused

DEBTS = (Purpose.RECEIVABLE, Purpose.CUSTOMER_RECEIVABLE)
"""What a party may owe: as a provider, as a customer."""


def credit_party(
    act: Act, party_id: str, money: Money, source: Account, kind: str, key: str
) -> None:
    """Credit a party from an account: its dues and debts first, the rest to its wallet."""
    if money.amount <= 0:
        raise Refused(f"a credit must be above zero, not {money}")
    transfers = credited(act, party_id, money, source).transfers
    after_posting(act, post(act, kind, key, party_id, transfers))


def credited(act: Act, party_id: str, money: Money, source: Account) -> Posting:
    """The transfers of a credit: into the wallet, and out of it what pays dues and debts."""
    posting = Posting()
    lock_parties(act, [party_id], money.currency)
    wallet = Account(party_id, Purpose.WALLET, money.currency)
    posting.move(source, wallet, money.amount)
    rest = money.amount
    for purpose in DEBTS:
        debt = Account(party_id, purpose, money.currency)
        owed = min(rest, max(act.work.ledger.balance(debt).available, 0))
        posting.move(wallet, debt, owed, DUES_PAID if purpose is DEBTS[1] else NETTED)
        rest -= owed
    return posting


def write_off(act: Act, party_id: str, amount: Money, reason: str) -> Balance:
    """Give up a debt: whoever waited for it bears its share, the marketplace the rest."""
    posting, rest = Posting(), amount.amount
    lock_parties(act, [party_id], amount.currency)
    expense = Account(MARKETPLACE, Purpose.BAD_DEBT, amount.currency)
    for purpose in DEBTS:
        debt = Account(party_id, purpose, amount.currency)
        part = min(rest, max(act.work.ledger.balance(debt).available, 0))
        borne = 0
        if purpose is Purpose.CUSTOMER_RECEIVABLE:
            borne = write_off_against(act, debt, part, posting)
        posting.move(expense, debt, part - borne)
        rest -= part
    if rest or amount.amount <= 0:
        raise InvalidInput(
            f"only a debt can be written off: {amount} is asked, "
            f"{Money(amount.amount - rest, amount.currency)} is owed"
        )
    identity = act.context.ids.new("write-off")
    post(act, "write off", identity, party_id, posting.transfers, details={"reason": reason})
    act.emit("debt.written_off", party_id, {"amount": str(amount), "reason": reason}, [party_id])
    return act.work.ledger.balance(Account(party_id, Purpose.RECEIVABLE, amount.currency))
