"""Small values for the store's tests, each complete enough to be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from marketplace.domain.event import Command, Event
from marketplace.domain.ledger import MARKETPLACE, Account, Balance, Journal, Purpose, Transfer
from marketplace.domain.listing import Listing
from marketplace.domain.party import Party
from marketplace.domain.reservation import Reservation, Resource
from marketplace.store.store import SqlStore

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def party(id: str = "pa_1", **fields: Any) -> Party:
    """A party that was there at ``NOW``."""
    return Party(id, fields.pop("name", id), NOW, **fields)


def listing(id: str = "li_1", provider_id: str = "pa_1", **fields: Any) -> Listing:
    """A listing of the party ``pa_1``."""
    return Listing(id, "stays", provider_id, id, "NPR", NOW, **fields)


def resource(id: str = "re_1", listing_id: str = "li_1", **fields: Any) -> Resource:
    """A resource of the listing ``li_1``, named by its own id; single unless said otherwise."""
    return Resource(id, listing_id, id, **fields)


def with_resources(store: SqlStore, *resources: Resource) -> None:
    """Write these resources, with the listing and the party they need."""
    with store.begin() as work:
        work.add(party())
        work.add(listing())
        work.add(*resources)


def somebody_writes(store: SqlStore) -> None:
    """Have somebody else write: what an earlier unit of work had in hand may be another by now.

    It is a row of its own, since SQLite writes none that is set to what it is.
    """
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO setting VALUES ('written {uuid4()}', '{{}}')")


def claim(
    id: str, resource_id: str, start: float | None = None, end: float | None = None, **fields: Any
) -> Reservation:
    """A claim from so many days after ``NOW`` to so many."""
    return Reservation(
        id,
        resource_id,
        fields.pop("cause", "offer"),
        fields.pop("cause_id", f"of_{id}"),
        fields.pop("quantity", 1),
        fields.pop("state", "reserved"),
        NOW,
        None if start is None else NOW + start * DAY,
        None if end is None else NOW + end * DAY,
        **fields,
    )


CLEARING = Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, "NPR")
REVENUE = Account(MARKETPLACE, Purpose.REVENUE, "NPR")


def wallet(owner: str, currency: str = "NPR") -> Account:
    """A party's wallet: guarded."""
    return Account(owner, Purpose.WALLET, currency)


def escrow(owner: str, currency: str = "NPR") -> Account:
    """A transaction's escrow: guarded."""
    return Account(owner, Purpose.ESCROW, currency)


def journal(id: str, *transfers: Transfer, **fields: Any) -> Journal:
    """A journal whose key is its id."""
    return Journal(
        id,
        fields.pop("key", id),
        fields.pop("kind", "test"),
        NOW,
        "operator",
        fields.pop("cause", "tx_1"),
        transfers,
        **fields,
    )


def event(id: str, *parties: str, subject_id: str = "tx_1") -> Event:
    """An event about a transaction that these parties may hear of."""
    return Event(id, "transaction.moved", "transaction", subject_id, NOW, "pa_1", parties=parties)


def command(id: str, subject_id: str | None = "tx_1", **fields: Any) -> Command:
    """A command that was done at ``NOW``."""
    return Command(
        id,
        "transactions.take",
        fields.pop("actor", "pa_1"),
        None,
        fields.pop("key", None),
        "0" * 64,
        NOW,
        fields.pop("outcome", "done"),
        subject_id,
        **fields,
    )


def post(store: SqlStore, *journals: Journal) -> list[Journal]:
    """Post in a unit of work of its own."""
    with store.begin() as work:
        return work.ledger.post(journals)


def balance(store: SqlStore, account: Account) -> Balance:
    """What an account holds."""
    with store.begin(write=False) as work:
        return work.ledger.balance(account)


def sound(store: SqlStore) -> None:
    """Sums are zero by currency, and nothing has drifted."""
    with store.begin(write=False) as work:
        assert work.ledger.drift() == []
        sums: dict[str, int] = {}
        for _, currency, debits, credits in work.ledger.trial():
            sums[currency] = sums.get(currency, 0) + debits - credits
        assert set(sums.values()) <= {0}
