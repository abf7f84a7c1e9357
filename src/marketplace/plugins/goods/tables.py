"""The tables of a catalogue and of sellers' figures, as a marketplace names its own."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from attrs import frozen

from marketplace import Ident, Instant, TableNames, Work


@frozen
class CatalogueTables:
    """The tables."""

    metadata: sa.MetaData
    article: sa.Table
    article_listing: sa.Table
    """Which listings hold an article out."""
    figure: sa.Table
    """What a deal counts for its seller, each figure once."""


@lru_cache(maxsize=64)
def make_tables(names: TableNames) -> CatalogueTables:
    """The tables as one marketplace names its own."""
    metadata = sa.MetaData(schema=names.schema)
    article = sa.Table(
        names("article"),
        metadata,
        sa.Column("id", Ident, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        # The name as it is compared: two articles do not read alike.
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text()),
        sa.Column("made_by", Ident, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
    )
    for column in ("folded", "gtin"):
        sa.Index(names(f"article_{column}_uq"), article.c[column], unique=True)
    article_listing = sa.Table(
        names("article_listing"),
        metadata,
        sa.Column("listing_id", Ident, primary_key=True),
        sa.Column("article_id", Ident, nullable=False),
    )
    sa.Index(names("article_listing_article_id_ix"), article_listing.c.article_id)
    figure = sa.Table(
        names("goods_figure"),
        metadata,
        sa.Column("transaction_id", Ident, primary_key=True),
        sa.Column("figure", sa.Text(), primary_key=True),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
    )
    sa.Index(names("goods_figure_party_id_day_ix"), figure.c.party_id, figure.c.day)
    return CatalogueTables(metadata, article, article_listing, figure)


def metadata(names: TableNames) -> sa.MetaData:
    """What the revisions amount to."""
    return make_tables(names).metadata


def tables_of(work: Work) -> CatalogueTables:
    """The tables beside those of this unit of work."""
    return make_tables(work.names)
