"""Searching listings: what the index finds, held against claims and gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from marketplace.app.context import Context
from marketplace.app.cursors import cursor_of, read_cursor
from marketplace.app.door import Act, By, Door
from marketplace.app.judging import found_of, judged
from marketplace.app.looks import Frame, frame_of
from marketplace.app.reading import Page, Reader, View
from marketplace.app.rebuilding import admitted, drift, rebuilt
from marketplace.domain.cells import Box
from marketplace.domain.money import Money
from marketplace.domain.party import OPERATOR
from marketplace.domain.place import Place
from marketplace.domain.search import Found, Order, Search
from marketplace.errors import InvalidInput

MOST_LOOKED_AT = 2_000
"""How many that gates or claims refuse one page passes over; then it ends early, and goes on."""
AT_ONCE = 500
"""How many rows the index gives at once."""


class Searching:
    """The verbs of searches."""

    _context: Context
    _door: Door
    _reader: Reader

    def search(
        self,
        vertical: str | Search,
        *,
        by: By,
        place: Place | None = None,
        within_m: int | None = None,
        box: Box | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        quantity: int = 1,
        fits: int = 0,
        price: tuple[Money | None, Money | None] | None = None,
        currency: str | None = None,
        tags: Sequence[str] = (),
        text: str = "",
        order: Order = "best",
        attributes: Mapping[str, Any] | None = None,
        refused: bool = False,
        after: str | None = None,
        limit: int = 20,
    ) -> Page[Found]:
        """Published listings that can be had so, the best first, each with its score's parts.

        The words are those of ``Search``, which may be given whole instead. ``refused`` gives
        those too that gates or claims refuse, with every reason. A page may be shorter than
        ``limit`` and still have an ``after``, where very many were refused.
        """
        if isinstance(vertical, Search):
            search = vertical
        else:
            search = Search(
                vertical=vertical,
                place=place,
                within_m=within_m,
                box=box,
                start=start,
                end=end,
                quantity=quantity,
                fits=fits,
                price=price,
                currency=currency,
                tags=tuple(tags) if isinstance(tags, list) else tags,
                text=text,
                order=order,
                attributes=dict(attributes or {}),
            )
        frame = framed(self._context, search)
        with self._reader.read(by) as view:
            view.check_limit(limit)
            return _page(view, frame, refused, read_cursor(search, after), limit)

    def rebuild_search(self, vertical: str | None = None, *, by: By = OPERATOR) -> int:
        """Index every published listing anew; gives how many. For a plan that changed.

        Goes in pieces, each a unit of work of its own, in the order of the map: what is indexed
        is found meanwhile as it was or as it is, and changes made meanwhile stay. Broken off, it
        leaves nothing to be mended; begun again, it begins from the start.
        """
        names = [vertical] if vertical is not None else sorted(self._context.verticals)
        if vertical is not None and self._context.vertical(vertical).search is None:
            raise InvalidInput(f"listings of {vertical!r} are not searched")
        names = [one for one in names if self._context.verticals[one].search is not None]

        def run(do: Callable[[Act], int]) -> int:
            return self._door.run("listings.rebuild_search", by, do, body={"vertical": vertical})

        run(admitted)
        return sum(rebuilt(self._context, name, run) for name in names)

    def search_drift(self) -> list[str]:
        """Sentences, one for everything in the index that is not as listings and claims say."""
        verticals = self._context.verticals.values()
        searched = sorted(one.name for one in verticals if one.search is not None)
        if not searched:
            return []
        with self._context.store.begin(write=False) as work:
            faults = work.search.drift()
            for name in searched:
                faults += drift(self._context, work, name)
        return faults


def framed(context: Context, search: Search) -> Frame:
    """The search in its vertical; raises ``InvalidInput`` for what nobody could ask."""
    frame = frame_of(context.vertical(search.vertical), search, context.now())
    if search.attributes:
        context.check_attributes(search.vertical, "request", search.attributes)
    return frame


def _page(
    view: View, frame: Frame, refused: bool, after: tuple[int, str] | None, limit: int
) -> Page[Found]:
    look = frame.look(after, limit + 1)
    page: list[tuple[Found, tuple[int, str]]] = []
    passed = 0
    while True:
        hits = view.work.search.find(look)
        for hit, against in judged(view, frame, hits):
            if against and not refused:
                passed += 1
                continue
            page.append((found_of(frame, hit, against), (hit.order, hit.listing_id)))
        if len(page) > limit:
            kept = page[:limit]
            return Page(tuple(one for one, _ in kept), cursor_of(frame.search, kept[-1][1]))
        items = tuple(one for one, _ in page)
        if len(hits) < look.limit:
            return Page(items, None)
        last = (hits[-1].order, hits[-1].listing_id)
        if passed >= MOST_LOOKED_AT:
            return Page(items, cursor_of(frame.search, last))
        look = look.going_on(last, min(look.limit * 2, AT_ONCE))
