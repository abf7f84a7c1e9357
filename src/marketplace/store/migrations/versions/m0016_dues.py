"""Make dues: what customers still owe of their deals, and whose earnings wait for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    names = Names.here()
    op.create_table(
        names("dues"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("home", Ident, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("left", Whole, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("guaranteed", sa.Boolean(), nullable=False),
        sa.Column("awaited", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("dues_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("dues_transaction_id_fk"),
        ),
        sa.CheckConstraint('"left" >= 0 and "left" <= amount', name=op.f(names("dues_left_ck"))),
        schema=names.schema,
    )
    names.index("dues", ["home"], unique=False)
    names.index("dues", ["party_id"], unique=False)
    names.index("dues", ["transaction_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_table(names("dues"), schema=names.schema)
