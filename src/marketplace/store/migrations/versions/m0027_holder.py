"""Let a claim name the customer whose deal it is for, so that counting them asks no history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident
from marketplace.store.migrations.names import Names

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index; what is reserved now is its deal's customer's."""
    names = Names.here()
    customer = sa.Column("customer_id", Ident, nullable=True)
    op.add_column(names("reservation"), customer, schema=names.schema)
    names.index("reservation", ["customer_id"], unique=False, where="state = 'reserved'")
    reservation, seat = names.quoted("reservation"), names.quoted("seat")
    op.execute(
        f"UPDATE {reservation} SET customer_id = (SELECT party_id FROM {seat}"
        f" WHERE transaction_id = {reservation}.cause_id AND role = 'customer')"
        " WHERE state = 'reserved' AND cause = 'transaction'"
    )


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    index = names("reservation_customer_id_ix")
    op.drop_index(index, table_name=names("reservation"), schema=names.schema)
    op.drop_column(names("reservation"), "customer_id", schema=names.schema)
