"""Tables: one for each noun, with the columns of its value and an index for what is asked."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.domain.books import Timer
from marketplace.domain.listing import Listing
from marketplace.domain.offer import Offer
from marketplace.domain.ports import Work
from marketplace.domain.review import Review
from marketplace.store.codec import make_codec
from marketplace.store.kinds import KINDS, Kind
from marketplace.store.postgres import Postgres
from marketplace.store.shelf import shelf_for
from marketplace.store.store import SqlStore
from marketplace.store.tables import make_tables

# Columns that a table has and its value has not: kept by the book that writes it.
BESIDES = {
    "reservation": {"single"},
    "event": {"number"},
    "command": {"number", "hash"},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_a_table_has_its_values_fields(kind: Kind) -> None:
    """Exactly the fields, each nullable where the field may be None, and the key of the kind."""
    table, codec = make_tables().nouns[kind.noun], make_codec(kind.cls, Postgres())
    assert {c.name for c in table.columns} == {*codec.columns} | BESIDES.get(kind.noun, set())
    key = {c.name for c in table.primary_key.columns}
    assert key == ({"number"} if kind.counted else set(kind.key))


def test_a_noun_is_an_attribute() -> None:
    """Each table is there under its noun, whatever schema and prefix it stands under."""
    tables = make_tables("shop", "x_")
    assert tables.party is tables.nouns["party"]
    assert (tables.party.name, tables.party.schema) == ("x_party", "shop")
    assert tables.name("transaction") == '"shop"."x_transaction"'
    assert dict(tables) == tables.nouns
    with pytest.raises(AttributeError, match="no table is named 'people'"):
        _ = tables.people


QUESTIONS = {
    "transactions by state": "SELECT * FROM {transaction} WHERE state = 'a'",
    "transactions by request": "SELECT * FROM {transaction} WHERE request_id = 'a'",
    "transactions by origin": "SELECT * FROM {transaction} WHERE origin_id = 'a'",
    "seats of a party": "SELECT * FROM {seat} WHERE party_id = 'a'",
    "offers of a transaction": "SELECT * FROM {offer} WHERE transaction_id = 'a'",
    "offers to a taker": "SELECT * FROM {offer} WHERE taker_id = 'a' AND state = 'made'",
    "offers on a request": "SELECT * FROM {offer} WHERE request_id = 'a'",
    "listings of a vertical": "SELECT * FROM {listing} WHERE vertical = 'a' AND state = 'b'",
    "requests of a customer": "SELECT * FROM {request} WHERE customer_id = 'a' AND state = 'b'",
    "due timers": "SELECT * FROM {timer} WHERE due_at <= '2026' ORDER BY due_at LIMIT 9",
    "waiting intents": (
        "SELECT * FROM {intent} WHERE state = 'waiting' AND due_at <= '2026'"
        " ORDER BY due_at, id LIMIT 9"
    ),
    "payments of a transaction": "SELECT * FROM {payment} WHERE transaction_id = 'a'",
    "terms of a transaction": "SELECT * FROM {terms} WHERE transaction_id = 'a' AND version = 1",
    "reviews of a subject": "SELECT * FROM {review} WHERE subject_id = 'a'",
    "a party by phone": "SELECT * FROM {party} WHERE phone = 'a'",
    "claims of a cause": "SELECT * FROM {reservation} WHERE cause_id = 'a'",
    "the claim before": (
        "SELECT * FROM {reservation} WHERE resource_id = 'a' AND state <> 'freed'"
        " AND start < '2026' ORDER BY start DESC LIMIT 1"
    ),
    "reports of a case": "SELECT * FROM {report} WHERE case_id = 'a'",
    "the marketplace's own report": (
        "SELECT * FROM {report} WHERE case_id = 'a' AND reporter_id IS NULL AND rule = 'b'"
    ),
    "the open case about": (
        "SELECT * FROM {moderation_case} WHERE subject_id = 'a' AND state = 'open'"
    ),
    "cases against a party": "SELECT * FROM {moderation_case} WHERE owner_id = 'a'",
    "payout accounts of a party": "SELECT * FROM {payout_account} WHERE party_id = 'a'",
    "checkouts of a customer": "SELECT * FROM {checkout} WHERE customer_id = 'a'",
    "deals of a checkout": "SELECT * FROM {transaction} WHERE checkout_id = 'a'",
    "intents of a checkout": "SELECT * FROM {intent} WHERE checkout_id = 'a'",
    "deals of a listing": "SELECT * FROM {transaction_item} WHERE listing_id = 'a'",
    "what a customer keeps": (
        "SELECT * FROM {reservation} WHERE customer_id = 'a' AND state = 'reserved'"
    ),
    "events about": "SELECT * FROM {event} WHERE subject_id = 'a' ORDER BY number LIMIT 9",
    "the head of a chain": (
        "SELECT hash FROM {command} WHERE subject_id = 'a' ORDER BY number DESC LIMIT 1"
    ),
    "accounts of a purpose": (
        "SELECT * FROM {account} WHERE purpose = 'payable' AND purpose <> 'escrow'"
    ),
    "accounts of an owner": "SELECT * FROM {account} WHERE owner = 'a'",
    "journals of a cause": "SELECT * FROM {journal} WHERE cause = 'a' ORDER BY number LIMIT 9",
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_what_is_asked_has_an_index(memory: SqlStore, question: str) -> None:
    """No question the library asks all day reads a table from end to end, or sorts its answer."""
    with memory.begin(write=False) as work:
        text = question
        for noun, _ in memory.tables:
            text = text.replace(f"{{{noun}}}", memory.tables.name(noun))
        plan = [row[3] for row in work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert plan
    assert all(step.startswith("SEARCH") for step in plan), plan


NARROW = {
    "a deal's offers that are out": (
        Offer,
        {"transaction_id": ["a"], "state": "made"},
        "transaction_id=? AND state=?",
    ),
    "a provider's listings": (
        Listing,
        {"provider_id": ["a"], "vertical": "rides"},
        "provider_id=? AND vertical=?",
    ),
    "a provider's listings that are out": (
        Listing,
        {"vertical": "rides", "provider_id": "a", "state": "published"},
        "provider_id=? AND vertical=?",
    ),
    "what one gave the other": (
        Review,
        {"author_id": "a", "subject_id": "b", "subject_role": "provider", "state": "visible"},
        "author_id=? AND subject_id=? AND state=?",
    ),
    "listings by their ids": (
        Listing,
        {"vertical": "rides", "state": "published", "id": ["a"]},
        "(id=?)",
    ),
}


def make_indexes_anew(work: Work, noun: str, *, backwards: bool) -> None:
    """Make a table's indexes again, in the order of their names or against it."""
    say, table = work.connection.exec_driver_sql, work.names(noun)
    found = say(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}'"
        " AND sql IS NOT NULL ORDER BY name"
    ).all()
    for name, _ in found:
        say(f'DROP INDEX "{name}"')
    for _, sql in reversed(found) if backwards else found:
        say(sql)


