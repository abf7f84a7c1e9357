"""How plugins are asked: the one place where hooks are called.

Each marketplace owns its plugins. They are registered with pluggy, which checks them against
the specifications; then the callers are frozen, in the order given. They are called from here,
without pluggy: hooks are asked in every step of every deal, mostly by plugins that have nothing to
say, and its own call takes eleven times as long as that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import entry_points
from types import FunctionType
from typing import Any, NoReturn, TypeVar, cast

import pluggy

from marketplace import hookspecs
from marketplace.domain.bringing import check_bring
from marketplace.domain.event import Event
from marketplace.domain.evolving import evolve
from marketplace.domain.plugin_answers import (
    ask,
    broke,
    checked_line,
    gates,
    joined,
    listed,
    many,
    refusals,
    signed_reasons,
    whole,
    wrong_answer,
)
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
from marketplace.errors import InvalidInput, PluginError, SetupError

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


Caller = tuple[str, Callable[..., Any]]
"""A plugin's name, and its function for a hook."""
T = TypeVar("T")


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
    """The plugins of one marketplace, and one function for each question they are asked."""

    refuse_listing: Callable[[ListingQuestion], list[Reason]]
    """Every reason that any plugin gives against it; so are the next three."""
    refuse_request: Callable[[RequestQuestion], list[Reason]]
    refuse_transition: Callable[[TransitionQuestion], list[Reason]]
    refuse_review: Callable[[ReviewQuestion], list[Reason]]
    refuse_match: Callable[[MatchQuestion], list[Gate]]
    """Every gate's no, of every plugin."""
    propose_policies: Callable[[PolicyQuestion], dict[str, Any]]
    """The answers joined into one mapping; a name from two plugins is an error. So is the next."""
    propose_facts: Callable[[FactsQuestion], dict[str, Any]]
    hears_committed: bool
    """Whether anybody is to be told of events after the commit."""

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
        for hook in ("refuse_listing", "refuse_request", "refuse_transition", "refuse_review"):
            setattr(self, hook, _together(hook, self._callers[hook], refusals, "[]"))
        for hook in ("propose_policies", "propose_facts"):
            setattr(self, hook, _together(hook, self._callers[hook], joined, "{}"))
        self.refuse_match = _together("refuse_match", self._callers["refuse_match"], gates, "[]")
        self.hears_committed = bool(self._callers["hear_committed"])

    def _frozen(self, hook: str) -> list[Caller]:
        implementations = getattr(self.manager.hook, hook).get_hookimpls()
        if any(one.hookwrapper or one.wrapper for one in implementations):
            raise PluginError(f"hook {hook!r} takes no wrappers; answer it plainly")
        place = {name: index for index, name in enumerate(self.plugins)}

        def order(one: pluggy.HookImpl) -> tuple[int, int]:
            return (-1 if one.tryfirst else int(one.trylast), place[one.plugin_name])

        asked = tuple(getattr(self.manager.hook, hook).spec.argnames)
        found = sorted(implementations, key=order)
        return [(one.plugin_name, _fitted(one, asked)) for one in found]

    def answers(self) -> dict[str, list[str]]:
        """Which plugins answer which hook, in the order in which they are asked."""
        return {hook: [name for name, _ in callers] for hook, callers in self._callers.items()}

    def brought(self) -> list[tuple[str, Bring]]:
        """What every plugin brings, by plugin."""
        result = []
        for name, function in self._callers["bring"]:
            answer = ask("bring", name, function)
            if not isinstance(answer, Bring):
                raise PluginError(f"plugin {name!r}: bring must answer a Bring, not {answer!r}")
            check_bring(name, answer)
            result.append((name, answer))
        return result

    def candidates(self, question: MatchQuestion) -> list[Candidate] | None:
        """Listings that could serve now; None when no plugin says anything about it."""
        found: dict[str, Candidate] | None = None
        for name, function in self._callers["propose_candidates"]:
            answer = ask("propose_candidates", name, function, question)
            if answer is None:
                continue
            found = {} if found is None else found
            for candidate in many("propose_candidates", name, answer, Candidate):
                found.setdefault(candidate.listing_id, candidate)
        return None if found is None else list(found.values())

    def price(self, question: PricingQuestion) -> Proposal:
        """The lines of a price, each plugin's after those of the ones before it, and why."""
        return self.price_each([question])[0]

    def price_each(self, questions: Sequence[PricingQuestion]) -> list[Proposal]:
        """The prices of a basket's parts: each plugin is asked for every part in turn, and sees of
        all of them what the plugins before it said."""
        lines: list[list[Line]] = [list(one.lines) for one in questions]
        reasons: list[list[Reason]] = [[] for _ in questions]
        sums: list[tuple[int, Caller]] = []
        asked: list[PricingQuestion] = []
        for name, function in self._callers["propose_lines"]:
            # What was said is the same until somebody says more.
            asked = asked or _said(questions, lines)
            more = False
            for place, question in enumerate(asked):
                proposal = _proposed(name, function, question)
                if proposal is None:
                    continue
                more = more or bool(proposal.lines)
                lines[place] += proposal.lines
                reasons[place] += proposal.reasons
                if proposal.sums is not None:
                    sums.append((place, (name, proposal.sums)))
            if more:
                asked = []
        for place, (name, sum_up) in sums:
            said = ask("propose_lines", name, sum_up, tuple(lines[place]))
            reasons[place] += signed_reasons("propose_lines", name, said)
        return [Proposal(tuple(mine), tuple(why)) for mine, why in zip(lines, reasons, strict=True)]

    def rate(self, question: RateQuestion) -> Rate | None:
        """The first rate that a plugin gives between the two; None where nobody has one."""
        for name, function in self._callers["propose_rate"]:
            answer = ask("propose_rate", name, function, question)
            if answer is None:
                continue
            if not isinstance(answer, Rate):
                raise wrong_answer("propose_rate", name, "a Rate or None", answer)
            if (answer.source, answer.target) != (question.source, question.target):
                asked = f"a Rate from {question.source} to {question.target}"
                raise wrong_answer("propose_rate", name, asked, answer)
            return answer if answer.name else evolve(answer, name=name)
        return None

    def tell(self, events: Sequence[Event], work: Work) -> None:
        """Tell of events inside the database transaction; an exception undoes all of it."""
        for name, function in self._callers["hear_event"]:
            for event in events:
                try:
                    heard = function(event, work)
                    if heard is not None:
                        whole(heard)
                except Exception as error:
                    broke("hear_event", name, error, event)

    def tell_committed(self, events: Sequence[Event]) -> None:
        """Tell of events after the commit; what a plugin raises is logged and goes no further."""
        for name, function in self._callers["hear_committed"]:
            for event in events:
                try:
                    function(event)
                except Exception:
                    logger.exception("plugin %r broke while hearing %r", name, event.kind)


