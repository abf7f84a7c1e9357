"""What goods cost: pieces, wishes, freight and taxes, each a line that says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import Line, Money
from marketplace.plugins.goods.rules import RULES
from marketplace.plugins.goods.settings import Freight, GoodsTax
from marketplace.plugins.goods.wanted import Basket, Wanted


@frozen
class Page:
    """Lines of one occasion, in one currency and by one plugin."""

    currency: str
    plugin: str

    def line(
        self,
        code: str,
        rule: str,
        inputs: Mapping[str, Any],
        payer: str = "customer",
        payee: str = "provider",
    ) -> list[Line]:
        """One line; none where it comes to nothing."""
        amount = Money(RULES[rule](inputs), self.currency)
        named = f"{self.plugin}.{rule}"
        return [Line(code, amount, payer, payee, named, inputs=inputs)] if amount else []

    def again(self, like: Line, rule: str, inputs: Mapping[str, Any]) -> list[Line]:
        """A line as it was but for its amount; none where nothing is left of it."""
        amount = Money(RULES[rule](inputs), self.currency)
        named = f"{self.plugin}.{rule}"
        return [evolve(like, amount=amount, rule=named, plugin=self.plugin,
                       inputs=inputs)] if amount else []  # fmt: skip

    def own(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that this plugin answers for, and a price that was agreed."""
        return [one for one in lines if one.plugin in (self.plugin, "core")]


@frozen
class Tariff:
    """How an operator's goods are priced."""

    freight: Mapping[str, Freight]
    taxes: Mapping[str, GoodsTax]
    plugin: str

    def lines(self, basket: Basket, currency: str) -> list[Line]:
        """All lines of what one deal is about; in the purses of its parts where it has any."""
        page = Page(currency, self.plugin)
        found = [line for one in basket.wanted for line in _goods(basket, one, page)]
        found += self._sent(basket, page)
        found += self._tax(basket, found, page)
        parts = () if basket.wanted[0].sample else basket.wanted[0].product.parts
        return in_parts(found, parts, page)

    def _sent(self, basket: Basket, page: Page) -> list[Line]:
        """Freight: by weight for each table that is named, and of what tells its own."""
        found: list[Line] = []
        for name, weight in basket.weighed.items():
            steps = [list(one) for one in self.freight[name].steps(basket.country or "")]
            inputs = {"weight_g": weight, "steps": steps, "country": basket.country}
            found += page.line("freight", "weighed", inputs)
        return found + _sent_by_the_piece(basket, page)

    def _tax(self, basket: Basket, lines: Sequence[Line], page: Page) -> list[Line]:
        tax = self.taxes.get(basket.country or "")
        if tax is None:
            return []
        taxed = sum(one.amount.amount for one in lines)
        inputs = {"of": taxed, "bp": tax.bp, "name": tax.name, "facilitator": tax.facilitator}
        return page.line("tax", "share", inputs, payee="tax" if tax.facilitator else "provider")


def _goods(basket: Basket, wanted: Wanted, page: Page) -> list[Line]:
    product, told = wanted.product, wanted.told
    if wanted.sample and product.sample is not None:
        return page.line("sample", "each", told | {"each": product.sample[0]})
    price, since = product.unit(basket.together(wanted), wanted.variant)
    if wanted.flash and product.flash is not None:
        price, since = product.flash.price, 1
    if wanted.group and product.group is not None:
        price, since = product.group.price, 1
    inputs = told | {"each": price, "from": since, "variant": wanted.variant or ""}
    found = page.line("goods", "each", inputs)
    for name, value in sorted(wanted.custom.items()):
        inputs = told | {"each": product.custom[name].price, "name": name, "value": value}
        found += page.line("custom", "each", inputs)
    return found


def _sent_by_the_piece(basket: Basket, page: Page) -> list[Line]:
    """One parcel of all articles that tell their own freight, each with its pieces and sum."""
    articles: dict[str, dict[str, Any]] = {}
    for one in basket.wanted:
        named = one.product.freight
        if one.product.digital or named is None or isinstance(named, str):
            continue
        new = {
            "first": named["first"],
            "more": named["more"],
            "free_from": named.get("free_from"),
            "goods": 0,
            "quantity": 0,
        }
        sent = articles.setdefault(one.product.listing_id, new)
        sent["quantity"] += one.quantity
        sent["goods"] += sum(line.amount.amount for line in _goods(basket, one, page))
    if not articles:
        return []
    return page.line("freight", "first_and_more", {"articles": list(articles.values())})


def in_parts(lines: Sequence[Line], parts: Sequence[int], page: Page) -> list[Line]:
    """Every line in as many as there are parts, each in the purse of its part."""
    if not parts:
        return list(lines)
    found: list[Line] = []
    for index in range(len(parts)):
        for one in lines:
            inputs = {"of": one.amount.amount, "weights": list(parts), "index": index}
            told = inputs | {"line": dict(one.inputs), "part": index + 1, "parts": len(parts)}
            split = page.again(one, "part", told)
            found += [evolve(line, purse=f"part{index + 1}", code=f"{one.code}_part")
                      for line in split]  # fmt: skip
    return found
