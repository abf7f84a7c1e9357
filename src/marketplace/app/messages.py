"""Messages between the parties of a deal or about a listing, with contact details hidden where the
trade says so."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.reading import Page, Reader
from marketplace.app.showing import is_agreed
from marketplace.app.texts import checked_text
from marketplace.app.transactions import seen
from marketplace.domain.contacts import HIDDEN, masked
from marketplace.domain.evolving import evolve
from marketplace.domain.listing import Listing
from marketplace.domain.message import Message
from marketplace.domain.party import Block
from marketplace.domain.transaction import Seat
from marketplace.errors import Forbidden, NotFound

__all__ = ["HIDDEN", "Messages"]


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
            author = act.me()
            seats = act.work.select(Seat, {"transaction_id": transaction_id}, order="role")
            people = {seat.party_id for seat in seats}
            if to is not None and to not in people:
                raise NotFound(f"no party {to!r} in this transaction")
            vertical = self._context.vertical(transaction.vertical)
            hides = vertical.hides_contacts and not is_agreed(vertical, act.work, transaction)
            hearers = [to] if to is not None else sorted(people - {author})
            about = ("transaction", transaction_id)
            return self._write(act, about, author, to, text, files, hearers, hides=hides)

        body = {"transaction": transaction_id, "text": text, "to": to, "files": files}
        return self._door.run("messages.send", by, do, body=body, key=key)

    def ask(
        self,
        listing_id: str,
        text: str,
        *,
        by: By,
        to: str | None = None,
        files: Sequence[str] = (),
        key: str | None = None,
    ) -> Message:
        """Write to the provider of a published listing; the provider names whom it answers.

        Nothing is agreed here, so where the trade hides contacts they are always masked.
        """

        def do(act: Act) -> Message:
            listing = act.work.find(Listing, id=listing_id)
            author = act.me()
            mine = listing is not None and listing.provider_id == author
            if listing is None or not (mine or listing.state == "published"):
                raise NotFound(f"no listing {listing_id!r}")
            taker = to if mine else listing.provider_id
            if taker is None or (mine and not self._asked(act, listing_id, taker, author)):
                raise NotFound("a provider answers whoever asked; name the party with to")
            if to not in (None, taker):
                raise NotFound(f"about a listing one writes to its provider, not to {to!r}")
            _refuse_blocked(act, author, taker)
            hides = self._context.vertical(listing.vertical).hides_contacts
            about = ("listing", listing_id)
            return self._write(act, about, author, taker, text, files, [taker], hides=hides)

        body = {"listing": listing_id, "text": text, "to": to, "files": files}
        return self._door.run("messages.ask", by, do, body=body, key=key)

    def _asked(self, act: Act, listing_id: str, author: str, taker: str) -> bool:
        """Whether somebody wrote about the listing before."""
        where = {"about_kind": "listing", "about_id": listing_id}
        both = {**where, "author_id": author, "to_id": taker}
        return bool(act.work.select(Message, both, limit=1))

    def _write(
        self,
        act: Act,
        about: tuple[str, str],
        author: str,
        to: str | None,
        text: str,
        files: Sequence[str],
        hearers: Sequence[str],
        *,
        hides: bool,
    ) -> Message:
        body = checked_text(text, "a message", self._context.limits.text, least=1)
        shown = masked(body) if hides else body
        kind, identity = about
        message = Message(
            id=act.context.ids.new("message"),
            about_kind=kind,
            about_id=identity,
            author_id=author,
            to_id=to,
            text=shown,
            created_at=act.at,
            files=tuple(files),
            masked=shown != body,
        )
        act.work.add(message)
        act.about(message.id)
        act.emit("message.sent", message.id, {kind: identity}, hearers)
        return message

    def list(
        self,
        transaction_id: str | None = None,
        *,
        by: By,
        listing: str | None = None,
        after: str | None = None,
    ) -> Page[Message]:
        """The messages that the actor wrote or may read, the oldest first.

        Those of a transaction, or with ``listing`` those about one. Of one that was taken down
        the others read the reason alone.
        """
        with self._reader.read(by) as view:
            reader = view.actor.party_id
            if transaction_id is not None:
                seats = view.work.select(Seat, {"transaction_id": transaction_id}, order="role")
                if not view.operator and reader not in {seat.party_id for seat in seats}:
                    raise NotFound(f"no transaction {transaction_id!r}")
                where = {"about_kind": "transaction", "about_id": transaction_id}
            else:
                where = {"about_kind": "listing", "about_id": listing or ""}
            page = view.page(Message, where, after=after)
            shown = tuple(
                one if view.operator or reader == one.author_id else _withdrawn(one)
                for one in page
                if view.operator
                or reader in (one.to_id, one.author_id)
                or (one.to_id is None and one.about_kind == "transaction")
            )
            return Page(shown, page.after)


def _withdrawn(message: Message) -> Message:
    """As others than its author see it: what was taken down has no text and no files."""
    return message if message.state == "sent" else evolve(message, text="", files=())


def _refuse_blocked(act: Act, one: str, other: str) -> None:
    """Who wants nothing more to do with another does not hear from it."""
    for party, blocked in ((one, other), (other, one)):
        if act.work.find(Block, party_id=party, blocked_id=blocked):
            raise Forbidden("these two parties are not to be matched", code="blocked")
