"""Drop-shipping: a seller sells what a supplier sends, in a deal beside the order that its customer
never sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marketplace import (
    CLOCK,
    CONFIRM,
    CUSTOMER,
    DAY,
    FREE,
    OPERATOR,
    ORIGIN,
    PROVIDER,
    TRANSFER,
    USE,
    Ask,
    FactsQuestion,
    Item,
    LinkPlan,
    LinkQuestion,
    Listing,
    ListingQuestion,
    Process,
    Reason,
    Transition,
    opens,
    takes,
    tells,
)
from marketplace.plugins.goods.settings import GoodsTimes

SUPPLY = "supply"
SUPPLIED_ORDER = "supplied_order"
_WITHDRAW, _PASS_ON = takes(SUPPLY, "withdraw"), takes(SUPPLY, "pass_on")
_BESIDE = {
    "pay": opens(SUPPLY),
    **dict.fromkeys(("withdraw", "refuse", "not_confirmed", "call_off"), _WITHDRAW),
    "too_late": _WITHDRAW,
    **dict.fromkeys(("receive", "keep_silent", "drop", "not_sent"), _PASS_ON),
}
_FROM_BELOW = ("confirm", "deliver")
_NOT_HERE = ("short",)
"""Rows an order with a supply does not have: a link moves all of a deal, never a part of it."""


def supplied(rows: Iterable[Transition]) -> list[Transition]:
    """The rows of an order with its supply beside it: opened, withdrawn, passed on, listened to.

    It is sent whole or called off: a seller is not short of what a supplier has.
    """
    found = []
    for row in rows:
        if row.name in _NOT_HERE:
            continue
        who = (*row.who, ORIGIN) if row.name in _FROM_BELOW else row.who
        link = _BESIDE.get(row.name)
        effects = row.effects if link is None else (*row.effects, link)
        found.append(row.changed(who=who, effects=effects))
    return found


def supply(times: GoodsTimes | None = None) -> Process:
    """What a seller buys of a supplier, who sends it to the customer of the seller's order.

    It holds no money: the seller owes once his own customer has paid him, and at the latest some
    time after it was sent, for no proof rests on another deal.
    """
    times = times or GoodsTimes()
    undone = (tells("refuse"), tells("call_off"))
    sent = ("shipped", "delivered")
    return Process(
        SUPPLY,
        "drawn_up",
        {"passed_on", "declined"},
        [
            Transition("place", ORIGIN, "drawn_up", "placed"),
            Transition("forget", CLOCK, "drawn_up", "declined", after=DAY),
            Transition("accept", PROVIDER, "placed", "accepted", CONFIRM("stock"),
                       tells("confirm")),
            Transition("decline", (PROVIDER, CLOCK), "placed", "declined", *undone,
                       fault=PROVIDER, after=times.supply_answer),
            Transition("withdraw", (CUSTOMER, ORIGIN), ("placed", "accepted"), "declined",
                       FREE("stock"), fault=CUSTOMER),
            Transition("delay", CLOCK, "accepted", "declined", FREE("stock"), *undone,
                       fault=PROVIDER, after=times.supply_sent),
            Transition("ship", PROVIDER, "accepted", "shipped", USE("stock"), tells("ship"),
                       asks=[Ask("parcel", max_length=100)]),
            Transition("deliver", PROVIDER, "shipped", "delivered", tells("deliver"),
                       asks=[Ask("evidence")]),
            Transition("pass_on", (CUSTOMER, ORIGIN, OPERATOR), sent, "passed_on", TRANSFER),
            Transition("due", CLOCK, sent, "passed_on", TRANSFER, after=times.supply_due),
        ],
        review_after=("passed_on",),
    )  # fmt: skip


def supplier(listing: Listing | None) -> Mapping[str, Any] | None:
    """What a listing says of who sends it; None where its seller does."""
    return None if listing is None else listing.attributes.get("supplier")


def supplied_by(question: LinkQuestion) -> LinkPlan | None:
    """The supply of an order: the seller buys as many of the supplier's article."""
    listing, request = question.listing, question.request
    said = supplier(listing)
    seller = next((one.party_id for one in question.seats if one.role == PROVIDER.name), None)
    if listing is None or said is None or request is None or seller is None:
        return None
    article = question.work.get(Listing, said["listing"])
    where = request.attributes.get("ship_to")
    bought = [one.item for one in question.transaction.items] or [
        Item(listing.id, request.quantity)
    ]
    custom = "custom" if article.attributes.get("custom") else ""
    items = [
        Item(
            article.id,
            one.quantity,
            said.get("variant", one.option),
            {name: value for name, value in one.attributes.items() if name == custom},
        )
        for one in bought
    ]
    return LinkPlan(
        {CUSTOMER.name: seller, PROVIDER.name: article.provider_id},
        items=items,
        attributes={} if where is None else {"ship_to": where},
    )


def supplier_faults(question: ListingQuestion, processes: Sequence[Process]) -> Sequence[Reason]:
    """Why an article cannot be supplied by whom it names."""
    listing = question.listing
    said = supplier(listing)
    if said is None:
        return []
    article = question.work.find(Listing, id=said["listing"])
    found = []
    if all(one.name != SUPPLIED_ORDER for one in processes):
        found.append(Reason("goods_no_suppliers_here"))
    if article is None or article.vertical != listing.vertical or article.state != "published":
        found.append(Reason("goods_unknown_supplier", {"listing": said["listing"]}))
    elif article.provider_id == listing.provider_id:
        found.append(Reason("goods_own_supplier"))
    elif article.currency != listing.currency:
        params = {"currency": article.currency, "listing": listing.currency}
        found.append(Reason("goods_supplier_currency", params))
    elif supplier(article) is not None:
        found.append(Reason("goods_supplier_supplied"))
    if {"digital", "parts"} & {name for name, value in listing.attributes.items() if value}:
        found.append(Reason("goods_supplied_from_stock"))
    return found


def facts(question: FactsQuestion) -> Mapping[str, Any]:
    """What a supplier tells, kept so that the order can be told later, too."""
    told = ("parcel", "evidence")
    return {name: question.asks[name] for name in told if name in question.asks}
