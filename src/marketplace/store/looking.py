"""How the index is asked: one statement, and the cheapest way to the rows it is about.

Rows come cell by cell where the map says where to look; by a word that few listings have; or in
the order that is asked for, until the page is full. Whatever is compared is sent beside the
statement: nothing that somebody wrote becomes a part of it.
"""

from __future__ import annotations

from typing import Any

from marketplace.domain.cells import Box, Cover, around, cover, point_of, reach2
from marketplace.domain.search import NO_LIMIT, Look, Search
from marketplace.domain.search_words import past, signature
from marketplace.store import search_sql as sql
from marketplace.store.calendars import question
from marketplace.store.runner import Runner
from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement

FEW = 2_000
"""Listings with a word, or within a price, are few when they are fewer."""
A_LOT = 20_000
"""Listings in wide cells are a lot when they are more."""


def asked(runner: Runner, shelf: Shelf, look: Look) -> tuple[Statement, dict[str, Any]]:
    """The statement of a look, and what is sent with it."""
    search = look.search
    whole = shelf.adapter.whole
    given = {**_bounds(look), **_point(look), **question(look.slots)}
    values = {name: whole(one) if type(one) is int else one for name, one in given.items()}
    limits = [sql.LIMITS]
    if search.money is not None:
        limits.append(sql.IN_CURRENCY)
    way = _way(runner, shelf, search, values, limits)
    limits += _places(search, values)
    if look.slots is not None:
        limits.append(sql.FREE)
    limits += _words(shelf, search, values)
    order = sql.ORDERS[_order(look)]
    if look.after is not None:
        limits.append(sql.AFTER.format(order=order))
        values["after"], values["after_id"] = look.after
    text = sql.FIND.format(order=order, way=way, limits=" AND ".join(limits))
    return shelf.sql(text), values


def _order(look: Look) -> str:
    search = look.search
    if search.order == "best" and search.place is not None and look.near:
        return "best, from a place"
    return search.order


def _bounds(look: Look) -> dict[str, Any]:
    search = look.search
    least, most = search.price or (None, None)
    # What has no price is below zero: any bound leaves it out.
    cheapest = -1 if search.price is None else 0 if least is None else least.amount
    return {
        "vertical": search.vertical,
        "fits": search.fits_each,
        "quantity": search.quantity,
        "currency": search.money,
        "cheapest": 0 if search.order == "price" and cheapest < 0 else cheapest,
        "dearest": NO_LIMIT if most is None else most.amount,
        "tags": signature(search.tags),
        "steps": NO_LIMIT if look.steps is None else look.steps,
        "at_least": 0 if look.steps is None else look.steps,
        "lead": NO_LIMIT if look.lead is None else look.lead,
        "ahead": 0 if look.ahead is None else look.ahead,
        "limit": look.limit,
    }


def _point(look: Look) -> dict[str, Any]:
    if look.search.place is None:
        return {}
    x, y, z = point_of(look.search.place)
    square = look.near_m**2
    return {"x": x, "y": y, "z": z, "near_points": look.near * square, "near_square": square}


def _places(search: Search, values: dict[str, Any]) -> list[str]:
    limits: list[str] = []
    if search.box is not None:
        values |= {name: getattr(search.box, name) for name in ("south", "west", "north", "east")}
        values["crosses"] = int(search.box.west > search.box.east)
        limits.append(f"({sql.IN_BOX})")
    if search.within_m is not None:
        values["reach"] = reach2(search.within_m)
        limits += [sql.SOMEWHERE, sql.IN_REACH]
    return limits


def _words(shelf: Shelf, search: Search, values: dict[str, Any]) -> list[str]:
    """The condition that every word and every tag is among the listing's own."""
    needles = [f" {word}" for word in search.words] + [f" #{tag} " for tag in search.tags]
    if not needles:
        return []
    for number, needle in enumerate(needles):
        values[f"needle_{number}"] = needle
    names = [f"needle_{number}" for number in range(len(needles))]
    holds = " AND ".join(shelf.adapter.holds("x.words", name) for name in names)
    return [sql.WORDS.format(holds=holds)]


def _area(search: Search) -> Box | None:
    if search.box is not None:
        return search.box
    if search.place is not None and search.within_m is not None:
        return around(search.place, search.within_m)
    return None


def _way(
    runner: Runner, shelf: Shelf, search: Search, values: dict[str, Any], limits: list[str]
) -> str:
    area, in_price = _area(search), sql.IN_PRICE.format(aside=shelf.adapter.aside)
    covered = None if area is None else cover(area)
    if covered is not None:
        values["cells"] = shelf.adapter.array(covered.firsts)
        values["beyond"] = covered.size - 1
    if covered is None or covered.coarse:
        rare = _rarest(runner, shelf, search)
        if rare is not None:
            limits += [sql.OF_WORD, in_price]
            values["rare"], values["past"] = rare, past(rare)
            return sql.BY_WORD.format(of_word=shelf.adapter.of_word)
    sorted_already = search.place is None and search.order != "near"
    if covered is None or (sorted_already and _crowded(runner, shelf, covered, values)):
        by_price = search.order == "price" or _few_prices(runner, shelf, search, values)
        limits.append(sql.BY_PRICE if by_price else in_price)
        return sql.BY_ORDER.format()
    limits += [sql.IN_CELLS, in_price]
    return shelf.adapter.in_cells


def _rarest(runner: Runner, shelf: Shelf, search: Search) -> str | None:
    """The word, of those looked for, that the fewest listings have, if these are few."""
    statement = shelf.sql(sql.HOW_MANY_WORDS)
    words = [*search.words, *(f"#{tag}" for tag in search.tags)]
    asks = [
        (
            statement,
            statement.fill(
                {"vertical": search.vertical, "first": word, "past": past(word), "most": FEW}
            ),
        )
        for word in words
    ]
    counts = [rows[0][0] for rows in runner.ask_all(asks)]
    few = min(zip(counts, words, strict=True), default=(FEW, ""))
    return few[1] if few[0] < FEW else None


def _few_prices(runner: Runner, shelf: Shelf, search: Search, values: dict[str, Any]) -> bool:
    """Whether so few are within the price that it is quicker to sort them."""
    if search.price is None:
        return False
    statement = shelf.sql(sql.HOW_MANY_PRICES)
    (row,) = runner.rows(statement, statement.fill({**values, "most": FEW}))
    return bool(row[0] < FEW)


def _crowded(runner: Runner, shelf: Shelf, covered: Cover, values: dict[str, Any]) -> bool:
    if not covered.coarse:
        return False
    statement = shelf.sql(sql.HOW_MANY_THERE.format(in_cells=shelf.adapter.in_cells))
    (row,) = runner.rows(statement, statement.fill({**values, "most": A_LOT}))
    return bool(row[0] >= A_LOT)
