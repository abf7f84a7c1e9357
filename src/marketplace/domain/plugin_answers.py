"""What plugins answer, held against what their hooks ask for: what breaks the agreement is told
with the plugin and the hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from marketplace.domain.event import Event
from marketplace.domain.evolving import evolve
from marketplace.domain.question import Gate
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput, MarketplaceError, PluginError

REFUSALS = "None, a Reason or several"
ALLOWED = {
    "refuse_listing": REFUSALS,
    "refuse_request": REFUSALS,
    "refuse_match": "Gates (or nothing)",
    "refuse_transition": REFUSALS,
    "refuse_review": REFUSALS,
    "propose_candidates": "Candidates or None",
    "propose_lines": "None, Lines, or a Proposal of Lines and Reasons",
}
"""What a hook may be answered with, for whoever answered with something else."""

T = TypeVar("T")


def refusals(hook: str, names: Sequence[str], answers: Sequence[Any]) -> list[Reason]:
    """Every reason of each plugin, with its name."""
    reasons: list[Reason] = []
    for place, answer in enumerate(answers):
        if answer is None:
            continue
        if isinstance(answer, Reason):
            reasons.append(answer if answer.plugin else signed(answer, names[place]))
        else:
            reasons += signed_reasons(hook, names[place], answer)
    return reasons


def gates(hook: str, names: Sequence[str], answers: Sequence[Any]) -> list[Gate]:
    """Every gate of each plugin, its reason with the plugin's name."""
    found: list[Gate] = []
    for name, answer in zip(names, answers, strict=True):
        for gate in many(hook, name, answer, Gate):
            reason = gate.reason
            if not isinstance(reason, Reason):
                raise wrong_answer(hook, name, "Gates with a Reason each", reason)
            found.append(gate if reason.plugin else evolve(gate, reason=signed(reason, name)))
    return found


def joined(hook: str, names: Sequence[str], answers: Sequence[Any]) -> dict[str, Any]:
    """The answers joined into one mapping; a name from two plugins is an error."""
    result: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, answer in zip(names, answers, strict=True):
        if answer is not None and not isinstance(answer, (dict, Mapping)):
            raise wrong_answer(hook, name, "a mapping or None", answer)
        for key, value in (answer or {}).items():
            if key in result:
                raise PluginError(
                    f"plugins {origin[key]!r} and {name!r} both answer {key!r} in {hook}"
                )
            result[key], origin[key] = value, name
    return result


def ask(hook: str, plugin: str, function: Callable[..., Any], *given: Any) -> Any:
    """The answer, read to its end where it is made lazily."""
    try:
        answer = function(*given)
        return answer if answer is None else whole(answer)
    except Exception as error:
        broke(hook, plugin, error)


def whole(answer: Any) -> Any:
    """What is made lazily is made while the plugin is still known."""
    return list(answer) if isinstance(answer, Iterator) else answer


def broke(hook: str, plugin: str, error: Exception, event: Event | None = None) -> NoReturn:
    """Tell what breaks inside a plugin with its name, so that a worker can go on.

    What is raised on purpose passes as it is: a plugin may refuse in the words of this library.
    """
    if isinstance(error, MarketplaceError):
        raise error
    told = "" if event is None else f" at {event.kind!r}"
    raise PluginError(
        f"plugin {plugin!r} broke in {hook}{told}: {error!r}",
        params={"plugin": plugin, "hook": hook},
    ) from error


def listed(answer: Any) -> list[Any]:
    """Several lines, one or none, as a list; whether each is a line is looked at one by one."""
    if answer is None:
        return []
    alone = isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable)
    return [answer] if alone else list(answer)


def many(hook: str, plugin: str, answer: Any, kind: type[T]) -> Sequence[T]:
    """What a plugin answered, each of it of the kind that the hook asks for."""
    if answer is None:
        return ()
    given: Sequence[Any] = answer
    if type(answer) is not list and type(answer) is not tuple:
        if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
            raise wrong_answer(hook, plugin, ALLOWED[hook], answer)
        given = ask(hook, plugin, list, answer)
    for one in given:
        if not isinstance(one, kind):
            raise wrong_answer(hook, plugin, ALLOWED[hook], one)
    return given


def signed_reasons(hook: str, plugin: str, answer: Any) -> list[Reason]:
    """The reasons that a plugin gave, each with its name."""
    found = many(hook, plugin, answer, Reason)
    return [one if one.plugin else signed(one, plugin) for one in found]


def signed(reason: Reason, plugin: str) -> Reason:
    """The reason with the name of the plugin that gave it."""
    if type(reason) is Reason:
        # Told of everything that is refused: written out, it takes a third of the time.
        return Reason(reason.code, reason.params, plugin)
    return evolve(reason, plugin=plugin)


def wrong_answer(hook: str, plugin: str, allowed: str, answer: object) -> PluginError:
    """The error to raise: what was answered, and what may be."""
    return PluginError(
        f"plugin {plugin!r}: {hook} answers {allowed}, not {answer!r}",
        params={"plugin": plugin, "hook": hook},
    )


def checked_line(plugin: str, line: object, currency: str) -> Line:
    """The line with its plugin's name; raises ``InvalidInput`` for what is none, or none of the
    price's currency."""
    if not isinstance(line, Line):
        raise InvalidInput(
            f"plugin {plugin!r}: propose_lines answers {ALLOWED['propose_lines']}, not {line!r}",
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
