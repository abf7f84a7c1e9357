"""How plugins are asked: the one place where hooks are called and their answers checked.

Each marketplace owns its plugins. They are registered with pluggy, which checks them against
the specifications; then the callers are frozen into plain lists, in the order given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from types import FunctionType
from typing import Any, TypeVar

import pluggy

from marketplace import hookspecs
from marketplace.domain.bringing import check_bring
from marketplace.domain.event import Event
from marketplace.domain.evolving import evolve
from marketplace.domain.ports import Work
from marketplace.domain.question import (
    Bring,
    Candidate,
    FactsQuestion,
    Gate,
    ListingQuestion,
    MatchQuestion,
    PartSoFar,
    PolicyQuestion,
    PricingQuestion,
    Proposal,
    RateQuestion,
    RequestQuestion,
    ReviewQuestion,
    TransitionQuestion,
)
from marketplace.domain.quote import Line
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput, MarketplaceError, PluginError, SetupError

logger = logging.getLogger("marketplace.hooks")

HOOKS = (
    "bring",
    "refuse_listing",
    "refuse_request",
    "refuse_match",
    "refuse_transition",
    "refuse_review",
    "propose_candidates",
    "propose_lines",
    "propose_policies",
    "propose_rate",
    "propose_facts",
    "hear_event",
    "hear_committed",
)

_REFUSALS = "None, a Reason or several"
_ALLOWED = {
    "refuse_listing": _REFUSALS,
    "refuse_request": _REFUSALS,
    "refuse_match": "Gates (or nothing)",
    "refuse_transition": _REFUSALS,
    "refuse_review": _REFUSALS,
    "propose_candidates": "Candidates or None",
    "propose_lines": "None, Lines, or a Proposal of Lines and Reasons",
}
"""What a hook may be answered with, for whoever answered with something else."""

Caller = tuple[str, Callable[..., Any]]
T = TypeVar("T")
Question = ListingQuestion | RequestQuestion | TransitionQuestion | ReviewQuestion | PolicyQuestion


def load(plugin: object) -> object:
    """The plugin itself, or the one that an entry point of group ``marketplace`` names.

    An entry point is a plugin, a class that makes one without being told anything, or a function
    that gives one.
    """
    if not isinstance(plugin, str):
        return plugin() if isinstance(plugin, type) else plugin
    found = {point.name: point for point in entry_points(group=hookspecs.PROJECT)}
    if plugin not in found:
        known = ", ".join(sorted(found)) or "none is installed"
        raise SetupError(f"no plugin is installed as {plugin!r}; installed: {known}")
    made = found[plugin].load()
    return made() if isinstance(made, type | FunctionType) else made


def name_of(plugin: object) -> str:
    """The plugin's own ``name``, else its class's or module's."""
    name = getattr(plugin, "name", None)
    if isinstance(name, str):
        return name
    return str(getattr(plugin, "__name__", type(plugin).__name__)).rsplit(".", 1)[-1].lower()


def _refuse_unmarked(name: str, plugin: object) -> None:
    """A method that is named for a question and bears no mark would never be asked."""
    for hook in HOOKS:
        method = getattr(plugin, hook, None)
        if callable(method) and not hasattr(method, f"{hookspecs.PROJECT}_impl"):
            raise PluginError(
                f"plugin {name!r}: {hook} bears no mark, so nobody would ask it; "
                "write @hookimpl above it, or give it another name"
            )


