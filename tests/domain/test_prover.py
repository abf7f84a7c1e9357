"""A process is proved when it is made: what holds for good ones, and what is said of bad ones."""

from datetime import timedelta
from random import Random

import pytest
from attrs import evolve

from marketplace.domain.effect import (
    CAPTURE,
    CHARGE,
    FREE,
    HOLD,
    PAY_OUT,
    REFUND,
    RESERVE,
    REVERSE,
    SETTLE,
    TRANSFER,
    VOID,
    MoneyKind,
)
from marketplace.domain.method import ANY_METHOD, FREE_OF_CHARGE, PaymentMethod, Way
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PAYMENT_PROVIDER, PROVIDER, Role
from marketplace.domain.proof import PROMISES, Proof, Table
from marketplace.domain.prover import admitted, mixture, prove, prove_all
from marketplace.domain.transition import Purse, Transition
from marketplace.domain.walking import MAX_CONFIGURATIONS, walk
from marketplace.errors import ProcessError
from tests.domain.planted_links import IN_THE_LINKS
from tests.domain.planted_rows import IN_THE_ROWS
from tests.domain.planted_ways import IN_THE_WAYS
from tests.support.deals import Make, bare, deal, go
from tests.support.trades import CARD, CASH, DAY, METHODS, TRADES, WALLET, goods, ride, stay
from tests.support.wanderer import Wanderer

PLANTED = {**IN_THE_ROWS, **IN_THE_WAYS, **IN_THE_LINKS}
ELSEWHERE = {"method_cannot", "hold_dies", "too_large"}
"""Promises whose broken examples need a method, or many rows; each has a test of its own."""


@pytest.mark.parametrize("name", TRADES)
def test_a_trade_is_proved_for_every_method_it_admits(name: str) -> None:
    """One process serves card, wallet, cash and all of them on one purse."""
    process = TRADES[name]()
    proofs = [prove(process), *prove_all(process, METHODS)]
    assert [proof.faults for proof in proofs] == [()] * len(proofs)
    assert len(proofs) >= 4
    assert all(proof.configurations >= proof.states > 1 for proof in proofs)


@pytest.mark.parametrize(("make", "code", "sentence"), PLANTED.values(), ids=PLANTED)
def test_a_planted_mistake_is_named(make: Make, code: str, sentence: str) -> None:
    """A process that is wrong in one way is refused with one kind of fault, in plain words."""
    with pytest.raises(ProcessError) as caught:
        make()
    faults = caught.value.faults
    assert {fault.code for fault in faults} == {code}
    assert faults[0].sentence == sentence
    assert f"  - {sentence}" in str(caught.value)
    assert faults[0].promise == PROMISES[code]


