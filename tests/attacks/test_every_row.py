"""Every row in every state by everybody: the declared ones succeed, and nothing else does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import frozen

from marketplace import (
    CLOCK,
    DAY,
    MINUTE,
    OPERATOR,
    PAYMENT_PROVIDER,
    Actor,
    Conflict,
    Forbidden,
    IllegalTransition,
    Line,
    NotFound,
    Outcome,
    Party,
    Pay,
    Process,
    Role,
    Transaction,
)
from tests.attacks.conftest import Found
from tests.support.hamlet import CARD, Hamlet, rupees
from tests.support.refusals import rows_of

TABLE_SAYS_NO = (Forbidden, IllegalTransition, NotFound)
ROLES = ("customer", "provider", "operator", "clock", "payment provider", "stranger")
ASKED: dict[str, dict[str, Any]] = {
    "call_off": {"reason": "no fuel"},
    "report": {"what": "an umbrella"},
    "share": {"with_whom": "my sister"},
}
"""What rows ask for; the code of ``start`` is the ride's own."""

Bring = Callable[[Hamlet], Transaction]


@frozen
class Triple:
    """One attempt: a row, in a state, by somebody."""

    state: str
    row: str
    who: str


def to(state: str, pay: Pay = CARD) -> Bring:
    """A way into a state that the hamlet knows by its name."""
    return lambda hamlet: getattr(hamlet, state)(pay)


def _then(bring: Bring, row: str, who: str, wait: Any = 0 * MINUTE, **asks: Any) -> Bring:
    def done(hamlet: Hamlet) -> Transaction:
        ride = bring(hamlet)
        hamlet.clock.advance(wait)
        return hamlet.take(ride, row, by=_actor(hamlet, who), **asks)

    return done


def _after(bring: Bring, process: str, **fields: Any) -> Bring:
    """A follow-up of a settled ride."""

    def opened(hamlet: Hamlet) -> Transaction:
        who, means = fields.get("who", "customer"), fields.get("means", "tok_ok")
        purses = fields.get("purses", ())
        costs: dict[str, Any] = {}
        if who == "operator":
            costs["lines"] = [
                Line("extra", rupees(50), "customer", "provider", rule="core.agreed", purse=purse)
                for purse in purses
            ]
        elif purses:
            costs["amount"] = rupees(50)
        return hamlet.market.transactions.follow_up(
            bring(hamlet).id,
            process,
            by=_actor(hamlet, who),
            pay=[Pay("card", means=means, purse=purse) for purse in purses],
            entry=fields.get("entry"),
            asks=fields.get("asks"),
            **costs,
        )

    return opened


SETTLED = to("settled")
UNPAID = to("finished", Pay("card", means="tok_capture_fails"))
STATES: dict[str, dict[str, Bring]] = {
    "ride": {
        "challenged": to("opened", Pay("card", means="tok_challenged")),
        "searching": to("opened"),
        "offered": lambda hamlet: hamlet.offered()[0],
        "accepted": to("accepted"),
        "arriving": _then(to("accepted"), "set_out", "provider"),
        "arrived": to("arrived"),
        "started": to("started"),
        "completed": to("finished"),
        "unpaid": UNPAID,
        "settled": SETTLED,
        "expired": _then(to("opened"), "expire", "clock"),
        "cancelled": _then(to("opened"), "cancel", "customer"),
        "declined": to("opened", Pay("card", means="tok_declined")),
        "no_show": _then(to("arrived"), "no_show", "provider", 8 * MINUTE),
    },
    "tip": {
        "tipped": _after(SETTLED, "tip", purses=["tip"]),
        "refused": _after(SETTLED, "tip", purses=["tip"], means="tok_declined"),
        "challenged": _after(SETTLED, "tip", purses=["tip"], means="tok_challenged"),
    },
    "adjustment": {
        "adjusted": _after(SETTLED, "adjustment", who="operator", entry="raise", purses=["extra"]),
        "refused": _after(
            SETTLED, "adjustment", who="operator", entry="raise", purses=["extra"],
            means="tok_declined",
        ),
        "challenged": _after(
            SETTLED, "adjustment", who="operator", entry="raise", purses=["extra"],
            means="tok_challenged",
        ),
    },
    "lost_item": {
        "reported": _after(SETTLED, "lost_item", purses=["price"], asks={"what": "a hat"}),
    },
    "incident": {"reported": _after(SETTLED, "incident", asks={"what": "too fast"})},
    "trip_share": {"shared": _after(to("started"), "trip_share", asks={"with_whom": "her"})},
}  # fmt: skip
LOST = STATES["lost_item"]
LOST["found"] = _then(LOST["reported"], "found", "provider")
LOST["not_found"] = _then(LOST["reported"], "not_there", "provider")
LOST["returned"] = _then(LOST["found"], "received", "customer")
LOST["unpaid"] = _then(
    _then(
        _after(
            SETTLED, "lost_item", purses=["price"], asks={"what": "a hat"}, means="tok_declined"
        ),
        "found",
        "provider",
    ),
    "received",
    "customer",
)
INCIDENT = STATES["incident"]
INCIDENT["investigated"] = _then(INCIDENT["reported"], "look_into", "operator")
INCIDENT["closed"] = _then(INCIDENT["reported"], "close", "operator")
STATES["trip_share"]["over"] = _then(STATES["trip_share"]["shared"], "stop", "customer")


def _actor(hamlet: Hamlet, who: str) -> Actor | Party | Role:
    people = {"customer": hamlet.rider, "provider": hamlet.driver}
    roles = {"operator": OPERATOR, "clock": CLOCK, "payment provider": PAYMENT_PROVIDER}
    if who == "stranger":
        found = hamlet.market.parties.list(by=OPERATOR).items
        strangers = [one for one in found if one.name == "Gita"]
        return strangers[0] if strangers else hamlet.town.rider("Gita")
    return people.get(who) or roles[who]


