"""Requests for quotation: needs that sellers answer, and prices that are negotiated in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    Actor,
    InvalidInput,
    Line,
    Marketplace,
    Money,
    Page,
    Party,
    PricingQuestion,
    Request,
    Role,
)
from marketplace.plugins.goods.pricing import Page as Lines
from marketplace.plugins.goods.pricing import in_parts
from marketplace.plugins.goods.settings import GoodsTax
from marketplace.plugins.goods.wanted import Basket

WHOLE = 10_000


def parts_of(terms: Mapping[str, Any]) -> tuple[int, ...]:
    """The basis points in which a negotiated price is paid; none: all at once."""
    parts = tuple(terms.get("parts", ()))
    if parts and sum(parts) != WHOLE:
        raise InvalidInput(
            f"the parts of a price come to {WHOLE} basis points, not to {sum(parts)}",
            code="parts_of_a_whole",
            params={"bp": sum(parts)},
        )
    return parts


@frozen
class Negotiated:
    """How a price that somebody named becomes lines: in the purses of its parts."""

    plugin: str

    def __call__(self, price: Money, terms: Mapping[str, Any], request: Request) -> Sequence[Line]:
        """The price of all pieces together, freight in it."""
        page = Lines(price.currency, self.plugin)
        inputs = {"amount": price.amount, "quantity": request.quantity}
        lines = in_parts(page.line("agreed_price", "given", inputs), parts_of(terms), page)
        return [evolve(one, plugin=self.plugin) for one in lines]


def with_terms(basket: Basket, asks: Mapping[str, Any]) -> Basket:
    """Articles as they are sold on terms that were negotiated at their own price."""
    parts = parts_of(asks.get("terms", {}))
    if not parts:
        return basket
    wanted = [evolve(one, product=evolve(one.product, parts=parts)) for one in basket.wanted]
    return evolve(basket, wanted=wanted)


def taxed(question: PricingQuestion, taxes: Mapping[str, GoodsTax], plugin: str) -> Sequence[Line]:
    """The tax on a negotiated price, in each purse: nobody bargains it away."""
    assert question.request is not None
    tax = taxes.get(Basket.of(question.request, None).country or "")
    if tax is None:
        return []
    page = Lines(question.currency, plugin)
    found: list[Line] = []
    for one in page.own(question.lines):
        inputs = {"of": one.amount.amount, "bp": tax.bp, "name": tax.name}
        inputs |= {"facilitator": tax.facilitator}
        payee = "tax" if tax.facilitator else "provider"
        lines = page.line("tax", "share", inputs, payee=payee)
        found += [evolve(line, purse=one.purse) for line in lines]
    return found


def needs(
    market: Marketplace,
    vertical: str,
    *,
    by: Actor | Party | Role | str,
    category: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Request]:
    """What customers need of anybody, page by page; of one category, where one is named."""
    page = market.requests.needs(vertical, by=by, after=after, limit=limit)
    if category is None:
        return page
    mine = [one for one in page.items if one.attributes.get("need", {}).get("category") == category]
    return evolve(page, items=tuple(mine))
