"""What a payment provider tells a town by itself: delivered, forged, and looked at afterwards."""

import json
from typing import Any

from marketplace import (
    OPERATOR,
    Marketplace,
    Payment,
    Purpose,
    Receipt,
    ReceivedNotice,
    Transaction,
)
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import Town

Sent = tuple[bytes, dict[str, str]]


def deliver(town: Town, *sent: Sent) -> list[Receipt]:
    """Deliver these, or else all that was not told yet, in order."""
    return [
        town.market.payments.receive("sandbox", body, headers)
        for body, headers in sent or town.sandbox.notices()
    ]


def made_up(sandbox: Sandbox, about: str, *, kind: str = "made.up", **more: Any) -> Sent:
    """A notice about something, rightly signed."""
    told = {"id": "made_up", "kind": kind, "about": about, "account": None, **more}
    told = {"at": sandbox.now().isoformat(), "live": sandbox.live, **told}
    body = json.dumps(told).encode()
    return body, sandbox.signed(body)


def payment(town: Town, ride: Transaction) -> Payment:
    """The ride's payment of its price."""
    return next(
        one
        for one in town.market.transactions.payments(ride.id, by=OPERATOR)
        if one.purse == "price"
    )


def charge(town: Town, ride: Transaction) -> str:
    """What the sandbox calls the ride's payment."""
    reference = payment(town, ride).reference
    assert reference is not None
    return reference


def inbox(market: Marketplace) -> list[ReceivedNotice]:
    """Every notice that was taken or set aside."""
    return list(market.payments.notices(by=OPERATOR, limit=500))


def kinds(town: Town, kind: str) -> int:
    """How many journals of a kind there are."""
    with town.market.context.store.begin(write=False) as work:
        return sum(one.kind == kind for one in work.ledger.journals(limit=100_000))


def agrees(town: Town) -> bool:
    """What the books say lies with the payment provider lies there."""
    return town.sandbox.balance("NPR").amount == town.house(Purpose.PROCESSOR_CLEARING)
