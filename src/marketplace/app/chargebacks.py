"""Chargebacks: a bank takes a payment back, the deal's money waits, and somebody bears the loss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace.app import bearing
from marketplace.app.bearing import Suspense, suspense_of
from marketplace.app.charges import (
    check_said,
    check_taken,
    part_of_fee,
    parts_of_fee,
    refuse_more_than_taken,
    same,
    shared_out,
    tell,
    told_of,
)
from marketplace.app.contesting import tell_dispute
from marketplace.app.context import Context
from marketplace.app.disputes import end_dispute
from marketplace.app.door import Act, By, Door
from marketplace.app.engine import take
from marketplace.app.foreign import back, between, inside, taken_inside
from marketplace.app.reading import Page, Reader, page_of_deals
from marketplace.app.texts import checked_text
from marketplace.domain.books import Timer
from marketplace.domain.chargeback import Chargeback, ChargebackState
from marketplace.domain.dispute import Dispute
from marketplace.domain.evolving import evolve
from marketplace.domain.money import Money
from marketplace.domain.party import CLOCK, OPERATOR, PAYMENT_PROVIDER, Actor
from marketplace.domain.payment import Payment
from marketplace.domain.span import HOUR
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Conflict, Forbidden, NotFound

CHARGEBACK = "chargeback"
LOST = "chargeback_lost"
"""What the payment provider's row is taken on, where a process has one for it."""
ROW = "row"
"""The timer of such a row that could not be taken at once."""
_REPORTER = Actor(role=PAYMENT_PROVIDER)


