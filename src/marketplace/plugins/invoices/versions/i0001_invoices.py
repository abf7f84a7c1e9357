"""Make invoices, and the last number of each of their series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "invoices_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = MigrationNames.here()
    op.create_table(
        names("invoice"),
        sa.Column("id", Ident, primary_key=True),
        sa.Column("issuer_id", Ident, nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.BigInteger(), nullable=False),
        sa.Column("journal_id", Ident, nullable=False),
        sa.Column("receiver_id", Ident, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("contributed", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("corrects", Ident, nullable=True),
        sa.Column("corrects_name", sa.Text(), nullable=True),
        schema=names.schema,
    )
    names.index("invoice", ["issuer_id", "series", "number"], unique=True)
    names.index("invoice", ["journal_id", "kind"], unique=True)
    names.index("invoice", ["receiver_id"], unique=False)
    names.index("invoice", ["transaction_id"], unique=False)
    op.create_table(
        names("invoice_series"),
        sa.Column("issuer_id", Ident, primary_key=True),
        sa.Column("series", sa.Text(), primary_key=True),
        sa.Column("last", sa.BigInteger(), nullable=False),
        schema=names.schema,
    )


def downgrade() -> None:
    """Drop them."""
    names = MigrationNames.here()
    for noun in ("invoice_series", "invoice"):
        op.drop_table(names(noun), schema=names.schema)
