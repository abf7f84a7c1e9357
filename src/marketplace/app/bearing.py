"""Who bears what a customer's bank took back: set aside first, then given back, or taken for good.

What the bank took is an asset of the marketplace, ``dispute suspense`` of the purse's home, until
the bank gives it back or somebody bears it. What of the purse still lies in escrow bears it first,
once the deal needs it no more: nobody was given that yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.app.books import Posting, lock_parties, net_debts, post, seats_of
from marketplace.app.charges import carried_out_by
from marketplace.app.crediting import credited
from marketplace.app.door import Act
from marketplace.app.dues import after_posting
from marketplace.app.foreign import back, between, inside
from marketplace.app.rules_of_books import PAID_MEANWHILE
from marketplace.app.till import Till, home_of
from marketplace.domain.chargeback import Chargeback
from marketplace.domain.deferral import Deferral
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import MARKETPLACE, Account, Journal, Purpose, Transfer, mirrored
from marketplace.domain.money import Money, split
from marketplace.domain.party import CUSTOMER
from marketplace.domain.payment import Payment
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction

BORNE = "chargeback borne"
COVERED = "chargeback covered"
"""The journal by which money that lay in escrow covers what a bank took back."""
FEE_BORNE = "chargeback fee borne"
_EARNINGS = (Purpose.PAYABLE, Purpose.RECEIVABLE, Purpose.AWAITED, Purpose.WALLET)
_OURS = (Purpose.REVENUE, Purpose.PROMOTION)
_MOST = 10_000
"""The most chargebacks of one purse that are looked at together."""


@frozen
class Suspense:
    """What was taken back of one purse, and the accounts behind it."""

    act: Act
    transaction_id: str
    purse: str
    currency: str

    @property
    def home(self) -> str:
        """In whose escrow the purse lies."""
        return home_of(self.transaction_id, self.purse)

    @property
    def account(self) -> Account:
        """Taken back by a bank; nobody bears it yet."""
        return self.of(self.home, Purpose.DISPUTE)

    @property
    def escrow(self) -> Account:
        """What of the purse nobody was given yet."""
        return self.of(self.home, Purpose.ESCROW)

    def of(self, owner: str, purpose: Purpose) -> Account:
        """An account of anybody, in this currency."""
        return Account(owner, purpose, self.currency)

    def seats(self) -> list[Seat]:
        """Who sits in the deal."""
        where = {"transaction_id": self.transaction_id}
        return self.act.work.select(Seat, where, order="role")

    def write(
        self, one: Chargeback, kind: str, transfers: list[Transfer], reverses: str | None = None
    ) -> Journal | None:
        """Post a journal about a chargeback."""
        details: dict[str, Any] = {
            "transaction": one.transaction_id,
            "purse": one.purse,
            "chargeback": one.id,
            "provider": self._provider(one),
            "reference": one.reference,
        }
        key = f"{kind}:{reverses or one.id}:{one.version}"
        journal = post(
            self.act, kind, key, self.home, transfers, reverses=reverses, details=details
        )
        # What a customer came to owe by it stands with this purse, and ends before older dues do.
        after_posting(self.act, journal, first=self.home)
        return journal

    def _provider(self, one: Chargeback) -> str:
        """At whom the bank took it back."""
        return carried_out_by(self.act, self.act.work.get(Payment, one.payment_id))


def suspense_of(act: Act, one: Chargeback) -> Suspense:
    """The purse that a chargeback is about."""
    return Suspense(act, one.transaction_id, one.purse, one.currency)


def of_till(till: Till) -> Suspense | None:
    """The purse of a till, where a bank ever took anything of it back."""
    if not any(payment.charged_back for payment in till.payments):
        return None
    owner = till.payments[0].transaction_id
    return Suspense(till.act, owner, till.purse, till.transaction.currency)


def chargebacks_of(suspense: Suspense, state: str) -> list[Chargeback]:
    """The chargebacks of a purse in a state, the oldest first."""
    where = {"transaction_id": suspense.transaction_id, "purse": suspense.purse, "state": state}
    return suspense.act.work.select(Chargeback, where, limit=_MOST, lock=True)


def lost(suspense: Suspense | None) -> int:
    """What was lost to a bank, and nobody bears yet."""
    if suspense is None:
        return 0
    return sum(one.left for one in chargebacks_of(suspense, "lost"))


def nobody_waits_for(suspense: Suspense) -> int:
    """What lies in escrow of a deal that is over, and that no settlement is to give away yet."""
    transaction = suspense.act.work.get(Transaction, suspense.transaction_id)
    where = {"transaction_id": suspense.transaction_id, "purse": suspense.purse}
    waiting = suspense.act.work.select(Deferral, where, order="terms_version", limit=1)
    if transaction.ended_at is None or waiting:
        return 0
    return max(suspense.act.work.ledger.balance(suspense.escrow).posted, 0)


def set_aside(suspense: Suspense, one: Chargeback) -> Mapping[str, str]:
    """Keep what parties may have to give back from being paid out, as far as it is there."""
    work, asked = suspense.act.work, one.amount - _in_escrow(suspense, one)
    parts = _parts(suspense, one, asked)
    lock_parties(suspense.act, [side.owner for side in parts], one.currency)
    transfers = []
    for side, part in parts.items():
        there = min(part, max(work.ledger.balance(side).available, 0))
        if side.purpose is Purpose.PAYABLE and there:
            transfers.append(Transfer(side, suspense.account, there, phase="pending"))
    journal = suspense.write(one, "chargeback set aside", transfers)
    return {} if journal is None else {move.debit.owner: move.id for move in journal.transfers}


def give_free(suspense: Suspense, one: Chargeback) -> None:
    """What was set aside for it is the parties' again."""
    if not one.set_aside:
        return
    pending = {
        transfer.id: transfer
        for journal in suspense.act.work.ledger.journals(cause=suspense.home)
        for transfer in journal.transfers
        if transfer.id in one.set_aside.values()
    }
    transfers = [
        evolve(pending[identity], phase="void", resolves=identity, id="")
        for identity in one.set_aside.values()
    ]
    suspense.write(one, "chargeback set free", transfers)


