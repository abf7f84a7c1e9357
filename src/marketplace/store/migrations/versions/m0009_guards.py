"""Make the guards: constraints, types and triggers that hold whoever writes."""

from __future__ import annotations

from alembic import op

from marketplace.store import postgres_guards, sqlite_guards
from marketplace.store.migrations.names import Names

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A later revision that changes a guard makes it anew; this one then makes it as it is by then.
GUARDS = {"sqlite": sqlite_guards, "postgresql": postgres_guards}


def upgrade() -> None:
    """Make them."""
    names = Names.here()
    for statement in GUARDS[op.get_context().dialect.name].guards(names.schema, names.prefix):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for statement in GUARDS[op.get_context().dialect.name].drops(names.schema, names.prefix):
        op.execute(statement)
