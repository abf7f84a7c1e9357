"""Reading back what a demo left in its marketplace: all values of a kind, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marketplace import Terms

_PAGE = 500


def every(work: Any, kind: type[Any], **where: Any) -> Iterator[Any]:
    """All values of a kind. Of terms name a version, so that each deal has one."""
    order, after = "transaction_id" if kind is Terms else "id", None
    while True:
        page = work.select(kind, where, order=order, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = getattr(page[-1], order)