def _in_escrow(suspense: Suspense, one: Chargeback) -> int:
    """How much of it still lies in escrow, where nobody can be asked for it yet."""
    lying = suspense.act.work.ledger.balance(suspense.escrow).posted
    return min(one.left, max(lying, 0))


def cover(suspense: Suspense | None, amount: int) -> int:
    """What lies in escrow beyond the price covers what was lost; gives how much it did."""
    rest = amount
    for one in [] if suspense is None or rest <= 0 else chargebacks_of(suspense, "lost"):
        part = min(one.left, rest)
        if part:
            assert suspense is not None
            transfers = [Transfer(suspense.escrow, suspense.account, part)]
            suspense.write(one, COVERED, transfers)
            suspense.act.work.save(evolve(one, left=one.left - part))
            rest -= part
    return amount - rest


def bear(suspense: Suspense | None) -> None:
    """Let everybody bear what was lost, but for what still lies in escrow."""
    for one in [] if suspense is None else chargebacks_of(suspense, "lost"):
        assert suspense is not None
        part = one.left - _in_escrow(suspense, one)
        if part:
            _bear(suspense, one, part)


def _bear(suspense: Suspense, one: Chargeback, amount: int) -> None:
    posting, act = Posting(), suspense.act
    parts = _parts(suspense, one, amount)
    lock_parties(act, [side.owner for side in parts], one.currency)
    for side, part in parts.items():
        posting.move(side, suspense.account, part)
    earners = [side.owner for side in parts if side.purpose is Purpose.PAYABLE]
    net_debts(act, posting, earners, one.currency)
    suspense.write(one, BORNE, posting.transfers)
    act.work.save(evolve(one, left=one.left - amount))
    _tell(suspense, one, "chargeback_borne", parts)


