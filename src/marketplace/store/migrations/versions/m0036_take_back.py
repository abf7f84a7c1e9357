"""Let a payout say what of it was taken back from the payee's account, and what was asked back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; before, nothing was taken back."""
    names = Names.here()
    for name in ("taken_back", "taking_back"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column(names("payout"), column, schema=names.schema)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for name in ("taking_back", "taken_back"):
        op.drop_column(names("payout"), name, schema=names.schema)
