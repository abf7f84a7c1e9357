"""Make what waits for the end of a dispute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    names = Names.here()
    op.create_table(
        names("deferral"),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("terms_version", Whole, nullable=False),
        sa.Column("dispute_id", Ident, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "purse", name=names("deferral_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("deferral_transaction_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], names.of("dispute", "id"), name=names("deferral_dispute_id_fk")
        ),
        schema=names.schema,
    )


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_table(names("deferral"), schema=names.schema)
