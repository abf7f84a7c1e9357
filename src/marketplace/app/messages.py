"""Messages between the parties of a deal, with contact details hidden where the trade says so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import checked_text
from marketplace.app.transactions import seen
from marketplace.domain.message import Message
from marketplace.domain.transaction import Seat
from marketplace.errors import NotFound

_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # mail addresses
    r"|(?:\+|\b)\d(?:[\s().-]?\d){6,}"  # telephone numbers
    r"|\b(?:https?://|www\.)\S+"  # links
)
HIDDEN = "[hidden until agreed]"


class Messages:
    """The verbs of messages."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def send(
        self,
        transaction_id: str,
        text: str,
        *,
        by: By,
        to: str | None = None,
        files: Sequence[str] = (),
        key: str | None = None,
    ) -> Message:
        """Write to the others of a transaction, or to one of them."""

        def do(act: Act) -> Message:
            transaction = seen(act, transaction_id)
            author = act.party().id
            seats = act.work.select(Seat, {"transaction_id": transaction_id}, order="role")
            people = {seat.party_id for seat in seats}
            if to is not None and to not in people:
                raise NotFound(f"no party {to!r} in this transaction")
            body = checked_text(text, "a message", self._context.limits.text, least=1)
            hides = self._context.vertical(transaction.vertical).hides_contacts
            agreed = any(seat.role == "provider" for seat in seats)
            shown = _CONTACT.sub(HIDDEN, body) if hides and not agreed else body
            message = Message(
                id=act.context.ids.new("message"),
                about_kind="transaction",
                about_id=transaction_id,
                author_id=author,
                to_id=to,
                text=shown,
                created_at=act.at,
                files=tuple(files),
                masked=shown != body,
            )
            act.work.add(message)
            act.about(message.id)
            hearers = [to] if to is not None else sorted(people - {author})
            act.emit("message.sent", message.id, {"transaction": transaction_id}, hearers)
            return message

        body = {"transaction": transaction_id, "text": text, "to": to, "files": files}
        return self._door.run("messages.send", by, do, body=body, key=key)

    def list(self, transaction_id: str, *, by: By, after: str | None = None) -> Page[Message]:
        """The messages that the actor wrote or may read, the oldest first."""
        with self._reader.read(by) as view:
            seats = view.work.select(Seat, {"transaction_id": transaction_id}, order="role")
            reader = view.actor.party_id
            if not view.operator and reader not in {seat.party_id for seat in seats}:
                raise NotFound(f"no transaction {transaction_id!r}")
            where = {"about_kind": "transaction", "about_id": transaction_id}
            page = view.page(Message, where, after=after)
            shown = tuple(
                one
                for one in page
                if view.operator or one.to_id is None or reader in (one.to_id, one.author_id)
            )
            return Page(shown, page.after)
