"""Requests: what customers ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace.app import needs
from marketplace.app.asking import MOST
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.listings import checked_attributes
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import check_size
from marketplace.app.wares import check_items
from marketplace.domain.books import Timer
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.item import Item, PricedItem
from marketplace.domain.listing import Listing
from marketplace.domain.money import whole
from marketplace.domain.place import Place
from marketplace.domain.question import RequestQuestion
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request, RequestState
from marketplace.domain.span import optional_utc
from marketplace.errors import (
    Forbidden,
    IllegalTransition,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Refused,
    StaleVersion,
)

REQUEST = "request"


class Requests:
    """The verbs of requests."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def open(
        self,
        vertical: str,
        *,
        by: By,
        currency: str,
        listing: str | None = None,
        place: Place | None = None,
        to: Place | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        quantity: int = 1,
        expires_at: datetime | None = None,
        attributes: Mapping[str, Any] | None = None,
        items: Sequence[Item] = (),
        key: str | None = None,
    ) -> Request:
        """Ask for something: of one listing, or of anybody who can serve; or for a basket of items
        of several listings, which may be several sellers'.

        Raises ``InvalidInput``, ``NotFound``, or ``Refused`` with the plugins' reasons.
        """

        def do(act: Act) -> Request:
            fields = checked_attributes(self._context, vertical, "request", attributes)
            begins, ends = _asked(currency, quantity, start, end)
            if items and (listing is not None or quantity != 1):
                raise InvalidInput("a basket's items name the listings and quantities; give either")
            target = None if listing is None else _published(act, listing)
            if target is not None:
                check_currency(target, currency)
            request = Request(
                id=act.context.ids.new("request"),
                vertical=vertical,
                customer_id=act.me(),
                currency=currency,
                created_at=act.at,
                listing_id=listing,
                place=place,
                to=to,
                start=begins,
                end=ends,
                quantity=quantity,
                expires_at=optional_utc(expires_at),
                attributes=fields,
                items=self._checked(vertical, items),
            )
            self._refuse(act, request, target, check_items(act, request))
            act.work.add(request)
            if request.expires_at is not None:
                timer = Timer(REQUEST, request.id, "expire", request.expires_at)
                act.work.timers.arm([timer])
            act.about(request.id)
            act.emit("request.opened", request.id, {"vertical": vertical}, [request.customer_id])
            return request

        body: dict[str, Any] = {
            "vertical": vertical,
            "currency": currency,
            "listing": listing,
            "place": place,
        }
        body |= {"to": to, "start": start, "end": end, "quantity": quantity}
        body |= {"expires_at": expires_at, "attributes": attributes}
        body |= {"items": tuple(items)} if items else {}
        return self._door.run("requests.open", by, do, body=body, key=key)

    def _checked(self, vertical: str, items: Sequence[Item]) -> tuple[Item, ...]:
        """The items, if each can be asked for: by its quantity and by the trade's schema."""
        most = self._context.limits.items
        if len(items) > most:
            raise LimitExceeded(f"a basket has {most} items at most", params={"limit": most})
        checked = []
        for number, item in enumerate(items, 1):
            if not isinstance(item, Item) or not isinstance(item.option, str):
                raise InvalidInput(f"item {number} is an Item, not {item!r}")
            if not 1 <= whole(item.quantity, "a quantity") <= MOST:
                raise InvalidInput(f"item {number} is wanted 1 to {MOST} times")
            fields = checked_attributes(self._context, vertical, "item", item.attributes)
            checked.append(evolve(item, attributes=fields))
        check_size({"items": checked}, self._context.limits.attributes)
        return tuple(checked)

    def change(
        self,
        request_id: str,
        *,
        by: By,
        items: Sequence[Item] | None = None,
        attributes: Mapping[str, Any] | None = None,
        version: int | None = None,
        key: str | None = None,
    ) -> Request:
        """Change what an open request asks for; quotes made before are for another asking.

        ``version`` guards against changing what has changed since it was read.
        """

        def do(act: Act) -> Request:
            request = own_request(act, request_id)
            act.about(request_id, request)
            if request.state != "open":
                raise IllegalTransition(f"only an open request is changed: {request.state}")
            if version is not None and request.version != version:
                raise StaleVersion(
                    f"request {request_id} is at version {request.version}, you read {version}",
                    params={"version": request.version},
                )
            fields: dict[str, Any] = {}
            if attributes is not None:
                fields["attributes"] = checked_attributes(
                    self._context, request.vertical, "request", attributes
                )
            if items is not None:
                if bool(items) != bool(request.items):
                    raise InvalidInput("a basket has at least one item, and only a basket has any")
                fields["items"] = self._checked(request.vertical, items)
            changed = evolve(request, **fields)
            priced = check_items(act, changed)
            question = RequestQuestion(changed, None, act.actor, act.work, act.at, priced)
            _raise(act.context.hooks.refuse_request(question))
            act.emit(
                "request.changed", request.id, {"fields": sorted(fields)}, [act.actor.party_id]
            )
            return act.work.save(changed)

        body = {"request": request_id, "items": items, "attributes": attributes, "version": version}
        return self._door.run("requests.change", by, do, body=body, key=key)

    def _refuse(
        self, act: Act, request: Request, target: Listing | None, items: Sequence[PricedItem]
    ) -> None:
        if target is not None and target.provider_id == request.customer_id:
            raise Forbidden("a party cannot deal with itself", code="self_dealing")
        most = self._context.limits.open_requests
        mine = {"customer_id": request.customer_id, "state": "open"}
        if len(act.work.select(Request, mine, limit=most)) >= most:
            raise LimitExceeded(
                f"a party may have {most} open requests; withdraw one first",
                params={"limit": most},
            )
        question = RequestQuestion(request, target, act.actor, act.work, act.at, items)
        _raise(act.context.hooks.refuse_request(question))

    def withdraw(self, request_id: str, *, by: By, key: str | None = None) -> Request:
        """The customer wants it no more; nothing was agreed yet."""

        def do(act: Act) -> Request:
            request = own_request(act, request_id)
            act.about(request_id, request)
            if request.state != "open":
                raise IllegalTransition(f"only an open request is withdrawn: {request.state}")
            return end_request(act, request, "withdrawn")

        return self._door.run("requests.withdraw", by, do, body={"request": request_id}, key=key)

    def get(self, request_id: str, *, by: By) -> Request:
        """One's own request; a provider sees those made to its listing, and what its trade shows
        of a need that is open to all."""
        with self._reader.read(by) as view:
            request = view.work.find(Request, id=request_id)
            if request is not None and not view.own(request.customer_id):
                request = needs.for_a_provider(view, request)
            if request is None:
                raise NotFound(f"no request {request_id!r}")
            return request

    def needs(
        self, vertical: str, *, by: By, after: str | None = None, limit: int = 50
    ) -> Page[Request]:
        """What is wanted of anybody, for providers of the trade to make offers for.

        They read of it what ``Vertical.open_needs`` names. Raises ``Forbidden`` for others.
        """
        with self._reader.read(by) as view:
            return needs.of_the_trade(view, self._context.vertical(vertical), after, limit)

    def list(
        self,
        *,
        by: By,
        customer: str | None = None,
        state: RequestState | None = None,
        vertical: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Request]:
        """The actor's own requests; the operator sees all. A filter never widens the scope."""
        with self._reader.read(by) as view:
            where = view.scope("customer_id", customer, state=state, vertical=vertical)
            return view.page(Request, where, after=after, limit=limit)


