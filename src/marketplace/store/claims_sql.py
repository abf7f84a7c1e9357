"""The statements of claims; what stands in single braces is filled in by the book."""

RESOURCES = "SELECT {columns} FROM {{resource}} WHERE {{any:id:ids}}"

INSERT = """
INSERT INTO {{reservation}} ({columns}, single) VALUES ({marks}, :single) {ending}
"""

LIVE = """
SELECT {columns} FROM {{reservation}} WHERE state <> 'freed' AND {where} ORDER BY id{lock}
"""

# Of claims that never overlap, only the last that began before can still stand.
TOUCHING_SINGLE = """
SELECT {columns} FROM {{reservation}}
WHERE state <> 'freed' AND {{any:resource_id:ids}} AND "start" >= :start{before_end}
UNION ALL
SELECT {columns} FROM {{reservation}}
WHERE state <> 'freed' AND {{any:resource_id:ids}} AND "start" IS NULL
  AND ("end" IS NULL OR "end" > :start)
UNION ALL
SELECT {columns} FROM {{reservation}}
WHERE id IN (
  SELECT (
    SELECT p.id FROM {{reservation}} p
    WHERE p.resource_id = value AND p.state <> 'freed' AND p."start" < :start
    ORDER BY p."start" DESC LIMIT 1)
  FROM {each})
  AND ("end" IS NULL OR "end" > :start)
"""

# Claim by claim back from the span, while more of its first grain is taken than was found so far.
# What is taken by claims that begin in the span's first grain is found with the span.
TOUCHING_COUNTED = """
WITH RECURSIVE back (of_resource, began, claim, unseen) AS (
  SELECT b.resource_id, :start, substr(b.resource_id, 1, 0), CAST(b.used - coalesce((
      SELECT sum(i.quantity) FROM {{reservation}} i
      WHERE i.resource_id = b.resource_id AND i.state <> 'freed'
        AND i."start" >= :start AND i."start" < :grain_ends), 0) AS bigint)
  FROM {{capacity_bucket}} b WHERE {{any:b.resource_id:ids}} AND b.slot = :slot
  UNION ALL
  SELECT p.resource_id, p."start", p.id,
    back.unseen - CASE WHEN p."end" > :grain_begins THEN p.quantity ELSE 0 END
  FROM back JOIN {{reservation}} p ON p.id = (
    SELECT q.id FROM {{reservation}} q
    WHERE q.resource_id = back.of_resource AND q.state <> 'freed'
      AND (q."start", q.id) < (back.began, back.claim)
    ORDER BY q."start" DESC, q.id DESC LIMIT 1)
  WHERE back.unseen > 0)
SELECT {columns} FROM {{reservation}}
WHERE state <> 'freed' AND {{any:resource_id:ids}} AND "start" >= :start{before_end}
UNION ALL
SELECT {columns} FROM {{reservation}}
WHERE id IN (SELECT claim FROM back) AND "end" > :start
"""

LOCK_PARTY = "SELECT id FROM {{party}} WHERE id = :id {lock}"

RESERVED_FOR = """
SELECT {columns} FROM {{reservation}}
WHERE customer_id = :id AND state = 'reserved' AND (until IS NULL OR until > :now)
ORDER BY id
"""

CHANGE = """
UPDATE {{reservation}} SET {sets}, version = version + 1
WHERE state <> 'freed' AND {{any:id:ids}}
"""

CONFIRM_OF = """
UPDATE {{reservation}} SET state = 'confirmed', until = NULL, version = version + 1
WHERE id IN (
  SELECT id FROM {{reservation}}
  WHERE {{any:cause_id:deals}} AND cause = 'transaction' AND state <> 'freed'
    AND {aside}resource_id IN (
      SELECT id FROM {{resource}} WHERE {{any:listing_id:listings}} AND name = :name)
  ORDER BY id {lock})
RETURNING cause_id, resource_id, start, "end"
"""

FREE = """
UPDATE {{reservation}} SET state = 'freed', version = version + 1
WHERE id IN (
  SELECT id FROM {{reservation}} WHERE state <> 'freed' AND {where} ORDER BY id {lock})
RETURNING resource_id, single, quantity, start, "end"
"""

USE = """
UPDATE {reservation} SET state = 'freed', used = true, version = version + 1
WHERE state <> 'freed' AND {any:id:ids} RETURNING resource_id, quantity
"""

USE_BUCKET = "UPDATE {capacity_bucket} SET used = used - :quantity WHERE resource_id = :id"

# The count of a bucket follows the resource's: what is used is taken off first.
USE_RESOURCE = """
UPDATE {resource} SET capacity = capacity - :quantity, version = version + 1 WHERE id = :id
"""

# What several claims without a span take, each in its resource's one bucket: those for which
# there is no room give no row.
TAKE_EACH = """
INSERT INTO {{capacity_bucket}} (resource_id, slot, used, capacity)
SELECT r.id, 0, pairs.number, r.capacity FROM {pairs} JOIN {{resource}} r ON r.id = pairs.name
WHERE r.capacity >= pairs.number ORDER BY r.id {share}
ON CONFLICT (resource_id, slot) DO UPDATE
SET used = {{capacity_bucket}}.used + excluded.used
WHERE {{capacity_bucket}}.used + excluded.used <= {{capacity_bucket}}.capacity
RETURNING resource_id
"""

MOST_TAKEN = """
SELECT resource_id, max(used) FROM {capacity_bucket}
WHERE {any:resource_id:ids} AND slot BETWEEN :first AND :last GROUP BY resource_id
"""

USED = "SELECT resource_id, used FROM {capacity_bucket} WHERE {any:resource_id:ids} AND slot = 0"

LOCK_RESOURCES = """
SELECT id FROM {{resource}}
WHERE {{any:id:wanted}}
  OR id IN (SELECT resource_id FROM {{reservation}} WHERE {{any:id:ids}})
ORDER BY id {lock}
"""

# Takes the capacity from the resource's own row, which stays as it is until the end: whoever
# changes it waits, and then sees what was taken.
TAKE = """
INSERT INTO {{capacity_bucket}} (resource_id, slot, used, capacity)
SELECT r.id, value, :quantity, r.capacity FROM {{resource}} r, {each}
WHERE r.id = :resource_id AND r.capacity >= :quantity ORDER BY value {share}
ON CONFLICT (resource_id, slot) DO UPDATE
SET used = {{capacity_bucket}}.used + excluded.used
WHERE {{capacity_bucket}}.used + excluded.used <= {{capacity_bucket}}.capacity
RETURNING slot
"""

GIVE_BACK = """
UPDATE {{capacity_bucket}} SET used = used - :quantity
WHERE resource_id = :id AND slot IN (
  SELECT slot FROM {{capacity_bucket}} WHERE resource_id = :id AND {{any:slot:slots}}
  ORDER BY slot {lock})
"""

BUCKETS = "SELECT resource_id, slot, used FROM {capacity_bucket} ORDER BY resource_id, slot"
