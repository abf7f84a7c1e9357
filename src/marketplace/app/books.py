"""How money in a transaction becomes journals: the accounts, settlement, and netting of debt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from attrs import define, field

from marketplace.app.door import Act
from marketplace.app.rules_of_books import (
    AWAITED,
    CASH_KEPT,
    DUES_PAID,
    FROM_WALLET,
    NETTED,
    OWED,
    PASSED_ON,
    REST,
)
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen, function_of
from marketplace.domain.ledger import MARKETPLACE, Account, Journal, Purpose, Transfer
from marketplace.domain.money import split
from marketplace.domain.party import CUSTOMER, OPERATOR
from marketplace.domain.quote import Line, of_purse, units_owed
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Refused

_account, _journal = function_of(Account), function_of(Journal)

TAX_ROLE = "tax"
"""The payee of a line that is owed to an authority."""
DUES_ROLE = "dues"
"""The payee of a line by which a customer pays what it still owed from earlier deals."""


Unpaid = Callable[[int], int]
"""What of a purse is unpaid and awaited, in minor units, once so much of the debt was paid."""


def _nothing_unpaid(paid: int) -> int:
    return 0


@frozen
class Accounts:
    """The accounts of one transaction in one currency."""

    home: str
    """The transaction in whose escrow the money lies (the original, for a follow-up)."""
    currency: str

    def of(self, owner: str, purpose: Purpose) -> Account:
        """An account of anybody, in this currency."""
        return _account(owner, purpose, self.currency)

    @property
    def escrow(self) -> Account:
        """Taken for the transaction and not yet anybody's."""
        return self.of(self.home, Purpose.ESCROW)

    @property
    def cash(self) -> Account:
        """Cash that the provider took for it, over all its purses, and that is not settled."""
        return self.of(self.home.split(":")[0], Purpose.CASH)

    @property
    def passed_on(self) -> Account:
        """What a payment provider passed on of it, over all its purses, and that is not settled."""
        return self.of(self.home.split(":")[0], Purpose.PASSED_ON)

    @property
    def clearing(self) -> Account:
        """Our money at the payment provider."""
        return self.of(MARKETPLACE, Purpose.PROCESSOR_CLEARING)


@define
class Posting:
    """Transfers of one journal in the making."""

    transfers: list[Transfer] = field(factory=list)

    def move(
        self,
        debit: Account,
        credit: Account,
        amount: int,
        rule: str = "",
        line: int | None = None,
    ) -> None:
        """Add a transfer, and what explains it; an amount of zero moves and writes nothing."""
        if amount:
            self.transfers.append(Transfer(debit, credit, amount, rule=rule, line=line))

    def net(self, account: Account) -> int:
        """Credits less debits of an account so far."""
        result = 0
        for one in self.transfers:
            if one.credit == account:
                result += one.amount
            elif one.debit == account:
                result -= one.amount
        return result


def post(
    act: Act,
    kind: str,
    key: str,
    cause: str,
    transfers: Sequence[Transfer],
    *,
    reverses: str | None = None,
    details: dict[str, object] | None = None,
) -> Journal | None:
    """Write one journal; nothing when there is nothing to move.

    Where a row of a process is being taken, the journal says which.
    """
    if not transfers:
        return None
    row = {} if act.row is None else {"row": act.row}
    journal = _journal(
        id=act.context.ids.new("journal"),
        key=key,
        kind=kind,
        at=act.at,
        actor=str(act.actor),
        cause=cause,
        transfers=tuple(transfers),
        reverses=reverses,
        details={**(details or {}), **row},
    )
    if act.postings is not None:
        act.postings.append(journal)
        return journal
    return act.work.ledger.post([journal])[0]


@contextmanager
def posted_together(act: Act) -> Iterator[None]:
    """Write the journals of the block together at its end, in the order of their posting.

    For journals by which money only comes in: no balance is read meanwhile that they change.
    """
    act.postings = []
    try:
        yield
        journals = act.postings
    finally:
        act.postings = None
    if journals:
        act.work.ledger.post(journals)


_OF_A_PARTY = (
    Purpose.AWAITED,
    Purpose.CUSTOMER_RECEIVABLE,
    Purpose.PAYABLE,
    Purpose.RECEIVABLE,
    Purpose.WALLET,
)


def lock_parties(
    act: Act, parties: Iterable[str], currency: str, others: Iterable[Account] = ()
) -> None:
    """Before a decision by what parties have and owe: nobody changes it until this is written.

    Else a payout and a refund at the same moment would both find the same earnings. ``others``
    are accounts that the decision looks at as well.
    """
    owners = sorted(set(parties))
    theirs = (Account(one, what, currency) for one in owners for what in _OF_A_PARTY)
    act.work.ledger.lock([*theirs, *others])


