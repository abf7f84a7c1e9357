"""Make people: parties, blocks, documents, files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _party(names)
    _block(names)
    _document(names)
    _stored_file(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["stored_file", "document", "block", "party"]:
        op.drop_table(names(noun), schema=names.schema)


def _party(names: Names) -> None:
    op.create_table(
        names("party"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("party_pk")),
        schema=names.schema,
    )
    names.index("party", ["phone"], unique=True, where="phone is not null")


def _block(names: Names) -> None:
    op.create_table(
        names("block"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("blocked_id", Ident, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("block_pk")),
        sa.ForeignKeyConstraint(
            ["blocked_id"], names.of("party", "id"), name=names("block_blocked_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], names.of("party", "id"), name=names("block_party_id_fk")
        ),
        schema=names.schema,
    )
    names.index("block", ["blocked_id"], unique=False)
    names.index("block", ["party_id", "blocked_id"], unique=True)


def _document(names: Names) -> None:
    op.create_table(
        names("document"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("file_id", Ident, nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("document_pk")),
        sa.ForeignKeyConstraint(
            ["party_id"], names.of("party", "id"), name=names("document_party_id_fk")
        ),
        schema=names.schema,
    )
    names.index("document", ["expires_at"], unique=False, where="expires_at is not null")
    names.index("document", ["party_id", "kind"], unique=False)


def _stored_file(names: Names) -> None:
    op.create_table(
        names("stored_file"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("owner_id", Ident, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", Whole, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("stored_file_pk")),
        schema=names.schema,
    )
    names.index("stored_file", ["owner_id"], unique=False)
