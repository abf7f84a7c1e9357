"""Keep the erased out of every seat, also where somebody is erased as he is seated."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names
from marketplace.store.postgres_guards import somebody

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the trigger where several write at a time."""
    if op.get_context().dialect.name == "postgresql":
        names = Names.here()
        for statement in somebody(names.schema, names.prefix):
            op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    if op.get_context().dialect.name == "postgresql":
        names = Names.here()
        at = f"{names.schema}.{names.prefix}" if names.schema else names.prefix
        op.execute(f"DROP FUNCTION IF EXISTS {at}seat_of_somebody() CASCADE")
