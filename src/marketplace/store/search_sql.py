"""The statements of the search index; what stands in single braces is filled in by the book."""

from __future__ import annotations

_KEY = "vertical = :vertical AND cell = :cell AND listing_id = :listing_id"
_SAME = "{a}.vertical = {b}.vertical AND {a}.cell = {b}.cell AND {a}.listing_id = {b}.listing_id"

WHERE_IT_IS = """
SELECT listing_id, vertical, cell, words FROM {search_text} WHERE {any:listing_id:ids}
"""

OF_RESOURCES = """
SELECT resource_id, listing_id, vertical, cell, sure FROM {search_text}
WHERE {any:resource_id:ids} ORDER BY resource_id
"""

FORGET = tuple(
    f"DELETE FROM {{{table}}} WHERE {_KEY}"
    for table in ("search_entry", "search_text", "search_taken")
)
FORGET_WORDS = f"DELETE FROM {{search_word}} WHERE {_KEY} AND {{any:word:words}}"
ADD_WORDS = """
INSERT INTO {{search_word}} (vertical, word, cell, listing_id)
SELECT :vertical, value, :cell, :listing_id FROM {each} WHERE 1 = 1 ON CONFLICT DO NOTHING
"""
ENTRY_COLUMNS = (
    "vertical", "cell", "listing_id", "currency", "price", "fits", "units", "tags", "standing",
    "least", "most", "notice", "window", "gated", "lat", "lon", "x", "y", "z",
)  # fmt: skip
TEXT_COLUMNS = (
    "vertical", "cell", "listing_id", "provider_id", "resource_id", "title", "label", "words",
    "parts", "sure",
)  # fmt: skip
TAKEN_COLUMNS = ("vertical", "cell", "listing_id", "block", "mask")
TABLES = {
    "search_entry": ENTRY_COLUMNS,
    "search_text": TEXT_COLUMNS,
    "search_taken": TAKEN_COLUMNS,
}
KEYS = {
    "search_entry": ("vertical", "cell", "listing_id"),
    "search_taken": ("vertical", "cell", "listing_id", "block"),
    "search_word": ("vertical", "word", "cell", "listing_id"),
}
"""The tables whose rows belong to one of ``search_text``, and their keys."""


def insert(table: str, columns: tuple[str, ...]) -> str:
    """An INSERT of one row."""
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {{{table}}} ({names}) VALUES ({marks})"


FORGET_BLOCKS = f"DELETE FROM {{search_taken}} WHERE {_KEY} AND block BETWEEN :low AND :high"
SET_SURE = f"UPDATE {{search_text}} SET sure = :sure WHERE {_KEY}"

FULL_GRAINS = """
SELECT resource_id, slot, used, capacity FROM {capacity_bucket}
WHERE {any:resource_id:ids} AND slot BETWEEN :low AND :high AND used > 0
"""
CLAIMS = """
SELECT resource_id, single, quantity, start, "end", until IS NOT NULL AND state <> 'confirmed'
FROM {reservation}
WHERE {any:resource_id:ids} AND state <> 'freed'
  AND (single OR (until IS NOT NULL AND state <> 'confirmed'))
"""

ENTRIES = f"""
SELECT e.vertical, e.cell, e.listing_id, e.currency, e.price, e.fits, e.least, e.most, e.notice,
  e."window", e.gated, e.lat, e.lon, x.provider_id, x.resource_id, x.title, x.label, x.words,
  x.parts, e.units, e.tags, e.standing, e.x, e.y, e.z
FROM {{search_text}} x JOIN {{search_entry}} e ON {_SAME.format(a="e", b="x")}
WHERE x.vertical = :vertical AND {{any:x.listing_id:ids}} ORDER BY e.listing_id
"""

# Everything in the order of its ids, and no index that has a vertical's first: a database that
# took that one would sort all of the vertical for every page.
HELD_OUT = """
SELECT place_lat, place_lon, id FROM {listing}
WHERE id > :after AND vertical || '' = :vertical AND state = 'published'
ORDER BY id LIMIT :limit
"""
STRAYS = """
SELECT x.listing_id FROM {search_text} x
WHERE x.listing_id > :after AND x.vertical || '' = :vertical AND NOT EXISTS (
  SELECT 1 FROM {listing} l
  WHERE l.id = x.listing_id AND l.vertical = x.vertical AND l.state = 'published')
ORDER BY x.listing_id LIMIT :limit
"""
_ALONE = f"""NOT EXISTS (
  SELECT 1 FROM {{{{search_text}}}} x WHERE {_SAME.format(a="x", b="{noun}")})"""
ORPHANS = f"""
SELECT {{columns}} FROM {{{{{{noun}}}}}} {{noun}} WHERE vertical = :vertical AND {_ALONE}
LIMIT :limit
"""
FORGET_ORPHAN = f"DELETE FROM {{{{{{noun}}}}}} AS {{noun}} WHERE {{key}} AND {_ALONE}"

