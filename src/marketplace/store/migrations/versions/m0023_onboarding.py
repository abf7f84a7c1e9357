"""Make payout accounts and payout terms; a payout says which account it goes to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Length, Whole
from marketplace.store.migrations.names import Names

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column; before, payouts went wherever the plan's provider knew."""
    names = Names.here()
    op.create_table(
        names("payout_account"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("currency", "provider", "reference", "state")
        ),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("payout_account_pk")),
        _of_a_party(names, "payout_account"),
        schema=names.schema,
    )
    names.index("payout_account", ["party_id"], unique=False)
    names.index(
        "payout_account",
        ["party_id", "currency"],
        unique=True,
        where="state in ('submitted', 'verified')",
    )
    op.create_table(
        names("payout_terms"),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("every", Length(), nullable=True),
        sa.Column("minimums", sa.Text(), nullable=True),
        sa.Column("reserve_bp", Whole, nullable=True),
        sa.Column("reserve_for", Length(), nullable=True),
        sa.PrimaryKeyConstraint("party_id", name=names("payout_terms_pk")),
        _of_a_party(names, "payout_terms"),
        schema=names.schema,
    )
    op.add_column(
        names("payout"), sa.Column("account_id", Ident, nullable=True), schema=names.schema
    )


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    op.drop_column(names("payout"), "account_id", schema=names.schema)
    for noun in ("payout_terms", "payout_account"):
        op.drop_table(names(noun), schema=names.schema)


def _of_a_party(names: Names, noun: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["party_id"], names.of("party", "id"), name=names(f"{noun}_party_id_fk")
    )
