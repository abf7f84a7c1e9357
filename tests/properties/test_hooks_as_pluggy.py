"""Plugins are registered with pluggy and called without it: in the order in which it would call
them, with the same answers, and the same end where one of them breaks."""

from collections.abc import Callable
from typing import Any

import pluggy
import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

import marketplace.hookspecs as hookspecs
from marketplace import Candidate, Gate, Hooks, PluginError, Reason, Refused, hookimpl

QUESTION: Any = object()
MADE: dict[str, Callable[[str], Any]] = {
    "refuse_request": Reason,
    "refuse_match": lambda name: Gate(name, Reason(name)),
    "propose_candidates": Candidate,
    "propose_facts": lambda name: (name, name.upper()),
}
"""One answer to each hook; of facts, a key and its value."""
HOWS = ("nothing", "one", "list", "tuple", "generator", "bug", "refusal")


@frozen
class Given:
    """A plugin to be made: how it answers, when it wants to be asked, what it takes of the
    question."""

    how: str
    order: str
    takes: str


GIVEN = st.builds(
    Given,
    st.sampled_from(HOWS),
    st.sampled_from(("", "tryfirst", "trylast")),
    st.sampled_from(("question", "", "question=None")),
)


def answered(hook: str, how: str, name: str) -> Any:
    """What a plugin of this name answers."""
    if how == "bug":
        raise KeyError(name)
    if how == "refusal":
        raise Refused(name)
    several = [MADE[hook](f"{name}{number}") for number in range(2)]
    if how == "nothing":
        return None
    if hook == "propose_facts":
        return dict(several)
    if how == "one" and hook == "refuse_request":
        return several[0]
    return {"tuple": tuple, "generator": iter}.get(how, list)(several)


def plugin(hook: str, name: str, one: Given, asked: list[str]) -> Any:
    """A plugin that notes when it is asked."""

    def answer() -> Any:
        asked.append(name)
        return answered(hook, one.how, name)

    names: dict[str, Any] = {"answer": answer}
    parameters = ", ".join(["self", *filter(None, [one.takes])])
    exec(f"def method({parameters}): return answer()", names)
    options: Any = {one.order: True} if one.order else {}
    known = {
        "silent": one.how == "nothing",
        "last": one.order == "trylast",
        "number": int(name[1:]),
    }
    return type("Asked", (), {"name": name, **known, hook: hookimpl(**options)(names["method"])})()


def by_pluggy(hook: str, plugins: list[Any], asked: list[str]) -> list[tuple[str, Any]]:
    """The answers by pluggy's own call, which asks whoever was registered last first; but of those
    who want to be last, whoever was registered first."""
    manager = pluggy.PluginManager("marketplace")
    manager.add_hookspecs(hookspecs)
    for one in sorted(plugins, key=lambda one: one.number + 1 if one.last else -one.number):
        manager.register(one, name=one.name)
    results = getattr(manager.hook, hook)(question=QUESTION)
    silent = {one.name for one in plugins if one.silent}
    return list(zip([name for name in asked if name not in silent], results, strict=True))


def by_hooks(hook: str, plugins: list[Any]) -> Any:
    """The same by the marketplace's."""
    hooks = Hooks(plugins)
    ways: dict[str, Callable[[], Any]] = {
        "refuse_match": lambda: hooks.refuse_match(QUESTION),
        "propose_candidates": lambda: hooks.candidates(QUESTION),
        "propose_facts": lambda: list(hooks.propose_facts(QUESTION).items()),
    }
    return ways.get(hook, lambda: getattr(hooks, hook)(QUESTION))()


def joined(hook: str, answers: list[tuple[str, Any]]) -> Any:
    """pluggy's answers, joined as the hook says."""
    several = [
        (name, each)
        for name, answer in answers
        for each in (
            [answer]
            if isinstance(answer, Reason)
            else (answer.items() if isinstance(answer, dict) else answer)
        )
    ]
    if hook == "refuse_request":
        return [evolve(reason, plugin=name) for name, reason in several]
    if hook == "refuse_match":
        return [evolve(one, reason=evolve(one.reason, plugin=name)) for name, one in several]
    found = [each for _, each in several]
    return found if answers or hook != "propose_candidates" else None


@pytest.mark.parametrize("hook", MADE)
@given(some=st.lists(GIVEN, max_size=6))
def test_plugins_are_asked_as_pluggy_asks_them(hook: str, some: list[Given]) -> None:
    """Whatever plugins there are, whoever wants to be asked first or last, whatever each takes of
    the question: the same are asked in the same order, and what they answer is the same; where one
    breaks nobody is asked after it, its bug is told with its name, and its refusal as it is."""
    asked: list[str] = []
    plugins = [plugin(hook, f"p{number}", one, asked) for number, one in enumerate(some)]
    try:
        expected: Any = joined(hook, by_pluggy(hook, plugins, asked))
    except (KeyError, Refused) as error:
        expected = error
    by_them = asked.copy()
    asked.clear()
    try:
        found: Any = by_hooks(hook, plugins)
    except (PluginError, Refused) as error:
        found = error
    assert asked == by_them
    if isinstance(expected, KeyError):
        assert isinstance(found, PluginError)
        assert (found.params, repr(found.__cause__)) == (
            {"plugin": asked[-1], "hook": hook},
            repr(expected),
        )
    elif isinstance(expected, Refused):
        assert isinstance(found, Refused)
        assert str(found) == str(expected)
    else:
        assert found == expected
