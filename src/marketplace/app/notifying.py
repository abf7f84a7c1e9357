"""Notifications: what the derived matrix says somebody should hear, in their language."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.context import Context
from marketplace.domain.drawing import notifications
from marketplace.domain.event import Delivery
from marketplace.domain.message import Notification
from marketplace.domain.party import Party, Role
from marketplace.domain.ports import Work
from marketplace.domain.printing import one_line
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Seat, Transaction
from marketplace.domain.wording import has, render

CONSUMER = "notifications"
_OUTCOMES = {"failed": "refused", "needs_customer": "needs customer"}


class Notifying:
    """Feeds the notification channel from the outbox: at least once, in order per party."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._matrices: dict[str, dict[tuple[str, str, str, str], tuple[Role, ...]]] = {}

    def deliver(self, limit: int = 500) -> int:
        """Send what was not sent yet; gives how many. A failing channel gets them again."""
        channel = self._context.channel
        if channel is None or self._context.store.joined:
            return 0
        with self._context.store.begin(write=False) as work:
            waiting = work.events.undelivered(CONSUMER, limit)
            people = {one.party_id for one in waiting}
            found = work.select(Party, {"id": sorted(people)}, limit=limit) if people else []
            parties = {party.id: party for party in found}
            hearers = self._hearers(work, waiting)
        done: list[Delivery] = []
        sent = 0
        stuck: set[str] = set()
        for delivery in waiting:
            party = parties.get(delivery.party_id)
            if delivery.party_id in stuck:
                continue
            heard = hearers.get(delivery.event.id)
            notification = None
            if party is not None and (heard is None or party.id in heard):
                notification = self._notification(delivery, party)
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

    def _hearers(self, work: Work, waiting: Sequence[Delivery]) -> dict[str, set[str]]:
        """For rows of a process: the parties whom its derived matrix names; others hear all."""
        events = {one.event.id: one.event for one in waiting if "row" in one.event.data}
        ids = sorted({event.subject_id for event in events.values()})
        most = max(len(ids), 1)
        deals = {one.id: one for one in work.select(Transaction, {"id": ids}, limit=most)}
        seats: dict[str, list[Seat]] = {}
        for seat in work.select(Seat, {"transaction_id": ids}, order="role", limit=most * 20):
            seats.setdefault(seat.transaction_id, []).append(seat)
        result: dict[str, set[str]] = {}
        for event in events.values():
            deal = deals.get(event.subject_id)
            if deal is None or "from" not in event.data:
                continue
            outcome = _OUTCOMES.get(str(event.data.get("outcome")), "done")
            row = (str(event.data["from"]), str(event.data["row"]), str(event.data["by"]), outcome)
            roles = self._matrix(deal).get(row, ())
            result[event.id] = {
                seat.party_id for seat in seats.get(deal.id, ()) if Role(seat.role) in roles
            }
        return result

    def _matrix(self, deal: Transaction) -> dict[tuple[str, str, str, str], tuple[Role, ...]]:
        known = self._matrices.get(deal.process_version)
        if known is None:
            notices = notifications(self._context.process(deal))
            known = {(one.source, one.row, one.by.name, one.outcome): one.hears for one in notices}
            self._matrices[deal.process_version] = known
        return known

    def _notification(self, delivery: Delivery, party: Party) -> Notification | None:
        """What to say; None where nothing is to be said, or to whoever did it themselves."""
        event = delivery.event
        code = f"notify.{event.kind}"
        if event.data.get("taker", party.id) != party.id:
            return None
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
        print(f"→ {notification.party_id}: {one_line(notification.text)}")
