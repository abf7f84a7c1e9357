"""The books inside a unit of work, as protocols without a word of any library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from marketplace.domain.event import Command, Delivery, Event
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import Account, Balance, Entry, Journal, Purpose, Transfer
from marketplace.domain.payment import Intent
from marketplace.domain.reservation import Cause, Reservation, Resource


@frozen
class Timer:
    """Something that is due at a time: found by its row, whoever is alive."""

    subject_kind: str
    """``transaction``, ``offer``, ``review_window``, ``dispute`` …"""
    subject_id: str
    name: str
    """The row or verb that is due."""
    due_at: datetime
    tries: int = 0
    """How often it was tried in vain since it was set."""
    since: datetime | None = None
    """When it was first tried in vain."""
    why: str | None = None
    """What stood in its way the last time."""
    parked: bool = False
    """Whether it is tried no more until somebody looked at it."""


class LedgerBook(Protocol):
    """The ledger inside a unit of work."""

    def post(self, journals: Sequence[Journal]) -> list[Journal]:
        """Write journals; gives them back with their transfers' ids.

        Raises ``Conflict`` (code ``already_posted``) when a key was used before, and
        ``Refused`` (code ``overdrawn``) when a guarded balance would fall below zero.
        """
        ...

    def lock(self, accounts: Iterable[Account]) -> None:
        """Keep guarded balances as they are until the work ends: what is read then, still holds.

        Whoever decides by a balance locks it before he reads it; several are locked at once.
        """
        ...

    def balance(self, account: Account) -> Balance:
        """What one account holds."""
        ...

    def earned(self, account: Account, since: datetime, until: datetime | None = None) -> int:
        """What came into an account after a moment, less what the same journals took out of it;
        payouts that came back aside. ``until`` is the first moment that counts no more."""
        ...

    def balances(self, owner: str | None = None, purpose: Purpose | None = None) -> list[Balance]:
        """Every account with a transfer, of one owner or purpose, summed from transfers."""
        ...

    def journals(
        self,
        *,
        cause: str | None = None,
        owner: str | None = None,
        account: Account | None = None,
        after: str | None = None,
        limit: int = 1000,
    ) -> list[Journal]:
        """Journals with their transfers, by cause, by whose accounts they touch, or by one account,
        in order."""
        ...

    def journal(self, key: str) -> Journal | None:
        """The journal with this key."""
        ...

    def entries(
        self,
        accounts: Iterable[Account],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        newest: bool = False,
        waiting: bool = False,
        page: int = 500,
    ) -> Iterator[Entry]:
        """Both sides of every transfer of these accounts, in the order of posting; or the
        ``newest`` first. Those that wait, and their ends, only where ``waiting`` says so.

        Read as they are asked for, inside the unit of work, ``page`` at a time of each account's
        debits and credits; ``after`` is the number of the last one read before.
        """
        ...

    def posted_before(self, accounts: Iterable[Account], until: datetime) -> dict[Account, int]:
        """What accounts held just before a moment, in their normal sense, by their transfers."""
        ...

    def in_escrow(self, party_id: str, currency: str, until: datetime | None = None) -> int:
        """What lay in escrow of the deals in which a party sits, just before a moment, or now."""
        ...

    def by_rule(
        self,
        accounts: Iterable[Account],
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[tuple[Account, str, str, int]]:
        """Account, the journals' kind, the rule, and what was posted so, in its normal sense."""
        ...

    def transfer(self, transfer_id: str) -> tuple[Journal, Transfer] | None:
        """A transfer with the journal that it stands in."""
        ...

    def trial(self, until: datetime | None = None) -> list[tuple[Purpose, str, int, int]]:
        """Purpose, currency, posted debits, posted credits, of all or of what was posted before a
        moment: per currency the sums are equal."""
        ...

    def drift(self) -> list[str]:
        """Sentences, one for every materialised balance that differs from its transfers."""
        ...

    def crossings(self) -> list[str]:
        """Sentences, one for every journal that joins currencies and not through fx clearing."""
        ...


