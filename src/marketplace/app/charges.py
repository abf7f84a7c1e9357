"""What a bank says of one charge, that may have paid several deals, and what was told of it."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.door import Act
from marketplace.app.foreign import as_said, left_outside
from marketplace.app.texts import checked_moment, checked_money
from marketplace.domain.chargeback import Chargeback
from marketplace.domain.effect import MoneyKind
from marketplace.domain.method import Way
from marketplace.domain.money import Money, divide
from marketplace.domain.payment import Intent, Payment
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat
from marketplace.errors import Conflict, InvalidInput, NotFound

MOST = 1_000


def carried_out_by(act: Act, payment: Payment) -> str:
    """The payment provider that was asked for a payment: by its intents, since whoever carries its
    method out now may be another."""
    where = {"reference": payment.reference}
    for one in act.work.select(Intent, where, limit=MOST) if payment.reference else ():
        if payment.id == one.payment_id or payment.id in {part.payment_id for part in one.parts}:
            return one.provider
    now = act.context.provider_of.get(payment.method)
    return "" if now is None else now.name


def _of_one(
    act: Act, payments: Sequence[Payment], provider: str | None, what: str, instead: str
) -> list[Payment]:
    """Those of one payment provider: two may call different things by the same name.

    Raises ``InvalidInput`` where nobody says which, and there are several.
    """
    asked = [(one, carried_out_by(act, one)) for one in payments]
    if provider is not None:
        return [one for one, name in asked if name == provider]
    names = sorted({name for _, name in asked})
    if len(names) > 1:
        raise InvalidInput(
            f"{' and '.join(names)} each have something called {what!r}; {instead}",
            code="several_providers",
            params={"reference": what, "providers": names},
        )
    return [one for one, _ in asked]


def shared_out(
    act: Act,
    charge: str,
    reference: str,
    amount: Money,
    fee: Money | None,
    provider: str | None = None,
) -> list[tuple[Payment, Money, Money | None]]:
    """The payments that carry the charge, each with its share by what it keeps of it.

    What was told before has the share that it had then. Whoever keeps nothing is left out.
    """
    check_said(amount, fee)
    every = act.work.select(Payment, {"reference": charge}, limit=MOST)
    paid = _of_one(act, every, provider, charge, "tell it of each payment (chargebacks.opened)")
    if not paid:
        raise NotFound(f"no charge {charge!r}")
    mine = {one.id for one in paid}
    found = act.work.select(Chargeback, {"reference": reference}, limit=MOST)
    told = {one.payment_id: one for one in found if one.payment_id in mine}
    if told:
        known = [one for one in paid if one.id in told]
        if sum(as_said(told[one.id], one).amount for one in known) != amount.amount:
            raise Conflict(
                f"chargeback {reference!r} was opened over another amount than {amount}",
                code="chargeback_differs",
            )
        grown = _grown(list(told.values()), known, fee)
        return [(one, as_said(told[one.id], one), its_fee) for one, its_fee in grown]
    kept = [left_outside(act, one) for one in paid]
    if not sum(kept) or amount.amount > sum(kept):
        raise InvalidInput(
            f"{amount} cannot be charged back; {Money(sum(kept), amount.currency)} is what is kept "
            "and no bank took back yet",
            code="charged_back_too_much",
            params={"asked": amount.amount, "most": sum(kept)},
        )
    amounts = amount.split(kept)
    fees = [None for _ in kept] if fee is None else fee.split([one.amount for one in amounts])
    shares = zip(paid, amounts, fees, strict=True)
    return [(one, mine, its_fee) for one, mine, its_fee in shares if mine.amount]


def check_said(amount: object, fee: object, answer_by: object = None) -> None:
    """Raise ``InvalidInput`` for what no bank can say of a chargeback, of whatever payment."""
    checked_money(amount, "what a bank takes back")
    if fee is not None and checked_money(fee, "its fee").amount < 0:
        raise InvalidInput(f"its fee is zero or more, not {fee}")
    if answer_by is not None:
        checked_moment(answer_by, "answer_by")


def _grown(
    told: Sequence[Chargeback], paid: Sequence[Payment], fee: Money | None
) -> list[tuple[Payment, Money | None]]:
    """What is kept by now for each: as it was, and its share of what came to it since."""
    if fee is None:
        return [(one, None) for one in paid]
    before = {one.payment_id: _fee_as_said(one) for one in told}
    more = max(fee.amount - sum(before[one.id] for one in paid), 0)
    of = {one.payment_id: one for one in told}
    weights = [as_said(of[one.id], one).amount for one in paid]
    parts = Money(more, fee.currency).split(weights)
    return [
        (one, Money(before[one.id] + part.amount, fee.currency))
        for one, part in zip(paid, parts, strict=True)
    ]


def _fee_as_said(one: Chargeback) -> int:
    return one.fee if one.outside is None else one.fee_outside


def told_of(
    act: Act, reference: str, provider: str | None = None, *, missing_is_well: bool = False
) -> list[Chargeback]:
    """Every chargeback that the bank calls so: of one payment provider.

    Raises ``InvalidInput`` where several have one of that name, and ``provider`` does not say.
    """
    found = act.work.select(Chargeback, {"reference": reference}, limit=MOST)
    ids = sorted({one.payment_id for one in found})
    every = act.work.select(Payment, {"id": ids}, limit=MOST) if ids else []
    instead = "end each by its id (chargebacks.won, chargebacks.lost)"
    mine = {one.id for one in _of_one(act, every, provider, reference, instead)}
    found = [one for one in found if one.payment_id in mine]
    if not found and not missing_is_well:
        raise NotFound(f"no chargeback is called {reference!r}")
    return found


def same(told: Chargeback, payment: Payment, amount: Money) -> Chargeback:
    """What was told before, if it is the same."""
    before = as_said(told, payment)
    if before != amount:
        raise Conflict(
            f"chargeback {told.reference!r} was opened over {before}, not {amount}",
            code="chargeback_differs",
            params={"chargeback": told.id},
        )
    return told


def part_of_fee(one: Chargeback, payment: Payment, returned: Money | None) -> tuple[int, int]:
    """What of its fee a payment provider gave back: in the deal's currency, and as it said."""
    if returned is None:
        return 0, 0
    checked_money(returned, "what is returned of a fee")
    foreign = payment.rate is not None and one.outside is not None
    currency = payment.rate.target if payment.rate is not None and foreign else one.currency
    most = _fee_as_said(one) if foreign else one.fee
    if returned.currency != currency or not 0 <= returned.amount <= most:
        raise InvalidInput(
            f"between zero and {Money(most, currency)} of its fee is returned, not {returned}"
        )
    if not foreign:
        return returned.amount, 0
    return (divide(returned.amount * one.fee, most) if most else 0), returned.amount


