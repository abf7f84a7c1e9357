"""Sandbox: a payment provider that behaves like a real one, without moving any money.

It remembers what it was asked under each key, gives the same answer again, holds and
captures like a card network, and does wrong on demand: declines, asks for the customer,
loses answers, breaks down. Its memory may live in a file, so that a test can kill the
process that asked and find one charge all the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, field

from marketplace import (
    Answer,
    Bring,
    IdempotencyMismatch,
    Money,
    MoneyKind,
    NotFound,
    Order,
    PaymentMethod,
    PaymentProviderUnavailable,
    Reason,
    SystemClock,
    Way,
    hookimpl,
)

CARD = PaymentMethod(
    "card",
    ways=dict.fromkeys(
        (
            MoneyKind.SAVE,
            MoneyKind.HOLD,
            MoneyKind.RAISE,
            MoneyKind.CHARGE,
            MoneyKind.CAPTURE,
            MoneyKind.VOID,
            MoneyKind.REFUND,
        ),
        Way.CALL,
    ),
    hold_lives=timedelta(days=7),
    needs_customer=True,
)

DECLINED = "tok_declined"
"""A means that every hold and charge declines."""
CHALLENGED = "tok_challenged"
"""A means whose first hold or charge asks the customer to act, and then goes well."""
IN_PART = "tok_in_part"
"""A means of which every hold, raise and charge gives only half: what no provider should do."""
DIES_EARLY = "tok_capture_fails"
"""A means whose hold goes well and whose capture fails."""
NOT_BACK = "tok_refund_fails"
"""A means that pays well and takes nothing back (a card that was closed since)."""
CLOSED_ACCOUNT = "acc_closed"
"""An account that no payout arrives at."""

WORDS = {
    "en": {
        "card_declined": "the bank declined the card",
        "bank_asks_the_customer": "the bank asks whoever pays to confirm it",
        "capture_refused": "the bank does not give what it had set aside",
        "refund_refused": "the bank takes nothing back for this card",
        "refund_above_captured": "more was to be given back than was taken",
        "no_such_charge": "the bank knows no such charge",
        "account_closed": "the bank knows no such account any more",
    },
    "ne": {
        "card_declined": "बैंकले कार्ड स्वीकार गरेन",
        "bank_asks_the_customer": "बैंकले तिर्नेलाई पुष्टि गर्न भन्छ",
        "capture_refused": "बैंकले छुट्याएको रकम दिँदैन",
        "refund_refused": "बैंकले यस कार्डमा केही फिर्ता लिँदैन",
        "refund_above_captured": "लिइएको भन्दा बढी फिर्ता गर्न खोजियो",
        "no_such_charge": "बैंकलाई यस्तो भुक्तानी थाहा छैन",
        "account_closed": "बैंकमा यो खाता अब छैन",
    },
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, answer TEXT NOT NULL, calls INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS charge (
    reference TEXT PRIMARY KEY, currency TEXT NOT NULL, held INTEGER NOT NULL,
    captured INTEGER NOT NULL, refunded INTEGER NOT NULL, means TEXT, until TEXT,
    taken_back INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS movement (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, reference TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL
);
"""


