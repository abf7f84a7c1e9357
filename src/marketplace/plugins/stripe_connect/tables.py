"""The tables of Stripe: whose account is which, which customer who is, and what was sent to banks
about chargebacks."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from attrs import frozen

from marketplace import Ident, Instant, TableNames, Work


@frozen
class StripeTables:
    """The three tables."""

    metadata: sa.MetaData
    stripe_account: sa.Table
    stripe_sent: sa.Table
    stripe_customer: sa.Table


@lru_cache(maxsize=64)
def make_tables(names: TableNames) -> StripeTables:
    """The tables as one marketplace names its own."""
    metadata = sa.MetaData(schema=names.schema)
    account = sa.Table(
        names("stripe_account"),
        metadata,
        sa.Column("party_id", Ident, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
    )
    sa.Index(names("stripe_account_account_uq"), account.c.account, unique=True)
    sent = sa.Table(
        names("stripe_sent"),
        metadata,
        sa.Column("dispute", sa.Text(), primary_key=True),
        sa.Column("what", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
    )
    customer = sa.Table(
        names("stripe_customer"),
        metadata,
        sa.Column("party_id", Ident, primary_key=True),
        sa.Column("customer", sa.Text(), nullable=False),
    )
    return StripeTables(metadata, account, sent, customer)


def metadata(names: TableNames) -> sa.MetaData:
    """What the revisions amount to."""
    return make_tables(names).metadata


def tables_of(work: Work) -> StripeTables:
    """The tables beside those of this unit of work."""
    return make_tables(work.names)
