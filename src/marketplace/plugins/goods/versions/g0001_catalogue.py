"""Make the catalogue: articles, and the listings that hold them out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "goods_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = MigrationNames.here()
    op.create_table(
        names("article"),
        sa.Column("id", Ident, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text()),
        sa.Column("made_by", Ident, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        schema=names.schema,
    )
    names.index("article", ["folded"], unique=True)
    names.index("article", ["gtin"], unique=True)
    op.create_table(
        names("article_listing"),
        sa.Column("listing_id", Ident, primary_key=True),
        sa.Column("article_id", Ident, nullable=False),
        schema=names.schema,
    )
    names.index("article_listing", ["article_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    names = MigrationNames.here()
    for noun in ("article_listing", "article"):
        op.drop_table(names(noun), schema=names.schema)
