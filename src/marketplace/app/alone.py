"""What one person behind the operator may give back alone."""

from __future__ import annotations

from marketplace.app.till import Till
from marketplace.domain.party import OPERATOR, ORIGIN
from marketplace.domain.reason import Reason
from marketplace.errors import Refused


def refuse_too_much(till: Till, back: int) -> None:
    """Raise ``Refused`` for a refund above the limit of who acts, unless a second person approved.

    What went back of the purse before counts too: nobody splits one refund into several.
    """
    act, currency = till.act, till.transaction.currency
    # What a row beside this does by itself is nobody's; what somebody began there is his.
    somebody = act.actor.role == OPERATOR or (act.actor.role == ORIGIN and act.actor.name)
    if back <= 0 or act.approved_by or act.resumed or not somebody:
        return
    limit = act.context.moderation.refunds_alone(act.actor.name, currency)
    whole = back + sum(payment.refunded for payment in till.payments)
    if limit is None or whole <= limit:
        return
    params = {
        "name": act.actor.name or OPERATOR.name,
        "limit": limit,
        "currency": currency,
        "money": {"amount": whole, "currency": currency},
    }
    raise Refused(
        f"{params['name']} refunds {limit} {currency} at most alone and this is {whole}; ask for "
        "an approval with approvals.ask",
        code="needs_second_approver",
        params=params,
        reasons=(Reason("needs_second_approver", params),),
    )
