"""The ledger's statements."""

from __future__ import annotations

from functools import cache

from marketplace.store.shelf import Shelf
from marketplace.store.statement import Statement


def summed(amount: str) -> str:
    """The sum of whole numbers of 64 bits, which itself may have more: as two, that ``whole``
    puts together. What some accounts hold, or moved, is bounded by nobody."""
    high, low = f"({amount}) >> 32", f"({amount}) & 4294967295"
    return f"CAST(sum({high}) AS BIGINT), CAST(sum({low}) AS BIGINT)"


def whole(high: int | None, low: int | None) -> int:
    """What ``summed`` came to; of nothing, zero."""
    return (high or 0) * 2**32 + (low or 0)


# As wide as a balance, and without one.
USED_KEYS = "SELECT key, NULL, NULL, NULL FROM {journal} WHERE {any:key:keys}"

PENDING = """
SELECT t.id, t.debit, t.credit, t.amount, t.phase, t.resolves, t.rule, t.line, r.id
FROM {transfer} t LEFT JOIN {transfer} r ON r.resolves = t.id
WHERE {any:t.id:ids}
"""

OPEN = """
INSERT INTO {account} (id, owner, purpose, currency, guarded)
VALUES (:id, :owner, :purpose, :currency, :guarded) ON CONFLICT DO NOTHING
"""

# A guarded account that is not there yet, with what is posted to it.
FIRST_BALANCE = """
INSERT INTO {balance} (account_id, posted, pending_in, pending_out)
VALUES (:id, :posted, :into, :out)
"""

# Where others write meanwhile an account may be there by now: it is made empty, if at all.
_OPEN_ALL = """
WITH opened AS (
  INSERT INTO {account} (id, owner, purpose, currency, guarded)
  ROWS OF account ORDER BY r.id
  ON CONFLICT DO NOTHING)
INSERT INTO {balance} (account_id, posted, pending_in, pending_out)
SELECT id, 0, 0, 0 FROM unnest(CAST(:balances AS text[])) AS id ORDER BY id
ON CONFLICT (account_id) DO NOTHING
"""

LOCK_BALANCES = """
SELECT account_id, posted, pending_in, pending_out FROM {balance}
WHERE {any:account_id:ids} ORDER BY account_id
"""

# Both at once, where only one writes at a time and no row need be locked.
BALANCES_AND_USED_KEYS = f"""
SELECT account_id, posted, pending_in, pending_out FROM {{balance}} WHERE {{any:account_id:ids}}
UNION ALL {USED_KEYS}
"""

JOURNAL = """
INSERT INTO {journal} (id, key, kind, at, actor, cause, reverses, details)
VALUES (:id, :key, :kind, :at, :actor, :cause, :reverses, :details)
"""

TRANSFER = """
INSERT INTO {transfer}
  (id, journal_id, debit, credit, amount, currency, phase, resolves, rule, line)
VALUES
  (:id, :journal_id, :debit, :credit, :amount, :currency, :phase, :resolves, :rule, :line)
"""

# All that a posting writes; the balances are locked already.
_WRITE_ALL = """
WITH kept AS (
  INSERT INTO {journal} (id, key, kind, at, actor, cause, reverses, details)
  ROWS OF journal),
moved AS (
  INSERT INTO {transfer}
    (id, journal_id, debit, credit, amount, currency, phase, resolves, rule, line)
  ROWS OF transfer)
UPDATE {balance} SET posted = {balance}.posted + r.posted,
  pending_in = {balance}.pending_in + r.pending_in,
  pending_out = {balance}.pending_out + r.pending_out
FROM ROWS AS balance WHERE {balance}.account_id = r.account_id
"""

CHANGE_BALANCE = """
UPDATE {balance}
SET posted = posted + :posted, pending_in = pending_in + :into, pending_out = pending_out + :out
WHERE account_id = :id
"""

BALANCE = "SELECT posted, pending_in, pending_out FROM {balance} WHERE account_id = :id"

EARNED = f"""
SELECT {summed("x.net")} FROM (
SELECT CASE WHEN t.credit = :account THEN t.amount ELSE -t.amount END AS net
FROM {{transfer}} t
WHERE (t.credit = :account OR t.debit = :account) AND t.phase IN ('posted', 'post')
  AND t.journal_id IN (
    SELECT c.journal_id FROM {{transfer}} c JOIN {{journal}} j ON j.id = c.journal_id
    WHERE c.credit = :account AND c.phase IN ('posted', 'post') AND j.at > :since
      AND j.kind NOT IN ('payout failed', 'payout returned') /* until */)) x
"""
SINCE = "AND j.at >= :since"
BEFORE = "AND j.at < :until"

BALANCES_AFTER = """
SELECT account_id, posted, pending_in, pending_out FROM {balance}
WHERE account_id > :after ORDER BY account_id LIMIT :limit
"""

