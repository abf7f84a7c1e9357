"""Let a payout say what it is paid from: earnings, or a wallet's credit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; before, all were paid from earnings."""
    names = Names.here()
    source = sa.Column("source", sa.Text(), nullable=False, server_default="earnings")
    op.add_column(names("payout"), source, schema=names.schema)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_column(names("payout"), "source", schema=names.schema)
