"""Make the figures of sellers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, MigrationNames

revision = "goods_2"
down_revision = "goods_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    names = MigrationNames.here()
    op.create_table(
        names("goods_figure"),
        sa.Column("transaction_id", Ident, primary_key=True),
        sa.Column("figure", sa.Text(), primary_key=True),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        schema=names.schema,
    )
    names.index("goods_figure", ["party_id", "day"], unique=False)


def downgrade() -> None:
    """Drop it."""
    names = MigrationNames.here()
    op.drop_table(names("goods_figure"), schema=names.schema)
