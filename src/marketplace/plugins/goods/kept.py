"""The catalogue in its tables: read and written on the unit of work's own connection."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from attrs import asdict
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import Event, Listing, Work, fold
from marketplace.plugins.goods.article import Article
from marketplace.plugins.goods.tables import tables_of

HEARD = ("listing.drafted", "listing.changed")


def add(work: Work, article: Article) -> bool:
    """Keep an article; False where one reads like it, or has its number."""
    table = tables_of(work).article
    made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
    row = {**asdict(article), "folded": fold(article.name)}
    written = made.values(row).on_conflict_do_nothing().returning(table.c.id)
    return work.connection.execute(written).first() is not None


def article(work: Work, article_id: str) -> Article | None:
    """The article of this id."""
    table = tables_of(work).article
    columns = [table.c[name] for name in Article.__annotations__]
    row = work.connection.execute(sa.select(*columns).where(table.c.id == article_id)).first()
    return None if row is None else Article(*row)


def listings_of(work: Work, article_id: str) -> Sequence[str]:
    """The listings that hold an article out."""
    table = tables_of(work).article_listing
    found = sa.select(table.c.listing_id).where(table.c.article_id == article_id)
    return list(work.connection.execute(found.order_by(table.c.listing_id)).scalars())


def follow(event: Event, work: Work, trade: str) -> None:
    """Keep which article a listing holds out, as it says it now."""
    if event.kind not in HEARD:
        return
    listing = work.get(Listing, event.subject_id)
    if listing.vertical != trade:
        return
    table, named = tables_of(work).article_listing, listing.attributes.get("article")
    work.connection.execute(sa.delete(table).where(table.c.listing_id == listing.id))
    if named is not None:
        row = {"listing_id": listing.id, "article_id": named}
        work.connection.execute(sa.insert(table).values(row))