ALL_TEXTS = """
SELECT vertical, cell, listing_id, resource_id, words, sure FROM {search_text}
WHERE listing_id > :after ORDER BY listing_id LIMIT :limit
"""
TAKEN_OF = f"""
SELECT t.listing_id, t.block, t.mask
FROM {{search_text}} x JOIN {{search_taken}} t ON {_SAME.format(a="t", b="x")}
WHERE {{any:x.listing_id:ids}}
"""
FILED_WORDS = f"SELECT word FROM {{search_word}} WHERE {_KEY} AND {{any:word:words}}"
COUNT_ENTRIES = "SELECT count(*) FROM {search_entry}"
COUNT_TEXTS = "SELECT count(*) FROM {search_text}"
COUNT_WORDS = "SELECT count(*) FROM {search_word}"
COUNT_TAKEN = "SELECT count(*) FROM {search_taken}"

HOW_MANY_WORDS = """
SELECT count(*) FROM (
  SELECT 1 FROM {search_word}
  WHERE vertical = :vertical AND word >= :first AND word < :past LIMIT :most) AS counted
"""
HOW_MANY_PRICES = """
SELECT count(*) FROM (
  SELECT 1 FROM {search_entry}
  WHERE vertical = :vertical AND price BETWEEN :cheapest AND :dearest LIMIT :most) AS counted
"""
HOW_MANY_THERE = """
SELECT count(*) FROM (
  SELECT 1 FROM {in_cells}
  WHERE s.vertical = :vertical AND s.cell BETWEEN value AND value + :beyond LIMIT :most) AS counted
"""

# The ways to come by rows: cell by cell, by a word that few have, or in the order asked for.
BY_WORD = """(
  SELECT DISTINCT vertical, cell, listing_id FROM {{search_word}}
  WHERE vertical = :vertical AND word >= :rare AND word < :past) AS w {of_word}
"""
BY_ORDER = "{{search_entry}} s"
IN_CELLS = "s.cell BETWEEN value AND value + :beyond"
OF_WORD = _SAME.format(a="s", b="w")

CHORD = "((s.x - :x) * (s.x - :x) + (s.y - :y) * (s.y - :y) + (s.z - :z) * (s.z - :z))"
ORDERS = {
    "best": "s.standing",
    "best, from a place": f"s.standing - :near_points / (:near_square + {CHORD})",
    "price": "s.price",
    "near": CHORD,
}

# Bits are compared by size, which says the same as by equality: a planner without statistics takes
# equality for rare, and would rather sort everything than look for a few in order.
LIMITS = """s.vertical = :vertical AND s.fits >= :fits AND s.units >= :quantity
  AND (s.tags & :tags) >= :tags AND s.least <= :steps AND s.most >= :at_least
  AND s.notice <= :lead AND s."window" >= :ahead"""
BY_PRICE = "s.price >= :cheapest AND s.price <= :dearest"
IN_PRICE = "{aside}s.price >= :cheapest AND {aside}s.price <= :dearest"
IN_CURRENCY = "s.currency = :currency"
IN_BOX = """s.lat BETWEEN :south AND :north AND (s.lon BETWEEN :west AND :east
  OR (:crosses = 1 AND (s.lon >= :west OR s.lon <= :east)))"""
IN_REACH = f"{CHORD} <= :reach"
SOMEWHERE = "s.lat IS NOT NULL"
AFTER = "({order}, s.listing_id) > (:after, :after_id)"
# A row of its calendar is there only where something is taken; whole blocks must have none.
FREE = f"""coalesce((
  SELECT max(CASE t.block WHEN :first_block THEN t.mask & :first_mask
    WHEN :last_block THEN t.mask & :last_mask ELSE 1 END)
  FROM {{search_taken}} t
  WHERE {_SAME.format(a="t", b="s")} AND t.block BETWEEN :first_block AND :last_block), 0) < 1"""
# One row of the same key: asked only of what held against everything before.
WORDS = f"""(SELECT {{holds}} FROM {{{{search_text}}}} x WHERE {_SAME.format(a="x", b="s")})"""

FIND = f"""
SELECT f.listing_id, x.provider_id, x.resource_id, x.title, f.currency, f.price, f.lat, f.lon,
  x.label, f.place_in_order, x.parts, f.gated, x.sure, f.notice, f."window"
FROM (
  SELECT s.vertical, s.cell, s.listing_id, s.currency, s.price, s.lat, s.lon, s.gated, s.notice,
    s."window", {{order}} AS place_in_order
  FROM {{way}} WHERE {{limits}}
  ORDER BY {{order}}, s.listing_id LIMIT :limit) f
JOIN {{{{search_text}}}} x ON {_SAME.format(a="x", b="f")}
ORDER BY f.place_in_order, f.listing_id
"""