class Hooks:
    """The plugins of one marketplace, and one method for each question they are asked."""

    def __init__(self, plugins: Iterable[object]) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, object] = {}
        for given in plugins:
            plugin = load(given)
            name = name_of(plugin)
            if not name.strip():
                kind = type(plugin).__name__
                raise SetupError(f"a plugin's name is a word, that of {kind} is {name!r}")
            _refuse_unmarked(name, plugin)
            if name in self.plugins:
                raise SetupError(f"two plugins are called {name!r}; give one of them another name")
            try:
                self.manager.register(plugin, name=name)
                self.manager.check_pending()
            except pluggy.PluginValidationError as error:
                raise PluginError(f"plugin {name!r} does not fit: {error}") from None
            self.plugins[name] = plugin
        self._callers = {hook: self._frozen(hook) for hook in HOOKS}

    def _frozen(self, hook: str) -> list[Caller]:
        implementations = getattr(self.manager.hook, hook).get_hookimpls()
        if any(one.hookwrapper or one.wrapper for one in implementations):
            raise PluginError(f"hook {hook!r} takes no wrappers; answer it plainly")
        place = {name: index for index, name in enumerate(self.plugins)}

        def order(one: pluggy.HookImpl) -> tuple[int, int]:
            return (-1 if one.tryfirst else int(one.trylast), place[one.plugin_name])

        return [(one.plugin_name, one.function) for one in sorted(implementations, key=order)]

    def answers(self) -> dict[str, list[str]]:
        """Which plugins answer which hook, in the order in which they are asked."""
        return {hook: [name for name, _ in callers] for hook, callers in self._callers.items()}

    def brought(self) -> list[tuple[str, Bring]]:
        """What every plugin brings, by plugin."""
        result = []
        for name, function in self._callers["bring"]:
            answer = _ask("bring", name, function)
            if not isinstance(answer, Bring):
                raise PluginError(f"plugin {name!r}: bring must answer a Bring, not {answer!r}")
            check_bring(name, answer)
            result.append((name, answer))
        return result

    def refusals(self, hook: str, question: Question) -> list[Reason]:
        """Every reason that any plugin gives against it."""
        reasons: list[Reason] = []
        for name, function in self._callers[hook]:
            answer = _ask(hook, name, function, question=question)
            given = [answer] if isinstance(answer, Reason) else answer
            for reason in _many(hook, name, given, Reason):
                reasons.append(reason if reason.plugin else evolve(reason, plugin=name))
        return reasons

    def gates(self, question: MatchQuestion) -> list[Gate]:
        """Every gate's no, of every plugin."""
        gates: list[Gate] = []
        for name, function in self._callers["refuse_match"]:
            answer = _ask("refuse_match", name, function, question=question)
            for gate in _many("refuse_match", name, answer, Gate):
                reason = gate.reason
                if not isinstance(reason, Reason):
                    raise _broken("refuse_match", name, "Gates with a Reason each", reason)
                named = reason if reason.plugin else evolve(reason, plugin=name)
                gates.append(evolve(gate, reason=named))
        return gates

    def candidates(self, question: MatchQuestion) -> list[Candidate] | None:
        """Listings that could serve now; None when no plugin says anything about it."""
        found: dict[str, Candidate] = {}
        asked = False
        for name, function in self._callers["propose_candidates"]:
            answer = _ask("propose_candidates", name, function, question=question)
            if answer is None:
                continue
            asked = True
            for candidate in _many("propose_candidates", name, answer, Candidate):
                found.setdefault(candidate.listing_id, candidate)
        return list(found.values()) if asked else None

    def price(self, question: PricingQuestion) -> Proposal:
        """The lines of a price, each plugin's after those of the ones before it, and why."""
        return self.price_each([question])[0]

    def price_each(self, questions: Sequence[PricingQuestion]) -> list[Proposal]:
        """The prices of a basket's parts: each plugin is asked for every part in turn, and sees of
        all of them what the plugins before it said."""
        lines: list[list[Line]] = [list(one.lines) for one in questions]
        reasons: list[list[Reason]] = [[] for _ in questions]
        sums: list[tuple[int, Caller]] = []
        for name, function in self._callers["propose_lines"]:
            parts = tuple(
                PartSoFar(one.provider_id, one.part, tuple(mine), one.items)
                for one, mine in zip(questions, lines, strict=True)
                if one.provider_id is not None
            )
            for place, question in enumerate(questions):
                said = tuple(lines[place])
                asked = evolve(question, lines=said, parts=parts, place=place)
                proposal = _proposed(name, function, asked)
                lines[place] += proposal.lines
                reasons[place] += proposal.reasons
                if proposal.sums is not None:
                    sums.append((place, (name, proposal.sums)))
        for place, (name, sum_up) in sums:
            said = _ask("propose_lines", name, sum_up, lines=tuple(lines[place]))
            reasons[place] += _given(name, said)
        return [Proposal(tuple(mine), tuple(why)) for mine, why in zip(lines, reasons, strict=True)]

    def rate(self, question: RateQuestion) -> Rate | None:
        """The first rate that a plugin gives between the two; None where nobody has one."""
        for name, function in self._callers["propose_rate"]:
            answer = _ask("propose_rate", name, function, question=question)
            if answer is None:
                continue
            if not isinstance(answer, Rate):
                raise _broken("propose_rate", name, "a Rate or None", answer)
            if (answer.source, answer.target) != (question.source, question.target):
                asked = f"a Rate from {question.source} to {question.target}"
                raise _broken("propose_rate", name, asked, answer)
            return answer if answer.name else evolve(answer, name=name)
        return None

    def joined(self, hook: str, question: PolicyQuestion | FactsQuestion) -> Mapping[str, Any]:
        """The answers joined into one mapping; a name from two plugins is an error."""
        result: dict[str, Any] = {}
        origin: dict[str, str] = {}
        for name, function in self._callers[hook]:
            answer = _ask(hook, name, function, question=question)
            if answer is not None and not isinstance(answer, Mapping):
                raise _broken(hook, name, "a mapping or None", answer)
            for key, value in (answer or {}).items():
                if key in result:
                    raise PluginError(
                        f"plugins {origin[key]!r} and {name!r} both answer {key!r} in {hook}"
                    )
                result[key], origin[key] = value, name
        return result

    def tell(self, events: Sequence[Event], work: Work) -> None:
        """Tell of events inside the database transaction; an exception undoes all of it."""
        for name, function in self._callers["hear_event"]:
            for event in events:
                _ask("hear_event", name, function, event=event, work=work)

    def tell_committed(self, events: Sequence[Event]) -> None:
        """Tell of events after the commit; what a plugin raises is logged and goes no further."""
        for name, function in self._callers["hear_committed"]:
            for event in events:
                try:
                    function(event=event)
                except Exception:
                    logger.exception("plugin %r broke while hearing %r", name, event.kind)


