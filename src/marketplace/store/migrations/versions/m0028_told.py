"""Let SQLite itself make and number everybody's copy of an event, as it is written."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names
from marketplace.store.sqlite_guards import told

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the trigger, unless the guards were made with it."""
    if op.get_context().dialect.name == "sqlite":
        names = Names.here()
        for statement in told(names.schema, names.prefix):
            op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    if op.get_context().dialect.name == "sqlite":
        names = Names.here()
        schema = f'"{names.schema}".' if names.schema else ""
        op.execute(f"DROP TRIGGER IF EXISTS {schema}{names.prefix}event_told")
