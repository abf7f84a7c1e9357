"""What a quote is for: the hash of what was asked, and of whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketplace import Item, Request, digest, plain
from marketplace.app.quotes import Asking

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
REQUESTS = st.builds(
    Request,
    id=NAMES,
    vertical=st.just("goods"),
    customer_id=NAMES,
    currency=st.just("NPR"),
    created_at=st.just(NOON),
    items=st.lists(st.builds(Item, NAMES, st.integers(1, 9)), max_size=3).map(tuple),
    attributes=st.dictionaries(NAMES, st.one_of(NAMES, st.integers(), st.none()), max_size=3),
)


@given(REQUESTS, st.one_of(st.none(), NAMES), st.one_of(st.just(()), st.tuples(NAMES, NAMES)))
def test_an_asking_has_the_hash_of_all_that_was_asked(
    request: Request, listing_id: str | None, part: tuple[str, ...]
) -> None:
    """The request is written once for all who are asked, and each hash is what it is of the whole;
    what names no items, or no part, is hashed without the word. What the request has become
    since is left out, what it asks is not."""
    whole: dict[str, Any] = {"request": plain(request), "listing": listing_id}
    if not request.items:
        del whole["request"]["items"]
    if part:
        whole["part"] = list(part)
    asking = Asking.of(request)
    assert asking.hash(listing_id, part) == digest(whole)
    later = evolve(request, state="agreed", version=7, expires_at=NOON)
    assert Asking.of(later).hash(listing_id, part) == digest(whole)
    other = evolve(request, customer_id=f"{request.customer_id}!")
    assert Asking.of(other).hash(listing_id, part) != digest(whole)