def _proposed(name: str, function: Callable[..., Any], question: PricingQuestion) -> Proposal:
    """What one plugin adds to a price, checked."""
    try:
        answer = _ask("propose_lines", name, function, question=question)
    except InvalidInput as error:
        raise InvalidInput(
            f"plugin {name!r} made an impossible line: {error}",
            code=error.code,
            params={"plugin": name, **error.params},
        ) from error
    proposal = answer if isinstance(answer, Proposal) else Proposal(_listed(answer))
    lines = [_checked_line(name, line, question.currency) for line in _listed(proposal.lines)]
    why = _many("propose_lines", name, proposal.reasons, Reason)
    reasons = [one if one.plugin else evolve(one, plugin=name) for one in why]
    return Proposal(lines, reasons, proposal.sums)


def _ask(hook: str, plugin: str, function: Callable[..., Any], **given: Any) -> Any:
    """The answer; what breaks inside a plugin is told with its name, so that a worker can go on.

    What is raised on purpose passes as it is: a plugin may refuse in the words of this library.
    """
    try:
        answer = function(**given)
        return list(answer) if isinstance(answer, Iterator) else answer
    except MarketplaceError:
        raise
    except Exception as error:
        event = given.get("event")
        told = "" if event is None else f" at {event.kind!r}"
        raise PluginError(
            f"plugin {plugin!r} broke in {hook}{told}: {error!r}",
            params={"plugin": plugin, "hook": hook},
        ) from error


def _listed(answer: Any) -> list[Any]:
    """Several lines, one or none, as a list; whether each is a line is looked at one by one."""
    if answer is None:
        return []
    alone = isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable)
    return [answer] if alone else list(answer)


def _many(hook: str, plugin: str, answer: Any, kind: type[T]) -> Sequence[T]:
    """What a plugin answered, each of it of the kind that the hook asks for."""
    if answer is None:
        return ()
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise _broken(hook, plugin, _ALLOWED[hook], answer)
    given = list(answer)
    for one in given:
        if not isinstance(one, kind):
            raise _broken(hook, plugin, _ALLOWED[hook], one)
    return given


def _given(plugin: str, reasons: Any) -> list[Reason]:
    """The reasons beside a plugin's lines, each with the plugin's name."""
    found = _many("propose_lines", plugin, reasons, Reason)
    return [one if one.plugin else evolve(one, plugin=plugin) for one in found]


def _broken(hook: str, plugin: str, allowed: str, answer: object) -> PluginError:
    return PluginError(
        f"plugin {plugin!r}: {hook} answers {allowed}, not {answer!r}",
        params={"plugin": plugin, "hook": hook},
    )


def _checked_line(plugin: str, line: object, currency: str) -> Line:
    if not isinstance(line, Line):
        raise InvalidInput(
            f"plugin {plugin!r}: propose_lines answers {_ALLOWED['propose_lines']}, not {line!r}",
            params={"plugin": plugin},
        )
    if line.amount.currency != currency:
        raise InvalidInput(
            f"plugin {plugin!r}: line {line.code!r} is in {line.amount.currency}, "
            f"the price is in {currency}",
            code="currency_mismatch",
            params={"plugin": plugin, "line": line.code},
        )
    return line if line.plugin else evolve(line, plugin=plugin)
