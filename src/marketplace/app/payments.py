"""The verbs of payments: what is paid, credited, shared, asked again and given up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from marketplace.app.answering import write_refund_returned
from marketplace.app.carrying_out import CarryingOut
from marketplace.app.chargebacks import Chargebacks
from marketplace.app.context import Context
from marketplace.app.crediting import credit_party, write_off
from marketplace.app.door import Act, By, Door
from marketplace.app.means import Means
from marketplace.app.notices import Notices
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import checked_money, checked_text
from marketplace.domain.dues import Dues
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import MARKETPLACE, Account, Balance, Purpose
from marketplace.domain.money import Money
from marketplace.domain.party import OPERATOR, PAYMENT_PROVIDER, Party
from marketplace.domain.payment import (
    UNANSWERED,
    Consent,
    Intent,
    Payment,
)
from marketplace.domain.ports import Condition
from marketplace.domain.request import Request
from marketplace.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
)

logger = logging.getLogger("marketplace.payments")


class Payments(CarryingOut, Means, Notices):
    """The verbs of payments."""

    def __init__(
        self, context: Context, door: Door, reader: Reader, chargebacks: Chargebacks
    ) -> None:
        self._chargebacks = chargebacks
        self._context = context
        self._door = door
        self._reader = reader

    def list(
        self,
        *,
        by: By,
        party: str | None = None,
        method: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Payment]:
        """What the actor pays, deal by deal; the operator sees all. A filter never widens it."""
        with self._reader.read(by) as view:
            where = view.scope("party_id", party, method=method)
            return view.page(Payment, where, after=after, limit=limit)

    # -- money that comes and goes outside any transaction ---------------------------------

    def top_up(
        self,
        party_id: str,
        amount: Money,
        *,
        by: By = OPERATOR,
        reference: str,
        key: str | None = None,
    ) -> Balance:
        """Credit money that arrived for a party by a local rail: debts first, then its wallet.

        For the operator or a payment provider's callback; the same ``reference`` counts once.
        Gives the wallet's balance.
        """
        checked_money(amount)
        checked_text(reference, "a reference", 200, least=1)

        def do(act: Act) -> Balance:
            if act.actor.role not in (OPERATOR, PAYMENT_PROVIDER):
                raise Forbidden("a top-up is confirmed by the operator or the payment provider")
            act.work.get(Party, party_id)
            act.about(party_id)
            clearing = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, amount.currency)
            credit_party(act, party_id, amount, clearing, "top up", f"top up:{reference}")
            data = {"amount": str(amount), "reference": reference}
            act.emit("wallet.topped_up", party_id, data, [party_id])
            return act.work.ledger.balance(Account(party_id, Purpose.WALLET, amount.currency))

        body = {"party": party_id, "amount": amount, "reference": reference}
        return self._door.run("payments.top_up", by, do, body=body, key=key)

    def write_off(
        self,
        party_id: str,
        amount: Money,
        *,
        by: By = OPERATOR,
        reason: str,
        key: str | None = None,
    ) -> Balance:
        """Give up a debt that will not be paid, as an entry of its own. Gives what is left."""
        checked_money(amount)

        def do(act: Act) -> Balance:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator writes a debt off")
            act.about(party_id)
            return write_off(act, party_id, amount, reason)

        body = {"party": party_id, "amount": amount, "reason": reason}
        return self._door.run("payments.write_off", by, do, body=body, key=key)

    def dues(self, *, by: By, party: str | None = None) -> Sequence[Dues]:
        """What a customer still owes, deal by deal; its own, for the operator anybody's."""
        with self._reader.read(by) as view:
            where = view.scope("party_id", party)
            owed = [Condition(name, "=", value) for name, value in where.items()]
            return view.work.select(Dues, [*owed, Condition("left", ">", 0)], limit=1000)

    def share(
        self,
        request_id: str,
        *,
        by: By,
        method: str,
        most: Money,
        means: str | None = None,
        key: str | None = None,
    ) -> Consent:
        """Agree to pay part of somebody else's request, up to ``most`` (a split fare)."""
        checked_money(most, "the most that one agrees to")

        def do(act: Act) -> Consent:
            act.context.method(method)
            request = act.work.find(Request, id=request_id)
            if request is None or request.state != "open":
                raise NotFound(f"no open request {request_id!r}")
            if most.amount <= 0 or most.currency != request.currency:
                raise InvalidInput(f"agree to an amount of {request.currency} above zero")
            consent = Consent(
                request_id, act.me(), method, most.amount, most.currency, act.at, means
            )
            act.work.put(consent)
            act.about(request_id)
            return consent

        body = {"request": request_id, "method": method, "most": most, "means": means}
        return self._door.run("payments.share", by, do, body=body, key=key)

    # -- what was asked outside ------------------------------------------------------------

    def retry(self, intent_id: str, *, by: By = OPERATOR) -> Intent:
        """Let the worker try a parked intent again, with the same key."""

        def do(act: Act) -> Intent:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator retries a parked intent")
            intent = act.work.get(Intent, intent_id)
            if intent.state != "parked":
                raise InvalidInput(f"only a parked intent is retried, this one is {intent.state}")
            act.asked.append(intent_id)
            return act.work.save(evolve(intent, state="waiting", tries=0, due_at=act.at))

        return self._door.run("payments.retry", by, do, body={"intent": intent_id})

    def refund_returned(
        self, intent_id: str, *, by: By = PAYMENT_PROVIDER, reason: str, key: str | None = None
    ) -> Payment:
        """Say that a refund, once paid, came back, maybe weeks later: it becomes credit.

        For a payment provider's callback, or the operator. The intent's id is what the order's
        key begins with. Told twice, it counts once. Gives the payment.
        """

        def do(act: Act) -> Payment:
            if act.actor.role not in (OPERATOR, PAYMENT_PROVIDER):
                raise Forbidden("a returned refund is reported by the payment provider or operator")
            return write_refund_returned(act, act.work.get(Intent, intent_id), reason)

        body = {"intent": intent_id, "reason": reason}
        return self._door.run("payments.refund_returned", by, do, body=body, key=key)

    def lag(self) -> timedelta | None:
        """How late the oldest due intent is; None when nothing waits."""
        with self._context.store.begin(write=False) as work:
            return work.intents.lag(self._context.now())

    def waiting(self) -> Sequence[Intent]:
        """Intents that are not done: waiting for an answer, or parked for somebody to look at."""
        with self._context.store.begin(write=False) as work:
            return work.select(Intent, {"state": UNANSWERED}, limit=1000)
