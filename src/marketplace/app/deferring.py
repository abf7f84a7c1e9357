"""What a dispute stops: money is given to nobody, and waits in escrow; the deal itself goes on.

A row that does nothing but give a purse away is not taken while a dispute is open. Any other row
goes on: capacity is freed, holds are captured or given up, penalties are paid, the state is left.
Only its settlement is put off, and carried out by the terms of that moment when the dispute ends.

A series of payments goes on as well, since nobody lives somewhere for nothing while he disputes:
each round is collected when it is due, and waits by itself, set aside from the next one's money.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace.app.books import planned, post
from marketplace.app.door import Act
from marketplace.app.move import Move
from marketplace.app.opening import check_seats
from marketplace.app.payouts import make_payouts
from marketplace.app.purses import carry_out
from marketplace.app.quotes import check_lines
from marketplace.app.repricing import new_terms
from marketplace.app.till import Till, payments_owner
from marketplace.domain.deferral import Deferral
from marketplace.domain.dispute import Dispute
from marketplace.domain.effect import TRANSFER, MoneyEffect, MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import Account, Purpose, Transfer
from marketplace.domain.process import Process
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Conflict, IllegalTransition, InvalidInput

GIVES_AWAY = frozenset({MoneyKind.SETTLE, MoneyKind.PAY_OUT})


def live_dispute(act: Act, transaction_id: str) -> Dispute | None:
    """The dispute about a deal that is not yet withdrawn or decided, and stops its money."""
    where = {
        "transaction_id": transaction_id,
        "state": ["open", "escalated"],
        "kind": ["complaint", "chargeback", "difference"],
    }
    return next(iter(act.work.select(Dispute, where, limit=1)), None)


def gives_away(effect: object) -> bool:
    """Whether it gives a price away: a dispute stops that, and no penalty between roles."""
    if not isinstance(effect, MoneyEffect):
        return False
    kind = effect.kind
    return kind in GIVES_AWAY or (kind is TRANSFER.kind and effect == TRANSFER)


def refuse_while_disputed(move: Move, row: Transition) -> None:
    """Raise ``Conflict`` for a row that a dispute stops wholly.

    That is one that does nothing else, but to end a round of a series; one whose round cannot be
    told from one that waits already; and a follow-up's that opens the original's purse.
    """
    for effect in row.money_effects():
        owner = payments_owner(move.transaction, move.process, effect.purse)
        if effect.purse in move.process.series:
            stops = effect == TRANSFER or _waits_alike(move, row, effect)
        else:
            stops = gives_away(effect) and _only_gives(row)
        if owner == move.transaction.id and not stops:
            continue
        dispute = live_dispute(move.act, owner)
        if dispute is None and owner == move.transaction.id:
            move.undisputed = True
        if dispute is not None:
            raise Conflict(
                f"money cannot move on while dispute {dispute.id} is {dispute.state}",
                code="disputed",
                params={"dispute": dispute.id},
            )


def _only_gives(row: Transition) -> bool:
    return all(gives_away(effect) for effect in row.effects)


def _waits_alike(move: Move, row: Transition, effect: MoneyEffect) -> bool:
    """Whether a round waits by the very terms by which the row gives the next one away."""
    where = {"purse": effect.purse, "terms_version": move.terms.version}
    mine = {"transaction_id": move.transaction.id, **where}
    same = gives_away(effect) and row.lines is None
    return same and bool(move.act.work.select(Deferral, mine, order="purse", limit=1))


def put_off(move: Move, till: Till, effect: MoneyEffect) -> bool:
    """Leave a purse in escrow if the deal is disputed; gives whether it was.

    Raises what the settlement itself would raise, so that nothing is put off that cannot be done.
    """
    refunds = effect.kind is MoneyKind.REFUND and any(one.charged_back for one in till.payments)
    if not refunds and not gives_away(effect):
        return effect.kind is MoneyKind.REVERSE and _give_up_waiting(move, till)
    dispute = None if move.undisputed else live_dispute(move.act, move.transaction.id)
    if dispute is None:
        move.undisputed = True
        return False
    if effect.kind in GIVES_AWAY:
        planned(move.act, till.transaction, till.purse, till.lines, till.seats, till.home)
    new = Deferral(
        transaction_id=move.transaction.id,
        purse=effect.purse,
        kind=effect.kind,
        terms_version=move.terms.version,
        dispute_id=dispute.id,
        created_at=move.act.at,
        refunds=refunds,
    )
    before = move.act.work.find(Deferral, **_key(new))
    if before is not None and before.refunds:
        new = evolve(new, refunds=True)
    move.act.work.put(new)
    if refunds:
        # What no bank took back is given back now; the rest when the bank has decided.
        return False
    if effect.purse in move.process.series:
        _set_aside(till, move.terms.version)
    params = {"purse": effect.purse, "dispute": dispute.id}
    move.act.emit(
        "transaction.settlement_waits",
        move.transaction.id,
        {**params, "reason": Reason("settlement_waits", params)},
        [seat.party_id for seat in move.seats],
    )
    return True


def decide_deferred(act: Act, dispute: Dispute, lines: Sequence[Line]) -> None:
    """Let what waits be settled by these lines; what the customer paid beyond them goes back.

    Of a series every round that waits is decided together. Raises ``IllegalTransition`` where
    nothing waits: the deal goes on by its rows, or was settled and is corrected by a follow-up.
    """
    transaction = act.work.get(Transaction, dispute.transaction_id)
    waiting = _waiting(act, transaction)
    if not waiting:
        raise IllegalTransition(
            "nothing of this deal waits in escrow, so that no lines can be decided; while it goes "
            "on its rows move its money, and once it is settled its adjustment does"
        )
    purses = sorted({one.purse for one in waiting})
    strange = sorted({line.purse for line in lines} - set(purses))
    if strange:
        raise InvalidInput(f"what waits is {', '.join(purses)}; no line is for {strange[0]}")
    move = Move.load(act, transaction, {})
    kept = [line for line in move.terms.lines if line.purse not in purses]
    check_lines(lines, transaction.currency)
    check_seats(lines, move.seats)
    said = Reason("decided_so", {"dispute": dispute.id, "cause": dispute.cause})
    new_terms(move, "decision", [*kept, *lines], [said])
    move.transaction = act.work.save(move.transaction)
    for one in waiting:
        if one.purse in move.process.series:
            till = Till.open(act, move.transaction, move.process, one.purse, lines, move.seats, {})
            aside = _aside(till, one.terms_version)
            _move(till, aside, _aside(till, move.terms.version), one.terms_version)
        act.work.remove(Deferral, **_key(one))
    for last in {one.purse: one for one in waiting}.values():
        _refuse_what_cannot_be_given(move, last.purse, lines)
        act.work.add(evolve(last, terms_version=move.terms.version, refunds=True))


def _refuse_what_cannot_be_given(move: Move, purse: str, lines: Sequence[Line]) -> None:
    """Raise ``Refused`` for lines that ask for more than waits.

    While a bank decides as well, nothing is settled yet: its answer would meet lines that nobody
    can carry out, and could never be booked.
    """
    till = Till.open(move.act, move.transaction, move.process, purse, lines, move.seats, {})
    apart = purse in move.process.series
    home = _aside(till, move.terms.version).owner if apart else till.home
    planned(move.act, move.transaction, purse, lines, move.seats, home)


def _waiting(act: Act, transaction: Transaction) -> list[Deferral]:
    where = {"transaction_id": transaction.id}
    found = act.work.select(Deferral, where, order="terms_version", limit=1_000)
    return sorted(found, key=lambda one: (one.purse, one.terms_version))


def _key(one: Deferral) -> dict[str, Any]:
    return {
        "transaction_id": one.transaction_id,
        "purse": one.purse,
        "terms_version": one.terms_version,
    }


def _give_up_waiting(move: Move, till: Till) -> bool:
    """What was not yet given away needs no reversal, and is not to be given away later.

    Gives whether anything waited; of several rounds, as a reversal's, it is the last.
    """
    where: dict[str, Any] = {"transaction_id": move.transaction.id, "purse": till.purse}
    waiting = move.act.work.select(Deferral, where, order="terms_version")
    for last in waiting[-1:]:
        _move(till, _aside(till, last.terms_version), till.accounts.escrow, last.terms_version)
        move.act.work.remove(Deferral, **where, terms_version=last.terms_version)
    return bool(waiting)


def _aside(till: Till, version: int) -> Account:
    """Where a round's money waits: in escrow still, and in no other round's way."""
    owner = f"{till.transaction.id}:{till.purse}:{version}"
    return till.accounts.of(owner, Purpose.ESCROW)


def _set_aside(till: Till, version: int) -> None:
    _move(till, till.accounts.escrow, _aside(till, version), version)


def _move(till: Till, source: Account, target: Account, version: int) -> int:
    """Move all that lies in one account to another of the same purse; gives how much that was."""
    lying = till.act.work.ledger.balance(source).posted
    if lying > 0:
        said = {"transaction": till.transaction.id, "purse": till.purse, "terms_version": version}
        key = f"aside:{source.owner}:{target.owner}:{till.transaction.version}"
        post(till.act, "set aside", key, till.home, [Transfer(source, target, lying)], details=said)
    return lying


def _settle_round(till: Till, effects: Sequence[MoneyEffect], version: int) -> None:
    """Carry out what waited, with that round's money alone in the purse.

    What lies there of a later round, such as a part whose rest a bank is still asked for, is
    put back where it was.
    """
    spare = _aside(till, 0)
    aside = _move(till, till.accounts.escrow, spare, version)
    _move(till, _aside(till, version), till.accounts.escrow, version)
    for effect in effects:
        carry_out(till, effect)
    if aside:
        _move(till, spare, till.accounts.escrow, version)


def settle_deferred(act: Act, transaction: Transaction, process: Process) -> Transaction:
    """Carry out what waited for the end of a dispute, in the order of the purses."""
    waiting = _waiting(act, transaction)
    if not waiting:
        return transaction
    seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="role")
    for one in waiting:
        # A version of its own: journals are named by it.
        transaction = act.work.save(transaction)
        terms = act.work.find(Terms, transaction_id=transaction.id, version=one.terms_version)
        assert terms is not None, f"{transaction.id} lost version {one.terms_version}"
        agreed = evolve(transaction, terms_version=one.terms_version)
        till = Till.open(act, agreed, process, one.purse, terms.lines, seats, {})
        kinds = (MoneyKind.REFUND, one.kind) if one.refunds else (one.kind,)
        effects = [MoneyEffect(kind, one.purse) for kind in dict.fromkeys(kinds)]
        # What a bank forestalled of a refund lies where it was, and is of no round.
        if one.purse in process.series and one.kind is not MoneyKind.REFUND:
            _settle_round(till, effects, one.terms_version)
        else:
            for effect in effects:
                carry_out(till, effect)
        act.work.remove(Deferral, **_key(one))
        act.emit(
            "transaction.settlement_done",
            transaction.id,
            {"purse": one.purse, "dispute": one.dispute_id},
            [seat.party_id for seat in seats],
        )
    # The deal's next row settles under a version that no journal here is named by.
    transaction = act.work.save(transaction)
    if any(one.kind is MoneyKind.PAY_OUT for one in waiting):
        make_payouts(act, transaction, seats)
    return transaction
