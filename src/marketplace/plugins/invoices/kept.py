"""Invoices in their tables: what is read and written, on the unit of work's own connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from attrs import asdict, evolve
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import Work, plain
from marketplace.plugins.invoices.invoice import Invoice, InvoiceLine, Named
from marketplace.plugins.invoices.tables import tables_of

AT_ONCE = 1_000
"""Invoices that are in memory at once when a party is erased."""


def next_number(work: Work, issuer_id: str, series: str) -> int:
    """One more than the last of the series, counted by one statement in this unit of work.

    Whoever wants the next one at the same moment waits for this unit to end; when it is undone
    the number was never given.
    """
    table = tables_of(work).invoice_series
    made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
    first = made.values(issuer_id=issuer_id, series=series, last=1)
    counted = first.on_conflict_do_update(
        index_elements=[table.c.issuer_id, table.c.series], set_={"last": table.c.last + 1}
    ).returning(table.c.last)
    return int(work.connection.execute(counted).scalar_one())


def add(work: Work, invoice: Invoice) -> None:
    """Keep an invoice for ever."""
    row = asdict(invoice, recurse=False)
    row |= {name: _text(getattr(invoice, name)) for name in ("issuer", "receiver")}
    row |= {
        "issuer_id": invoice.issuer.id,
        "receiver_id": invoice.receiver.id,
        "lines": _text(invoice.lines),
        "total": invoice.total.amount,
    }
    work.connection.execute(sa.insert(tables_of(work).invoice).values(row))


def _text(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def _invoice(row: Mapping[Any, Any]) -> Invoice:
    fields = dict(row)
    for name in ("issuer_id", "receiver_id", "total"):
        del fields[name]
    for name in ("issuer", "receiver"):
        fields[name] = Named(**json.loads(fields[name]))
    fields["lines"] = tuple(InvoiceLine(**one) for one in json.loads(fields["lines"]))
    return Invoice(**fields)


def of_journals(work: Work, journal_ids: Iterable[str]) -> list[Invoice]:
    """The invoices that tell of these journals."""
    table, wanted = tables_of(work).invoice, sorted(set(journal_ids))
    if not wanted:
        return []
    found = sa.select(table).where(table.c.journal_id.in_(wanted)).order_by(table.c.id)
    return [_invoice(row) for row in work.connection.execute(found).mappings()]


def by_id(work: Work, id: str) -> Invoice | None:
    """The invoice of this id."""
    table = tables_of(work).invoice
    row = work.connection.execute(sa.select(table).where(table.c.id == id)).mappings().first()
    return None if row is None else _invoice(row)


def page(
    work: Work,
    *,
    party: str | None,
    kind: str | None,
    transaction: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Invoice]:
    """Invoices in the order of their ids: a party's, from or to it, or everybody's."""
    table = tables_of(work).invoice
    found = sa.select(table).order_by(table.c.id).limit(limit)
    if party is not None:
        found = found.where(sa.or_(table.c.issuer_id == party, table.c.receiver_id == party))
    for column, value in (("kind", kind), ("transaction_id", transaction)):
        if value is not None:
            found = found.where(table.c[column] == value)
    if after is not None:
        found = found.where(table.c.id > after)
    return [_invoice(row) for row in work.connection.execute(found).mappings()]


def erase(work: Work, party_id: str) -> None:
    """Take what says who a party is off its invoices, and the words of their lines."""
    table = tables_of(work).invoice
    after: str | None = None
    while found := page(
        work, party=party_id, kind=None, transaction=None, after=after, limit=AT_ONCE
    ):
        for one in found:
            new = {
                name: _text(Named(party_id, ""))
                for name in ("issuer", "receiver")
                if getattr(one, name).id == party_id
            }
            new["lines"] = _text([evolve(line, inputs=_figures(line.inputs)) for line in one.lines])
            work.connection.execute(sa.update(table).where(table.c.id == one.id).values(new))
        after = found[-1].id


def _figures(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What of a line's inputs is a number: words may be somebody's own."""
    return {name: value for name, value in inputs.items() if type(value) is int}
