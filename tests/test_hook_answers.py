"""How plugins are asked: what breaks the agreement of a hook is told with plugin and hook."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    Candidate,
    Gate,
    Hooks,
    InvalidInput,
    Line,
    Money,
    PluginError,
    PricingQuestion,
    Proposal,
    Rate,
    RateQuestion,
    Reason,
    Refused,
    SetupError,
    hookimpl,
)

ASKED: Any = SimpleNamespace()
PRICED = PricingQuestion(
    "quote", "lessons", "EUR", work=ASKED, at=datetime(2026, 11, 23, tzinfo=UTC)
)
CHANGED = RateQuestion("EUR", "NPR", work=ASKED, at=datetime(2026, 11, 23, tzinfo=UTC))
LINE = Line("fee", Money(1, "EUR"), "customer", "operator", "rule")


def plugin(hook: str, answer: Any, name: str = "odd") -> Any:
    """A plugin whose one hook gives this answer, or raises it."""

    def answered(self: Any, question: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    answered.__name__ = hook
    return type("Odd", (), {"name": name, hook: hookimpl(answered)})()


def ask(hook: str, answer: Any) -> Any:
    """What a marketplace makes of one plugin's answer."""
    hooks = Hooks([plugin(hook, answer)])
    ways: dict[str, Any] = {
        "refuse_match": lambda: hooks.refuse_match(ASKED),
        "propose_candidates": lambda: hooks.candidates(ASKED),
        "propose_lines": lambda: hooks.price(PRICED),
        "propose_policies": lambda: hooks.propose_policies(ASKED),
        "propose_facts": lambda: hooks.propose_facts(ASKED),
        "propose_rate": lambda: hooks.rate(CHANGED),
    }
    return ways.get(hook, lambda: getattr(hooks, hook)(ASKED))()


REFUSE = ["refuse_listing", "refuse_request", "refuse_transition", "refuse_review"]
LISTED = [*REFUSE, "refuse_match", "propose_candidates"]
JOINED = ["propose_policies", "propose_facts"]
WRONG = ["no", True, 3.5, {"code": "no"}, [None], ["no"], [3.5]]


@pytest.mark.parametrize("hook", LISTED)
@pytest.mark.parametrize("answer", WRONG, ids=repr)
def test_a_wrong_answer_is_told_with_what_is_right(hook: str, answer: object) -> None:
    """A text, a truth value or a list of them is no answer; the error names plugin and hook."""
    with pytest.raises(PluginError, match=f"plugin 'odd': {hook} answers .*, not ") as told:
        ask(hook, answer)
    assert told.value.params == {"plugin": "odd", "hook": hook}


@pytest.mark.parametrize("hook", JOINED)
@pytest.mark.parametrize("answer", ["no", True, 3.5, [("a", 1)]], ids=repr)
def test_what_is_joined_is_a_mapping(hook: str, answer: object) -> None:
    """Policies and facts are mappings, or nothing."""
    with pytest.raises(PluginError, match=f"plugin 'odd': {hook} answers a mapping or None"):
        ask(hook, answer)


@pytest.mark.parametrize(
    "answer",
    ["no", 3.5, [Rate("EUR", "NPR", 1, 1, CHANGED.at)], Rate("NPR", "EUR", 1, 1, CHANGED.at)],
    ids=["text", "number", "list", "the other way"],
)
def test_a_rate_is_between_what_was_asked(answer: object) -> None:
    """A rate the other way round would charge somebody a wrong sum: it is told, not used."""
    with pytest.raises(PluginError, match="plugin 'odd': propose_rate answers a Rate"):
        ask("propose_rate", answer)
    assert ask("propose_rate", None) is None
    assert ask("propose_rate", Rate("EUR", "NPR", 1, 1, CHANGED.at)).name == "odd"


def test_propose_rate_takes_the_first_answer() -> None:
    """Who has none is passed over; what comes after the first that has one changes nothing."""
    first = Rate("EUR", "NPR", 150, 1, CHANGED.at)
    answers = [("silent", None), ("first", first), ("second", evolve(first, numerator=160))]
    hooks = Hooks([plugin("propose_rate", answer, name) for name, answer in answers])
    assert hooks.rate(CHANGED) == evolve(first, name="first")


@pytest.mark.attack(29)
@pytest.mark.parametrize("answer", ["no", True, 3.5, [3.5], [None], {"fee": 1}], ids=repr)
def test_what_is_no_line_is_refused_with_its_plugin(answer: object) -> None:
    """A price is made of lines alone; whoever asked is told which plugin gave something else."""
    with pytest.raises(InvalidInput, match="plugin 'odd': propose_lines answers None, Lines"):
        ask("propose_lines", answer)


