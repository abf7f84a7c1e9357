"""Moderation: what somebody reported, what the operator decided by which rule, and the appeal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.span import DAY
from marketplace.errors import InvalidInput

SubjectKind = Literal["listing", "review", "message", "party"]
CaseState = Literal["open", "decided", "appealed", "upheld", "reversed"]
CaseAction = Literal["none", "warn", "take down", "suspend"]

SUBJECTS: tuple[SubjectKind, ...] = ("listing", "review", "message", "party")
ACTIONS: tuple[CaseAction, ...] = ("none", "warn", "take down", "suspend")
TAKEN_DOWN = ("listing", "review", "message")
"""What can be taken down, and brought back."""


@frozen
class ModerationPlan:
    """What may be cited, when a party has too many strikes, who refunds how much alone: data."""

    rules: Mapping[str, int] = field(factory=dict)
    """Each rule that may be cited, and how many strikes breaking it gives. None named: any word may
    be cited, and each gives one."""
    strikes: int = 3
    """From so many live strikes on, ``then`` happens to the party."""
    within: timedelta = 180 * DAY
    """A strike lapses after so long."""
    then: Literal["suspend", "nothing"] = "suspend"
    appeal: timedelta = 14 * DAY
    """So long whom a decision concerns may appeal."""
    opens_on: tuple[str, ...] = ("listing.flagged", "reputation.ring")
    """Kinds of events that open a case by themselves, as if the marketplace had reported it."""
    open_reports: int = 50
    """Reports of one party that nobody judged yet, at once."""
    refund_limits: Mapping[str, Mapping[str, int]] = field(factory=dict)
    """By the name of who acts for the operator: per currency the most that he refunds alone, in
    minor units. ``*`` is for every name that is not there; a currency that is not there is 0."""
    approval_lives: timedelta = 2 * DAY
    """So long a second person may approve what the first one asked for."""

    def __attrs_post_init__(self) -> None:
        for rule, strikes in self.rules.items():
            if not rule or type(strikes) is not int or strikes < 0:
                raise InvalidInput(f"rule {rule!r} gives 0 or more strikes, not {strikes!r}")
        if self.strikes < 1 or self.open_reports < 1:
            raise InvalidInput("strikes and open_reports are 1 at least")
        if self.then not in ("suspend", "nothing"):
            raise InvalidInput(f"then is 'suspend' or 'nothing', not {self.then!r}")
        for length in (self.within, self.appeal, self.approval_lives):
            if length <= timedelta(0):
                raise InvalidInput("within, appeal and approval_lives are above zero")
        for name, limits in self.refund_limits.items():
            for currency, most in limits.items():
                if type(most) is not int or most < 0:
                    raise InvalidInput(f"{name!r} refunds 0 or more {currency} alone, not {most!r}")

    def weight(self, rule: str) -> int:
        """How many strikes the rule gives; raises ``InvalidInput`` for one that is not there."""
        if not self.rules:
            return 1
        if rule not in self.rules:
            raise InvalidInput(f"the rules are {', '.join(self.rules)}; there is no {rule!r}")
        return self.rules[rule]

    def refunds_alone(self, name: str, currency: str) -> int | None:
        """The most that this person refunds alone; None where nothing limits it."""
        limits = self.refund_limits.get(name, self.refund_limits.get("*"))
        return None if limits is None else limits.get(currency, 0)


@frozen
class Case:
    """Something that was reported, and what became of it."""

    id: str
    subject_kind: SubjectKind
    subject_id: str
    owner_id: str
    """Whose it is: the listing's provider, the author, the party itself."""
    opened_at: datetime
    state: CaseState = "open"
    reports: int = 0
    """How many reported it, the marketplace's own signals among them."""
    rule: str | None = None
    """The rule that was cited."""
    action: CaseAction | None = None
    reason: str = ""
    """The decision's reason, as the owner reads it."""
    decided_by: str = ""
    """The name of who decided; for the operator alone."""
    decided_at: datetime | None = None
    appeal_by: datetime | None = None
    appeal: str = ""
    """What the owner said against it."""
    judged_by: str = ""
    """The name of who judged the appeal: another than who decided."""
    verdict: str = ""
    """The reason of that judgement."""
    strikes: int = 0
    strikes_end: datetime | None = None
    was: str | None = None
    """The state that what was taken down had before."""
    suspended: int = 0
    """The version of the party that a suspension by this decision left; 0: it suspended nobody."""
    version: int = 1

    def live_strikes(self, at: datetime) -> int:
        """The strikes that still count at a moment."""
        if self.state == "reversed" or self.strikes_end is None or self.strikes_end <= at:
            return 0
        return self.strikes


@frozen
class CaseReport:
    """What somebody said against something: seen by its reporter and the operator alone."""

    id: str
    case_id: str
    reporter_id: str | None
    """None: a signal of the marketplace's own."""
    rule: str
    """Which rule is broken, in the reporter's opinion; the kind of event of a signal."""
    text: str
    created_at: datetime
    answered: bool = False
    """Whether the case was decided since."""
    details: Mapping[str, Any] = field(factory=dict)
    """What a signal found."""
    version: int = 1
