"""``marketplace check`` and ``marketplace plugins``: what holds, what lags, who does what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import frozen

from marketplace import Proof, Timer, counted
from marketplace.commands.finding import Found, found
from marketplace.commands.screen import as_json as print_json
from marketplace.commands.screen import heading, say, table
from marketplace.domain.transition import spell

MOST_TOLD = 20
"""Parked timers that are told one by one."""


@frozen
class Health:
    """What a marketplace says about itself at this moment."""

    proofs: tuple[tuple[str, Proof], ...]
    hooks: dict[str, list[str]]
    faults: tuple[str, ...]
    timers_late_s: int
    timers_parked: tuple[Timer, ...]
    intents_late_s: int
    intents_waiting: int
    intents_parked: int
    sums: dict[str, int]
    drift: list[str]
    broken_chains: list[str]

    @property
    def good(self) -> bool:
        """Whether nothing is broken; being late is not broken."""
        parked = self.intents_parked or self.timers_parked
        off = any(self.sums.values())
        return not (self.faults or off or self.drift or self.broken_chains or parked)


def check(app: str | None, zone: str | None, as_json: bool) -> None:
    """Print what is proved and what is late; exits with 1 where something is broken."""
    with found(app, zone) as place:
        health = _health(place)
        if as_json:
            print_json({"good": health.good, "health": health})
        else:
            _tell(place, health)
    raise SystemExit(0 if health.good else 1)


def _seconds(late: timedelta | None) -> int:
    return 0 if late is None else int(late.total_seconds())


def _health(place: Found) -> Health:
    market = place.market
    checked = market.check()
    waiting = market.payments.waiting()
    with place.context.store.begin(write=False) as work:
        broken = work.commands.broken_chains()
    return Health(
        proofs=checked.proofs,
        hooks=checked.hooks,
        faults=checked.faults,
        timers_late_s=_seconds(market.clockwork.lag()),
        timers_parked=tuple(market.clockwork.parked()),
        intents_late_s=_seconds(market.payments.lag()),
        intents_waiting=sum(one.state == "waiting" for one in waiting),
        intents_parked=sum(one.state == "parked" for one in waiting),
        sums=market.ledger.sums(),
        drift=market.ledger.drift(),
        broken_chains=broken,
    )


def _tell(place: Found, health: Health) -> None:
    heading("Proved, for each payment method that a process admits")
    table(
        ("vertical", "process", "paid by", "walked", "states", "rows", "longest hold", ""),
        [
            (
                vertical,
                proof.process,
                "mixed" if " + " in proof.method else proof.method,
                proof.configurations,
                proof.states,
                proof.rows,
                _hold(proof),
                "proved" if proof.holds_good else "BROKEN",
            )
            for vertical, proof in health.proofs
        ],
        right=(3, 4, 5),
        spare=(4, 5),
    )
    say("walked: configurations of state, money, capacity, seats and answers that were tried")
    for fault in health.faults:
        say(f"BROKEN: {fault}")
    heading("Which plugin answers which hook, in the order in which they are asked")
    table(
        ("hook", "plugins"),
        [(hook, ", ".join(who) or "nobody") for hook, who in health.hooks.items()],
    )
    heading("Work and books")
    now = place.when(place.context.now())
    due = place.market.clockwork.next_due()
    next_due = "none" if due is None else place.when(due)
    books = "; ".join(f"{currency} {total}" for currency, total in health.sums.items()) or "empty"
    stuck = len(health.timers_parked)
    parked = f", {health.intents_parked} parked for somebody to look at"
    table(
        ("what", "how it is"),
        [
            ("time", f"{now} ({place.zone.key})"),
            (
                "timers",
                f"{_late(health.timers_late_s)}; the next is due {next_due}"
                + (f", {stuck} parked for somebody to look at" if stuck else ""),
            ),
            (
                "calls outside",
                f"{_late(health.intents_late_s)}; {health.intents_waiting} waiting"
                + (parked if health.intents_parked else ""),
            ),
            ("ledger", f"debits less credits: {books}"),
            ("balances", _none(health.drift, "each equals the sum of its transfers")),
            ("audit chains", _none(health.broken_chains, "every chain verifies")),
        ],
    )
    for timer in health.timers_parked[:MOST_TOLD]:
        tries = counted(timer.tries, "try", "tries")
        say(f"PARKED: {timer.name} of {timer.subject_id}, {tries}: {timer.why}")
    if stuck:
        say("once it is mended: marketplace tick --retry ID (or --retry all)")
    say()
    say("everything holds" if health.good else "something is broken: see above")


def _hold(proof: Proof) -> str:
    if proof.longest_hold is not None:
        return spell(proof.longest_hold)
    return "the method's own" if proof.holds else "none"


def _late(seconds: int) -> str:
    return (
        "nothing is late"
        if seconds == 0
        else f"the oldest is {spell(timedelta(seconds=seconds))} late"
    )


def _none(faults: list[str], good: str) -> str:
    return good if not faults else "BROKEN: " + "; ".join(faults[:5])


def plugins(app: str | None, zone: str | None, as_json: bool) -> None:
    """Print which plugins a marketplace has."""
    with found(app, zone) as place:
        hooks = place.context.hooks
        brought = dict(hooks.brought())
        answers = hooks.answers()
        told: list[dict[str, Any]] = []
        for name, plugin in hooks.plugins.items():
            bring = brought.get(name)
            kind = plugin if isinstance(plugin, type) else type(plugin)
            told.append(
                {
                    "name": name,
                    "made_by": f"{kind.__module__}.{kind.__qualname__}",
                    "verticals": [one.name for one in bring.verticals] if bring else [],
                    "payment_methods": [
                        method.name
                        for provider in (bring.payment_providers if bring else ())
                        for method in provider.methods
                    ],
                    "rules": sorted(bring.rules) if bring else [],
                    "tables": [one.name for one in bring.tables] if bring else [],
                    "demos": [one.name for one in bring.demos] if bring else [],
                    "answers": [hook for hook, who in answers.items() if name in who],
                }
            )
        if as_json:
            print_json(told)
            return
        heading("Plugins, in the order in which they are asked")
        rows = [_row(one) for one in told]
        table(("plugin", "brings", "answers", "made by"), rows, spare=(3,))


def _row(one: dict[str, Any]) -> tuple[str, str, str, str]:
    brings = [
        f"{what.replace('_', ' ')}: {', '.join(one[what])}"
        for what in ("verticals", "payment_methods", "tables", "demos")
        if one[what]
    ]
    if one["rules"]:
        brings.append(counted(len(one["rules"]), "pricing rule"))
    return one["name"], "; ".join(brings), ", ".join(one["answers"]), one["made_by"]
