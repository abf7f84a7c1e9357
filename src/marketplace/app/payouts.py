"""Payouts: earnings on their way to a bank or into a hand, and back when a bank returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from marketplace.app.books import Posting, lock_parties, net_debts, post
from marketplace.app.cashing_out import CashingOut
from marketplace.app.context import Context
from marketplace.app.crediting import credited
from marketplace.app.door import Act, By, Door
from marketplace.app.dues import after_posting
from marketplace.app.onboarding import BY_HAND
from marketplace.app.payable import PAYOUTS, Owed, Payable, check_terms, owed_to, payable
from marketplace.app.reading import Page, Reader
from marketplace.app.sending import CASH_OUT, pay_out
from marketplace.app.taking_back import TakingBack
from marketplace.app.texts import checked_money
from marketplace.domain.books import Timer
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.money import Money
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PAYMENT_PROVIDER, Party
from marketplace.domain.payment import Answer, Payout, PayoutState, PayoutTerms
from marketplace.domain.ports import Work
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import (
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Refused,
)


def make_payouts(act: Act, transaction: Transaction, seats: Sequence[Seat]) -> None:
    """Pay out at once what everybody earned who sits in a deal to earn something."""
    earners = {one.party_id for one in seats if one.role not in (CUSTOMER.name, OPERATOR.name)}
    for party_id in (one.party_id for one in seats if one.party_id in earners):
        account = Account(party_id, Purpose.PAYABLE, transaction.currency)
        if act.work.ledger.balance(account).available > 0:
            lock_parties(act, [party_id], transaction.currency)
            _pay_what_is_due(act, party_id, transaction.currency)


def _pay_what_is_due(act: Act, party_id: str, currency: str) -> Payout | None:
    """A payout of all that may go out; None where that is too little, or waits for something.

    Its earnings are locked already.
    """
    now = payable(act.work, act.context, party_id, currency, act.at)
    if now.due:
        return _pay_out(act, party_id, currency, now, now.free, 0)
    if now.waits and now.free >= now.least:
        told = {"amount": str(Money(now.free, currency)), "reasons": now.waits}
        act.emit("party.payout_waits", party_id, told, [party_id])
    return None


def make_payout(
    act: Act, party_id: str, currency: str, amount: int | None = None, *, at_once: bool = False
) -> Payout:
    """Set earnings aside for a payout: in the books now, outside after the commit.

    ``at_once`` asks outside the schedule, for the plan's fee. Raises ``Refused`` when there
    is less than asked for, or less than the least, or when payouts wait for something.
    """
    plan = act.context.payouts
    lock_parties(act, [party_id], currency)
    now = payable(act.work, act.context, party_id, currency, act.at)
    now.refuse_waiting()
    wanted = now.free if amount is None else amount
    # Rounded up: else many small payouts would cost nothing at all.
    fee = -(-wanted * plan.at_once_fee_bp // 10_000) if at_once else 0
    if wanted > now.free or wanted < now.least or wanted <= fee:
        raise Refused(
            f"{Money(wanted, currency)} cannot be paid out: {Money(now.free, currency)} is "
            f"there, the least is {Money(now.least, currency)}",
            code="payout_too_small" if wanted <= now.free else "payout_too_large",
            params={
                "asked": wanted,
                "available": now.free,
                "minimum": now.least,
                "reserve": now.reserved,
            },
            reasons=tuple(now.told),
        )
    return _pay_out(act, party_id, currency, now, wanted, fee)


def _pay_out(act: Act, party_id: str, currency: str, now: Payable, wanted: int, fee: int) -> Payout:
    bp = act.context.payouts.at_once_fee_bp
    cost = Reason("payout_fee", {"fee": fee, "currency": currency, "bp": bp})
    told = (*([cost] if fee else []), *now.told)
    amount = Money(wanted, currency)
    return pay_out(act, party_id, amount, now.account, source="earnings", fee=fee, told=told)


def _earning(act: Act, party: str | None) -> list[Account]:
    """The earnings that a run looks at, which nobody changes from here on: of one party, or of
    all who have no schedule of their own."""
    found = [
        balance.account
        for balance in act.work.ledger.balances(owner=party, purpose=Purpose.PAYABLE)
        if balance.available > 0
    ]
    if party is None:
        own = _with_a_schedule(act.work, [one.owner for one in found])
        found = [one for one in found if one.owner not in own]
    for currency in sorted({account.currency for account in found}):
        owners = [account.owner for account in found if account.currency == currency]
        lock_parties(act, owners, currency)
    return found


def _with_a_schedule(work: Work, owners: Sequence[str]) -> set[str]:
    ids = sorted(set(owners))
    terms = work.select(PayoutTerms, {"party_id": ids}, order="party_id", limit=len(ids) or 1)
    return {one.party_id for one in terms if one.every is not None}


def finish_payout(act: Act, payout: Payout, answer: Answer) -> Payout:
    """Write what became of a payout: paid, or back to the provider's earnings."""
    accounts = (
        Account(payout.party_id, Purpose.IN_TRANSIT, payout.currency),
        Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, payout.currency),
    )
    if answer.outcome == "done":
        transfer = Transfer(*accounts, payout.amount)
        told = _known_as(payout, answer.reference)
        post(act, "payout paid", f"payout paid:{payout.id}", payout.id, [transfer], details=told)
        state: PayoutState = "paid"
    else:
        _give_back(act, payout, payout.amount, accounts[0], "payout failed")
        state = "failed"
    saved = act.work.save(
        evolve(
            payout,
            state=state,
            reference=answer.reference,
            ended_at=act.at,
            reasons=(*payout.reasons, *([answer.reason] if answer.reason else [])),
        )
    )
    act.emit(f"payout.{state}", payout.id, {"amount": str(payout.money)}, [payout.party_id])
    return saved


