"""Make baskets and checkouts, and let several payments be parts of one intent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ITEMS = (
    ("request", "items", "[]"),
    ("transaction", "items", "[]"),
    ("quote", "items", "[]"),
    ("quote", "part", ""),
)


def upgrade() -> None:
    """Make the table, and the columns; before, every deal asked for itself."""
    names = Names.here()
    for noun in ("payment", "intent"):
        paid = sa.Column("checkout_id", Ident, nullable=True)
        op.add_column(names(noun), paid, schema=names.schema)
    parts = sa.Column("parts", sa.Text(), nullable=False, server_default="[]")
    op.add_column(names("intent"), parts, schema=names.schema)
    names.index("intent", ["checkout_id"], unique=False, where="checkout_id is not null")
    for noun, column, before in ITEMS:
        text = sa.Column(column, sa.Text(), nullable=False, server_default=before)
        op.add_column(names(noun), text, schema=names.schema)
    provider = sa.Column("provider_id", Ident, nullable=True)
    op.add_column(names("quote"), provider, schema=names.schema)
    op.create_table(
        names("transaction_item"),
        *(sa.Column(one, Ident, nullable=False) for one in ("transaction_id", "listing_id")),
        *(sa.Column(one, Whole, nullable=False) for one in ("number", "quantity")),
        sa.Column("option", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "number", name=names("transaction_item_pk")),
        *(
            sa.ForeignKeyConstraint(
                [f"{noun}_id"], names.of(noun, "id"), name=names(f"transaction_item_{noun}_id_fk")
            )
            for noun in ("transaction", "listing")
        ),
        schema=names.schema,
    )
    names.index("transaction_item", ["listing_id"], unique=False)
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
    for table in ("checkout", "transaction_item"):
        op.drop_table(names(table), schema=names.schema)
    for noun, column, _ in (*ITEMS, ("quote", "provider_id", "")):
        op.drop_column(names(noun), column, schema=names.schema)
    index = names("intent_checkout_id_ix")
    op.drop_index(index, table_name=names("intent"), schema=names.schema)
    for noun, column in (
        ("intent", "parts"),
        ("intent", "checkout_id"),
        ("payment", "checkout_id"),
    ):
        op.drop_column(names(noun), column, schema=names.schema)
