"""Let a question to a payment provider say to whom it passes on a part of what it takes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; before, nobody was passed on anything."""
    names = Names.here()
    payee = sa.Column("payee", sa.Text(), nullable=True)
    op.add_column(names("intent"), payee, schema=names.schema)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_column(names("intent"), "payee", schema=names.schema)
