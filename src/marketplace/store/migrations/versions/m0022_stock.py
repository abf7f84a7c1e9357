"""Let a listing have a count of each of its options, and claims take for good what they took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; before, nothing had options, and nothing was used up."""
    names = Names.here()
    option = sa.Column("option", sa.Text(), nullable=False, server_default="")
    op.add_column(names("resource"), option, schema=names.schema)
    old = names("resource_listing_id_name_uq")
    op.drop_index(old, table_name=names("resource"), schema=names.schema)
    names.index("resource", ["listing_id", "name", "option"], unique=True)
    used: sa.Column[bool] = sa.Column("used", sa.Boolean(), nullable=False, server_default="0")
    op.add_column(names("reservation"), used, schema=names.schema)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    op.drop_column(names("reservation"), "used", schema=names.schema)
    new = names("resource_listing_id_name_option_uq")
    op.drop_index(new, table_name=names("resource"), schema=names.schema)
    op.drop_column(names("resource"), "option", schema=names.schema)
    names.index("resource", ["listing_id", "name"], unique=True)
