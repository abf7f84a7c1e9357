"""What becomes of orders, counted in the commit in which it happens: each figure of a deal once."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import CLOCK, ORIGIN, PROVIDER, Event, Seat, Transaction, Work
from marketplace.plugins.goods.tables import tables_of

COUNTED = ("orders", "handled", "late", "cancelled", "lost", "complaints", "defects")
PAID = ("pay", "pay_1")
HANDED = ("ship", "hand_over", "show_1")
ENDED = ("refuse", "call_off", "not_confirmed", "too_late", "not_handed")
LOST = ("lost",)
COMPLAINED = ("complain", "reject_1")
GIVEN_IN = ("short", "give_in", "no_answer", "take_back", "resend", "decide_return", "no_decision")
"""A complaint that ended so was right; one that was split or dropped tells nothing."""


def figures(event: Event) -> list[str]:
    """What a row of an order counts for its seller."""
    row = str(event.data.get("row", ""))
    if event.data.get("outcome") != "done":
        return []
    if row in ENDED or row.startswith("not_made_"):
        # Who said nothing until the clock ended it was late; who said so, or has it from a supplier
        # who did, called it off. What the operator ends tells nothing of a seller.
        meant_by = {CLOCK.name: ["late"], PROVIDER.name: ["cancelled"], ORIGIN.name: ["cancelled"]}
        return meant_by.get(str(event.data.get("by")), [])
    meant = {
        "orders": PAID,
        "handled": HANDED,
        "lost": LOST,
        "complaints": COMPLAINED,
        "defects": (*GIVEN_IN, *LOST),
    }
    return [figure for figure, rows in meant.items() if row in rows]


def count(event: Event, work: Work, trade: str) -> None:
    """Keep what an event says of a seller; hearing it again changes nothing."""
    told = figures(event)
    if not told:
        return
    deal = work.find(Transaction, id=event.subject_id)
    if deal is None or deal.vertical != trade or deal.origin_id is not None:
        return
    seats = work.select(Seat, {"transaction_id": deal.id, "role": PROVIDER.name}, order="party_id")
    table = tables_of(work).figure
    for seller in seats[:1]:
        for figure in told:
            handled = figure == "handled"
            row = {
                "transaction_id": deal.id,
                "figure": figure,
                "party_id": seller.party_id,
                "day": event.at.date().isoformat(),
                "amount": int((event.at - deal.created_at).total_seconds()) if handled else 1,
            }
            made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
            work.connection.execute(made.values(row).on_conflict_do_nothing())


def summed(work: Work, party_id: str, first: date, last: date) -> dict[str, tuple[int, int]]:
    """For each figure of a seller's: how many deals, and the sum of its amounts."""
    table = tables_of(work).figure
    found = (
        sa.select(table.c.figure, sa.func.count(), sa.func.sum(table.c.amount))
        .where(table.c.party_id == party_id)
        .where(table.c.day.between(first.isoformat(), last.isoformat()))
        .group_by(table.c.figure)
    )
    rows = work.connection.execute(found).all()
    return {figure: (int(count), int(total)) for figure, count, total in rows}
