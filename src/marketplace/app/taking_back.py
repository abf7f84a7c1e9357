"""Taking back: what a party owes, out of what was paid out to it and still lies in its account.

While the payment provider was asked and has not answered, that part of the debt waits for it: no
earnings and no credit pay it as well.
"""

from __future__ import annotations

from marketplace.app.books import Posting, lock_parties, post
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.onboarding import BY_HAND
from marketplace.app.payable import destination
from marketplace.app.rules_of_books import NETTED
from marketplace.app.texts import checked_text
from marketplace.domain.effect import MoneyKind
from marketplace.domain.evolving import evolve
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.money import Money
from marketplace.domain.party import OPERATOR
from marketplace.domain.payment import Answer, Intent, Payout
from marketplace.domain.ports import TakesBack
from marketplace.domain.reason import Reason
from marketplace.errors import Forbidden, IllegalTransition, InvalidInput, Refused

_REASON = 200
"""Characters in which the operator says why."""


class TakingBack:
    """The verb by which what was paid out comes back."""

    _context: Context
    _door: Door

    def take_back(
        self,
        payout_id: str,
        *,
        by: By,
        reason: str,
        amount: Money | None = None,
        key: str | None = None,
    ) -> Payout:
        """Have some of a paid payout back from the payee's account, for what the payee owes.

        For the operator, where a refund came after the payout and nothing more is sold from which
        the debt is netted. Without an ``amount`` as much as may be: never more than was paid out
        and not taken back yet, never more than the debt. Asked outside after the commit; what the
        payment provider refuses changes nothing, and the payout says why.

        Raises ``Refused`` for more than may be, for nothing, and where the payment provider takes
        no payout back; ``IllegalTransition`` for a payout that is not paid.
        """

        def do(act: Act) -> Payout:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator takes back what was paid out")
            why = checked_text(reason, "a reason", _REASON, least=1)
            return _take_back(act, payout_id, amount, why)

        if amount is not None and not isinstance(amount, Money):
            raise InvalidInput(f"an amount is Money, not {amount!r}")
        body = {"payout": payout_id, "amount": amount, "reason": reason}
        return self._door.run("payouts.take_back", by, do, body=body, key=key)


def _take_back(act: Act, payout_id: str, amount: Money | None, why: str) -> Payout:
    payout = _locked(act, payout_id)
    act.about(payout_id, payout)
    _refuse_untakeable(act, payout)
    wanted = _wanted(act, payout, amount)
    intent = Intent(
        id=act.context.ids.new("intent"),
        kind=MoneyKind.TAKE_BACK,
        provider=payout.provider,
        amount=wanted,
        currency=payout.currency,
        created_at=act.at,
        due_at=act.at,
        payout_id=payout.id,
        reference=payout.reference,
    )
    waits = Transfer(*_accounts(payout), wanted, phase="pending")
    post(act, "take back", _key(intent), payout.id, [waits])
    money = Money(wanted, payout.currency)
    told = Reason("payout_asked_back", {"amount": str(money), "reason": why})
    saved = act.work.save(
        evolve(
            payout,
            taking_back=payout.taking_back + wanted,
            reasons=(*payout.reasons, told),
        )
    )
    means = destination(act.work, payout)
    act.ask(payout.id, intent, intent.order(payout.party_id, means=means))
    act.emit("payout.asked_back", payout.id, {"amount": str(money)}, [payout.party_id])
    return saved


def _locked(act: Act, payout_id: str) -> Payout:
    """The payout as it is until this is written, and its payee's earnings and debts with it."""
    known = act.work.get(Payout, payout_id)
    lock_parties(act, [known.party_id], known.currency)
    (payout,) = act.work.select(Payout, {"id": payout_id}, lock=True)
    return payout


