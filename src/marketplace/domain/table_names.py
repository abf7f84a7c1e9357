"""What a marketplace calls its tables: with its prefix, in its schema."""

from __future__ import annotations

from marketplace.domain.freezing import frozen


@frozen
class TableNames:
    """The prefix before every name of one marketplace, and its schema, which may be none.

    For the tables of plugins too, so that two marketplaces in one database share none.
    """

    prefix: str = ""
    schema: str | None = None

    def __call__(self, name: str) -> str:
        """The name of a table or constraint."""
        return self.prefix + name

    def of(self, noun: str, *columns: str) -> list[str]:
        """Columns of another table, as a foreign key names them."""
        table = self(noun) if self.schema is None else f"{self.schema}.{self(noun)}"
        return [f"{table}.{column}" for column in columns]
