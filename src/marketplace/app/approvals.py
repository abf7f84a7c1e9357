"""Approvals: what one person asks for and another lets happen, word for word."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from marketplace.app.answers import answer_from_text, answer_to_text
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.moderation import named_operator
from marketplace.app.reading import Page, Reader
from marketplace.app.texts import checked_text
from marketplace.domain.approval import Approval
from marketplace.domain.evolving import evolve
from marketplace.domain.hashing import digest, plain
from marketplace.domain.party import OPERATOR, Actor
from marketplace.errors import Expired, Forbidden, IllegalTransition, InvalidInput, PluginError


class Approvals:
    """The verbs of approvals."""

    def __init__(
        self,
        context: Context,
        door: Door,
        reader: Reader,
        commands: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._context = context
        self._door = door
        self._reader = reader
        self._commands = commands

    def ask(
        self,
        command: str,
        body: Mapping[str, Any],
        *,
        by: By,
        reason: str = "",
        key: str | None = None,
    ) -> Approval:
        """Put a command down for a second person; ``body`` is what its verb is given by name.

        Nothing is done yet. The commands are ``transactions.take``, ``transactions.follow_up`` and
        ``disputes.decide``: those by which an operator refunds.
        """
        kept = self._kept(command, body)

        def do(act: Act) -> Approval:
            name = named_operator(act, "asks for an approval")
            approval = Approval(
                id=act.new("approval"),
                command=command,
                body=kept,
                body_hash=digest(kept),
                asked_by=name,
                asked_at=act.at,
                expires_at=act.at + self._context.moderation.approval_lives,
                reason=checked_text(reason, "a reason", self._context.limits.text),
            )
            act.work.add(approval)
            act.about(approval.id)
            act.emit("approval.asked", approval.id, {"command": command})
            return approval

        told = {"command": command, "body": kept, "reason": reason, "by": getattr(by, "name", "")}
        return self._door.run("approvals.ask", by, do, body=told, key=key)

    def _kept(self, command: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as it is stored; raises ``InvalidInput`` for what does not come back equal."""
        verb = self._commands.get(command)
        if verb is None:
            known = ", ".join(self._commands)
            raise InvalidInput(f"what waits for an approval is {known}; not {command!r}")
        if not isinstance(body, Mapping) or {"by", "key"} & set(body):
            raise InvalidInput("a body names what the verb is given, without by and key")
        try:
            inspect.signature(verb).bind(by=OPERATOR, **body)
            texts = {name: self._text(value) for name, value in body.items()}
        except (TypeError, PluginError) as error:
            raise InvalidInput(f"{command} is not given this: {error}") from None
        for name, text in texts.items():
            if plain(answer_from_text(text, self._context.answers)) != plain(body[name]):
                raise InvalidInput(f"{name} is something that cannot wait: {body[name]!r}")
        return {name: json.loads(text) for name, text in texts.items()}

    def _text(self, value: Any) -> str:
        return answer_to_text(value, self._context.answers)

    def give(self, approval_id: str, *, by: By, key: str | None = None) -> Approval:
        """Another person lets it happen: the command is carried out now, as it was asked for.

        It is done in the name of who asked, and all or nothing: what the command refuses with is
        raised, and the approval still waits. Raises ``Forbidden`` for the one who asked.
        """

        def do(act: Act) -> Approval:
            approval, name = self._waiting(act, approval_id, "approves")
            if approval.expires_at <= act.at:
                raise Expired("the time to approve this is over; ask anew", code="approval_over")
            if digest(plain(approval.body)) != approval.body_hash:
                raise IllegalTransition("what was asked for was changed since; ask anew")
            given = {
                one: answer_from_text(json.dumps(plain(value)), self._context.answers)
                for one, value in approval.body.items()
            }
            asker = Actor(role=OPERATOR, name=approval.asked_by)
            with self._door.approved(name):
                self._commands[approval.command](by=asker, **given)
            return self._answered(act, approval, "given", name)

        body = {"approval": approval_id, "by": getattr(by, "name", "")}
        return self._door.run("approvals.give", by, do, body=body, key=key)

    def decline(self, approval_id: str, *, by: By, key: str | None = None) -> Approval:
        """Another person says no, or whoever asked thinks better of it."""

        def do(act: Act) -> Approval:
            approval, name = self._waiting(act, approval_id, "declines", asker=True)
            return self._answered(act, approval, "declined", name)

        body = {"approval": approval_id, "by": getattr(by, "name", "")}
        return self._door.run("approvals.decline", by, do, body=body, key=key)

    def _waiting(
        self, act: Act, approval_id: str, what: str, *, asker: bool = False
    ) -> tuple[Approval, str]:
        name = named_operator(act, what)
        approval = act.work.get(Approval, approval_id)
        act.about(approval_id, approval)
        if approval.state != "asked":
            raise IllegalTransition(f"this approval is {approval.state} already")
        if name == approval.asked_by and not asker:
            raise Forbidden("who asked does not approve it himself", code="own_approval")
        return approval, name

    def _answered(self, act: Act, approval: Approval, state: Any, name: str) -> Approval:
        act.emit(f"approval.{state}", approval.id, {"command": approval.command})
        told = evolve(approval, state=state, answered_by=name, answered_at=act.at)
        return act.work.save(told)

    def list(
        self, *, by: By, state: str = "asked", after: str | None = None, limit: int = 50
    ) -> Page[Approval]:
        """What waits for a second person, or was answered, for the operator."""
        with self._reader.read(by) as view:
            if not view.operator:
                raise Forbidden("only the operator sees what waits for an approval")
            return view.page(Approval, {"state": state}, after=after, limit=limit)
