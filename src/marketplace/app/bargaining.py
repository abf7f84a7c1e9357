"""What two sides negotiate before a deal: a price that is named, and the trade's own terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money
from marketplace.domain.offer import Offer
from marketplace.domain.party import CUSTOMER, PROVIDER, Block
from marketplace.domain.quote import Line, Quote, customer_owes
from marketplace.domain.request import Request
from marketplace.domain.vertical import Vertical
from marketplace.errors import Forbidden, IllegalTransition, InvalidInput, PluginError

AGREED = "core.agreed"
"""The rule of a price that two parties negotiated: the amount is its own input."""
TERMS = "terms"
"""Where a quote's policies, and an offer's attributes, hold what goes beside a named price."""
PRICE = "price"


@frozen
class Bargain:
    """What somebody names instead of the rules."""

    price: Money | None
    terms: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        context: Context,
        request: Request,
        price: Money | None,
        terms: Mapping[str, Any] | None,
        countered: Offer | None = None,
    ) -> Bargain | None:
        """The price and terms of an offer; what a counter does not name stays. None: the rules'.

        Raises ``InvalidInput`` for a price in another currency, or for terms that the trade does
        not have.
        """
        kept = {} if countered is None else countered.attributes
        if price is None and PRICE in kept:
            price = Money(kept[PRICE], request.currency)
        named = {**kept.get(TERMS, {}), **(terms or {})}
        if price is None and not named:
            return None
        if price is not None and not isinstance(price, Money):
            raise InvalidInput(f"a price is Money, not {price!r}")
        if price is not None and (price.currency != request.currency or price.amount < 0):
            raise InvalidInput(f"a price here is {request.currency} and not negative: {price}")
        context.check_attributes(request.vertical, "offer", named)
        return cls(price, named)

    def attributes(self) -> dict[str, Any]:
        """What an offer keeps of it, for both sides to read and a counter to start from."""
        kept: dict[str, Any] = {TERMS: dict(self.terms)} if self.terms else {}
        return kept if self.price is None else {**kept, PRICE: self.price.amount}

    def asks(self) -> dict[str, Any]:
        """What the plugins are told of it when they price."""
        told: dict[str, Any] = {TERMS: self.terms} if self.terms else {}
        return told if self.price is None else {**told, PRICE: self.price}

    def lines(self, context: Context, request: Request) -> tuple[Line, ...]:
        """The named price as lines: the trade's, or one.

        Raises ``PluginError`` where the trade's come to another sum.
        """
        if self.price is None:
            return ()
        vertical = context.vertical(request.vertical)
        if vertical.negotiated is None:
            return (_whole(self.price),)
        lines = tuple(vertical.negotiated(self.price, self.terms, request))
        owed = customer_owes(lines, request.currency)
        if owed != self.price:
            raise PluginError(
                f"vertical {vertical.name!r} makes lines of {owed} of a price of {self.price}",
                params={"vertical": vertical.name},
            )
        return lines


def _whole(price: Money) -> Line:
    return Line(
        code="agreed_price",
        amount=price,
        payer=CUSTOMER.name,
        payee=PROVIDER.name,
        rule=AGREED,
        plugin="core",
        inputs={"amount": price.amount},
    )


def agreed(inputs: Mapping[str, Any]) -> int:
    """The negotiated amount, as it was agreed."""
    return int(inputs["amount"])


def refuse_unagreed(quotes: Sequence[Quote]) -> None:
    """Raise for what only one side has named: nobody buys at a price that he made up himself."""
    for quote in quotes:
        if TERMS in quote.policies or AGREED in [line.rule for line in quote.lines]:
            raise IllegalTransition(
                "this price was named in an offer; it is agreed when the offer is accepted",
                code="offer_not_accepted",
                params={"quote": quote.id},
            )


def terms_of(quote: Quote) -> Mapping[str, Any]:
    """What was negotiated beside the price; nothing where the rules made it."""
    found: Mapping[str, Any] = quote.policies.get(TERMS, {})
    return found


def refuse_too_long(lives: timedelta | None, vertical: Vertical) -> None:
    """Where an offer leases somebody's attention, nobody takes it for longer than is usual."""
    if lives is None:
        return
    if lives <= timedelta(0) or (vertical.offer_claims and lives > vertical.offer_lives):
        raise InvalidInput(
            f"an offer lives longer than no time and here at most {vertical.offer_lives}: {lives}"
        )


def refuse_blocked(act: Act, one: str, other: str) -> None:
    if act.work.find(Block, party_id=one, blocked_id=other) or act.work.find(
        Block, party_id=other, blocked_id=one
    ):
        raise Forbidden("these two parties are not to be matched", code="blocked")


def outlive(act: Act, quote: Quote, until: datetime) -> None:
    """A price put to somebody is good as long as the offer is."""
    if quote.expires_at < until:
        act.work.put(evolve(quote, expires_at=until))
