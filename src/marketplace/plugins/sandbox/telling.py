"""What happens at the sandbox by itself, how it tells of it, and what it says when asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from marketplace import (
    ChargebackStands,
    Conflict,
    Finding,
    Money,
    Movement,
    NotFound,
    Notice,
    OrderAnswered,
    PaymentStands,
    PayoutAccountStands,
    PayoutStands,
    RefundReturned,
    SetupError,
    Untrusted,
)
from marketplace.plugins.sandbox.answers import answer_from, reference
from marketplace.plugins.sandbox.means import CARD
from marketplace.plugins.sandbox.memory import Memory, body_of
from marketplace.plugins.sandbox.signing import check, signed

_CHARGE = "SELECT currency, held, captured, refunded, until FROM charge WHERE reference = ?"


class Telling:
    """The side of the sandbox from which it speaks first."""

    now: Callable[[], datetime]
    secrets: tuple[str, ...]
    live: bool
    fee_bp: int
    on_read: Callable[[Notice], None] | None
    _kept: Memory

    # -- what happens ----------------------------------------------------------------------

    def asking(self) -> list[str]:
        """References under which the bank waits for its customer's yes."""
        text = "SELECT reference FROM challenge WHERE state = 'open' ORDER BY rowid"
        return [name for (name,) in self._kept.read(text)]

    def confirm(self, challenged: str) -> None:
        """Be the customer who says yes at its bank to what was asked under this reference."""
        with self._kept.turn() as kept:
            text = "SELECT key, kind, amount, currency, state FROM challenge WHERE reference = ?"
            found = kept.row(text, challenged)
            if found is None:
                raise NotFound(f"the bank asks nobody about {challenged!r}")
            key, kind, amount, currency, state = found
            if state != "open":
                raise Conflict(f"{challenged} is {state} already")
            until = self._hold_until()
            held = amount if kind == "hold" else 0
            values = (challenged, currency, held, amount - held, 0, None, until.isoformat(), 0, 0)
            kept.add("charge", *values)
            kept.rows("UPDATE challenge SET state = 'confirmed' WHERE reference = ?", challenged)
            kept.add("asked_about", challenged, key)
            if amount - held:
                kept.moved(kind, challenged, amount, currency, self._fee(amount))
            kept.tell("customer.confirmed", challenged)

    def _hold_until(self) -> datetime:
        return self.now() + (CARD.hold_lives or timedelta(days=7))

    def _fee(self, amount: int) -> int:
        return amount * self.fee_bp // 10_000

    def let_die(self, charge: str) -> None:
        """Be the payer's bank that gives a hold up before its time."""
        with self._kept.turn() as kept:
            self._currency(charge)
            text = "UPDATE charge SET until = ? WHERE reference = ?"
            kept.rows(text, self.now().isoformat(), charge)

    def return_refund(self, refund: str, reason: str = "account closed") -> None:
        """Be the payer's bank that sends a paid refund back, maybe weeks later."""
        with self._kept.turn() as kept:
            text = "SELECT charge, amount, returned FROM refund WHERE reference = ?"
            found = kept.row(text, refund)
            if found is None or found[2] is not None:
                raise NotFound(f"no refund {refund!r} that could come back")
            charge, amount, _ = found
            currency = self._currency(charge)
            kept.rows("UPDATE refund SET returned = ? WHERE reference = ?", reason, refund)
            back = "UPDATE charge SET refunded = refunded - ? WHERE reference = ?"
            kept.rows(back, amount, charge)
            kept.moved("refund returned", refund, amount, currency)
            kept.tell("refund.returned", refund)

    def return_payout(self, payout: str, reason: str = "account closed") -> None:
        """Be the seller's bank that sends a paid payout back, maybe days later."""
        with self._kept.turn() as kept:
            text = "SELECT amount - taken_back, currency, returned FROM payout WHERE reference = ?"
            found = kept.row(text, payout)
            if found is None or found[2] is not None:
                raise NotFound(f"no payout {payout!r} that could come back")
            kept.rows("UPDATE payout SET returned = ? WHERE reference = ?", reason, payout)
            kept.moved("payout returned", payout, found[0], found[1])
            kept.tell("payout.returned", payout)

    def take_back(self, charge: str, amount: int, fee: int = 0, cause: str = "fraudulent") -> str:
        """Be the payer's bank: take of a charge back, and keep a fee for it; gives its name."""
        with self._kept.turn() as kept:
            currency = self._currency(charge)
            (count,) = kept.row("SELECT COUNT(*) FROM chargeback WHERE charge = ?", charge)
            name = reference("cb", f"{charge}:{count}")
            kept.add("chargeback", name, charge, amount, fee, 0, currency, "open", cause)
            self._bank(charge, amount)
            kept.moved("chargeback", name, -amount, currency, fee)
            kept.tell("chargeback.opened", name)
        return name

    def give_back(self, charge: str, amount: int, fee: int = 0) -> None:
        """Be the payer's bank that decided for the marketplace; the fee maybe too."""
        with self._kept.turn() as kept:
            text = "SELECT reference FROM chargeback WHERE charge = ? AND amount = ?"
            found = kept.row(f"{text} AND state <> 'won' ORDER BY rowid DESC", charge, amount)
            if found is None:
                raise NotFound(f"no bank took {amount} of {charge!r} and has it still")
            won = "UPDATE chargeback SET state = 'won', fee_returned = ? WHERE reference = ?"
            kept.rows(won, fee, found[0])
            self._bank(charge, -amount)
            kept.moved("chargeback", found[0], amount, self._currency(charge), -fee)
            kept.tell("chargeback.won", found[0])

    def keep(self, chargeback: str) -> None:
        """Be the payer's bank that decided for the payer: it keeps what it took."""
        with self._kept.turn() as kept:
            text = "SELECT 1 FROM chargeback WHERE reference = ? AND state = 'open'"
            if kept.row(text, chargeback) is None:
                raise NotFound(f"no chargeback {chargeback!r} is open")
            kept.rows("UPDATE chargeback SET state = 'lost' WHERE reference = ?", chargeback)
            kept.tell("chargeback.lost", chargeback)

    def let_be_paid(self, account: str, *, payable: bool, reason: str = "") -> None:
        """Say whether a party's account may be paid."""
        with self._kept.turn() as kept:
            kept.rows("DELETE FROM account WHERE reference = ?", account)
            kept.add("account", account, int(payable), reason)
            kept.tell("account.changed", account, account)

    def _bank(self, charge: str, amount: int) -> None:
        text = "UPDATE charge SET taken_back = taken_back + ? WHERE reference = ?"
        self._kept.rows(text, amount, charge)

    def _currency(self, charge: str) -> str:
        found = self._kept.row("SELECT currency FROM charge WHERE reference = ?", charge)
        if found is None:
            raise NotFound(f"no charge {charge!r}")
        return str(found[0])

    # -- telling ---------------------------------------------------------------------------

    def notices(self, *, again: bool = False) -> list[tuple[bytes, dict[str, str]]]:
        """Body and headers of what was not told yet, to be delivered; ``again``: of everything."""
        with self._kept.turn() as kept:
            dead = kept.rows(
                "SELECT reference FROM charge WHERE held > 0 AND until <= ? AND reference NOT IN "
                "(SELECT about FROM told WHERE kind = 'hold.died')",
                self.now().isoformat(),
            )
            for (name,) in dead:
                kept.tell("hold.died", name)
        bodies = [body_of(one, live=self.live) for one in self._kept.to_tell(again=again)]
        return [(body, self.signed(body)) for body in bodies]

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers for a body that is sent now."""
        if not self.secrets:
            raise SetupError("the sandbox tells nothing that it cannot sign; give it secrets=(…,)")
        return signed(body, self.now(), self.secrets)

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """The notice, if the sandbox signed it with one of its secrets within five minutes."""
        check(body, headers, now, self.secrets)
        try:
            told: Any = json.loads(body)
            return Notice(
                id=told["id"],
                kind=told["kind"],
                at=datetime.fromisoformat(told["at"]),
                about=told["about"],
                account=told["account"],
                live=told["live"],
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Untrusted("this is no notice of the sandbox") from None

    # -- what it says when asked -----------------------------------------------------------

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """How what a notice is about stands now."""
        if self.on_read is not None:
            self.on_read(notice)
        name = notice.about
        readers = (self._charge, self._refund, self._payout, self._chargeback, self._account)
        with self._kept.turn():
            return [found for reader in readers for found in reader(name)]

    def _charge(self, name: str) -> Sequence[Finding]:
        answers = self._kept.rows(
            "SELECT asked.key, asked.answer FROM asked JOIN asked_about USING (key) "
            "WHERE reference = ? ORDER BY asked_about.rowid",
            name,
        )
        found: list[Finding] = []
        for key, text in answers:
            answer = answer_from(json.loads(text))
            if answer.outcome == "needs customer":
                # The bank has the customer's word since: that is what holds.
                answer = evolve(answer, outcome="done", reason=None, action=None)
                answer = evolve(answer, holds_until=self._until(name))
            found.append(OrderAnswered(answer, key))
        row = self._kept.row(_CHARGE, name)
        if row is None:
            return found
        currency, held, captured, refunded, until = row
        dead = held > 0 and datetime.fromisoformat(until) <= self.now()
        stands = PaymentStands(
            reference=name,
            held=Money(0 if dead else held, currency),
            captured=Money(captured, currency),
            refunded=Money(refunded, currency),
            holds_until=datetime.fromisoformat(until),
            dead=dead,
        )
        return [*found, stands]

    def _until(self, name: str) -> datetime | None:
        row = self._kept.row(_CHARGE, name)
        return None if row is None else datetime.fromisoformat(row[4])

    def _refund(self, name: str) -> Sequence[Finding]:
        row = self._kept.row("SELECT returned FROM refund WHERE reference = ?", name)
        return [] if row is None or row[0] is None else [RefundReturned(name, row[0])]

    def _payout(self, name: str) -> Sequence[Finding]:
        text = "SELECT returned, taken_back, currency FROM payout WHERE reference = ?"
        row = self._kept.row(text, name)
        if row is None:
            return []
        returned, back = row[0], Money(row[1], row[2])
        if returned is None:
            return [PayoutStands(name, "arrived", taken_back=back)]
        return [PayoutStands(name, "returned", returned, back)]

    def _chargeback(self, name: str) -> Sequence[Finding]:
        text = "SELECT charge, state, amount, currency, cause, fee, fee_returned FROM chargeback"
        row = self._kept.row(f"{text} WHERE reference = ?", name)
        if row is None:
            return []
        charge, state, amount, currency, cause, fee, returned = row
        return [
            ChargebackStands(
                charge=charge,
                reference=name,
                state=state,
                amount=Money(amount, currency),
                cause=cause,
                fee=Money(fee, currency) if fee else None,
                fee_returned=Money(returned, currency) if returned else None,
            )
        ]

    def _account(self, name: str) -> Sequence[Finding]:
        row = self._kept.row("SELECT payable, reason FROM account WHERE reference = ?", name)
        return [] if row is None else [PayoutAccountStands(name, bool(row[0]), row[1])]

    # -- its books -------------------------------------------------------------------------

    def movements(self, after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        """Everything that moved, in order, after the movement with this id."""
        return self._kept.movements(after, limit)

    def balance(self, currency: str) -> Money:
        """What lies with the provider: all that came in less all that went out, and its fees."""
        return self._kept.balance(currency)
