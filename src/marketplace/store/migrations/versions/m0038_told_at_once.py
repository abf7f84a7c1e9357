"""Have SQLite tell everybody of an event without a table of its own for each list of parties."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names
from marketplace.store.sqlite_guards import told

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_BEFORE = """
CREATE TRIGGER {schema}{prefix}event_told AFTER INSERT ON "{prefix}event"
BEGIN
  INSERT INTO "{prefix}party_counter" (party_id, last)
  SELECT DISTINCT value, 1 FROM json_each(NEW.parties) WHERE true
  ON CONFLICT (party_id) DO UPDATE SET last = last + 1;
  INSERT INTO "{prefix}event_recipient" (party_id, number, event_id)
  SELECT party_id, last, NEW.id FROM "{prefix}party_counter"
  WHERE party_id IN (SELECT value FROM json_each(NEW.parties));
END
"""


def upgrade() -> None:
    """Make the trigger anew, as it is made by now."""
    names = Names.here()
    _replace(told(names.schema, names.prefix))


def downgrade() -> None:
    """Make it as it was."""
    names = Names.here()
    schema = f'"{names.schema}".' if names.schema else ""
    _replace([_BEFORE.format(schema=schema, prefix=names.prefix)])


def _replace(made: list[str]) -> None:
    if op.get_context().dialect.name == "sqlite":
        names = Names.here()
        schema = f'"{names.schema}".' if names.schema else ""
        op.execute(f"DROP TRIGGER IF EXISTS {schema}{names.prefix}event_told")
        for statement in made:
            op.execute(" ".join(statement.split()))
