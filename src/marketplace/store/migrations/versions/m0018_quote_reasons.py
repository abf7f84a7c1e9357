"""Keep what the plugins said beside the lines of a quote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; quotes made before say nothing."""
    names = Names.here()
    column = sa.Column("reasons", sa.Text(), nullable=False, server_default="[]")
    op.add_column(names("quote"), column, schema=names.schema)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_column(names("quote"), "reasons", schema=names.schema)
