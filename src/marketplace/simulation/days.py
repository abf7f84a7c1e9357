"""Days of a world: money that comes and goes, time, faults, reviews, and the coming to rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Chargeback,
    Dispute,
    Intent,
    Money,
    Party,
    Payment,
    Payout,
    Transaction,
)
from marketplace.simulation.laws import broken_at_rest, broken_laws
from marketplace.simulation.world import World

REST = 50 * DAY
"""Longer than anything that the built-in trades leave open."""


def top_up(world: World) -> None:
    """Money arrives for somebody by a local rail; its reference may come twice."""
    party = world.any_of([one for one in world.all_of(Party) if one.state == "active"])
    if party is None:
        return
    amount = Money(world.chance.randrange(1, 60_000), world.habits.currency)
    reference = f"rail {world.chance.randrange(1_000_000)}"
    for _ in range(1 + (world.chance.randrange(4) == 0)):
        balance = world.attempt(
            "top up",
            lambda: world.market.payments.top_up(party.id, amount, reference=reference),
        )
        if balance is not None:
            world.arrived += amount.amount


def pay_out(world: World) -> None:
    """A provider asks for its money at once, or the operator runs the payouts."""
    who = world.any_of(world.providers)
    payouts = world.market.payouts
    if who is None or world.chance.randrange(2):
        world.attempt("payout run", lambda: payouts.run(by=OPERATOR))
        return
    world.attempt(
        "payout at once",
        lambda: payouts.make(
            by=who[0], party=who[0].id, currency=world.habits.currency, at_once=True
        ),
    )


def bank_returns(world: World) -> None:
    """A bank sends a payout back; it may say so twice."""
    payout = world.any_of(world.all_of(Payout, state="paid"))
    if payout is None:
        return
    for _ in range(2):
        returned = world.attempt(
            "payout returned",
            lambda: world.market.payouts.returned(payout.id, by=OPERATOR, reason="closed account"),
        )
        if returned is not None:
            world.arrived += payout.amount


def bank_takes_back(world: World) -> None:
    """A payer's bank takes a payment back, in part or whole; it may be told twice."""
    taken = [one for one in world.all_of(Payment) if one.captured and one.reference is not None]
    payment = world.any_of(taken)
    if payment is None:
        return
    amount = 1 + world.chance.randrange(payment.captured)
    fee, number = world.chance.randrange(3) * 500, world.chance.randrange(3)
    for _ in range(1 + world.chance.randrange(2)):
        world.attempt(
            "chargeback",
            lambda: world.market.chargebacks.opened(
                payment.id,
                amount=Money(amount, payment.currency),
                fee=Money(fee, payment.currency),
                reference=f"du {number}",
                cause="fraudulent",
            ),
        )


def bank_decides(world: World) -> None:
    """A bank says what becomes of a chargeback, maybe of one that it had decided otherwise."""
    one = world.any_of(world.all_of(Chargeback))
    if one is not None:
        _decide(world, one)


def _decide(world: World, one: Chargeback) -> None:
    chargebacks = world.market.chargebacks
    verb = chargebacks.won if world.chance.randrange(2) else chargebacks.lost
    world.attempt(f"chargeback {verb.__name__}", lambda: verb(one.id))


def complain(world: World) -> None:
    """Somebody says that a deal was not kept, or whoever said so takes it back."""
    dispute = world.any_of(world.all_of(Dispute, state="open"))
    if dispute is not None and world.chance.randrange(2):
        by = dispute.opened_by
        world.attempt("withdraw", lambda: world.market.disputes.withdraw(dispute.id, by=by))
        return
    deal = world.any_of(world.all_of(Transaction))
    party = world.any_of(world.customers + [who for who, _ in world.providers])
    if deal is not None and party is not None:
        world.attempt(
            "dispute", lambda: world.market.disputes.open(deal.id, by=party, cause="not kept")
        )


def review(world: World) -> None:
    """Somebody reviews somebody after a deal."""
    deal = world.any_of([one for one in world.all_of(Transaction) if one.ended_at is not None])
    party = world.any_of(world.all_of(Party))
    if deal is not None and party is not None:
        rating = 1 + world.chance.randrange(5)
        world.attempt(
            "review", lambda: world.market.reviews.write(deal.id, by=party, rating=rating)
        )


