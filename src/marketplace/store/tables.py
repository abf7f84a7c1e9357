"""Every table of a marketplace, on one page, named by its noun."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from marketplace.store.columns import (
    counter,
    flag,
    ident,
    json,
    later,
    length,
    maybe,
    moment,
    place,
    text,
    whole,
)
from marketplace.store.moderation_tables import moderation
from marketplace.store.payout_tables import payouts
from marketplace.store.search_tables import search
from marketplace.store.table_set import TableSet


class Tables(TableSet):
    """The tables under one schema and prefix, each as an attribute named by its noun."""

    def __init__(self, schema: str | None = None, prefix: str = "") -> None:
        super().__init__(schema, prefix)
        for page in (_people, _wares, _deals, _capacity, _books, _payments, _after, _records):
            page(self)
        moderation(self)
        payouts(self)
        search(self)


# Making them takes longer than opening a database does, and they never change.
@lru_cache(maxsize=64)
def make_tables(schema: str | None = None, prefix: str = "") -> Tables:
    """The tables of a marketplace under a schema and with a prefix before every name."""
    return Tables(schema, prefix)


# fmt: off
def _people(t: TableSet) -> None:
    t._table(
        "party", ident("id"), text("name"), moment("created_at"), text("kind"),
        maybe(text("phone")), maybe(text("email")), text("language"), text("state"),
        json("attributes"), whole("version"),
        unique=["phone where phone is not null"],
    )
    t._table(
        "block", ident("id"), ident("party_id", "party"), ident("blocked_id", "party"),
        moment("created_at"),
        index=["blocked_id"], unique=["party_id blocked_id"],
    )
    t._table(
        "document", ident("id"), ident("party_id", "party"), text("kind"), text("state"),
        moment("created_at"), maybe(moment("expires_at")), maybe(ident("file_id")),
        whole("version"),
        index=["party_id kind", "expires_at where expires_at is not null"],
    )
    t._table(
        "stored_file", ident("id"), ident("owner_id"), text("name"), text("media_type"),
        whole("size"), text("sha256"), moment("created_at"),
        index=["owner_id"],
    )


def _wares(t: TableSet) -> None:
    t._table(
        "listing", ident("id"), text("vertical"), ident("provider_id", "party"), text("title"),
        text("currency"), moment("created_at"), text("state"), place("place"),
        json("attributes"), whole("version"),
        index=["vertical state", "provider_id vertical",
               "place_lat place_lon where place_lat is not null"],
    )
    t._table(
        "presence", ident("listing_id", "listing"), text("state"), place("place"),
        moment("seen_at"), moment("expires_at"), place("heading"),
        key=["listing_id"], index=["state expires_at"],
    )
    t._table(
        "request", ident("id"), text("vertical"), ident("customer_id", "party"),
        text("currency"), moment("created_at"), text("state"), maybe(ident("listing_id")),
        place("place"), place("to"), maybe(moment("start")), maybe(moment("end")),
        whole("quantity"), maybe(moment("expires_at")), json("attributes"),
        later(json("items"), "[]"), whole("version"),
        index=["customer_id state", "vertical state"],
    )
    t._table(
        "match", ident("request_id"), ident("listing_id"), whole("score"), flag("eligible"),
        json("reasons"), flag("chosen"),
        key=["request_id", "listing_id"],
    )
    t._table(
        "matching_round", ident("id"), text("vertical"), moment("at"), text("solver"),
        json("problem"), json("solution"), whole("number"),
        index=["vertical at"],
    )
    t._table(
        "quote", ident("id"), maybe(ident("request_id")), maybe(ident("listing_id")),
        text("currency"), json("lines"), moment("created_at"), moment("expires_at"),
        text("subject_hash"), json("policies"), maybe(ident("for_party_id")),
        later(json("reasons"), "[]"), later(json("items"), "[]"), later(text("part"), ""),
        maybe(ident("provider_id")), maybe(json("rate")),
        index=[
            "request_id where request_id is not null",
            "for_party_id where for_party_id is not null",
        ],
    )


def _deals(t: TableSet) -> None:
    t._table(
        "transaction", ident("id"), text("vertical"), text("process"), text("process_version"),
        text("state"), text("currency"), moment("created_at"), moment("entered_at"),
        maybe(ident("request_id")), maybe(ident("listing_id", "listing")),
        maybe(ident("origin_id", "transaction")), maybe(text("link")),
        maybe(ident("checkout_id")), maybe(json("pending")), json("moments"),
        json("attributes"), whole("terms_version"), later(json("items"), "[]"),
        maybe(moment("ended_at")), whole("version"),
        index=[
            "state",
            "request_id where request_id is not null", "listing_id where listing_id is not null",
            "origin_id where origin_id is not null", "checkout_id where checkout_id is not null",
        ],
    )
    t._table(
        "transaction_item", ident("transaction_id", "transaction"), whole("number"),
        ident("listing_id", "listing"), whole("quantity"), text("option"),
        key=["transaction_id", "number"], index=["listing_id"],
    )
    t._table(
        "checkout", ident("id"), ident("customer_id", "party"), text("currency"),
        moment("created_at"), flag("together"), json("left_out"),
        index=["customer_id"],
    )
    t._table(
        "seat", ident("transaction_id", "transaction"), text("role"), ident("party_id"),
        whole("share_bp"),
        key=["transaction_id", "role", "party_id"], index=["party_id"],
    )
    t._table(
        "offer", ident("id"), ident("maker_id"), ident("taker_id"), moment("created_at"),
        moment("expires_at"), maybe(ident("quote_id", "quote")), text("state"),
        maybe(ident("request_id")), maybe(ident("listing_id")),
        maybe(ident("transaction_id", "transaction")), maybe(ident("counters_id")),
        maybe(text("seat")), maybe(json("proposed")), maybe(moment("ended_at")),
        json("attributes"), whole("version"),
        index=[
            "taker_id state", "maker_id state", "state expires_at where state = 'made'",
            "transaction_id state where transaction_id is not null",
            "request_id where request_id is not null", "listing_id where listing_id is not null",
        ],
        unique=["transaction_id seat where state = 'accepted'"],
    )
    t._table(
        "terms", ident("transaction_id", "transaction"), whole("version"), text("occasion"),
        json("lines"), json("policies"), text("process"), text("process_version"), moment("at"),
        text("previous_hash"), json("reasons"),
        key=["transaction_id", "version"],
    )
    t._table(
        "process_version", text("name"), text("version"), json("data"), key=["name", "version"]
    )
    t._table("setting", text("name"), json("data"), key=["name"])


def _capacity(t: TableSet) -> None:
    t._table(
        "resource", ident("id"), ident("listing_id", "listing"), text("name"), text("kind"),
        whole("capacity"), maybe(length("grain")), maybe(text("zone")),
        later(whole("before"), "0"), later(whole("after"), "0"), later(text("option"), ""),
        whole("version"),
        unique=["listing_id name option"], check={"capacity": "capacity >= 0"},
    )
    t._table(
        "reservation", ident("id"), ident("resource_id", "resource"), flag("single"),
        text("cause"), ident("cause_id"), whole("quantity"), text("state"),
        moment("created_at"), maybe(moment("start")), maybe(moment("end")),
        maybe(moment("until")), text("label"), later(flag("used"), "0"),
        maybe(ident("customer_id")), whole("version"),
        index=[
            "resource_id start where state <> 'freed'",
            "cause_id",
            # What one customer keeps from others: as many as it has, however long its history.
            "customer_id where state = 'reserved'",
        ],
        check={"quantity": "quantity >= 1", "span": '"end" > start'},
    )
    # One row for each grain of a counted resource that anything was ever claimed of; ``slot``
    # counts grains since 1970 (UTC), and is 0 where claims have no span.
    t._table(
        "capacity_bucket", ident("resource_id", "resource"), whole("slot"), whole("used"),
        whole("capacity"),
        key=["resource_id", "slot"],
        check={"used": "used >= 0 and used <= capacity"},
    )


def _books(t: TableSet) -> None:
    t._table(
        "account", ident("id"), ident("owner"), text("purpose"), text("currency"),
        flag("guarded"),
        index=["owner", "purpose where purpose <> 'escrow'"],
        also=[sa.UniqueConstraint("id", "currency")],
    )
    t._table(
        "journal", counter(), ident("id"), text("key"), text("kind"), moment("at"),
        ident("actor"), ident("cause"), maybe(ident("reverses")), json("details"),
        index=["cause number"],
        unique=["key", "reverses where reverses is not null"],
        also=[sa.UniqueConstraint("id")],
    )
    account, foreign = f"{t.prefix}account", sa.ForeignKeyConstraint
    account = f"{t.schema}.{account}" if t.schema else account
    t._table(
        "transfer", counter(), ident("id"), ident("journal_id", "journal"), ident("debit"),
        ident("credit"), whole("amount"), text("currency"), text("phase"),
        maybe(ident("resolves", "transfer")), later(text("rule"), ""), maybe(whole("line")),
        index=["journal_id", "debit number", "credit number"],
        unique=["resolves where resolves is not null"],
        check={"amount": "amount > 0", "two_accounts": "debit <> credit"},
        # Both accounts carry the transfer's currency: that is how a transfer has only one.
        also=[
            sa.UniqueConstraint("id"),
            foreign(["debit", "currency"], [f"{account}.id", f"{account}.currency"]),
            foreign(["credit", "currency"], [f"{account}.id", f"{account}.currency"]),
        ],
    )
    t._table(
        "balance", ident("account_id", "account"), whole("posted"), whole("pending_in"),
        whole("pending_out"),
        key=["account_id"],
        check={
            "available": "posted - pending_out >= 0",
            "pending": "pending_in >= 0 and pending_out >= 0",
        },
    )


def _payments(t: TableSet) -> None:
    t._table(
        "payment", ident("id"), ident("transaction_id", "transaction"), text("purse"),
        ident("party_id"), text("method"), text("currency"), moment("created_at"),
        maybe(text("means")), maybe(whole("asked")), whole("held"), whole("captured"),
        whole("refunded"), later(whole("charged_back"), "0"), maybe(ident("hold_transfer")),
        maybe(text("reference")), maybe(moment("holds_until")), whole("position"),
        maybe(ident("checkout_id")), maybe(json("rate")), later(whole("outside"), "0"),
        whole("version"),
        index=["party_id", "reference where reference is not null"],
        unique=["transaction_id purse position", "hold_transfer where hold_transfer is not null"],
        check={"sums": "held >= 0 and captured >= 0 and refunded >= 0 and refunded <= captured"},
    )
    t._table(
        "consent", ident("request_id", "request"), ident("party_id"), text("method"),
        whole("most"), text("currency"), moment("created_at"), maybe(text("means")),
        key=["request_id", "party_id"],
    )
    t._table(
        "intent", ident("id"), text("kind"), text("provider"), whole("amount"),
        text("currency"), moment("created_at"), moment("due_at"),
        maybe(ident("transaction_id")), maybe(ident("payment_id")), maybe(ident("payout_id")),
        text("state"), whole("attempt"), whole("tries"), maybe(text("leased_by")),
        maybe(moment("leased_until")), maybe(text("reference")), maybe(json("answer")),
        maybe(ident("checkout_id")), later(json("parts"), "[]"), maybe(whole("inside")),
        maybe(text("receipt")), maybe(json("payee")), whole("version"),
        index=[
            "state due_at id", "checkout_id where checkout_id is not null",
            "transaction_id where transaction_id is not null",
            "payment_id where payment_id is not null", "payout_id where payout_id is not null",
            "reference where reference is not null", "receipt where receipt is not null",
        ],
    )
    t._table(
        "dues", ident("id"), ident("party_id"), ident("transaction_id", "transaction"),
        text("purse"), ident("home"), text("currency"), whole("amount"), whole("left"),
        moment("created_at"), flag("guaranteed"), json("awaited"), whole("version"),
        index=["party_id", "home", "transaction_id"],
        check={"left": '"left" >= 0 and "left" <= amount'},
    )
    t._table(
        "payout", ident("id"), ident("party_id"), whole("amount"), text("currency"),
        text("provider"), text("state"), moment("created_at"), maybe(text("reference")),
        maybe(moment("ended_at")), json("reasons"), maybe(ident("account_id")),
        later(text("source"), "earnings"), later(whole("taken_back"), "0"),
        later(whole("taking_back"), "0"), whole("version"),
        index=["party_id state", "state created_at", "reference where reference is not null"],
        check={"amount": "amount > 0"},
    )
    t._table(
        "notice", ident("id"), text("provider"), text("kind"), text("about"), moment("at"),
        moment("received_at"), text("state"), text("body_hash"), json("reasons"),
        index=["state id"],
    )


def _after(t: TableSet) -> None:
    t._table(
        "review_window", ident("id"), ident("transaction_id", "transaction"),
        ident("author_id"), text("author_role"), ident("subject_id"), text("subject_role"),
        moment("opens_at"), moment("closes_at"), flag("blind"), text("state"), whole("version"),
        index=["author_id state"],
        unique=["transaction_id author_id subject_id"],
    )
    t._table(
        "review", ident("id"), ident("transaction_id", "transaction"), ident("author_id"),
        text("author_role"), ident("subject_id"), text("subject_role"),
        maybe(ident("listing_id")), whole("rating"), moment("created_at"),
        maybe(moment("visible_at")), json("axes"), text("text"), text("private_text"),
        maybe(text("reply")), maybe(moment("replied_at")), text("state"),
        maybe(text("removed_reason")), flag("weighs"), whole("version"),
        index=["subject_id state", "author_id subject_id state"],
        unique=["transaction_id author_id subject_id"],
        check={"rating": "rating >= 1 and rating <= 5"},
    )
    t._table(
        "reputation", ident("party_id"), text("role"), whole("count"), whole("total"),
        whole("counterparties"), whole("weighted_total"),
        key=["party_id", "role"],
    )
    t._table(
        "dispute", ident("id"), ident("transaction_id", "transaction"), ident("opened_by"),
        text("cause"), moment("created_at"), moment("answer_by"), text("state"),
        json("evidence"), json("outcome"), maybe(moment("decided_at")),
        later(text("kind"), "complaint"), whole("version"),
        index=["transaction_id", "state answer_by"],
    )
    t._table(
        "deferral", ident("transaction_id", "transaction"), text("purse"), text("kind"),
        whole("terms_version"), ident("dispute_id", "dispute"), moment("created_at"),
        later(flag("refunds"), "0"),
        key=["transaction_id", "purse", "terms_version"],
    )
    t._table(
        "chargeback", ident("id"), ident("payment_id", "payment"),
        ident("transaction_id", "transaction"), text("purse"), text("reference"),
        ident("dispute_id", "dispute"), whole("amount"), whole("fee"), text("currency"),
        text("cause"), text("bearer"), text("fee_bearer"), moment("created_at"), text("state"),
        whole("left"), whole("fee_borne"), json("set_aside"), maybe(moment("ended_at")),
        maybe(whole("outside")), later(whole("fee_outside"), "0"), whole("version"),
        index=["transaction_id purse", "state created_at", "reference"],
        unique=["payment_id reference"],
        check={"sums": 'amount > 0 and fee >= 0 and "left" >= 0 and "left" <= amount'},
    )
    t._table(
        "message", ident("id"), text("about_kind"), ident("about_id"), ident("author_id"),
        maybe(ident("to_id")), text("text"), moment("created_at"), json("files"),
        flag("masked"), later(text("state"), "sent"), maybe(text("removed_reason")),
        later(whole("version"), "1"),
        index=["about_id created_at", "to_id where to_id is not null", "author_id"],
    )


def _records(t: TableSet) -> None:
    t._table(
        "timer", text("subject_kind"), ident("subject_id"), text("name"), moment("due_at"),
        whole("tries"), maybe(moment("since")), maybe(text("why")), flag("parked"),
        key=["subject_id", "subject_kind", "name"], index=["due_at"],
    )
    t._table(
        "event", counter(), ident("id"), text("kind"), text("subject_kind"),
        ident("subject_id"), moment("at"), ident("actor"), maybe(ident("on_behalf_of")),
        json("data"), json("parties"),
        index=["subject_id number"], also=[sa.UniqueConstraint("id")],
    )
    t._table("party_counter", ident("party_id"), whole("last"), key=["party_id"])
    t._table(
        "event_recipient", ident("party_id"), whole("number"), ident("event_id", "event"),
        key=["party_id", "number"],
    )
    t._table(
        "delivery_cursor", text("consumer"), ident("party_id"), whole("number"),
        key=["consumer", "party_id"],
    )
    t._table(
        "command", counter(), ident("id"), text("name"), ident("actor"),
        maybe(ident("on_behalf_of")), maybe(text("key")), text("body_hash"), moment("at"),
        text("outcome"), maybe(ident("subject_id")), maybe(json("reason")),
        maybe(text("answer")), text("before_hash"), text("after_hash"), text("previous_hash"),
        text("hash"), later(text("told_hash"), ""),
        index=["subject_id number where subject_id is not null"],
        unique=[
            "actor key where key is not null and outcome = 'done'",
            "subject_id previous_hash where subject_id is not null",
        ],
        also=[sa.UniqueConstraint("id")],
    )
    t._table(
        "erasure", ident("command_id"), ident("party_id", "party"), moment("at"), text("hash"),
        text("rest_hash"),
        key=["command_id"],
    )
# fmt: on
