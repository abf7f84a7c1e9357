"""The goods plugin: an operator's settings, answering the hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from marketplace import (
    Bring,
    Demo,
    Event,
    FactsQuestion,
    InvalidInput,
    Line,
    ListingQuestion,
    PolicyQuestion,
    PricingQuestion,
    Process,
    Reason,
    Refused,
    RequestQuestion,
    Requirement,
    SetupError,
    TableBranch,
    TransitionQuestion,
    Work,
    adjustment,
    hookimpl,
    opens,
)
from marketplace.plugins.goods import kept
from marketplace.plugins.goods.article import Article
from marketplace.plugins.goods.bargains import taxed, with_terms
from marketplace.plugins.goods.buybox import Picking
from marketplace.plugins.goods.checks import RETURNS, Checks
from marketplace.plugins.goods.figures import count
from marketplace.plugins.goods.groups import LEAST, counted, joined, kind_of
from marketplace.plugins.goods.later import Later
from marketplace.plugins.goods.metrics import Levels
from marketplace.plugins.goods.pricing import Tariff
from marketplace.plugins.goods.processes import claim, every
from marketplace.plugins.goods.product import faults
from marketplace.plugins.goods.rules import RULES
from marketplace.plugins.goods.settings import Freight, GoodsTax, GoodsTimes, Limits
from marketplace.plugins.goods.supply import SUPPLY, facts, supplier_faults, supply
from marketplace.plugins.goods.tables import metadata
from marketplace.plugins.goods.vertical import process_of, vertical
from marketplace.plugins.goods.wanted import Basket, apart

DEMO = Demo(
    "goods",
    "A bazaar in Kathmandu; or the real orders of a marketplace of many sellers, with --orders.",
    "marketplace.plugins.goods.demo.command:goods",
    "marketplace.plugins.goods.demo.left:opened",
)


@define(eq=False)
class Goods:
    """Goods by the piece: shops, workshops, samples, licences, and contracts paid in parts."""

    times: GoodsTimes = field(factory=GoodsTimes)
    freight: Mapping[str, Freight] = field(factory=dict)
    """Name to freight by weight and country; a listing names one, or tells its own."""
    taxes: Mapping[str, GoodsTax] = field(factory=dict)
    """Country that goods go to, to the tax on them."""
    limits: Limits = field(factory=Limits)
    catalogue: Picking | None = None
    """How one of several sellers of an article is picked; None: there is no catalogue."""
    levels: Levels | None = None
    """By which sellers are measured; None: nothing is counted."""
    processes: tuple[Process, ...] = ()
    """The trade's processes; none given: orders, samples, what has no weight, contracts."""
    requirements: tuple[Requirement, ...] = ()
    """What sellers must have shown, and what waits until then."""
    name: str = "goods"
    _checks: Checks = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._checks = Checks(self.times, self.limits, self.name)
        if not self.processes:
            self.processes = every(self.times)
        picking = self.catalogue
        if picking is None or not (picking.figures_bp or picking.levels_bp):
            return
        if self.levels is None:
            raise SetupError("what sellers do is worth something, so measure it: Goods(levels=…)")
        known = ["", *(level.name for level in self.levels.each)]
        for name in picking.levels_bp:
            if name not in known:
                raise SetupError(f"the levels are {', '.join(known[1:])}; there is no {name!r}")

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
        trade = evolve(trade, requirements=self.requirements)
        rules = {f"{self.name}.{name}": rule for name, rule in RULES.items()}
        branch = TableBranch("goods", Path(__file__).parent / "versions", metadata)
        return Bring(
            verticals=(trade,),
            rules=rules,
            # Of several beside each other one is the usual, whose demo it is.
            demos=(DEMO,) if self.name == DEMO.name else (),
            timers={kind_of(self.name): counted},
            tables=() if self.catalogue is None and self.levels is None else (branch,),
            answers=(Article,),
        )

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """A group is counted when it closes; the catalogue and the sellers' figures follow."""
        joined(event, work, self.name)
        if self.catalogue is not None:
            kept.follow(event, work, self.name)
        if self.levels is not None:
            count(event, work, self.name)

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Sequence[Reason]:
        """An article's fields make sense together."""
        if question.listing.vertical != self.name:
            return []
        tables = {name: one.currency for name, one in self.freight.items()}
        wrong = supplier_faults(question, self.processes)
        return [*faults(question.listing, tables), *wrong, *self._unknown(question)]

    def _unknown(self, question: ListingQuestion) -> Sequence[Reason]:
        named = question.listing.attributes.get("article")
        if named is None:
            return []
        if self.catalogue is None or kept.article(question.work, named) is None:
            return [Reason("goods_unknown_article", {"article": named})]
        return []

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Sequence[Reason]:
        """What is wanted is something that the article's seller sells."""
        if question.request.vertical != self.name:
            return []
        basket = Basket.of(question.request, question.listing, question.items)
        return [
            reason for part in apart(basket) for reason in part.refusals(self.freight, question.at)
        ]

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any] | None:
        """Who pays for a parcel back, as the articles say it now: a deal keeps it."""
        if question.vertical != self.name or question.request is None:
            return None
        wanted = Basket.of(question.request, question.listing, question.items).wanted
        by_seller = all(one.product.returns == "seller_pays" for one in wanted)
        kept: dict[str, Any] = {RETURNS: "seller_pays" if wanted and by_seller else "buyer_pays"}
        groups = [one.product.group for one in wanted if one.group]
        if groups and groups[0] is not None:
            kept[LEAST] = groups[0].least
        return {self.name: kept}

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
        if question.request is None or not (question.listing or question.items):
            raise InvalidInput("goods are priced for a request of listings; name both")
        basket = Basket.of(question.request, question.listing, question.items)
        basket = with_terms(basket, question.asks)
        reasons = basket.refusals(self.freight, question.at)
        if reasons:
            # Asked anew: the listing may be another than the request's, or changed by now.
            raise Refused(
                f"these goods are refused: {', '.join(reason.code for reason in reasons)}",
                reasons=tuple(evolve(reason, plugin=self.name) for reason in reasons),
            )
        return Tariff(self.freight, self.taxes, self.name).lines(basket, question.currency)

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Refunds, parcels and times lie within what the deal allows."""
        if question.transaction.vertical != self.name:
            return None
        return self._checks.refusal(question)

    @hookimpl
    def propose_facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """Parcels, what was wanted back, and who pays for the way back."""
        if question.transaction.vertical != self.name:
            return None
        if question.transaction.link == SUPPLY:
            return facts(question)
        return self._checks.facts(question)
