"""Make chargebacks, and what they change: payments, disputes, what waits for their end."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the columns; before, no bank took anything back."""
    names = Names.here()
    _add(names, "payment", sa.Column("charged_back", Whole, nullable=False, server_default="0"))
    _add(names, "dispute", sa.Column("kind", sa.Text(), nullable=False, server_default="complaint"))
    refunds: sa.Column[bool] = sa.Column(
        "refunds", sa.Boolean(), nullable=False, server_default="0"
    )
    _add(names, "deferral", refunds)
    op.create_table(
        names("chargeback"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("payment_id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        _text("purse"),
        _text("reference"),
        sa.Column("dispute_id", Ident, nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("fee", Whole, nullable=False),
        *(_text(name) for name in ("currency", "cause", "bearer", "fee_bearer")),
        sa.Column("created_at", Instant(), nullable=False),
        _text("state"),
        sa.Column("left", Whole, nullable=False),
        sa.Column("fee_borne", Whole, nullable=False),
        _text("set_aside"),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("chargeback_pk")),
        *(_foreign(names, noun) for noun in ("payment", "transaction", "dispute")),
        sa.CheckConstraint(
            'amount > 0 and fee >= 0 and "left" >= 0 and "left" <= amount',
            name=op.f(names("chargeback_sums_ck")),
        ),
        schema=names.schema,
    )
    names.index("chargeback", ["transaction_id", "purse"], unique=False)
    names.index("chargeback", ["state", "created_at"], unique=False)
    names.index("chargeback", ["payment_id", "reference"], unique=True)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    op.drop_table(names("chargeback"), schema=names.schema)
    for noun, column in (("deferral", "refunds"), ("dispute", "kind"), ("payment", "charged_back")):
        op.drop_column(names(noun), column, schema=names.schema)


def _add(names: Names, noun: str, column: sa.Column[Any]) -> None:
    op.add_column(names(noun), column, schema=names.schema)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _foreign(names: Names, noun: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{noun}_id"], names.of(noun, "id"), name=names(f"chargeback_{noun}_id_fk")
    )
