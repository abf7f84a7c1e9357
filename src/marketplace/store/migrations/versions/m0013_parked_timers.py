"""Keep how often a timer was tried in vain, and whether it is parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is set already was never tried."""
    names = Names.here()
    with op.batch_alter_table(names("timer"), schema=names.schema) as table:
        table.add_column(sa.Column("tries", Whole, nullable=False, server_default="0"))
        table.add_column(sa.Column("since", Instant(), nullable=True))
        table.add_column(sa.Column("why", sa.Text(), nullable=True))
        table.add_column(
            sa.Column("parked", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table(names("timer"), schema=names.schema) as table:
        table.alter_column("tries", server_default=None)
        table.alter_column("parked", server_default=None)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    with op.batch_alter_table(names("timer"), schema=names.schema) as table:
        for column in ("parked", "why", "since", "tries"):
            table.drop_column(column)
