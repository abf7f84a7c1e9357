"""The verbs of invoices: shown to who they are from and to, as data, as a page, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from attrs import frozen

from marketplace import (
    OPERATOR,
    Act,
    Actor,
    Forbidden,
    InvalidInput,
    Marketplace,
    NotFound,
    Party,
    Role,
    SetupError,
    View,
    csv_text,
)
from marketplace import Page as Some
from marketplace.plugins.invoices import kept
from marketplace.plugins.invoices.invoice import Invoice, InvoiceKind
from marketplace.plugins.invoices.page import Page
from marketplace.plugins.invoices.plugin import NAME, Invoices

By = Actor | Party | Role | str
COLUMNS = (
    "id", "number", "kind", "issued at", "from", "from tax number", "to", "to tax number",
    "transaction", "currency", "net", "tax", "total", "paid by the marketplace", "corrects",
)  # fmt: skip


@frozen
class InvoiceDesk:
    """What people do with the invoices of one marketplace."""

    market: Marketplace

    @property
    def plugin(self) -> Invoices:
        """The marketplace's invoices; raises ``SetupError`` where it has none."""
        found = self.market.context.hooks.plugins.get(NAME)
        if not isinstance(found, Invoices):
            raise SetupError("this marketplace has no invoices; open it with Invoices()")
        return found

    def get(self, invoice_id: str, *, by: By) -> Invoice:
        """An invoice from or to oneself; the operator sees all."""
        with self.market.read(by) as view:
            return self._seen(view, invoice_id)

    def list(
        self,
        *,
        by: By,
        party: str | None = None,
        kind: InvoiceKind | None = None,
        transaction: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Some[Invoice]:
        """Invoices from or to oneself, in the order of their ids; the operator sees all, or a
        party's. A filter never widens what is seen."""
        with self.market.read(by) as view:
            view.check_limit(limit)
            return self._page(view, party, kind, transaction, after, limit)

    def html(self, invoice_id: str, *, by: By, language: str = "en") -> str:
        """One page that can be shown and printed as it is; nothing in it is fetched or run."""
        with self.market.read(by) as view:
            invoice = self._seen(view, invoice_id)
        return Page(invoice, self._words(), language).html()

    def csv(
        self,
        *,
        by: By,
        party: str | None = None,
        kind: InvoiceKind | None = None,
        transaction: str | None = None,
    ) -> str:
        """The same invoices as a table, every page of them; no cell is taken for a formula."""
        rows: list[Sequence[object]] = []
        after: str | None = None
        with self.market.read(by) as view:
            most = view.context.limits.page
            while True:
                found = self._page(view, party, kind, transaction, after, most)
                rows += [_row(one) for one in found]
                after = found.after
                if after is None:
                    return csv_text(COLUMNS, rows)

    def issue(self, transaction_id: str, *, by: By = OPERATOR) -> Sequence[Invoice]:
        """Write what is missing for a deal that was settled before the plugin was there; gives
        only what is new. For the operator."""

        def do(act: Act) -> Sequence[Invoice]:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator has invoices written again")
            act.about(transaction_id)
            return self.plugin.issuing.issue(act.work, transaction_id, act.at)

        body = {"transaction": transaction_id}
        return self.market.run(f"{NAME}.issue", by, do, body=body)

    def _words(self) -> Mapping[str, Mapping[str, str]]:
        return self.market.context.words

    def _seen(self, view: View, invoice_id: str) -> Invoice:
        if not isinstance(invoice_id, str):
            raise InvalidInput(f"an invoice's id is a text, not {invoice_id!r:.50}")
        found = kept.by_id(view.work, invoice_id)
        people = () if found is None else (found.issuer.id, found.receiver.id)
        if found is None or not any(view.own(one) for one in people):
            raise NotFound(f"no invoice {invoice_id!r}")
        return found

    def _page(
        self,
        view: View,
        party: str | None,
        kind: InvoiceKind | None,
        transaction: str | None,
        after: str | None,
        limit: int,
    ) -> Some[Invoice]:
        if kind is not None and kind not in get_args(InvoiceKind):
            raise InvalidInput(
                f"an invoice is a {' or '.join(get_args(InvoiceKind))}: {kind!r:.50}"
            )
        owner = view.own(party) if party is not None else None
        if not view.operator and party is None:
            owner = view.party_id
        found = kept.page(
            view.work, party=owner, kind=kind, transaction=transaction, after=after, limit=limit + 1
        )
        items = tuple(found[:limit])
        return Some(items, items[-1].id if len(found) > limit else None)


def _row(one: Invoice) -> Sequence[object]:
    return (
        one.id, one.name, "credit note" if one.is_credit_note else one.kind,
        one.issued_at.isoformat(), one.issuer.name, one.issuer.tax_id, one.receiver.name,
        one.receiver.tax_id, one.transaction_id, one.currency, one.net.decimal(),
        one.tax.decimal(), one.total.decimal(), _decimal(one), one.corrects_name,
    )  # fmt: skip


def _decimal(one: Invoice) -> str:
    return one.money(one.contributed).decimal()
