"""The sandbox itself: it does what it is asked, once per key, like a card network."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from attrs import define, evolve, field

from marketplace import (
    Answer,
    Bring,
    IdempotencyMismatch,
    Money,
    MoneyKind,
    Notice,
    Order,
    PaymentMethod,
    Reason,
    SystemClock,
    hookimpl,
)
from marketplace.plugins.sandbox.answers import answer_from, plain, reference
from marketplace.plugins.sandbox.means import (
    CARD,
    CHALLENGED,
    CLOSED_ACCOUNT,
    DECLINED,
    DIES_EARLY,
    EMPTY_ACCOUNT,
    NOT_BACK,
    given,
)
from marketplace.plugins.sandbox.memory import Memory
from marketplace.plugins.sandbox.telling import Telling
from marketplace.plugins.sandbox.words import WORDS


@define(eq=False)
class Sandbox(Telling):
    """The plugin, and the provider itself.

    ``memory`` is a file's path, or ``:memory:``. ``before`` and ``after`` are called with
    each order before it is carried out and before its answer is given back, ``on_read`` with each
    notice before it is read back: a test raises ``PaymentProviderUnavailable`` there to lose a
    question or an answer. ``secrets`` sign what it tells: two while one is being changed; without
    any it tells nothing, and trusts nothing. ``fee_bp``, in basis points, is kept of all that comes
    in, and told by the movement alone. ``chatty`` tells of everything that it was asked, too.
    ``takes_back`` says whether it has back what it paid out.
    """

    memory: str | Path = ":memory:"
    now: Callable[[], datetime] = SystemClock().now
    before: Callable[[Order], None] | None = None
    after: Callable[[Order, Answer], None] | None = None
    name: str = "sandbox"
    methods: tuple[PaymentMethod, ...] = (CARD,)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    live: bool = False
    fee_bp: int = 0
    chatty: bool = False
    takes_back: bool = True
    on_read: Callable[[Notice], None] | None = None
    _kept: Memory = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # The clock may be given later, and is asked for anew each time.
        self._kept = Memory(self.memory, lambda: self.now())

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
        found = self._kept.read("SELECT answer FROM asked WHERE key = ?", order.key)
        return answer_from(json.loads(found[0][0])) if found else None

    def charges(self) -> list[dict[str, Any]]:
        """Every hold and charge as it stands; a hold that died holds nothing."""
        rows = self._kept.read(
            "SELECT reference, currency, CASE WHEN until > ? THEN held ELSE 0 END, captured, "
            "refunded FROM charge",
            self.now().isoformat(),
        )
        names = ("reference", "currency", "held", "captured", "refunded")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _once(self, order: Order) -> Answer:
        payee = None if order.payee is None else [order.payee.account, order.payee.amount]
        money = order.amount
        asked = [order.kind, money.amount, money.currency, order.reference, payee]
        body = msgspec.json.encode(asked).decode()
        with self._kept.turn() as kept:
            found = kept.row("SELECT body, answer FROM asked WHERE key = ?", order.key)
            if found is not None:
                if json.loads(found[0]) != json.loads(body):
                    raise IdempotencyMismatch(f"key {order.key!r} came with another order")
                kept.rows("UPDATE asked SET calls = calls + 1 WHERE key = ?", order.key)
                return answer_from(json.loads(found[1]))
            answer = self._do(order)
            kept.add("asked", order.key, body, msgspec.json.encode(plain(answer)).decode(), 1)
            self._note(order, answer)
        return answer

    def _note(self, order: Order, answer: Answer) -> None:
        """Keep what an order is about, to tell its answer when somebody asks how that stands."""
        begins = order.kind in (MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.SAVE)
        about = answer.reference if begins else order.reference
        if about is None or answer.outcome == "needs customer" or order.kind is MoneyKind.PAY_OUT:
            return
        self._kept.add("asked_about", about, order.key)
        if self.chatty:
            self._kept.tell(f"order.{order.kind.value}", about)

    def _do(self, order: Order) -> Answer:
        kind = order.kind
        if kind in (MoneyKind.HOLD, MoneyKind.CHARGE, MoneyKind.SAVE):
            return self._begin(order)
        if kind is MoneyKind.PAY_OUT:
            if order.means == CLOSED_ACCOUNT:
                return Answer("failed", reason=Reason("account_closed"))
            name, money = reference("po", order.key), order.amount
            self._kept.add("payout", name, money.amount, money.currency, None, 0)
            self._kept.moved(kind, name, -money.amount, money.currency)
            return Answer("done", reference=name, amount=money)
        if kind is MoneyKind.TAKE_BACK:
            return self._take_back(order)
        charge = self._kept.row(
            "SELECT held, captured, refunded + taken_back, means, until, refunded FROM charge "
            "WHERE reference = ?",
            order.reference,
        )
        if charge is None:
            return self._called_off(order) or Answer("failed", reason=Reason("no_such_charge"))
        return self._change(order, *charge)

    def _take_back(self, order: Order) -> Answer:
        """Of a payout, from the account that it went to, unless its owner moved it on."""
        money, payout = order.amount, order.reference
        text = "SELECT amount - taken_back, returned FROM payout WHERE reference = ?"
        found = self._kept.row(text, payout)
        if found is None:
            return Answer("failed", reason=Reason("no_such_payout"))
        left, returned = found
        if returned is not None or money.amount > left:
            return Answer("failed", reason=Reason("take_back_above_payout"))
        if order.means == EMPTY_ACCOUNT:
            return Answer("failed", reason=Reason("payout_account_short"))
        more = "UPDATE payout SET taken_back = taken_back + ? WHERE reference = ?"
        self._kept.rows(more, money.amount, payout)
        self._kept.moved(order.kind, str(payout), money.amount, money.currency)
        return Answer("done", reference=reference("tb", order.key), amount=money)

    def _begin(self, order: Order) -> Answer:
        name = reference("ch", order.key)
        if order.means == DECLINED:
            return Answer("failed", reason=Reason("card_declined", {"means": order.means}))
        if order.means == CHALLENGED:
            answer = self._challenged(order, name)
            if answer is not None:
                return answer
        if order.kind is MoneyKind.SAVE:
            return Answer("done", reference=name)
        until, money = self._hold_until(), given(order, order.means)
        held = money.amount if order.kind is MoneyKind.HOLD else 0
        captured = money.amount - held
        values = (name, money.currency, held, captured, 0, order.means, until.isoformat(), 0, 0)
        self._kept.add("charge", *values)
        done = Answer("done", reference=name, amount=money, holds_until=until)
        if not captured:
            return done
        self._kept.moved(order.kind, name, captured, money.currency, self._fee(captured))
        return self._pass_on(order, name, done)

    def _pass_on(self, order: Order, charge: str, done: Answer) -> Answer:
        """Give the payee its part at once, where one is named."""
        if order.payee is None or not order.payee.amount:
            return done
        amount, currency = order.payee.amount, order.amount.currency
        self._kept.rows(
            "UPDATE charge SET passed_on = passed_on + ? WHERE reference = ?", amount, charge
        )
        self._kept.moved("passed on", charge, -amount, currency)
        return evolve(done, passed_on=Money(amount, currency))

    def _challenged(self, order: Order, name: str) -> Answer | None:
        """The question to the customer, or what it said to its bank; None if it said it here."""
        about = f"{order.transaction_id or order.checkout_id}:{order.payer}"
        kept, money = self._kept, order.amount
        text = "SELECT reference, state, kind, amount, currency FROM challenge WHERE about = ?"
        asked = kept.rows(f"{text} ORDER BY rowid", about)
        if not asked:
            values = (about, order.key, order.kind.value, money.amount, money.currency, "open")
            kept.add("challenge", name, *values)
            return Answer(
                "needs customer",
                reference=name,
                action=f"https://bank.example/{name}",
                reason=Reason("bank_asks_the_customer"),
            )
        first, state, *same = asked[0]
        over = "UPDATE challenge SET state = 'over' WHERE reference = ?"
        kept.rows(over, first)
        if state != "confirmed" or same != [order.kind.value, money.amount, money.currency]:
            return None
        return Answer("done", reference=first, amount=money, holds_until=self._until(first))

    def _called_off(self, order: Order) -> Answer | None:
        """Ask the customer no more; None if the bank never asked under this name."""
        (waiting,) = self._kept.row(
            "SELECT count(*) FROM challenge WHERE reference = ? AND state = 'open'",
            order.reference,
        )
        if order.kind is not MoneyKind.VOID or not waiting:
            return None
        # Whoever asks again for the same deal is asked by the bank anew.
        self._kept.rows(
            "UPDATE challenge SET state = 'called off', about = 'called off' WHERE reference = ?",
            order.reference,
        )
        return Answer("done", reference=order.reference, amount=order.amount)

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
        amount, kind, money = order.amount.amount, order.kind, order.amount
        about, currency = str(order.reference), order.amount.currency
        dead = held > 0 and self.now() >= datetime.fromisoformat(until)
        if kind in (MoneyKind.CAPTURE, MoneyKind.RAISE) and dead:
            return Answer("failed", reason=Reason("hold_expired", {"until": until}))
        if kind is MoneyKind.CAPTURE:
            if means == DIES_EARLY or amount > held:
                return Answer("failed", reason=Reason("capture_refused", {"held": held}))
            held, captured = 0, captured + amount
            self._kept.moved(kind, about, amount, currency, self._fee(amount))
        elif kind is MoneyKind.RAISE:
            money = given(order, means)
            held += money.amount
        elif kind is MoneyKind.VOID:
            if captured and not held:
                return Answer("failed", reason=Reason("already_taken"))
            held = 0
        elif kind is MoneyKind.REFUND:
            if means == NOT_BACK:
                return Answer("failed", reason=Reason("refund_refused"))
            if amount > captured - given_back:
                return Answer("failed", reason=Reason("refund_above_captured"))
            refunded += amount
        self._kept.rows(
            "UPDATE charge SET held = ?, captured = ?, refunded = ? WHERE reference = ?",
            held,
            captured,
            refunded,
            about,
        )
        done = Answer("done", reference=about, amount=money)
        if kind is MoneyKind.CAPTURE:
            return self._pass_on(order, about, done)
        if kind is MoneyKind.REFUND:
            return self._refund_of(order, done, captured, refunded)
        return done

    def _refund_of(self, order: Order, done: Answer, captured: int, refunded: int) -> Answer:
        """A refund has a name of its own, by which it may come back.

        Of what was passed on it takes back the share that is refunded by now, so that the whole
        is back when all is refunded, in however many parts.
        """
        name, charge, money = reference("re", order.key), str(order.reference), order.amount
        self._kept.add("refund", name, charge, money.amount, None)
        self._kept.moved(order.kind, name, -money.amount, money.currency)
        done = evolve(done, reference=name)
        (passed,) = self._kept.row("SELECT passed_on FROM charge WHERE reference = ?", charge)
        before = refunded - money.amount
        back = passed * refunded // captured - passed * before // captured
        if not back:
            return done
        self._kept.moved("taken back", name, back, money.currency)
        return evolve(done, passed_on=Money(-back, money.currency))
