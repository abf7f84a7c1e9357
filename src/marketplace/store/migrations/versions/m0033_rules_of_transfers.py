"""Say of each transfer which rule explains it; find an account's in the order of posting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Whole
from marketplace.store.migrations.names import Names

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and put the number into the indexes by account.

    Transfers of before name no rule: what their journal's kind says has to do.
    """
    names = Names.here()
    rule = sa.Column("rule", sa.Text(), nullable=False, server_default="")
    op.add_column(names("transfer"), rule, schema=names.schema)
    line = sa.Column("line", Whole, nullable=True)
    op.add_column(names("transfer"), line, schema=names.schema)
    for side in ("debit", "credit"):
        old = names(f"transfer_{side}_ix")
        op.drop_index(old, table_name=names("transfer"), schema=names.schema)
        names.index("transfer", [side, "number"], unique=False)


def downgrade() -> None:
    """Put the old indexes back, and drop the columns."""
    names = Names.here()
    for side in ("credit", "debit"):
        new = names(f"transfer_{side}_number_ix")
        op.drop_index(new, table_name=names("transfer"), schema=names.schema)
        names.index("transfer", [side], unique=False)
    for column in ("line", "rule"):
        op.drop_column(names("transfer"), column, schema=names.schema)