def _raise(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise Refused(
            f"this request is refused: {', '.join(reason.code for reason in reasons)}",
            reasons=tuple(reasons),
        )


def check_currency(listing: Listing, currency: str) -> None:
    """A listing's attributes are amounts in its own currency: nothing else is priced by them."""
    if listing.currency != currency:
        raise InvalidInput(
            f"listing {listing.id} is priced in {listing.currency}, not in {currency}",
            code="currency_mismatch",
            params={"listing": listing.currency, "request": currency},
        )


def _asked(
    currency: str, quantity: int, start: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """The times in UTC; raises ``InvalidInput`` for what nobody can ask for."""
    exponent(currency)
    if not 1 <= whole(quantity, "a quantity") <= MOST:
        raise InvalidInput(f"a quantity lies between 1 and {MOST}, not {quantity}")
    start, end = optional_utc(start), optional_utc(end)
    if start is not None and end is not None and end <= start:
        raise InvalidInput(f"a request must end after it starts: {start} to {end}")
    return start, end


def own_request(act: Act, request_id: str) -> Request:
    """The request, if the actor is its customer or impersonal; else ``NotFound``."""
    request = act.work.get(Request, request_id)
    if act.actor.party_id is not None and request.customer_id != act.actor.party_id:
        raise NotFound(f"no request {request_id!r}")
    return request


def end_request(act: Act, request: Request, state: RequestState) -> Request:
    """Bring a request to a final state."""
    if request.expires_at is not None:
        act.work.timers.clear(REQUEST, [request.id])
    act.emit(f"request.{state}", request.id, {}, [request.customer_id])
    return act.work.save(evolve(request, state=state))


def _published(act: Act, listing_id: str) -> Listing:
    listing = act.work.find(Listing, id=listing_id)
    if listing is None or listing.state != "published":
        raise NotFound(f"no listing {listing_id!r}")
    return listing
