"""Make calendars: those that are followed, what they say, its blocks, and addresses of our own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "ical_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = MigrationNames.here()
    _feed(names)
    _said(names)
    _piece(names)
    _address(names)


def downgrade() -> None:
    """Drop them."""
    names = MigrationNames.here()
    for noun in ("address", "piece", "said", "feed"):
        op.drop_table(names(f"ical_{noun}"), schema=names.schema)


def _made(names: MigrationNames, noun: str, *columns: Any) -> None:
    op.create_table(names(f"ical_{noun}"), *columns, schema=names.schema)


def _feed(names: MigrationNames) -> None:
    _made(
        names,
        "feed",
        sa.Column("id", Ident, primary_key=True),
        sa.Column("listing_id", Ident, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("own", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.Text(), nullable=False),
    )
    names.index("ical_feed", ["listing_id"], unique=False)


def _said(names: MigrationNames) -> None:
    _made(
        names,
        "said",
        sa.Column("feed_id", Ident, primary_key=True),
        sa.Column("uid", Ident, primary_key=True),
        sa.Column("start", Instant(), primary_key=True),
        sa.Column("end", Instant(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("conflict", sa.Text(), nullable=False),
    )


def _piece(names: MigrationNames) -> None:
    _made(
        names,
        "piece",
        sa.Column("reservation_id", Ident, primary_key=True),
        sa.Column("feed_id", Ident, nullable=False),
        sa.Column("uid", Ident, nullable=False),
        sa.Column("start", Instant(), nullable=False),
        sa.Column("end", Instant(), nullable=False),
    )
    names.index("ical_piece", ["feed_id"], unique=False)


def _address(names: MigrationNames) -> None:
    _made(
        names,
        "address",
        sa.Column("id", Ident, primary_key=True),
        sa.Column("listing_id", Ident, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
    )
    names.index("ical_address", ["listing_id", "resource"], unique=True)
