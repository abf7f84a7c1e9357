"""Make what comes after: reviews, disputes, messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _review_window(names)
    _review(names)
    _reputation(names)
    _dispute(names)
    _message(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["message", "dispute", "reputation", "review", "review_window"]:
        op.drop_table(names(noun), schema=names.schema)


def _review_window(names: Names) -> None:
    op.create_table(
        names("review_window"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("author_id", Ident, nullable=False),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("subject_id", Ident, nullable=False),
        sa.Column("subject_role", sa.Text(), nullable=False),
        sa.Column("opens_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("review_window_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("review_window_transaction_id_fk"),
        ),
        schema=names.schema,
    )
    names.index("review_window", ["author_id", "state"], unique=False)
    names.index("review_window", ["state", "closes_at"], unique=False)
    names.index("review_window", ["transaction_id", "author_id", "subject_id"], unique=True)


def _review(names: Names) -> None:
    op.create_table(
        names("review"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("author_id", Ident, nullable=False),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("subject_id", Ident, nullable=False),
        sa.Column("subject_role", sa.Text(), nullable=False),
        sa.Column("listing_id", Ident, nullable=True),
        sa.Column("rating", Whole, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("visible_at", Instant(), nullable=True),
        sa.Column("axes", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("private_text", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", Instant(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("review_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("review_transaction_id_fk"),
        ),
        sa.CheckConstraint("rating >= 1 and rating <= 5", name=op.f(names("review_rating_ck"))),
        schema=names.schema,
    )
    names.index("review", ["author_id"], unique=False)
    names.index("review", ["listing_id"], unique=False, where="listing_id is not null")
    names.index("review", ["subject_id", "state"], unique=False)
    names.index("review", ["transaction_id", "author_id", "subject_id"], unique=True)


def _reputation(names: Names) -> None:
    op.create_table(
        names("reputation"),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("count", Whole, nullable=False),
        sa.Column("total", Whole, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "role", name=names("reputation_pk")),
        schema=names.schema,
    )


def _dispute(names: Names) -> None:
    op.create_table(
        names("dispute"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("transaction_id", Ident, nullable=False),
        sa.Column("opened_by", Ident, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("answer_by", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("dispute_pk")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            names.of("transaction", "id"),
            name=names("dispute_transaction_id_fk"),
        ),
        schema=names.schema,
    )
    names.index("dispute", ["state", "answer_by"], unique=False)
    names.index("dispute", ["transaction_id"], unique=False)


def _message(names: Names) -> None:
    op.create_table(
        names("message"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("about_kind", sa.Text(), nullable=False),
        sa.Column("about_id", Ident, nullable=False),
        sa.Column("author_id", Ident, nullable=False),
        sa.Column("to_id", Ident, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("masked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("message_pk")),
        schema=names.schema,
    )
    names.index("message", ["about_id", "created_at"], unique=False)
    names.index("message", ["author_id"], unique=False)
    names.index("message", ["to_id"], unique=False, where="to_id is not null")
