"""The simulated world of rides: its people's habits, its databases in memory, its laws."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import sqlalchemy as sa
from attrs import define

from marketplace import (
    Ask,
    Chargeback,
    Event,
    ManualClock,
    Marketplace,
    Money,
    Pay,
    Payment,
    PayoutPlan,
    Place,
    Purpose,
    Transaction,
    Transition,
    Work,
    hookimpl,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.wallet import Wallet
from marketplace.simulation.faults import Faults
from marketplace.simulation.world import Habits, World
from tests.support.hamlet import RIDES

MORNING = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
PLACES = (
    Place(27.7154, 85.3123, "Thamel"),
    Place(27.6727, 85.3253, "Patan"),
    Place(27.7100, 85.3150, "Ratna Park"),
)
PAYS: tuple[tuple[Pay, ...], ...] = (
    (Pay("card", means="tok_ok"),),
    (Pay("card", means="tok_ok"),),
    (Pay("card", means="tok_refund_fails"),),
    (Pay("card", means="tok_declined"),),
    (Pay("card", means="tok_challenged"),),
    (Pay("card", means="tok_capture_fails"),),
    (Pay("cash"),),
    (Pay("cash"),),
    (Pay("wallet"),),
    (Pay("wallet", amount=Money(3_000, "NPR")), Pay("card", means="tok_ok")),
    (Pay("card", means="tok_ok", amount=Money(5_000, "NPR")), Pay("cash")),
    (Pay("card", means="tok_ok", amount=Money(4_000, "NPR")), Pay("card", means="tok_declined")),
    (Pay("card", means="tok_ok", amount=Money(4_000, "NPR")), Pay("card", means="tok_challenged")),
    (Pay("card", means="tok_capture_fails", amount=Money(2_000, "NPR")), Pay("cash")),
    (),
)  # fmt: skip
FOLLOW_UPS = (
    ("tip", "tip", "tip", "customer"),
    ("tip", "tip", "tip", "customer"),
    ("adjustment", "lower", "price", "operator"),
    ("adjustment", "lower", "price", "operator"),
    ("adjustment", "raise", "extra", "operator"),
    ("lost_item", "report", "price", "customer"),
    ("incident", "report", "", "provider"),
    ("trip_share", "share", "", "customer"),
)


@define
class Hearing:
    """A plugin that lets the process die while it hears of an event."""

    faults: Faults
    name: str = "hearing"

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Inside the unit of work that wrote it."""
        self.faults.heard()


def says(chance: Random) -> Callable[[Transition, Ask, Transaction], Any]:
    """What people answer to what rows ask: mostly right, sometimes wrong, sometimes nothing."""

    def say(row: Transition, ask: Ask, deal: Transaction) -> Any:
        if ask.name == "code":
            right = deal.attributes.get("pickup_code", "0000")
            return right if chance.randrange(10) else "wrong"
        if ask.name == "cash_collected":
            return [None, Money(chance.randrange(0, 40_000), "NPR")][chance.randrange(2)]
        if ask.kind == "money":
            return [None, Money(chance.randrange(0, 5_000), "NPR")][chance.randrange(2)]
        if ask.kind == "number":
            return [None, chance.randrange(0, 3)][chance.randrange(2)]
        return "something"

    return say


_template: list[sqlite3.Connection] = []


def database() -> sa.Engine:
    """An SQLite database in memory with all tables, copied from one that was made once."""
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
    )
    if not _template:
        Marketplace.open(engine).close()
        source = engine.raw_connection()
        _template.append(sqlite3.connect(":memory:", check_same_thread=False))
        source.driver_connection.backup(_template[0])  # type: ignore[union-attr]
        source.close()
        return engine
    target = engine.raw_connection()
    _template[0].backup(target.driver_connection)  # type: ignore[arg-type]
    target.close()
    return engine


def small_world(chance: Random, url: Any = None, **settings: Any) -> World:
    """A world of rides on an empty database (by default in memory)."""
    clock, faults = ManualClock(MORNING), Faults()
    sandbox = Sandbox(now=clock.now, before=faults.before, after=faults.after)
    target = database() if url is None else url
    hearing = Hearing(faults)

    def reopen() -> Marketplace:
        return Marketplace.open(
            target,
            [
                RIDES,
                Cash(debt_limit=Money(50_000, "NPR")),
                Wallet(),
                Commission(bp=1_500, tax_bp=1_300),
                sandbox,
                hearing,
            ],
            clock=clock,
            seed=7,
            payouts=PayoutPlan(provider="sandbox"),
            **settings,
        )

    habits = Habits(
        vertical="rides",
        currency="NPR",
        listing={"tier": "ride", "plate": "BA 1", "seats": 1},
        places=PLACES,
        pays=PAYS,
        follow_ups=FOLLOW_UPS,
        asks=says(chance),
    )
    return World(reopen, clock, habits, chance, faults)


def differences(world: World) -> list[str]:
    """Sentences for what our books and the payment provider's say differently, at rest."""
    (sandbox,) = [
        one for one in world.market.context.hooks.plugins.values() if isinstance(one, Sandbox)
    ]
    with world.market.context.store.begin(write=False) as work:
        clearing = sum(
            one.posted for one in work.ledger.balances(purpose=Purpose.PROCESSOR_CLEARING)
        )
        payments = {one.reference: one for one in work.select(Payment, limit=1_000_000)}
        credited: dict[str | None, int] = {}
        for journal in work.ledger.journals(limit=1_000_000):
            if journal.kind == "refund credited":
                (given, *_) = journal.transfers
                payment_id = str(journal.details["payment"])
                credited[payment_id] = credited.get(payment_id, 0) + given.amount
        banks = sum(
            one.amount * (one.state != "won") + one.fee
            for one in work.select(Chargeback, limit=1_000_000)
        )
    theirs = sandbox.balance("NPR").amount + world.arrived - banks
    found = [] if clearing == theirs else [f"our clearing is {clearing}, theirs is {theirs}"]
    for charge in sandbox.charges():
        ours = payments.get(charge["reference"])
        mine = None
        if ours is not None:
            mine = (ours.held, ours.captured, ours.refunded - credited.get(ours.id, 0))
        if mine is None and not (charge["held"] or charge["captured"]):
            continue  # Given up; a later hold of the same payment took its place.
        if mine != (charge["held"], charge["captured"], charge["refunded"]):
            found.append(f"{charge} is {mine} in our books")
    return found
