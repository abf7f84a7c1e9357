"""Let the reports of a case be found by it, also those that the marketplace made itself."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; the unique one leaves out what nobody reported."""
    Names.here().index("report", ["case_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    names = Names.here()
    index = names("report_case_id_ix")
    op.drop_index(index, table_name=names("report"), schema=names.schema)
