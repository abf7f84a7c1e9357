"""Notifications: what the derived matrix says somebody should hear, in their language."""

from __future__ import annotations

from marketplace.app.context import Context
from marketplace.domain.event import Delivery
from marketplace.domain.message import Notification
from marketplace.domain.party import Party
from marketplace.domain.reason import Reason
from marketplace.domain.wording import has, render

CONSUMER = "notifications"


class Notifying:
    """Feeds the notification channel from the outbox: at least once, in order per party."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def deliver(self, limit: int = 500) -> int:
        """Send what was not sent yet; gives how many. A failing channel gets them again."""
        channel = self._context.channel
        if channel is None:
            return 0
        with self._context.store.begin(write=False) as work:
            waiting = work.events.undelivered(CONSUMER, limit)
            people = {one.party_id for one in waiting}
            found = work.select(Party, {"id": sorted(people)}, limit=limit) if people else []
            parties = {party.id: party for party in found}
        done: list[Delivery] = []
        sent = 0
        stuck: set[str] = set()
        for delivery in waiting:
            party = parties.get(delivery.party_id)
            if delivery.party_id in stuck:
                continue
            notification = None if party is None else self._notification(delivery, party)
            if notification is not None:
                try:
                    channel.send(notification)
                except Exception:
                    stuck.add(delivery.party_id)
                    continue
                sent += 1
            done.append(delivery)
        if done:
            with self._context.store.begin() as work:
                work.events.delivered(CONSUMER, done)
        return sent

    def _notification(self, delivery: Delivery, party: Party) -> Notification | None:
        """What to say; None where nothing is to be said, or to whoever did it themselves."""
        event = delivery.event
        code = f"notify.{event.kind}"
        if event.actor == party.id or not has(code, self._context.words):
            return None
        reason = Reason(code, {**event.data, "subject": event.subject_id})
        return Notification(
            party_id=party.id,
            code=code,
            params=reason.params,
            language=party.language,
            text=render(reason, self._context.words, party.language),
            event_id=event.id,
            transaction_id=event.subject_id if event.subject_kind == "transaction" else None,
        )


class ConsoleChannel:
    """Prints notifications: for demos and development."""

    def send(self, notification: Notification) -> None:
        """One line: to whom, and what."""
        print(f"→ {notification.party_id}: {notification.text}")
