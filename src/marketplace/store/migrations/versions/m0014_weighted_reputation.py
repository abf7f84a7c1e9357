"""Add what a weighted reputation needs: which reviews weigh, and each counterparty once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Whole
from marketplace.store.migrations.names import Names

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; reviews written before weigh all of them."""
    names = Names.here()
    _add(names, "review", sa.Column("weighs", sa.Boolean(), nullable=True))
    _add(names, "reputation", sa.Column("counterparties", Whole, nullable=True))
    _add(names, "reputation", sa.Column("weighted_total", Whole, nullable=True))
    review, reputation = (_named(names, noun) for noun in ("review", "reputation"))
    op.execute(f"UPDATE {review} SET weighs = TRUE")
    means = (
        f"SELECT CAST(round(avg(rating) * 100) AS BIGINT) AS mean FROM {review} "
        f"WHERE subject_id = {reputation}.party_id AND subject_role = {reputation}.role "
        "AND state = 'visible' GROUP BY author_id"
    )
    op.execute(
        f"UPDATE {reputation} SET counterparties = (SELECT count(*) FROM ({means}) AS each_one), "
        f"weighted_total = (SELECT coalesce(sum(mean), 0) FROM ({means}) AS each_one)"
    )
    for noun, column, kind in (
        ("review", "weighs", sa.Boolean()),
        ("reputation", "counterparties", Whole),
        ("reputation", "weighted_total", Whole),
    ):
        with op.batch_alter_table(names(noun), schema=names.schema) as table:
            table.alter_column(column, existing_type=kind, nullable=False)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun, column in (
        ("reputation", "weighted_total"),
        ("reputation", "counterparties"),
        ("review", "weighs"),
    ):
        op.drop_column(names(noun), column, schema=names.schema)


def _add(names: Names, noun: str, column: sa.Column[object]) -> None:
    op.add_column(names(noun), column, schema=names.schema)


def _named(names: Names, noun: str) -> str:
    """The table as a statement names it."""
    bare = '"' + names(noun).replace('"', '""') + '"'
    return bare if names.schema is None else f'"{names.schema}".{bare}'
