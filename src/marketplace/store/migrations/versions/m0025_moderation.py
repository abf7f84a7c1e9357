"""Make cases, reports, and what waits for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _ident(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, Ident, nullable=nullable) for name in names]


def _moment(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, Instant(), nullable=nullable) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, Whole, nullable=False) for name in names]


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    op.create_table(
        names("moderation_case"),
        *_ident("id", "subject_id", "owner_id"),
        *_text("subject_kind", "state", "reason", "decided_by", "appeal", "judged_by", "verdict"),
        *_text("rule", "action", "was", nullable=True),
        *_moment("opened_at"),
        *_moment("decided_at", "appeal_by", "strikes_end", nullable=True),
        *_whole("reports", "strikes", "suspended", "version"),
        sa.PrimaryKeyConstraint("id", name=names("moderation_case_pk")),
        sa.ForeignKeyConstraint(
            ["owner_id"], names.of("party", "id"), name=names("moderation_case_owner_id_fk")
        ),
        schema=names.schema,
    )
    names.index("moderation_case", ["state"], unique=False)
    names.index("moderation_case", ["owner_id"], unique=False)
    names.index("moderation_case", ["subject_id"], unique=True, where="state = 'open'")
    op.create_table(
        names("report"),
        *_ident("id", "case_id"),
        *_ident("reporter_id", nullable=True),
        *_text("rule", "text", "details"),
        *_moment("created_at"),
        sa.Column("answered", sa.Boolean(), nullable=False),
        *_whole("version"),
        sa.PrimaryKeyConstraint("id", name=names("report_pk")),
        sa.ForeignKeyConstraint(
            ["case_id"], names.of("moderation_case", "id"), name=names("report_case_id_fk")
        ),
        schema=names.schema,
    )
    known = "reporter_id is not null"
    names.index("report", ["reporter_id"], unique=False, where=known)
    names.index("report", ["case_id", "reporter_id"], unique=True, where=known)
    op.create_table(
        names("approval"),
        *_ident("id"),
        *_text("command", "body", "body_hash", "asked_by", "reason", "state", "answered_by"),
        *_moment("asked_at", "expires_at"),
        *_moment("answered_at", nullable=True),
        *_whole("version"),
        sa.PrimaryKeyConstraint("id", name=names("approval_pk")),
        schema=names.schema,
    )
    names.index("approval", ["state"], unique=False)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for table in ("approval", "report", "moderation_case"):
        op.drop_table(names(table), schema=names.schema)
