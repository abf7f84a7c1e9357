"""Make the search index: what is looked at first, what is shown, calendars as bits, words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Whole
from marketplace.store.migrations.names import Names

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = ["vertical", "cell", "listing_id"]


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _entry(names)
    _text(names)
    _table(names, "search_taken", [*KEY, "block"], *_key(), _whole("block"), _whole("mask"))
    word = sa.Column("word", Ident, nullable=False)
    vertical, cell, listing = _key()
    _table(names, "search_word", ["vertical", "word", *KEY[1:]], vertical, word, cell, listing)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["search_word", "search_taken", "search_text", "search_entry"]:
        op.drop_table(names(noun), schema=names.schema)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, Whole, nullable=False)


def _text_of(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key() -> tuple[sa.Column[Any], sa.Column[Any], sa.Column[Any]]:
    return _text_of("vertical"), _whole("cell"), sa.Column("listing_id", Ident, nullable=False)


def _table(names: Names, noun: str, key: list[str], *columns: sa.Column[Any]) -> None:
    op.create_table(
        names(noun),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=names(f"{noun}_pk")),
        schema=names.schema,
        sqlite_with_rowid=False,
    )


def _entry(names: Names) -> None:
    counts = ["price", "fits", "units", "tags", "standing", "least", "most", "notice", "window"]
    _table(
        names,
        "search_entry",
        KEY,
        *_key(),
        _text_of("currency"),
        *(_whole(name) for name in counts),
        sa.Column("gated", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("lat", "lon")),
        *(_whole(name) for name in "xyz"),
    )
    for name in ("standing", "price"):
        names.index("search_entry", ["vertical", name, "listing_id"], unique=False)


def _text(names: Names) -> None:
    _table(
        names,
        "search_text",
        KEY,
        *_key(),
        sa.Column("provider_id", Ident, nullable=False),
        sa.Column("resource_id", Ident, nullable=True),
        *(_text_of(name) for name in ("title", "label", "words", "parts")),
        sa.Column("sure", sa.Boolean(), nullable=False),
    )
    names.index("search_text", ["listing_id"], unique=False)
    names.index("search_text", ["resource_id"], unique=False, where="resource_id is not null")