@pytest.mark.parametrize("backwards", [False, True], ids=["by name", "backwards"])
@pytest.mark.parametrize(("cls", "where", "found"), NARROW.values(), ids=NARROW.keys())
def test_the_narrowest_index_is_taken(
    memory: SqlStore, cls: type[Any], where: dict[str, Any], found: str, backwards: bool
) -> None:
    """What few rows answer is looked up by what is of these few alone: not among all offers that
    are out, all listings of a vertical, or all that a party ever wrote; in whatever order the
    indexes were made, which is how SQLite chooses between two that look alike to it."""
    shelf = shelf_for(memory.tables, memory.adapter)
    ready = shelf.ready[cls]
    clause, values = shelf.conditions(ready, where)
    asked = shelf.listing(ready, clause, "id", descending=False, after="", lock=False)
    with memory.begin() as work:
        make_indexes_anew(work, ready.kind.noun, backwards=backwards)
        explained = f"EXPLAIN QUERY PLAN {asked.sql}"
        rows = work.connection.exec_driver_sql(explained, (*values, 100)).all()
    plan = [row[3] for row in rows]
    assert found in plan[0], plan


def test_a_timer_is_found_by_its_subject() -> None:
    """Timers of a subject are cleared by the subject alone: it comes first in the key."""
    key = [c.name for c in make_tables().timer.primary_key.columns]
    assert key[0] == "subject_id"
    assert set(key) < {one.name for one in Timer.__attrs_attrs__}


def test_indexes_are_made_in_the_order_in_which_they_are_written_down(memory: SqlStore) -> None:
    """Of two indexes that look alike to it SQLite takes the last one: so every database has them
    in one order, and what one marketplace is quick at another is as well."""
    with memory.begin(write=False) as work:
        made = work.connection.exec_driver_sql(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            " ORDER BY rowid"
        ).all()
    by_table: dict[str, list[str]] = {}
    for table, name in made:
        by_table.setdefault(table, []).append(name)
    assert by_table["listing"] == [
        "listing_vertical_state_ix",
        "listing_provider_id_vertical_ix",
        "listing_place_lat_place_lon_ix",
    ]
    assert by_table["reservation"][:2] == [
        "reservation_resource_id_start_ix",
        "reservation_cause_id_ix",
    ]