def net_debts(act: Act, posting: Posting, parties: Iterable[str], currency: str) -> None:
    """Make a posting whole for parties that earn or owe in it; nothing is clamped.

    What a party must give comes out of its payable, then its wallet; the rest becomes its debt.
    What it has then pays its debt, but for what is just being taken back for it: no earnings stand
    beside a debt, also where one arises anew as a settlement is undone.
    """
    parties = sorted(set(parties))
    lock_parties(act, parties, currency)
    for party in parties:
        payable = Account(party, Purpose.PAYABLE, currency)
        receivable = Account(party, Purpose.RECEIVABLE, currency)
        has = act.work.ledger.balance(payable).available + posting.net(payable)
        if has < 0:
            wallet = Account(party, Purpose.WALLET, currency)
            credit = act.work.ledger.balance(wallet).available + posting.net(wallet)
            from_wallet = min(-has, max(credit, 0))
            posting.move(wallet, payable, from_wallet, FROM_WALLET)
            posting.move(receivable, payable, -has - from_wallet, OWED)
        else:
            debt = act.work.ledger.balance(receivable).available - posting.net(receivable)
            posting.move(payable, receivable, min(has, max(debt, 0)), NETTED)


def seats_of(seats: Iterable[Seat], role: str) -> list[Seat]:
    """Who sits in a role, in a stable order."""
    return sorted((seat for seat in seats if seat.role == role), key=lambda seat: seat.party_id)


def _sides(
    role: str, amount: int, accounts: Accounts, seats: Sequence[Seat], *, pays: bool
) -> list[tuple[Account, int]]:
    """The accounts behind a role, each with its part of the amount."""
    if role == CUSTOMER.name:
        return [(accounts.escrow, amount)]
    if role == OPERATOR.name:
        purpose = Purpose.PROMOTION if pays else Purpose.REVENUE
        return [(accounts.of(MARKETPLACE, purpose), amount)]
    if role == TAX_ROLE:
        return [(accounts.of(MARKETPLACE, Purpose.TAX), amount)]
    if role == DUES_ROLE:
        customer = seats_of(seats, CUSTOMER.name)[0].party_id
        return [(accounts.of(customer, Purpose.CUSTOMER_RECEIVABLE), amount)]
    sitting = seats_of(seats, role)
    if not sitting:
        raise Refused(
            f"a line is for the {role}, and nobody sits in that seat; fill it first",
            code="empty_seat",
            params={"role": role},
        )
    parts = split(amount, [seat.share_bp for seat in sitting])
    return [
        (accounts.of(seat.party_id, Purpose.PAYABLE), part)
        for seat, part in zip(sitting, parts, strict=True)
    ]


def settlement(
    act: Act,
    accounts: Accounts,
    lines: Iterable[Line],
    seats: Sequence[Seat],
    *,
    customer: str | None,
    unpaid_after: Unpaid = _nothing_unpaid,
) -> list[Transfer]:
    """The transfers that give every beneficiary its lines, and leave escrow empty.

    A transfer for each line, so that every amount in every account is explained by a rule.
    What the provider has already, in cash or passed on, counts as given to it. What the customer
    is owed beyond what it paid pays its dues, and becomes its credit. Of what is unpaid and not
    guaranteed, everybody's share of it is kept apart before anybody's debts are netted.
    """
    lines = list(lines)
    posting = Posting()
    for place, line in enumerate(lines):
        payers = _sides(line.payer, line.amount.amount, accounts, seats, pays=True)
        payees = _sides(line.payee, line.amount.amount, accounts, seats, pays=False)
        if line.payee == DUES_ROLE:
            payees = _no_more_than_owed(act, posting, payees)
        for debit, credit, amount in _crossed(payers, payees):
            if debit != credit:
                posting.move(debit, credit, amount, line.code, place)
    escrow = act.work.ledger.balance(accounts.escrow).posted + posting.net(accounts.escrow)
    if escrow > 0:
        if customer is None:
            raise Refused("nobody sits in the customer's seat to be given the rest")
        owed = accounts.of(customer, Purpose.CUSTOMER_RECEIVABLE)
        debt = act.work.ledger.balance(owed).posted - posting.net(owed)
        pays_debt = min(escrow, max(debt, 0))
        posting.move(accounts.escrow, owed, pays_debt, DUES_PAID)
        wallet = accounts.of(customer, Purpose.WALLET)
        posting.move(accounts.escrow, wallet, escrow - pays_debt, REST)
    elif escrow < 0:
        raise Refused(
            f"the lines ask for {-escrow} minor units more than were taken from the customer",
            code="short_of_money",
            params={"short": -escrow},
        )
    if customer is not None:
        paid = posting.net(accounts.of(customer, Purpose.CUSTOMER_RECEIVABLE))
        due = units_owed(lines, accounts.currency)
        _keep_apart(posting, min(unpaid_after(paid), due), due)
    holders = [seat.party_id for seat in seats_of(seats, "provider")]
    if holders:
        earnings = accounts.of(holders[0], Purpose.PAYABLE)
        for given, rule in ((accounts.cash, CASH_KEPT), (accounts.passed_on, PASSED_ON)):
            posting.move(earnings, given, act.work.ledger.balance(given).posted, rule)
    parties = {
        side.owner
        for one in posting.transfers
        for side in (one.debit, one.credit)
        if side.purpose is Purpose.PAYABLE
    }
    net_debts(act, posting, parties, accounts.currency)
    return posting.transfers


