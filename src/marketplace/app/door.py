"""The one door through which every command comes: idempotent, audited, all or nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from time import sleep
from typing import Any, TypeVar, cast

from attrs import define, field

from marketplace.app.answers import answer_from_text, answer_to_text
from marketplace.app.context import Context
from marketplace.app.joining import Joins
from marketplace.domain.event import ERASED, Command, Event
from marketplace.domain.evolving import evolve
from marketplace.domain.freezing import frozen, function_of
from marketplace.domain.hashing import digest, plain, weigh
from marketplace.domain.ledger import Journal
from marketplace.domain.party import ORIGIN, Actor, Party, Role
from marketplace.domain.payment import EMBEDDED, LEASE, Intent, Order
from marketplace.domain.ports import Work
from marketplace.domain.printing import one_line
from marketplace.domain.reservation import Reservation
from marketplace.errors import Forbidden, IdempotencyMismatch, InvalidInput, NotFound, Outcome

logger = logging.getLogger("marketplace")

T = TypeVar("T")
_event, _command = function_of(Event), function_of(Command)
_NO_ANSWER = digest(None)
By = Actor | Party | Role | str


def actor_of(by: By) -> Actor:
    """Who acts: an actor as it is, a party (or its id), or an impersonal role."""
    if isinstance(by, Role):
        by = Actor(role=by)
    if isinstance(by, Actor):
        if by.role == ORIGIN:
            raise Forbidden("a deal acts by its own rows alone; nobody speaks for it")
        return by
    if isinstance(by, Party):
        return Actor(party_id=by.id)
    if isinstance(by, str) and by:
        return Actor(party_id=by)
    raise InvalidInput(f"by must be a party, its id, an actor or a role, not {by!r}")


@frozen
class Mark:
    """What a command had noted at one moment."""

    events: int
    asked: int
    joins: Joins | None


@define
class Act:
    """One command being carried out: its unit of work, its moment, its actor, its events."""

    context: Context
    work: Work
    """Reads and writes in the command's own database transaction."""
    actor: Actor
    at: datetime
    """When; everything the command does has this one moment."""
    events: list[Event] = field(factory=list)
    before: Any = None
    """The subject as it was, for the audit's hash."""
    subject_id: str | None = None
    asked: list[str] = field(factory=list)
    """Intents (and payouts) that must be asked outside once this is committed."""
    approved_by: str = ""
    """Which second person let it happen; empty: nobody was asked."""
    resumed: bool = False
    """Whether a row goes on that waited: what its actor may do alone was judged when he took it."""
    joins: Joins | None = None
    """What the deals of a checkout ask outside together, while they do."""
    orders: dict[str, tuple[Intent, Order]] = field(factory=dict)
    """Of those asked, by id, the intents that are ours to carry out once this is committed."""
    postings: list[Journal] | None = None
    """Journals that wait to be written together, while they do."""
    row: str | None = None
    """The row of a process that is being taken, while it is."""
    claimed: set[str] = field(factory=set)
    """Deals that have claimed something in this command."""
    ahead: set[tuple[str, str]] = field(factory=set)
    """By deal, the resources of which its row's next claim was carried out with other deals',
    before its turn."""
    holds: dict[str, list[Reservation]] = field(factory=dict)
    """By customer, what its deals have reserved and is not firm: once counted, kept up here."""

    def ask(self, noted: str, intent: Intent, order: Order) -> None:
        """Write an intent, noted under this name; it is carried out after the commit.

        Where that is done at once it is leased from the start: nobody else takes it, unless this
        process dies and the lease runs out.
        """
        if self.context.eager and not self.context.store.joined:
            intent = evolve(intent, leased_by=EMBEDDED, leased_until=self.at + LEASE)
            self.orders[noted] = (intent, order)
        self.work.add(intent)
        self.asked.append(noted)

    def emit(
        self,
        kind: str,
        subject_id: str,
        data: Mapping[str, Any] | None = None,
        parties: Sequence[str | None] = (),
    ) -> Event:
        """Note an event; it is written with the command."""
        event = _event(
            id=self.context.ids.new("event"),
            kind=kind,
            subject_kind=kind.split(".", 1)[0],
            subject_id=subject_id,
            at=self.at,
            actor=str(self.actor),
            on_behalf_of=self.actor.on_behalf_of,
            data=plain(data or {}),
            parties=tuple(dict.fromkeys(filter(None, parties))),
        )
        self.events.append(event)
        return event

    def mark(self) -> Mark:
        """Where the command stands, to come back to when a part of it is undone."""
        joins = None if self.joins is None else self.joins.copy()
        return Mark(len(self.events), len(self.asked), joins)

    def back(self, mark: Mark) -> None:
        """Forget what was noted since: its part of the unit of work was undone."""
        del self.events[mark.events :], self.asked[mark.asked :]
        self.holds.clear()
        if mark.joins is None or self.joins is None:
            self.joins = None
        else:
            self.joins.back(mark.joins)

    def about(self, subject_id: str, before: Any = None) -> None:
        """Say what the command is about, and how it was before."""
        self.subject_id = subject_id
        if before is not None and self.before is None:
            self.before = before

    def new(self, noun: str) -> str:
        """A fresh identifier that begins with the noun."""
        return self.context.ids.new(noun)

    def me(self) -> str:
        """The id of the acting party, which was let in; raises ``Forbidden`` for the impersonal."""
        if self.actor.party_id is None:
            raise Forbidden(f"only a party may do this, not the {self.actor}")
        return self.actor.party_id

    def party(self) -> Party:
        """The acting party; raises ``Forbidden`` for the impersonal."""
        return self.work.get(Party, self.me())


