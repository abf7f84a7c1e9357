"""Reading by scope: everybody sees their own, the operator sees all, in pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from attrs import define

from marketplace.app.context import Context
from marketplace.app.door import By, actor_of
from marketplace.domain.freezing import frozen
from marketplace.domain.party import Actor, Party
from marketplace.domain.ports import Condition, Work
from marketplace.domain.transaction import Seat
from marketplace.errors import Forbidden, InvalidInput, NotFound

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """Some of many values, and where to go on; iterate it like a list."""

    items: tuple[T, ...]
    after: str | None
    """Give this to get the next page; None when there is no more."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> T:
        return self.items[index]


@define
class View:
    """What one actor may see, inside one reading."""

    context: Context
    work: Work
    actor: Actor

    @property
    def operator(self) -> bool:
        """Whether it is one of the impersonal roles, who see everything."""
        return self.actor.party_id is None

    @property
    def party_id(self) -> str:
        """The reading party's id; raises ``Forbidden`` for the impersonal."""
        if self.actor.party_id is None:
            raise Forbidden("only a party has things of its own; name the party")
        return self.actor.party_id

    def own(self, party_id: str) -> str:
        """The party's id if the actor may read its things, else an id that has none."""
        return party_id if self.operator or party_id == self.actor.party_id else ""

    def check_limit(self, limit: object) -> None:
        """Raise ``InvalidInput`` unless a page may have so many values."""
        most = self.context.limits.page
        if type(limit) is not int or not 1 <= limit <= most:
            raise InvalidInput(f"a page has 1 to {most} values, not {limit!r}")

    def scope(self, field: str, party: str | None, **filters: Any) -> dict[str, Any]:
        """The condition for a list of one's own things: whose they are stands in ``field``.

        The operator sees all of them, or those of ``party``. A filter narrows what is seen and
        never widens it: for anybody else, those of another party are none. A filter of None is
        no filter.
        """
        where = {name: value for name, value in filters.items() if value is not None}
        if not self.operator:
            where[field] = self.own(party or self.party_id)
        elif party is not None:
            where[field] = party
        return where

    def page(
        self,
        kind: type[T],
        where: Mapping[str, Any] | Iterable[Condition] = (),
        *,
        after: str | None = None,
        limit: int = 50,
        order: str = "id",
    ) -> Page[T]:
        """One page of values in the order of their ids."""
        self.check_limit(limit)
        found = self.work.select(kind, where, after=after, limit=limit + 1, order=order)
        more = len(found) > limit
        items = tuple(found[:limit])
        return Page(items, getattr(items[-1], order) if more else None)


def page_of_deals(
    view: View,
    kind: type[T],
    where: Mapping[str, Any],
    transaction: str | None,
    after: str | None,
    limit: int,
) -> Page[T]:
    """Values about the deals in which a party sits, deal by deal; the operator sees all.

    ``after`` is where the page before said to go on.
    """
    view.check_limit(limit)
    conditions = [Condition(name, "=", value) for name, value in where.items()]
    if view.operator:
        if transaction is not None:
            conditions.append(Condition("transaction_id", "=", transaction))
        return view.page(kind, conditions, after=after, limit=limit)
    found: list[T] = []
    while True:
        mine = [Condition("party_id", "=", view.party_id)]
        if transaction is not None:
            mine.append(Condition("transaction_id", "=", transaction))
        if after is not None:
            mine.append(Condition("transaction_id", ">", after))
        seats = view.work.select(Seat, mine, order="transaction_id", limit=limit)
        if not seats:
            return Page(tuple(found), None)
        for deal in sorted({seat.transaction_id for seat in seats}):
            about = Condition("transaction_id", "=", deal)
            found += view.work.select(kind, [*conditions, about], limit=limit)
            after = deal
            if len(found) >= limit:
                return Page(tuple(found), after)


class Reader:
    """Opens readings."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @contextmanager
    def read(self, by: By, *, suspended: bool = False) -> Iterator[View]:
        """A reading by an actor; a party that was suspended sees nothing more.

        But where ``suspended`` says so: what was decided about it, and why.

        Raises ``LimitExceeded`` for a party that looked in vain too often.
        """
        actor, context = actor_of(by), self._context
        context.misses.refuse(actor, context.now())
        with context.store.begin(write=False) as work:
            if actor.party_id is not None:
                party = work.find(Party, id=actor.party_id)
                if party is None:
                    raise NotFound(f"no party {actor.party_id!r}")
                may = ("active", "suspended") if suspended else ("active",)
                if party.state not in may:
                    raise Forbidden(f"party {party.id} is {party.state}")
            try:
                yield View(context, work, actor)
            except NotFound:
                context.misses.note(actor, context.now())
                raise
