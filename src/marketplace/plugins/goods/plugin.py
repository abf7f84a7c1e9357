"""The goods plugin: an operator's settings, answering the hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from marketplace import (
    Bring,
    FactsQuestion,
    InvalidInput,
    Line,
    Listing,
    ListingQuestion,
    PricingQuestion,
    Process,
    Reason,
    Refused,
    Request,
    RequestQuestion,
    TransitionQuestion,
    adjustment,
    hookimpl,
    opens,
)
from marketplace.plugins.goods.bargains import taxed, with_terms
from marketplace.plugins.goods.checks import Checks
from marketplace.plugins.goods.later import Later
from marketplace.plugins.goods.pricing import Tariff
from marketplace.plugins.goods.processes import claim, every
from marketplace.plugins.goods.product import Product, faults
from marketplace.plugins.goods.rules import RULES
from marketplace.plugins.goods.settings import Freight, GoodsTax, GoodsTimes, Limits
from marketplace.plugins.goods.supply import SUPPLY, facts, supplier_faults, supply
from marketplace.plugins.goods.vertical import process_of, vertical
from marketplace.plugins.goods.wanted import Wanted, refusals


@define(eq=False)
class Goods:
    """Goods by the piece: shops, workshops, samples, licences, and contracts paid in parts."""

    times: GoodsTimes = field(factory=GoodsTimes)
    freight: Mapping[str, Freight] = field(factory=dict)
    """Name to freight by weight and country; a listing names one, or tells its own."""
    taxes: Mapping[str, GoodsTax] = field(factory=dict)
    """Country that goods go to, to the tax on them."""
    limits: Limits = field(factory=Limits)
    processes: tuple[Process, ...] = ()
    """The trade's processes; none given: orders, samples, what has no weight, contracts."""
    name: str = "goods"

    def __attrs_post_init__(self) -> None:
        if not self.processes:
            self.processes = every(self.times)

    @hookimpl
    def bring(self) -> Bring:
        """The vertical and the rules that give each line again."""
        follow_ups: tuple[Process, ...] = (
            claim(self.times),
            adjustment("completed", "cancelled", "returned"),
        )
        if any(opens(SUPPLY) in row.effects for one in self.processes for row in one.transitions):
            follow_ups = (*follow_ups, supply(self.times))
        trade = vertical(self.name, self.processes, follow_ups, self.times, process_of)
        rules = {f"{self.name}.{name}": rule for name, rule in RULES.items()}
        return Bring(verticals=(trade,), rules=rules)

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Sequence[Reason]:
        """An article's fields make sense together."""
        if question.listing.vertical != self.name:
            return []
        tables = {name: one.currency for name, one in self.freight.items()}
        wrong = supplier_faults(question, self.processes)
        return [*faults(question.listing, tables), *wrong]

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Sequence[Reason]:
        """What is wanted is something that the article's seller sells."""
        if question.request.vertical != self.name or question.listing is None:
            return []
        product = Product.of(question.listing)
        return refusals(Wanted.of(question.request), product, self.freight)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line] | None:
        """The price of goods, and of what became of them."""
        if question.vertical != self.name:
            return None
        if question.occasion in ("quote", SUPPLY):
            return self._quoted(question)
        if question.occasion == "negotiated":
            return taxed(question, self.taxes, self.name)
        return Later(self.name).lines(question)

    def _quoted(self, question: PricingQuestion) -> Sequence[Line]:
        wanted, product = self._asked(question.request, question.listing)
        product = with_terms(product, question.asks)
        reasons = refusals(wanted, product, self.freight)
        if product.by_offer:
            reasons = [Reason("goods_by_offer")]
        if reasons:
            # Asked anew: the listing may be another than the request's, or changed by now.
            raise Refused(
                f"these goods are refused: {', '.join(reason.code for reason in reasons)}",
                reasons=tuple(evolve(reason, plugin=self.name) for reason in reasons),
            )
        return Tariff(self.freight, self.taxes, self.name).lines(wanted, product)

    def _asked(self, request: Request | None, listing: Listing | None) -> tuple[Wanted, Product]:
        if request is None or listing is None:
            raise InvalidInput("goods are priced for a request, in one listing; name both")
        return Wanted.of(request), Product.of(listing)

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Refunds, parcels and times lie within what the deal allows."""
        if question.transaction.vertical != self.name:
            return None
        return self._checks().refusal(question)

    @hookimpl
    def propose_facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """Parcels, what was wanted back, and who pays for the way back."""
        if question.transaction.vertical != self.name:
            return None
        if question.transaction.link == SUPPLY:
            return facts(question)
        return self._checks().facts(question)

    def _checks(self) -> Checks:
        return Checks(self.times, self.limits, self.name)