def _tell_done(name: str, who: str, subject_id: str | None, key: str | None) -> None:
    """Log that a command is committed, for whoever reads the log of everything."""
    told = {"command": name, "actor": one_line(who), "subject": subject_id}
    told["key"] = None if key is None else one_line(str(key))
    logger.debug("done %s", name, extra=told)


def _named(actor: Actor) -> list[str]:
    """Who must be there, and may act, for this actor to act."""
    return [one for one in (actor.party_id, actor.on_behalf_of) if one is not None]


def _admit(work: Work, named: Sequence[str], *, suspended: bool) -> None:
    """Raise ``NotFound`` or ``Forbidden`` where one of them may not act."""
    for party_id in named:
        party = work.find(Party, id=party_id)
        if party is None:
            raise NotFound(f"no party {party_id!r}", params={"party": party_id})
        may = ("active", "suspended") if suspended else ("active",)
        if party.state not in may:
            raise Forbidden(f"party {party_id} is {party.state}", code=f"party_{party.state}")


def _hash_of(name: str, who: str, body: Mapping[str, Any], most: int) -> str:
    """The hash of what was asked; raises ``InvalidInput`` for what no command can be given."""
    weigh(body, most)
    try:
        return digest([name, who, body])
    except (TypeError, UnicodeError) as error:
        raise InvalidInput(
            f"{name} takes texts, whole numbers, times and values: {error}"
        ) from None


_approver: ContextVar[str] = ContextVar("approver", default="")

TRIES = 3
"""How often a command is begun that the database broke off in favour of another."""
PAUSE = timedelta(milliseconds=50)
"""How long it waits before it begins anew: the other must have woken, or it is met once more."""
DECIDED_NOTHING = frozenset({"deadlock", "serialization"})
"""What the database says then: two waited for each other, and all that this one wrote is undone."""


def looked_at(kind: type[Any], *ids: str | None, lock: bool = True) -> Callable[[Work], None]:
    """For ``Door.run``: what is looked at first are the ones of these ids."""
    known = [one for one in ids if isinstance(one, str)]
    return lambda work: work.gather(kind, "id", known, lock=lock)


class _Asked(threading.local):
    """What committed commands asked outside, until it is carried out; of each thread its own."""

    def __init__(self) -> None:
        self._ours: list[tuple[Intent, Order]] = []
        self._more = False

    def add(self, ours: Sequence[tuple[Intent, Order]], *, more: bool) -> None:
        """What one command asked, and whether it asked more than is ours to carry out."""
        self._ours += ours
        self._more = self._more or more

    def take(self) -> tuple[list[tuple[Intent, Order]], bool]:
        """All of it; from here on there is nothing."""
        taken = self._ours, self._more
        self._ours, self._more = [], False
        return taken


