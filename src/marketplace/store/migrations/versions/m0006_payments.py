"""Make payments, consents, intents, payouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _payment(names)
    _consent(names)
    _intent(names)
    _payout(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["payout", "intent", "consent", "payment"]:
        op.drop_table(names(noun), schema=names.schema)


def _payment(names: Names) -> None:
    op.create_table(
        names("payment"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("means", sa.Text(), nullable=True),
        sa.Column("asked", Whole, nullable=True),
        sa.Column("held", Whole, nullable=False),
        sa.Column("captured", Whole, nullable=False),
        sa.Column("refunded", Whole, nullable=False),
        sa.Column("hold_transfer", Ident, nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("holds_until", Instant(), nullable=True),
        sa.Column("position", Whole, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("payment_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("payment_transaction_id_fk"),
        ),
        sa.CheckConstraint(
            "held >= 0 and captured >= 0 and refunded >= 0 and refunded <= captured",
            name=op.f(names("payment_sums_ck")),
        ),
        schema=names.schema,
    )
    names.index("payment", ["hold_transfer"], unique=True, where="hold_transfer is not null")
    names.index("payment", ["party_id"], unique=False)
    names.index("payment", ["reference"], unique=False, where="reference is not null")
    names.index("payment", ["transaction_id", "purse", "position"], unique=True)


def _consent(names: Names) -> None:
    op.create_table(
        names("consent"),
        sa.Column("request_id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("most", Whole, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("means", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", "party_id", name=names("consent_pk")),
        sa.ForeignKeyConstraint(
            ["request_id"], names.of("request", "id"), name=names("consent_request_id_fk")
        ),
        schema=names.schema,
    )


def _intent(names: Names) -> None:
    op.create_table(
        names("intent"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("transaction_id", Ident, nullable=True),
        sa.Column("payment_id", Ident, nullable=True),
        sa.Column("payout_id", Ident, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", Whole, nullable=False),
        sa.Column("tries", Whole, nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("intent_pk")),
        schema=names.schema,
    )
    names.index("intent", ["payment_id"], unique=False, where="payment_id is not null")
    names.index("intent", ["payout_id"], unique=False, where="payout_id is not null")
    names.index("intent", ["state", "due_at", "id"], unique=False)
    names.index("intent", ["transaction_id"], unique=False, where="transaction_id is not null")


def _payout(names: Names) -> None:
    op.create_table(
        names("payout"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("payout_pk")),
        sa.CheckConstraint("amount > 0", name=op.f(names("payout_amount_ck"))),
        schema=names.schema,
    )
    names.index("payout", ["party_id", "state"], unique=False)
    names.index("payout", ["reference"], unique=False, where="reference is not null")
    names.index("payout", ["state", "created_at"], unique=False)