def test_one_answer_may_stand_for_a_list() -> None:
    """A line, a reason, or a generator of them is as good as a list."""
    assert ask("propose_lines", LINE).lines[0].plugin == "odd"
    assert ask("propose_lines", Proposal([LINE], [Reason("x")])).reasons[0].plugin == "odd"
    assert ask("refuse_request", Reason("x"))[0].plugin == "odd"
    assert [one.code for one in ask("refuse_request", iter([Reason("x")]))] == ["x"]
    assert ask("propose_candidates", iter([Candidate("l")])) == [Candidate("l")]
    assert ask("propose_candidates", None) is None
    assert ask("refuse_match", [Gate("l", Reason("x"))])[0].reason.plugin == "odd"


@pytest.mark.invariant(38)
@pytest.mark.parametrize("hook", [*LISTED, *JOINED, "propose_lines", "propose_rate"])
def test_what_breaks_inside_a_plugin_has_its_name(hook: str) -> None:
    """Any exception comes out as a ``PluginError`` with its cause; a refusal passes as it is."""
    with pytest.raises(PluginError, match=f"plugin 'odd' broke in {hook}: KeyError") as told:
        ask(hook, KeyError("a bug"))
    assert isinstance(told.value.__cause__, KeyError)
    with pytest.raises(Refused, match="not today"):
        ask(hook, Refused("not today"))


def test_a_generator_that_breaks_half_way_has_its_name_too() -> None:
    """What is made lazily is made while the plugin is still known."""

    def half() -> Iterator[Gate]:
        yield Gate("l", Reason("x"))
        raise KeyError("a bug")

    with pytest.raises(PluginError, match="plugin 'odd' broke in refuse_match"):
        ask("refuse_match", half())


def test_an_event_that_a_plugin_breaks_at_is_named() -> None:
    """The error says at which event, because one plugin hears many."""

    class Deaf:
        name = "deaf"

        @hookimpl
        def hear_event(self, event: Any, work: Any) -> None:
            raise KeyError("a bug")

    hooks = Hooks([Deaf()])
    events: Any = [SimpleNamespace(kind="offer.made")]
    with pytest.raises(PluginError, match=r"'deaf' broke in hear_event at 'offer.made'"):
        hooks.tell(events, ASKED)


def test_a_plugin_is_given_what_it_takes() -> None:
    """Who names the arguments in another order, or not all of them, is given those it names."""
    heard: list[tuple[Any, ...]] = []

    class Turned:
        name = "turned"

        @hookimpl
        def hear_event(self, work: Any, event: Any) -> None:
            heard.append((event, work))

        @hookimpl
        def hear_committed(self) -> None:
            heard.append(())

        @hookimpl
        def propose_rate(self, question: Any = None) -> None:
            heard.append((question,))

    hooks = Hooks([Turned()])
    events: Any = [SimpleNamespace(kind="offer.made")]
    hooks.tell(events, ASKED)
    hooks.tell_committed(events)
    assert hooks.rate(CHANGED) is None
    assert heard == [(events[0], ASKED), (), (CHANGED,)]


def test_plugins_that_do_not_fit_are_refused_at_opening() -> None:
    """Two of one name, none, an unknown hook, a wrong argument, a wrapper: each told by name."""
    with pytest.raises(SetupError, match="two plugins are called 'odd'"):
        Hooks([plugin("refuse_request", None), plugin("refuse_request", None)])
    with pytest.raises(
        SetupError, match="a plugin's name is a word, that of SimpleNamespace is ' '"
    ):
        Hooks([SimpleNamespace(name=" ")])
    for misfit in (plugin("refuse_everything", None),):
        with pytest.raises(PluginError, match=r"plugin 'odd' does not fit.*refuse_everything"):
            Hooks([misfit])

    class Wrong:
        name = "wrong"

        @hookimpl
        def refuse_request(self, request: Any) -> None:
            """Takes what nobody gives."""

    with pytest.raises(PluginError, match="plugin 'wrong' does not fit"):
        Hooks([Wrong()])

    class Silent:
        name = "silent"

        @hookimpl
        def bring(self) -> Any:
            """Forgets to answer."""

    with pytest.raises(PluginError, match="plugin 'silent': bring must answer a Bring, not None"):
        Hooks([Silent()]).brought()


def test_sums_are_told_of_the_whole_price() -> None:
    """Reasons that tell of sums are asked for once every plugin has given its lines, also those
    that come after; what breaks there, or is no reason, is told by the plugin's name."""

    def told(lines: Sequence[Line]) -> list[Reason]:
        return [Reason("in_all", {"lines": [one.code for one in lines]})]

    first = plugin("propose_lines", Proposal([LINE], [Reason("because")], told), "first")
    then = plugin("propose_lines", [evolve(LINE, code="more")], "then")
    price = Hooks([first, then]).price(PRICED)
    assert [(one.plugin, one.code) for one in price.reasons] == [
        ("first", "because"),
        ("first", "in_all"),
    ]
    assert price.reasons[1].params == {"lines": ["fee", "more"]}
    wrong: list[Any] = [lambda lines: ["no"], lambda lines: 1 / 0, 7]
    for sums in wrong:
        with pytest.raises(PluginError, match="'odd'"):
            ask("propose_lines", Proposal((), (), sums))