class Chargebacks:
    """The verbs of chargebacks, for a payment provider's callback or the operator."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def opened(
        self,
        payment_id: str,
        *,
        by: By = PAYMENT_PROVIDER,
        amount: Money,
        reference: str,
        cause: str,
        fee: Money | None = None,
        answer_by: datetime | None = None,
        key: str | None = None,
    ) -> Chargeback:
        """Say that the payer's bank took ``amount`` of a payment back; told twice, it counts once.

        The books follow at once, the fee with them. Until ``won`` or ``lost`` nothing of the deal
        is given to anybody, and what its parties earned by it is set aside as far as it is there.
        Both sides may add evidence to its dispute meanwhile; ``answer_by`` says to them until when
        the bank looks at it, and stops nobody.

        Raises ``InvalidInput`` for a payment that no bank can take back, and for more than was
        ever taken.
        """

        def do(act: Act) -> Chargeback:
            self._only_reported(act)
            payment = act.work.get(Payment, payment_id)
            return self._open(act, payment, amount, reference, cause, fee, answer_by)

        body = {"payment": payment_id, "amount": amount, "reference": reference, "cause": cause}
        body |= {"fee": fee, "answer_by": answer_by}
        return self._door.run("chargebacks.opened", by, do, body=body, key=key)

    def _open(
        self,
        act: Act,
        payment: Payment,
        amount: Money,
        reference: str,
        cause: str,
        fee: Money | None,
        answer_by: datetime | None,
    ) -> Chargeback:
        act.about(payment.transaction_id)
        check_said(amount, fee, answer_by)
        told = act.work.find(Chargeback, payment_id=payment.id, reference=reference)
        if told is not None:
            return bearing.fee_grew(act, same(told, payment, amount), payment, fee)
        mine = None if fee is None else inside(payment, fee)
        check_taken(act, payment, taken_inside(act, payment, amount), mine)
        transaction = act.work.get(Transaction, payment.transaction_id)
        one = self._new(act, payment, transaction, amount, reference, cause, fee, answer_by)
        suspense = suspense_of(act, one)
        _take(suspense, one)
        bearing.fee_kept(suspense, one, payment)
        one = act.work.save(evolve(one, set_aside=bearing.set_aside(suspense, one)))
        terms = self._context.vertical(transaction.vertical).chargebacks
        act.work.timers.arm([Timer(CHARGEBACK, one.id, LOST, act.at + terms.lost_after)])
        tell(act, one, "opened")
        return one

    def opened_of(
        self,
        charge: str,
        *,
        by: By = PAYMENT_PROVIDER,
        amount: Money,
        reference: str,
        cause: str,
        fee: Money | None = None,
        answer_by: datetime | None = None,
        key: str | None = None,
    ) -> Sequence[Chargeback]:
        """The same of a whole charge, by the payment provider's name: one chargeback for each
        deal that it paid (a checkout), amount and fee shared out over what each kept of it."""

        def do(act: Act) -> list[Chargeback]:
            return self.open_each(act, charge, amount, reference, cause, fee, answer_by)

        body = {"charge": charge, "amount": amount, "reference": reference, "cause": cause}
        body |= {"fee": fee, "answer_by": answer_by}
        return self._door.run("chargebacks.opened_of", by, do, body=body, key=key)

    def ended_of(
        self, reference: str, *, by: By = PAYMENT_PROVIDER, won: bool, key: str | None = None
    ) -> Sequence[Chargeback]:
        """Say of all that the bank calls ``reference`` that they were won, or lost: at once."""

        def do(act: Act) -> list[Chargeback]:
            return self.end_each(act, reference, won=won)

        body = {"reference": reference, "won": won}
        return self._door.run("chargebacks.ended_of", by, do, body=body, key=key)

    def open_each(
        self,
        act: Act,
        charge: str,
        amount: Money,
        reference: str,
        cause: str,
        fee: Money | None,
        answer_by: datetime | None,
        provider: str | None = None,
    ) -> list[Chargeback]:
        """``opened_of`` inside an open command: of the ``provider`` that says so."""
        self._only_reported(act)
        shares = shared_out(act, charge, reference, amount, fee, provider)
        return [
            self._open(act, payment, mine, reference, cause, its_fee, answer_by)
            for payment, mine, its_fee in shares
        ]

    def end_each(
        self,
        act: Act,
        reference: str,
        *,
        won: bool,
        fee_returned: Money | None = None,
        provider: str | None = None,
    ) -> list[Chargeback]:
        """``ended_of`` inside an open command; what came back of a fee is shared out as it was."""
        self._only_reported(act)
        found = told_of(act, reference, provider)
        if not won:
            return [self._lose(act, one.id) for one in found]
        parts = parts_of_fee(found, fee_returned)
        return [self._win(act, one.id, part) for one, part in zip(found, parts, strict=True)]

    def won(
        self,
        chargeback_id: str,
        *,
        by: By = PAYMENT_PROVIDER,
        fee_returned: Money | None = None,
        key: str | None = None,
    ) -> Chargeback:
        """Say that the bank gave the money back, maybe after it had been lost.

        What was set aside is the parties' again, what anybody bore is given back, and what had
        waited goes on. The fee stays the marketplace's, but for what the provider returned of it.
        """

        def do(act: Act) -> Chargeback:
            return self._win(act, chargeback_id, fee_returned)

        body = {"chargeback": chargeback_id, "fee_returned": fee_returned}
        return self._door.run("chargebacks.won", by, do, body=body, key=key)

    def _win(self, act: Act, chargeback_id: str, fee_returned: Money | None) -> Chargeback:
        one = self._about(act, chargeback_id)
        if one.state == "won":
            return one
        payment = act.work.get(Payment, one.payment_id)
        returned, of_fee = part_of_fee(one, payment, fee_returned)
        suspense, was_lost = suspense_of(act, one), one.state == "lost"
        if was_lost:
            bearing.bear_no_more(suspense, only=one.id)
            one = act.work.get(Chargeback, one.id)
        bearing.give_free(suspense, one)
        given = between(payment, suspense.account, one.amount, one.outside)
        suspense.write(one, "chargeback won", given)
        bearing.fee_returned(suspense, one, payment, returned, of_fee)
        # What was returned is nobody's to bear, and not returned twice, if it is lost again.
        rest = evolve(one, fee=one.fee - returned, fee_outside=one.fee_outside - of_fee)
        one = self._ended(act, rest, "won")
        payment = act.work.get(Payment, one.payment_id)
        act.work.save(evolve(payment, charged_back=payment.charged_back - one.amount))
        tell(act, one, "won")
        self._go_on(act, one)
        # A refund that the bank had forestalled is owed to the payer after all.
        bearing.give_to_payer(suspense, one, min(bearing.nobody_waits_for(suspense), one.amount))
        return act.work.get(Chargeback, one.id)

    def lost(
        self, chargeback_id: str, *, by: By = PAYMENT_PROVIDER, key: str | None = None
    ) -> Chargeback:
        """Say that the bank keeps the money: whoever the trade says bears it, and its fee.

        What still lies in the deal's escrow bears it first, at the end of the deal. The process's
        row on ``chargeback_lost`` is taken, where it has one in this state.
        """
        return self._door.run(
            "chargebacks.lost",
            by,
            lambda act: self._lose(act, chargeback_id),
            body={"chargeback": chargeback_id},
            key=key,
        )

    def due(self, act: Act, timer: Timer) -> None:
        """A bank that said nothing for so long keeps the money; a row that could not be taken."""
        one = act.work.get(Chargeback, timer.subject_id)
        if timer.name == ROW and one.state == "lost":
            act.about(one.transaction_id)
            self._take_row(act, one)
        elif timer.name == LOST and one.state == "open":
            self._lose(act, one.id)

    def _lose(self, act: Act, chargeback_id: str) -> Chargeback:
        one = self._about(act, chargeback_id)
        if one.state == "lost":
            return one
        suspense = suspense_of(act, one)
        if one.state == "won":
            # The bank thought again: it takes the money a second time, if another did not.
            refuse_more_than_taken(act.work.get(Payment, one.payment_id), one.money)
            _take(suspense, one)
        bearing.give_free(suspense, one)
        one = self._ended(act, one, "lost")
        asked = bearing.bear_fee(suspense, one)
        one = act.work.save(evolve(one, fee_borne=asked))
        tell(act, one, "lost")
        self._go_on(act, one)
        self._take_row(act, one)
        bearing.cover(suspense, bearing.nobody_waits_for(suspense))
        bearing.bear(suspense)
        return act.work.get(Chargeback, one.id)

    def _ended(self, act: Act, one: Chargeback, state: ChargebackState) -> Chargeback:
        act.work.timers.clear(CHARGEBACK, [one.id])
        left = one.amount if state == "lost" else 0
        return act.work.save(evolve(one, state=state, left=left, set_aside={}, ended_at=act.at))

    def _go_on(self, act: Act, one: Chargeback) -> None:
        """What waited for the bank's answer waits no more."""
        dispute = act.work.get(Dispute, one.dispute_id)
        if dispute.state in ("open", "escalated"):
            end_dispute(self._context, act, dispute, "decided", {CHARGEBACK: one.state})

    def _take_row(self, act: Act, one: Chargeback) -> None:
        """Take the process's row on a loss; what stands in its way now may not an hour later."""
        transaction = act.work.get(Transaction, one.transaction_id)
        rows = self._context.process(transaction).rows_from(transaction.state)
        named = [row for row in rows if row.on in (LOST, f"{LOST} {one.purse}")]
        if not named:
            return
        if transaction.pending is None:
            try:
                take(evolve(act, actor=_REPORTER), transaction, named[0].name)
                return
            except Conflict as no:
                if no.code != "disputed":
                    raise
        act.work.timers.arm([Timer(CHARGEBACK, one.id, ROW, act.at + HOUR)])

    def _new(
        self,
        act: Act,
        payment: Payment,
        transaction: Transaction,
        amount: Money,
        reference: str,
        cause: str,
        fee: Money | None,
        answer_by: datetime | None,
    ) -> Chargeback:
        vertical = self._context.vertical(transaction.vertical)
        said = checked_text(cause, "a cause", 200, least=1)
        mine = taken_inside(act, payment, amount).amount
        foreign = payment.rate is not None
        dispute = Dispute(
            id=act.context.ids.new("dispute"),
            transaction_id=transaction.id,
            opened_by=payment.party_id,
            cause=said,
            created_at=act.at,
            answer_by=answer_by or act.at + vertical.dispute_answer,
            state="escalated",
            kind="chargeback",
        )
        act.work.add(dispute)
        tell_dispute(act, "dispute.opened", dispute)
        one = Chargeback(
            id=act.context.ids.new(CHARGEBACK),
            payment_id=payment.id,
            transaction_id=transaction.id,
            purse=payment.purse,
            reference=checked_text(reference, "a reference", 200, least=1),
            dispute_id=dispute.id,
            amount=mine,
            fee=0 if fee is None else inside(payment, fee).amount,
            currency=payment.currency,
            cause=said,
            bearer=vertical.chargebacks.amount,
            fee_bearer=vertical.chargebacks.fee,
            created_at=act.at,
            left=mine,
            outside=amount.amount if foreign else None,
            fee_outside=fee.amount if foreign and fee is not None else 0,
        )
        act.work.add(one)
        return one

    def _about(self, act: Act, chargeback_id: str) -> Chargeback:
        self._only_reported(act)
        one = act.work.get(Chargeback, chargeback_id)
        act.about(one.transaction_id)
        # Whoever moves the deal's money takes turns on the deal.
        act.work.get(Transaction, one.transaction_id)
        return one

    def _only_reported(self, act: Act) -> None:
        if act.actor.role not in (OPERATOR, PAYMENT_PROVIDER, CLOCK):
            raise Forbidden("a chargeback is reported by the payment provider or the operator")

    def get(self, chargeback_id: str, *, by: By) -> Chargeback:
        """A chargeback in a deal that the actor sits in; any for the operator."""
        with self._reader.read(by) as view:
            one = view.work.find(Chargeback, id=chargeback_id)
            if one is not None and not view.operator:
                where = {"transaction_id": one.transaction_id, "party_id": view.party_id}
                if not view.work.select(Seat, where, order="role", limit=1):
                    one = None
            if one is None:
                raise NotFound(f"no chargeback {chargeback_id!r}")
            return one

    def list(
        self,
        *,
        by: By,
        transaction: str | None = None,
        state: ChargebackState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Chargeback]:
        """Chargebacks in deals that the actor sits in; the operator sees all.

        Those of one deal come together, so that a party's page may be a little longer than
        ``limit``.
        """
        with self._reader.read(by) as view:
            where = {} if state is None else {"state": state}
            return page_of_deals(view, Chargeback, where, transaction, after, limit)


def _take(suspense: Suspense, one: Chargeback) -> None:
    """The bank has the money from the first moment on."""
    payment = suspense.act.work.get(Payment, one.payment_id)
    taken = back(payment, suspense.account, one.amount, one.outside)
    suspense.write(one, "chargeback", taken)
    suspense.act.work.save(evolve(payment, charged_back=payment.charged_back + one.amount))
