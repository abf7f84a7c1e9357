"""Mistakes in the rows as they stand, with the fault and the sentence expected."""

from marketplace.domain.effect import (
    CAPTURE,
    FREE,
    HOLD,
    SETTLE,
    TRANSFER,
    seat,
    unseat,
)
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PAYMENT_PROVIDER, PROVIDER
from marketplace.domain.transition import After, Ask, At, Purse, Transition
from tests.support.deals import Make, bare, deal, go
from tests.support.trade_rows import HOUR, MINUTE

IN_THE_ROWS: dict[str, tuple[Make, str, str]] = {
    "two rows of one name": (
        lambda: bare(go(), go()),
        "duplicate_row",
        "2 rows named 'go' leave 'a'",
    ),
    "a row for nobody": (
        lambda: bare(go(), Transition("drift", (), "a", "z")),
        "nobody",
        "nobody takes 'drift'; name a role",
    ),
    "a question asked twice": (
        lambda: bare(go(asks=[Ask("why"), Ask("why")])),
        "duplicate_ask",
        "'go' asks 'why' 2 times",
    ),
    "a choice without choices": (
        lambda: bare(go(asks=[Ask("why", "choice")])),
        "duplicate_ask",
        "'go' asks 'why': only a choice has choices, and every choice has them",
    ),
    "an agreement with the operator": (
        lambda: bare(go(), Transition("settle", (CUSTOMER, OPERATOR), "a", "z", agreed=True)),
        "agreed_alone",
        "'settle' is agreed between customer and operator; may: two roles or more of parties",
    ),
    "an agreement that fills a seat": (
        lambda: bare(
            go(),
            Transition("join", (CUSTOMER, PROVIDER), "a", "z", seat("friend"), agreed=True),
        ),
        "agreed_alone",
        (
            "'join' is agreed and fills the friend's seat; "
            "may: a row of its own, taken by accepting an offer of the seat"
        ),
    ),
    "a start that is final": (
        lambda: bare(start="z"),
        "start_is_final",
        "start 'z' is a final state",
    ),
    "a final state that is nowhere": (
        lambda: bare(go(), final={"z", "heaven"}),
        "final_unknown",
        "no row leads to final state 'heaven'",
    ),
    "a dead end": (
        lambda: bare(go(), Transition("wait", CUSTOMER, "a", "limbo")),
        "no_way_out",
        "no row leaves 'limbo', and it is not final",
    ),
    "a way out of the end": (
        lambda: bare(go(), Transition("tip", CUSTOMER, "z", "z")),
        "way_out_of_final",
        "'tip' leaves final state 'z'; make it a follow-up",
    ),
    "a review after a state that is not final": (
        lambda: bare(go(), review_after=["a"]),
        "unknown_state",
        "review_after names 'a'; may: z",
    ),
    "a clock without a time": (
        lambda: bare(go(), Transition("tick", CLOCK, "a", "z")),
        "no_time",
        "'tick' is the clock's, but has no time; may: after, at",
    ),
    "a party that waits for a time": (
        lambda: bare(go(after=HOUR)),
        "time_without_clock",
        "'go' has a time, but is not the clock's; may: not_before",
    ),
    "a clock told to wait twice": (
        lambda: bare(
            go(), Transition("tick", CLOCK, "a", "z", after=HOUR, not_before=After(MINUTE))
        ),
        "time_without_clock",
        "'tick' is told not_before, but no party takes it; may: after, at",
    ),
    "a time before its state": (
        lambda: bare(go(), Transition("tick", CLOCK, "a", "z", after=-HOUR)),
        "negative_time",
        "'tick' is due before its state is entered",
    ),
    "an undeclared moment": (
        lambda: bare(go(), Transition("tick", CLOCK, "a", "z", at=At("noon"))),
        "unknown_moment",
        "'tick' waits for moment 'noon'; may: end, opened, start",
    ),
    "two timers at one time": (
        lambda: bare(
            Transition("tick", CLOCK, "a", "z", after=HOUR),
            Transition("tock", CLOCK, "a", "z", after=60 * MINUTE),
        ),
        "same_time",
        "'tick' and 'tock' leave 'a' at the same time (1 h later)",
    ),
    "a timer behind another": (
        lambda: bare(
            Transition("tick", CLOCK, "a", "z", at=At("end", -HOUR)),
            Transition("tock", CLOCK, "a", "z", at=At("end")),
        ),
        "shadowed",
        "'tock' (at end) never comes in 'a': 'tick' (1 h before end) leaves it before",
    ),
    "a row that may only be taken too late": (
        lambda: bare(
            go(not_before=After(2 * HOUR)), Transition("tick", CLOCK, "a", "z", after=HOUR)
        ),
        "never_in_time",
        "'go' (not before 2 h later) is never allowed in 'a': 'tick' (1 h later) leaves it before",
    ),
    "a payment provider who says nothing": (
        lambda: bare(go(), Transition("boom", PAYMENT_PROVIDER, "a", "z")),
        "no_event",
        "'boom' is the payment provider's, but does not say on what",
    ),
    "an event that a party reports": (
        lambda: bare(go(on="chargeback")),
        "no_event",
        "'go' waits for 'chargeback', which only the payment provider reports",
    ),
    "an undeclared purse": (
        lambda: bare(go(TRANSFER("deposit"))),
        "unknown_purse",
        "'go' does 'transfer' to purse 'deposit'; may: price",
    ),
    "a purse declared twice": (
        lambda: bare(go(), purses=[Purse(), Purse()]),
        "unknown_purse",
        "purse 'price' is declared 2 times",
    ),
    "a seat emptied that is never filled": (
        lambda: bare(go(unseat(PROVIDER))),
        "unknown_seat",
        "'go' unseats provider, whom no row seats",
    ),
    "an unknown resource freed": (
        lambda: bare(go(FREE("nights"))),
        "unknown_resource",
        "'go' frees 'nights', which no row reserves; may: nothing",
    ),
    "dispatch that takes an unknown row": (
        lambda: bare(go(), Transition("offer", OPERATOR, "a", "z"), offer_rows=("offer", "search")),
        "unknown_row",
        "offer_rows names 'search', which the operator does not take; may: offer",
    ),
    "no answer to a refusal": (
        lambda: deal(
            ["perform", "give_up"],
            [Transition("perform", PROVIDER, "waiting", "done", CAPTURE, SETTLE)],
        ),
        "no_failed",
        "'perform' may be refused (capture), but names no failed state",
    ),
    "no answer to a bank's challenge": (
        lambda: deal(["pay"], [Transition("pay", CUSTOMER, "start", "waiting", HOLD, failed="no")]),
        "no_needs_customer",
        "'pay' may need the customer (hold), but names no such state",
    ),
    "an answer to a refusal that never comes": (
        lambda: bare(go(TRANSFER, failed="z")),
        "cannot_fail",
        "'go' names failed 'z', but nothing in it can be refused",
    ),
    "an answer to a challenge that never comes": (
        lambda: bare(go(TRANSFER, needs_customer="z")),
        "cannot_fail",
        "'go' names needs_customer 'z', but nothing in it asks the customer",
    ),
    "an island": (
        lambda: bare(go(), Transition("swim", CUSTOMER, "island", "z")),
        "unreached",
        "state 'island' is never reached",
    ),
    "a dead hold where nothing is held": (
        lambda: bare(go(), Transition("dies", PAYMENT_PROVIDER, "a", "z", on="hold_expired")),
        "hold_cannot_die",
        "'dies' waits for a dead hold in 'a', where nothing is held",
    ),
}