def _tell(suspense: Suspense, one: Chargeback, code: str, parts: Mapping[Account, int]) -> None:
    """Note who bears how much of it, each party's for its own eyes."""
    for side, amount in parts.items():
        ours = side.owner == MARKETPLACE
        said = Reason(
            f"{code}_here" if ours else code,
            {
                "chargeback": one.id,
                "money": {"amount": amount, "currency": one.currency},
                "party": side.owner,
                "account": side.purpose.value,
            },
        )
        suspense.act.emit(
            f"transaction.{code}",
            one.transaction_id,
            {**said.params, "reason": said},
            [] if ours else [side.owner],
        )


def _parts(suspense: Suspense, one: Chargeback, amount: int) -> dict[Account, int]:
    """By account: who bears how much of it. What nobody can be asked for is a bad debt of ours."""
    seats, parts = suspense.seats(), dict[Account, int]()
    if one.bearer == "customer":
        payer = _payer(suspense, one)
        parts[suspense.of(payer, Purpose.CUSTOMER_RECEIVABLE)] = amount
    elif one.bearer == "provider":
        sitting = seats_of(seats, "provider")
        shares = split(amount, [seat.share_bp for seat in sitting]) if sitting else []
        for seat, part in zip(sitting, shares, strict=True):
            parts[suspense.of(seat.party_id, Purpose.PAYABLE)] = part
    elif one.bearer == "everybody":
        given = _given(suspense)
        shared = min(amount, sum(given.values()))
        shares = split(shared, list(given.values())) if shared else [0] * len(given)
        parts = dict(zip(given, shares, strict=True))
    rest = amount - sum(parts.values())
    bad_debt = suspense.of(MARKETPLACE, Purpose.BAD_DEBT)
    return {side: part for side, part in {**parts, bad_debt: rest}.items() if part}


def _payer(suspense: Suspense, one: Chargeback) -> str:
    return suspense.act.work.get(Payment, one.payment_id).party_id


def _given(suspense: Suspense) -> dict[Account, int]:
    """By account: what the settlements of the purse gave, and chargebacks did not take again."""
    customers = {seat.party_id for seat in seats_of(suspense.seats(), CUSTOMER.name)}
    given: dict[Account, int] = {}
    for journal in suspense.act.work.ledger.journals(cause=suspense.home):
        if journal.kind not in _GIVES:
            continue
        for one in journal.transfers:
            for side, sign in ((one.credit, 1), (one.debit, -1)):
                account = _asked(suspense, side)
                if account is not None and account.owner not in customers:
                    given[account] = given.get(account, 0) + sign * one.amount
    return {side: given[side] for side in sorted(given, key=str) if given[side] > 0}


_GIVES = ("settle", "reverse settlement", BORNE, f"{BORNE} reversed")


def _asked(suspense: Suspense, side: Account) -> Account | None:
    """Of which account somebody is asked for what was once given to this one."""
    if side.purpose in _EARNINGS:
        return suspense.of(side.owner, Purpose.PAYABLE)
    if side.purpose in _OURS:
        return suspense.of(MARKETPLACE, Purpose.REVENUE)
    return side if side.purpose is Purpose.TAX else None


def bear_no_more(suspense: Suspense | None, *, only: str | None = None) -> None:
    """Give everybody back what it bore, and escrow what it covered: nobody bears a loss now.

    Its fee is given back only with the chargeback that was won after all, the ``only`` one: no
    settlement that is made anew asks anybody for a fee again.
    """
    kinds = (BORNE, COVERED) if only is None else (BORNE, COVERED, FEE_BORNE)
    for one in [] if suspense is None else chargebacks_of(suspense, "lost"):
        assert suspense is not None
        if only is not None and one.id != only:
            continue
        act = suspense.act
        journals = act.work.ledger.journals(cause=suspense.home)
        undone = {journal.reverses for journal in journals if journal.reverses}
        for journal in journals:
            mine = journal.details.get("chargeback") == one.id
            if mine and journal.kind in kinds and journal.id not in undone:
                _undo(suspense, one, journal)
        fee_borne = one.fee_borne if only is None else 0
        act.work.save(evolve(one, left=one.amount, fee_borne=fee_borne))


