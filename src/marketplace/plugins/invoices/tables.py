"""The tables of invoices, under the marketplace's schema and with its prefix."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from marketplace import Ident, Instant, TableNames, Work


@frozen
class InvoiceTables:
    """The two tables."""

    metadata: sa.MetaData
    invoice: sa.Table
    invoice_series: sa.Table
    """The last number of each series."""


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _ident(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Ident, nullable=nullable)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


@lru_cache(maxsize=64)
def make_tables(names: TableNames) -> InvoiceTables:
    """The tables as one marketplace names its own."""
    metadata = sa.MetaData(schema=names.schema)
    invoice = sa.Table(
        names("invoice"),
        metadata,
        sa.Column("id", Ident, primary_key=True),
        _ident("issuer_id"),
        _text("series"),
        _whole("number"),
        _text("kind"),
        _ident("transaction_id"),
        _text("purse"),
        _whole("terms_version"),
        _ident("journal_id"),
        _ident("receiver_id"),
        _text("currency"),
        *(_text(name) for name in ("issuer", "receiver", "lines")),
        *(_whole(name) for name in ("total", "contributed")),
        sa.Column("issued_at", Instant(), nullable=False),
        _ident("corrects", nullable=True),
        sa.Column("corrects_name", sa.Text()),
    )
    c = invoice.c
    sa.Index(
        names("invoice_issuer_id_series_number_uq"), c.issuer_id, c.series, c.number, unique=True
    )
    sa.Index(names("invoice_journal_id_kind_uq"), c.journal_id, c.kind, unique=True)
    sa.Index(names("invoice_receiver_id_ix"), c.receiver_id)
    sa.Index(names("invoice_transaction_id_ix"), c.transaction_id)
    series = sa.Table(
        names("invoice_series"),
        metadata,
        sa.Column("issuer_id", Ident, primary_key=True),
        sa.Column("series", sa.Text(), primary_key=True),
        _whole("last"),
    )
    return InvoiceTables(metadata, invoice, series)


def metadata(names: TableNames) -> sa.MetaData:
    """What the revisions amount to."""
    return make_tables(names).metadata


def tables_of(work: Work) -> InvoiceTables:
    """The tables beside those of this unit of work."""
    return make_tables(work.names)
