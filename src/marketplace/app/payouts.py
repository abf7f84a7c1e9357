"""Payouts: earnings on their way to a bank or into a hand, and back when a bank returns them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from marketplace.app.books import Posting, lock_parties, net_debts, post
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Page, Reader
from marketplace.domain.books import Timer
from marketplace.domain.effect import MoneyKind
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.money import Money
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PAYMENT_PROVIDER
from marketplace.domain.payment import Answer, Intent, Payout, PayoutState
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, Refused

BY_HAND = "by hand"
"""The payout provider's name when a person hands the money over and says so."""


def make_payouts(act: Act, transaction: Transaction, seats: Sequence[Seat]) -> None:
    """Pay out at once what everybody earned who sits in a deal to earn something."""
    for seat in seats:
        account = Account(seat.party_id, Purpose.PAYABLE, transaction.currency)
        if seat.role not in (CUSTOMER.name, OPERATOR.name) and (
            act.work.ledger.balance(account).available > 0
        ):
            make_payout(act, seat.party_id, transaction.currency)


def make_payout(
    act: Act, party_id: str, currency: str, amount: int | None = None, *, at_once: bool = False
) -> Payout:
    """Set earnings aside for a payout: in the books now, outside after the commit.

    ``at_once`` asks outside the schedule, for the plan's fee. Raises ``Refused`` when there
    is less than asked for, or less than the plan's minimum.
    """
    context, plan = act.context, act.context.payouts
    payable = Account(party_id, Purpose.PAYABLE, currency)
    lock_parties(act, [party_id], currency)
    available = act.work.ledger.balance(payable).available
    wanted = available if amount is None else amount
    # Rounded up: else many small payouts would cost nothing at all.
    fee = -(-wanted * plan.at_once_fee_bp // 10_000) if at_once else 0
    if wanted > available or wanted < max(plan.minimum, 1) or wanted <= fee:
        raise Refused(
            f"{Money(wanted, currency)} cannot be paid out: {Money(available, currency)} is "
            f"there, the least is {Money(max(plan.minimum, 1), currency)}",
            code="payout_too_small" if wanted <= available else "payout_too_large",
            params={"asked": wanted, "available": available, "minimum": plan.minimum},
        )
    provider = plan.provider or BY_HAND
    payout = Payout(
        id=context.ids.new("payout"),
        party_id=party_id,
        amount=wanted - fee,
        currency=currency,
        provider=provider,
        state="made",
        created_at=act.at,
        reasons=(Reason("payout_fee", {"fee": fee, "bp": plan.at_once_fee_bp}),) if fee else (),
    )
    act.work.add(payout)
    posting = Posting()
    posting.move(payable, Account(party_id, Purpose.IN_TRANSIT, currency), payout.amount)
    posting.move(payable, Account(MARKETPLACE, Purpose.REVENUE, currency), fee)
    post(act, "payout", f"payout:{payout.id}", payout.id, posting.transfers)
    if provider != BY_HAND:
        intent = Intent(
            id=context.ids.new("intent"),
            kind=MoneyKind.PAY_OUT,
            provider=provider,
            amount=payout.amount,
            currency=currency,
            created_at=act.at,
            due_at=act.at,
            payout_id=payout.id,
        )
        act.ask(payout.id, intent, intent.order(party_id))
    act.emit("payout.made", payout.id, {"amount": str(payout.money)}, [party_id])
    return payout


def _reaching(act: Act) -> list[Account]:
    """The earnings that reach the minimum, and that nobody changes from here on."""
    least, ledger = max(act.context.payouts.minimum, 1), act.work.ledger
    found = [
        balance.account
        for balance in ledger.balances(purpose=Purpose.PAYABLE)
        if balance.available >= least
    ]
    for currency in sorted({account.currency for account in found}):
        owners = [account.owner for account in found if account.currency == currency]
        lock_parties(act, owners, currency)
    return [account for account in found if ledger.balance(account).available >= least]


def finish_payout(act: Act, payout: Payout, answer: Answer) -> Payout:
    """Write what became of a payout: paid, or back to the provider's earnings."""
    accounts = (
        Account(payout.party_id, Purpose.IN_TRANSIT, payout.currency),
        Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, payout.currency),
    )
    if answer.outcome == "done":
        transfer = Transfer(*accounts, payout.amount)
        post(act, "payout paid", f"payout paid:{payout.id}", payout.id, [transfer])
        state: PayoutState = "paid"
    else:
        _give_back(act, payout, accounts[0], "payout failed")
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


def _give_back(act: Act, payout: Payout, source: Account, kind: str) -> None:
    """Earnings come back; debts made meanwhile are paid first."""
    posting = Posting()
    payable = Account(payout.party_id, Purpose.PAYABLE, payout.currency)
    posting.move(source, payable, payout.amount)
    net_debts(act, posting, [payout.party_id], payout.currency)
    post(act, kind, f"{kind}:{payout.id}", payout.id, posting.transfers)


class Payouts:
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
            if payout.state != "paid":
                raise IllegalTransition(f"only a paid payout is returned: {payout.state}")
            source = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, payout.currency)
            _give_back(act, payout, source, "payout returned")
            saved = act.work.save(
                evolve(
                    payout,
                    state="returned",
                    reasons=(*payout.reasons, Reason("payout_returned", {"reason": reason})),
                )
            )
            act.emit("payout.returned", payout.id, {"reason": reason}, [payout.party_id])
            return saved

        body = {"payout": payout_id, "reason": reason}
        return self._door.run("payouts.returned", by, do, body=body, key=key)

    def due(self) -> Sequence[tuple[str, Money]]:
        """Who would be paid how much if the schedule ran now."""
        with self._context.store.begin(write=False) as work:
            return [
                (balance.account.owner, Money(balance.available, balance.account.currency))
                for balance in work.ledger.balances(purpose=Purpose.PAYABLE)
                if balance.available >= max(self._context.payouts.minimum, 1)
            ]

    def run(self, *, by: By = CLOCK) -> Sequence[Payout]:
        """Pay out everybody's earnings that reach the minimum, in one unit of work."""

        def do(act: Act) -> Sequence[Payout]:
            if act.actor.role not in (CLOCK, OPERATOR):
                raise Forbidden("the payout run is the clock's or the operator's")
            made = [make_payout(act, account.owner, account.currency) for account in _reaching(act)]
            every = act.context.payouts.every
            if every is not None:
                act.work.timers.arm([Timer("payouts", MARKETPLACE, "run", act.at + every)])
            return made

        return self._door.run("payouts.run", by, do, body={})

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
