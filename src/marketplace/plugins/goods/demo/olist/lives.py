"""An order's life as moments: bought, approved, sent, delivered, received, called off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum

from attrs import define, field

from marketplace import DAY, Party
from marketplace.plugins.goods.demo.olist.orders import Order
from marketplace.plugins.goods.demo.olist.shop import OrderPolicy


class Act(IntEnum):
    """What happens, in the order in which it does at one moment."""

    PLACE = 0
    CONFIRM = 1
    SHIP = 2
    DELIVER = 3
    RECEIVE = 4
    CALL_OFF = 5
    COMPLAIN = 6
    DECIDE = 7
    REVIEW = 8


@define(eq=False)
class Life:
    """An order under way."""

    order: Order
    deals: dict[str, Party] = field(factory=dict)
    """Transaction to its seller; none where the marketplace has no deal of it."""
    customer: Party | None = None


Moment = tuple[datetime, Act]


def moments(order: Order, policy: OrderPolicy) -> Iterator[Moment]:
    """When what happens to an order, as far as somebody does it: clocks do the rest."""
    yield order.bought_at, Act.PLACE
    last = order.bought_at
    if not order.items:
        if order.review is not None:
            yield max(order.review.at, last), Act.REVIEW
        return
    if order.approved_at is not None:
        last = order.approved_at
        yield last, Act.CONFIRM
    if order.carried_at is not None:
        last = order.carried_at
        yield last, Act.SHIP
    if order.state in ("canceled", "unavailable"):
        yield from _called_off(order, last)
    elif order.delivered_at is not None:
        last = order.delivered_at
        yield last, Act.DELIVER
        if order.review is not None and order.review.at < last + policy.silence:
            yield max(order.review.at, last), Act.RECEIVE
    if order.review is not None:
        yield max(order.review.at, last), Act.REVIEW


def _called_off(order: Order, last: datetime) -> Iterator[Moment]:
    """Nobody wrote down when: the day after the last that is known.

    What is under way already cannot be called off: its customer complains, and gets all of it back.
    """
    if order.carried_at is None:
        yield last + DAY, Act.CALL_OFF
        return
    at = max(order.delivered_at or last, order.promised_at or last) + DAY
    yield at, Act.COMPLAIN
    yield at + 3 * DAY, Act.DECIDE
