"""Quotes: what it costs, line by line, good for a while, bound to what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace.app.bargaining import TERMS, Bargain, refuse_unagreed
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door, looked_at
from marketplace.app.reading import Page, Reader, View
from marketplace.app.requests import check_currency, own_request
from marketplace.app.wares import parted
from marketplace.domain.currency import exponent
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.hashing import canonical, digest_of_text, plain
from marketplace.domain.item import PricedItem
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.question import PolicyQuestion, PricingQuestion, RateQuestion
from marketplace.domain.quote import Line, Quote, customer_owes, recompute
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.transaction import Terms, Transaction
from marketplace.errors import Conflict, IllegalTransition, InvalidInput, NotFound, Refused


@frozen
class Asking:
    """What was asked, to be hashed with whom it is asked of: another asking needs another quote."""

    request: Request
    text: str
    """Its canonical JSON, as it was when it was opened: a basket has a hash for each seller."""

    @classmethod
    def of(cls, request: Request) -> Asking:
        """The asking of a request as it is now."""
        asked: Any = evolve(request, state="open", version=1, expires_at=None)
        if not request.items:
            # What names no items has the hash that it had before there were any.
            asked = plain(asked)
            del asked["items"]
        return cls(request, canonical(asked))

    def hash(self, listing_id: str | None, part: Sequence[str] = ()) -> str:
        """The hash of the asking from one side: a listing, or a seller and a part of its own."""
        named = f'"part":{canonical(list(part))},' if part else ""
        return digest_of_text(f'{{"listing":{canonical(listing_id)},{named}"request":{self.text}}}')


def price(
    act: Act,
    request: Request,
    listing_id: str | None = None,
    *,
    bargain: Bargain | None = None,
    currency: str | None = None,
) -> Quote:
    """Make and keep a quote; ``bargain`` is what somebody named instead of the rules, and
    ``currency`` what the customer pays in.

    Raises ``InvalidInput`` when the lines make no price, naming the plugin where it can.
    """
    context = act.context
    vertical = context.vertical(request.vertical)
    if request.items:
        raise InvalidInput("a basket is priced part by part; use quotes.make_each")
    listing_id = listing_id or request.listing_id
    listing = None if listing_id is None else act.work.get(Listing, listing_id)
    if listing is not None:
        check_currency(listing, request.currency)
    first = () if bargain is None else bargain.lines(context, request)
    named = bargain is not None and bargain.price is not None
    proposal = context.price(
        PricingQuestion(
            occasion="negotiated" if named else "quote",
            vertical=request.vertical,
            currency=request.currency,
            work=act.work,
            at=act.at,
            request=request,
            listing=listing,
            actor=act.actor,
            asks={} if bargain is None else bargain.asks(),
            lines=first,
        )
    )
    check_lines(proposal.lines, request.currency)
    policies = context.hooks.propose_policies(
        PolicyQuestion(request.vertical, request, listing, act.work, act.at, lines=proposal.lines)
    )
    quote = Quote(
        id=context.ids.new("quote"),
        request_id=request.id,
        listing_id=listing_id,
        currency=request.currency,
        lines=proposal.lines,
        created_at=act.at,
        expires_at=act.at + vertical.quote_lives,
        subject_hash=Asking.of(request).hash(listing_id),
        policies={**policies, **({} if bargain is None else {TERMS: dict(bargain.terms)})},
        for_party_id=request.customer_id,
        reasons=tuple(proposal.reasons),
    )
    quote = at_rate(quote, rate_for(act, request, currency))
    act.work.add(quote)
    return quote


AT_RATE = "paid_at_rate"
"""The reason of a quote, and of the deal on it, that tells its rate."""
_RATE = ("source", "target", "numerator", "denominator", "name")


def at_rate(quote: Quote, rate: Rate | None) -> Quote:
    """The quote as it is shown to whoever pays in another currency, and why it is so much."""
    if rate is None:
        return quote
    shown = evolve(quote, rate=rate)
    said = {
        "shown": plain(shown.shown),
        "price": plain(quote.payin),
        "source": rate.source,
        "target": rate.target,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "name": rate.name,
        "at": rate.at.isoformat(),
    }
    return evolve(shown, reasons=(*quote.reasons, Reason(AT_RATE, said)))


def rate_of(terms: Terms) -> Rate | None:
    """The rate at which a deal was sold; None where it is paid in its own currency alone."""
    for one in terms.reasons:
        if one.code == AT_RATE and not one.plugin:
            said = {name: one.params[name] for name in _RATE}
            return Rate(**said, at=datetime.fromisoformat(str(one.params["at"])))
    return None


def rate_for(act: Act, request: Request, currency: str | None) -> Rate | None:
    """At which rate a price is paid in a currency; None where it is the price's own.

    Raises ``Refused`` where no plugin has a rate.
    """
    if currency is None or currency == request.currency:
        return None
    exponent(currency)
    question = RateQuestion(request.currency, currency, act.work, act.at, request)
    found = act.context.hooks.rate(question)
    if found is None:
        raise Refused(
            f"nobody here changes {request.currency} into {currency}; pay in {request.currency}",
            code="no_rate",
            params={"source": request.currency, "target": currency},
        )
    return found


def price_parts(act: Act, request: Request, currency: str | None = None) -> list[Quote]:
    """Make and keep a quote for each part of a basket; all are paid at one rate."""
    context, rate = act.context, rate_for(act, request, currency)
    vertical = context.vertical(request.vertical)
    parts = parted(act, vertical, request)
    questions = [
        PricingQuestion(
            occasion="quote",
            vertical=request.vertical,
            currency=request.currency,
            work=act.work,
            at=act.at,
            request=request,
            listing=_same(items),
            actor=act.actor,
            items=tuple(items),
            part=part,
            provider_id=items[0].listing.provider_id,
        )
        for part, items in parts
    ]
    quotes, asking = [], Asking.of(request)
    for asked, proposal in zip(questions, context.price_each(questions), strict=True):
        check_lines(proposal.lines, request.currency)
        listing, items = asked.listing, asked.items
        policy = PolicyQuestion(
            request.vertical,
            request,
            listing,
            act.work,
            act.at,
            items,
            asked.part,
            proposal.lines,
        )
        listing_id = None if listing is None else listing.id
        whose = (str(asked.provider_id), asked.part)
        made = Quote(
            id=context.ids.new("quote"),
            request_id=request.id,
            listing_id=listing_id,
            currency=request.currency,
            lines=proposal.lines,
            created_at=act.at,
            expires_at=act.at + vertical.quote_lives,
            subject_hash=asking.hash(listing_id, whose),
            policies=dict(context.hooks.propose_policies(policy)),
            for_party_id=request.customer_id,
            reasons=tuple(proposal.reasons),
            items=tuple(one.number for one in items),
            part=asked.part,
            provider_id=asked.provider_id,
        )
        quotes.append(at_rate(made, rate))
    act.work.add(*quotes)
    return quotes


def _same(items: Sequence[PricedItem]) -> Listing | None:
    listings = {one.listing.id: one.listing for one in items}
    return next(iter(listings.values())) if len(listings) == 1 else None


def check_lines(lines: Sequence[Line], currency: str) -> None:
    """A price never gives the customer money: discounts stop at zero."""
    for purse in {line.purse for line in lines}:
        owed = customer_owes(lines, currency, purse)
        if owed.amount < 0:
            raise InvalidInput(
                f"the discounts exceed the price of purse {purse!r} by {-owed}; "
                "a price is zero or more",
                code="negative_price",
            )


def usable(act: Act, quote_id: str, asking: Asking, *, offered: bool = False) -> Quote:
    """The quote, if it is for this asking and still good.

    Raises ``NotFound`` for somebody else's, ``Conflict`` when expired or for another asking, and
    ``IllegalTransition`` for a price that was named, unless it is to be ``offered``.
    """
    quote = act.work.find(Quote, id=quote_id)
    if quote is None or quote.request_id != asking.request.id:
        raise NotFound(f"no quote {quote_id!r}")
    refuse_stale(act, quote, asking)
    if not offered:
        refuse_unagreed([quote])
    return quote


def refuse_stale(act: Act, quote: Quote, asking: Asking) -> None:
    """Raise ``Conflict`` for a quote that has expired, or was made for another asking."""
    if quote.expires_at <= act.at:
        raise Conflict(
            f"quote expired at {quote.expires_at.isoformat()}; ask for a new one",
            code="quote_expired",
            params={"quote": quote.id},
        )
    part = () if quote.provider_id is None else (quote.provider_id, quote.part)
    if quote.subject_hash != asking.hash(quote.listing_id, part):
        raise Conflict(
            "the request changed since it was priced; ask for a new quote",
            code="quote_for_another_asking",
            params={"quote": quote.id},
        )


def _refuse_another(act: Act, request: Request, listing_id: str) -> None:
    """A request to one listing is priced by that one, any other by one that is held out."""
    found = act.work.find(Listing, id=listing_id)
    asked = request.listing_id in (None, listing_id) and found is not None
    if found is None or not asked or found.vertical != request.vertical:
        raise NotFound(f"no listing {listing_id!r} for request {request.id!r}")
    if found.state != "published":
        raise NotFound(f"no listing {listing_id!r}")


def readable(view: View, quote_id: str) -> Quote:
    """The quote, if the actor may see it: its customer, or either side of an offer with it."""
    quote = view.work.find(Quote, id=quote_id)
    if quote is not None and (view.own(quote.for_party_id or "") or _in_an_offer(view, quote)):
        return quote
    raise NotFound(f"no quote {quote_id!r}")


def _in_an_offer(view: View, quote: Quote) -> bool:
    if quote.request_id is None:
        return False
    offers = view.work.select(Offer, {"request_id": quote.request_id}, limit=1000)
    me = view.actor.party_id
    return any(one.quote_id == quote.id and me in (one.maker_id, one.taker_id) for one in offers)


class Quotes:
    """The verbs of quotes."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def make(
        self,
        request_id: str,
        *,
        by: By,
        listing: str | None = None,
        currency: str | None = None,
        key: str | None = None,
    ) -> Quote:
        """What the request costs, of this listing or of whoever takes it.

        Who pays in another ``currency`` is told the price in both, and keeps the quote's rate.
        Raises ``Refused`` where no plugin has a rate.
        """

        def do(act: Act) -> Quote:
            request = own_request(act, request_id)
            if request.state != "open":
                raise IllegalTransition(f"only an open request is priced, this is {request.state}")
            act.about(request_id, request)
            if listing is not None:
                _refuse_another(act, request, listing)
            return price(act, request, listing, currency=currency)

        body = {"request": request_id, "listing": listing}
        body |= {"currency": currency} if currency else {}
        first = [looked_at(Request, request_id)]
        return self._door.run("quotes.make", by, do, body=body, key=key, first=first)

    def make_each(
        self, request_id: str, *, by: By, currency: str | None = None, key: str | None = None
    ) -> Sequence[Quote]:
        """What a basket costs: a quote for each seller's part of it, all priced in one go, and all
        paid at one rate where the customer pays in another ``currency``."""

        def do(act: Act) -> list[Quote]:
            request = own_request(act, request_id)
            if request.state != "open":
                raise IllegalTransition(f"only an open request is priced, this is {request.state}")
            if not request.items:
                raise InvalidInput("this request names no items; use quotes.make")
            act.about(request_id, request)
            return price_parts(act, request, currency)

        body = {"request": request_id}
        body |= {"currency": currency} if currency else {}
        first = [looked_at(Request, request_id)]
        return self._door.run("quotes.make_each", by, do, body=body, key=key, first=first)

    def get(self, quote_id: str, *, by: By) -> Quote:
        """A quote of one's own, or one that an offer put to the actor (or by it) carries."""
        with self._reader.read(by) as view:
            return readable(view, quote_id)

    def list(
        self,
        *,
        by: By,
        customer: str | None = None,
        request: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Quote]:
        """Quotes made for the actor; the operator sees all. A filter never widens the scope."""
        with self._reader.read(by) as view:
            where = view.scope("for_party_id", customer, request_id=request)
            return view.page(Quote, where, after=after, limit=limit)

    def recompute(self, transaction_id: str) -> Sequence[tuple[Terms, Line, int | None]]:
        """Every frozen line of a transaction with what its rule gives today on its inputs.

        The amounts are equal for ever unless somebody changed a rule's code; None: it is gone.
        """
        with self._context.store.begin(write=False) as work:
            work.get(Transaction, transaction_id)
            chain = work.select(Terms, {"transaction_id": transaction_id}, order="version")
            return [
                (terms, line, amount)
                for terms in chain
                for line, amount in recompute(terms.lines, self._context.rules)
            ]
