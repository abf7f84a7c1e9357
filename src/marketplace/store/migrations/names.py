"""Names as a migration writes them: with the prefix and the schema of this marketplace."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from attrs import frozen


@frozen
class Names:
    """The prefix before every name, and the schema, which may be none."""

    prefix: str
    schema: str | None

    @classmethod
    def here(cls) -> Names:
        """Those of the migration that runs."""
        opts = op.get_context().opts
        return cls(opts["marketplace_prefix"], opts["marketplace_schema"])

    def __call__(self, name: str) -> str:
        """The name of a table or constraint."""
        return self.prefix + name

    def of(self, noun: str, *columns: str) -> list[str]:
        """Columns of another table, as a foreign key names them."""
        table = self(noun) if self.schema is None else f"{self.schema}.{self(noun)}"
        return [f"{table}.{column}" for column in columns]

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