def _keep_apart(posting: Posting, unpaid: int, due: int) -> None:
    """Everybody's earnings, in the proportion in which the price is unpaid, wait for it."""
    if unpaid <= 0:
        return
    sides = {side for one in posting.transfers for side in (one.debit, one.credit)}
    payables = sorted((one for one in sides if one.purpose is Purpose.PAYABLE), key=str)
    earned = [(one, posting.net(one)) for one in payables if posting.net(one) > 0]
    weights = [amount for _, amount in earned]
    parts = split(unpaid, [*weights, max(due - sum(weights), 0)])
    for (payable, _), part in zip(earned, parts, strict=False):
        posting.move(payable, evolve(payable, purpose=Purpose.AWAITED), part, AWAITED)


def _no_more_than_owed(
    act: Act, posting: Posting, payees: Sequence[tuple[Account, int]]
) -> list[tuple[Account, int]]:
    """Dues that were paid in another way since the price was made are the customer's credit."""
    (debt, amount) = payees[0]
    owed = act.work.ledger.balance(debt).posted - posting.net(debt)
    part = min(amount, max(owed, 0))
    wallet = Account(debt.owner, Purpose.WALLET, debt.currency)
    return [(debt, part), (wallet, amount - part)]


def _crossed(
    payers: Sequence[tuple[Account, int]], payees: Sequence[tuple[Account, int]]
) -> list[tuple[Account, Account, int]]:
    """Pair the parts of both sides, in order, so that both sides are used up."""
    result: list[tuple[Account, Account, int]] = []
    left, right = list(payers), list(payees)
    while left and right:
        (debit, give), (credit, take) = left[0], right[0]
        amount = min(give, take)
        result.append((debit, credit, amount))
        left[0], right[0] = (debit, give - amount), (credit, take - amount)
        if not left[0][1]:
            left.pop(0)
        if right and not right[0][1]:
            right.pop(0)
    return result


def settled_lines(lines: Iterable[Line], purse: str) -> list[Line]:
    """The lines that a settlement of one purse follows, in the order that its transfers name."""
    return [line for line in of_purse(lines, purse) if line.amount]


def planned(
    act: Act,
    transaction: Transaction,
    purse: str,
    lines: Iterable[Line],
    seats: Sequence[Seat],
    home: str,
    unpaid_after: Unpaid = _nothing_unpaid,
) -> tuple[list[Line], list[Transfer]]:
    """The lines that a settlement of one purse follows, and its transfers; nothing is written.

    Raises ``Refused`` for a line of an empty seat, and where more is asked for than was taken.
    """
    accounts = Accounts(home, transaction.currency)
    customers = seats_of(seats, CUSTOMER.name)
    chosen = settled_lines(lines, purse)
    transfers = settlement(
        act,
        accounts,
        chosen,
        seats,
        customer=customers[0].party_id if customers else None,
        unpaid_after=unpaid_after,
    )
    return chosen, transfers


def settle(
    act: Act,
    transaction: Transaction,
    purse: str,
    lines: Iterable[Line],
    seats: Sequence[Seat],
    home: str,
    unpaid_after: Unpaid = _nothing_unpaid,
) -> Journal | None:
    """Write the settlement of one purse."""
    purse_of = Accounts(home, transaction.currency)
    in_it = (purse_of.escrow, purse_of.cash, purse_of.passed_on)
    lock_parties(act, [seat.party_id for seat in seats], transaction.currency, in_it)
    chosen, transfers = planned(act, transaction, purse, lines, seats, home, unpaid_after)
    return post(
        act,
        "settle",
        f"settle:{transaction.id}:{purse}:{transaction.version}",
        home,
        transfers,
        details={
            "transaction": transaction.id,
            "purse": purse,
            "terms_version": transaction.terms_version,
            "lines": [line.code for line in chosen],
        },
    )
