"""Deals of a checkout that are paid, and given up unpaid, as one: by which rows, and not alone."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.app.joining import BEGINNINGS
from marketplace.domain.checkout import Checkout
from marketplace.domain.effect import MoneyKind
from marketplace.domain.party import CUSTOMER
from marketplace.domain.process import Process
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import Refused

PAYS = BEGINNINGS | {MoneyKind.COLLECT}


def paying(process: Process, state: str) -> Transition | None:
    """The entry row by which a deal is paid, if it leaves this state, too."""
    for name in process.entries:
        row = process.row(name, state)
        if row is not None and any(one.kind in PAYS for one in row.money_effects()):
            return row
    return None


def leaving(process: Process, state: str) -> Transition | None:
    """The customer's row out of a state in which the deal waits to be paid again."""
    if paying(process, state) is None:
        return None
    for name in process.takes(state, [CUSTOMER]):
        row = process.row(name, state)
        if row is not None and row.to in process.final:
            return row
    return None


def refuse_alone(act: Act, deal: Transaction) -> None:
    """Deals of a checkout that is all or nothing are paid, and given up unpaid, as one."""
    if deal.checkout_id is None or act.actor.party_id is None:
        return
    if paying(act.context.process(deal), deal.state) is None:
        return
    checkout = act.work.get(Checkout, deal.checkout_id)
    if checkout.together and checkout.customer_id == act.actor.party_id:
        raise Refused(
            "this deal is paid as one with others; may: checkouts.pay, checkouts.withdraw",
            code="paid_as_one",
            params={"checkout": checkout.id},
        )