class Door:
    """Runs commands: looks up keys, carries out, writes events and audit, tells of refusals."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.after: Callable[[Sequence[tuple[Intent, Order]], bool], None] = lambda *_: None
        """Called after a commit that asked something outside, with what is ours to carry out, and
        whether more is to be looked for; set by the marketplace."""
        self._asked = _Asked()
        self.hears: Callable[[Act, Sequence[Event]], None] = lambda act, events: None
        """Told of a command's events inside it, before they are written; set by the marketplace."""

    def run(
        self,
        name: str,
        by: By,
        do: Callable[[Act], T],
        *,
        body: Mapping[str, Any],
        key: str | None = None,
        suspended: bool = False,
        first: Sequence[Callable[[Work], None]] = (),
    ) -> T:
        """Carry out one command. The same ``key`` with the same body gives the same answer.

        ``suspended`` says that a suspended party may do it too. ``first`` gathers what the command
        looks at first, so that it is read together with whether it may be done at all.

        Raises whatever ``do`` refuses with; then nothing is written but one audit record.
        """
        context, actor = self.context, actor_of(by)
        at, who, named = context.now(), str(actor), _named(actor)
        body_hash = ""
        tries = 1 if context.store.in_work() or context.store.joined else TRIES
        while True:
            tries -= 1
            act: Act | None = None
            try:
                body_hash = _hash_of(name, who, body, context.limits.body)
                context.misses.refuse(actor, at)
                with context.store.begin() as work:
                    if key is not None or first:
                        work.gather(Party, "id", named)
                    for gather in first:
                        gather(work)
                    if key is not None:
                        before = work.commands.find(who, key)
                        if before is not None:
                            return cast(T, self._again(before, name, body_hash))
                    act = Act(context, work, actor, at, approved_by=_approver.get())
                    _admit(work, named, suspended=suspended)
                    result = self._do(act, do)
                    self._write(act, name, who, key, body_hash, result)
                return result
            except Outcome as refusal:
                if tries and refusal.code in DECIDED_NOTHING:
                    logger.info("%s by %s begins anew: %s", name, actor, refusal)
                    sleep(PAUSE.total_seconds())
                    continue
                subject_id = None if act is None else act.subject_id
                self._refused(refusal, name, actor, key, body_hash, at, subject_id)
                raise

    @contextmanager
    def approved(self, name: str) -> Iterator[None]:
        """Let the commands inside happen with a second person's approval."""
        before = _approver.set(name)
        try:
            yield
        finally:
            _approver.reset(before)

    def _do(self, act: Act, do: Callable[[Act], T]) -> T:
        try:
            return do(act)
        except NotFound:
            self.context.misses.note(act.actor, act.at)
            raise

    def _again(self, before: Command, name: str, body_hash: str) -> Any:
        if before.body_hash != body_hash:
            raise IdempotencyMismatch(
                f"key {before.key!r} was used for another {before.name}; take a new key",
                params={"key": before.key, "command": name},
            )
        if before.answer == ERASED:
            raise NotFound("what this answered was erased", code="erased")
        return answer_from_text(before.answer, self.context.answers)

    def _write(
        self, act: Act, name: str, who: str, key: str | None, body_hash: str, result: object
    ) -> None:
        context, work = self.context, act.work
        events = act.events
        if events:
            self.hears(act, tuple(events))
            work.events.append(events)
            context.hooks.tell(events, work)
            if context.hooks.hears_committed:
                work.after_commit(lambda: context.hooks.tell_committed(events))
        work.commands.append(
            _command(
                id=context.ids.new("command"),
                name=name,
                actor=who,
                on_behalf_of=act.actor.on_behalf_of,
                key=key,
                body_hash=body_hash,
                at=act.at,
                outcome="done",
                subject_id=act.subject_id,
                answer=answer_to_text(result, context.answers) if key is not None else None,
                before_hash="" if act.before is None else digest(act.before),
                after_hash=_NO_ANSWER if result is None else digest(result),
            )
        )
        if logger.isEnabledFor(logging.DEBUG):
            work.after_commit(partial(_tell_done, name, who, act.subject_id, key))
        if act.asked:
            ours = [act.orders[one] for one in act.asked if one in act.orders]
            more = len(ours) < len(act.asked)
            work.after_commit(lambda: self._asked.add(ours, more=more))
            work.after_all(self._carry_out)

    def _carry_out(self) -> None:
        """What all commands of a unit of work asked outside is carried out behind all of them."""
        self.after(*self._asked.take())

    def _refused(
        self,
        refusal: Outcome,
        name: str,
        actor: Actor,
        key: str | None,
        body_hash: str,
        at: datetime,
        subject_id: str | None,
    ) -> None:
        """One audit record with actor and reason, after everything else was undone."""
        who, under = one_line(str(actor)), None if key is None else one_line(str(key))
        told = {"command": name, "actor": who, "code": refusal.code, "key": under}
        logger.info("refused %s by %s: %s", name, who, one_line(str(refusal)), extra=told)
        with self.context.store.begin() as work:
            work.commands.append(
                _command(
                    id=self.context.ids.new("command"),
                    name=name,
                    actor=str(actor),
                    on_behalf_of=actor.on_behalf_of,
                    key=key,
                    body_hash=body_hash,
                    at=at,
                    outcome="refused",
                    subject_id=subject_id,
                    reason={
                        "error": type(refusal).__name__,
                        "code": refusal.code,
                        "message": refusal.message,
                        "params": plain(refusal.params),
                        "reasons": plain(refusal.reasons),
                    },
                )
            )
