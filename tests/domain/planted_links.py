"""Mistakes in how deals are linked, with the fault and the sentence expected."""

from collections.abc import Callable
from datetime import timedelta

from marketplace.domain.effect import VOID, opens, takes, tells
from marketplace.domain.party import CUSTOMER, ORIGIN
from marketplace.domain.process import Process
from marketplace.domain.transition import After, Ask, At, Transition
from marketplace.domain.vertical import Vertical
from tests.support.deals import bare, go

BESIDE = (
    Transition("enter", ORIGIN, "a", "b"),
    Transition("call_off", ORIGIN, "b", "z"),
    Transition("leave", CUSTOMER, "b", "z"),
)


def beside(*rows: Transition, name: str = "side") -> Process:
    """A deal that another one opens, and calls off."""
    return Process(name, start="a", final={"z"}, transitions=(*BESIDE, *rows))


def linked(process: Process, *others: Process) -> Vertical:
    """A trade with one process and what follows it."""
    return Vertical("trade", (process,), follow_ups=others)


IN_THE_LINKS: dict[str, tuple[Callable[[], object], str, str]] = {
    "a link before what may be refused": (
        lambda: bare(go(opens("side"), VOID)),
        "link_not_last",
        "'go' does 'open side' before 'void'; write it last",
    ),
    "an origin that waits": (
        lambda: beside(Transition("late", ORIGIN, "b", "z", not_before=After(timedelta(hours=1)))),
        "origin_waits",
        "'late' is the origin's, and waits until 1 h later",
    ),
    "an origin that is asked": (
        lambda: linked(
            bare(
                Transition("in", CUSTOMER, "a", "b", opens("side")),
                Transition("out", CUSTOMER, "b", "z", takes("side", "say")),
            ),
            beside(Transition("say", ORIGIN, "b", "z", asks=[Ask("start", "time"), Ask("why")])),
        ),
        "origin_waits",
        ("'out' of 'bare' takes 'say' of 'side', which asks 'why'; told may be: end or start"),
    ),
    "an entry that asks": (
        lambda: linked(
            bare(go(opens("side"))),
            Process("side", "a", {"z"}, [Transition("enter", ORIGIN, "a", "z", asks=[Ask("why")])]),
        ),
        "origin_waits",
        "'go' of 'bare' opens 'side', whose first row asks 'why', which nobody answers",
    ),
    "a teller that nobody opens": (
        lambda: linked(bare(go()), beside(Transition("say", CUSTOMER, "b", "z", tells("go")))),
        "never_opened",
        "'say' of 'side' does 'tell go', and no process opens 'side'",
    ),
    "a teller of what the origin may not": (
        lambda: linked(
            bare(go(opens("side"))), beside(Transition("say", CUSTOMER, "b", "z", tells("go")))
        ),
        "unknown_link",
        "'say' of 'side' takes 'go' of 'bare', which the origin may not; may: nothing",
    ),
    "rows that take each other": (
        lambda: linked(
            bare(
                Transition("in", CUSTOMER, "a", "b", opens("side")),
                Transition("out", (CUSTOMER, ORIGIN), "b", "z", takes("side", "stop")),
            ),
            beside(Transition("stop", (CUSTOMER, ORIGIN), "b", "z", tells("out"))),
        ),
        "link_circle",
        "'out of bare' takes 'stop of side' takes 'out of bare'",
    ),
    "a link to nowhere": (
        lambda: linked(bare(go(opens("aside"))), beside()),
        "unknown_link",
        "'go' of 'bare' does 'open aside', and no process is called 'aside'; may: side",
    ),
    "a deal that cannot be entered": (
        lambda: linked(bare(go(opens("two"))), Process("two", "a", {"z"}, [go()])),
        "unknown_link",
        "'go' of 'bare' opens 'two', where the origin takes no row from 'a'",
    ),
    "a moment that nobody brings": (
        lambda: linked(
            bare(go(opens("side")), moments=()),
            beside(Transition("see", CUSTOMER, "b", "z", not_before=At("start"))),
        ),
        "unknown_link",
        "'go' of 'bare' opens 'side', which is timed by 'start'; 'bare' has no moments",
    ),
    "a row that is not the origin's": (
        lambda: linked(
            bare(
                Transition("in", CUSTOMER, "a", "b", opens("side")),
                Transition("out", CUSTOMER, "b", "z", takes("side", "leave")),
            ),
            beside(),
        ),
        "unknown_link",
        "'out' of 'bare' takes 'leave' of 'side', which the origin may not; may: call_off, enter",
    ),
    "a row of what was never opened": (
        lambda: linked(
            bare(
                Transition("in", CUSTOMER, "a", "b", takes("side", "call_off")),
                Transition("out", CUSTOMER, "b", "z", opens("side")),
            ),
            beside(),
        ),
        "never_opened",
        "'in' of 'bare' takes 'call_off' of 'side', which no row on the way there opens",
    ),
    "deals that open each other": (
        lambda: linked(
            bare(go(opens("side"))),
            beside(Transition("more", CUSTOMER, "b", "z", opens("wide"))),
            beside(Transition("more", CUSTOMER, "b", "z", opens("side")), name="wide"),
        ),
        "link_circle",
        "'side' opens 'wide' opens 'side'",
    ),
}
