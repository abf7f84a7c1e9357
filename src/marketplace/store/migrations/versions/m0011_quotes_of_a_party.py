"""Find a party's quotes without reading everybody's."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    names = Names.here()
    names.index("quote", ["for_party_id"], unique=False, where="for_party_id is not null")


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    op.drop_index(names("quote_for_party_id_ix"), names("quote"), schema=names.schema)
