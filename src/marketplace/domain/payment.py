"""Payments of a purse, the intents that ask a payment provider, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from attrs import field

from marketplace.domain.effect import MoneyKind
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.quote import PRICE
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.domain.span import SECOND
from marketplace.errors import InvalidInput


@frozen
class Pay:
    """How somebody wants to pay: who, by which method, with which means, how much of it."""

    method: str
    party_id: str | None = None
    """None for the customer of the transaction."""
    means: str | None = field(default=None, repr=False)
    """A token of the payment provider; never a card number."""
    amount: Money | None = None
    """A fixed part; None for the rest. At most one payment of a purse takes the rest."""
    purse: str = PRICE


def all_pays(given: Pay | Sequence[Pay]) -> tuple[Pay, ...]:
    """One way to pay, or several, as several; raises ``InvalidInput`` for anything else."""
    if isinstance(given, Pay):
        return (given,)
    alone = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
    found: tuple[Any, ...] = (given,) if alone else tuple(given)
    for one in found:
        if not isinstance(one, Pay):
            raise InvalidInput(f"pay is a Pay or several, as Pay('card'), not {one!r}")
    return found


@frozen
class Consent:
    """A party agrees to pay part of somebody else's request, up to an amount."""

    request_id: str
    party_id: str
    method: str
    most: int
    """In minor units."""
    currency: str
    created_at: datetime
    means: str | None = field(default=None, repr=False)


@frozen
class Payment:
    """One party's payment of one purse by one method."""

    id: str
    transaction_id: str
    purse: str
    party_id: str
    method: str
    currency: str
    created_at: datetime
    means: str | None = field(default=None, repr=False)
    asked: int | None = None
    """The fixed part asked for, in minor units; None for the rest."""
    held: int = 0
    """Set aside and not yet taken, in minor units."""
    captured: int = 0
    refunded: int = 0
    charged_back: int = 0
    """What the payer's bank took back, or wants to: it is not refunded as well."""
    hold_transfer: str | None = None
    """The ledger's pending transfer behind ``held``."""
    reference: str | None = None
    """The payment provider's name for it."""
    holds_until: datetime | None = None
    position: int = 0
    """Its place among the payments of the purse."""
    checkout_id: str | None = None
    """The checkout of which it is a part, if the deal was opened with others."""
    rate: Rate | None = None
    """At which the payer pays in another currency than the deal's; all sums here are the deal's."""
    outside: int = 0
    """What was taken and not given back in that currency, in its minor units."""
    version: int = 1

    @property
    def kept(self) -> int:
        """Taken and not given back by us."""
        return self.captured - self.refunded

    @property
    def refundable(self) -> int:
        """What of it can still be given back: nothing that the payer's bank took itself."""
        return max(self.kept - self.charged_back, 0)


IntentState = Literal["waiting", "done", "failed", "parked"]
UNANSWERED: tuple[IntentState, ...] = ("waiting", "parked")
"""An intent in one of these still waits for its answer."""


@frozen
class IntentPart:
    """What one deal has in a question that several deals of a checkout ask together."""

    transaction_id: str
    payment_id: str
    amount: int
    inside: int | None = None
    """The same in the deal's currency, where that is another one."""


@frozen
class Payee:
    """To whom a payment provider passes on a part of what it takes, and how much at most."""

    party_id: str
    account: str
    """What the payment provider calls the party's account."""
    amount: int
    """In minor units; as money is set aside it is only foreseen, and counts when it is taken."""


LEASE = 60 * SECOND
"""How long a worker may take for one call before another may try."""
MOST_BACK_OFF = 3_600
"""Seconds between two tries, at most."""


