"""The marketplace of a replay: its plugins, and a bank that says yes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, frozen

from marketplace import (
    DAY,
    Answer,
    Bring,
    Line,
    ManualClock,
    Marketplace,
    Money,
    MoneyKind,
    Order,
    PaymentMethod,
    PayoutPlan,
    PricedItem,
    PricingQuestion,
    Way,
    hookimpl,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods.demo.olist.orders import METHODS
from marketplace.plugins.goods.demo.olist.words import WORDS
from marketplace.plugins.goods.plugin import Goods
from marketplace.plugins.goods.pricing import Page
from marketplace.plugins.goods.processes import every
from marketplace.plugins.goods.settings import GoodsTimes
from marketplace.plugins.goods.wanted import wanted_of

BANK = "bank"
ELSEWHERE = "elsewhere"
"""How an order was paid of which the files do not say how: past the marketplace."""
_SUM = {"type": "integer", "minimum": -1_000_000_000, "maximum": 1_000_000_000}
_PRICED = ("price", "freight", "interest", "rounding")
"""What an item of a replay says of itself, in minor units."""


@frozen
class OrderPolicy:
    """What the records do not say: how their marketplace would have dealt."""

    commission_bp: int = 1_200
    """Of what a seller is paid, from the seller."""
    tax_bp: int = 500
    """On that fee, owed to the town."""
    handling: timedelta = 130 * DAY
    """The slowest seller of the files took 126 days; who had less patience would call him off."""
    patience: timedelta = 200 * DAY
    """For a parcel that is under way; the slowest that came took 186 days."""
    silence: timedelta = 10 * DAY
    """After a delivery, until its seller is paid if the customer says nothing."""
    rounding: int = 1_00
    """Sums of an order may be so far apart, in minor units; further, and it is refused."""
    zone: str = "America/Sao_Paulo"
    currency: str = "BRL"


@define(eq=False)
class Olist(Goods):
    """Goods at the prices of a record: what each piece cost that day, and its freight."""

    @hookimpl
    def bring(self) -> Bring:
        """The trade of goods whose items bring their prices along."""
        brought = super().bring()
        (trade,) = brought.verticals
        assert trade.item_schema is not None
        prices = {**trade.item_schema["properties"], **dict.fromkeys(_PRICED, _SUM)}
        priced = evolve(trade, item_schema={**trade.item_schema, "properties": prices})
        return evolve(brought, verticals=(priced,), words=WORDS)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line] | None:
        """Of a quote, the lines of the record; later, what the trade says."""
        if question.vertical != self.name or question.occasion != "quote":
            return super().propose_lines(question)
        page = Page(question.currency, self.name)
        return [line for one in question.items for line in _recorded(one, page)]


def _recorded(one: PricedItem, page: Page) -> list[Line]:
    """Price, freight, card interest and rounding of an item, as far as there are any."""
    said, told = one.item.attributes, wanted_of(one).told
    found = page.line("goods", "each", told | {"each": said["price"]})
    found += page.line("freight", "each", told | {"each": said["freight"]})
    found += page.line("card_interest", "given", {"amount": said["interest"]}, payee="operator")
    over, under = max(0, said["rounding"]), max(0, -said["rounding"])
    found += page.line("rounding", "given", {"amount": over}, payee="operator")
    found += page.line("rounding", "given", {"amount": under}, "operator", "customer")
    return found


def _methods() -> tuple[PaymentMethod, ...]:
    asked = dict.fromkeys((MoneyKind.CHARGE, MoneyKind.REFUND), Way.CALL)
    booked = dict.fromkeys((MoneyKind.CHARGE, MoneyKind.REFUND), Way.BOOKS)
    return (
        *(PaymentMethod(one, ways=asked) for one in METHODS),
        PaymentMethod(ELSEWHERE, ways=booked, pays_provider_directly=True),
    )


@define(eq=False)
class Bank:
    """A payment provider that does what it is asked, and counts its money."""

    name: str = BANK
    methods: tuple[PaymentMethod, ...] = field(factory=_methods)
    balance: int = 0
    """What came in less what went out, in minor units."""
    asked: int = 0

    @hookimpl
    def bring(self) -> Bring:
        """The ways to pay of the files."""
        return Bring(payment_providers=(self,))

    def carry_out(self, order: Order) -> Answer:
        """Do it."""
        self.asked += 1
        out = order.kind in (MoneyKind.REFUND, MoneyKind.PAY_OUT)
        self.balance += -order.amount.amount if out else order.amount.amount
        reference = order.reference or f"{BANK}-{self.asked}"
        return Answer("done", reference=reference, amount=order.amount)

    def look_up(self, order: Order) -> Answer | None:
        """Every answer arrives here, so nothing is ever looked up."""
        return None

    def arrives(self, money: Money) -> None:
        """Money that came by itself."""
        self.balance += money.amount


def open_shop(
    url: str, clock: ManualClock, policy: OrderPolicy, bank: Bank, seed: int | None = None
) -> Marketplace:
    """The marketplace, on a database of its own."""
    times = GoodsTimes(
        handling=policy.handling,
        transit=policy.patience / 2,
        protection=policy.patience / 2,
        silence=policy.silence,
    )
    plugins: list[Any] = [
        Olist(times=times, processes=every(times, (*METHODS, ELSEWHERE))),
        Commission(bp=policy.commission_bp, tax_bp=policy.tax_bp),
        bank,
    ]
    return Marketplace.open(
        url,
        plugins,
        clock=clock,
        seed=seed,
        create="missing",
        payouts=PayoutPlan(provider=BANK, every=None),
    )
