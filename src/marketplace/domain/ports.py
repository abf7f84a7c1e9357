"""Ports: what the domain asks of the world, as protocols without a word of any library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from marketplace.domain.books import (
    ClaimBook,
    CommandBook,
    ErasureBook,
    EventBook,
    IntentBook,
    LedgerBook,
    TimerBook,
)
from marketplace.domain.freezing import frozen
from marketplace.domain.message import Notification
from marketplace.domain.method import PaymentMethod
from marketplace.domain.money import Money
from marketplace.domain.notice import Finding, Movement, Notice
from marketplace.domain.payment import Answer, Order
from marketplace.domain.search import SearchBook
from marketplace.domain.table_names import TableNames

T = TypeVar("T")


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        ...


class Ids(Protocol):
    """Where identifiers come from."""

    def new(self, noun: str) -> str:
        """A fresh identifier that begins with the noun's short form: ``tx_01j…``."""
        ...


class PaymentProvider(Protocol):
    """Whoever moves money outside. Never called while a database transaction is open."""

    @property
    def name(self) -> str:
        """Unique in a marketplace."""
        ...

    @property
    def methods(self) -> tuple[PaymentMethod, ...]:
        """The payment methods that it carries out."""
        ...

    def carry_out(self, order: Order) -> Answer:
        """Do what is ordered; the same key again gives the same answer.

        Raises ``PaymentProviderUnavailable`` when no answer came: it will be asked again.
        """
        ...

    def look_up(self, order: Order) -> Answer | None:
        """What became of an order sent before; None if it never arrived."""
        ...


@runtime_checkable
class TellsNotices(Protocol):
    """A payment provider that says by itself what happens; it then reads back as well."""

    @property
    def name(self) -> str:
        """The payment provider's."""
        ...

    @property
    def live(self) -> bool:
        """Whether it moves real money: notices of the other mode are set aside."""
        ...

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """The notice in a body, if it is certain who sent it; nothing outside is asked.

        Names of ``headers`` are matched in any case. Raises ``Untrusted`` unless exactly these
        bytes were signed by the payment provider, no longer ago than it allows, and not in the
        future. The message tells nothing of what came, and no secret.
        """
        ...


@runtime_checkable
class ReadsBack(Protocol):
    """A payment provider that is asked how a thing stands. Never called in a unit of work."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """How what the notice is about stands now; nothing, where it is nothing to act on.

        It reads the thing by the name ``notice.about``, and believes nothing else of the notice.
        Raises ``PaymentProviderUnavailable`` when no answer came.
        """
        ...


@runtime_checkable
class ReportsMovements(Protocol):
    """A payment provider that tells how our balance there came about, so that books are compared.

    Never called in a unit of work. Both raise ``PaymentProviderUnavailable``.
    """

    def movements(self, after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        """The oldest movements after the one with this id, ``limit`` at most; none at the end."""
        ...

    def balance(self, currency: str) -> Money:
        """What of ours lies there, waiting or not: the sum of all amounts less all fees."""
        ...


@runtime_checkable
class KeepsPayers(Protocol):
    """A payment provider that knows whoever saves a means with it by a name of its own, and keeps
    that in tables of its own. Both are called in a unit of work, and ask nobody outside."""

    def recall(self, work: Work, order: Order) -> Order:
        """The order to save a means, with what is kept of its payer as ``known_as``."""
        ...

    def keep(self, work: Work, order: Order) -> None:
        """Keep what the payer was called as this order was carried out; told twice, once."""
        ...


@runtime_checkable
class TakesBack(Protocol):
    """A payment provider that can have back, from the payee's account, what it paid out.

    It is then ordered to ``take back``, by ``carry_out`` as everything else: of the payout that
    ``reference`` names, all that is asked or nothing.
    """

    @property
    def name(self) -> str:
        """The payment provider's."""
        ...

    @property
    def takes_back(self) -> bool:
        """Whether it does."""
        ...