def return_payout(act: Act, payout: Payout, reason: str) -> Payout:
    """Write that the bank sent a paid payout back, or what of it was not taken back before.

    Raises ``Conflict`` (code ``not_yet``) while some of it is asked back: it may be that.
    """
    if payout.taking_back:
        raise Conflict(
            f"{payout.id} is just being taken back; tell it again once that is answered",
            code="not_yet",
            params={"payout": payout.id},
        )
    source = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, payout.currency)
    _give_back(act, payout, payout.left, source, "payout returned")
    told = Reason("payout_returned", {"reason": reason})
    saved = act.work.save(evolve(payout, state="returned", reasons=(*payout.reasons, told)))
    act.emit("payout.returned", payout.id, {"reason": reason}, [payout.party_id])
    return saved


def _give_back(act: Act, payout: Payout, amount: int, source: Account, kind: str) -> None:
    """Earnings, or credit, come back; debts made meanwhile are paid first."""
    if payout.source == "wallet":
        kind = kind.replace("payout", CASH_OUT)
        posting = credited(act, payout.party_id, Money(amount, payout.currency), source)
    else:
        posting = Posting()
        earnings = Account(payout.party_id, Purpose.PAYABLE, payout.currency)
        posting.move(source, earnings, amount)
        net_debts(act, posting, [payout.party_id], payout.currency)
    key, told = f"{kind}:{payout.id}", _known_as(payout, payout.reference)
    after_posting(act, post(act, kind, key, payout.id, posting.transfers, details=told))


def _known_as(payout: Payout, reference: str | None) -> dict[str, object]:
    """By what its journals are known again in the payment provider's own books."""
    return {"provider": payout.provider, "reference": reference or ""}


