"""The process of a ride, on one page, and of what may follow it."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from marketplace import (
    CAPTURE,
    CHARGE,
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    HOLD,
    HOUR,
    MINUTE,
    OPERATOR,
    PAYMENT_PROVIDER,
    PROVIDER,
    REFUND,
    REVERSE,
    SETTLE,
    TRANSFER,
    VOID,
    After,
    Ask,
    Process,
    Purse,
    Transition,
    adjustment,
    seat,
    unseat,
)

WITH_DRIVER = ("accepted", "arriving", "arrived")
WITHOUT_DRIVER = ("searching", "offered")


@frozen
class RideTimes:
    """How long each part of a ride may last before the clock moves it on."""

    challenge: timedelta = 10 * MINUTE
    """For the rider to answer the bank."""
    search: timedelta = 5 * MINUTE
    """For a driver to be found, each time one is looked for; an offer's lease is far shorter."""
    pick_up: timedelta = 45 * MINUTE
    """For an accepted driver to arrive before another one is looked for."""
    waiting: timedelta = HOUR
    """For the rider to come, at most."""
    ride: timedelta = 8 * HOUR
    """For the ride itself; then it counts as finished."""
    settle: timedelta = HOUR
    """Between the end of a ride and the settlement: time for the rider to dispute."""
    dues: timedelta = DAY
    """For a charge that failed, until it becomes the rider's debt."""


def ride(times: RideTimes | None = None, no_show_after: timedelta | None = None) -> Process:
    """A ride on demand, for card, wallet, cash and mixtures of them.

    How long a driver waits before he may leave the fare says; ``no_show_after`` only repeats it.
    """
    t = times or RideTimes()
    waited = None if no_show_after is None else After(no_show_after)
    tolls = Ask("tolls", "money", required=False)
    collected = Ask("cash_collected", "money", required=False)
    return Process(
        "ride",
        start="requested",
        final={"settled", "expired", "cancelled", "declined", "no_show"},
        purses=(Purse("price"), Purse("penalty")),
        review_after=("settled",),
        offer_rows=("offer", "search_again"),
        transitions=[
            # the rider commits money
            Transition("request", CUSTOMER, "requested", "searching", HOLD,
                       failed="declined", needs_customer="challenged"),
            Transition("confirm", CUSTOMER, "challenged", "searching", HOLD,
                       failed="declined", needs_customer="challenged"),
            Transition("give_up", CLOCK, "challenged", "declined", after=t.challenge),
            # a driver is looked for; nobody is asked twice
            Transition("offer", OPERATOR, "searching", "offered"),
            Transition("search_again", OPERATOR, "offered", "searching"),
            Transition("accept", PROVIDER, "offered", "accepted",
                       seat(PROVIDER), CONFIRM("seats")),
            Transition("expire", CLOCK, WITHOUT_DRIVER, "expired", VOID, after=t.search),
            # the way to the rider
            Transition("set_out", PROVIDER, "accepted", "arriving"),
            Transition("arrive", PROVIDER, ("accepted", "arriving"), "arrived"),
            Transition("driver_cancel", PROVIDER, WITH_DRIVER, "searching",
                       FREE("seats"), TRANSFER("penalty"), unseat(PROVIDER),
                       lines="driver_cancellation", fault=PROVIDER,
                       asks=[Ask("reason", required=False)]),
            Transition("driver_lost", CLOCK, ("accepted", "arriving"), "searching",
                       FREE("seats"), unseat(PROVIDER), after=t.pick_up, fault=PROVIDER),
            # the ride
            Transition("start", PROVIDER, "arrived", "started", asks=[Ask("code")]),
            Transition("finish", PROVIDER, "started", "completed", FREE("seats"), CAPTURE,
                       lines="finish", failed="unpaid",
                       asks=[tolls, collected, Ask("stops", "number", required=False),
                             Ask("metres", "number", required=False),
                             Ask("seconds", "number", required=False)]),
            Transition("ride_over", CLOCK, "started", "completed", FREE("seats"), CAPTURE,
                       lines="finish", failed="unpaid", after=t.ride, asks=[collected]),
            Transition("settle", CLOCK, "completed", "settled", SETTLE, after=t.settle),
            # the ways it ends otherwise
            Transition("cancel", CUSTOMER, WITHOUT_DRIVER, "cancelled", VOID,
                       asks=[Ask("reason", required=False)]),
            Transition("cancel", CUSTOMER, WITH_DRIVER, "cancelled",
                       FREE("seats"), CAPTURE, SETTLE, lines="cancellation", failed="unpaid",
                       asks=[Ask("reason", required=False)]),
            Transition("no_show", PROVIDER, "arrived", "no_show",
                       FREE("seats"), CAPTURE, SETTLE, lines="no_show", failed="unpaid",
                       fault=CUSTOMER, not_before=waited),
            Transition("nobody_came", CLOCK, "arrived", "cancelled", FREE("seats"), VOID,
                       after=t.waiting),
            Transition("call_off", OPERATOR, (*WITHOUT_DRIVER, *WITH_DRIVER, "started"),
                       "cancelled", FREE("seats"), VOID, asks=[Ask("reason")]),
            # money that does not come
            Transition("hold_died", PAYMENT_PROVIDER, WITHOUT_DRIVER, "expired",
                       on="hold_expired"),
            Transition("hold_died", PAYMENT_PROVIDER, (*WITH_DRIVER, "started"), "unpaid",
                       FREE("seats"), on="hold_expired"),
            Transition("book_dues", CLOCK, "unpaid", "settled", VOID, TRANSFER,
                       after=t.dues, fault=CUSTOMER),
        ],
    )  # fmt: skip