class ClaimBook(Protocol):
    """Capacity inside a unit of work. All changes of one call happen, or none."""

    def claim(
        self,
        reservations: Sequence[Reservation],
        now: datetime,
        known: Iterable[Resource] = (),
    ) -> list[Reservation]:
        """Write live claims, all or none; lapsed claims in their way are freed first.

        ``known`` are resources that need not be read; how much there is is looked up in any case.
        Raises ``SoldOut`` naming the resource; nothing of the call is then written.
        """
        ...

    def claim_counts(self, reservations: Sequence[Reservation], known: Sequence[Resource]) -> bool:
        """Write several live claims on counts that have no span, if there is room for all at once.

        On False nothing is written, and lapsed claims were not made way for.
        """
        ...

    def of_cause(self, cause: Cause, cause_id: str) -> list[Reservation]:
        """Live claims of one cause."""
        ...

    def reserved_for(self, customer_id: str, now: datetime) -> Callable[[], list[Reservation]]:
        """Claims that deals of a customer have reserved, not yet firm and not lapsed: gives what
        has them, asked for with the next question.

        Locks the customer: whoever counts them for the same one waits until this work ends.
        """
        ...

    def confirm(self, ids: Sequence[str]) -> None:
        """Make claims firm: they lapse no more. Raises ``Conflict`` if one is not live."""
        ...

    def confirm_of(
        self, transaction_ids: Sequence[str], name: str, listing_ids: Sequence[str]
    ) -> Callable[[], set[str]]:
        """Make deals' live claims on resources of this name firm; gives what knows, when it is
        asked, which of the deals have any."""
        ...

    def hand_over(self, ids: Sequence[str], transaction_id: str, customer_id: str | None) -> None:
        """Give the claims of an accepted offer to its deal, and to whose deal it is."""
        ...

    def move(
        self,
        old: Sequence[str],
        new: Sequence[Reservation],
        now: datetime,
        known: Iterable[Resource] = (),
    ) -> None:
        """Exchange claims in one step: the old never collide with the new.

        Raises ``SoldOut`` and leaves the old as they were.
        """
        ...

    def free(self, ids: Sequence[str]) -> None:
        """Give claims back; freeing twice is harmless."""
        ...

    def use(self, ids: Sequence[str]) -> None:
        """Take for good what was claimed of counts without a span; using twice is harmless."""
        ...

    def used(self, resource_ids: Sequence[str]) -> dict[str, int]:
        """How much is claimed of counts that have no span; of those never claimed, nothing."""
        ...

    def live(
        self,
        resource_ids: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        known: Iterable[Resource] = (),
    ) -> list[Reservation]:
        """Live claims that touch a span, by resource and start.

        ``known`` are resources that need not be read.
        """
        ...

    def most_taken(
        self, resources: Iterable[Resource], start: datetime, end: datetime
    ) -> dict[str, int]:
        """How much of each counted calendar is taken at once in a span, at most.

        Claims that have lapsed are counted until somebody claims what they stand on. Raises
        ``InvalidInput`` for what is not counted by grains.
        """
        ...

    def drift(self) -> list[str]:
        """Sentences, one for every grain whose use differs from its live claims."""
        ...


class TimerBook(Protocol):
    """What is due, inside a unit of work."""

    def arm(self, timers: Sequence[Timer]) -> None:
        """Set timers; the same subject and name again replaces the time."""
        ...

    def put_off(self, timers: Sequence[Timer]) -> None:
        """Set timers again that could not be done, with what they say of their tries.

        A parked one is not due any more; setting it anew forgets its tries.
        """
        ...

    def arm_missing(self, timers: Sequence[Timer]) -> None:
        """Set timers whose subject and name have none yet."""
        ...

    def clear(self, subject_kind: str, subject_ids: Sequence[str]) -> None:
        """Forget every timer of these subjects."""
        ...

    def due(self, now: datetime, limit: int) -> list[Timer]:
        """What is due, the oldest first, locked for this unit of work and skipped by others."""
        ...

    def disarm(self, timers: Sequence[Timer]) -> int:
        """Forget these very timers; gives how many of them still stood.

        What a timer is about may have changed since it was found due: lock that first, then
        disarm, and do nothing where the timer stood no more.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the earliest is due."""
        ...


class IntentBook(Protocol):
    """Intents that a worker may carry out."""

    def lease(self, now: datetime, worker: str, lease_for: timedelta, limit: int) -> list[Intent]:
        """Waiting intents that are due and leased by nobody, now leased by this worker."""
        ...

    def lag(self, now: datetime) -> timedelta | None:
        """How late the oldest due intent is; None when nothing waits."""
        ...


class EventBook(Protocol):
    """The outbox inside a unit of work."""

    def append(self, events: Sequence[Event]) -> None:
        """Write events, and number each party's copy without a gap."""
        ...

    def feed(self, party_id: str, after: int, limit: int) -> list[Delivery]:
        """A party's events after its number, in order."""
        ...

    def undelivered(self, consumer: str, limit: int) -> list[Delivery]:
        """What a consumer has not yet confirmed, in order per party."""
        ...

    def delivered(self, consumer: str, deliveries: Sequence[Delivery]) -> None:
        """Confirm, so that they do not come again."""
        ...

    def about(self, subject_id: str, limit: int = 1000) -> list[Event]:
        """Events about one subject, in the order they were written."""
        ...

    def rewind(self, consumer: str, party_id: str, number: int) -> None:
        """Let a consumer have a party's events again, from after this number."""
        ...


class CommandBook(Protocol):
    """What was asked and what came of it."""

    def find(self, actor: str, key: str) -> Command | None:
        """What was done under this key by this actor."""
        ...

    def append(self, command: Command) -> None:
        """Chain it to the last command on its subject, and write it.

        Raises ``Conflict`` (code ``key_in_use``) when the key was just used elsewhere.
        """
        ...

    def about(self, subject_id: str) -> list[Command]:
        """Commands on one subject, in order."""
        ...

    def erase(self, party_id: str, subjects: Sequence[str], at: datetime) -> int:
        """Erase what commands of a party, on these subjects, or about it answered; gives how many.

        The chains still verify: what they rest on is kept.
        """
        ...

    def broken_chains(self) -> list[str]:
        """Sentences, one for every command whose chain does not verify."""
        ...


class ErasureBook(Protocol):
    """What a person's erasure takes away, inside a unit of work."""

    def lock(self, party_id: str) -> None:
        """Wait for whoever seats the party in a deal right now, and keep everybody else waiting."""
        ...

    def empty(
        self, noun: str, column: str, by: str, owners: Sequence[str], to: str | None = ""
    ) -> None:
        """Empty a column of each row whose field ``by`` is one of these ids.

        ``to`` is the nothing that the column holds: empty text, ``{}``, ``[]`` or None.
        """
        ...