def _undo(suspense: Suspense, one: Chargeback, journal: Journal) -> None:
    posting = Posting(mirrored(journal.transfers))
    sides = [side for move in posting.transfers for side in (move.debit, move.credit)]
    owners = {side.owner for side in sides if side.purpose is Purpose.PAYABLE}
    lock_parties(suspense.act, owners, one.currency)
    for purpose, instead in (
        (Purpose.RECEIVABLE, Purpose.PAYABLE),
        (Purpose.CUSTOMER_RECEIVABLE, Purpose.WALLET),
    ):
        for owner in sorted({side.owner for side in sides if side.purpose is purpose}):
            debt = suspense.of(owner, purpose)
            # What was paid of the debt meanwhile is given as money instead.
            over = posting.net(debt) - suspense.act.work.ledger.balance(debt).available
            if over > 0:
                posting.move(debt, suspense.of(owner, instead), over, PAID_MEANWHILE)
    net_debts(suspense.act, posting, owners, one.currency)
    suspense.write(one, f"{journal.kind} reversed", posting.transfers, reverses=journal.id)


def give_to_payer(suspense: Suspense, one: Chargeback, amount: int) -> None:
    """What lies in escrow of a deal that is over becomes the payer's credit."""
    if not amount:
        return
    money, payer = Money(amount, one.currency), _payer(suspense, one)
    posting = credited(suspense.act, payer, money, suspense.escrow)
    suspense.write(one, "chargeback credited", posting.transfers)


def fee_kept(suspense: Suspense, one: Chargeback, payment: Payment) -> None:
    """What the payment provider keeps for it is an expense, whoever bears it in the end."""
    fees = suspense.of(MARKETPLACE, Purpose.PROCESSOR_FEES)
    said = None if one.outside is None else one.fee_outside
    suspense.write(one, "chargeback fee", back(payment, fees, one.fee, said))


def fee_grew(act: Act, one: Chargeback, payment: Payment, fee: Money | None) -> Chargeback:
    """The payment provider keeps more for it by now than it said at first: for answering, say."""
    foreign = one.outside is not None
    said = 0 if fee is None else fee.amount - (one.fee_outside if foreign else one.fee)
    if fee is None or said <= 0 or one.state != "open":
        return one
    more = max(inside(payment, fee).amount - one.fee, 0)
    there = said if foreign else 0
    fee_kept(suspense_of(act, one), evolve(one, fee=more, fee_outside=there), payment)
    grown = evolve(one, fee=one.fee + more, fee_outside=one.fee_outside + there)
    return act.work.save(grown)


def fee_returned(
    suspense: Suspense, one: Chargeback, payment: Payment, amount: int, said: int
) -> None:
    """The payment provider gives of its fee back."""
    fees = suspense.of(MARKETPLACE, Purpose.PROCESSOR_FEES)
    there = None if one.outside is None else said
    suspense.write(one, "chargeback fee returned", between(payment, fees, amount, there))


def bear_fee(suspense: Suspense, one: Chargeback) -> int:
    """Ask the fee of whoever bears it, after a loss; gives what was asked."""
    if one.fee_bearer == "operator" or not one.fee:
        return 0
    fees = suspense.of(MARKETPLACE, Purpose.PROCESSOR_FEES)
    parts = _parts(suspense, evolve(one, bearer=one.fee_bearer), one.fee)
    ours = parts.pop(suspense.of(MARKETPLACE, Purpose.BAD_DEBT), 0)
    posting = Posting()
    lock_parties(suspense.act, [side.owner for side in parts], one.currency)
    for side, part in parts.items():
        posting.move(side, fees, part)
    earners = [side.owner for side in parts if side.purpose is Purpose.PAYABLE]
    net_debts(suspense.act, posting, earners, one.currency)
    suspense.write(one, FEE_BORNE, posting.transfers)
    _tell(suspense, one, "chargeback_fee_borne", parts)
    return one.fee - ours
