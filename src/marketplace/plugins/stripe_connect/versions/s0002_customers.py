"""Make the table of customers: what Stripe calls whoever saved a card."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, MigrationNames

revision = "stripe_2"
down_revision = "stripe_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; customers that were made before stay as they are, and are not found again."""
    names = MigrationNames.here()
    op.create_table(
        names("stripe_customer"),
        sa.Column("party_id", Ident, primary_key=True),
        sa.Column("customer", sa.Text(), nullable=False),
        schema=names.schema,
    )


def downgrade() -> None:
    """Drop it."""
    names = MigrationNames.here()
    op.drop_table(names("stripe_customer"), schema=names.schema)
