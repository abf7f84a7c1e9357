"""A framework for marketplaces of peers: it owns nothing, connects people, moves their money.

This module is the face: every public name is imported from here, and nothing else is public.
Names are loaded when they are first asked for, so that `import marketplace` costs a millisecond.

The floors, each importing only from those below it::

    7  cli.py  commands/                      the command, over everything
    6  plugins/ testing/ simulation/          trades, ways to pay · help for authors · the world
       demo/                                  what a demo prints, draws and leaves behind
    5  __init__.py                            this face: names only
    4  app/                                   what people do in a marketplace
    3  store/       hooks.py                  where it is kept · how plugins are asked
    2  hookspecs.py                           the questions
    1  domain/      matching/                 what a marketplace is · assignment, order book
    0  errors.py                              what this library raises on purpose
"""

from importlib import import_module

TYPE_CHECKING = False
"""Type checkers take it for true; `typing`, whose own it is, takes longer to import than all of
this."""

if TYPE_CHECKING:
    # The same names again, for type checkers, each as `from home import Name as Name`.
    from marketplace.app.clocks import ManualClock as ManualClock
    from marketplace.app.clocks import SystemClock as SystemClock
    from marketplace.app.context import Limits as Limits
    from marketplace.app.context import PayoutPlan as PayoutPlan
    from marketplace.app.door import Act as Act
    from marketplace.app.files import FolderStorage as FolderStorage
    from marketplace.app.marketplace import Marketplace as Marketplace
    from marketplace.app.notifying import ConsoleChannel as ConsoleChannel
    from marketplace.app.payable import Owed as Owed
    from marketplace.app.putting import Put as Put
    from marketplace.app.reading import Page as Page
    from marketplace.app.reading import View as View
    from marketplace.app.why import Because as Because
    from marketplace.domain.adjusting import adjustment as adjustment
    from marketplace.domain.approval import Approval as Approval
    from marketplace.domain.books import Timer as Timer
    from marketplace.domain.cells import Box as Box
    from marketplace.domain.chargeback import Chargeback as Chargeback
    from marketplace.domain.chargeback import ChargebackTerms as ChargebackTerms
    from marketplace.domain.checkout import Checkout as Checkout
    from marketplace.domain.checkout import CheckoutView as CheckoutView
    from marketplace.domain.checkout import LeftOut as LeftOut
    from marketplace.domain.contacts import masked as masked
    from marketplace.domain.currency import EXPONENTS as EXPONENTS
    from marketplace.domain.deferral import Deferral as Deferral
    from marketplace.domain.dispute import Dispute as Dispute
    from marketplace.domain.dispute import Evidence as Evidence
    from marketplace.domain.dues import Dues as Dues
    from marketplace.domain.effect import CAPTURE as CAPTURE
    from marketplace.domain.effect import CHARGE as CHARGE
    from marketplace.domain.effect import COLLECT as COLLECT
    from marketplace.domain.effect import CONFIRM as CONFIRM
    from marketplace.domain.effect import FREE as FREE
    from marketplace.domain.effect import HOLD as HOLD
    from marketplace.domain.effect import MOVE as MOVE
    from marketplace.domain.effect import PAY_OUT as PAY_OUT
    from marketplace.domain.effect import RAISE as RAISE
    from marketplace.domain.effect import RECORD as RECORD
    from marketplace.domain.effect import REFUND as REFUND
    from marketplace.domain.effect import RESERVE as RESERVE
    from marketplace.domain.effect import REVERSE as REVERSE
    from marketplace.domain.effect import SAVE as SAVE
    from marketplace.domain.effect import SETTLE as SETTLE
    from marketplace.domain.effect import TRANSFER as TRANSFER
    from marketplace.domain.effect import USE as USE
    from marketplace.domain.effect import VOID as VOID
    from marketplace.domain.effect import MoneyKind as MoneyKind
    from marketplace.domain.effect import opens as opens
    from marketplace.domain.effect import seat as seat
    from marketplace.domain.effect import takes as takes
    from marketplace.domain.effect import tells as tells
    from marketplace.domain.effect import unseat as unseat
    from marketplace.domain.event import Command as Command
    from marketplace.domain.event import Delivery as Delivery
    from marketplace.domain.event import Event as Event
    from marketplace.domain.folding import fold as fold
    from marketplace.domain.folding import tricks as tricks
    from marketplace.domain.hashing import digest as digest
    from marketplace.domain.hashing import plain as plain
    from marketplace.domain.item import Item as Item
    from marketplace.domain.item import Numbered as Numbered
    from marketplace.domain.item import PricedItem as PricedItem
    from marketplace.domain.item import TransactionItem as TransactionItem
    from marketplace.domain.ledger import MARKETPLACE as MARKETPLACE
    from marketplace.domain.ledger import Account as Account
    from marketplace.domain.ledger import Balance as Balance
    from marketplace.domain.ledger import Entry as Entry
    from marketplace.domain.ledger import Journal as Journal
    from marketplace.domain.ledger import Purpose as Purpose
    from marketplace.domain.ledger import Transfer as Transfer
    from marketplace.domain.link_plan import LinkPlan as LinkPlan
    from marketplace.domain.link_plan import LinkQuestion as LinkQuestion
    from marketplace.domain.listing import Listing as Listing
    from marketplace.domain.listing import Presence as Presence
    from marketplace.domain.match import Match as Match
    from marketplace.domain.match import MatchingRound as MatchingRound
    from marketplace.domain.message import Message as Message
    from marketplace.domain.message import Notification as Notification
    from marketplace.domain.message import StoredFile as StoredFile
    from marketplace.domain.method import ALL_CALLED as ALL_CALLED
    from marketplace.domain.method import ANY_METHOD as ANY_METHOD
    from marketplace.domain.method import FREE_OF_CHARGE as FREE_OF_CHARGE
    from marketplace.domain.method import PaymentMethod as PaymentMethod
    from marketplace.domain.method import Way as Way
    from marketplace.domain.moderation import Case as Case
    from marketplace.domain.moderation import CaseReport as CaseReport
    from marketplace.domain.moderation import ModerationPlan as ModerationPlan
    from marketplace.domain.money import Money as Money
    from marketplace.domain.money import divide as divide
    from marketplace.domain.money import split as split
    from marketplace.domain.notice import ChargebackStands as ChargebackStands
    from marketplace.domain.notice import Finding as Finding
    from marketplace.domain.notice import Movement as Movement
    from marketplace.domain.notice import Notice as Notice
    from marketplace.domain.notice import OrderAnswered as OrderAnswered
    from marketplace.domain.notice import PaymentStands as PaymentStands
    from marketplace.domain.notice import PayoutAccountStands as PayoutAccountStands
    from marketplace.domain.notice import PayoutStands as PayoutStands
    from marketplace.domain.notice import Receipt as Receipt
    from marketplace.domain.notice import ReceivedNotice as ReceivedNotice
    from marketplace.domain.notice import RefundReturned as RefundReturned
    from marketplace.domain.offer import Offer as Offer
    from marketplace.domain.party import CLOCK as CLOCK
    from marketplace.domain.party import CUSTOMER as CUSTOMER
    from marketplace.domain.party import OPERATOR as OPERATOR
    from marketplace.domain.party import ORIGIN as ORIGIN
    from marketplace.domain.party import PAYMENT_PROVIDER as PAYMENT_PROVIDER
    from marketplace.domain.party import PROVIDER as PROVIDER
    from marketplace.domain.party import Actor as Actor
    from marketplace.domain.party import Block as Block
    from marketplace.domain.party import Document as Document
    from marketplace.domain.party import Party as Party
    from marketplace.domain.party import PayoutAccount as PayoutAccount
    from marketplace.domain.party import Role as Role
    from marketplace.domain.payment import UNANSWERED as UNANSWERED
    from marketplace.domain.payment import Answer as Answer
    from marketplace.domain.payment import Intent as Intent
    from marketplace.domain.payment import IntentPart as IntentPart
    from marketplace.domain.payment import Order as Order
    from marketplace.domain.payment import Pay as Pay
    from marketplace.domain.payment import Payee as Payee
    from marketplace.domain.payment import Payment as Payment
    from marketplace.domain.payment import Payout as Payout
    from marketplace.domain.payment import PayoutTerms as PayoutTerms
    from marketplace.domain.place import EARTH_RADIUS_M as EARTH_RADIUS_M
    from marketplace.domain.place import Place as Place
    from marketplace.domain.place import blurred as blurred
    from marketplace.domain.place import haversine_m as haversine_m
    from marketplace.domain.ports import Clock as Clock
    from marketplace.domain.ports import Condition as Condition
    from marketplace.domain.ports import FileStorage as FileStorage
    from marketplace.domain.ports import Ids as Ids
    from marketplace.domain.ports import KeepsPayers as KeepsPayers
    from marketplace.domain.ports import NotificationChannel as NotificationChannel
    from marketplace.domain.ports import PaymentProvider as PaymentProvider
    from marketplace.domain.ports import ReadsBack as ReadsBack
    from marketplace.domain.ports import ReportsMovements as ReportsMovements
    from marketplace.domain.ports import TakesBack as TakesBack
    from marketplace.domain.ports import TellsNotices as TellsNotices
    from marketplace.domain.ports import Work as Work
    from marketplace.domain.printing import csv_text as csv_text
    from marketplace.domain.printing import one_line as one_line
    from marketplace.domain.process import Process as Process
    from marketplace.domain.prover import Proof as Proof
    from marketplace.domain.prover import prove as prove
    from marketplace.domain.prover import prove_all as prove_all
    from marketplace.domain.question import Bring as Bring
    from marketplace.domain.question import Candidate as Candidate
    from marketplace.domain.question import Demo as Demo
    from marketplace.domain.question import Errand as Errand
    from marketplace.domain.question import FactsQuestion as FactsQuestion
    from marketplace.domain.question import Gate as Gate
    from marketplace.domain.question import ListingQuestion as ListingQuestion
    from marketplace.domain.question import MatchQuestion as MatchQuestion
    from marketplace.domain.question import PartSoFar as PartSoFar
    from marketplace.domain.question import PolicyQuestion as PolicyQuestion
    from marketplace.domain.question import PricingQuestion as PricingQuestion
    from marketplace.domain.question import Proposal as Proposal
    from marketplace.domain.question import RateQuestion as RateQuestion
    from marketplace.domain.question import RequestQuestion as RequestQuestion
    from marketplace.domain.question import ReviewQuestion as ReviewQuestion
    from marketplace.domain.question import TableBranch as TableBranch
    from marketplace.domain.question import TransitionQuestion as TransitionQuestion
    from marketplace.domain.quote import PRICE as PRICE
    from marketplace.domain.quote import Line as Line
    from marketplace.domain.quote import Quote as Quote
    from marketplace.domain.quote import customer_owes as customer_owes
    from marketplace.domain.quote import nets as nets
    from marketplace.domain.rate import Rate as Rate
    from marketplace.domain.reason import Reason as Reason
    from marketplace.domain.reconciliation import Both as Both
    from marketplace.domain.reconciliation import Difference as Difference
    from marketplace.domain.reconciliation import Reconciliation as Reconciliation
    from marketplace.domain.request import Request as Request
    from marketplace.domain.requirement import Missing as Missing
    from marketplace.domain.requirement import Requirement as Requirement
    from marketplace.domain.reservation import Reservation as Reservation
    from marketplace.domain.reservation import Resource as Resource
    from marketplace.domain.reservation import Stock as Stock
    from marketplace.domain.review import Reputation as Reputation
    from marketplace.domain.review import Review as Review
    from marketplace.domain.review import ReviewWindow as ReviewWindow
    from marketplace.domain.search import Found as Found
    from marketplace.domain.search import RankPart as RankPart
    from marketplace.domain.search import RatingPart as RatingPart
    from marketplace.domain.search import Search as Search
    from marketplace.domain.search import SearchPlan as SearchPlan
    from marketplace.domain.span import DAY as DAY
    from marketplace.domain.span import HOUR as HOUR
    from marketplace.domain.span import MINUTE as MINUTE
    from marketplace.domain.span import SECOND as SECOND
    from marketplace.domain.span import WEEK as WEEK
    from marketplace.domain.span import Span as Span
    from marketplace.domain.statement import Beside as Beside
    from marketplace.domain.statement import Earnings as Earnings
    from marketplace.domain.statement import Gain as Gain
    from marketplace.domain.statement import Statement as Statement
    from marketplace.domain.statement import StatementEntry as StatementEntry
    from marketplace.domain.statement import StatementPart as StatementPart
    from marketplace.domain.table_names import TableNames as TableNames
    from marketplace.domain.transaction import Seat as Seat
    from marketplace.domain.transaction import Terms as Terms
    from marketplace.domain.transaction import Transaction as Transaction
    from marketplace.domain.transition import OPENED as OPENED
    from marketplace.domain.transition import After as After
    from marketplace.domain.transition import Ask as Ask
    from marketplace.domain.transition import At as At
    from marketplace.domain.transition import Purse as Purse
    from marketplace.domain.transition import Transition as Transition
    from marketplace.domain.vertical import SUPPLIED as SUPPLIED
    from marketplace.domain.vertical import Choice as Choice
    from marketplace.domain.vertical import ResourcePlan as ResourcePlan
    from marketplace.domain.vertical import Reviewing as Reviewing
    from marketplace.domain.vertical import Seating as Seating
    from marketplace.domain.vertical import Supplied as Supplied
    from marketplace.domain.vertical import Taking as Taking
    from marketplace.domain.vertical import Vertical as Vertical
    from marketplace.domain.wording import counted as counted
    from marketplace.domain.wording import digits as digits
    from marketplace.domain.wording import money_text as money_text
    from marketplace.domain.wording import render as render
    from marketplace.errors import Conflict as Conflict
    from marketplace.errors import Expired as Expired
    from marketplace.errors import Forbidden as Forbidden
    from marketplace.errors import IdempotencyMismatch as IdempotencyMismatch
    from marketplace.errors import IllegalTransition as IllegalTransition
    from marketplace.errors import InvalidInput as InvalidInput
    from marketplace.errors import LedgerError as LedgerError
    from marketplace.errors import LimitExceeded as LimitExceeded
    from marketplace.errors import MarketplaceError as MarketplaceError
    from marketplace.errors import Mistake as Mistake
    from marketplace.errors import NotFound as NotFound
    from marketplace.errors import Outcome as Outcome
    from marketplace.errors import PaymentProviderUnavailable as PaymentProviderUnavailable
    from marketplace.errors import PluginError as PluginError
    from marketplace.errors import ProcessError as ProcessError
    from marketplace.errors import Refused as Refused
    from marketplace.errors import SetupError as SetupError
    from marketplace.errors import SoldOut as SoldOut
    from marketplace.errors import StaleVersion as StaleVersion
    from marketplace.errors import Untrusted as Untrusted
    from marketplace.hooks import Hooks as Hooks
    from marketplace.hookspecs import hookimpl as hookimpl
    from marketplace.hookspecs import hookspec as hookspec
    from marketplace.matching.assignment import assign as assign
    from marketplace.matching.assignment import verify as verify
    from marketplace.matching.batched import Batched as Batched
    from marketplace.matching.candidates import nearest as nearest
    from marketplace.matching.graph import Graph as Graph
    from marketplace.matching.radius import RadiusRounds as RadiusRounds
    from marketplace.matching.whole import assign_whole as assign_whole
    from marketplace.store.columns import Ident as Ident
    from marketplace.store.columns import Instant as Instant
    from marketplace.store.migrations import Pending as Pending
    from marketplace.store.migrations.names import MigrationNames as MigrationNames

