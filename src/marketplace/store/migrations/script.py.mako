"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.migrations.names import Names
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Go there."""
    names = Names.here()
    ${upgrades if upgrades else ""}


def downgrade() -> None:
    """Go back."""
    names = Names.here()
    ${downgrades if downgrades else ""}
