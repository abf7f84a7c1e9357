"""Which lines of a settlement stand in whose invoice."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace import Line
from marketplace.plugins.invoices.invoice import InvoiceKind, InvoiceLine

_OF: dict[tuple[str, str], tuple[InvoiceKind, int]] = {
    ("customer", "provider"): ("sale", 1),
    ("provider", "customer"): ("sale", -1),
    ("customer", "tax"): ("sale", 1),
    ("tax", "customer"): ("sale", -1),
    ("provider", "operator"): ("commission", 1),
    ("operator", "provider"): ("commission", -1),
    ("provider", "tax"): ("commission", 1),
    ("tax", "provider"): ("commission", -1),
    ("customer", "operator"): ("fee", 1),
}


def shared_out(
    lines: Iterable[Line], tax_codes: frozenset[str]
) -> dict[InvoiceKind, list[InvoiceLine]]:
    """The lines of each invoice; lines between others are no invoice's."""
    found: dict[InvoiceKind, list[InvoiceLine]] = {}
    for line in lines:
        whose = _OF.get((line.payer, line.payee))
        if whose is None or not line.amount:
            continue
        kind, sign = whose
        to_authority = "tax" in (line.payer, line.payee)
        one = InvoiceLine(
            line.code,
            sign * line.amount.amount,
            dict(line.inputs),
            tax=to_authority or plain_code(line.code) in tax_codes,
            by_marketplace=to_authority and kind == "sale",
        )
        found.setdefault(kind, []).append(one)
    return found


def contributed(lines: Iterable[Line]) -> int:
    """What the marketplace pays of a price in the customer's stead."""
    return sum(
        line.amount.amount for line in lines if (line.payer, line.payee) == ("operator", "customer")
    )


def plain_code(code: str) -> str:
    """The code of a line, whatever is left of it and whichever part of it this is."""
    return code.removeprefix("kept_").removesuffix("_part")
