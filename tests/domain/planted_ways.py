"""Mistakes that only some way through shows, with the fault and the sentence expected."""

from marketplace.domain.effect import (
    CAPTURE,
    CHARGE,
    COLLECT,
    CONFIRM,
    FREE,
    HOLD,
    MOVE,
    PAY_OUT,
    RAISE,
    RECORD,
    REFUND,
    RESERVE,
    REVERSE,
    SETTLE,
    TRANSFER,
    VOID,
)
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PROVIDER
from marketplace.domain.quote import PRICE
from marketplace.domain.transition import Purse, Transition
from tests.support.deals import ASKED, Make, bare, deal, go, performing
from tests.support.trade_rows import HOUR
from tests.support.trades import ride, subscription

IN_THE_WAYS: dict[str, tuple[Make, str, str]] = {
    "a capture without a hold": (
        lambda: bare(go(CAPTURE, SETTLE, failed="z")),
        "nothing_held",
        "'go' captures purse 'price' while nothing is held (after 'go')",
    ),
    "a collection before anything was taken": (
        lambda: bare(go(COLLECT, SETTLE, failed="z", needs_customer="z")),
        "nothing_captured",
        "'go' collects more for purse 'price' while nothing is captured (after 'go')",
    ),
    "a raise without a hold": (
        lambda: bare(go(RAISE, VOID, failed="z", needs_customer="z")),
        "nothing_held",
        "'go' raises the hold on purse 'price' while nothing is held (after 'go')",
    ),
    "a hold on a hold": (
        lambda: deal(
            plus=[
                Transition(
                    "more",
                    CUSTOMER,
                    "waiting",
                    "waiting",
                    HOLD,
                    failed="asked",
                    needs_customer="asked",
                ),
                *ASKED,
            ]
        ),
        "held_twice",
        "'more' holds purse 'price' while money is held already; may: raise (after 'pay' → 'more')",
    ),
    "a charge over a hold": (
        lambda: deal(
            plus=[
                Transition(
                    "buy",
                    CUSTOMER,
                    "waiting",
                    "done",
                    CHARGE,
                    SETTLE,
                    failed="asked",
                    needs_customer="asked",
                ),
                *ASKED,
            ]
        ),
        "charged_over_hold",
        "'buy' charges purse 'price' while money is held; may: capture (after 'pay' → 'buy')",
    ),
    "a second charge": (
        lambda: bare(
            Transition("pay", CUSTOMER, "a", "b", CHARGE, SETTLE, failed="z", needs_customer="z"),
            Transition("again", CUSTOMER, "b", "z", RECORD, SETTLE),
        ),
        "paid_twice",
        (
            "'again' records purse 'price' while its money is taken already; may: be a series "
            "(after 'pay' → 'again')"
        ),
    ),
    "a payout before the capture": (
        lambda: bare(go(PAY_OUT)),
        "nothing_captured",
        "'go' pays out purse 'price' while nothing is captured (after 'go')",
    ),
    "a settlement of what is only held": (
        lambda: deal(plus=[Transition("skip", PROVIDER, "waiting", "done", SETTLE)]),
        "nothing_captured",
        "'skip' settles purse 'price' while nothing is captured (after 'pay' → 'skip')",
    ),
    "a refund before the capture": (
        lambda: bare(go(REFUND, SETTLE)),
        "nothing_captured",
        "'go' refunds purse 'price' while nothing is captured (after 'go')",
    ),
    "a reversal of nothing": (
        lambda: bare(go(REVERSE, SETTLE)),
        "nothing_settled",
        "'go' reverses purse 'price' while nothing is settled (after 'go')",
    ),
    "a void after the capture": (
        lambda: performing(CAPTURE, VOID),
        "void_after_capture",
        (
            "'perform' voids purse 'price' while its money is taken already; may: refund "
            "(after 'pay' → 'perform')"
        ),
    ),
    "lines moved over a hold": (
        lambda: performing(TRANSFER, CAPTURE, SETTLE),
        "transfer_over_hold",
        (
            "'perform' transfers within purse 'price' while money is held; "
            "may: capture or void it first (after 'pay' → 'perform')"
        ),
    ),
    "a claim moved that is not there": (
        lambda: bare(
            go(MOVE("nights"), FREE("nights")),
            Transition("take", CUSTOMER, "a", "z", RESERVE("nights"), FREE("nights")),
        ),
        "not_reserved",
        "'go' moves 'nights' while it is not reserved (after 'go')",
    ),
    "a claim after the money": (
        lambda: bare(
            Transition(
                "book",
                CUSTOMER,
                "a",
                "z",
                CHARGE,
                SETTLE,
                CONFIRM,
                FREE,
                failed="z",
                needs_customer="z",
            )
        ),
        "cannot_refuse",
        (
            "'book' claims 'capacity' after asking outside: write it first, so that 'sold out' "
            "costs nothing (after 'book')"
        ),
    ),
    "a claim by the clock": (
        lambda: bare(go(), Transition("tick", CLOCK, "a", "z", RESERVE, FREE, after=HOUR)),
        "cannot_refuse",
        (
            "'tick' claims 'capacity', but nobody is there to hear 'sold out': "
            "claim it where a party acts (after 'tick')"
        ),
    ),
    "a driver who cancels and keeps his seat": (
        lambda: ride(
            ["driver_cancel"],
            [
                Transition(
                    "driver_cancel",
                    PROVIDER,
                    ("accepted", "arrived"),
                    "searching",
                    FREE("attention"),
                )
            ],
        ),
        "seat_taken",
        (
            "'accept' seats provider where somebody sits already; may: unseat first "
            "(after 'authorize' → 'accept' → 'driver_cancel' → 'accept')"
        ),
    ),
    "a driver who arrives before he sits": (
        lambda: ride(plus=[Transition("decline", PROVIDER, "searching", "cancelled", VOID)]),
        "empty_seat",
        "'decline' is for provider, but nobody sits there yet in 'searching' (after 'authorize')",
    ),
    "an agreement with an empty seat": (
        lambda: ride(
            plus=[
                Transition(
                    "part", (CUSTOMER, PROVIDER), "searching", "cancelled", VOID, agreed=True
                )
            ]
        ),
        "empty_seat",
        (
            "'part' is for customer and provider, but not both sit there yet in 'searching' "
            "(after 'authorize')"
        ),
    ),
    "money held at the end": (
        lambda: deal(["expire"], [Transition("expire", CLOCK, "waiting", "over", after=HOUR)]),
        "held_in_final",
        "money is still held in final state 'over', purse 'price' (after 'pay' → 'expire')",
    ),
    "money captured and left": (
        lambda: performing(CAPTURE),
        "held_in_final",
        (
            "money is still captured and not settled in final state 'done', purse 'price' "
            "(after 'pay' → 'perform')"
        ),
    ),
    "a refusal that ends with money held": (
        lambda: deal(
            ["perform", "give_up"],
            [Transition("perform", PROVIDER, "waiting", "done", CAPTURE, SETTLE, failed="no")],
        ),
        "failed_into_final",
        (
            "when 'capture' of 'perform' is refused it ends in 'no', but money is still held "
            "in purse 'price' (after 'pay' → 'perform' (capture refused))"
        ),
    ),
    "capacity reserved at the end": (
        lambda: bare(go(RESERVE("nights"))),
        "reserved_in_final",
        "'nights' is still reserved in final state 'z' (after 'go')",
    ),
    "a way round the payment": (
        lambda: ride(
            plus=[Transition("favour", OPERATOR, "requested", "completed")],
        ),
        "unpaid",
        "'completed' is reached with nothing paid into purse 'price' (after 'favour')",
    ),
    "a round that nobody leaves": (
        lambda: bare(
            go(),
            Transition("in", CUSTOMER, "a", "b"),
            Transition("round", CUSTOMER, "b", "c"),
            Transition("and_round", CUSTOMER, "c", "b"),
        ),
        "never_ends",
        "from 'b' no end can be reached (after 'in')",
    ),
    "an end that only an agreement reaches": (
        lambda: bare(
            go(),
            Transition("wait", CUSTOMER, "a", "b"),
            Transition("part", (CUSTOMER, PROVIDER), "b", "z", agreed=True),
        ),
        "never_ends",
        "from 'b' no end can be reached unless both sides agree (after 'wait')",
    ),
    "money held without a timer": (
        lambda: deal(["expire"], [Transition("expire", CUSTOMER, "waiting", "over", VOID)]),
        "unbounded",
        "money is held in purse 'price' in 'waiting', and no clock row leaves it (after 'pay')",
    ),
    "capacity reserved without a timer": (
        lambda: bare(
            Transition("take", CUSTOMER, "a", "b", RESERVE("seats")),
            Transition("leave", (CUSTOMER, PROVIDER), "b", "z", FREE("seats")),
        ),
        "unbounded",
        "'seats' is reserved in 'b', and no clock row leaves it (after 'take')",
    ),
    "a clock that tries for ever": (
        lambda: deal(
            ["give_up"],
            [
                Transition(
                    "retry", CLOCK, "stuck", "done", CAPTURE, SETTLE, failed="stuck", after=HOUR
                ),
                Transition("write_off", OPERATOR, "stuck", "over", VOID),
            ],
        ),
        "endless",
        (
            "the clock goes round for ever while money is held in purse 'price': "
            "'retry' (capture refused)"
        ),
    ),
    "a rest from which only one party leads on": (
        lambda: deal(
            ["perform", "give_up", "expire"],
            [
                Transition(
                    "confirm", CUSTOMER, "waiting", "done", CAPTURE, SETTLE, failed="waiting"
                ),
                Transition("expire", CLOCK, "waiting", "idle", VOID, after=HOUR),
                Transition("leave", CUSTOMER, "idle", "over"),
            ],
        ),
        "frozen",
        (
            "if the customer is absent for ever, 'waiting' never ends, "
            "while money is held in purse 'price' (after 'pay')"
        ),
    ),
    "a subscription that only one party ends": (
        lambda: subscription(["cancel"]),
        "frozen",
        (
            "if the provider is absent for ever, 'active' never ends, while a series runs "
            "(after 'subscribe')"
        ),
    ),
    "a challenge that the customer cannot answer": (
        lambda: bare(
            go(CHARGE, SETTLE, failed="z", needs_customer="asked"),
            Transition("lapse", CLOCK, "asked", "z", after=HOUR),
        ),
        "customer_needed",
        "in 'asked' the customer is needed, but can take no row",
    ),
    "a challenge that the customer cannot answer alone": (
        lambda: bare(
            go(CHARGE, SETTLE, failed="z", needs_customer="asked"),
            Transition("part", (CUSTOMER, PROVIDER), "asked", "z", agreed=True),
            Transition("lapse", CLOCK, "asked", "z", after=HOUR),
        ),
        "customer_needed",
        "in 'asked' the customer is needed, but can take no row",
    ),
    "a challenge without an end": (
        lambda: bare(
            go(CHARGE, SETTLE, failed="z", needs_customer="asked"),
            Transition("leave", CUSTOMER, "asked", "z"),
        ),
        "customer_needed",
        "in 'asked' the customer is needed, and no clock row leaves it",
    ),
    "rounds of a purse that is no series": (
        lambda: subscription(purses=[Purse(PRICE)]),
        "paid_twice",
        (
            "'renew' charges purse 'price' while its money is taken already; may: be a series "
            "(after 'subscribe' → 'renew')"
        ),
    ),
}
