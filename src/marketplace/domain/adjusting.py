"""A follow-up that every trade needs: what a deal gave is taken back, and given anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from marketplace.domain.effect import CHARGE, REFUND, REVERSE, SETTLE
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR
from marketplace.domain.process import Process
from marketplace.domain.span import DAY
from marketplace.domain.transition import Purse, Transition


def adjustment(
    *follows: str, within: timedelta = 90 * DAY, more: Sequence[Transition] = ()
) -> Process:
    """After a deal's end the operator settles it anew; nothing is edited.

    ``follows`` are the states after which it may begin, ``within`` how long. With the lines given
    by hand, ``lower`` gives the customer back what is beyond them (any split, as a dispute was
    decided), and ``raise`` charges what was forgotten. ``more`` are rows of the trade's own from
    ``found`` to ``adjusted``, as one that prices the deal again by its rules.
    """
    return Process(
        "adjustment",
        start="found",
        final={"adjusted", "refused"},
        purses=(Purse("price", starts_settled=True), Purse("extra")),
        follows=follows,
        within=within,
        opened_by=(OPERATOR,),
        transitions=[
            Transition("lower", OPERATOR, "found", "adjusted", REVERSE, REFUND, SETTLE),
            *more,
            Transition("raise", OPERATOR, "found", "adjusted", CHARGE("extra"), SETTLE("extra"),
                       failed="refused", needs_customer="challenged"),
            Transition("confirm", CUSTOMER, "challenged", "adjusted",
                       CHARGE("extra"), SETTLE("extra"),
                       failed="refused", needs_customer="challenged"),
            Transition("give_up", CLOCK, "challenged", "refused", after=DAY),
        ],
    )  # fmt: skip
