"""Moderation: reported, decided with the rule cited, appealed, and judged by somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door
from marketplace.app.enforcing import bring_back, carry_out, cases_of, lift, suspend
from marketplace.app.reading import Page, Reader, View
from marketplace.app.subjects import owner_if_seen, owner_of
from marketplace.app.texts import checked_text
from marketplace.domain.event import Event
from marketplace.domain.evolving import evolve
from marketplace.domain.moderation import (
    ACTIONS,
    SUBJECTS,
    Case,
    CaseAction,
    CaseReport,
    CaseState,
    SubjectKind,
)
from marketplace.domain.party import OPERATOR, Party
from marketplace.errors import (
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    LimitExceeded,
    NotFound,
)


class Moderation:
    """The verbs of moderation."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def report(
        self,
        subject_kind: SubjectKind,
        subject_id: str,
        *,
        by: By,
        rule: str,
        text: str = "",
        key: str | None = None,
    ) -> CaseReport:
        """Say that a listing, a review, a message or a party breaks a rule.

        One case is open for a subject, and reports join it. Whose it is never learns who did.
        Raises ``NotFound`` for what the reporter cannot see, ``Conflict`` for a second report.
        """

        def do(act: Act) -> CaseReport:
            me, plan = act.party(), self._context.moderation
            owner = owner_if_seen(act, _kind(subject_kind), subject_id, me.id)
            if owner == me.id:
                raise InvalidInput("nobody reports what is his own")
            plan.weight(checked_text(rule, "a rule", 100, least=1))
            _take_turns(act, [owner, me.id])
            waiting = act.work.select(
                CaseReport, {"reporter_id": me.id, "answered": False}, limit=plan.open_reports
            )
            if len(waiting) >= plan.open_reports:
                raise LimitExceeded(
                    f"{plan.open_reports} reports may wait at once", code="too_many_reports"
                )
            case = _case_about(act, subject_kind, subject_id, owner)
            if act.work.find(CaseReport, case_id=case.id, reporter_id=me.id) is not None:
                raise Conflict("you reported this already", code="reported_already")
            report = CaseReport(
                id=act.new("report"),
                case_id=case.id,
                reporter_id=me.id,
                rule=rule,
                text=checked_text(text, "a report", self._context.limits.text),
                created_at=act.at,
            )
            act.work.add(report)
            act.work.save(evolve(case, reports=case.reports + 1))
            act.about(report.id)
            act.emit("report.made", report.id, {"kind": subject_kind, "about": subject_id}, [me.id])
            return _unlinked(report)

        body = {"kind": subject_kind, "subject": subject_id, "rule": rule, "text": text}
        return self._door.run("moderation.report", by, do, body=body, key=key)

    def hear(self, act: Act, events: Sequence[Event]) -> None:
        """Open cases where the plan opens one on such an event; the marketplace reports it."""
        for event in events:
            if event.kind in self._context.moderation.opens_on:
                self._hear(act, event)

    def _hear(self, act: Act, event: Event) -> None:
        kind: SubjectKind = _kind(event.subject_kind if event.subject_kind in SUBJECTS else "party")
        owner = owner_of(act, kind, event.subject_id)
        if owner is None:
            return
        _take_turns(act, [owner])
        case = _case_about(act, kind, event.subject_id, owner)
        if (
            act.work.find(CaseReport, case_id=case.id, reporter_id=None, rule=event.kind)
            is not None
        ):
            return
        signal = CaseReport(
            id=act.new("report"),
            case_id=case.id,
            reporter_id=None,
            rule=event.kind,
            text="",
            created_at=act.at,
            details=event.data,
        )
        act.work.add(signal)
        act.work.save(evolve(case, reports=case.reports + 1))

    def decide(
        self,
        case_id: str,
        *,
        by: By,
        action: CaseAction,
        rule: str | None = None,
        reason: str,
        key: str | None = None,
    ) -> Case:
        """The operator decides, by his own name: which rule is broken, what is done, and why.

        ``action`` is ``none``, ``warn``, ``take down`` (a listing, a review, a message) or
        ``suspend`` (whose it is). All but ``none`` cite a rule and give its strikes; too many of
        them, and the plan's ``then`` happens as well. The owner is told; so is whoever reported it.
        """

        def do(act: Act) -> Case:
            name = named_operator(act, "decides")
            case = act.work.get(Case, case_id)
            act.about(case_id, case)
            if case.state != "open":
                raise IllegalTransition(f"this case is {case.state}; it was decided once")
            if action not in ACTIONS:
                raise InvalidInput(f"an action is one of {', '.join(ACTIONS)}; not {action!r}")
            said = checked_text(reason, "a reason", self._context.limits.text, least=1)
            _take_turns(act, [case.owner_id])
            decided = evolve(
                case,
                state="decided",
                action=action,
                reason=said,
                decided_by=name,
                decided_at=act.at,
                appeal_by=act.at,
            )
            if action != "none":
                decided = self._punished(act, decided, action, rule)
            self._answer_reporters(act, case, upheld=action != "none")
            return act.work.save(decided)

        body = {"case": case_id, "action": action, "rule": rule, "reason": reason}
        body["name"] = _name(by)
        return self._door.run("moderation.decide", by, do, body=body, key=key)

    def _punished(self, act: Act, case: Case, action: CaseAction, rule: str | None) -> Case:
        plan = self._context.moderation
        if rule is None:
            raise InvalidInput("a decision cites the rule that was broken; name it with rule")
        weight = plan.weight(checked_text(rule, "a rule", 100, least=1))
        case = evolve(
            case,
            rule=rule,
            appeal_by=act.at + plan.appeal,
            strikes=weight,
            strikes_end=act.at + plan.within if weight else None,
        )
        case = carry_out(act, case, action)
        before = [one for one in cases_of(act, case.owner_id) if one.id != case.id]
        live = sum(one.live_strikes(act.at) for one in (*before, case))
        out = plan.then == "suspend" and weight > 0 and live >= plan.strikes
        if action == "suspend" or out:
            case = suspend(act, case)
        told = {
            "kind": case.subject_kind,
            "about": case.subject_id,
            "action": action,
            "rule": rule,
            "text": case.reason,
            "strikes": live,
            "appeal_by": (act.at + plan.appeal).date().isoformat(),
        }
        act.emit("case.decided", case.id, told, [case.owner_id])
        return case

    def _answer_reporters(self, act: Act, case: Case, *, upheld: bool) -> None:
        """Tell each reporter apart: none learns of another, nor the owner of any."""
        for one in act.work.select(CaseReport, {"case_id": case.id}, limit=100_000):
            act.work.save(evolve(one, answered=True))
            kind = "report.upheld" if upheld else "report.dismissed"
            told = {"kind": case.subject_kind, "about": case.subject_id}
            if one.reporter_id is not None:
                act.emit(kind, one.id, told, [one.reporter_id])

    def appeal(self, case_id: str, *, by: By, text: str, key: str | None = None) -> Case:
        """The owner says why the decision is wrong, once and in time; also when it is suspended."""

        def do(act: Act) -> Case:
            case = act.work.find(Case, id=case_id)
            if case is None or case.owner_id != act.actor.party_id or not _is_told(case):
                raise NotFound(f"no case {case_id!r}")
            act.about(case_id, case)
            if case.state != "decided":
                raise IllegalTransition(f"a decision is appealed once; this one is {case.state}")
            if case.appeal_by is None or case.appeal_by <= act.at:
                raise Expired("the time to appeal is over", code="appeal_over")
            said = checked_text(text, "an appeal", self._context.limits.text, least=1)
            act.emit("case.appealed", case_id, {}, [case.owner_id])
            return _for_owner(act.work.save(evolve(case, state="appealed", appeal=said)))

        body = {"case": case_id, "text": text}
        return self._door.run("moderation.appeal", by, do, body=body, key=key, suspended=True)

    def judge(
        self, case_id: str, *, by: By, reverse: bool, reason: str, key: str | None = None
    ) -> Case:
        """Another person than who decided upholds the decision, or reverses it.

        A reversal undoes what was done, takes the strikes back and lifts the suspension that they
        brought. A wrong decision may be reversed without an appeal as well.
        """

        def do(act: Act) -> Case:
            name = named_operator(act, "judges")
            case = act.work.get(Case, case_id)
            act.about(case_id, case)
            judged = case.state == "appealed" or (case.state == "decided" and reverse)
            if not judged or case.action == "none":
                raise IllegalTransition(f"nothing of this case is to be judged; it is {case.state}")
            if name == case.decided_by:
                raise Forbidden("who decided does not judge the appeal", code="own_decision")
            said = checked_text(reason, "a reason", self._context.limits.text, least=1)
            _take_turns(act, [case.owner_id])
            ended = evolve(
                case,
                state="reversed" if reverse else "upheld",
                judged_by=name,
                verdict=said,
            )
            if reverse:
                bring_back(act, case)
                lift(act, ended)
            told = {"kind": case.subject_kind, "about": case.subject_id, "text": said}
            act.emit(f"case.{ended.state}", case_id, told, [case.owner_id])
            return act.work.save(ended)

        body = {"case": case_id, "reverse": reverse, "reason": reason, "name": _name(by)}
        return self._door.run("moderation.judge", by, do, body=body, key=key)

    def queue(
        self,
        *,
        by: By,
        state: CaseState = "open",
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Case]:
        """Cases in a state for the operator, the oldest first."""
        with self._reader.read(by) as view:
            if not view.operator:
                raise Forbidden("only the operator sees the queue; your own cases are in list")
            return view.page(Case, {"state": state}, after=after, limit=limit)

    def list(
        self, *, by: By, party: str | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Case]:
        """Decisions about a party's own things; the operator sees every case, or those of one."""
        with self._reader.read(by, suspended=True) as view:
            where = view.scope("owner_id", party)
            if not view.operator:
                where["state"] = ["decided", "appealed", "upheld", "reversed"]
            page = view.page(Case, where, after=after, limit=limit)
            shown = (one if view.operator else _for_owner(one) for one in page)
            return Page(tuple(x for x in shown if view.operator or _is_told(x)), page.after)

    def get(self, case_id: str, *, by: By) -> Case:
        """A case, whole for the operator; for whom it concerns once it was decided."""
        with self._reader.read(by, suspended=True) as view:
            return seen_case(view, case_id)

    def reports(
        self, *, by: By, case: str | None = None, after: str | None = None, limit: int = 50
    ) -> Page[CaseReport]:
        """What was reported, for the operator; a party sees its own reports."""
        with self._reader.read(by) as view:
            where = view.scope("reporter_id", None)
            if case is not None:
                where["case_id"] = case
            page = view.page(CaseReport, where, after=after, limit=limit)
            return Page(tuple(x if view.operator else _unlinked(x) for x in page), page.after)

    def strikes(self, party_id: str, *, by: By) -> int:
        """How many strikes of a party count now; its own, or for the operator anybody's."""
        with self._reader.read(by, suspended=True) as view:
            mine = view.work.select(Case, {"owner_id": view.own(party_id)}, limit=10_000)
            return sum(one.live_strikes(self._context.now()) for one in mine)


