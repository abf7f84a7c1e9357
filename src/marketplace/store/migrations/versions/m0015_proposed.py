"""Let an offer carry the row that both sides of a deal must want."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; offers made before propose nothing."""
    names = Names.here()
    column = sa.Column("proposed", sa.Text(), nullable=True)
    op.add_column(names("offer"), column, schema=names.schema)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_column(names("offer"), "proposed", schema=names.schema)
