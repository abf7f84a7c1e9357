"""Keep which notices of payment providers came, and find what they are about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant
from marketplace.store.migrations.names import Names

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_THERE = (
    ("intent", "reference", "reference is not null"),
    ("intent", "receipt", "receipt is not null"),
    ("chargeback", "reference", None),
    ("payout_account", "reference", None),
)
"""What is looked for by a payment provider's name for it."""


def upgrade() -> None:
    """Make the inbox, the column and the indexes; what was answered before has no receipt."""
    names = Names.here()
    op.create_table(
        names("notice"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("notice_pk")),
        schema=names.schema,
    )
    names.index("notice", ["state", "id"], unique=False)
    op.add_column(names("intent"), sa.Column("receipt", sa.Text()), schema=names.schema)
    for noun, column, where in _THERE:
        names.index(noun, [column], unique=False, where=where)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun, column, _ in reversed(_THERE):
        op.drop_index(names(f"{noun}_{column}_ix"), table_name=names(noun), schema=names.schema)
    op.drop_column(names("intent"), "receipt", schema=names.schema)
    op.drop_table(names("notice"), schema=names.schema)