@define(eq=False)
class Sandbox:
    """The plugin, and the provider itself.

    ``memory`` is a file's path, or ``:memory:``. ``before`` and ``after`` are called with
    each order before it is carried out and before its answer is given back: a test raises
    ``PaymentProviderUnavailable`` there to lose a question or an answer.
    """

    memory: str | Path = ":memory:"
    now: Callable[[], datetime] = SystemClock().now
    before: Callable[[Order], None] | None = None
    after: Callable[[Order, Answer], None] | None = None
    name: str = "sandbox"
    methods: tuple[PaymentMethod, ...] = (CARD,)
    _lock: Any = field(factory=threading.Lock, init=False, repr=False)
    _database: sqlite3.Connection = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._database = sqlite3.connect(
            str(self.memory), check_same_thread=False, isolation_level=None, timeout=30
        )
        self._database.executescript(_SCHEMA)

    @hookimpl
    def bring(self) -> Bring:
        """The method ``card``, carried out by this provider, and what a bank says in words."""
        return Bring(payment_providers=(self,), words=WORDS)

    def carry_out(self, order: Order) -> Answer:
        """Do what is ordered, once per key."""
        if self.before is not None:
            self.before(order)
        answer = self._once(order)
        if self.after is not None:
            self.after(order, answer)
        return answer

    def look_up(self, order: Order) -> Answer | None:
        """What became of an order sent before; None if it never arrived."""
        with self._lock:
            found = self._database.execute(
                "SELECT answer FROM asked WHERE key = ?", (order.key,)
            ).fetchone()
        return None if found is None else _answer(json.loads(found[0]))

    def _once(self, order: Order) -> Answer:
        body = json.dumps(
            [order.kind.value, order.amount.amount, order.amount.currency, order.reference]
        )
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                found = self._database.execute(
                    "SELECT body, answer FROM asked WHERE key = ?", (order.key,)
                ).fetchone()
                if found is not None:
                    if found[0] != body:
                        raise IdempotencyMismatch(f"key {order.key!r} came with another order")
                    self._database.execute(
                        "UPDATE asked SET calls = calls + 1 WHERE key = ?", (order.key,)
                    )
                    answer = _answer(json.loads(found[1]))
                else:
                    answer = self._do(order)
                    self._database.execute(
                        "INSERT INTO asked VALUES (?, ?, ?, 1)",
                        (order.key, body, json.dumps(_plain(answer))),
                    )
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
        return answer

    def _do(self, order: Order) -> Answer:
        kind = order.kind
        if kind in (MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.SAVE):
            return self._begin(order)
        if kind is MoneyKind.PAY_OUT:
            if order.means == CLOSED_ACCOUNT:
                return Answer("failed", reason=Reason("account_closed"))
            reference = _reference("po", order.key)
            self._moved(kind, reference, -order.amount.amount, order.amount.currency)
            return Answer("done", reference=reference, amount=order.amount)
        charge = self._database.execute(
            "SELECT held, captured, refunded + taken_back, means, until, refunded FROM charge "
            "WHERE reference = ?",
            (order.reference,),
        ).fetchone()
        if charge is None:
            return Answer("failed", reason=Reason("no_such_charge"))
        return self._change(order, *charge)

    def _begin(self, order: Order) -> Answer:
        reference = _reference("ch", order.key)
        if order.means == DECLINED:
            return Answer("failed", reason=Reason("card_declined", {"means": order.means}))
        if order.means == CHALLENGED and not self._seen(order):
            return Answer(
                "needs customer",
                reference=reference,
                action=f"https://bank.example/{reference}",
                reason=Reason("bank_asks_the_customer"),
            )
        if order.kind is MoneyKind.SAVE:
            return Answer("done", reference=reference)
        until = self.now() + (CARD.hold_lives or timedelta(days=7))
        given = _given(order, order.means)
        held = given.amount if order.kind is MoneyKind.HOLD else 0
        captured = given.amount - held
        self._database.execute(
            "INSERT INTO charge VALUES (?, ?, ?, ?, 0, ?, ?, 0)",
            (reference, order.amount.currency, held, captured, order.means, until.isoformat()),
        )
        if captured:
            self._moved(order.kind, reference, captured, order.amount.currency)
        return Answer("done", reference=reference, amount=given, holds_until=until)

    def _seen(self, order: Order) -> bool:
        """Whether the customer was already asked for this transaction, or this checkout."""
        about = order.transaction_id or order.checkout_id
        asked = f"challenge:{about}:{order.payer}"
        known = self._database.execute("SELECT 1 FROM asked WHERE key = ?", (asked,)).fetchone()
        if known is None:
            self._database.execute("INSERT INTO asked VALUES (?, '', 'null', 1)", (asked,))
        return known is not None

    def _change(
        self,
        order: Order,
        held: int,
        captured: int,
        given_back: int,
        means: str,
        until: str,
        refunded: int,
    ) -> Answer:
        amount, kind, given = order.amount.amount, order.kind, order.amount
        dead = held > 0 and self.now() >= datetime.fromisoformat(until)
        if kind in (MoneyKind.CAPTURE, MoneyKind.RAISE) and dead:
            return Answer("failed", reason=Reason("hold_expired", {"until": until}))
        if kind is MoneyKind.CAPTURE:
            if means == DIES_EARLY or amount > held:
                return Answer("failed", reason=Reason("capture_refused", {"held": held}))
            held, captured = 0, captured + amount
        elif kind is MoneyKind.RAISE:
            given = _given(order, means)
            held += given.amount
        elif kind is MoneyKind.VOID:
            held = 0
        elif kind is MoneyKind.REFUND:
            if means == NOT_BACK:
                return Answer("failed", reason=Reason("refund_refused"))
            if amount > captured - given_back:
                return Answer("failed", reason=Reason("refund_above_captured"))
            refunded += amount
        self._database.execute(
            "UPDATE charge SET held = ?, captured = ?, refunded = ? WHERE reference = ?",
            (held, captured, refunded, order.reference),
        )
        if kind is MoneyKind.CAPTURE:
            self._moved(kind, str(order.reference), amount, order.amount.currency)
        elif kind is MoneyKind.REFUND:
            self._moved(kind, str(order.reference), -amount, order.amount.currency)
        return Answer("done", reference=order.reference, amount=given)

    def take_back(self, reference: str, amount: int, fee: int = 0) -> None:
        """Be the payer's bank: take of a charge back, and keep a fee for it; nobody is told."""
        self._bank(reference, amount)
        self._moved("chargeback fee", reference, -fee, self._currency(reference))

    def give_back(self, reference: str, amount: int, fee: int = 0) -> None:
        """Be the payer's bank that decided for the marketplace; the fee maybe too."""
        self._bank(reference, -amount)
        self._moved("chargeback fee", reference, fee, self._currency(reference))

    def _bank(self, reference: str, amount: int) -> None:
        with self._lock:
            self._database.execute(
                "UPDATE charge SET taken_back = taken_back + ? WHERE reference = ?",
                (amount, reference),
            )
            self._moved("chargeback", reference, -amount, self._currency(reference))

    def _currency(self, reference: str) -> str:
        found = self._database.execute(
            "SELECT currency FROM charge WHERE reference = ?", (reference,)
        ).fetchone()
        if found is None:
            raise NotFound(f"no charge {reference!r}")
        return str(found[0])

    def _moved(self, kind: str, reference: str, amount: int, currency: str) -> None:
        self._database.execute(
            "INSERT INTO movement (kind, reference, amount, currency) VALUES (?, ?, ?, ?)",
            (str(kind), reference, amount, currency),
        )

    def balance(self, currency: str) -> Money:
        """What lies with the provider: all that came in less all that went out."""
        with self._lock:
            (total,) = self._database.execute(
                "SELECT COALESCE(SUM(amount), 0) FROM movement WHERE currency = ?", (currency,)
            ).fetchone()
        return Money(int(total), currency)

    def movements(self) -> list[tuple[str, str, int, str]]:
        """Kind, reference, amount and currency of everything that moved, in order."""
        with self._lock:
            return self._database.execute(
                "SELECT kind, reference, amount, currency FROM movement ORDER BY number"
            ).fetchall()

    def charges(self) -> list[dict[str, Any]]:
        """Every hold and charge as it stands; a hold that died holds nothing."""
        with self._lock:
            rows = self._database.execute(
                "SELECT reference, currency, CASE WHEN until > ? THEN held ELSE 0 END, captured, "
                "refunded FROM charge",
                (self.now().isoformat(),),
            ).fetchall()
        names = ("reference", "currency", "held", "captured", "refunded")
        return [dict(zip(names, row, strict=True)) for row in rows]


