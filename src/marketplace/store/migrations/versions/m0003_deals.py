"""Make deals: transactions, seats, offers, terms, processes, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _transaction(names)
    _seat(names)
    _offer(names)
    _terms(names)
    _process_version(names)
    _setting(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["setting", "process_version", "terms", "offer", "seat", "transaction"]:
        op.drop_table(names(noun), schema=names.schema)


def _transaction(names: Names) -> None:
    op.create_table(
        names("transaction"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("process_version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("request_id", Ident, nullable=True),
        sa.Column("listing_id", Ident, nullable=True),
        sa.Column("origin_id", Ident, nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("checkout_id", Ident, nullable=True),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("moments", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("terms_version", Whole, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("transaction_pk")),
        sa.ForeignKeyConstraint(
            ["listing_id"], names.of("listing", "id"), name=names("transaction_listing_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"], names.of("transaction", "id"), name=names("transaction_origin_id_fk")
        ),
        schema=names.schema,
    )
    names.index("transaction", ["checkout_id"], unique=False, where="checkout_id is not null")
    names.index("transaction", ["listing_id"], unique=False, where="listing_id is not null")
    names.index("transaction", ["origin_id"], unique=False, where="origin_id is not null")
    names.index("transaction", ["process", "process_version"], unique=False)
    names.index("transaction", ["request_id"], unique=False, where="request_id is not null")
    names.index("transaction", ["state"], unique=False)


def _seat(names: Names) -> None:
    op.create_table(
        names("seat"),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("share_bp", Whole, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "role", "party_id", name=names("seat_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], names.of("transaction", "id"), name=names("seat_transaction_id_fk")
        ),
        schema=names.schema,
    )
    names.index("seat", ["party_id"], unique=False)


def _offer(names: Names) -> None:
    op.create_table(
        names("offer"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("maker_id", Ident, nullable=False),
        sa.Column("taker_id", Ident, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("quote_id", Ident, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request_id", Ident, nullable=True),
        sa.Column("listing_id", Ident, nullable=True),
        sa.Column("transaction_id", Ident, nullable=True),
        sa.Column("counters_id", Ident, nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("offer_pk")),
        sa.ForeignKeyConstraint(
            ["quote_id"], names.of("quote", "id"), name=names("offer_quote_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], names.of("transaction", "id"), name=names("offer_transaction_id_fk")
        ),
        schema=names.schema,
    )
    names.index("offer", ["listing_id"], unique=False, where="listing_id is not null")
    names.index("offer", ["maker_id", "state"], unique=False)
    names.index("offer", ["request_id"], unique=False, where="request_id is not null")
    names.index("offer", ["state", "expires_at"], unique=False, where="state = 'made'")
    names.index("offer", ["taker_id", "state"], unique=False)
    names.index("offer", ["transaction_id"], unique=False, where="transaction_id is not null")
    names.index("offer", ["transaction_id", "seat"], unique=True, where="state = 'accepted'")


def _terms(names: Names) -> None:
    op.create_table(
        names("terms"),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("process_version", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "version", name=names("terms_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], names.of("transaction", "id"), name=names("terms_transaction_id_fk")
        ),
        schema=names.schema,
    )


def _process_version(names: Names) -> None:
    op.create_table(
        names("process_version"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=names("process_version_pk")),
        schema=names.schema,
    )


def _setting(names: Names) -> None:
    op.create_table(
        names("setting"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=names("setting_pk")),
        schema=names.schema,
    )