def tip() -> Process:
    """After the ride: all of it for the driver."""
    return Process(
        "tip",
        start="offered",
        final={"tipped", "refused"},
        purses=(Purse("tip"),),
        follows=("settled",),
        within=14 * DAY,
        opened_by=(CUSTOMER,),
        transitions=[
            Transition("tip", CUSTOMER, "offered", "tipped", CHARGE("tip"), SETTLE("tip"),
                       failed="refused", needs_customer="challenged"),
            Transition("confirm", CUSTOMER, "challenged", "tipped", CHARGE("tip"), SETTLE("tip"),
                       failed="refused", needs_customer="challenged"),
            Transition("give_up", CLOCK, "challenged", "refused", after=HOUR),
        ],
    )  # fmt: skip


def ride_adjustment() -> Process:
    """The operator also corrects what was reported: the frozen rules then price it again."""
    correct = Transition(
        "correct", OPERATOR, "found", "adjusted", REVERSE, REFUND, SETTLE,
        lines="correction",
        asks=[Ask("reason"), Ask("tolls", "money", required=False),
              Ask("stops", "number", required=False), Ask("metres", "number", required=False),
              Ask("seconds", "number", required=False)],
    )  # fmt: skip
    return adjustment("settled", "no_show", "cancelled", more=[correct])


def lost_item() -> Process:
    """Something was left in the vehicle: found, brought for a fee, or not found."""
    return Process(
        "lost_item",
        start="missing",
        final={"returned", "not_found"},
        purses=(Purse("price"),),
        follows=("settled",),
        within=30 * DAY,
        opened_by=(CUSTOMER,),
        transitions=[
            Transition("report", CUSTOMER, "missing", "reported", asks=[Ask("what")]),
            Transition("found", PROVIDER, "reported", "found", asks=[Ask("where", required=False)]),
            Transition("not_there", (PROVIDER, CLOCK), "reported", "not_found", after=7 * DAY),
            Transition("received", CUSTOMER, "found", "returned", CHARGE, SETTLE,
                       failed="unpaid", needs_customer="unpaid"),
            Transition("pay", CUSTOMER, "unpaid", "returned", CHARGE, SETTLE,
                       failed="unpaid", needs_customer="unpaid"),
            Transition("close", CLOCK, ("found", "unpaid"), "returned", after=14 * DAY),
        ],
    )  # fmt: skip


def incident() -> Process:
    """Something went wrong on the ride; the operator looks at it."""
    return Process(
        "incident",
        start="noticed",
        final={"closed"},
        purses=(),
        follows=("settled", "cancelled", "no_show"),
        within=90 * DAY,
        opened_by=(CUSTOMER, PROVIDER),
        transitions=[
            Transition("report", (CUSTOMER, PROVIDER), "noticed", "reported", asks=[Ask("what")]),
            Transition("look_into", OPERATOR, "reported", "investigated"),
            Transition("close", (OPERATOR, CLOCK), ("reported", "investigated"), "closed",
                       asks=[Ask("outcome", required=False)], after=30 * DAY),
        ],
    )  # fmt: skip


def trip_share() -> Process:
    """Somebody else may follow the ride on a map while it lasts."""
    return Process(
        "trip_share",
        start="wished",
        final={"over"},
        purses=(),
        follows=(*WITH_DRIVER, "started"),
        opened_by=(CUSTOMER,),
        transitions=[
            Transition("share", CUSTOMER, "wished", "shared", asks=[Ask("with_whom")]),
            Transition("stop", (CUSTOMER, CLOCK), "shared", "over", after=12 * HOUR),
        ],
    )  # fmt: skip


FOLLOW_UPS = (tip, ride_adjustment, lost_item, incident, trip_share)
