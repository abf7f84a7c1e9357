"""Make coupons: what is promised, who used it, what was presented, what was redeemed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace import Ident, Instant, MigrationNames

revision = "coupons_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = MigrationNames.here()
    _coupon(names)
    op.create_table(
        names("coupon_use"),
        sa.Column("coupon_id", Ident, primary_key=True),
        sa.Column("party_id", Ident, primary_key=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0", name=names("coupon_use_used_ck")),
        schema=names.schema,
    )
    op.create_table(
        names("coupon_presented"),
        sa.Column("request_id", Ident, primary_key=True),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        schema=names.schema,
    )
    op.create_table(
        names("coupon_redemption"),
        sa.Column("transaction_id", Ident, primary_key=True),
        sa.Column("coupon_id", Ident, primary_key=True),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        schema=names.schema,
    )
    names.index("coupon_redemption", ["coupon_id", "transaction_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    names = MigrationNames.here()
    for noun in ("coupon_redemption", "coupon_presented", "coupon_use", "coupon"):
        op.drop_table(names(noun), schema=names.schema)


def _coupon(names: MigrationNames) -> None:
    op.create_table(
        names("coupon"),
        sa.Column("id", Ident, primary_key=True),
        sa.Column("owner", Ident, nullable=False),
        sa.Column("sameness", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("provider_id", Ident),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("currency", sa.Text()),
        sa.Column("bp", sa.BigInteger()),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("at_most", sa.BigInteger()),
        sa.Column("minimum", sa.BigInteger()),
        sa.Column("starts_at", Instant()),
        sa.Column("ends_at", Instant()),
        sa.Column("uses", sa.BigInteger()),
        sa.Column("uses_each", sa.BigInteger()),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("verticals", sa.Text(), nullable=False),
        sa.Column("listings", sa.Text(), nullable=False),
        sa.Column("not_on", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_deal", sa.Boolean(), nullable=False),
        sa.Column("stackable", sa.Boolean(), nullable=False),
        sa.CheckConstraint("used >= 0", name=names("coupon_used_ck")),
        sa.CheckConstraint("uses IS NULL OR used <= uses", name=names("coupon_uses_ck")),
        schema=names.schema,
    )
    names.index("coupon", ["owner", "sameness"], unique=True)
    names.index("coupon", ["sameness"], unique=False)
