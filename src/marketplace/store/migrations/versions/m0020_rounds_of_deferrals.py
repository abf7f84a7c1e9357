"""Let several rounds of a purse wait for the end of a dispute, each by its own terms."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell deferrals apart by the version of their terms too."""
    _key(["transaction_id", "purse", "terms_version"])


def downgrade() -> None:
    """One for each purse; fails where several wait."""
    _key(["transaction_id", "purse"])


def _key(columns: list[str]) -> None:
    names = Names.here()
    with op.batch_alter_table(names("deferral"), schema=names.schema) as table:
        table.drop_constraint(names("deferral_pk"), type_="primary")
        table.create_primary_key(names("deferral_pk"), columns)
