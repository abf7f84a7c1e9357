"""Heeding what was read back: each finding, written into the books with what follows from it.

Every function here may be told the same twice, and in any order: it writes what is new, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace.app.answering import (
    misfit,
    write_answer_to,
    write_refund_returned,
)
from marketplace.app.chargebacks import Chargebacks
from marketplace.app.charges import told_of
from marketplace.app.confirming import confirmed
from marketplace.app.differing import (
    Asked,
    contradicts,
    differences,
    payments_in,
    stop,
    tell_payout,
)
from marketplace.app.door import Act
from marketplace.app.giving_back import yes_waits
from marketplace.app.holding import HOLD_OF_PAYMENT
from marketplace.app.onboarding import judge_account, restrict_account
from marketplace.app.payouts import return_payout
from marketplace.app.resuming import BEGINS, hold_died
from marketplace.domain.books import Timer
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.notice import (
    CLOCKS_DIFFER,
    ChargebackStands,
    Finding,
    Notice,
    NoticeState,
    OrderAnswered,
    PaymentStands,
    PayoutAccountStands,
    PayoutStands,
    RefundReturned,
)
from marketplace.domain.party import PayoutAccount
from marketplace.domain.payment import UNANSWERED, Answer, Intent, Payment, Payout
from marketplace.domain.ports import Condition
from marketplace.domain.reason import Reason
from marketplace.errors import Conflict, InvalidInput, StaleVersion

_MOST = 1_000


@frozen
class Heard:
    """What became of one finding."""

    state: NoticeState = "taken"
    reason: Reason | None = None


@frozen
class Heeding:
    """One notice of one payment provider, while what stands behind it is written."""

    act: Act
    provider: str
    notice: Notice
    chargebacks: Chargebacks

    def heed(self, found: Finding) -> Heard:
        """Write what is new in a finding.

        Raises ``Conflict`` (code ``not_yet``) for what may be ours and has no name here yet: its
        order is still under way. The payment provider sends the notice again.
        """
        match found:
            case PaymentStands():
                return self._payment(found)
            case OrderAnswered():
                return self._order(found)
            case RefundReturned():
                return self._refund(found)
            case PayoutStands():
                return self._payout(found)
            case ChargebackStands():
                return self._chargeback(found)
            case PayoutAccountStands():
                return self._account(found)

    def _intents(self, field: str, name: str) -> list[Intent]:
        where = {"provider": self.provider, field: name}
        return self.act.work.select(Intent, where, limit=_MOST)

    def _unknown(self, name: str, kinds: Sequence[MoneyKind]) -> Heard:
        """No such name is known here; but it may be the name of what is just being asked for."""
        until = min(self.notice.at, self.act.at - CLOCKS_DIFFER) + CLOCKS_DIFFER
        asked = [
            Condition("provider", "=", self.provider),
            Condition("state", "in", list(UNANSWERED)),
            Condition("kind", "in", list(kinds)),
            Condition("created_at", "<=", until),
        ]
        if self.act.work.select(Intent, asked, limit=1):
            raise Conflict(
                f"{name!r} may be what is just being asked for; tell it again later",
                code="not_yet",
                params={"provider": self.provider},
            )
        return Heard("set aside", Reason("notice_of_unknown", {"reference": name}))

    def _differs(self, payments: Sequence[Payment], said: str) -> Heard:
        reason = Reason("payment_differs", {"said": said, "provider": self.provider})
        stop(self.act, payments, reason)
        return Heard("differs", reason)

    # -- a hold or charge as it stands ------------------------------------------------------

    def _payment(self, found: PaymentStands) -> Heard:
        asked = [one for one in self._intents("reference", found.reference) if not one.payout_id]
        begun = [one for one in asked if one.kind in BEGINS and one.state not in UNANSWERED]
        if not begun:
            return self._unknown(found.reference, BEGINS)
        if any(one.state in UNANSWERED for one in asked) or yes_waits(asked):
            # The answer that is awaited will say what this may be about.
            return Heard(reason=Reason("notice_under_way", {"reference": found.reference}))
        payments = payments_in(self.act, asked)
        wrong = differences(found, Asked.of(asked), begun[0].currency)
        if wrong:
            return self._differs(payments, f"{found.reference} has {'; '.join(wrong)}")
        for payment in payments:
            if payment.reference == found.reference and payment.held:
                self._hold(payment, found)
        return Heard()

    def _hold(self, payment: Payment, found: PaymentStands) -> None:
        act, until = self.act, found.holds_until
        act.about(payment.id, payment)
        if found.dead or not found.held:
            hold_died(act, payment.id)
        elif until is not None and until != payment.holds_until:
            act.work.save(evolve(payment, holds_until=until))
            act.work.timers.arm([Timer(HOLD_OF_PAYMENT, payment.id, "dies", until)])

    # -- the answer to an order -------------------------------------------------------------

    def _order(self, found: OrderAnswered) -> Heard:
        answer, name = found.answer, found.key or str(found.answer.reference)
        intent = self._asked_as(found)
        if intent is None:
            return self._unknown(name, tuple(MoneyKind))
        known = intent.receipt
        if known is not None and answer.reference not in (None, known):
            # Somebody says that another thing outside is this one: we know its name.
            return Heard("set aside", Reason("notice_of_another", {"reference": name}))
        before = str((intent.answer or {}).get("outcome"))
        if found.key is None and intent.state not in UNANSWERED and before != "needs customer":
            # By its name alone it may have gone on since: how it stands says more.
            return Heard()
        wrong = misfit(intent, answer)
        if wrong is not None:
            return self._differs(payments_in(self.act, [intent]), f"{name} {wrong}")
        if intent.state in UNANSWERED:
            write_answer_to(self.act, intent, answer)
            return Heard()
        return self._answered_before(intent, answer, name)

    def _asked_as(self, found: OrderAnswered) -> Intent | None:
        if found.key is None:
            named = self._intents("receipt", str(found.answer.reference))
            named = [one for one in named if one.kind in BEGINS]
            return max(named, key=lambda one: (one.created_at, one.id), default=None)
        id, _, attempt = found.key.rpartition("-")
        intent = self.act.work.find(Intent, id=id)
        if intent is None or intent.provider != self.provider or str(intent.attempt) != attempt:
            return None
        return intent

    def _answered_before(self, intent: Intent, answer: Answer, name: str) -> Heard:
        before = str((intent.answer or {}).get("outcome"))
        if before == "needs customer":
            if answer.outcome != "done":
                return Heard()
            said = confirmed(self.act, intent, answer)
            if isinstance(said, str):
                return self._differs(payments_in(self.act, [intent]), said)
            return Heard(reason=said)
        said = contradicts(intent, answer, name)
        return Heard() if said is None else self._differs(payments_in(self.act, [intent]), said)

    # -- what comes back --------------------------------------------------------------------

    def _refund(self, found: RefundReturned) -> Heard:
        named = self._intents("receipt", found.reference)
        refunds = [one for one in named if one.kind is MoneyKind.REFUND]
        if not refunds:
            return self._unknown(found.reference, (MoneyKind.REFUND,))
        for one in refunds:
            write_refund_returned(self.act, one, found.reason)
        return Heard()

    def _payout(self, found: PayoutStands) -> Heard:
        where = {"reference": found.reference, "provider": self.provider}
        payouts = self.act.work.select(Payout, where, limit=_MOST)
        if not payouts:
            return self._unknown(found.reference, (MoneyKind.PAY_OUT,))
        heard = Heard()
        for payout in payouts:
            self.act.about(payout.id, payout)
            if payout.state in ("failed", "returned") and found.state == "arrived":
                # It was given back here: what is there as well was paid twice.
                arrived = f"{found.reference} arrived, and {payout.state} stands here"
                heard = self._payout_differs(payout, arrived)
            if payout.state != "paid":
                continue
            said = self._taken_back(payout, found)
            if found.state != "arrived" and payout.taken_back < payout.amount:
                return_payout(self.act, payout, found.reason)
            elif said is not None:
                heard = self._payout_differs(payout, said)
        return heard

    def _taken_back(self, payout: Payout, found: PayoutStands) -> str | None:
        """What both sides differ in of what was taken back; None where they agree."""
        if found.taken_back is None:
            return None
        ours = Money(payout.taken_back, payout.currency)
        if found.taken_back == ours:
            return None
        if payout.taking_back:
            raise Conflict(
                f"{found.reference!r} is just being taken back; tell it again later",
                code="not_yet",
                params={"provider": self.provider},
            )
        return f"{found.reference} was taken back {found.taken_back} and not {ours}"

    def _payout_differs(self, payout: Payout, said: str) -> Heard:
        """Nothing is corrected: somebody took it back by hand, and has to say why."""
        reason = Reason("payout_differs", {"said": said, "provider": self.provider})
        tell_payout(self.act, payout.id, reason)
        return Heard("differs", reason)

    def _account(self, found: PayoutAccountStands) -> Heard:
        where = {"reference": found.reference, "provider": self.provider}
        accounts = self.act.work.select(PayoutAccount, where, limit=_MOST)
        for account in accounts:
            self.act.about(account.party_id)
            if found.payable and account.state == "submitted":
                judge_account(self.act, account, approve=True, reason=found.reason)
            elif not found.payable and account.state == "verified":
                restrict_account(self.act, account, found.reason)
        if not accounts:
            return Heard("set aside", Reason("notice_of_unknown", {"reference": found.reference}))
        return Heard()

    # -- a chargeback -----------------------------------------------------------------------

    def _chargeback(self, found: ChargebackStands) -> Heard:
        act, back = self.act, self.chargebacks
        asked = self._intents("reference", found.charge)
        if not any(one.kind in BEGINS and one.state not in UNANSWERED for one in asked):
            return self._unknown(found.charge, BEGINS)
        told = told_of(act, found.reference, self.provider, missing_is_well=True)

        def open_each() -> None:
            back.open_each(
                act,
                found.charge,
                found.amount,
                found.reference,
                found.cause,
                found.fee,
                found.answer_by,
                self.provider,
            )

        def end_each() -> None:
            won, returned = found.state == "won", found.fee_returned
            back.end_each(
                act, found.reference, won=won, fee_returned=returned, provider=self.provider
            )

        no = self._refuses(found, asked, open_each)
        if no is None and found.state != "open":
            no = self._refuses(found, asked, end_each)
        if no is not None:
            return no
        if found.state == "open" and any(one.state != "open" for one in told):
            return Heard(reason=Reason("notice_of_before", {"reference": found.reference}))
        return Heard()

    def _refuses(
        self, found: ChargebackStands, asked: Sequence[Intent], do: Callable[[], None]
    ) -> Heard | None:
        """What our books cannot follow differs; None where they can."""
        mark = self.act.mark()
        try:
            with self.act.context.store.begin():
                do()
        except (Conflict, InvalidInput) as no:
            self.act.back(mark)
            if no.code == "already_there":
                # Another notice of it was written at this moment: it is read back beside that.
                raise StaleVersion(f"{found.reference!r} was told of at this moment") from None
            if any(one.state in UNANSWERED for one in asked):
                raise Conflict(
                    f"{found.charge!r} is just being changed; tell it again later",
                    code="not_yet",
                    params={"provider": self.provider},
                ) from None
            payments = payments_in(self.act, asked)
            return self._differs(payments, f"{found.reference}: {no.message}")
        return None