def _refuse_untakeable(act: Act, payout: Payout) -> None:
    """Raise where nothing of it can come back, whoever owes how much."""
    if payout.state != "paid":
        raise IllegalTransition(f"only a paid payout is taken back: {payout.state}")
    provider: object = act.context.providers.get(payout.provider)
    if isinstance(provider, TakesBack) and provider.takes_back and payout.reference is not None:
        return
    every = act.context.providers.values()
    able = sorted(one.name for one in every if isinstance(one, TakesBack) and one.takes_back)
    who = "a payout by hand" if payout.provider == BY_HAND else f"one by {payout.provider!r}"
    raise Refused(
        f"{who} is not taken back from here; payouts are by: {', '.join(able) or 'none'}. What "
        "the payee gives by itself is written down as a top-up, which pays its debts first",
        code="cannot_take_back",
        params={"provider": payout.provider, "able": able},
    )


def _wanted(act: Act, payout: Payout, amount: Money | None) -> int:
    """How much is asked back; raises ``Refused`` with what may be."""
    currency = payout.currency
    if amount is not None and amount.currency != currency:
        raise InvalidInput(
            f"a payout in {currency} is taken back in {currency}, not as {amount}",
            code="currency_mismatch",
        )
    debt = Account(payout.party_id, Purpose.RECEIVABLE, currency)
    owed = act.work.ledger.balance(debt).available
    most = min(payout.left, owed)
    wanted = most if amount is None else amount.amount
    if 0 < wanted <= most:
        return wanted
    raise Refused(
        f"{Money(wanted, currency)} cannot be taken back, but {Money(most, currency)} at most: "
        f"{Money(payout.left, currency)} of the payout is left, {Money(owed, currency)} is owed",
        code="nothing_to_take_back" if not most else "take_back_out_of_bounds",
        params={"asked": wanted, "left": payout.left, "owed": owed, "most": most},
    )


def finish_take_back(act: Act, intent: Intent, answer: Answer) -> Payout:
    """Write what became of it: the debt is paid and the money is here, or all is as it was."""
    assert intent.payout_id is not None
    payout = _locked(act, intent.payout_id)
    act.about(payout.id, payout)
    asked = act.work.ledger.journal(_key(intent))
    assert asked is not None
    waits, came = asked.transfers[0], answer.outcome == "done"
    posting = Posting()
    posting.transfers.append(evolve(waits, phase="post" if came else "void", resolves=waits.id))
    if not came:
        _net_what_waited(act, payout, intent.amount, posting)
    # By the payout's own name, as the movement outside is told: beside that of the payout.
    told: dict[str, object] = {
        "provider": intent.provider,
        "reference": payout.reference or "",
        "intent": intent.id,
    }
    kind = "payout taken back" if came else "payout not taken back"
    post(act, kind, f"{kind}:{intent.id}", payout.id, posting.transfers, details=told)
    money = Money(intent.amount, intent.currency)
    said = Reason("payout_taken_back" if came else "payout_not_taken_back", {"amount": str(money)})
    saved = act.work.save(
        evolve(
            payout,
            taking_back=payout.taking_back - intent.amount,
            taken_back=payout.taken_back + (intent.amount if came else 0),
            reasons=(*payout.reasons, said, *([answer.reason] if answer.reason else [])),
        )
    )
    name = "taken_back" if came else "not_taken_back"
    act.emit(f"payout.{name}", payout.id, {"amount": str(money)}, [payout.party_id])
    return saved


def _net_what_waited(act: Act, payout: Payout, amount: int, posting: Posting) -> None:
    """What did not come back is owed as before: earned or credited meanwhile, it is paid now."""
    debt = Account(payout.party_id, Purpose.RECEIVABLE, payout.currency)
    left = act.work.ledger.balance(debt).available + amount
    for purpose in (Purpose.PAYABLE, Purpose.WALLET):
        has = Account(payout.party_id, purpose, payout.currency)
        part = min(left, max(act.work.ledger.balance(has).available, 0))
        posting.move(has, debt, part, NETTED)
        left -= part


def _accounts(payout: Payout) -> tuple[Account, Account]:
    return (
        Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, payout.currency),
        Account(payout.party_id, Purpose.RECEIVABLE, payout.currency),
    )


def _key(intent: Intent) -> str:
    return f"take back:{intent.id}"