class NotificationChannel(Protocol):
    """How people hear of things: a console, mail, a push service."""

    def send(self, notification: Notification) -> None:
        """Deliver one; called after the commit, may be called again after a crash."""
        ...


class FileStorage(Protocol):
    """Where photos, documents and evidence are kept."""

    def put(self, key: str, content: bytes) -> None:
        """Keep these bytes under the key."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes under the key; raises ``NotFound``."""
        ...

    def remove(self, key: str) -> None:
        """Keep the bytes no longer; harmless where there are none."""
        ...


@frozen
class Condition:
    """A comparison for a listing of values: ``Condition("expires_at", "<=", now)``."""

    field: str
    op: str
    """One of ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``is null``, ``not null``."""
    value: Any = None


class Work(Protocol):
    """A unit of work: everything in it is written together or not at all."""

    ledger: LedgerBook
    claims: ClaimBook
    timers: TimerBook
    intents: IntentBook
    events: EventBook
    commands: CommandBook
    erasures: ErasureBook
    search: SearchBook
    dialect: str
    """``sqlite`` or ``postgresql``."""
    names: TableNames
    """What this marketplace calls its tables, for those of a plugin."""

    @property
    def connection(self) -> Any:
        """The connection itself (SQLAlchemy's), for a plugin's own tables."""
        ...

    def add(self, *values: Any) -> None:
        """Insert values; many of one class in one statement."""
        ...

    def get(self, kind: type[T], id: str) -> T:
        """The value with this id; raises ``NotFound``."""
        ...

    def find(self, kind: type[T], **equal: Any) -> T | None:
        """The one value whose fields equal these, or None."""
        ...

    def select(
        self,
        kind: type[T],
        where: Mapping[str, Any] | Iterable[Condition] = (),
        *,
        order: str = "id",
        descending: bool = False,
        after: Any = None,
        limit: int = 100,
        lock: bool = False,
    ) -> list[T]:
        """Values by conditions; a mapping means equality, a sequence in it means any of.

        ``after`` is a value of the ordering field, or the last value of the page before, which
        also tells ties apart. ``lock`` keeps the rows as they are until the work ends.
        """
        ...

    def gather(
        self, kind: type[Any], field: str, owners: Iterable[str], *, lock: bool = False
    ) -> None:
        """Read what belongs to several at once, so that it need not be read for each of them.

        ``field`` is ``id``, or names what a row belongs to: a payment's ``transaction_id``. It is
        read when it is looked for, or with the next question that comes before: behind it, so that
        it is as it is under the locks that the question takes.
        """
        ...

    def save(self, value: T) -> T:
        """Write a changed value; gives it back with its version raised by one.

        Raises ``StaleVersion`` when the stored version is not the value's.
        """
        ...

    def put(self, value: Any) -> None:
        """Insert, or replace what has the same primary key (values without a version)."""
        ...

    def remove(self, kind: type[Any], **equal: Any) -> int:
        """Delete rows of a table that keeps no history; gives how many."""
        ...

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call this once the outermost unit of work is committed; never if it is undone."""
        ...

    def after_all(self, act: Callable[[], None]) -> None:
        """Call this once, behind all that waits for the commit, however often it is asked for.

        Also if what asked for it was undone in a block of its own, as long as the rest is kept.
        """
        ...


class Store(Protocol):
    """Where a marketplace is kept."""

    def begin(self, *, write: bool = True, alone: bool = False) -> AbstractContextManager[Work]:
        """A unit of work: committed at the end of the block, undone by an exception.

        Inside a block of the same thread or task it joins that unit of work; an exception
        that leaves the inner block undoes what the inner block did. Writers that wait for one
        another may share a commit, except one that is ``alone``.
        """
        ...

    def close(self) -> None:
        """Give back what it holds; what the caller brought stays open."""
        ...

    @property
    def joined(self) -> bool:
        """Whether it writes in the caller's transaction: then no call outside may be made."""
        ...

    def in_work(self) -> bool:
        """Whether a unit of work is open here; then no call outside may be made."""
        ...
