"""The pieces of a deal, item by item: how many were bought, and how many lie in parcels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace import FactsQuestion, Reason, Request, Transaction, TransitionQuestion, Work

ONLY = "1"
"""The number of a deal's only item, also where a listing was asked for and no basket."""

PARCELS = "parcels"
LEFT = "left"
"""What a deal keeps of its pieces once some were missing."""

Counts = Mapping[str, int]


def bought(deal: Transaction, work: Work) -> dict[str, int]:
    """What is to be sent, by the items' numbers: what was bought, less what was missing."""
    if deal.items:
        found = {str(one.number): one.item.quantity for one in deal.items}
    else:
        assert deal.request_id is not None
        found = {ONLY: work.get(Request, deal.request_id).quantity}
    return {**found, **deal.attributes.get(LEFT, {})}


def parcels(question: TransitionQuestion | FactsQuestion) -> list[dict[str, Any]]:
    """The parcels of a deal so far, each with its pieces and, once it arrived, the evidence."""
    return [dict(one) for one in question.transaction.attributes.get(PARCELS, ())]


def packed(question: TransitionQuestion | FactsQuestion) -> dict[str, int]:
    """What lies in parcels already."""
    found: dict[str, int] = {}
    for parcel in parcels(question):
        for number, count in parcel["items"].items():
            found[number] = found.get(number, 0) + count
    return found


def unpacked(question: TransitionQuestion | FactsQuestion) -> dict[str, int]:
    """What lies in no parcel yet."""
    inside = packed(question)
    pieces = bought(question.transaction, question.work)
    rest = {number: count - inside.get(number, 0) for number, count in pieces.items()}
    return {number: count for number, count in rest.items() if count}


def named(asks: Mapping[str, Any], pieces: Counts) -> dict[str, int]:
    """What a row says of pieces: of each item that it names, or of the only one there is."""
    if asks.get("items") is not None:
        return dict(asks["items"])
    return {} if asks.get("quantity") is None else dict.fromkeys(pieces, asks["quantity"])


def unclear(asks: Mapping[str, Any], pieces: Counts) -> Reason | None:
    """Why it is not clear which pieces are meant; None: it is."""
    counted, listed = asks.get("quantity") is not None, asks.get("items") is not None
    if counted == listed:
        return Reason("goods_items_or_quantity")
    if (counted and len(pieces) > 1) or not set(named(asks, pieces)) <= set(pieces):
        return Reason("goods_of_which_item", {"known": ", ".join(sorted(pieces, key=int))})
    return None


def told(counts: Counts, pieces: Counts) -> str:
    """Counts of items, as people read them: a bare number where there is one item only."""
    if len(pieces) == 1:
        return str(sum(counts.values()))
    return ", ".join(f"{counts[one]} (item {one})" for one in sorted(counts, key=int)) or "0"
