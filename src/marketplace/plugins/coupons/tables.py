"""The tables of coupons, under the marketplace's schema and with its prefix."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from marketplace import Ident, Instant, TableNames, Work


@frozen
class CouponTables:
    """The four tables."""

    metadata: sa.MetaData
    coupon: sa.Table
    coupon_use: sa.Table
    """How often a party has redeemed a coupon."""
    coupon_presented: sa.Table
    """Which codes a customer put to a request."""
    coupon_redemption: sa.Table
    """Each use in a transaction, and what became of it."""


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _whole(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


@lru_cache(maxsize=64)
def make_tables(names: TableNames) -> CouponTables:
    """The tables as one marketplace names its own."""
    metadata = sa.MetaData(schema=names.schema)
    coupon = sa.Table(
        names("coupon"),
        metadata,
        sa.Column("id", Ident, primary_key=True),
        # A provider's code is its own: it neither takes nor betrays anybody else's.
        sa.Column("owner", Ident, nullable=False),
        _text("sameness"),
        _text("code"),
        _text("payer"),
        sa.Column("provider_id", Ident),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("currency", sa.Text()),
        *(_whole(name) for name in ("bp", "amount", "at_most", "minimum")),
        sa.Column("starts_at", Instant()),
        sa.Column("ends_at", Instant()),
        _whole("uses"),
        _whole("uses_each"),
        _whole("used", nullable=False),
        *(_text(name) for name in ("verticals", "listings", "not_on", "state")),
        sa.Column("first_deal", sa.Boolean(), nullable=False),
        sa.Column("stackable", sa.Boolean(), nullable=False),
        sa.CheckConstraint("used >= 0", name=names("coupon_used_ck")),
        sa.CheckConstraint("uses IS NULL OR used <= uses", name=names("coupon_uses_ck")),
    )
    sa.Index(names("coupon_owner_sameness_uq"), coupon.c.owner, coupon.c.sameness, unique=True)
    sa.Index(names("coupon_sameness_ix"), coupon.c.sameness)
    use = sa.Table(
        names("coupon_use"),
        metadata,
        sa.Column("coupon_id", Ident, primary_key=True),
        sa.Column("party_id", Ident, primary_key=True),
        _whole("used", nullable=False),
        sa.CheckConstraint("used >= 0", name=names("coupon_use_used_ck")),
    )
    presented = sa.Table(
        names("coupon_presented"),
        metadata,
        sa.Column("request_id", Ident, primary_key=True),
        _text("codes"),
        sa.Column("at", Instant(), nullable=False),
    )
    redemption = sa.Table(
        names("coupon_redemption"),
        metadata,
        sa.Column("transaction_id", Ident, primary_key=True),
        sa.Column("coupon_id", Ident, primary_key=True),
        sa.Column("party_id", Ident, nullable=False),
        _whole("amount", nullable=False),
        _text("currency"),
        _text("state"),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
    )
    columns = redemption.c.coupon_id, redemption.c.transaction_id
    sa.Index(names("coupon_redemption_coupon_id_transaction_id_ix"), *columns)
    return CouponTables(metadata, coupon, use, presented, redemption)


def metadata(names: TableNames) -> sa.MetaData:
    """What the revisions amount to."""
    return make_tables(names).metadata


def tables_of(work: Work) -> CouponTables:
    """The tables beside those of this unit of work."""
    return make_tables(work.names)
