"""Notices of payment providers: proved, read back, and written once with all that follows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace.app.chargebacks import Chargebacks
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.heeding import Heard, Heeding
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import checked_text
from marketplace.domain.chargeback import Chargeback
from marketplace.domain.evolving import evolve
from marketplace.domain.notice import (
    FINDINGS,
    ChargebackStands,
    Finding,
    Notice,
    NoticeState,
    OrderAnswered,
    Receipt,
    ReceivedNotice,
)
from marketplace.domain.party import OPERATOR, PAYMENT_PROVIDER, Actor, PayoutAccount
from marketplace.domain.payment import Intent, Payout
from marketplace.domain.ports import ReadsBack, TellsNotices, Work
from marketplace.domain.reason import Reason
from marketplace.domain.setting import Setting
from marketplace.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    MarketplaceError,
    NotFound,
    PaymentProviderUnavailable,
    PluginError,
    SetupError,
    StaleVersion,
    Untrusted,
)

logger = logging.getLogger("marketplace.payments")

READINGS = 4
"""How often what stands behind a notice is read, while what we know of it changes meanwhile."""
_MOST = 1_000
_STANDS: tuple[tuple[type[Any], str], ...] = (
    (Intent, "reference"),
    (Intent, "receipt"),
    (Payout, "reference"),
    (Chargeback, "reference"),
    (PayoutAccount, "reference"),
)
_WORST: tuple[NoticeState, ...] = ("differs", "set aside", "taken")

Stamp = Mapping[tuple[str, str], int]
"""Kind and id of what we know by some names, with its version: what a reading is true beside."""


class _Overtaken(Exception):
    """What we know of it changed since it was read back."""


class _KnownBefore(Exception):
    """Somebody else took the same notice at the same moment."""


class Notices:
    """The verbs of payments that are about what a payment provider says by itself."""

    _context: Context
    _door: Door
    _reader: Reader
    _chargebacks: Chargebacks

    def receive(self, provider: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Take what a payment provider sent: it counts once, however often and late it comes.

        ``body`` is the bytes as they came, ``headers`` those of the call. What the notice is about
        is read back from the payment provider; then one unit of work writes the inbox and
        everything that follows. Never inside a unit of work. Answer 200 to a receipt, whatever its
        outcome; 400 to ``Untrusted`` and ``InvalidInput``; to anything else 503, so that it is
        sent again.

        Raises ``Untrusted`` unless the payment provider signed it, ``InvalidInput`` for a body that
        is too long, ``PaymentProviderUnavailable`` where it cannot be read back now, ``Conflict``
        where it is about something that is just being asked for.
        """
        self._refuse_in_work()
        teller = self._teller(provider)
        given: object = body
        if not isinstance(given, bytes):
            raise InvalidInput("a notice is the bytes as they came, before anybody read them")
        most = self._context.limits.notice
        if len(body) > most:
            raise InvalidInput(f"a notice has {most} bytes at most", code="too_large")
        notice = self._proved(teller, body, headers)
        row = ReceivedNotice(
            id=f"{provider}:{notice.id}",
            provider=provider,
            kind=notice.kind,
            about=notice.about,
            at=notice.at,
            received_at=self._context.now(),
            state="taken",
            body_hash=hashlib.sha256(body).hexdigest(),
        )
        with self._context.store.begin(write=False) as work:
            before = work.find(ReceivedNotice, id=row.id)
            aside = _not_ours(work, teller, notice)
        if before is not None:
            return Receipt("known before", before)
        try:
            if aside is not None:
                return self._take(row, notice, (), {}, aside)
            return self._read_and_take(teller, row, notice)
        except _KnownBefore:
            with self._context.store.begin(write=False) as work:
                return Receipt("known before", work.get(ReceivedNotice, row.id))

    def _refuse_in_work(self) -> None:
        store = self._context.store
        if store.in_work() or store.joined:
            raise SetupError(
                "a notice is read back outside: receive it on the engine, in no unit of work"
            )

    def _teller(self, provider: str) -> TellsNotices:
        named = isinstance(provider, str)
        found: object = self._context.providers.get(provider) if named else None
        if not isinstance(found, TellsNotices):
            names = [
                name
                for name, one in sorted(self._context.providers.items())
                if isinstance(one, TellsNotices)
            ]
            raise NotFound(
                f"no payment provider {provider!r} tells of anything by itself; "
                f"there are: {', '.join(names) or 'none'}"
            )
        return found

    def _proved(self, teller: TellsNotices, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The notice, if its payment provider signed it. One that did not is only counted."""
        at = self._context.now()
        try:
            notice = teller.read_notice(body, headers, at)
            return _checked(notice)
        except Untrusted:
            self._count_untrusted(teller.name, at)
            raise
        except Exception as error:
            # Whatever broke on it may have the secret in its words.
            logger.error("%s broke on a notice: %s", teller.name, type(error).__name__)
            self._count_untrusted(teller.name, at)
        raise Untrusted("this is no notice that can be read")

    def _count_untrusted(self, provider: str, at: datetime) -> None:
        name = f"{_UNTRUSTED}{provider}"
        with self._context.store.begin() as work:
            before = work.select(Setting, {"name": name}, order="name", limit=1, lock=True)
            count = int(before[0].data["count"]) if before else 0
            work.put(Setting(name, {"count": count + 1, "last_at": at.isoformat()}))
        logger.warning("a notice that said it came from %s was not trusted", provider)

    def _read_and_take(self, teller: TellsNotices, row: ReceivedNotice, notice: Notice) -> Receipt:
        names = {notice.about}
        for _ in range(READINGS):
            with self._context.store.begin(write=False) as work:
                stamp = _stamp(work, names)
            found = _read_back(teller, notice)
            more = {_name_of(one) for one in found} - names
            if more:
                names |= more
                continue
            try:
                return self._take(row, notice, found, stamp, None, names)
            except (_Overtaken, StaleVersion):
                logger.info("notice %s is read back again: more is known by now", row.id)
        raise Conflict("what this is about is just being changed; tell it again", code="busy")

    def _take(
        self,
        row: ReceivedNotice,
        notice: Notice,
        found: Sequence[Finding],
        stamp: Stamp,
        aside: Reason | None,
        names: set[str] | None = None,
    ) -> Receipt:
        """One unit of work: the notice in the inbox, and everything that follows from it."""

        def do(act: Act) -> Receipt:
            if act.work.find(ReceivedNotice, id=row.id) is not None:
                raise _KnownBefore
            try:
                # First of all: whoever takes the same notice now waits here for our commit. What
                # the database says to it is heard at the next question.
                act.work.add(row)
                known = _stamp(act.work, names or {row.about})
            except Conflict as other:
                raise (_KnownBefore if other.code == "already_there" else other) from None
            if names is not None and known != stamp:
                raise _Overtaken
            heeding = Heeding(act, row.provider, notice, self._chargebacks)
            heard = [heeding.heed(one) for one in found]
            if aside is not None:
                heard.append(Heard("set aside", aside))
            kept = _kept(row, heard)
            if kept != row:
                act.work.put(kept)
            act.subject_id = act.subject_id or row.id
            told = {"provider": row.provider, "kind": row.kind, "state": kept.state}
            act.emit("notice.received", row.id, {**told, "about": row.about})
            return Receipt("set aside" if kept.state == "set aside" else "taken", kept)

        body = {"notice": row.id, "kind": row.kind, "about": row.about, "hash": row.body_hash}
        return self._door.run("payments.receive", Actor(role=PAYMENT_PROVIDER), do, body=body)

    def notices(
        self,
        *,
        by: By,
        state: NoticeState | None = None,
        provider: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[ReceivedNotice]:
        """What payment providers said by themselves, and what became of it; for the operator.

        ``differs`` and ``set aside`` are those that somebody should look at.
        """
        with self._reader.read(by) as view:
            if not view.operator:
                raise Forbidden("what payment providers say is read by the operator")
            asked = {"state": state, "provider": provider}
            where = {name: value for name, value in asked.items() if value is not None}
            return view.page(ReceivedNotice, where, after=after, limit=limit)

    def untrusted(self, *, by: By) -> Mapping[str, int]:
        """How many notices came by the name of each payment provider that it had not signed."""
        with self._reader.read(by) as view:
            if view.actor.role != OPERATOR:
                raise Forbidden("what was not trusted is read by the operator")
            every = view.work.select(
                Setting,
                {"name": [_UNTRUSTED + one for one in self._context.providers]},
                order="name",
            )
            return {one.name.removeprefix(_UNTRUSTED): int(one.data["count"]) for one in every}


_UNTRUSTED = "untrusted notices of "


def _checked(notice: object) -> Notice:
    """A notice as it can be kept; raises for what no payment provider should give."""
    if not isinstance(notice, Notice) or not isinstance(notice.at, datetime):
        raise PluginError("read_notice gives a Notice")
    if notice.at.tzinfo is None:
        raise PluginError("a notice says when in a time zone")
    for value, what in ((notice.id, "id"), (notice.kind, "kind"), (notice.about, "about")):
        if checked_text(value, what, 200, least=1) != value:
            raise PluginError(f"a notice's {what} is a name as it stands")
    return notice


def _not_ours(work: Work, teller: TellsNotices, notice: Notice) -> Reason | None:
    """Why a notice is not about this marketplace; None where it is."""
    if notice.live != teller.live:
        return Reason("notice_of_test" if teller.live else "notice_of_live", {})
    if notice.account is None:
        return None
    where = {"reference": notice.account, "provider": teller.name}
    if work.select(PayoutAccount, where, limit=1):
        return None
    return Reason("notice_of_other_account", {"account": notice.account})


def _read_back(teller: TellsNotices, notice: Notice) -> Sequence[Finding]:
    assert isinstance(teller, ReadsBack), "seen when the marketplace opened"
    try:
        found = list(teller.read_back(notice))
    except PaymentProviderUnavailable:
        raise
    except MarketplaceError as error:
        raise PaymentProviderUnavailable(f"{teller.name} could not be asked: {error}") from error
    except Exception as error:
        logger.exception("payment provider %s broke on reading back", teller.name)
        raise PaymentProviderUnavailable(
            f"{teller.name} could not be asked: {type(error).__name__}"
        ) from None
    wrong = [one for one in found if not isinstance(one, FINDINGS)]
    if wrong:
        kinds = ", ".join(kind.__name__ for kind in FINDINGS)
        raise PluginError(f"{teller.name} reads back {kinds}, not {wrong[0]!r}")
    return found


def _name_of(found: Finding) -> str:
    if isinstance(found, OrderAnswered):
        return str(found.answer.reference)
    return found.charge if isinstance(found, ChargebackStands) else found.reference


def _stamp(work: Work, names: set[str] | Sequence[str]) -> Stamp:
    """What is known by these names, each in its version."""
    known: dict[tuple[str, str], int] = {}
    for kind, field in _STANDS if names else ():
        for one in work.select(kind, {field: sorted(names)}, limit=_MOST):
            known[kind.__name__, one.id] = one.version
    return known


def _kept(row: ReceivedNotice, heard: Sequence[Heard]) -> ReceivedNotice:
    """The row with what became of it: the worst of all, but set aside only if all of it was."""
    states = {one.state for one in heard}
    state: NoticeState = next((one for one in _WORST if one in states), "taken")
    if state == "set aside" and "taken" in states:
        state = "taken"
    reasons = tuple(one.reason for one in heard if one.reason is not None)
    return evolve(row, state=state, reasons=reasons)