__version__ = "0.1.0"

# Each module with the public names that live in it, in order of the alphabet.
_NAMES: dict[str, str] = {
    "app.clocks": "ManualClock SystemClock",
    "app.context": "Limits PayoutPlan",
    "app.door": "Act",
    "app.files": "FolderStorage",
    "app.marketplace": "Marketplace",
    "app.notifying": "ConsoleChannel",
    "app.payable": "Owed",
    "app.putting": "Put",
    "app.reading": "Page View",
    "app.why": "Because",
    "domain.adjusting": "adjustment",
    "domain.approval": "Approval",
    "domain.books": "Timer",
    "domain.cells": "Box",
    "domain.chargeback": "Chargeback ChargebackTerms",
    "domain.checkout": "Checkout CheckoutView LeftOut",
    "domain.contacts": "masked",
    "domain.currency": "EXPONENTS",
    "domain.deferral": "Deferral",
    "domain.dispute": "Dispute Evidence",
    "domain.dues": "Dues",
    "domain.effect": (
        "CAPTURE CHARGE COLLECT CONFIRM FREE HOLD MOVE MoneyKind PAY_OUT RAISE RECORD REFUND "
        "RESERVE REVERSE SAVE SETTLE TRANSFER USE VOID opens seat takes tells unseat"
    ),
    "domain.event": "Command Delivery Event",
    "domain.folding": "fold tricks",
    "domain.hashing": "digest plain",
    "domain.item": "Item Numbered PricedItem TransactionItem",
    "domain.ledger": "Account Balance Entry Journal MARKETPLACE Purpose Transfer",
    "domain.link_plan": "LinkPlan LinkQuestion",
    "domain.listing": "Listing Presence",
    "domain.match": "Match MatchingRound",
    "domain.message": "Message Notification StoredFile",
    "domain.method": "ALL_CALLED ANY_METHOD FREE_OF_CHARGE PaymentMethod Way",
    "domain.moderation": "Case CaseReport ModerationPlan",
    "domain.money": "Money divide split",
    "domain.notice": (
        "ChargebackStands Finding Movement Notice OrderAnswered PaymentStands PayoutAccountStands "
        "PayoutStands Receipt ReceivedNotice RefundReturned"
    ),
    "domain.offer": "Offer",
    "domain.party": (
        "Actor Block CLOCK CUSTOMER Document OPERATOR ORIGIN PAYMENT_PROVIDER PROVIDER Party "
        "PayoutAccount Role"
    ),
    "domain.payment": "Answer Intent IntentPart Order Pay Payee Payment Payout PayoutTerms "
    "UNANSWERED",
    "domain.place": "EARTH_RADIUS_M Place blurred haversine_m",
    "domain.ports": (
        "Clock Condition FileStorage Ids KeepsPayers NotificationChannel PaymentProvider "
        "ReadsBack ReportsMovements TakesBack TellsNotices Work"
    ),
    "domain.printing": "csv_text one_line",
    "domain.process": "Process",
    "domain.prover": "Proof prove prove_all",
    "domain.question": (
        "Bring Candidate Demo Errand FactsQuestion Gate ListingQuestion MatchQuestion "
        "PartSoFar PolicyQuestion PricingQuestion Proposal RateQuestion RequestQuestion "
        "ReviewQuestion TableBranch TransitionQuestion"
    ),
    "domain.quote": "Line PRICE Quote customer_owes nets",
    "domain.rate": "Rate",
    "domain.reason": "Reason",
    "domain.reconciliation": "Both Difference Reconciliation",
    "domain.request": "Request",
    "domain.requirement": "Missing Requirement",
    "domain.reservation": "Reservation Resource Stock",
    "domain.review": "Reputation Review ReviewWindow",
    "domain.search": "Found RankPart RatingPart Search SearchPlan",
    "domain.span": "DAY HOUR MINUTE SECOND Span WEEK",
    "domain.statement": "Beside Earnings Gain Statement StatementEntry StatementPart",
    "domain.table_names": "TableNames",
    "domain.transaction": "Seat Terms Transaction",
    "domain.transition": "After Ask At OPENED Purse Transition",
    "domain.vertical": ("Choice ResourcePlan Reviewing SUPPLIED Seating Supplied Taking Vertical"),
    "domain.wording": "counted digits money_text render",
    "errors": (
        "Conflict Expired Forbidden IdempotencyMismatch IllegalTransition InvalidInput "
        "LedgerError LimitExceeded MarketplaceError Mistake NotFound Outcome "
        "PaymentProviderUnavailable PluginError ProcessError Refused SetupError SoldOut "
        "StaleVersion Untrusted"
    ),
    "hooks": "Hooks",
    "hookspecs": "hookimpl hookspec",
    "matching.assignment": "assign verify",
    "matching.batched": "Batched",
    "matching.candidates": "nearest",
    "matching.graph": "Graph",
    "matching.radius": "RadiusRounds",
    "matching.whole": "assign_whole",
    "store.columns": "Ident Instant",
    "store.migrations": "Pending",
    "store.migrations.names": "MigrationNames",
}

# Where each public name lives: "Money" in "marketplace.domain.money".
_HOME = {name: f"marketplace.{home}" for home, names in _NAMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    """Load a public name from its home and keep it, so that the second asking is free."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
