"""Parties: who takes part, their papers, and whom they want nothing more to do with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.erasing import erase, in_the_way, lock_all
from marketplace.app.files import own_files
from marketplace.app.onboarding import Onboarding
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import check_size, checked_text
from marketplace.domain.evolving import evolve
from marketplace.domain.party import OPERATOR, Block, Document, Party, PartyState
from marketplace.domain.review import Reputation
from marketplace.domain.span import optional_utc
from marketplace.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class Parties(Onboarding):
    """The verbs of parties."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def join(
        self,
        name: str,
        *,
        kind: str = "person",
        phone: str | None = None,
        email: str | None = None,
        language: str = "en",
        attributes: Mapping[str, Any] | None = None,
        by: By = OPERATOR,
        key: str | None = None,
    ) -> Party:
        """A person or organisation takes part from now on.

        ``phone`` is international (``+9779812345678``) and unique: it can be an identity.
        """
        limits = self._context.limits

        def do(act: Act) -> Party:
            if act.actor.party_id is not None:
                raise Forbidden("parties join through the operator's application")
            if kind not in ("person", "organisation"):
                raise InvalidInput(f"a party is a person or an organisation, not {kind!r}")
            if phone is not None and not (isinstance(phone, str) and _PHONE.fullmatch(phone)):
                raise InvalidInput("a phone number is written like +9779812345678, this one is not")
            if phone is not None and act.work.find(Party, phone=phone) is not None:
                raise Conflict("this phone number is taken", code="phone_taken")
            check_size(attributes or {}, limits.attributes)
            party = Party(
                id=act.context.ids.new("party"),
                name=checked_text(name, "a name", limits.text, least=1),
                created_at=act.at,
                kind="person" if kind == "person" else "organisation",
                phone=phone,
                email=email,
                language=language,
                attributes=dict(attributes or {}),
            )
            act.work.add(party)
            act.about(party.id)
            act.emit("party.joined", party.id, {"kind": kind}, [party.id])
            return party

        body: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "phone": phone,
            "email": email,
            "language": language,
        }
        body["attributes"] = dict(attributes or {})
        return self._door.run("parties.join", by, do, body=body, key=key)

    def suspend(self, party_id: str, *, by: By = OPERATOR, reason: str) -> Party:
        """Nothing more from this party, at once."""
        return self._set_state(party_id, "suspended", by, reason)

    def reinstate(self, party_id: str, *, by: By = OPERATOR, reason: str) -> Party:
        """The party may act again."""
        return self._set_state(party_id, "active", by, reason)

    def erase(self, party_id: str, *, by: By, key: str | None = None) -> Party:
        """Take away all that says who somebody is: by the party itself, or by the operator.

        Its deals, the ledger, public reviews and the record of commands stay, without it. Raises
        ``Refused`` with every reason that stands in the way: what to do first.
        """

        def do(act: Act) -> Party:
            if act.actor.role != OPERATOR and act.actor.party_id != party_id:
                raise NotFound(f"no party {party_id!r}")
            lock_all(act, party_id)
            party = act.work.get(Party, party_id)
            if party.state == "erased":
                return party
            act.about(party_id, party)
            reasons = in_the_way(act, party)
            if reasons:
                codes = ", ".join(dict.fromkeys(one.code for one in reasons))
                raise Refused(f"this party cannot be erased yet: {codes}", reasons=tuple(reasons))
            return erase(act, party)

        return self._door.run(
            "parties.erase", by, do, body={"party": party_id}, key=key, suspended=True
        )

    def _set_state(self, party_id: str, state: PartyState, by: By, reason: str) -> Party:
        def do(act: Act) -> Party:
            _only_operator(act, "suspends and reinstates parties")
            checked_text(reason, "a reason", self._context.limits.text)
            party = act.work.get(Party, party_id)
            act.about(party_id, party)
            act.emit(f"party.{state}", party_id, {"reason": reason}, [party_id])
            return act.work.save(evolve(party, state=state))

        body = {"party": party_id, "state": state, "reason": reason}
        return self._door.run("parties.set_state", by, do, body=body)

    def block(self, party_id: str, *, by: By, key: str | None = None) -> Block:
        """The acting party wants nothing more to do with another: they are never matched."""

        def do(act: Act) -> Block:
            me = act.party()
            if party_id == me.id:
                raise InvalidInput("a party cannot block itself")
            act.work.get(Party, party_id)
            before = act.work.find(Block, party_id=me.id, blocked_id=party_id)
            if before is not None:
                return before
            block = Block(act.context.ids.new("block"), me.id, party_id, act.at)
            act.work.add(block)
            act.emit("party.blocked", me.id, {"blocked": party_id}, [me.id])
            return block

        return self._door.run("parties.block", by, do, body={"blocked": party_id}, key=key)

    def unblock(self, party_id: str, *, by: By) -> None:
        """Take a block back."""

        def do(act: Act) -> None:
            act.work.remove(Block, party_id=act.me(), blocked_id=party_id)

        self._door.run("parties.unblock", by, do, body={"blocked": party_id})

    def submit_document(
        self,
        kind: str,
        *,
        by: By,
        party: str | None = None,
        expires_at: datetime | None = None,
        file_id: str | None = None,
        key: str | None = None,
    ) -> Document:
        """A paper for the operator to look at; the party's own, unless the operator files it."""

        def do(act: Act) -> Document:
            owner = party or act.me()
            if act.actor.party_id is not None and act.actor.party_id != owner:
                raise NotFound(f"no party {owner!r}")
            document = Document(
                id=act.context.ids.new("document"),
                party_id=owner,
                kind=checked_text(kind, "a document's kind", 100, least=1),
                state="submitted",
                created_at=act.at,
                expires_at=optional_utc(expires_at),
                file_id=None if file_id is None else own_files(act, [file_id])[0],
            )
            act.work.add(document)
            act.about(document.id)
            act.emit("document.submitted", document.id, {"kind": kind}, [owner])
            return document

        body = {"kind": kind, "party": party, "expires_at": expires_at, "file": file_id}
        return self._door.run("parties.submit_document", by, do, body=body, key=key)

    def judge_document(
        self, document_id: str, *, approve: bool, reason: str = "", by: By = OPERATOR
    ) -> Document:
        """The operator approves or rejects a paper."""

        def do(act: Act) -> Document:
            _only_operator(act, "judges documents")
            document = act.work.get(Document, document_id)
            act.about(document_id, document)
            judged = evolve(document, state="approved" if approve else "rejected")
            told = f"document.{judged.state}"
            act.emit(told, document_id, {"reason": reason}, [document.party_id])
            return act.work.save(judged)

        body = {"document": document_id, "approve": approve, "reason": reason}
        return self._door.run("parties.judge_document", by, do, body=body)

    def get(self, party_id: str, *, by: By) -> Party:
        """A party: whole for itself and the operator, its name alone for others."""
        with self._reader.read(by) as view:
            party = view.work.get(Party, party_id)
            if view.operator or view.party_id == party_id:
                return party
            return evolve(party, phone=None, email=None, attributes={})

    def documents(self, party_id: str, *, by: By, after: str | None = None) -> Page[Document]:
        """A party's papers; its own or, for the operator, anybody's."""
        with self._reader.read(by) as view:
            return view.page(Document, {"party_id": view.own(party_id)}, after=after)

    def reputation(self, party_id: str, role: str) -> Reputation:
        """The sum of a party's visible reviews in a role."""
        with self._context.store.begin(write=False) as work:
            found = work.find(Reputation, party_id=party_id, role=role)
            return found or Reputation(party_id, role, 0, 0)

    def list(self, *, by: By, after: str | None = None, limit: int = 50) -> Page[Party]:
        """Every party, for the operator; a party sees itself."""
        with self._reader.read(by) as view:
            where = {} if view.operator else {"id": view.party_id}
            return view.page(Party, where, after=after, limit=limit)


def _only_operator(act: Act, what: str) -> None:
    if act.actor.role != OPERATOR:
        raise Forbidden(f"only the operator {what}")
