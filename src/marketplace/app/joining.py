"""Deals of a checkout ask outside together: one question, one answer, each waits for all of them.

While the deals of a checkout are opened (or paid again, or go on after an answer) nothing is asked
at once: what they want to ask is gathered, and written when all of them have come to a halt. So a
no that is found in our own books reaches all of them before anybody outside was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import Factory, define

from marketplace.domain.evolving import evolve
from marketplace.domain.method import CAN_NEED_THE_CUSTOMER
from marketplace.domain.payment import Intent, IntentPart, Order, Payment
from marketplace.domain.reason import Reason

BEGINNINGS = CAN_NEED_THE_CUSTOMER
"""Effects by which a payment begins: those that deals of a checkout wait for together."""


@define
class Joins:
    """What the deals of one checkout ask outside in one unit of work."""

    checkout_id: str
    together: bool
    """Whether each of them waits for all of it, and takes a no to one for its own."""
    questions: dict[tuple[Any, ...], Intent] = Factory(dict)
    payers: dict[tuple[Any, ...], Payment] = Factory(dict)
    """For each question a payment of whoever is asked, all of which it is asked by one means."""
    parts: dict[tuple[Any, ...], list[IntentPart]] = Factory(dict)
    """For each question what it asks for each deal."""
    waiting: list[Any] = Factory(list)
    """The deals that came to a halt, each a ``Halt``."""
    no: Reason | None = None
    """Why one of them could not be paid; then nothing is asked for the others."""

    def ask(self, intent: Intent, payment: Payment, *, apart: bool) -> None:
        """Add a deal's question to one that asks the same, unless it must be asked apart."""
        key: tuple[Any, ...] = (
            payment.method,
            payment.party_id,
            payment.means,
            payment.position,
            intent.kind,
            intent.currency,
            payment.id if apart else "",
        )
        part = IntentPart(str(intent.transaction_id), payment.id, intent.amount, intent.inside)
        if key in self.questions:
            self.parts[key].append(part)
        else:
            self.questions[key], self.payers[key], self.parts[key] = intent, payment, [part]

    def asked(self) -> list[tuple[Intent, Order]]:
        """The questions that were gathered, and no more; one that only one deal asks names it."""
        asked = []
        for key, one in self.questions.items():
            intent, payer = self._as_one(one, self.parts[key]), self.payers[key]
            asked.append((intent, intent.order(payer.party_id, payer.method, payer.means)))
        self.forget()
        return asked

    def _as_one(self, intent: Intent, parts: Sequence[IntentPart]) -> Intent:
        """The question of the first of the deals as that of all of them."""
        if len(parts) == 1:
            return evolve(intent, checkout_id=self.checkout_id)
        return evolve(
            intent,
            checkout_id=self.checkout_id,
            amount=sum(part.amount for part in parts),
            parts=tuple(parts),
            # What several perform together nobody is passed on: each is paid out.
            payee=None,
            transaction_id=None,
            payment_id=None,
            inside=None,
        )

    def forget(self) -> None:
        """Ask nothing of what was gathered."""
        self.questions.clear()
        self.payers.clear()
        self.parts.clear()

    def copy(self) -> Joins:
        """The same, to come back to."""
        return evolve(
            self,
            questions=dict(self.questions),
            payers=dict(self.payers),
            parts={key: list(parts) for key, parts in self.parts.items()},
            waiting=list(self.waiting),
        )

    def back(self, before: Joins) -> None:
        """Be again as it was."""
        self.questions, self.payers = dict(before.questions), dict(before.payers)
        self.parts = {key: list(parts) for key, parts in before.parts.items()}
        self.waiting, self.no = list(before.waiting), before.no