def test_an_equal_process_is_proved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made again it needs no proof; another one, by a single row, has its own, and what is refused
    is refused each time."""
    plain, asked = ride(), list[str]()

    def counting(table: Table) -> Proof:
        asked.append(table.name)
        return prove(table)

    monkeypatch.setattr("marketplace.domain.process.prove", counting)
    monkeypatch.setattr("marketplace.domain.process._PROVED", set())
    made = evolve(plain, name="a ride of this test")
    assert evolve(made) == evolve(plain, name="a ride of this test") == made
    assert asked == ["a ride of this test"]
    more = Transition("wave", CUSTOMER, "riding", "riding")
    evolve(made, transitions=(*made.transitions, more))
    assert len(asked) == 2
    for count in (3, 4):
        with pytest.raises(ProcessError):
            evolve(made, start="nowhere")
        assert len(asked) == count


def test_every_promise_has_been_broken() -> None:
    """No promise is listed that no test has seen broken."""
    assert {code for _, code, _ in PLANTED.values()} | ELSEWHERE == set(PROMISES)


@pytest.mark.attack(8)
def test_a_way_round_the_payment_is_refused() -> None:
    """A row that skips the payment is refused when it is registered, with the states it reaches."""
    shortcut = Transition("favour", OPERATOR, "requested", "riding")
    with pytest.raises(ProcessError) as caught:
        ride(plus=[shortcut])
    unpaid = [fault for fault in caught.value.faults if fault.code == "unpaid"]
    assert [fault.where for fault in unpaid] == ["riding"]
    assert unpaid[0].sentence == (
        "'riding' is reached with nothing paid into purse 'price' (after 'favour')"
    )
    with pytest.raises(ProcessError, match="settles purse 'price' while nothing is captured"):
        ride(plus=[Transition("early", OPERATOR, "searching", "completed", SETTLE)])


@pytest.mark.invariant(34)
def test_final_states_have_no_way_out() -> None:
    """No row leaves a final state, and no step of a whole walk does."""
    tip = Transition("tip", CUSTOMER, "completed", "completed", CHARGE, SETTLE)
    with pytest.raises(ProcessError, match="leaves final state 'completed'; make it a follow-up"):
        goods(plus=[tip])
    for make in TRADES.values():
        walked = walk(make(), ANY_METHOD)
        ends = {c.state for c in walked.configurations if c.state in walked.table.final}
        assert ends == walked.table.final
        left = {walked.configurations[step.source].state for step in walked.steps}
        assert not left & walked.table.final


@pytest.mark.behaviour("C23")
@pytest.mark.parametrize(
    "role", [CUSTOMER, PROVIDER, OPERATOR, PAYMENT_PROVIDER, Role("moderator")]
)
@pytest.mark.parametrize("name", TRADES)
def test_nobodys_absence_freezes_what_is_held(name: str, role: Role) -> None:
    """With any one role gone for ever, what is held comes to rest in a proved process."""
    process = TRADES[name]()
    for method in admitted(process, METHODS):
        for seed in range(60):
            wanderer = Wanderer(process, method, Random(seed), absent=role)
            assert wanderer.wander() == set(), wanderer.story
            assert not wanderer.holding(), wanderer.story


@pytest.mark.behaviour("C23")
def test_an_unproved_process_can_freeze() -> None:
    """Without its timer the same deal does freeze when the provider stays away: the control."""
    with pytest.raises(ProcessError) as caught:
        deal(["expire"], [Transition("expire", CUSTOMER, "waiting", "over", VOID)])
    assert [fault.code for fault in caught.value.faults] == ["unbounded"]


def test_all_mistakes_are_said_at_once() -> None:
    """A process with several mistakes is refused with a sentence for each."""
    with pytest.raises(ProcessError) as caught:
        bare(go(CAPTURE, RESERVE, failed="z"), Transition("tick", CLOCK, "a", "z"))
    assert {fault.code for fault in caught.value.faults} == {
        "no_time",
        "nothing_held",
        "held_in_final",
        "reserved_in_final",
        "cannot_refuse",
    }


def test_a_method_that_cannot_is_named() -> None:
    """A process proved for a method that lacks one of its effects says which, and in which row."""
    faults = prove(stay(admits=("cash",)), CASH).faults
    assert {fault.code for fault in faults} == {"method_cannot"}
    assert faults[0].sentence == "method 'cash' cannot save ('request')"


def test_a_method_is_admitted_if_it_can() -> None:
    """Methods are those a process names; if it names none, those that can do all its effects."""
    unnamed = evolve(stay(), admits=None)
    assert admitted(unnamed, METHODS) == [CARD, WALLET]
    assert admitted(stay(), METHODS) == [CARD, WALLET]
    assert admitted(evolve(unnamed, admits=["cash"]), METHODS) == [CASH]
    assert admitted(ride(), METHODS) == list(METHODS)
    assert [proof.method for proof in prove_all(ride(), [CASH])] == ["cash"]


def test_a_mixture_may_go_wrong_like_each_of_its_parts() -> None:
    """A purse paid by several methods may be refused as any of them, and its hold dies first."""
    slow = PaymentMethod("slow", ways=CARD.ways, hold_lives=30 * DAY)
    mixed = mixture([slow, CARD, WALLET])
    assert mixed.name == "slow + card + wallet"
    assert mixed.hold_lives == 7 * DAY
    assert mixed.needs_customer
    assert mixed.may_fail(MoneyKind.CAPTURE)
    assert mixed.way(MoneyKind.HOLD) is Way.CALL
    assert mixture([WALLET, CASH]).way(MoneyKind.SAVE) is None
    assert mixture([WALLET, CASH]).may_fail(MoneyKind.HOLD)
    assert not mixture([WALLET, CASH]).may_fail(MoneyKind.CAPTURE)
    for method in METHODS:
        alone, together = walk(ride(), method), walk(ride(), mixture(METHODS))
        assert set(alone.configurations) <= set(together.configurations)


def test_what_costs_nothing_walks_like_money() -> None:
    """A transaction without a payment is proved by the same walk: its holds are promises."""
    proof = prove(ride(), FREE_OF_CHARGE)
    assert proof.faults == ()
    assert proof.longest_hold == timedelta(hours=13, minutes=45)


def test_refusals_that_a_method_never_gives_are_not_walked() -> None:
    """With cash no capture is refused, so its states of trouble are rightly not reached."""
    states = {at.state for at in walk(ride(), CASH).configurations}
    assert not states & {"declined", "challenged", "uncollected"}
    assert prove(ride(), CASH).faults == ()


def test_a_process_too_large_to_walk_is_refused() -> None:
    """A walk has a limit, and a process beyond it is told to say less."""
    toggles = [
        Transition(f"{verb}_{n}", CUSTOMER, "a", "a", effect(f"r{n}"))
        for n in range(13)
        for verb, effect in (("take", RESERVE), ("give", FREE))
    ]
    with pytest.raises(ProcessError) as caught:
        bare(go(), *toggles)
    assert [fault.code for fault in caught.value.faults] == ["too_large"]
    assert f"more than {MAX_CONFIGURATIONS} configurations" in str(caught.value)


def test_a_follow_up_begins_settled() -> None:
    """A late refund borrows a settled purse: reversed, refunded, settled anew, and never held."""
    rows = [Transition("adjust", OPERATOR, "a", "z", REVERSE, REFUND, SETTLE)]
    purse = Purse(starts_settled=True)
    assert prove(bare(*rows, purses=[purse])).faults == ()
    with pytest.raises(ProcessError, match="reverses purse 'price' while nothing is settled"):
        bare(*rows)


def test_a_dead_hold_leaves_nothing_held() -> None:
    """After a hold has died it may be placed anew, and must not be captured."""
    dies = Transition("dies", PAYMENT_PROVIDER, "waiting", "again", on="hold_expired")
    lapse = Transition("lapse", CLOCK, "again", "over", after=DAY)
    anew = Transition(
        "anew", CUSTOMER, "again", "waiting", HOLD, failed="again", needs_customer="again"
    )
    assert prove(deal(plus=[dies, lapse, anew])).faults == ()
    blind = Transition("blind", PROVIDER, "again", "done", CAPTURE, SETTLE, failed="stuck")
    with pytest.raises(ProcessError, match="'blind' captures purse 'price' while nothing is held"):
        deal(plus=[dies, lapse, anew, blind])


def test_a_dead_hold_is_one_purse_s() -> None:
    """Of two holds either may die, unless the row names the purse."""
    both = [
        Transition(
            "pay", CUSTOMER, "a", "b", HOLD, HOLD("deposit"), failed="stop", needs_customer="stop"
        ),
        Transition("stop", CLOCK, "stop", "z", VOID, VOID("deposit"), after=DAY),
        Transition("leave", CUSTOMER, "stop", "z", VOID, VOID("deposit")),
        Transition("end", CLOCK, "b", "z", VOID, VOID("deposit"), after=DAY),
    ]
    purses = [Purse(), Purse("deposit")]
    named = Transition("dies", PAYMENT_PROVIDER, "b", "z", VOID, on="hold_expired deposit")
    assert prove(bare(*both, named, purses=purses)).faults == ()
    with pytest.raises(ProcessError, match="purse 'deposit'") as caught:
        bare(*both, named.changed(on="hold_expired"), purses=purses)
    assert {fault.code for fault in caught.value.faults} == {"held_in_final"}


def test_lines_move_without_money() -> None:
    """A transfer between roles needs no payment, and leaves nothing behind."""
    assert prove(bare(go(TRANSFER))).faults == ()
    row = go(CHARGE, TRANSFER, PAY_OUT, failed="z", needs_customer="z")
    assert prove(bare(row)).faults == ()


def test_an_absent_customer_s_means_run_out() -> None:
    """A round may end by a refused charge if the customer is gone, but not if the provider is."""
    with pytest.raises(ProcessError) as caught:
        TRADES["subscription"](["cancel"])
    assert {fault.code for fault in caught.value.faults} == {"frozen"}
    assert "if the provider is absent" in str(caught.value)
    assert prove(TRADES["subscription"](["close"])).faults == ()
    unpaid = prove(TRADES["subscription"](["close"]), CASH).faults
    assert [fault.code for fault in unpaid] == ["frozen"]
    assert "if the customer is absent" in unpaid[0].sentence


def test_a_proof_says_how_far_it_went() -> None:
    """A proof prints what was walked, and the oldest that a hold can get."""
    proof = prove(deal(), CARD)
    assert str(proof) == (
        "deal is proved for card: 10 configurations, 6 states, 4 rows; longest hold 2 h"
    )
    assert proof.or_raise() is None
    assert str(prove(goods(), CASH)).endswith("8 configurations, 8 states, 14 rows")


def test_a_broken_proof_lists_every_sentence() -> None:
    """A broken proof prints and raises all its faults, which stay at hand as values."""
    proof = prove(stay(), CASH)
    assert str(proof).startswith("process 'stay' breaks its promises for cash:\n  - method 'cash'")
    with pytest.raises(ProcessError) as caught:
        proof.or_raise()
    assert caught.value.faults == proof.faults
    assert isinstance(caught.value, ValueError)
