"""What PostgreSQL keeps true beyond the tables: constraints and triggers, whoever writes."""

from __future__ import annotations

# There is no range of text, and no operator for equality in this kind of index, without an
# extension; a range type of one's own serves: a range of one id overlaps only with itself.
_RANGE = 'CREATE TYPE {schema}{prefix}idrange AS RANGE (subtype = text, collation = "C")'

_OVERLAP = """
ALTER TABLE {schema}{prefix}reservation ADD CONSTRAINT {prefix}reservation_overlap
EXCLUDE USING gist (
  {schema}{prefix}idrange(resource_id, resource_id, '[]') WITH &&,
  tstzrange("start", "end") WITH &&)
WHERE (single AND state <> 'freed')
"""

_APPEND_ONLY = """
CREATE FUNCTION {schema}{prefix}append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'ledger_append_only'; END $$
"""
_APPEND_ONLY_TRIGGER = """
CREATE TRIGGER {prefix}{noun}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON {schema}{prefix}{noun} FOR EACH STATEMENT EXECUTE FUNCTION {schema}{prefix}append_only()
"""

# A pending transfer is resolved as it stands: same accounts, at most its amount.
_RESOLVES = """
CREATE FUNCTION {schema}{prefix}transfer_resolves() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM {schema}{prefix}transfer p
    WHERE p.id = NEW.resolves AND p.phase = 'pending' AND p.debit = NEW.debit
      AND p.credit = NEW.credit AND NEW.amount <= p.amount)
  THEN RAISE EXCEPTION 'transfer_resolves'; END IF;
  RETURN NEW;
END $$
"""
_RESOLVES_TRIGGER = """
CREATE TRIGGER {prefix}transfer_resolves BEFORE INSERT ON {schema}{prefix}transfer
FOR EACH ROW WHEN (NEW.resolves IS NOT NULL)
EXECUTE FUNCTION {schema}{prefix}transfer_resolves()
"""

# The check of a bucket refuses a capacity below what is used.
_CAPACITY = """
CREATE FUNCTION {schema}{prefix}resource_capacity() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  UPDATE {schema}{prefix}capacity_bucket SET capacity = NEW.capacity WHERE resource_id = NEW.id;
  RETURN NULL;
END $$
"""
_CAPACITY_TRIGGER = """
CREATE TRIGGER {prefix}resource_capacity AFTER UPDATE OF capacity ON {schema}{prefix}resource
FOR EACH ROW WHEN (NEW.capacity <> OLD.capacity)
EXECUTE FUNCTION {schema}{prefix}resource_capacity()
"""

_IN_USE = """
CREATE FUNCTION {schema}{prefix}resource_in_use() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF EXISTS (
    SELECT 1 FROM {schema}{prefix}reservation r
    WHERE r.resource_id = OLD.id AND r.state <> 'freed')
  THEN RAISE EXCEPTION 'resource_in_use'; END IF;
  RETURN NEW;
END $$
"""
_IN_USE_TRIGGER = """
CREATE TRIGGER {prefix}resource_in_use BEFORE UPDATE OF kind, grain ON {schema}{prefix}resource
FOR EACH ROW WHEN (NEW.kind <> OLD.kind OR NEW.grain IS DISTINCT FROM OLD.grain)
EXECUTE FUNCTION {schema}{prefix}resource_in_use()
"""

# Whoever erases a person locks the row as if its key changed, and so meets whoever seats him at the
# same moment: one of the two sees what the other did.
_SOMEBODY = """
CREATE OR REPLACE FUNCTION {schema}{prefix}seat_of_somebody() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  PERFORM 1 FROM {schema}{prefix}party p WHERE p.id = NEW.party_id AND p.state <> 'erased'
  FOR KEY SHARE;
  IF NOT FOUND AND EXISTS (SELECT 1 FROM {schema}{prefix}party p WHERE p.id = NEW.party_id)
  THEN RAISE EXCEPTION 'seat_of_nobody'; END IF;
  RETURN NEW;
END $$
"""
_SOMEBODY_TRIGGER = """
CREATE OR REPLACE TRIGGER {prefix}seat_of_somebody BEFORE INSERT ON {schema}{prefix}seat
FOR EACH ROW EXECUTE FUNCTION {schema}{prefix}seat_of_somebody()
"""


def overlap_name(prefix: str) -> str:
    """The name of the constraint that keeps live claims on a single resource apart."""
    return f"{prefix}reservation_overlap"


def guards(schema: str | None, prefix: str) -> list[str]:
    """Statements that make every type, constraint, function and trigger, in an order that works."""
    names = {"schema": f"{schema}." if schema else "", "prefix": prefix}
    made = [_RANGE, _OVERLAP, _APPEND_ONLY]
    made += [_APPEND_ONLY_TRIGGER.replace("{noun}", noun) for noun in ("journal", "transfer")]
    made += [_RESOLVES, _RESOLVES_TRIGGER, _CAPACITY, _CAPACITY_TRIGGER, _IN_USE, _IN_USE_TRIGGER]
    return [" ".join(one.format(**names).split()) for one in made] + somebody(schema, prefix)


def somebody(schema: str | None, prefix: str) -> list[str]:
    """Statements that make what keeps the erased out of every seat."""
    names = {"schema": f"{schema}." if schema else "", "prefix": prefix}
    return [" ".join(one.format(**names).split()) for one in (_SOMEBODY, _SOMEBODY_TRIGGER)]


def drops(schema: str | None, prefix: str) -> list[str]:
    """Statements that drop all of it; a function takes its triggers along."""
    at = f"{schema}.{prefix}" if schema else prefix
    functions = ("append_only", "transfer_resolves", "resource_capacity", "resource_in_use")
    return [
        f"ALTER TABLE {at}reservation DROP CONSTRAINT {overlap_name(prefix)}",
        f"DROP TYPE {at}idrange",
        *(f"DROP FUNCTION {at}{name}() CASCADE" for name in functions),
        f"DROP FUNCTION IF EXISTS {at}seat_of_somebody() CASCADE",
    ]
