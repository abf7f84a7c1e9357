"""Rows that are written before Stripe is asked, so that asking again after a crash is one thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from attrs import asdict, frozen
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import Work
from marketplace.plugins.stripe_connect.tables import tables_of


@frozen
class StripeAccount:
    """A party's account with Stripe: wanted, and made once ``account`` says how it is called."""

    party_id: str
    key: str
    """The idempotency key by which it is made, however often that is asked."""
    country: str
    created_at: datetime
    account: str | None = None


@frozen
class StripeSent:
    """What was sent to a bank about a chargeback: evidence, or that it is accepted."""

    dispute: str
    """What Stripe calls the chargeback."""
    what: Literal["evidence", "accept"]
    key: str
    text: str
    """What is to be sent; empty once it was."""
    created_at: datetime
    sent_at: datetime | None = None


def want_account(work: Work, wanted: StripeAccount) -> StripeAccount:
    """The party's row, made now if there was none."""
    table = tables_of(work).stripe_account
    _put(work, table, asdict(wanted))
    found = account_of(work, wanted.party_id)
    assert found is not None
    return found


def account_of(work: Work, party_id: str) -> StripeAccount | None:
    """A party's row."""
    table = tables_of(work).stripe_account
    found = sa.select(table).where(table.c.party_id == party_id)
    row = work.connection.execute(found).mappings().first()
    return None if row is None else StripeAccount(**row)


def account_made(work: Work, party_id: str, account: str) -> StripeAccount:
    """Keep what Stripe calls a party's account."""
    table = tables_of(work).stripe_account
    where = (table.c.party_id == party_id, table.c.account.is_(None))
    work.connection.execute(sa.update(table).where(*where).values(account=account))
    found = account_of(work, party_id)
    assert found is not None
    return found


def forget_account(work: Work, party_id: str) -> None:
    """Keep no more whose account it was."""
    table = tables_of(work).stripe_account
    work.connection.execute(sa.delete(table).where(table.c.party_id == party_id))


def customer_of(work: Work, party_id: str) -> str | None:
    """What Stripe calls a party that saved a card."""
    table = tables_of(work).stripe_customer
    found = sa.select(table.c.customer).where(table.c.party_id == party_id)
    name: str | None = work.connection.execute(found).scalar()
    return name


def keep_customer(work: Work, party_id: str, customer: str) -> None:
    """Keep what Stripe calls it; the last one that was made takes the place of any before."""
    table = tables_of(work).stripe_customer
    row = {"party_id": party_id, "customer": customer}
    made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
    place = made.values(row).on_conflict_do_update(
        index_elements=["party_id"], set_={"customer": customer}
    )
    work.connection.execute(place)


def forget_customer(work: Work, party_id: str) -> None:
    """Keep no more which customer it was."""
    table = tables_of(work).stripe_customer
    work.connection.execute(sa.delete(table).where(table.c.party_id == party_id))


def want_sent(work: Work, wanted: StripeSent) -> StripeSent:
    """The row of what is to be sent, made now if there was none; what it says stays as it was."""
    table = tables_of(work).stripe_sent
    _put(work, table, asdict(wanted))
    return _sent(work, wanted.dispute, wanted.what)


def was_sent(work: Work, dispute: str, what: str, at: datetime) -> StripeSent:
    """Keep when it was sent, and no longer what people had written."""
    table = tables_of(work).stripe_sent
    where = (table.c.dispute == dispute, table.c.what == what, table.c.sent_at.is_(None))
    work.connection.execute(sa.update(table).where(*where).values(sent_at=at, text=""))
    return _sent(work, dispute, what)


def forget_words(work: Work, disputes: Sequence[str]) -> None:
    """Keep no words that wait to be sent about these; they are put together anew if they are."""
    table = tables_of(work).stripe_sent
    where = (table.c.dispute.in_(list(disputes)), table.c.sent_at.is_(None))
    work.connection.execute(sa.delete(table).where(*where))


def _sent(work: Work, dispute: str, what: str) -> StripeSent:
    table = tables_of(work).stripe_sent
    found = sa.select(table).where(table.c.dispute == dispute, table.c.what == what)
    return StripeSent(**work.connection.execute(found).mappings().one())


def _put(work: Work, table: sa.Table, row: dict[str, Any]) -> None:
    made = sqlite.insert(table) if work.dialect == "sqlite" else postgresql.insert(table)
    work.connection.execute(made.values(row).on_conflict_do_nothing())