def seen_case(view: View, case_id: str) -> Case:
    """A case as the reader may see it; raises ``NotFound``."""
    case = view.work.find(Case, id=case_id)
    if case is None or not (view.operator or (view.own(case.owner_id) and _is_told(case))):
        raise NotFound(f"no case {case_id!r}")
    return case if view.operator else _for_owner(case)


def named_operator(act: Act, what: str) -> str:
    """The name of who acts for the operator; raises ``Forbidden`` for anybody else."""
    if act.actor.role != OPERATOR:
        raise Forbidden(f"only the operator {what}")
    if not act.actor.name.strip():
        raise Forbidden(
            f"who {what} says who it is: Actor(role=OPERATOR, name=…)", code="needs_a_name"
        )
    return act.actor.name


def _name(by: By) -> str:
    return getattr(by, "name", "") if not isinstance(by, Party) else by.id


def _kind(kind: str) -> SubjectKind:
    for one in SUBJECTS:
        if one == kind:
            return one
    raise InvalidInput(f"one reports a {', a '.join(SUBJECTS)}; not {kind!r}")


def _is_told(case: Case) -> bool:
    """Whether the owner knows of it: nobody hears that he was reported for nothing."""
    return case.action not in (None, "none")


def _for_owner(case: Case) -> Case:
    """Without what would tell who reported it, and which people decided."""
    told_at = case.decided_at or case.opened_at
    return evolve(case, reports=0, opened_at=told_at, decided_by="", judged_by="", version=1)


def _unlinked(report: CaseReport) -> CaseReport:
    """As its reporter sees it: other reports of the same case are not its affair."""
    return evolve(report, case_id="")


def _take_turns(act: Act, parties: Sequence[str]) -> None:
    """Lock parties in one order: cases are opened, and strikes counted, one after the other."""
    act.work.select(Party, {"id": sorted(set(parties))}, lock=True)


def _case_about(act: Act, kind: SubjectKind, subject_id: str, owner: str) -> Case:
    """The open case about a subject, or a new one."""
    found = act.work.select(Case, {"subject_id": subject_id, "state": "open"}, limit=1)
    if found:
        return found[0]
    case = Case(act.new("case"), kind, subject_id, owner, act.at)
    act.work.add(case)
    act.emit("case.opened", case.id, {"kind": kind, "about": subject_id})
    return case
