"""Groups of buyers: counted when they close, and told whether they were enough.

A row's condition cannot count other deals, so the clock counts here. Who has joined is the same at
every look: joining and leaving end when the group closes, and what was told already is counted
too. Whoever dies while telling them is followed by the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from marketplace import (
    MINUTE,
    OPERATOR,
    Act,
    Errand,
    Event,
    Marketplace,
    Outcome,
    Terms,
    Timer,
    Transaction,
    Work,
)
from marketplace.plugins.goods.pieces import bought

logger = logging.getLogger("marketplace.goods")

MOST = 100_000
"""Deals of an article that are looked at, the last ones first: so many join no group."""
AGAIN = 10 * MINUTE
JOINED = "joined"
LEAST = "least"
"""What a deal's policies call the least number of pieces of its group."""

TOLD = "reached"
"""The fact of a deal whose group was enough."""


def kind_of(trade: str) -> str:
    """The kind of what the clock looks at: groups of an article, each by when it closes."""
    return f"{trade}.group"


def joined(event: Event, work: Work, trade: str) -> None:
    """Have the group counted when it closes, once somebody has joined."""
    if event.kind != "transaction.pay" or event.data.get("to") != JOINED:
        return
    deal = work.get(Transaction, event.subject_id)
    if deal.vertical == trade and deal.listing_id is not None:
        closes = deal.moments["closes"]
        timer = Timer(kind_of(trade), deal.listing_id, closes.isoformat(), closes)
        work.timers.arm_missing([timer])


def counted(act: Act, timer: Timer) -> Errand | None:
    """Count a group that has closed; the errand tells each who joined."""
    act.about(timer.subject_id)
    group = _group(act.work, timer.subject_id, datetime.fromisoformat(timer.name))
    waiting = [one for one in group if one.state == JOINED]
    if not waiting:
        return None
    act.work.timers.arm([Timer(timer.subject_kind, timer.subject_id, timer.name, act.at + AGAIN)])
    pieces = sum(sum(bought(one, act.work).values()) for one in group)
    rows = {one.id: _row(act.work, one, pieces) for one in waiting}

    def tell(market: Marketplace) -> None:
        for deal, row in rows.items():
            try:
                market.transactions.take(deal, row, by=OPERATOR)
            except Outcome as no:
                # Somebody is at it, or says no: the others do not wait, and the next look finds
                # what is left.
                logger.info("%s is not told %s yet: %s", deal, row, no)

    return tell


def _group(work: Work, listing_id: str, closes: datetime) -> Sequence[Transaction]:
    """Who has joined: those that wait to be told, and those that were told of their luck."""
    where = {"listing_id": listing_id, "process": "group"}
    return [
        one
        for one in work.select(Transaction, where, descending=True, limit=MOST)
        if one.moments.get("closes") == closes and (one.state == JOINED or one.attributes.get(TOLD))
    ]


def _row(work: Work, deal: Transaction, pieces: int) -> str:
    """Whether they were enough by what the deal was made with."""
    terms = work.find(Terms, transaction_id=deal.id, version=1)
    assert terms is not None
    least = int(terms.policies[deal.vertical][LEAST])
    return "reached" if pieces >= least else "missed"
