"""Coupons in their tables: what is read and written, on the unit of work's own connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import asdict
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import Act, Money, Request, Work
from marketplace.plugins.coupons.codes import sameness
from marketplace.plugins.coupons.coupon import Coupon, Presented, Redemption
from marketplace.plugins.coupons.tables import tables_of

_MONEY = ("amount", "at_most", "minimum")
_LISTS = ("verticals", "listings", "not_on")


def _row(coupon: Coupon) -> dict[str, Any]:
    row = asdict(coupon, recurse=False)
    row |= {name: None if row[name] is None else row[name].amount for name in _MONEY}
    row |= {name: json.dumps(list(row[name])) for name in _LISTS}
    extra = {"owner": coupon.owner, "currency": coupon.currency}
    return {**row, **extra, "sameness": sameness(coupon.code)}


def _coupon(row: Mapping[Any, Any]) -> Coupon:
    fields = dict(row)
    currency = fields.pop("currency")
    for name in ("owner", "sameness"):
        del fields[name]
    for name in _MONEY:
        fields[name] = None if fields[name] is None else Money(fields[name], currency)
    for name in _LISTS:
        fields[name] = tuple(json.loads(fields[name]))
    return Coupon(**fields)


def _insert_missing(work: Work, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert unless what is unique is there already; whether it was not."""
    made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
    written = made.values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return work.connection.execute(written).first() is not None


def add(work: Work, coupon: Coupon) -> bool:
    """Keep a coupon; False when its owner has one whose code is the same to people."""
    return _insert_missing(work, tables_of(work).coupon, _row(coupon))


def by_ids(work: Work, ids: Iterable[str]) -> list[Coupon]:
    """The coupons of these ids, in the order of their ids."""
    table, wanted = tables_of(work).coupon, sorted(set(ids))
    if not wanted:
        return []
    found = sa.select(table).where(table.c.id.in_(wanted)).order_by(table.c.id)
    return [_coupon(row) for row in work.connection.execute(found).mappings()]


def by_codes(work: Work, codes: Iterable[str], owners: Sequence[str] = ()) -> list[Coupon]:
    """Coupons that somebody may mean by these codes, of these owners or (none named) of all."""
    table = tables_of(work).coupon
    meant = {sameness(code) for code in codes}
    found = sa.select(table).where(table.c.sameness.in_(sorted(meant)))
    if owners:
        found = found.where(table.c.owner.in_(owners))
    return [_coupon(row) for row in work.connection.execute(found.order_by(table.c.id)).mappings()]


def page(
    work: Work, *, owner: str | None, state: str | None, after: str | None, limit: int
) -> list[Coupon]:
    """Coupons in the order of their ids."""
    table = tables_of(work).coupon
    found = sa.select(table).order_by(table.c.id).limit(limit)
    for column, value in (("owner", owner), ("state", state)):
        if value is not None:
            found = found.where(table.c[column] == value)
    if after is not None:
        found = found.where(table.c.id > after)
    return [_coupon(row) for row in work.connection.execute(found).mappings()]


def withdraw(work: Work, coupon_id: str) -> bool:
    """Make it good for nobody any more; False when it was so already."""
    table = tables_of(work).coupon
    change = sa.update(table).where(table.c.id == coupon_id, table.c.state == "active")
    return bool(work.connection.execute(change.values(state="withdrawn")).rowcount)


def present(work: Work, presented: Presented) -> None:
    """Keep the codes of a request instead of those it had."""
    table = tables_of(work).coupon_presented
    work.connection.execute(sa.delete(table).where(table.c.request_id == presented.request_id))
    if presented.codes:
        row = {"codes": json.dumps(list(presented.codes)), "at": presented.at}
        values = {"request_id": presented.request_id, **row}
        work.connection.execute(sa.insert(table).values(values))


def presented(work: Work, request_id: str) -> Sequence[str]:
    """The codes that were put to a request."""
    table = tables_of(work).coupon_presented
    found = sa.select(table.c.codes).where(table.c.request_id == request_id)
    codes = work.connection.execute(found).scalar()
    return () if codes is None else tuple(json.loads(codes))


def used_by(work: Work, coupon_id: str, party_id: str) -> int:
    """How often a party has redeemed it."""
    table = tables_of(work).coupon_use
    mine = sa.and_(table.c.coupon_id == coupon_id, table.c.party_id == party_id)
    return int(work.connection.execute(sa.select(table.c.used).where(mine)).scalar() or 0)


def count(work: Work, coupon_id: str) -> bool:
    """Count one use, if one is left; the row is then ours until the work ends."""
    table = tables_of(work).coupon
    left = sa.or_(table.c.uses.is_(None), table.c.used < table.c.uses)
    change = sa.update(table).where(table.c.id == coupon_id, table.c.state == "active", left)
    return bool(work.connection.execute(change.values(used=table.c.used + 1)).rowcount)


