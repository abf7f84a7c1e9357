"""Let a message be taken down, and brought back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was written before was sent."""
    names = Names.here()
    for column in (
        sa.Column("state", sa.Text(), nullable=False, server_default="sent"),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"),
    ):
        op.add_column(names("message"), column, schema=names.schema)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for column in ("version", "removed_reason", "state"):
        op.drop_column(names("message"), column, schema=names.schema)