def fault(world: World) -> None:
    """Something will go wrong at the next occasion."""
    kind = world.any_of(world.faults.KINDS)
    assert kind is not None
    world.faults.coming.append(kind)


def crash(world: World) -> None:
    """The process is gone between two commands."""
    world.crashes += 1
    world.open()


def answered_twice(world: World) -> None:
    """The last answer from outside comes once more."""
    if world.faults.last is None:
        return
    order, answer = world.faults.last
    intents = [one for one in world.all_of(Intent) if one.key == order.key]
    over = [one.id for one in intents if one.state != "waiting"]
    if over:
        world.attempt("answered twice", lambda: world.market.payments.answered(over[0], answer))


def tick(world: World) -> None:
    """A worker does what is due."""
    world.attempt("tick", world.market.tick)


def pass_time(world: World) -> None:
    """Time goes on: to just before, at or just after the next thing that is due, or by chance."""
    due, now = world.market.clockwork.next_due(), world.clock.now()
    lengths = [SECOND, 5 * SECOND, 5 * SECOND, MINUTE, MINUTE, MINUTE, 2 * MINUTE, 8 * MINUTE, HOUR]
    choice = world.chance.randrange(1 + len(lengths))
    if due is not None and due > now and not choice:
        edge = due + (world.chance.randrange(3) - 1) * SECOND
        world.clock.set(max(edge, now))
    else:
        world.clock.advance(lengths[choice - 1])


MOVES: tuple[tuple[int, Callable[[World], None]], ...] = (
    (1, World.join),
    (4, World.appear),
    (7, World.order),
    (8, World.dispatch),
    (3, World.answer),
    (24, World.step),
    (5, World.carry_on),
    (6, World.follow_up),
    (1, World.suspend),
    (2, top_up),
    (2, pay_out),
    (1, bank_returns),
    (1, bank_takes_back),
    (1, bank_decides),
    (1, complain),
    (1, review),
    (1, fault),
    (1, crash),
    (1, answered_twice),
    (4, tick),
    (5, pass_time),
)
"""What happens in a world, and how often in comparison."""

_BAG = [move for weight, move in MOVES for _ in range(weight)]


def move(world: World) -> None:
    """One thing happens, by chance."""
    chosen = world.any_of(_BAG)
    assert chosen is not None
    chosen(world)


def settle_in(world: World) -> None:
    """The first people come, and are there."""
    for _ in range(12):
        world.join()
    for _ in range(4):
        world.appear()
    top_up(world)


def live(world: World, moves: int) -> None:
    """So many things happen; raises ``AssertionError`` at the first that breaks a law."""
    for number in range(moves):
        move(world)
        broken = broken_laws(world.market, world.memory)
        assert not broken, f"after move {number}: {'; '.join(broken)}"


def come_to_rest(world: World, within: timedelta = REST) -> None:
    """Faults stop; time passes from one due thing to the next until all that can end has ended.

    Raises ``AssertionError`` for whatever is then still open.
    """
    world.faults.coming.clear()
    for party in world.all_of(Party):
        if party.state == "suspended":
            world.market.parties.reinstate(party.id, reason="the end")
    for one in world.all_of(Chargeback, state="open"):
        _decide(world, one)
    end = world.clock.now() + within
    while world.clock.now() < end:
        world.market.tick()
        steps = [end, *_next(world)]
        world.clock.set(max(min(steps), world.clock.now() + SECOND))
    world.market.tick()
    broken = broken_laws(world.market, world.memory) + broken_at_rest(world.market)
    assert not broken, f"at rest: {'; '.join(broken)}"


def _next(world: World) -> list[datetime]:
    """When something is due: a timer, or an intent that is tried again."""
    now = world.clock.now()
    moments = [world.market.clockwork.next_due()]
    moments += [one.due_at for one in world.all_of(Intent, state="waiting")]
    moments += [one.leased_until for one in world.all_of(Intent, state="waiting")]
    return [moment for moment in moments if moment is not None and moment > now]
