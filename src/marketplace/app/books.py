"""How money in a transaction becomes journals: the accounts, settlement, and netting of debt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from marketplace.app.door import Act
from marketplace.domain.ledger import MARKETPLACE, Account, Journal, Purpose, Transfer, mirrored
from marketplace.domain.money import split
from marketplace.domain.party import CUSTOMER, OPERATOR
from marketplace.domain.quote import Line, of_purse
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Conflict, Refused

TAX_ROLE = "tax"
"""The payee of a line that is owed to an authority."""
DUES_ROLE = "dues"
"""The payee of a line by which a customer pays what it still owed from earlier deals."""


@frozen
class Accounts:
    """The accounts of one transaction in one currency."""

    home: str
    """The transaction in whose escrow the money lies (the original, for a follow-up)."""
    currency: str

    def of(self, owner: str, purpose: Purpose) -> Account:
        """An account of anybody, in this currency."""
        return Account(owner, purpose, self.currency)

    @property
    def escrow(self) -> Account:
        """Taken for the transaction and not yet anybody's."""
        return self.of(self.home, Purpose.ESCROW)

    @property
    def cash(self) -> Account:
        """Cash that the provider took for it, over all its purses, and that is not settled."""
        return self.of(self.home.split(":")[0], Purpose.CASH)

    @property
    def clearing(self) -> Account:
        """Our money at the payment provider."""
        return self.of(MARKETPLACE, Purpose.PROCESSOR_CLEARING)


@define
class Posting:
    """Transfers of one journal in the making."""

    transfers: list[Transfer] = field(factory=list)

    def move(self, debit: Account, credit: Account, amount: int) -> None:
        """Add a transfer; an amount of zero moves nothing and writes nothing."""
        if amount:
            self.transfers.append(Transfer(debit, credit, amount))

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
    """Write one journal; nothing when there is nothing to move."""
    if not transfers:
        return None
    journal = Journal(
        id=act.context.ids.new("journal"),
        key=key,
        kind=kind,
        at=act.at,
        actor=str(act.actor),
        cause=cause,
        transfers=tuple(transfers),
        reverses=reverses,
        details=details or {},
    )
    return act.work.ledger.post([journal])[0]


def net_debts(act: Act, posting: Posting, parties: Iterable[str], currency: str) -> None:
    """Make a posting whole for parties that earn or owe in it; nothing is clamped.

    What a party earns pays its debt first. What a party must give comes out of its payable,
    then its wallet; the rest becomes its debt.
    """
    for party in sorted(set(parties)):
        payable = Account(party, Purpose.PAYABLE, currency)
        receivable = Account(party, Purpose.RECEIVABLE, currency)
        change = posting.net(payable)
        if change > 0:
            debt = act.work.ledger.balance(receivable).posted - posting.net(receivable)
            posting.move(payable, receivable, min(change, max(debt, 0)))
        elif change < 0:
            short = -change - act.work.ledger.balance(payable).available
            if short > 0:
                wallet = Account(party, Purpose.WALLET, currency)
                credit = act.work.ledger.balance(wallet).available + posting.net(wallet)
                from_wallet = min(short, max(credit, 0))
                posting.move(wallet, payable, from_wallet)
                posting.move(receivable, payable, short - from_wallet)


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
) -> list[Transfer]:
    """The transfers that give every beneficiary its lines, and leave escrow empty.

    A transfer for each line, so that every amount in every account is explained by a rule.
    Cash that the provider holds already counts as given to it. What the customer is owed
    beyond what it paid pays its dues, and becomes its credit.
    """
    posting = Posting()
    for line in lines:
        payers = _sides(line.payer, line.amount.amount, accounts, seats, pays=True)
        payees = _sides(line.payee, line.amount.amount, accounts, seats, pays=False)
        if line.payee == DUES_ROLE:
            payees = _no_more_than_owed(act, posting, payees)
        for debit, credit, amount in _crossed(payers, payees):
            if debit != credit:
                posting.move(debit, credit, amount)
    escrow = act.work.ledger.balance(accounts.escrow).posted + posting.net(accounts.escrow)
    if escrow > 0:
        if customer is None:
            raise Refused("nobody sits in the customer's seat to be given the rest")
        owed = accounts.of(customer, Purpose.CUSTOMER_RECEIVABLE)
        debt = act.work.ledger.balance(owed).posted - posting.net(owed)
        pays_debt = min(escrow, max(debt, 0))
        posting.move(accounts.escrow, owed, pays_debt)
        posting.move(accounts.escrow, accounts.of(customer, Purpose.WALLET), escrow - pays_debt)
    elif escrow < 0:
        raise Refused(
            f"the lines ask for {-escrow} minor units more than were taken from the customer",
            code="short_of_money",
            params={"short": -escrow},
        )
    cash = act.work.ledger.balance(accounts.cash).posted
    holders = [seat.party_id for seat in seats_of(seats, "provider")]
    if cash and holders:
        posting.move(accounts.of(holders[0], Purpose.PAYABLE), accounts.cash, cash)
    parties = {
        side.owner
        for one in posting.transfers
        for side in (one.debit, one.credit)
        if side.purpose is Purpose.PAYABLE
    }
    net_debts(act, posting, parties, accounts.currency)
    return posting.transfers


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


def planned(
    act: Act,
    transaction: Transaction,
    purse: str,
    lines: Iterable[Line],
    seats: Sequence[Seat],
    home: str,
) -> tuple[list[Line], list[Transfer]]:
    """The lines that a settlement of one purse follows, and its transfers; nothing is written.

    Raises ``Refused`` for a line of an empty seat, and where more is asked for than was taken.
    """
    accounts = Accounts(home, transaction.currency)
    customers = seats_of(seats, CUSTOMER.name)
    chosen = [line for line in of_purse(lines, purse) if line.amount]
    transfers = settlement(
        act, accounts, chosen, seats, customer=customers[0].party_id if customers else None
    )
    return chosen, transfers


def settle(
    act: Act,
    transaction: Transaction,
    purse: str,
    lines: Iterable[Line],
    seats: Sequence[Seat],
    home: str,
) -> None:
    """Write the settlement of one purse."""
    chosen, transfers = planned(act, transaction, purse, lines, seats, home)
    post(
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


def reverse_settlement(act: Act, transaction: Transaction, purse: str, home: str) -> None:
    """Write the mirror image of the last settlement of a purse, debts included."""
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
        return
    last = settled[-1]
    posting = Posting(mirrored(last.transfers))
    parties = {
        side.owner
        for one in posting.transfers
        for side in (one.debit, one.credit)
        if side.purpose is Purpose.PAYABLE
    }
    _cover_receivables(act, posting, parties, transaction.currency)
    net_debts(act, posting, parties, transaction.currency)
    post(
        act,
        "reverse settlement",
        f"reverse:{last.id}",
        home,
        posting.transfers,
        reverses=last.id,
        details={"transaction": transaction.id, "purse": purse},
    )


def _cover_receivables(act: Act, posting: Posting, parties: set[str], currency: str) -> None:
    """A debt that was paid since cannot be un-owed below zero: give it as earnings instead."""
    for party in sorted(parties):
        for purpose in (Purpose.RECEIVABLE,):
            account = Account(party, purpose, currency)
            # Credits lower a receivable; more credits than there is debt would overshoot.
            over = posting.net(account) - act.work.ledger.balance(account).posted
            if over > 0:
                posting.move(account, Account(party, Purpose.PAYABLE, currency), over)
