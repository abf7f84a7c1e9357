"""A marketplace: opened on a database, with plugins, a clock and a seed."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, Literal, TypeVar

from marketplace.app.approvals import Approvals
from marketplace.app.bargaining import AGREED, agreed
from marketplace.app.chargebacks import Chargebacks
from marketplace.app.checking import Checked, check
from marketplace.app.checkouts import Checkouts
from marketplace.app.clocks import ManualClock, RandomIds, SystemClock, source_of_chance
from marketplace.app.clockwork import Clockwork, Ticked
from marketplace.app.context import Context, Limits, PayoutPlan
from marketplace.app.disputes import Disputes
from marketplace.app.door import Act, By, Door
from marketplace.app.events import Events
from marketplace.app.files import Files
from marketplace.app.indexing import calendars
from marketplace.app.ledgers import Ledgers
from marketplace.app.listings import Listings
from marketplace.app.matching import Matching
from marketplace.app.messages import Messages
from marketplace.app.moderation import Moderation
from marketplace.app.notifying import Notifying
from marketplace.app.offers import Offers
from marketplace.app.parties import Parties
from marketplace.app.payments import Payments
from marketplace.app.payouts import Payouts
from marketplace.app.quotes import Quotes
from marketplace.app.reading import Reader, View
from marketplace.app.requests import Requests
from marketplace.app.reviews import Reviews
from marketplace.app.transactions import Transactions
from marketplace.app.why import Why
from marketplace.app.words import ENGLISH, NEPALI
from marketplace.domain.moderation import ModerationPlan
from marketplace.domain.payment import Intent, Order
from marketplace.domain.ports import (
    Clock,
    FileStorage,
    NotificationChannel,
    Store,
    Work,
)
from marketplace.domain.setting import Setting
from marketplace.errors import SetupError
from marketplace.hooks import Hooks
from marketplace.store.migrations import Pending, migrate, prepare
from marketplace.store.opening import is_unprepared, open_store
from marketplace.store.store import SqlStore

logger = logging.getLogger("marketplace")

MEMORY = "sqlite://"

T = TypeVar("T")


def _openings(store: Store) -> int:
    """How often this database was opened before: a seed must not give the same ids twice."""
    with store.begin() as work:
        before = work.find(Setting, name="openings")
        count = 0 if before is None else int(before.data["count"])
        work.put(Setting("openings", {"count": count + 1}))
    return count


class Marketplace:
    """People's doings in one marketplace, each noun an attribute with its verbs.

    ``Marketplace.open(...)`` makes one. It owns its plugins, so that several with different
    plugins may live in one process.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._door = door = Door(context)
        self._reader = reader = Reader(context)
        self.parties = Parties(context, door, reader)
        self.listings = Listings(context, door, reader)
        self.requests = Requests(context, door, reader)
        self.quotes = Quotes(context, door, reader)
        self.transactions = Transactions(context, door, reader)
        self.checkouts = Checkouts(context, door, reader, self.transactions)
        self.offers = Offers(context, door, reader, self.transactions)
        self.matching = Matching(context, door, reader, self.offers)
        self.chargebacks = Chargebacks(context, door, reader)
        self.payments = Payments(context, door, reader, self.chargebacks)
        self.payouts = Payouts(context, door, reader)
        self.ledger = Ledgers(context, door, reader)
        self.reviews = Reviews(context, door, reader)
        self.disputes = Disputes(context, door, reader)
        refunding: dict[str, Callable[..., Any]] = {
            "transactions.take": self.transactions.take,
            "transactions.follow_up": self.transactions.follow_up,
            "disputes.decide": self.disputes.decide,
        }
        self.approvals = Approvals(context, door, reader, refunding)
        self.messages = Messages(context, door, reader)
        self.moderation = Moderation(context, door, reader)
        self.events = Events(context, reader)
        self.files = Files(context, door, reader)
        self.why = Why(context, reader, self.matching)
        self.notifying = Notifying(context)
        self.clockwork = Clockwork(
            context,
            door,
            self.payments,
            self.payouts,
            self.disputes,
            self.chargebacks,
            self.matching,
        )
        door.after = self._after_commit
        door.hears = self.moderation.hear

    @classmethod
    def open(
        cls,
        target: Any = MEMORY,
        plugins: Sequence[object] = (),
        *,
        clock: Clock | None = None,
        seed: int | None = None,
        schema: str | None = None,
        prefix: str = "",
        create: Literal["missing", "never"] | None = None,
        limits: Limits | None = None,
        payouts: PayoutPlan | None = None,
        moderation: ModerationPlan | None = None,
        channel: NotificationChannel | None = None,
        files: FileStorage | None = None,
        eager: bool = True,
    ) -> Marketplace:
        """Open a marketplace on a URL, on the caller's engine, or in the caller's connection.

        ``target`` is ``sqlite://`` (in memory), ``sqlite:///file``, ``postgresql://…``, a
        SQLAlchemy ``Engine``, or a ``Connection`` whose transaction is joined and whose
        commit stays the caller's. ``plugins`` are objects or names of entry points.
        ``create`` is ``missing`` (make the tables of an empty database, and those of plugins;
        the default on SQLite) or ``never``.
        ``seed`` makes identifiers and choices repeatable (each opening of a database goes on
        with others); ``eager`` carries effects outside
        out right after the commit that asked for them, else ``tick`` does.

        Raises ``SetupError`` when plugins collide or the schema is not the code's, and
        ``ProcessError`` when a process does not hold for a payment method it admits.
        """
        hooks = Hooks(plugins)
        source = source_of_chance(seed)
        time = clock or SystemClock()
        store = open_store(target, schema=schema, prefix=prefix, create=create)
        given = (limits, payouts, moderation, channel, files, eager)
        try:
            return cls._furnished(store, hooks, time, source, seed, *given)
        except BaseException:
            store.close()
            raise

    @classmethod
    def _furnished(
        cls,
        store: SqlStore,
        hooks: Hooks,
        time: Clock,
        source: random.Random,
        seed: int | None,
        limits: Limits | None,
        payouts: PayoutPlan | None,
        moderation: ModerationPlan | None,
        channel: NotificationChannel | None,
        files: FileStorage | None,
        eager: bool,
    ) -> Marketplace:
        """A marketplace in an open store, proved and ready; the caller closes what fails here."""
        if seed is not None and not is_unprepared():
            source.seed(f"{seed}/{_openings(store)}")
        context = Context(
            store=store,
            hooks=hooks,
            clock=time,
            ids=RandomIds(time, source),
            random=source,
            limits=limits or Limits(),
            payouts=payouts or PayoutPlan(),
            moderation=moderation or ModerationPlan(),
            channel=channel,
            files=files,
            eager=eager,
        )
        context.rules[AGREED] = agreed
        for language, words in (("en", ENGLISH), ("ne", NEPALI)):
            context.words[language] = {**words, **context.words.get(language, {})}
        store.calendars = calendars(context.verticals.values())
        made = cls(context)
        made.check().or_raise()
        if not is_unprepared():
            prepare(store, context.branches)
            context.keep_processes()
            made.clockwork.arm()
        return made

    @classmethod
    def migrate(
        cls,
        target: Any,
        plugins: Sequence[object] = (),
        *,
        schema: str | None = None,
        prefix: str = "",
    ) -> list[Pending]:
        """Bring a database's tables, and those of the plugins, to this version of the code.

        In one transaction. Gives what was done; raises ``SetupError`` when a step fails.
        """
        branches = [branch for _, brought in Hooks(plugins).brought() for branch in brought.tables]
        store = open_store(target, schema=schema, prefix=prefix, create="later")
        try:
            return migrate(store, branches)
        finally:
            store.close()

    def _after_commit(self, ours: Sequence[tuple[Intent, Order]], more: bool) -> None:
        """Carry out what was just asked for outside, unless the tick is to do it."""
        store = self.context.store
        if not self.context.eager or store.in_work() or store.joined:
            return
        try:
            if not self.payments.carry_out(ours) or more:
                self.payments.work_off()
        except Exception:
            # The command is committed: its caller must not be told that it failed.
            logger.exception("effects outside were not carried out; the next tick does it")

    @contextmanager
    def batch(self) -> Iterator[Work]:
        """One unit of work for many commands: all of them are written, or none.

        Gives the unit of work, for a plugin's own tables in the same commit.
        """
        with self.context.store.begin(alone=True) as work:
            yield work

    def run(
        self,
        name: str,
        by: By,
        do: Callable[[Act], T],
        *,
        body: Mapping[str, Any],
        key: str | None = None,
    ) -> T:
        """Carry out a plugin's verb by the door through which every command comes.

        ``name`` is the plugin's and the verb's: ``coupons.issue``. ``do`` is given the open
        command and answers what the caller gets; what it raises undoes everything and leaves one
        audit record. ``body`` is all that the verb was asked: the same ``key`` with the same
        body gives the same answer again. Raises ``SetupError`` for a plugin that is not here.
        """
        plugin, _, verb = name.partition(".")
        if plugin not in self.context.hooks.plugins or not verb:
            known = ", ".join(self.context.hooks.plugins) or "none"
            raise SetupError(f"a verb is called PLUGIN.VERB, not {name!r}; plugins here: {known}")
        return self._door.run(name, by, do, body=body, key=key)

    def read(self, by: By) -> AbstractContextManager[View]:
        """A reading by an actor, for what a plugin shows: who reads, and the unit of work.

        Raises what any reading raises: a party that is suspended, or that looked in vain too
        often, sees nothing.
        """
        return self._reader.read(by)

    def tick(self) -> Ticked:
        """Do everything that is due: timers, effects outside, notifications. Idempotent.

        Errands of plugins come last, and between two of them the clock goes on: who answers
        slowly keeps no deal waiting for longer than one errand.
        """
        done = self.clockwork.tick()
        while (found := self.clockwork.next_errand()) is not None:
            timer, errand = found
            try:
                # What a plugin was set up to do by itself is nobody's own decision.
                with self._door.approved(timer.subject_kind):
                    errand(self)
            except Exception:
                logger.exception("errand %s of %s broke", timer.subject_kind, timer.subject_id)
            done = done.and_then(self.clockwork.tick())
        self.notifying.deliver()
        return done

    def advance(self, by: timedelta) -> Ticked:
        """Let a manual clock run, and do everything due on the way, each at its own moment.

        For tests, simulations and stories; raises ``SetupError`` on any other clock. Gives the
        sum of what was done.
        """
        clock = self.context.clock
        if not isinstance(clock, ManualClock):
            raise SetupError("only a ManualClock is advanced; open the marketplace with one")
        end = clock.now() + by
        done = self.tick()
        while (due := self.clockwork.next_due()) is not None and due <= end:
            clock.set(max(due, clock.now()))
            done = done.and_then(self.tick())
        clock.set(end)
        return done.and_then(self.tick())

    def check(self) -> Checked:
        """Prove every process for every payment method it admits; say who answers which hook."""
        return check(self.context)

    def close(self) -> None:
        """Give back what the store holds; the caller's own engine or connection stays open."""
        self.context.store.close()

    def __enter__(self) -> Marketplace:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