# Posted debits and credits of an account, and those that still wait to be resolved.
_SIDE = """
SELECT t.SIDE AS account_id,
  CASE WHEN t.phase IN ('posted', 'post') THEN t.amount ELSE 0 END AS posted,
  CASE WHEN t.phase = 'pending'
    AND NOT EXISTS (SELECT 1 FROM {transfer} r WHERE r.resolves = t.id)
    THEN t.amount ELSE 0 END AS waiting,
  'SIDE' AS side
FROM {transfer} t JOIN {account} a ON a.id = t.SIDE WHERE CONDITION
"""

SUMS = f"""
SELECT account_id,
  {summed("CASE WHEN side = 'debit' THEN posted ELSE 0 END")},
  {summed("CASE WHEN side = 'credit' THEN posted ELSE 0 END")},
  {summed("CASE WHEN side = 'debit' THEN waiting ELSE 0 END")},
  {summed("CASE WHEN side = 'credit' THEN waiting ELSE 0 END")}
FROM ({_SIDE.replace("SIDE", "debit")} UNION ALL {_SIDE.replace("SIDE", "credit")}) sides
GROUP BY account_id ORDER BY account_id
"""

TRIAL = f"""
SELECT a.purpose, a.currency, {summed("s.debits")}, {summed("s.credits")}
FROM (
  SELECT debit AS account_id, amount AS debits, 0 AS credits FROM {{transfer}}
  WHERE phase IN ('posted', 'post')
  UNION ALL
  SELECT credit, 0, amount FROM {{transfer}} WHERE phase IN ('posted', 'post')
) s JOIN {{account}} a ON a.id = s.account_id
GROUP BY a.purpose, a.currency
"""

TRIAL_BEFORE = f"""
SELECT a.purpose, a.currency, {summed("s.debits")}, {summed("s.credits")}
FROM (
  SELECT t.debit AS account_id, t.amount AS debits, 0 AS credits
  FROM {{transfer}} t JOIN {{journal}} j ON j.id = t.journal_id
  WHERE t.phase IN ('posted', 'post') AND j.at < :debits_until
  UNION ALL
  SELECT t.credit, 0, t.amount FROM {{transfer}} t JOIN {{journal}} j ON j.id = t.journal_id
  WHERE t.phase IN ('posted', 'post') AND j.at < :credits_until
) s JOIN {{account}} a ON a.id = s.account_id
GROUP BY a.purpose, a.currency
"""

# The moment of each transfer is looked up by itself: no database then thinks that it would be
# faster to read everybody's journals, of which one account's are few.
_WHEN = "(SELECT j.at FROM {journal} j WHERE j.id = t.journal_id)"
POSTED_BEFORE = f"""
SELECT {summed("s.net")}
FROM (
  SELECT -t.amount AS net FROM {{transfer}} t
  WHERE t.debit = :debit AND t.phase IN ('posted', 'post') AND {_WHEN} < :debits_until
  UNION ALL
  SELECT t.amount FROM {{transfer}} t
  WHERE t.credit = :credit AND t.phase IN ('posted', 'post') AND {_WHEN} < :credits_until
) s
"""

# A purse's home is the deal's id, or begins with it and a colon, which ';' comes next after. The
# range alone, which an index finds, has digits too: another deal's, whose id begins with this one.
_ESCROWS = """
FROM (SELECT DISTINCT transaction_id FROM {seat} WHERE party_id = :party) d
JOIN {account} a ON a.owner >= d.transaction_id AND a.owner < d.transaction_id || ';'
  AND (a.owner = d.transaction_id OR a.owner > d.transaction_id || ':')
"""
IN_ESCROW = f"""
SELECT {summed("b.posted")}
{_ESCROWS} JOIN {{balance}} b ON b.account_id = a.id
WHERE a.purpose = 'escrow' AND a.currency = :currency
"""
IN_ESCROW_BEFORE = f"""
SELECT {summed("CASE WHEN t.credit = a.id THEN t.amount ELSE -t.amount END")}
{_ESCROWS} JOIN {{transfer}} t ON t.credit = a.id OR t.debit = a.id
WHERE a.purpose = 'escrow' AND a.currency = :currency AND t.phase IN ('posted', 'post')
  AND {_WHEN} < :until
"""

BY_RULE = f"""
SELECT x.kind, x.rule, {summed("x.net")}
FROM (
  SELECT j.kind, t.rule, CASE WHEN t.credit = :account THEN t.amount ELSE -t.amount END AS net
  FROM {{transfer}} t JOIN {{journal}} j ON j.id = t.journal_id
  WHERE (t.debit = :debit OR t.credit = :credit) AND t.phase IN ('posted', 'post')
    /* since */ /* until */
) x
GROUP BY x.kind, x.rule ORDER BY x.kind, x.rule
"""

