"""Let answers of commands be erased: what stands for them in the chain, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant
from marketplace.store.migrations.names import Names

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column and the table; commands written before keep the first version of the hash."""
    names = Names.here()
    told = sa.Column("told_hash", sa.Text(), nullable=False, server_default="")
    op.add_column(names("command"), told, schema=names.schema)
    op.create_table(
        names("erasure"),
        sa.Column("command_id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("rest_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("command_id", name=names("erasure_pk")),
        sa.ForeignKeyConstraint(
            ["party_id"], names.of("party", "id"), name=names("erasure_party_id_fk")
        ),
        schema=names.schema,
    )


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    op.drop_table(names("erasure"), schema=names.schema)
    op.drop_column(names("command"), "told_hash", schema=names.schema)
