"""The damage deposit: opened by its stay, held a day before, claimed within days of the end.

A hold dies before a stay of some weeks is over; then a claim is charged instead. A claim against a
live hold captures at once, since the guest's answer and the operator's would outlive it too. What
is captured is not paid yet: it lies in escrow where neither side can touch it.
"""

from __future__ import annotations

from datetime import timedelta

from marketplace import (
    CAPTURE,
    CHARGE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    HOUR,
    OPERATOR,
    ORIGIN,
    PAYMENT_PROVIDER,
    PROVIDER,
    REFUND,
    SAVE,
    SETTLE,
    TRANSFER,
    VOID,
    Ask,
    At,
    Line,
    Money,
    PricingQuestion,
    Process,
    Purse,
    Terms,
    Transition,
)
from marketplace.plugins.stays.rows import DEPOSIT, or_else

CLAIM = [Ask("amount", "money"), Ask("damage")]
POLICY = "stay_deposit"
"""The policy frozen with a price: how much of a deposit goes with it, in minor units."""


def deposit(
    claim_within: timedelta = 14 * DAY,
    answer_within: timedelta = 72 * HOUR,
    decide_within: timedelta = 7 * DAY,
) -> Process:
    """Held, then given back; or claimed, answered or not, and decided by the operator."""
    waiting = ("asked", "promised", "held", "lapsed")
    return Process(
        DEPOSIT,
        start="asked",
        final={"given_back", "decided", "owed"},
        purses=[Purse(DEPOSIT)],
        transitions=[
            Transition("promise", (CUSTOMER, ORIGIN), "asked", "promised", SAVE(DEPOSIT),
                       **or_else("asked")),
            Transition("call_off", ORIGIN, waiting, "given_back", VOID(DEPOSIT)),
            Transition("shift", ORIGIN, ("promised", "held", "lapsed"), "promised", VOID(DEPOSIT),
                       lines=DEPOSIT, asks=[Ask("start", "time"), Ask("end", "time")]),
            Transition("hold", CLOCK, "promised", "held", HOLD(DEPOSIT), at=At("start", -DAY),
                       **or_else("lapsed")),
            Transition("secure", CUSTOMER, "lapsed", "held", VOID(DEPOSIT), HOLD(DEPOSIT),
                       lines=DEPOSIT, **or_else("lapsed")),
            Transition("hold_died", PAYMENT_PROVIDER, "held", "lapsed", on="hold_expired"),
            Transition("skip", CLOCK, "asked", "given_back", at=At("start")),
            Transition("give_back", CLOCK, ("held", "lapsed"), "given_back", VOID(DEPOSIT),
                       at=At("end", claim_within)),
            Transition("release", PROVIDER, ("held", "lapsed"), "given_back", VOID(DEPOSIT)),
            Transition("claim", PROVIDER, "held", "claimed", CAPTURE(DEPOSIT), lines="claim",
                       asks=CLAIM, failed="lapsed", not_before=At("start")),
            Transition("claim", PROVIDER, "lapsed", "claimed", VOID(DEPOSIT), CHARGE(DEPOSIT),
                       lines="claim", asks=CLAIM, not_before=At("start"), **or_else("lapsed")),
            Transition("agree", CUSTOMER, "claimed", "decided", SETTLE(DEPOSIT)),
            Transition("object", CUSTOMER, "claimed", "contested"),
            Transition("say_nothing", CLOCK, "claimed", "decided", SETTLE(DEPOSIT),
                       after=answer_within),
            Transition("decide", OPERATOR, "contested", "decided", REFUND(DEPOSIT),
                       SETTLE(DEPOSIT), lines="decision", asks=[Ask("amount", "money")]),
            Transition("no_decision", CLOCK, "contested", "decided", REFUND(DEPOSIT),
                       SETTLE(DEPOSIT), lines="nothing", after=decide_within),
            Transition("bill", OPERATOR, "lapsed", "owed", VOID(DEPOSIT), TRANSFER(DEPOSIT),
                       lines="decision", asks=[Ask("amount", "money")]),
        ],
    )  # fmt: skip


def deposit_line(amount: object, currency: str, plugin: str) -> list[Line]:
    """What a home's host wants held; nothing where he wants none."""
    if type(amount) is not int or amount <= 0:
        return []
    inputs = {"each": amount, "units": 1}
    return [
        Line(DEPOSIT, Money(amount, currency), "customer", "provider", f"{plugin}.once", plugin,
             inputs, DEPOSIT)
    ]  # fmt: skip


def own_lines(question: PricingQuestion, plugin: str) -> list[Line]:
    """A deposit as it was agreed, whatever its listing says or was claimed of it since.

    Beside a stay it is opened by the policies frozen with the stay's price; from then on it is what
    its own first terms say.
    """
    deal, terms = question.transaction, question.terms
    assert deal is not None
    assert terms is not None
    if deal.link != DEPOSIT:
        return deposit_line(terms.policies.get(POLICY), question.currency, plugin)
    first = question.work.find(Terms, transaction_id=deal.id, version=1)
    assert first is not None
    return [one for one in first.lines if one.purse == DEPOSIT]
