"""Which values are kept in which tables, and what may be done to each."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from marketplace.domain.approval import Approval
from marketplace.domain.books import Timer
from marketplace.domain.chargeback import Chargeback
from marketplace.domain.checkout import Checkout
from marketplace.domain.deferral import Deferral
from marketplace.domain.dispute import Dispute
from marketplace.domain.dues import Dues
from marketplace.domain.event import Command, Erasure, Event
from marketplace.domain.item import TransactionItem
from marketplace.domain.listing import Listing, Presence
from marketplace.domain.match import Match, MatchingRound
from marketplace.domain.message import Message, StoredFile
from marketplace.domain.moderation import Case, CaseReport
from marketplace.domain.notice import ReceivedNotice
from marketplace.domain.offer import Offer
from marketplace.domain.party import Block, Document, Party, PayoutAccount
from marketplace.domain.payment import Consent, Intent, Payment, Payout, PayoutTerms
from marketplace.domain.process_version import ProcessVersion
from marketplace.domain.quote import Quote
from marketplace.domain.request import Request
from marketplace.domain.reservation import Reservation, Resource
from marketplace.domain.review import Reputation, Review, ReviewWindow
from marketplace.domain.setting import Setting
from marketplace.domain.transaction import Seat, Terms, Transaction


@frozen
class Kind:
    """A class of values that has a table of its own."""

    cls: type[Any]
    noun: str
    """The table."""
    key: tuple[str, ...] = ("id",)
    """The fields of its primary key."""
    versioned: bool = False
    """Whether ``version`` rises with every change."""
    locked: bool = False
    """Whether reading one in order to write locks its row: commands on it take turns."""
    removable: bool = False
    """Whether rows may be deleted, because nobody needs their history."""
    book: str | None = None
    """The book that alone writes it."""
    counted: bool = False
    """Whether the table numbers its rows in the order in which they were written."""
    behind: bool = False
    """Whether rows wait to be written: until their table is read, or the unit of work ends."""
    fixed: bool = False
    """Whether a row stays as it was made: who has read it need not read it again."""
    part_of: str | None = None
    """The field that names what it belongs to: nobody else has any of what was just made."""
    narrow: tuple[str, ...] = ("id",)
    """The index to look into whenever its first field is asked for: others find many more rows,
    and a database without statistics does not know it."""


KINDS: tuple[Kind, ...] = (
    Kind(Party, "party", versioned=True),
    Kind(Block, "block", removable=True),
    Kind(Document, "document", versioned=True),
    Kind(PayoutAccount, "payout_account", versioned=True),
    Kind(StoredFile, "stored_file", removable=True),
    Kind(Listing, "listing", versioned=True, locked=True, narrow=("provider_id", "vertical")),
    Kind(Presence, "presence", key=("listing_id",), removable=True, part_of="listing_id"),
    Kind(Request, "request", versioned=True, locked=True, behind=True),
    Kind(Match, "match", key=("request_id", "listing_id"), removable=True),
    Kind(MatchingRound, "matching_round"),
    Kind(Quote, "quote"),
    Kind(
        Transaction,
        "transaction",
        versioned=True,
        locked=True,
        behind=True,
        part_of="checkout_id",
    ),
    Kind(
        TransactionItem,
        "transaction_item",
        key=("transaction_id", "number"),
        behind=True,
        part_of="transaction_id",
    ),
    Kind(Checkout, "checkout", behind=True, fixed=True),
    Kind(
        Seat,
        "seat",
        key=("transaction_id", "role", "party_id"),
        removable=True,
        behind=True,
        part_of="transaction_id",
    ),
    Kind(Offer, "offer", versioned=True, locked=True, part_of="transaction_id"),
    Kind(
        Terms,
        "terms",
        key=("transaction_id", "version"),
        behind=True,
        fixed=True,
        part_of="transaction_id",
    ),
    Kind(ProcessVersion, "process_version", key=("name", "version")),
    Kind(Setting, "setting", key=("name",), removable=True),
    Kind(Resource, "resource", versioned=True, part_of="listing_id"),
    Kind(Reservation, "reservation", book="claims"),
    Kind(Consent, "consent", key=("request_id", "party_id"), removable=True),
    Kind(Payment, "payment", versioned=True, locked=True, behind=True, part_of="transaction_id"),
    Kind(Intent, "intent", versioned=True, locked=True, behind=True),
    Kind(Dues, "dues", versioned=True, locked=True),
    Kind(Payout, "payout", versioned=True, locked=True),
    Kind(PayoutTerms, "payout_terms", key=("party_id",)),
    Kind(ReceivedNotice, "notice"),
    Kind(ReviewWindow, "review_window", versioned=True, locked=True),
    Kind(Review, "review", versioned=True, behind=True),
    Kind(Reputation, "reputation", key=("party_id", "role"), removable=True),
    Kind(Dispute, "dispute", versioned=True, locked=True),
    Kind(Chargeback, "chargeback", versioned=True, locked=True),
    Kind(Deferral, "deferral", key=("transaction_id", "purse", "terms_version"), removable=True),
    Kind(Message, "message", versioned=True),
    Kind(Case, "moderation_case", versioned=True, locked=True),
    Kind(CaseReport, "report", versioned=True),
    Kind(Approval, "approval", versioned=True, locked=True),
    Kind(Timer, "timer", key=("subject_id", "subject_kind", "name"), book="timers"),
    Kind(Event, "event", book="events", counted=True),
    Kind(Command, "command", book="commands", counted=True),
    Kind(Erasure, "erasure", key=("command_id",), book="commands"),
)
