"""Dues: made where a customer did not pay, kept apart for whoever waits, paid or written off."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.books import Posting, net_debts, post
from marketplace.app.door import Act
from marketplace.domain.dues import Dues
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import Account, Journal, Purpose
from marketplace.domain.money import Money
from marketplace.domain.ports import Condition
from marketplace.domain.reason import Reason

MOST = 10_000
"""The most unpaid deals of one customer that are looked at together."""

Freed = Sequence[tuple[Dues, dict[str, int]]]
"""Dues of which a part ended, each with what it frees for whom."""


def open_dues(
    act: Act,
    account: Account,
    amount: int,
    transaction_id: str,
    purse: str,
    home: str,
    *,
    guaranteed: bool,
) -> None:
    """Note what a customer owes of a deal; whoever could not take it writes the ledger's side."""
    act.work.add(
        Dues(
            id=act.context.ids.new("dues"),
            party_id=account.owner,
            transaction_id=transaction_id,
            purse=purse,
            home=home,
            currency=account.currency,
            amount=amount,
            left=amount,
            created_at=act.at,
            guaranteed=guaranteed,
        )
    )


def unpaid_after(act: Act, debt: Account, home: str, first: str, paid: int) -> int:
    """What of a purse is still owed, and others wait for, once so much was paid of a debt."""
    ended = {dues.id: part for dues, part in _in_turn(act, debt, paid, first)}
    waited_for = [one for one in _of_home(act, home) if not one.guaranteed]
    return sum(one.left - ended.get(one.id, 0) for one in waited_for)


def await_earnings(act: Act, home: str, settled: Journal | None) -> None:
    """After a settlement: note whose earnings it kept apart, until the dues are paid."""
    kept: dict[str, int] = {}
    for one in () if settled is None else settled.transfers:
        if one.credit.purpose is Purpose.AWAITED:
            kept[one.credit.owner] = kept.get(one.credit.owner, 0) + one.amount
    for dues in _of_home(act, home):
        if dues.guaranteed or not kept:
            continue
        room, awaited = dues.left - sum(dues.awaited.values()), dict(dues.awaited)
        for party in sorted(kept):
            part = min(kept[party], room)
            room, kept[party] = room - part, kept[party] - part
            awaited[party] = awaited.get(party, 0) + part
        act.work.save(evolve(dues, awaited=awaited))
        for party, amount in awaited.items():
            _tell(act, dues, "awaited", party, amount)
    assert not any(kept.values()), f"{home} keeps {kept} apart and nobody owes as much"


def awaited_by(act: Act, home: str) -> dict[str, int]:
    """By party: what of a purse's earnings still waits."""
    found: dict[str, int] = {}
    for dues in _of_home(act, home):
        for party, amount in dues.awaited.items():
            found[party] = found.get(party, 0) + amount
    return found


def await_no_more(act: Act, home: str) -> None:
    """A settlement was reversed: nobody's earnings wait before it is settled anew."""
    for dues in _of_home(act, home):
        if dues.awaited:
            act.work.save(evolve(dues, awaited={}))


def after_posting(act: Act, journal: Journal | None, *, first: str = "") -> None:
    """What a journal paid of dues frees the earnings that waited for them.

    ``first`` is the purse whose own dues are paid before older ones.
    """
    for account, change in _changes(journal).items():
        if change < 0:
            for dues, freed in _end(act, account, -change, first):
                _credit(act, dues, freed)
        elif change > 0 and journal is not None:
            _owed_again(act, account, change, journal)


def _owed_again(act: Act, account: Account, amount: int, journal: Journal) -> None:
    """A settlement was reversed that had paid dues: its own purse's first are owed as before.

    The others had freed earnings that are not taken back: the marketplace guarantees for them.
    """
    for dues in _of_home(act, journal.cause):
        part = min(amount, dues.amount - dues.left)
        if part and dues.party_id == account.owner:
            act.work.save(evolve(dues, left=dues.left + part))
            amount -= part
    if amount:
        transaction = str(journal.details.get("transaction", journal.cause))
        purse = str(journal.details.get("purse", "price"))
        open_dues(act, account, amount, transaction, purse, journal.cause, guaranteed=True)


def write_off_against(act: Act, account: Account, amount: int, posting: Posting) -> int:
    """Let those who waited bear their part of a debt that is given up; gives their sum."""
    borne = 0
    for dues, freed in _end(act, account, amount, ""):
        for party, part in freed.items():
            posting.move(Account(party, Purpose.AWAITED, account.currency), account, part)
            borne += part
            _tell(act, dues, "lost", party, part)
    return borne


def _changes(journal: Journal | None) -> dict[Account, int]:
    """By customer receivable: by how much a journal makes it rise."""
    changes: dict[Account, int] = {}
    for one in () if journal is None else journal.transfers:
        debit, credit = one.debit, one.credit
        if debit.purpose is _OWED:
            changes[debit] = changes.get(debit, 0) + one.amount
        if credit.purpose is _OWED:
            changes[credit] = changes.get(credit, 0) - one.amount
    return changes


_OWED = Purpose.CUSTOMER_RECEIVABLE
"""What customers owe."""


def _of_home(act: Act, home: str) -> list[Dues]:
    return act.work.select(Dues, {"home": home}, limit=MOST, lock=True)


def _in_turn(act: Act, account: Account, amount: int, first: str) -> list[tuple[Dues, int]]:
    """Which of a customer's dues so much money pays, the oldest first, and how much of each."""
    owed = act.work.select(
        Dues,
        [
            Condition("party_id", "=", account.owner),
            Condition("currency", "=", account.currency),
            Condition("left", ">", 0),
        ],
        limit=MOST,
        lock=True,
    )
    result = []
    for dues in sorted(owed, key=lambda one: (one.home != first, one.created_at, one.id)):
        part = min(amount, dues.left)
        amount -= part
        if part:
            result.append((dues, part))
    return result


def _end(act: Act, account: Account, amount: int, first: str) -> Freed:
    """Take so much off a customer's dues; gives what that frees."""
    result = []
    for dues, part in _in_turn(act, account, amount, first):
        freed = dues.freed_by(part)
        awaited = {party: left - freed.get(party, 0) for party, left in dues.awaited.items()}
        waiting = {party: left for party, left in awaited.items() if left}
        act.work.save(evolve(dues, left=dues.left - part, awaited=waiting))
        result.append((dues, freed))
    return result


def _credit(act: Act, dues: Dues, freed: dict[str, int]) -> None:
    """Earnings that waited are the party's own: its debts are paid first, as ever."""
    posting = Posting()
    for party, amount in freed.items():
        awaited = Account(party, Purpose.AWAITED, dues.currency)
        posting.move(awaited, Account(party, Purpose.PAYABLE, dues.currency), amount)
        _tell(act, dues, "credited", party, amount)
    net_debts(act, posting, freed, dues.currency)
    key = f"dues paid:{dues.id}:{dues.version}"
    details: dict[str, object] = {
        "transaction": dues.transaction_id,
        "purse": dues.purse,
        "dues": dues.id,
    }
    post(act, "dues paid", key, dues.home, posting.transfers, details=details)


def _tell(act: Act, dues: Dues, what: str, party: str, amount: int) -> None:
    money = Money(amount, dues.currency)
    said = Reason(f"earnings_{what}", {"money": money, "party": party, "purse": dues.purse})
    act.emit(
        f"transaction.earnings_{what}",
        dues.transaction_id,
        {"party": party, "amount": amount, "currency": dues.currency, "reason": said},
        [party],
    )
