"""Names as a migration writes them: with the prefix and the schema of this marketplace."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from attrs import frozen

from marketplace.domain.table_names import TableNames


@frozen
class MigrationNames(TableNames):
    """The names of the marketplace whose tables are being migrated, for Alembic's operations."""

    @classmethod
    def here(cls) -> MigrationNames:
        """Those of the migration that runs."""
        opts = op.get_context().opts
        return cls(opts["marketplace_prefix"], opts["marketplace_schema"])

    def quoted(self, noun: str) -> str:
        """The table as a statement names it."""
        bare = '"' + self(noun).replace('"', '""') + '"'
        return bare if self.schema is None else f'"{self.schema}".{bare}'

    def index(
        self, noun: str, columns: Sequence[str], *, unique: bool, where: str | None = None
    ) -> None:
        """Make an index, named by its table and columns."""
        only = None if where is None else sa.text(where)
        op.create_index(
            self(f"{noun}_{'_'.join(columns)}_{'uq' if unique else 'ix'}"),
            self(noun),
            columns,
            unique=unique,
            schema=self.schema,
            sqlite_where=only,
            postgresql_where=only,
        )


# What revisions of the library's own call it.
Names = MigrationNames
