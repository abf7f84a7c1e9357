"""What people call each other: ids in a text replaced by names, for eyes rather than programs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from marketplace import Listing, NotFound, Party, Transaction, one_line
from marketplace.commands.finding import Found, Wrong
from marketplace.domain.ports import Work

MOST = 100_000
_REQUEST = re.compile(r"\breq_[0-9a-z]{26}\b")
_ID = re.compile(r"\b(?:pty|lst)_[0-9a-z]{26}\b")


def read(found: Found, texts: Iterable[str]) -> dict[str, str]:
    """Ids of parties and listings in these texts, to what people call them."""
    ids = {match for text in texts for match in _ID.findall(text)}
    if not ids:
        return {}
    with found.context.store.begin(write=False) as work:
        parties = work.select(Party, {"id": sorted(ids)}, limit=MOST)
        listings = work.select(Listing, {"id": sorted(ids)}, limit=MOST)
    called = {one.id: one_line(one.name) for one in parties}
    return called | {one.id: one_line(one.title) for one in listings}


def spoken(text: str, names: dict[str, str]) -> str:
    """The text with names where it has ids; requests have none."""
    named = _ID.sub(lambda match: names.get(match[0], match[0]), text)
    return _REQUEST.sub("another request", named)


def newest(work: Work, limit: int = 5) -> list[Transaction]:
    """The newest transactions that follow no other."""
    many = work.select(Transaction, {}, order="id", descending=True, limit=limit * 8)
    return [one for one in many if one.origin_id is None][:limit]


def deal(found: Found, identity: str) -> Transaction:
    """The transaction of this id; what there is instead is said in one line."""
    with found.context.store.begin(write=False) as work:
        transaction = work.find(Transaction, id=identity)
        if transaction is None:
            there = ", ".join(one.id for one in newest(work, 3)) or "none yet"
            raise Wrong(f"there is no transaction {identity!r}; newest transactions: {there}")
    return transaction


def a_story(found: Found) -> Transaction:
    """A late deal with much to explain: refused offers, several prices, a fault."""
    best: tuple[int, Transaction] | None = None
    with found.context.store.begin(write=False) as work:
        for one in newest(work, 60):
            told = len(work.events.about(one.id)) + 3 * (one.terms_version - 1)
            told += 2 * (one.ended_at is not None)
            if best is None or told > best[0]:
                best = told, one
    if best is None:
        raise Wrong("this marketplace has no transaction yet; open one, or run `marketplace demo`")
    return best[1]


def party(found: Found, identity: str) -> Party:
    """The party of this id; whom there is instead is said in one line."""
    with found.context.store.begin(write=False) as work:
        try:
            return work.get(Party, identity)
        except NotFound:
            some = work.select(Party, {}, order="id", descending=True, limit=3)
            there = ", ".join(f"{one.id} ({one_line(one.name)})" for one in some) or "none yet"
            raise Wrong(f"there is no party {identity!r}; newest parties: {there}") from None