def _triples(process: Process, state: str) -> Iterator[Triple]:
    names = dict.fromkeys(row.name for row in process.transitions)
    for name in names:
        for who in ROLES:
            yield Triple(state, name, who)


def _declared(process: Process, triple: Triple) -> bool:
    row = process.row(triple.row, triple.state)
    return row is not None and triple.who in {role.name for role in row.who}


def _attempt(hamlet: Hamlet, deal: Transaction, triple: Triple) -> Outcome | Transaction:
    asks = dict(ASKED.get(triple.row, {}))
    if triple.row == "start" and "pickup_code" in deal.attributes:
        asks["code"] = deal.attributes["pickup_code"]
    actor = _actor(hamlet, triple.who)
    try:
        if triple.row == "accept" and triple.state == "offered" and triple.who == "provider":
            (offer,) = hamlet.market.offers.list(by=OPERATOR, transaction=deal.id, state="made")
            return hamlet.market.offers.accept(offer.id, by=actor)
        return hamlet.take(deal, triple.row, by=actor, **asks)
    except Outcome as error:
        return error


def _due(process: Process, state: str) -> bool:
    return any(row.is_timer for row in process.rows_from(state))


@pytest.mark.attack(7)
@pytest.mark.invariant(32, 34)
@pytest.mark.parametrize("name", sorted(STATES))
def test_exactly_the_declared_rows_succeed(found: Found, name: str) -> None:
    """Of all (state, row, actor) of a process of rides, the declared ones succeed, no other one.

    What is refused changes no row of any table and not the version of the deal.
    """
    hamlet = found()
    _actor(hamlet, "stranger")
    vertical = hamlet.market.context.vertical("rides")
    process = vertical.process(name)
    assert process is not None
    tried = taken = 0
    ways = STATES[name]
    assert set(process.states) - {process.start} == set(ways)
    for state, bring in ways.items():
        deal = _brought(hamlet, bring, state)
        rows = rows_of(hamlet.market)
        declared = []
        for triple in _triples(process, state):
            tried += 1
            if _declared(process, triple):
                declared.append(triple)
                continue
            answer = _attempt(hamlet, deal, triple)
            assert isinstance(answer, TABLE_SAYS_NO), f"{triple} was let through: {answer!r}"
        changed = [one for one, kept in rows_of(hamlet.market).items() if rows[one] != kept]
        assert not changed, f"refusals in {state} wrote to {changed}"
        assert hamlet.now(deal).version == deal.version
        assert state not in process.final or not declared
        for triple in declared:
            deal = _brought(hamlet, bring, state)
            if triple.row == "no_show":
                hamlet.clock.advance(8 * MINUTE)
            answer = _attempt(hamlet, deal, triple)
            assert isinstance(answer, Transaction), f"{triple} was refused: {answer!r}"
            row = process.row(triple.row, state)
            assert row is not None
            assert answer.state in row.targets
            taken += 1
    wanted = sum(len(row.sources) * len(row.who) for row in process.transitions)
    start = sum(len(row.who) for row in process.rows_from(process.start))
    assert taken == wanted - start
    print(f"{name}: {tried} attempts, {taken} declared and taken, {tried - taken} refused")


def _brought(hamlet: Hamlet, bring: Bring, state: str) -> Transaction:
    """A fresh deal in a state, nobody else being on the road."""
    _clear_the_road(hamlet)
    deal = bring(hamlet)
    assert deal.state == state, f"{deal.state} instead of {state}"
    return hamlet.now(deal)


def _clear_the_road(hamlet: Hamlet) -> None:
    for old in hamlet.market.transactions.list(by=OPERATOR, limit=500):
        if old.process == "ride" and old.ended_at is None:
            hamlet.clock.advance(DAY)
            hamlet.rest(days=2)
    hamlet.town.online(hamlet.wheels)


@pytest.mark.attack(7)
@pytest.mark.invariant(32)
def test_a_deal_is_entered_by_its_entry_alone(in_memory: Hamlet) -> None:
    """From the start state too only the declared rows go, and only by whoever they are for."""
    hamlet, tried = in_memory, 0
    process = hamlet.market.context.vertical("rides").processes[0]
    for name in dict.fromkeys(row.name for row in process.transitions):
        for who in ("customer", "operator", "clock", "payment provider", "stranger", "provider"):
            request, quote = hamlet.asked()
            tried += 1
            try:
                hamlet.market.transactions.open(
                    quote.id,
                    by=_actor(hamlet, who),
                    request=request.id,
                    pay=Pay("cash"),
                    entry=name,
                )
            except TABLE_SAYS_NO:
                hamlet.market.requests.withdraw(request.id, by=hamlet.rider)
                assert (name, who) != ("request", "customer")
            else:
                assert (name, who) == ("request", "customer")
    print(f"start of ride: {tried} attempts, 1 declared and taken")


@pytest.mark.invariant(33)
def test_each_change_raises_the_version_by_one(in_memory: Hamlet) -> None:
    """A change of a deal raises its version by exactly one; whoever read the one before is told."""
    hamlet = in_memory
    ride = hamlet.accepted()
    moved = hamlet.take(ride, "set_out", by=hamlet.driver, version=ride.version)
    assert moved.version == ride.version + 1
    with pytest.raises(Conflict) as caught:
        hamlet.take(ride, "arrive", by=hamlet.driver, version=ride.version)
    assert caught.value.code == "stale_version"
    assert caught.value.params == {"version": moved.version}
