"""Make the tables of accounts with Stripe, and of what was sent about chargebacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "stripe_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = MigrationNames.here()
    op.create_table(
        names("stripe_account"),
        sa.Column("party_id", Ident, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        schema=names.schema,
    )
    names.index("stripe_account", ["account"], unique=True)
    op.create_table(
        names("stripe_sent"),
        sa.Column("dispute", sa.Text(), primary_key=True),
        sa.Column("what", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        schema=names.schema,
    )


def downgrade() -> None:
    """Drop them."""
    names = MigrationNames.here()
    for noun in ("stripe_sent", "stripe_account"):
        op.drop_table(names(noun), schema=names.schema)
