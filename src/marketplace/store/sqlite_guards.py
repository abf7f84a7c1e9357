"""Triggers of SQLite: the last line behind the books, whoever writes."""

from __future__ import annotations

import re

_APPEND_ONLY = """
CREATE TRIGGER {schema}{prefix}{noun}_no_{verb_lower} BEFORE {verb} ON "{prefix}{noun}"
BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
"""

# A pending transfer is resolved as it stands: same accounts, at most its amount.
_RESOLVES = """
CREATE TRIGGER {schema}{prefix}transfer_resolves BEFORE INSERT ON "{prefix}transfer"
WHEN NEW.resolves IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM "{prefix}transfer" p
  WHERE p.id = NEW.resolves AND p.phase = 'pending' AND p.debit = NEW.debit
    AND p.credit = NEW.credit AND NEW.amount <= p.amount)
BEGIN SELECT RAISE(ABORT, 'transfer_resolves'); END
"""

# A caller's connection may have foreign keys switched off: money does not depend on that.
_CURRENCY = """
CREATE TRIGGER {schema}{prefix}transfer_currency BEFORE INSERT ON "{prefix}transfer"
WHEN (
  SELECT count(*) FROM "{prefix}account" a
  WHERE a.id IN (NEW.debit, NEW.credit) AND a.currency = NEW.currency) <> 2
BEGIN SELECT RAISE(ABORT, 'transfer_currency'); END
"""

# Live claims of a single resource never overlap, so the one that begins last before the new
# one's end also ends last: it alone need be looked at. A claim without a start stands alone.
_OVERLAP = """
CREATE TRIGGER {schema}{prefix}reservation_overlap_{when_lower} BEFORE {when}
ON "{prefix}reservation"
WHEN NEW.single AND NEW.state <> 'freed' AND (
  EXISTS (
    SELECT 1 FROM "{prefix}reservation" r
    WHERE r.resource_id = NEW.resource_id AND r.single AND r.state <> 'freed'
      AND r.start IS NULL AND r.id <> NEW.id
      AND (r."end" IS NULL OR NEW.start IS NULL OR r."end" > NEW.start))
  OR (
    SELECT coalesce(r."end" > NEW.start, 1) FROM "{prefix}reservation" r
    WHERE r.resource_id = NEW.resource_id AND r.single AND r.state <> 'freed'
      AND r.start < coalesce(NEW."end", '~') AND r.id <> NEW.id
    ORDER BY r.start DESC LIMIT 1))
BEGIN SELECT RAISE({answer}); END
"""

# The check of a bucket refuses a capacity below what is used.
_CAPACITY = """
CREATE TRIGGER {schema}{prefix}resource_capacity AFTER UPDATE OF capacity ON "{prefix}resource"
BEGIN
  UPDATE "{prefix}capacity_bucket" SET capacity = NEW.capacity WHERE resource_id = NEW.id;
END
"""

_IN_USE = """
CREATE TRIGGER {schema}{prefix}resource_in_use BEFORE UPDATE OF kind, grain, listing_id
ON "{prefix}resource"
WHEN (NEW.kind <> OLD.kind OR NEW.grain IS NOT OLD.grain) AND EXISTS (
  SELECT 1 FROM "{prefix}reservation" r WHERE r.resource_id = OLD.id AND r.state <> 'freed')
BEGIN SELECT RAISE(ABORT, 'resource_in_use'); END
"""

# Whoever hears of an event has a copy, numbered without a gap: only one writes at a time, so the
# numbers follow the order of commits. A party named twice is looked for in front of itself: for
# DISTINCT, as for IN, SQLite opens a table of its own, which takes longer than all the rest.
_TOLD = """
CREATE TRIGGER IF NOT EXISTS {schema}{prefix}event_told AFTER INSERT ON "{prefix}event"
BEGIN
  INSERT INTO "{prefix}party_counter" (party_id, last)
  SELECT value, 1 FROM json_each(NEW.parties) p
  WHERE p.key = 0 OR NOT EXISTS (
    SELECT 1 FROM json_each(NEW.parties) b WHERE b.key < p.key AND b.value = p.value)
  ON CONFLICT (party_id) DO UPDATE SET last = last + 1;
  INSERT INTO "{prefix}event_recipient" (party_id, number, event_id)
  SELECT c.party_id, c.last, NEW.id
  FROM json_each(NEW.parties) p CROSS JOIN "{prefix}party_counter" c ON c.party_id = p.value
  WHERE p.key = 0 OR NOT EXISTS (
    SELECT 1 FROM json_each(NEW.parties) b WHERE b.key < p.key AND b.value = p.value);
END
"""


def guards(schema: str | None, prefix: str) -> list[str]:
    """Statements that make every trigger, in an order that works."""
    names = {"schema": f'"{schema}".' if schema else "", "prefix": prefix}
    made = [
        _APPEND_ONLY.format(noun=noun, verb=verb, verb_lower=verb.lower(), **names)
        for noun in ("journal", "transfer")
        for verb in ("UPDATE", "DELETE")
    ]
    made += [_RESOLVES.format(**names), _CURRENCY.format(**names)]
    # IGNORE on insert, so that the book sees no row and may look for lapsed claims in the way.
    made.append(_OVERLAP.format(when="INSERT", when_lower="insert", answer="IGNORE", **names))
    made.append(
        _OVERLAP.format(
            when='UPDATE OF state, start, "end", resource_id, single',
            when_lower="update",
            answer="ABORT, 'reservation_overlap'",
            **names,
        )
    )
    made += [_CAPACITY.format(**names), _IN_USE.format(**names)]
    return [" ".join(one.split()) for one in made] + told(schema, prefix)


def told(schema: str | None, prefix: str) -> list[str]:
    """The statement that makes the trigger by which events are told."""
    names = {"schema": f'"{schema}".' if schema else "", "prefix": prefix}
    return [" ".join(_TOLD.format(**names).split())]


def drops(schema: str | None, prefix: str) -> list[str]:
    """Statements that drop every trigger."""
    found = [
        re.match(r"CREATE TRIGGER (?:IF NOT EXISTS )?(\S+)", one) for one in guards(schema, prefix)
    ]
    return [f"DROP TRIGGER IF EXISTS {one[1]}" for one in found if one]
