"""Events out: each party's own, in order, at least once, signed, replayable."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from marketplace.app.context import Context
from marketplace.app.door import By
from marketplace.app.reading import Reader
from marketplace.domain.event import Delivery, Event
from marketplace.domain.hashing import plain
from marketplace.errors import InvalidInput, SetupError

LEAST_SECRET = 24
"""Bytes of a secret that events are signed with."""


class Events:
    """The verbs of events."""

    def __init__(self, context: Context, reader: Reader) -> None:
        self._context = context
        self._reader = reader

    def feed(
        self, *, by: By, party: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Delivery]:
        """A party's events after its own number, without a gap; the operator names the party."""
        with self._reader.read(by) as view:
            return view.work.events.feed(view.own(party or view.party_id), after, limit)

    def about(self, subject_id: str, *, by: By) -> list[Event]:
        """What happened to one thing, in order: those events that the actor may hear of."""
        with self._reader.read(by) as view:
            return [
                event
                for event in view.work.events.about(subject_id)
                if view.operator or view.actor.party_id in event.parties
            ]

    def deliver(
        self,
        consumer: str,
        send: Callable[[bytes, dict[str, str]], None],
        *,
        secret: bytes,
        limit: int = 100,
    ) -> int:
        """Hand undelivered events to ``send(body, headers)``, signed; gives how many.

        In order for each party; when ``send`` raises, that event and what follows for its
        party come again next time. The headers are those of Standard Webhooks.
        """
        check_secret(secret)
        if self._context.store.joined:
            raise SetupError("events are sent once they are committed: by one on the engine")
        with self._context.store.begin(write=False) as work:
            waiting = work.events.undelivered(consumer, limit)
        done: list[Delivery] = []
        stuck: set[str] = set()
        try:
            for delivery in waiting:
                if delivery.party_id in stuck:
                    continue
                body = _body(delivery)
                identity = f"{delivery.event.id}.{delivery.party_id}.{delivery.number}"
                moment = int(self._context.now().timestamp())
                try:
                    send(body, signed(identity, moment, body, secret))
                except Exception:
                    stuck.add(delivery.party_id)
                    continue
                done.append(delivery)
        finally:
            if done:
                with self._context.store.begin() as work:
                    work.events.delivered(consumer, done)
        return len(done)

    def replay(self, consumer: str, party: str, after: int = 0) -> None:
        """Let a consumer have a party's events again, from after this number."""
        with self._context.store.begin() as work:
            work.events.rewind(consumer, party, after)


def _body(delivery: Delivery) -> bytes:
    """A CloudEvents envelope with the party's own sequence number."""
    event = delivery.event
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": "marketplace",
            "type": event.kind,
            "subject": event.subject_id,
            "time": event.at.isoformat(),
            "actor": event.actor,
            "onbehalfof": event.on_behalf_of,
            "party": delivery.party_id,
            "sequence": delivery.number,
            "data": plain(event.data),
        }
    )


def check_secret(secret: bytes) -> None:
    """A secret is long enough that nobody tries them all."""
    if len(secret) < LEAST_SECRET:
        raise InvalidInput(f"a signing secret has at least {LEAST_SECRET} bytes")


def signed(identity: str, moment: int, body: bytes, secret: bytes) -> dict[str, str]:
    """Headers by which a receiver knows who sent it and that nothing was changed."""
    check_secret(secret)
    payload = f"{identity}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, payload, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{signature}",
    }