def back_off(intent_id: str, tries: int) -> timedelta:
    """How long an intent waits after so many tries without an answer: up to twice as long each
    time, and an hour at most.

    Between half of that and the whole, by its own name: many that failed in one moment do not all
    come back in another, and the same run waits the same.
    """
    half = min(2**tries, MOST_BACK_OFF) * 500
    told = hashlib.sha256(f"{intent_id}:{tries}".encode()).digest()
    return timedelta(milliseconds=half + half * int.from_bytes(told[:4], "big") // 2**32)


EMBEDDED = "embedded"
"""The worker that is the process which asked."""


@frozen
class Intent:
    """Something to ask of a payment provider: one intent, one effect outside.

    Written with the state it belongs to; a worker leases it, calls outside with its ``key``,
    and writes the answer with everything that follows from it.
    """

    id: str
    kind: MoneyKind
    provider: str
    """The payment provider's name."""
    amount: int
    currency: str
    created_at: datetime
    due_at: datetime
    transaction_id: str | None = None
    payment_id: str | None = None
    payout_id: str | None = None
    state: IntentState = "waiting"
    attempt: int = 1
    """Part of the key: raised only after the provider said that the last one came to nothing."""
    tries: int = 0
    """Calls made in this attempt without any answer."""
    leased_by: str | None = None
    leased_until: datetime | None = None
    reference: str | None = None
    answer: Mapping[str, Any] | None = None
    checkout_id: str | None = None
    """Set while a checkout is paid: its deals wait together for the answer."""
    parts: Sequence[IntentPart] = ()
    """Which deal has how much in it; then it names neither a transaction nor a payment alone."""
    inside: int | None = None
    """What is asked in the deal's currency, where the payer pays in another one."""
    receipt: str | None = None
    """The payment provider's name for what it did: a refund's own, where ``reference`` is the
    charge's."""
    payee: Payee | None = None
    """To whom a part of it is passed on at once; None where earnings are paid out later."""
    version: int = 1

    def about(self, transaction_id: str) -> str | None:
        """The payment that it asks about in a deal; None if it is about others."""
        if self.transaction_id == transaction_id:
            return self.payment_id
        ours = (one.payment_id for one in self.parts if one.transaction_id == transaction_id)
        return next(ours, None)

    @property
    def key(self) -> str:
        """The idempotency key for the call: from this row alone, so a retry repeats it."""
        return f"{self.id}-{self.attempt}"

    def order(self, payer: str, method: str = "", means: str | None = None) -> Order:
        """What the payment provider is asked; of a payout only its party is told."""
        return Order(
            key=self.key,
            kind=self.kind,
            amount=Money(self.amount, self.currency),
            method=method,
            payer=payer,
            means=means,
            # As it was when the intent was written: a later charge may have another name. A
            # payout has none before it is made.
            reference=None if self.kind is MoneyKind.PAY_OUT else self.reference,
            transaction_id=self.transaction_id,
            first_asked_at=self.created_at,
            checkout_id=self.checkout_id,
            parts=self.parts,
            payee=self.payee,
        )


@frozen
class Order:
    """What a payment provider is asked to do."""

    key: str
    kind: MoneyKind
    amount: Money
    """What is to move: of a capture, what of the hold is taken; of a raise, what comes on top."""
    method: str
    """Empty for a payout."""
    payer: str
    """The party's id; of a payout, whom it is for."""
    means: str | None = field(default=None, repr=False)
    reference: str | None = None
    """The payment provider's own name for the hold, charge or payout that this is about: as it
    answered when that began, whatever a capture of it was called."""
    transaction_id: str | None = None
    """None when several deals ask together: then ``checkout_id`` is named."""
    first_asked_at: datetime | None = None
    checkout_id: str | None = None
    parts: Sequence[IntentPart] = ()
    """Which deal has how much in it, when several deals of a checkout ask together."""
    payee: Payee | None = None
    """For a method that ``passes_on``: to whom, and how much of it at most."""
    known_as: str | None = None
    """What the payment provider calls the payer, where it keeps that (``KeepsPayers``)."""


Outcome = Literal["done", "failed", "needs customer"]
OUTCOMES: tuple[Outcome, ...] = ("done", "failed", "needs customer")


@frozen
class Answer:
    """What a payment provider says: done, no, or ask the customer first."""

    outcome: Outcome
    reference: str | None = None
    amount: Money | None = None
    """What was really moved; None when it is just what was asked.

    Less than was asked is a no, whatever the outcome says: the part is given back.
    """
    fee: Money | None = None
    """What the payment provider keeps for it."""
    reason: Reason | None = None
    holds_until: datetime | None = None
    action: str | None = None
    """Where the customer must go (a bank's challenge)."""
    passed_on: Money | None = None
    """What of it was passed on to the payee; less than zero for what a refund took back there.

    Where the payment provider calls that by a name of its own, ``details`` has it as ``passed_on``.
    """
    details: Mapping[str, Any] = field(factory=dict)


PayoutState = Literal["made", "sent", "paid", "failed", "returned"]
PayoutSource = Literal["earnings", "wallet"]


@frozen
class Payout:
    """A party's earnings or credit on their way to its bank, or into its hand."""

    id: str
    party_id: str
    amount: int
    currency: str
    provider: str
    state: PayoutState
    created_at: datetime
    reference: str | None = None
    ended_at: datetime | None = None
    reasons: Sequence[Reason] = ()
    account_id: str | None = None
    """The payout account that it goes to; None where the party has none."""
    source: PayoutSource = "earnings"
    """What it is paid from, and goes back to where it fails: earnings, or a wallet's credit."""
    taken_back: int = 0
    """What of it came back from the payee's account by order of ours, for a debt."""
    taking_back: int = 0
    """What was asked back, and has no answer yet."""
    version: int = 1

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)

    @property
    def left(self) -> int:
        """What of it is with the payee by our books, and was not asked back."""
        return self.amount - self.taken_back - self.taking_back


@frozen
class PayoutTerms:
    """When and how a party is paid out, where it is otherwise than the plan says for all."""

    party_id: str
    every: timedelta | None = None
    """None: with everybody."""
    minimums: Mapping[str, int] | None = None
    """Currency to minor units; a currency that is not named has the plan's."""
    reserve_bp: int | None = None
    reserve_for: timedelta | None = None