def _together(
    hook: str,
    callers: Sequence[Caller],
    join: Callable[[str, Sequence[str], Sequence[Any]], T],
    silence: str,
) -> Callable[[Any], T]:
    """A function that puts a question to all of them, and joins what they answer.

    Written out for these plugins, a call a line: nothing is asked more often, and a loop takes half
    as long again. ``silence`` is Python for the answer where nobody says anything.
    """
    if not callers:
        return cast("Callable[[Any], T]", eval(f"lambda question: {silence}"))
    names = [name for name, _ in callers]
    said = [f"said{number}" for number in range(len(callers))]
    asks = [f"ask_{one}" for one in said]
    # Bound as defaults: names of the function's own are read quicker than free ones.
    head = [f"def asked(question, {', '.join(f'{one}={one}' for one in asks)}):", "    try:"]
    calls = [f"        {one} = ask_{one}(question)" for one in said]
    tail = [
        "    except Exception as error:",
        "        broken(error, error.__traceback__.tb_lineno)",
        f"    if {' and '.join(f'{one} is None' for one in said)}:",
        f"        return {silence}",
        f"    return join({hook!r}, names, ({', '.join(said)},))",
    ]

    def broken(error: Exception, line: int) -> NoReturn:
        # Whose call it was is told by its line.
        broke(hook, names[line - 1 - len(head)], error)

    made: dict[str, Any] = {"broken": broken, "join": join, "names": names}
    made |= zip(asks, (function for _, function in callers), strict=True)
    exec(compile("\n".join([*head, *calls, *tail]), f"<plugins asked {hook}>", "exec"), made)
    return cast("Callable[[Any], T]", made["asked"])


def _said(
    questions: Sequence[PricingQuestion], lines: Sequence[Sequence[Line]]
) -> list[PricingQuestion]:
    """The questions, each with what was said so far of its part and of the others."""
    parts = tuple(
        PartSoFar(one.provider_id, one.part, tuple(mine), one.items)
        for one, mine in zip(questions, lines, strict=True)
        if one.provider_id is not None
    )
    told: list[PricingQuestion] = []
    for place, (one, mine) in enumerate(zip(questions, lines, strict=True)):
        said = tuple(mine)
        # Before anybody said anything the question is whole as it is.
        same = (one.lines, one.parts, one.place) == (said, parts, place)
        told.append(one if same else evolve(one, lines=said, parts=parts, place=place))
    return told


def _proposed(
    name: str, function: Callable[..., Any], question: PricingQuestion
) -> Proposal | None:
    """What one plugin adds to a price, checked; None where it has nothing to say."""
    try:
        answer = ask("propose_lines", name, function, question)
    except InvalidInput as error:
        raise InvalidInput(
            f"plugin {name!r} made an impossible line: {error}",
            code=error.code,
            params={"plugin": name, **error.params},
        ) from error
    if answer is None:
        return None
    proposal = answer if isinstance(answer, Proposal) else Proposal(listed(answer))
    lines = [checked_line(name, line, question.currency) for line in listed(proposal.lines)]
    why = signed_reasons("propose_lines", name, proposal.reasons)
    return Proposal(lines, why, proposal.sums)


def _fitted(one: pluggy.HookImpl, asked: tuple[str, ...]) -> Callable[..., Any]:
    """The plugin's function, called with everything in the order of the specification; one that
    takes less of it, or in another order, is given what it takes."""
    function = one.function
    if one.argnames == asked:
        return function
    takes = [name for name in asked if name in (*one.argnames, *one.kwargnames)]

    def fitted(*given: Any) -> Any:
        named = dict(zip(asked, given, strict=True))
        return function(**{name: named[name] for name in takes})

    return fitted
