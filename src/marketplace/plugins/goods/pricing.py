"""What goods cost: pieces, wishes, freight and taxes, each a line that says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import Line, Money
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.rules import RULES
from marketplace.plugins.goods.settings import Freight, GoodsTax
from marketplace.plugins.goods.wanted import Wanted


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

    def lines(self, wanted: Wanted, product: Product) -> list[Line]:
        """All lines of so many pieces; in the purses of its parts where a product has any."""
        page = Page(product.currency, self.plugin)
        found = self._goods(wanted, product, page)
        found += self._sent(wanted, product, page, sum(one.amount.amount for one in found))
        found += self._tax(wanted, found, page)
        return found if wanted.sample else in_parts(found, product.parts, page)

    def _goods(self, wanted: Wanted, product: Product, page: Page) -> list[Line]:
        pieces = {"quantity": wanted.quantity}
        if wanted.sample and product.sample is not None:
            return page.line("sample", "each", pieces | {"each": product.sample[0]})
        price, since = product.unit(wanted.quantity, wanted.variant)
        inputs = pieces | {"each": price, "from": since, "variant": wanted.variant or ""}
        found = page.line("goods", "each", inputs)
        for name, value in sorted(wanted.custom.items()):
            inputs = pieces | {"each": product.custom[name].price, "name": name, "value": value}
            found += page.line("custom", "each", inputs)
        return found

    def _sent(self, wanted: Wanted, product: Product, page: Page, goods: int) -> list[Line]:
        named = product.freight
        if product.digital or named is None:
            return []
        if isinstance(named, str):
            weight = product.weight(wanted.variant) * wanted.quantity
            steps = self.freight[named].steps(wanted.country or "")
            inputs: dict[str, Any] = {"weight_g": weight, "steps": [list(one) for one in steps]}
            return page.line("freight", "weighed", inputs | {"country": wanted.country})
        inputs = {
            "first": named["first"],
            "more": named["more"],
            "free_from": named.get("free_from"),
            "goods": goods,
            "quantity": wanted.quantity,
        }
        return page.line("freight", "first_and_more", inputs)

    def _tax(self, wanted: Wanted, lines: Sequence[Line], page: Page) -> list[Line]:
        tax = self.taxes.get(wanted.country or "")
        if tax is None:
            return []
        taxed = sum(one.amount.amount for one in lines)
        inputs = {"of": taxed, "bp": tax.bp, "name": tax.name, "facilitator": tax.facilitator}
        return page.line("tax", "share", inputs, payee="tax" if tax.facilitator else "provider")


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
