"""Offers: made, countered, accepted once; whatever they leased comes back when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from marketplace.app import proposing
from marketplace.app.bargaining import Bargain, outlive, refuse_blocked, refuse_too_long
from marketplace.app.claiming import free_all
from marketplace.app.consenting import as_agreed, will_pay
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door, looked_at
from marketplace.app.engine import enter, take
from marketplace.app.opening import Opening, open_on_quote
from marketplace.app.putting import Put, announce, put_offer, search_again, tell_accepted
from marketplace.app.quotes import Asking, at_rate, price, rate_for, usable
from marketplace.app.reading import Page, Reader
from marketplace.app.seating import OFFER, end_offer, refuse_ended
from marketplace.app.texts import checked_text
from marketplace.app.transactions import Transactions
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.money import Money
from marketplace.domain.offer import Offer, OfferState
from marketplace.domain.party import OPERATOR, PROVIDER, Actor, Role
from marketplace.domain.payment import Pay, all_pays
from marketplace.domain.quote import Quote
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Transaction
from marketplace.errors import (
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
)


class Offers:
    """The verbs of offers."""

    def __init__(
        self, context: Context, door: Door, reader: Reader, transactions: Transactions
    ) -> None:
        self._context = context
        self._door = door
        self._reader = reader
        self._transactions = transactions

    def make(
        self,
        request_id: str,
        *,
        by: By,
        listing: str,
        price: Money | None = None,
        quote: str | None = None,
        pay: Pay | None = None,
        lives: timedelta | None = None,
        terms: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Offer:
        """Put terms to the other side of a request, before any transaction.

        The customer offers to a listing's provider, or a provider to the customer. The price is a
        quote's, one that the maker names, or what the rules say; ``terms`` are the trade's own,
        beside it. A customer says with ``pay`` how he pays when the provider accepts; the provider
        never sees it.
        """

        def do(act: Act) -> Offer:
            request = act.work.get(Request, request_id)
            target = act.work.get(Listing, listing)
            if quote is not None and (price is not None or terms):
                raise InvalidInput("a quote is offered as it is; name a price and terms without it")
            bargain = Bargain.of(self._context, request, price, terms)
            return self._make(act, request, target, bargain, quote, lives, pay=pay)

        body: dict[str, Any] = {
            "request": request_id,
            "listing": listing,
            "price": price,
            "quote": quote,
            "pay": pay,
            "lives": lives,
        }
        body |= {"terms": terms} if terms else {}
        return self._door.run("offers.make", by, do, body=body, key=key)

    def _make(
        self,
        act: Act,
        request: Request,
        target: Listing,
        bargain: Bargain | None,
        quote_id: str | None,
        lives: timedelta | None,
        counters: Offer | None = None,
        pay: Pay | None = None,
    ) -> Offer:
        me = act.actor.party_id or request.customer_id
        if me not in (request.customer_id, target.provider_id):
            raise NotFound(f"no request {request.id!r}")
        if target.state != "published" or request.vertical != target.vertical:
            raise NotFound(f"no listing {target.id!r}")
        if request.customer_id == target.provider_id:
            raise Forbidden("a party cannot deal with itself", code="self_dealing")
        if request.state != "open":
            raise IllegalTransition(f"this request is {request.state}; offers need an open one")
        other = target.provider_id if me == request.customer_id else request.customer_id
        refuse_blocked(act, me, other)
        act.about(request.id)
        vertical = self._context.vertical(request.vertical)
        refuse_too_long(lives, vertical)
        if quote_id is not None:
            quote = usable(act, quote_id, Asking.of(request), offered=True)
        else:
            quote = price(act, request, target.id, bargain=bargain)
        if pay is not None:
            will_pay(act, request, quote, pay)
        offer = Offer(
            id=act.context.ids.new("offer"),
            maker_id=me,
            taker_id=other,
            created_at=act.at,
            expires_at=act.at + (lives or vertical.offer_lives),
            quote_id=quote.id,
            request_id=request.id,
            listing_id=target.id,
            counters_id=None if counters is None else counters.id,
            attributes={} if bargain is None else bargain.attributes(),
        )
        act.work.add(offer)
        if quote_id is None:
            outlive(act, quote, offer.expires_at)
        announce(act, offer, vertical.offer_claims)
        return offer

    def propose(
        self,
        transaction_id: str,
        row: str,
        *,
        by: By,
        to: Role | str | None = None,
        lives: timedelta | None = None,
        key: str | None = None,
        **asks: Any,
    ) -> Offer:
        """Ask the other side of a deal to agree to a row that needs both.

        The row's fields are filled in and its price is worked out now, and both are kept with the
        offer: accepting it takes the row with exactly these. ``to`` names whom it is proposed to,
        a role or a party, where it is not the other of customer and provider. One side has one
        proposal of a row on the table; when the deal changes meanwhile, it is over.
        """

        def do(act: Act) -> Offer:
            return proposing.propose(act, transaction_id, row, asks, to=to, lives=lives)

        body = {"transaction": transaction_id, "row": row, "to": to, "lives": lives, "asks": asks}
        return self._door.run("offers.propose", by, do, body=body, key=key)

    def counter(
        self,
        offer_id: str,
        *,
        by: By,
        price: Money | None = None,
        pay: Pay | None = None,
        lives: timedelta | None = None,
        terms: Mapping[str, Any] | None = None,
        key: str | None = None,
        **asks: Any,
    ) -> Offer:
        """Answer an offer with another price or other terms; the first one is over, and what is
        not named stays. ``pay`` is as in ``make``.

        A row that was proposed is answered with other fields instead; those not named stay.
        """

        def do(act: Act) -> Offer:
            proposing.lock_deal(act, offer_id)
            offer = self._mine_to_answer(act, offer_id)
            if offer.proposed is not None and price is None and pay is None and not terms:
                return proposing.counter(act, offer, asks, lives)
            if offer.request_id is None or offer.transaction_id is not None:
                raise IllegalTransition(
                    "only offers before a transaction and proposed rows are countered"
                )
            if asks or (price is None and not terms):
                raise InvalidInput(
                    "an offer before a transaction is countered with another price or other terms"
                )
            end_offer(act, offer, "countered")
            request = act.work.get(Request, offer.request_id)
            assert offer.listing_id is not None
            target = act.work.get(Listing, offer.listing_id)
            bargain = Bargain.of(self._context, request, price, terms, offer)
            return self._make(act, request, target, bargain, None, lives, offer, pay)

        body: dict[str, Any] = {"offer": offer_id, "price": price, "pay": pay}
        body |= {"lives": lives, "asks": asks}
        body |= {"terms": terms} if terms else {}
        return self._door.run("offers.counter", by, do, body=body, key=key)

    def put_many(self, puts: Sequence[Put], *, by: By = OPERATOR) -> list[Offer]:
        """Make many offers inside transactions in one unit of work: a dispatch batch.

        An offer whose listing's attention is taken meanwhile is left out; the others stand.
        """

        def do(act: Act) -> list[Offer]:
            if act.actor.role is None:
                raise Forbidden("dispatch is the operator's or the clock's")
            made = []
            for put in puts:
                offer = put_offer(act, put)
                if offer is not None:
                    made.append(offer)
            return made

        body = {"puts": [[one.transaction_id, one.listing_id] for one in puts]}
        return self._door.run("offers.put_many", by, do, body=body)

    def accept(
        self,
        offer_id: str,
        *,
        by: By,
        pay: Pay | Sequence[Pay] = (),
        entry: str | None = None,
        currency: str | None = None,
        key: str | None = None,
        **asks: Any,
    ) -> Transaction:
        """Say yes: fill the seat in its transaction, take the row that was proposed, or open one
        on the agreed terms.

        Gives the transaction. The customer pays by ``pay``, or as his own offer said, and in
        another ``currency`` at the rate of this moment. Raises ``Expired`` for a late yes,
        ``Conflict`` when another was first.
        """
        pays = all_pays(pay)

        def do(act: Act) -> Transaction:
            proposing.lock_deal(act, offer_id)
            offer = self._mine_to_answer(act, offer_id)
            act.about(offer_id, offer)
            if currency is not None and offer.transaction_id is not None:
                raise InvalidInput("a deal that there is already is paid as it was opened")
            if offer.proposed is not None:
                agreed = proposing.agree(act, offer, as_it_is=not (pays or asks))
                return self._transactions.answered(act, agreed)
            if offer.transaction_id is not None:
                return self._transactions.answered(act, self._fill(act, offer, asks))
            opened = self._agree(act, offer, pays, entry, asks, currency)
            return self._transactions.answered(act, opened)

        body: dict[str, Any] = {"offer": offer_id, "pay": pays, "entry": entry, "asks": asks}
        body |= {"currency": currency} if currency else {}
        first = [looked_at(Offer, offer_id, lock=False)]
        agreed = self._door.run("offers.accept", by, do, body=body, key=key, first=first)
        return self._transactions.again(agreed, by)

    def _fill(self, act: Act, offer: Offer, asks: Mapping[str, Any]) -> Transaction:
        assert offer.transaction_id is not None
        act.work.gather(Seat, "transaction_id", [offer.transaction_id])
        transaction = act.work.get(Transaction, offer.transaction_id)
        row = self._context.process(transaction).seat_row(transaction.state)
        if row is None:
            raise Conflict("this transaction seats nobody any more", code="seat_taken")
        accepted = act.work.save(evolve(offer, state="accepted", ended_at=act.at))
        act.work.timers.clear(OFFER, [offer.id])
        role = Role(row.fills or PROVIDER.name)
        moved = take(act, transaction, row.name, asks, offer=accepted, role=role)
        free_all(act, "offer", offer.id)
        tell_accepted(act, accepted)
        return moved

    def _agree(
        self,
        act: Act,
        offer: Offer,
        pays: Sequence[Pay],
        entry: str | None,
        asks: Mapping[str, Any],
        currency: str | None,
    ) -> Transaction:
        assert offer.request_id is not None
        request = act.work.get(Request, offer.request_id)
        if request.state != "open":
            raise Conflict(f"this request is {request.state}", code="request_over")
        assert offer.quote_id is not None
        quote = act.work.get(Quote, offer.quote_id)
        if currency is not None and act.actor.party_id != request.customer_id:
            raise Forbidden("the customer says in which currency he pays; leave it out")
        quote = at_rate(quote, rate_for(act, request, currency))
        target = None if offer.listing_id is None else act.work.get(Listing, offer.listing_id)
        accepted = act.work.save(evolve(offer, state="accepted", ended_at=act.at))
        act.work.timers.clear(OFFER, [offer.id])
        payer = Actor(request.customer_id, on_behalf_of=act.actor.on_behalf_of)
        as_customer = evolve(act, actor=payer)
        opener = act
        if not pays and offer.maker_id == request.customer_id:
            pays, opener = as_agreed(act, request, quote), as_customer
        outset = open_on_quote(opener, Opening.on(opener, request, quote, target), pays)
        first = self._transactions.entry_row(outset.transaction, entry)
        moved = enter(as_customer, outset, first, asks, offer=accepted)
        free_all(act, "offer", offer.id)
        others = act.work.select(Offer, {"request_id": request.id, "state": "made"})
        for other in others:
            end_offer(act, other, "lost")
        tell_accepted(act, accepted)
        return moved

    def decline(self, offer_id: str, *, by: By, reason: str = "", key: str | None = None) -> Offer:
        """Say no; what it leased is free at once."""

        def do(act: Act) -> Offer:
            offer = self._mine_to_answer(act, offer_id, late=True)
            act.about(offer_id, offer)
            why = checked_text(reason, "a reason", self._context.limits.text)
            declined = end_offer(
                act, evolve(offer, attributes={**offer.attributes, "reason": why}), "declined"
            )
            search_again(act, offer)
            return declined

        body = {"offer": offer_id, "reason": reason}
        return self._door.run("offers.decline", by, do, body=body, key=key)

    def withdraw(self, offer_id: str, *, by: By, key: str | None = None) -> Offer:
        """The maker takes it back before anybody said yes."""

        def do(act: Act) -> Offer:
            offer = act.work.get(Offer, offer_id)
            if act.actor.party_id is not None and offer.maker_id != act.actor.party_id:
                raise NotFound(f"no offer {offer_id!r}")
            act.about(offer_id, offer)
            refuse_ended(offer)
            withdrawn = end_offer(act, offer, "withdrawn")
            search_again(act, offer)
            return withdrawn

        return self._door.run("offers.withdraw", by, do, body={"offer": offer_id}, key=key)

    def _mine_to_answer(self, act: Act, offer_id: str, *, late: bool = False) -> Offer:
        offer = act.work.get(Offer, offer_id)
        me = act.actor.party_id
        if me is None or offer.taker_id != me:
            if me is not None and offer.maker_id == me:
                raise Forbidden("an offer is answered by the other side; you may withdraw it")
            raise NotFound(f"no offer {offer_id!r}")
        refuse_ended(offer)
        if not late and offer.expires_at <= act.at:
            raise Expired(
                f"this offer was good until {offer.expires_at.isoformat()}",
                code="offer_expired",
                params={"expired_at": offer.expires_at.isoformat()},
            )
        return offer

    def get(self, offer_id: str, *, by: By) -> Offer:
        """An offer that one made or was made."""
        with self._reader.read(by) as view:
            offer = view.work.find(Offer, id=offer_id)
            sides = () if offer is None else (offer.maker_id, offer.taker_id)
            if offer is None or not (view.operator or view.actor.party_id in sides):
                raise NotFound(f"no offer {offer_id!r}")
            return offer

    def list(
        self,
        *,
        by: By,
        taker: str | None = None,
        maker: str | None = None,
        transaction: str | None = None,
        request: str | None = None,
        state: OfferState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Offer]:
        """Offers made to the actor (or by it, with ``maker``); the operator sees all."""
        with self._reader.read(by) as view:
            where: dict[str, Any] = {}
            if maker is not None:
                where["maker_id"] = view.own(maker)
            if taker is not None or (maker is None and not view.operator):
                where["taker_id"] = view.own(taker or view.party_id)
            for field, value in (("transaction_id", transaction), ("request_id", request)):
                if value is not None:
                    where[field] = value
            if state is not None:
                where["state"] = state
            return view.page(Offer, where, after=after, limit=limit)
