"""What a deal is about: the listings of its quote, one or several, and how a basket is parted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from marketplace.app.door import Act
from marketplace.domain.item import Item, Numbered, PricedItem, TransactionItem
from marketplace.domain.listing import Listing
from marketplace.domain.party import Party
from marketplace.domain.quote import Quote
from marketplace.domain.request import Request
from marketplace.domain.reservation import Resource
from marketplace.domain.transaction import Transaction
from marketplace.domain.vertical import Vertical
from marketplace.errors import Conflict, Forbidden, InvalidInput, NotFound


def listings_of(act: Act, items: Iterable[Item]) -> dict[str, Listing]:
    """The listings that items name, by their ids; what is not there is not in it."""
    ids = sorted({item.listing_id for item in items})
    found = act.work.select(Listing, {"id": ids}, limit=len(ids)) if ids else []
    return {one.id: one for one in found}


def check_items(act: Act, request: Request) -> tuple[PricedItem, ...]:
    """The items with their listings; raises for one that nobody can ask for, naming its number."""
    known = listings_of(act, request.items)
    found: list[PricedItem] = []
    for number, item in enumerate(request.items, 1):
        listing = known.get(item.listing_id)
        wrong = listing is None or listing.state != "published"
        if listing is None or wrong or listing.vertical != request.vertical:
            raise NotFound(f"no listing {item.listing_id!r}", params={"item": number})
        if listing.provider_id == request.customer_id:
            raise Forbidden(
                "a party cannot deal with itself", code="self_dealing", params={"item": number}
            )
        if listing.currency != request.currency:
            raise InvalidInput(
                f"item {number} is priced in {listing.currency}, not in {request.currency}",
                code="currency_mismatch",
                params={"item": number, "listing": listing.currency, "request": request.currency},
            )
        found.append(PricedItem(number, item, listing))
    return tuple(found)


def numbered(request: Request, quote: Quote) -> tuple[Numbered, ...]:
    """The items of a quote, each with its number in the request."""
    return tuple(Numbered(number, request.items[number - 1]) for number in quote.items)


def held_out(
    act: Act,
    request: Request,
    quote: Quote,
    items: Sequence[Numbered],
    known: Mapping[str, Listing],
) -> list[Listing]:
    """The listings that are dealt on, with these items of the quote; some may be ``known``.

    Raises ``Conflict`` when one is held out no more.
    """
    ids = [one.item.listing_id for one in items]
    if not items and (named := quote.listing_id or request.listing_id) is not None:
        ids = [named]
    wares = [known.get(one) or act.work.get(Listing, one) for one in sorted(set(ids))]
    for one in wares:
        if one.state != "published":
            numbers = [each.number for each in items if each.item.listing_id == one.id]
            raise Conflict(
                f"this listing is {one.state}; take another one",
                code="listing_over",
                params={"listing": one.id, "items": numbers},
            )
    return wares


def priced(items: Iterable[Numbered], wares: Iterable[Listing]) -> tuple[PricedItem, ...]:
    """Items of a deal with their listings, which are all among the wares."""
    known = {one.id: one for one in wares}
    return tuple(PricedItem(one.number, one.item, known[one.item.listing_id]) for one in items)


def lock_listings(act: Act, asked: Sequence[tuple[Request, Quote]]) -> dict[str, Listing]:
    """Lock all that is dealt on in the order of the ids: so two that buy the same things in another
    order wait for each other in turn, and never in a ring."""
    ids: set[str] = set()
    for request, quote in asked:
        ids.update(request.items[number - 1].listing_id for number in quote.items)
        ids.update(one for one in (quote.listing_id, request.listing_id) if one is not None)
    act.work.gather(Resource, "listing_id", ids)
    locked = act.work.select(Listing, {"id": sorted(ids)}, limit=max(len(ids), 1), lock=True)
    act.work.gather(Party, "id", {one.provider_id for one in locked})
    return {one.id: one for one in locked}


def shared(wares: Sequence[Listing]) -> Listing | None:
    """The listing that a deal is about, if it is about one alone."""
    return wares[0] if len(wares) == 1 else None


def parted(act: Act, vertical: Vertical, request: Request) -> list[tuple[str, list[PricedItem]]]:
    """A basket's parts, each a deal: one for each seller, and for what the trade keeps apart."""
    known = listings_of(act, request.items)
    parts: dict[tuple[str, str], list[PricedItem]] = {}
    for number, item in enumerate(request.items, 1):
        listing = known.get(item.listing_id)
        if listing is None or listing.state != "published":
            raise NotFound(f"no listing {item.listing_id!r}", params={"item": number})
        part = "" if vertical.part is None else vertical.part(item, listing)
        priced = PricedItem(number, item, listing)
        parts.setdefault((listing.provider_id, part), []).append(priced)
    return [(part, items) for (_, part), items in parts.items()]


def items_of(act: Act, transaction: Transaction) -> tuple[PricedItem, ...]:
    """The items of a deal with their listings as they are now."""
    known = listings_of(act, [one.item for one in transaction.items])
    return priced(transaction.items, known.values())


def index_of(transaction: Transaction) -> list[TransactionItem]:
    """Its items as they can be asked for by listing."""
    return [
        TransactionItem(
            transaction.id, one.number, one.item.listing_id, one.item.quantity, one.item.option
        )
        for one in transaction.items
    ]
