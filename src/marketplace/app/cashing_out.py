"""Cashing out: a wallet's credit on its way to a bank, or into a hand, and back where it fails."""

from __future__ import annotations

from marketplace.app.books import lock_parties
from marketplace.app.context import Context
from marketplace.app.crediting import DEBTS
from marketplace.app.door import Act, By, Door
from marketplace.app.payable import payable
from marketplace.app.sending import pay_out
from marketplace.app.texts import checked_money
from marketplace.domain.ledger import Account, Purpose
from marketplace.domain.money import Money
from marketplace.domain.party import OPERATOR
from marketplace.domain.payment import Payout
from marketplace.errors import Forbidden, NotFound, Refused


class CashingOut:
    """The verb by which credit leaves."""

    _context: Context
    _door: Door

    def cash_out(self, party: str, amount: Money, *, by: By, key: str | None = None) -> Payout:
        """Pay a party's credit out: for the party itself, or the operator.

        It leaves the wallet at once. It goes to the party's payout account; where it has none a
        person hands it over, and the operator confirms that with a receipt (``confirm``). What
        cannot arrive, or comes back, is credit again, debts made meanwhile first.

        Raises ``Refused`` for more than the credit beyond what the party owes, for less than the
        least, and while its payouts wait for something.
        """

        def do(act: Act) -> Payout:
            if act.actor.party_id not in (None, party):
                raise NotFound(f"no party {party!r}")
            if act.actor.party_id is None and act.actor.role != OPERATOR:
                raise Forbidden("credit is cashed out by its party, or the operator")
            act.about(party)
            return _cash_out(act, party, amount)

        checked_money(amount)
        body = {"party": party, "amount": amount}
        return self._door.run("payouts.cash_out", by, do, body=body, key=key)


def _cash_out(act: Act, party: str, amount: Money) -> Payout:
    lock_parties(act, [party], amount.currency)
    now = payable(act.work, act.context, party, amount.currency, act.at)
    now.refuse_waiting()
    free = _free(act, party, amount.currency)
    if not now.least <= amount.amount <= free:
        raise Refused(
            f"{amount} cannot be cashed out: {Money(free, amount.currency)} is there beyond what "
            f"is owed, the least is {Money(now.least, amount.currency)}",
            code="payout_too_small" if amount.amount <= free else "payout_too_large",
            params={
                "asked": amount.amount,
                "available": free,
                "minimum": now.least,
                "reserve": 0,
            },
        )
    return pay_out(act, party, amount, now.account, source="wallet")


def _free(act: Act, party: str, currency: str) -> int:
    """A wallet's credit that is not set aside for a deal, beyond what its party owes."""
    wallet = act.work.ledger.balance(Account(party, Purpose.WALLET, currency)).available
    owed = [act.work.ledger.balance(Account(party, one, currency)).posted for one in DEBTS]
    return max(wallet - sum(owed), 0)