def _given(order: Order, means: str | None) -> Money:
    """How much of what is asked it sets aside or takes: all, but for a means that gives half."""
    asked = order.amount
    return Money(asked.amount // 2, asked.currency) if means == IN_PART else asked


def unavailable(times: int) -> Callable[[Order], None]:
    """For ``before``: no answer so many times, then all is well."""
    left = [times]

    def lose(order: Order) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise PaymentProviderUnavailable(f"no answer to {order.kind.value}")

    return lose


def _reference(prefix: str, key: str) -> str:
    return f"{prefix}_{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def _plain(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": answer.outcome,
        "reference": answer.reference,
        "amount": None if answer.amount is None else [answer.amount.amount, answer.amount.currency],
        "reason": None
        if answer.reason is None
        else [answer.reason.code, dict(answer.reason.params)],
        "until": None if answer.holds_until is None else answer.holds_until.isoformat(),
        "action": answer.action,
    }


def _answer(data: dict[str, Any]) -> Answer:
    return Answer(
        outcome=data["outcome"],
        reference=data["reference"],
        amount=Money(*data["amount"]) if data["amount"] else None,
        reason=Reason(*data["reason"]) if data["reason"] else None,
        holds_until=datetime.fromisoformat(data["until"]) if data["until"] else None,
        action=data["action"],
    )
