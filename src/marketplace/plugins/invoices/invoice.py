"""What an invoice says: who asks whom for what, under which number, and what it corrects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import evolve, field, frozen

from marketplace import Money

InvoiceKind = Literal["sale", "commission", "fee"]
KINDS: tuple[InvoiceKind, ...] = ("commission", "fee", "sale")
"""In the order in which they are written: those of the marketplace's own series first, so that
two units of work that write several wait for each other in turn, and never in a ring."""


@frozen
class Named:
    """Who an invoice is from or to, as it was on the day."""

    id: str
    name: str
    address: str = ""
    tax_id: str = ""


@frozen
class InvoiceLine:
    """One line of what was settled; below zero where it is given back or taken off."""

    code: str
    amount: int
    inputs: Mapping[str, Any] = field(factory=dict)
    """What the line's sentence is made of."""
    tax: bool = False
    by_marketplace: bool = False
    """Whether it is tax that the marketplace collects and hands over, and not the seller."""


@frozen
class Invoice:
    """An invoice, or (where it corrects another one) a credit note."""

    id: str
    issuer: Named
    series: str
    number: int
    """One more than the one before in the issuer's series: there is no gap."""
    kind: InvoiceKind
    """A ``sale`` is the provider's to the customer, a ``commission`` the marketplace's to the
    provider, a ``fee`` the marketplace's to the customer."""
    transaction_id: str
    purse: str
    terms_version: int
    journal_id: str
    """What was written in the ledger that it tells of."""
    receiver: Named
    currency: str
    lines: Sequence[InvoiceLine]
    issued_at: datetime
    contributed: int = 0
    """What of a sale the marketplace pays in the customer's stead, by a coupon of its own."""
    corrects: str | None = None
    """The id of the invoice that a credit note takes back."""
    corrects_name: str | None = None

    @property
    def name(self) -> str:
        """Series and number, as it is printed."""
        return f"{self.series}-{self.number:06d}"

    def money(self, amount: int) -> Money:
        """An amount in the invoice's currency."""
        return Money(amount, self.currency)

    @property
    def net(self) -> Money:
        """The sum of all lines that are no tax."""
        return self.money(sum(one.amount for one in self.lines if not one.tax))

    @property
    def tax(self) -> Money:
        """The sum of all taxes."""
        return self.money(sum(one.amount for one in self.lines if one.tax))

    @property
    def total(self) -> Money:
        """What the receiver is asked for in all; below zero what it gets back."""
        return self.net + self.tax

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes another one back."""
        return self.corrects is not None


def taken_back(lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """The lines of a credit note: those of the invoice, the other way round."""
    return tuple(evolve(one, amount=-one.amount) for one in lines)
