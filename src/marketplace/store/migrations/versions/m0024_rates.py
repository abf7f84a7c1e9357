"""Let a payer pay in another currency than the deal's, at a rate that is kept with the payment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Whole
from marketplace.store.migrations.names import Names

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; before, everybody paid in the deal's currency."""
    names = Names.here()
    for noun in ("quote", "payment"):
        rate = sa.Column("rate", sa.Text(), nullable=True)
        op.add_column(names(noun), rate, schema=names.schema)
    for noun, column in (("payment", "outside"), ("chargeback", "fee_outside")):
        taken = sa.Column(column, Whole, nullable=False, server_default="0")
        op.add_column(names(noun), taken, schema=names.schema)
    for noun, column in (("intent", "inside"), ("chargeback", "outside")):
        other = sa.Column(column, Whole, nullable=True)
        op.add_column(names(noun), other, schema=names.schema)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun, column in (
        ("chargeback", "fee_outside"),
        ("chargeback", "outside"),
        ("intent", "inside"),
        ("payment", "outside"),
        ("payment", "rate"),
        ("quote", "rate"),
    ):
        op.drop_column(names(noun), column, schema=names.schema)
