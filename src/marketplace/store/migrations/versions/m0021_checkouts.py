"""Make checkouts, and let several payments be parts of one intent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant
from marketplace.store.migrations.names import Names

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the columns; before, every deal asked for itself."""
    names = Names.here()
    for noun in ("payment", "intent"):
        column = sa.Column("checkout_id", Ident, nullable=True)
        op.add_column(names(noun), column, schema=names.schema)
    parts = sa.Column("parts", sa.Text(), nullable=False, server_default="[]")
    op.add_column(names("intent"), parts, schema=names.schema)
    names.index("intent", ["checkout_id"], unique=False, where="checkout_id is not null")
    op.create_table(
        names("checkout"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("customer_id", Ident, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("checkout_pk")),
        sa.ForeignKeyConstraint(
            ["customer_id"], names.of("party", "id"), name=names("checkout_customer_id_fk")
        ),
        schema=names.schema,
    )
    names.index("checkout", ["customer_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    op.drop_table(names("checkout"), schema=names.schema)
    index = names("intent_checkout_id_ix")
    op.drop_index(index, table_name=names("intent"), schema=names.schema)
    for noun, column in (
        ("intent", "parts"),
        ("intent", "checkout_id"),
        ("payment", "checkout_id"),
    ):
        op.drop_column(names(noun), column, schema=names.schema)
