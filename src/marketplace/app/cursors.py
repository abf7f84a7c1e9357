"""Cursors: where a page of a search ended, as a text that only the same search takes again."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from attrs import asdict

from marketplace.domain.hashing import digest
from marketplace.domain.money import MAX_AMOUNT
from marketplace.domain.search import Search, coordinates
from marketplace.errors import InvalidInput

_MOST_SIGNS = 500


def _mark(search: Search) -> str:
    fields = asdict(search, recurse=False)
    for name in ("start", "end"):
        fields[name] = fields[name] and coordinates(fields[name])
    return digest(fields)[:16]


def cursor_of(search: Search, last: tuple[int, str]) -> str:
    """The cursor after a row of this order and listing."""
    return urlsafe_b64encode(json.dumps([_mark(search), *last]).encode()).decode().rstrip("=")


def read_cursor(search: Search, cursor: object) -> tuple[int, str] | None:
    """Where to go on; raises ``InvalidInput`` for the cursor of another search."""
    if cursor is None:
        return None
    wrong = InvalidInput("after is what a page of the same search gave, and nothing else")
    if not isinstance(cursor, str) or len(cursor) > _MOST_SIGNS:
        raise wrong
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        mark, order, listing_id = json.loads(urlsafe_b64decode(padded))
    except (ValueError, TypeError, Error, RecursionError):
        raise wrong from None
    if mark != _mark(search) or type(order) is not int or not isinstance(listing_id, str):
        raise wrong
    if not -MAX_AMOUNT <= order <= MAX_AMOUNT or not listing_id.replace("_", "").isalnum():
        raise wrong
    return order, listing_id
