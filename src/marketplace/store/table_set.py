"""A set of tables under one schema and prefix, and how each is added to it in a line or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

CONVENTION = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
    "ck": "%(table_name)s_%(constraint_name)s_ck",
}


class TableSet:
    """The tables under one schema and prefix, each as an attribute named by its noun.

    ``transaction`` and ``match`` are words of SQL; statements quote every name.
    """

    def __init__(self, schema: str | None = None, prefix: str = "") -> None:
        self.schema = schema
        self.prefix = prefix
        self.metadata = sa.MetaData(schema=schema, naming_convention=CONVENTION)
        self.nouns: dict[str, sa.Table] = {}

    def __getattr__(self, noun: str) -> sa.Table:
        try:
            return self.__dict__["nouns"][noun]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"no table is named {noun!r}") from None

    def __iter__(self) -> Iterator[tuple[str, sa.Table]]:
        return iter(self.nouns.items())

    def name(self, noun: str) -> str:
        """The table's name as it stands in a statement: quoted, with its schema and prefix."""
        bare = '"' + (self.prefix + noun).replace('"', '""') + '"'
        return f'"{self.schema}".{bare}' if self.schema else bare

    def _table(
        self,
        noun: str,
        *columns: sa.Column[Any] | Sequence[sa.Column[Any]],
        key: Sequence[str] = ("id",),
        index: Sequence[str] = (),
        unique: Sequence[str] = (),
        check: dict[str, str] | None = None,
        also: Sequence[sa.Constraint] = (),
    ) -> None:
        """Add a table; an index is written ``"state due_at where state = 'waiting'"``."""
        flat: list[sa.Column[Any]] = []
        for one in columns:
            flat.extend([one] if isinstance(one, sa.Column) else one)
        parts: list[Any] = list(flat)
        if not any(column.primary_key for column in flat):
            parts.append(sa.PrimaryKeyConstraint(*key))
        for column in flat:
            if column.info.get("to"):
                target = f"{self.prefix}{column.info['to']}.id"
                target = f"{self.schema}.{target}" if self.schema else target
                parts.append(sa.ForeignKeyConstraint([column.name], [target]))
        parts += [sa.CheckConstraint(sql, name=name) for name, sql in (check or {}).items()]
        table = sa.Table(self.prefix + noun, self.metadata, *parts, *also)
        for spec, is_unique in [*((s, False) for s in index), *((s, True) for s in unique)]:
            self._index(table, spec, is_unique)
        self.nouns[noun] = table

    def _index(self, table: sa.Table, spec: str, unique: bool) -> None:
        names, _, where = spec.partition(" where ")
        only = sa.text(where) if where else None
        sa.Index(
            f"{table.name}_{'_'.join(names.split())}_{'uq' if unique else 'ix'}",
            *(table.c[name] for name in names.split()),
            unique=unique,
            sqlite_where=only,
            postgresql_where=only,
            info={"place": len(table.indexes)},
        )