def parts_of_fee(found: Sequence[Chargeback], returned: Money | None) -> list[Money | None]:
    """What was returned of the fee of a whole charge, shared out as the fee was."""
    fees = [_fee_as_said(one) for one in found]
    if returned is None or not sum(fees):
        return [None for _ in found]
    return list(returned.split(fees))


_TAKES = (MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.COLLECT)


def check_taken(act: Act, payment: Payment, amount: Money, fee: Money | None) -> None:
    """Raise ``InvalidInput`` for what no bank can have taken back of a payment."""
    method = act.context.method(payment.method)
    if not any(method.way(kind) is Way.CALL for kind in _TAKES):
        raise InvalidInput(
            f"only what a payment provider took is charged back; "
            f"{payment.method} is paid without one"
        )
    if not isinstance(amount, Money) or amount.currency != payment.currency:
        raise InvalidInput(f"a chargeback is an amount in {payment.currency}, not {amount!r}")
    refuse_more_than_taken(payment, amount)
    if fee is not None and not (
        isinstance(fee, Money) and fee.currency == payment.currency and fee.amount >= 0
    ):
        raise InvalidInput(f"its fee is zero or more {payment.currency}, not {fee}")


def refuse_more_than_taken(payment: Payment, amount: Money) -> None:
    """Raise ``InvalidInput`` for more than was taken and no bank took back yet."""
    most = payment.captured - payment.charged_back
    if not 0 < amount.amount <= most:
        raise InvalidInput(
            f"{amount} cannot be charged back; {Money(max(most, 0), payment.currency)} "
            "is what was taken and no bank took back yet",
            code="charged_back_too_much",
            params={"asked": amount.amount, "most": most},
        )


def tell(act: Act, one: Chargeback, what: str) -> None:
    """Tell whoever sits in the deal."""
    where = {"transaction_id": one.transaction_id}
    seats = act.work.select(Seat, where, order="role")
    said = Reason(
        f"chargeback_{what}",
        {
            "chargeback": one.id,
            "money": {"amount": one.amount, "currency": one.currency},
            "purse": one.purse,
            "cause": one.cause,
        },
    )
    act.emit(
        f"transaction.chargeback_{what}",
        one.transaction_id,
        {**said.params, "reason": said},
        [seat.party_id for seat in seats],
    )
