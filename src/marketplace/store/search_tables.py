"""The tables of the search index: made from listings and claims, and never the only copy.

Rows of one part of the map lie side by side: their key begins with the cell. What a search looks
at first stands in narrow rows of its own (``search_entry``); what it shows, and the words it
compares, stand beside it in the same order (``search_text``). A calendar is one row of bits for
each block of grains of which any is taken (``search_taken``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from marketplace.store.columns import flag, ident, json, maybe, text, whole

KEY = ("vertical", "cell", "listing_id")


def coordinate(name: str) -> sa.Column[Any]:
    """A part of a place in degrees, or nothing."""
    return sa.Column(name, sa.Double(), nullable=True)


# fmt: off
def search(t: Any) -> None:
    """Add them."""
    t._table(
        "search_entry", text("vertical"), whole("cell"), ident("listing_id"), text("currency"),
        whole("price"), whole("fits"), whole("units"), whole("tags"), whole("standing"),
        whole("least"), whole("most"), whole("notice"), whole("window"), flag("gated"),
        coordinate("lat"), coordinate("lon"), whole("x"), whole("y"), whole("z"),
        key=KEY, index=["vertical standing listing_id", "vertical price listing_id"],
    )
    t._table(
        "search_text", text("vertical"), whole("cell"), ident("listing_id"),
        ident("provider_id"), maybe(ident("resource_id")), text("title"), text("label"),
        text("words"), json("parts"), flag("sure"),
        key=KEY, index=["listing_id", "resource_id where resource_id is not null"],
    )
    t._table(
        "search_taken", text("vertical"), whole("cell"), ident("listing_id"), whole("block"),
        whole("mask"),
        key=(*KEY, "block"),
    )
    t._table(
        "search_word", text("vertical"), ident("word"), whole("cell"), ident("listing_id"),
        key=("vertical", "word", "cell", "listing_id"),
    )
# fmt: on
    for noun in ("search_entry", "search_text", "search_taken", "search_word"):
        # SQLite then keeps the rows themselves in the order of the key.
        t.nouns[noun].dialect_options["sqlite"]["with_rowid"] = False
