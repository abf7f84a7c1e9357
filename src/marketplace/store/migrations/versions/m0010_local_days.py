"""Let a resource count the days of a time zone, and take grains to prepare."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Whole
from marketplace.store.migrations.names import Names

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; resources made before count instants and need no time to prepare."""
    names = Names.here()
    table, schema = names("resource"), names.schema
    op.add_column(table, sa.Column("zone", sa.Text(), nullable=True), schema=schema)
    for name in ("before", "after"):
        column = sa.Column(name, Whole, nullable=False, server_default="0")
        op.add_column(table, column, schema=schema)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for name in ("after", "before", "zone"):
        op.drop_column(names("resource"), name, schema=names.schema)