_ENTRIES = """
SELECT p.number, p.id, p.journal_id, p.other, p.amount, p.phase, p.rule,
  CASE WHEN 'SIDE' = 'debit' THEN 1 ELSE 0 END, j.at, j.kind, j.cause, j.details
FROM (
  SELECT t.number, t.id, t.journal_id, t.OTHER AS other, t.amount, t.phase, t.rule
  FROM {transfer} t WHERE t.SIDE = :account AND CONDITIONS
  ORDER BY t.number DIRECTION LIMIT :limit
) p JOIN {journal} j ON j.id = p.journal_id ORDER BY p.number DIRECTION
"""


@cache
def side_of_entries(side: str, since: bool, until: bool, newest: bool, waiting: bool) -> str:
    """The entries of one side of one account: after a number, or newest first before one."""
    parts = ["t.number < :before", "t.number > :after"] if newest else ["t.number > :after"]
    parts += [f"{_WHEN} >= :since"] * since + [f"{_WHEN} < :until"] * until
    parts += [] if waiting else ["t.phase IN ('posted', 'post')"]
    text = _ENTRIES.replace("CONDITIONS", " AND ".join(parts))
    text = text.replace(" DIRECTION", " DESC" if newest else "")
    other = "credit" if side == "debit" else "debit"
    return text.replace("SIDE", side).replace("OTHER", other)


JOURNALS = """
SELECT j.id, j.key, j.kind, j.at, j.actor, j.cause, j.reverses, j.details
FROM {journal} j WHERE CONDITION ORDER BY j.number LIMIT :limit
"""
OF_CAUSE = "j.cause = :cause"
OF_OWNER = """
j.id IN (
  SELECT t.journal_id FROM {transfer} t JOIN {account} a ON a.id = t.debit
  WHERE a.owner = :owner
  UNION
  SELECT t.journal_id FROM {transfer} t JOIN {account} a ON a.id = t.credit
  WHERE a.owner = :owner)
"""
OF_TRANSFER = "j.id = (SELECT m.journal_id FROM {transfer} m WHERE m.id = :transfer)"
# Asked of each journal in its order, so that a page of them reads no more than it needs.
OF_ACCOUNT = """
EXISTS (
  SELECT 1 FROM {transfer} t
  WHERE t.journal_id = j.id AND (t.debit = :account OR t.credit = :account))
"""
AFTER = "j.number > (SELECT p.number FROM {journal} p WHERE p.id = :after)"

TRANSFERS = """
SELECT t.journal_id, t.id, t.debit, t.credit, t.amount, t.phase, t.resolves, t.rule, t.line
FROM {transfer} t WHERE {any:t.journal_id:ids} ORDER BY t.number
"""

# Journals in several currencies, but for those that cross from one through fx into another.
CROSSINGS = """
SELECT x.journal_id, CAST(count(*) AS BIGINT)
FROM (
  SELECT t.journal_id, t.currency,
    max(CASE WHEN d.purpose = 'fx clearing' THEN 1 ELSE 0 END) AS out_of,
    max(CASE WHEN c.purpose = 'fx clearing' THEN 1 ELSE 0 END) AS goes_in
  FROM {transfer} t JOIN {account} d ON d.id = t.debit JOIN {account} c ON c.id = t.credit
  GROUP BY t.journal_id, t.currency
) x
GROUP BY x.journal_id
HAVING count(*) > 1 AND NOT (count(*) = 2 AND sum(x.out_of) = 1 AND sum(x.goes_in) = 1
  AND max(x.out_of + x.goes_in) = 1)
ORDER BY x.journal_id
"""

ACCOUNT_COLUMNS = ("id", "owner", "purpose", "currency", "guarded")
JOURNAL_COLUMNS = ("id", "key", "kind", "at", "actor", "cause", "reverses", "details")
TRANSFER_COLUMNS = (
    "id", "journal_id", "debit", "credit", "amount", "currency", "phase", "resolves", "rule",
    "line",
)  # fmt: skip
BALANCE_COLUMNS = ("account_id", "posted", "pending_in", "pending_out")


@cache
def open_all(shelf: Shelf) -> Statement:
    """Makes accounts, and the balances of the guarded ones, where they are not there."""
    return _filled(shelf, _OPEN_ALL, account=ACCOUNT_COLUMNS)


@cache
def write_all(shelf: Shelf) -> Statement:
    """Writes journals and transfers, and changes balances by so much."""
    given = {"journal": JOURNAL_COLUMNS, "transfer": TRANSFER_COLUMNS, "balance": BALANCE_COLUMNS}
    return _filled(shelf, _WRITE_ALL, **given)


def _filled(shelf: Shelf, text: str, **given: tuple[str, ...]) -> Statement:
    """Put each table's rows, and their columns, in their place."""
    for noun, columns in given.items():
        names, rows = ", ".join(f'r."{name}"' for name in columns), shelf.rows_of(noun, columns)
        text = text.replace(f"ROWS OF {noun}", f"SELECT {names} FROM {rows}")
        text = text.replace(f"ROWS AS {noun}", rows)
    return shelf.sql(text)
