"""What is no money, no moment and no name, given to every verb that moves money."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from marketplace import HOUR, OPERATOR, InvalidInput, NotFound
from tests.support.refusals import rows_of
from tests.support.ride_world import Town
from tests.support.told import charge, payment

NOTHINGS: list[Any] = [5, 1.5, True, "x", b"1", [1], {"amount": 1, "currency": "NPR"}, float("nan")]
NOTHINGS += [object(), HOUR]

Verb = Callable[[Any], object]


def verbs(town: Town) -> dict[str, Verb]:
    """Every verb of money, given what is no money where some belongs."""
    m, ram = town.market, town.driver()
    sita, gita = town.rider(), town.rider("Gita")
    ride = town.settled(sita, ram, "card")
    paid, name, asked = payment(town, ride).id, charge(town, ride), town.ask(gita).id
    taken = m.chargebacks.opened(
        paid, amount=town.money(100), reference="cb", cause="fraud", fee=town.money(10)
    )
    town.sandbox.take_back(name, 100, fee=10)
    one = town.money(1)
    told = {"reference": "other", "cause": "fraud"}
    back = m.chargebacks
    return {
        "make": lambda it: m.payouts.make(by=OPERATOR, party=ram.id, currency="NPR", amount=it),
        "make in": lambda it: m.payouts.make(by=OPERATOR, party=ram.id, currency=it),
        "cash out": lambda it: m.payouts.cash_out(sita.id, it, by=sita),
        "minimums": lambda it: m.payouts.set_terms(ram.id, minimums=it),
        "write off": lambda it: m.payments.write_off(sita.id, it, reason="r"),
        "top up": lambda it: m.payments.top_up(sita.id, it, reference="r"),
        "share": lambda it: m.payments.share(asked, by=sita, method="card", most=it),
        "share by": lambda it: m.payments.share(asked, by=sita, method=it, most=one),
        "opened": lambda it: back.opened(paid, amount=it, **told),
        "opened, fee": lambda it: back.opened(paid, amount=one, fee=it, **told),
        "opened, until": lambda it: back.opened(paid, amount=one, answer_by=it, **told),
        "opened of": lambda it: back.opened_of(name, amount=it, **told),
        "opened of, fee": lambda it: back.opened_of(name, amount=one, fee=it, **told),
        "won": lambda it: back.won(taken.id, fee_returned=it),
    }


@pytest.mark.attack(77)
@pytest.mark.invariant(36)
def test_no_verb_takes_for_money_what_is_none(town: Town) -> None:
    """A bare number, a text, a mapping and a moment without its zone are refused as bad input by
    every verb that moves money, with what is allowed, and nothing is written."""
    every = verbs(town)
    before = rows_of(town.market, without=("command",))
    for name, verb in every.items():
        for nothing in [*NOTHINGS, datetime(2026, 12, 1)]:  # noqa: DTZ001
            with pytest.raises(InvalidInput):
                verb(nothing)
            assert rows_of(town.market, without=("command",)) == before, (name, nothing)


@pytest.mark.attack(77)
@pytest.mark.parametrize("nothing", [5, None, [1], {"a": 1}, "", "x" * 201, "a\0b", "\ud800"])
def test_no_verb_takes_for_a_name_what_is_none(town: Town, nothing: Any) -> None:
    """Ids, names of payment providers and references that are none: refused, nothing written."""
    m, sita = town.market, town.rider()
    before = rows_of(m, without=("command",))
    attempts: list[Callable[[], object]] = [
        lambda: m.payments.top_up(sita.id, town.money(1), reference=nothing),
        lambda: m.payments.retry(nothing),
        lambda: m.payments.refund_returned(nothing, reason="r"),
        lambda: m.payments.receive(nothing, b"", {}),
        lambda: m.payouts.confirm(nothing, by=OPERATOR, reference="r"),
        lambda: m.payouts.returned(nothing, by=OPERATOR, reason="r"),
        lambda: m.chargebacks.won(nothing),
        lambda: m.ledger.reconcile(nothing),
    ]
    for attempt in attempts:
        with pytest.raises((InvalidInput, NotFound)):
            attempt()
    for most in (-1, 1.5, "1", None):
        with pytest.raises(InvalidInput):
            m.ledger.reconcile("sandbox", most=most)  # type: ignore[arg-type]
    assert rows_of(m, without=("command",)) == before