def count_of(work: Work, coupon: Coupon, party_id: str) -> bool:
    """Count one use by a party, if it has one left."""
    table = tables_of(work).coupon_use
    _insert_missing(work, table, {"coupon_id": coupon.id, "party_id": party_id, "used": 0})
    change = sa.update(table).where(table.c.coupon_id == coupon.id, table.c.party_id == party_id)
    if coupon.uses_each is not None:
        change = change.where(table.c.used < coupon.uses_each)
    return bool(work.connection.execute(change.values(used=table.c.used + 1)).rowcount)


def redeem(work: Work, redemption: Redemption) -> None:
    """Write down a use in a transaction."""
    row = asdict(redemption, recurse=False)
    row |= {"amount": redemption.amount.amount, "currency": redemption.amount.currency}
    work.connection.execute(sa.insert(tables_of(work).coupon_redemption).values(row))


def _redemption(row: Mapping[Any, Any]) -> Redemption:
    fields = dict(row)
    money = Money(fields.pop("amount"), fields.pop("currency"))
    return Redemption(amount=money, **fields)


def redemptions_in(work: Work, transaction_id: str) -> list[Redemption]:
    """The uses in a transaction, in the order of the coupons' ids."""
    table = tables_of(work).coupon_redemption
    found = sa.select(table).where(table.c.transaction_id == transaction_id)
    rows = work.connection.execute(found.order_by(table.c.coupon_id)).mappings()
    return [_redemption(row) for row in rows]


def redemptions_of(
    work: Work, coupon_id: str, *, after: str | None, limit: int
) -> list[Redemption]:
    """The uses of a coupon, in the order of the transactions' ids."""
    table = tables_of(work).coupon_redemption
    found = sa.select(table).where(table.c.coupon_id == coupon_id).limit(limit)
    if after is not None:
        found = found.where(table.c.transaction_id > after)
    found = found.order_by(table.c.transaction_id)
    return [_redemption(row) for row in work.connection.execute(found).mappings()]


def lives_in(work: Work, coupon_id: str, transaction_ids: Sequence[str]) -> bool:
    """Whether it is redeemed, or spent, in any of these transactions."""
    table = tables_of(work).coupon_redemption
    found = sa.select(table.c.coupon_id).where(
        table.c.coupon_id == coupon_id,
        table.c.transaction_id.in_(transaction_ids),
        table.c.state != "restored",
    )
    return work.connection.execute(found.limit(1)).scalar() is not None


def end(
    work: Work,
    redemption: Redemption,
    state: str,
    amount: int,
    at: datetime,
    beside: Sequence[str] = (),
) -> None:
    """A use is spent, or restored: then it counts no more. Only the first end happens.

    The transactions of a basket have one use between them: it counts as long as one has it.
    """
    tables = tables_of(work)
    table = tables.coupon_redemption
    mine = sa.and_(
        table.c.transaction_id == redemption.transaction_id,
        table.c.coupon_id == redemption.coupon_id,
        table.c.state == "redeemed",
    )
    change = sa.update(table).where(mine).values(state=state, amount=amount, ended_at=at)
    if not work.connection.execute(change).rowcount or state != "restored":
        return
    if beside and lives_in(work, redemption.coupon_id, beside):
        return
    coupon, use = tables.coupon, tables.coupon_use
    whole = sa.update(coupon).where(coupon.c.id == redemption.coupon_id)
    work.connection.execute(whole.values(used=coupon.c.used - 1))
    each = sa.update(use).where(
        use.c.coupon_id == redemption.coupon_id, use.c.party_id == redemption.party_id
    )
    work.connection.execute(each.values(used=use.c.used - 1))


def erase(act: Act, party_id: str) -> None:
    """A provider's own codes end and become unreadable; what a customer put to requests is gone."""
    tables, connection = tables_of(act.work), act.work.connection
    coupon, presented = tables.coupon, tables.coupon_presented
    issued = sa.select(coupon.c.id).where(coupon.c.owner == party_id)
    mine = list(connection.execute(issued).scalars())
    named = {"code": coupon.c.id, "sameness": coupon.c.id, "state": "withdrawn"}
    connection.execute(sa.update(coupon).where(coupon.c.owner == party_id).values(named))
    asked = act.work.select(Request, {"customer_id": party_id}, limit=1_000_000)
    for start in range(0, len(asked), 500):
        ids = [one.id for one in asked[start : start + 500]]
        connection.execute(sa.delete(presented).where(presented.c.request_id.in_(ids)))
    act.work.erasures.empty("event", "data", "subject_id", mine, "{}")
