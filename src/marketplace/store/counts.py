"""Counts without a span: several claimed in one statement, and taken for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from marketplace.domain.reservation import Reservation, Resource
from marketplace.errors import InvalidInput, NotFound
from marketplace.store import claims_sql as sql
from marketplace.store.json_text import to_json
from marketplace.store.runner import Runner
from marketplace.store.shelf import Ready, Shelf
from marketplace.store.statement import Statement


class Counts:
    """The part of the book of capacity that knows no calendar."""

    _runner: Runner
    _shelf: Shelf
    _ready: Ready

    def takes_each(self, wanted: Sequence[Reservation], resources: Mapping[str, Resource]) -> bool:
        """Write several claims on counts that have no span, if there is room for all at once."""
        if len(wanted) == 1 or any(
            one.kind == "single" or one.grain is not None for one in resources.values()
        ):
            return False
        amounts: dict[str, int] = {}
        for one in wanted:
            amounts[one.resource_id] = amounts.get(one.resource_id, 0) + one.quantity
        adapter = self._shelf.adapter
        words = {"pairs": adapter.pairs, "share": adapter.share_lock}
        statement = self._shelf.formed(sql.TAKE_EACH, **words)
        rows = self._runner.write_rows(statement, (to_json(amounts),))
        if len(rows) < len(amounts):
            # One by one, lapsed claims may make way, and it is known whose do not. A savepoint
            # to go back to would have all that waits written first, which is most often in vain.
            back = self._shelf.sql(sql.USE_BUCKET)
            taken = [back.fill({"id": id, "quantity": amounts[id]}) for (id,) in rows]
            self._runner.write_many(back, taken)
            return False
        self._runner.send_many(
            inserting(self._shelf),
            [(*self._ready.codec.encode(one), False) for one in wanted],
        )
        return True

    def use(self, ids: Sequence[str]) -> None:
        """Take for good what was claimed of counts without a span; using twice is harmless."""
        if not ids:
            return
        adapter = self._shelf.adapter
        if adapter.row_lock:
            # Whoever claims holds the resource before its bucket: in the same order here.
            self._runner.about_to_write()
            statement = self._shelf.formed(sql.LOCK_RESOURCES, lock=adapter.row_lock)
            values = {"ids": adapter.array(sorted(ids)), "wanted": adapter.array([])}
            self._runner.rows(statement, statement.fill(values))
        statement = self._shelf.sql(sql.USE)
        amounts: dict[str, int] = {}
        for resource_id, quantity in self._runner.write_rows(
            statement, (adapter.array(sorted(ids)),)
        ):
            amounts[resource_id] = amounts.get(resource_id, 0) + quantity
        resources = self.resources(set(amounts)) if amounts else {}
        for one in resources.values():
            if one.kind == "single" or one.grain is not None:
                raise InvalidInput(f"{one.name} is not used up: it is there again when it is free")
        for id, quantity in sorted(amounts.items()):
            for text in (sql.USE_BUCKET, sql.USE_RESOURCE):
                each = self._shelf.sql(text)
                self._runner.send(each, each.fill({"id": id, "quantity": quantity}))

    def used(self, resource_ids: Sequence[str]) -> dict[str, int]:
        """How much is claimed of counts that have no span; of those never claimed, nothing."""
        rows = self._runner.rows(
            self._shelf.sql(sql.USED), (self._shelf.adapter.array(sorted(resource_ids)),)
        )
        return {**dict.fromkeys(resource_ids, 0), **dict(row[:2] for row in rows)}

    def resources(self, ids: set[str]) -> dict[str, Resource]:
        found = self.there(ids)
        for id in ids - set(found):
            raise NotFound(f"no resource {id!r}", params={"kind": "resource"})
        return found

    def there(self, ids: set[str]) -> dict[str, Resource]:
        """Those of these resources that there are."""
        ready = self._shelf.ready[Resource]
        statement = self._shelf.formed(sql.RESOURCES, columns=ready.columns)
        rows = self._runner.rows(statement, (self._shelf.adapter.array(sorted(ids)),))
        return {row[0]: ready.codec.decode(row) for row in rows}


@cache
def inserting(shelf: Shelf, ending: str = "") -> Statement:
    """The statement that writes a claim, whether there is room or not."""
    ready = shelf.ready[Reservation]
    marks = ", ".join(f":{column}" for column in ready.codec.columns)
    return shelf.formed(sql.INSERT, columns=ready.columns, marks=marks, ending=ending)