class Payouts(CashingOut, TakingBack):
    """The verbs of payouts."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def make(
        self,
        *,
        by: By,
        party: str,
        currency: str,
        amount: Money | None = None,
        at_once: bool = False,
        key: str | None = None,
    ) -> Payout:
        """Pay a party's earnings out; the party itself asks at once, for a fee, or the operator."""
        exponent(currency)
        if amount is not None:
            checked_money(amount)

        def do(act: Act) -> Payout:
            if act.actor.party_id is not None and act.actor.party_id != party:
                raise NotFound(f"no party {party!r}")
            if act.actor.party_id == party and not at_once:
                raise Forbidden("a party asks for a payout at once; the schedule is the clock's")
            act.about(party)
            if amount is not None and amount.currency != currency:
                raise InvalidInput(
                    f"a payout in {currency} is asked for in {currency}, not as {amount}",
                    code="currency_mismatch",
                )
            minor = None if amount is None else amount.amount
            return make_payout(act, party, currency, minor, at_once=at_once)

        body = {"party": party, "currency": currency, "amount": amount, "at_once": at_once}
        return self._door.run("payouts.make", by, do, body=body, key=key)

    def confirm(self, payout_id: str, *, by: By, reference: str, key: str | None = None) -> Payout:
        """Say that a payout by hand was handed over; for the operator, with a receipt's number."""

        def do(act: Act) -> Payout:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator confirms a payout by hand")
            payout = act.work.get(Payout, payout_id)
            act.about(payout_id, payout)
            if payout.provider != BY_HAND or payout.state != "made":
                raise IllegalTransition(f"a payout by hand is confirmed while made: {payout.state}")
            return finish_payout(act, payout, Answer("done", reference=reference))

        body = {"payout": payout_id, "reference": reference}
        return self._door.run("payouts.confirm", by, do, body=body, key=key)

    def returned(self, payout_id: str, *, by: By, reason: str, key: str | None = None) -> Payout:
        """Say that the bank sent a paid payout back, maybe days later."""

        def do(act: Act) -> Payout:
            if act.actor.role not in (OPERATOR, PAYMENT_PROVIDER):
                raise Forbidden("a returned payout is reported by the payment provider or operator")
            payout = act.work.get(Payout, payout_id)
            act.about(payout_id, payout)
            if payout.state != "paid" or payout.taken_back == payout.amount:
                state = payout.state if payout.state != "paid" else "taken back"
                raise IllegalTransition(f"only a paid payout is returned: {state}")
            return return_payout(act, payout, reason)

        body = {"payout": payout_id, "reason": reason}
        return self._door.run("payouts.returned", by, do, body=body, key=key)

    def due(self) -> Sequence[tuple[str, Money]]:
        """Who would be paid how much if the schedule ran now, everybody's own schedule aside."""
        with self._context.store.begin(write=False) as work:
            at, found = self._context.now(), []
            for balance in work.ledger.balances(purpose=Purpose.PAYABLE):
                owner, currency = balance.account.owner, balance.account.currency
                if balance.available > 0:
                    now = payable(work, self._context, owner, currency, at)
                    found += [(owner, Money(now.free, currency))] if now.due else []
            return found

    def owed(self, *, by: By = OPERATOR, party: str | None = None) -> Sequence[Owed]:
        """Who earned what and was not paid it out yet: what is due now, what waits, and why.

        A party sees its own; the operator all, or a ``party``'s. By party and currency.
        """
        with self._reader.read(by) as view:
            mine = party if view.operator else view.own(party or view.party_id)
            if mine is not None and view.work.find(Party, id=mine) is None:
                raise NotFound(f"no party {party!r}")
            at = self._context.now()
            found = view.work.ledger.balances(mine, Purpose.PAYABLE)
            accounts = [one.account for one in found if one.available > 0]
            accounts.sort(key=lambda one: (one.owner, one.currency))
            return [owed_to(view.work, self._context, one, at) for one in accounts]

    def run(self, *, by: By = CLOCK, party: str | None = None) -> Sequence[Payout]:
        """Pay out everybody's earnings that reach the least, in one unit of work.

        Whose payouts wait for something is left out and told so; who has a schedule of its own
        is paid by that one, or by naming the ``party``.
        """

        def do(act: Act) -> Sequence[Payout]:
            if act.actor.role not in (CLOCK, OPERATOR):
                raise Forbidden("the payout run is the clock's or the operator's")
            paid = [_pay_what_is_due(act, one.owner, one.currency) for one in _earning(act, party)]
            every = act.context.payouts.every
            if party is not None:
                terms = act.work.find(PayoutTerms, party_id=party)
                every = None if terms is None else terms.every
            if every is not None:
                whose = MARKETPLACE if party is None else party
                act.work.timers.arm([Timer(PAYOUTS, whose, "run", act.at + every)])
            return [one for one in paid if one is not None]

        return self._door.run("payouts.run", by, do, body={} if party is None else {"party": party})

    def set_terms(
        self,
        party: str,
        *,
        by: By = OPERATOR,
        every: timedelta | None = None,
        minimums: Mapping[str, int] | None = None,
        reserve_bp: int | None = None,
        reserve_for: timedelta | None = None,
        key: str | None = None,
    ) -> PayoutTerms:
        """Pay a party out otherwise than the plan says for all; what is not named is the plan's.

        A new seller may bear a reserve of 20 % for 30 days, an old one be paid every day. For the
        operator.
        """

        if minimums is not None and not isinstance(minimums, Mapping):
            raise InvalidInput(f"minimums map currencies to minor units, not {minimums!r:.80}")

        def do(act: Act) -> PayoutTerms:
            if act.actor.role != OPERATOR:
                raise Forbidden("payout terms are the operator's to set")
            act.work.get(Party, party)
            act.about(party)
            terms = PayoutTerms(
                party,
                every,
                None if minimums is None else dict(minimums),
                reserve_bp,
                reserve_for,
            )
            check_terms(terms)
            act.work.put(terms)
            act.work.timers.clear(PAYOUTS, [party])
            if every is not None:
                act.work.timers.arm([Timer(PAYOUTS, party, "run", act.at + every)])
            act.emit("party.payout_terms", party, {}, [party])
            return terms

        body = {
            "party": party,
            "every": every,
            "minimums": minimums,
            "reserve_bp": reserve_bp,
            "reserve_for": reserve_for,
        }
        return self._door.run("payouts.set_terms", by, do, body=body, key=key)

    def terms(self, party: str, *, by: By) -> PayoutTerms:
        """How a party is paid out where it differs from the plan; its own, or any for the
        operator."""
        with self._reader.read(by) as view:
            owner = view.own(party)
            if view.work.find(Party, id=owner) is None:
                raise NotFound(f"no party {party!r}")
            return view.work.find(PayoutTerms, party_id=owner) or PayoutTerms(owner)

    def get(self, payout_id: str, *, by: By) -> Payout:
        """A payout of one's own, or any for the operator."""
        with self._reader.read(by) as view:
            payout = view.work.find(Payout, id=payout_id)
            if payout is None or not view.own(payout.party_id):
                raise NotFound(f"no payout {payout_id!r}")
            return payout

    def list(
        self,
        *,
        by: By,
        party: str | None = None,
        state: PayoutState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Payout]:
        """The actor's own payouts; the operator sees all. A filter never widens the scope."""
        with self._reader.read(by) as view:
            where = view.scope("party_id", party, state=state)
            return view.page(Payout, where, after=after, limit=limit)
