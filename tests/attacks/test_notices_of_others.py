"""Notices of others and about others, and readings that were overtaken."""

from collections.abc import Sequence
from typing import Any

import pytest

from marketplace import (
    OPERATOR,
    Answer,
    Conflict,
    Finding,
    Intent,
    Marketplace,
    Money,
    Notice,
    OrderAnswered,
    PaymentStands,
    Work,
)
from marketplace.plugins.sandbox import Sandbox
from tests.support.refusals import rows_of
from tests.support.ride_world import SECRETS, OpenTown, Town
from tests.support.told import charge, deliver, inbox, made_up, payment

QUARANTINED: dict[str, tuple[bool, dict[str, Any], str]] = {
    "test mode in live": (True, {"live": False}, "notice_of_test"),
    "live in test mode": (False, {"live": True}, "notice_of_live"),
    "somebody else's account": (True, {"account": "acc_x"}, "notice_of_other_account"),
}


@pytest.mark.attack(50)
@pytest.mark.parametrize(("live", "more", "why"), QUARANTINED.values(), ids=QUARANTINED.keys())
def test_what_is_not_about_this_marketplace_is_set_aside(
    open_town: OpenTown, live: bool, more: dict[str, Any], why: str
) -> None:
    """It is rightly signed and about another marketplace: kept apart, answered, and without any
    effect; nobody is asked how it stands."""
    town = open_town(sandbox=Sandbox(live=live, secrets=SECRETS))
    town.sandbox.now = town.clock.now
    ride = town.order(town.rider(), "card")
    town.sandbox.let_die(charge(town, ride))
    asked: list[Notice] = []
    town.sandbox.on_read = asked.append
    sent = made_up(town.sandbox, charge(town, ride), **more)
    assert [one.outcome for one in deliver(town, sent, sent)] == ["set aside", "known before"]
    (kept,) = town.market.payments.notices(by=OPERATOR, state="set aside")
    assert [one.code for one in kept.reasons] == [why]
    assert asked == []
    assert payment(town, ride).held > 0


@pytest.mark.attack(50)
def test_a_notice_about_an_account_of_a_party_here_is_taken(town: Town) -> None:
    """Of connected accounts, those count that a party here is paid to."""
    ram = town.driver()
    town.market.parties.set_payout_account("NPR", "acc_ram", by=ram.party, provider="sandbox")
    town.sandbox.let_be_paid("acc_ram", payable=True)
    assert [one.outcome for one in deliver(town)] == ["taken"]


@pytest.mark.attack(51)
def test_a_charge_is_found_by_its_stored_name_and_by_nothing_else(town: Town) -> None:
    """An answer that names the order of one ride and the charge of another is set aside, and
    neither ride is touched; what the notice itself tells about the deal is not even read."""
    sita, gita = town.rider("Sita"), town.rider("Gita")
    one, other = town.order(sita, "card"), town.order(gita, "card")
    with town.market.context.store.begin(write=False) as work:
        key = next(intent.key for intent in _intents(work) if intent.transaction_id == one.id)
    money = town.money(payment(town, one).held)
    forged = Answer("done", reference=charge(town, other), amount=money)
    told: list[Finding] = [OrderAnswered(forged, key)]
    town.sandbox.read_back = lambda notice: told  # type: ignore[method-assign]
    before = rows_of(town.market, without=("command", "notice", "event"))
    sent = made_up(town.sandbox, charge(town, other), transaction=one.id, amount=1)
    (receipt,) = deliver(town, sent)
    assert receipt.outcome == "set aside"
    assert [why.code for why in receipt.notice.reasons] == ["notice_of_another"]
    assert rows_of(town.market, without=("command", "notice", "event")) == before


def _intents(work: Work) -> Sequence[Any]:
    return work.select(Intent, limit=1_000)


@pytest.mark.attack(51)
def test_a_notice_about_nothing_that_is_known_is_set_aside(town: Town) -> None:
    """Somebody's charge on the same account, made elsewhere, touches no deal."""
    town.order(town.rider(), "card")
    nothing = Money(0, "NPR")
    told = PaymentStands("ch_elsewhere", held=nothing, captured=Money(5, "NPR"), refunded=nothing)
    town.sandbox.read_back = lambda notice: [told]  # type: ignore[method-assign]
    (receipt,) = deliver(town, made_up(town.sandbox, "ch_elsewhere"))
    assert receipt.outcome == "set aside"
    assert [why.code for why in receipt.notice.reasons] == ["notice_of_unknown"]


@pytest.mark.attack(49)
@pytest.mark.invariant(43)
def test_a_reading_that_was_overtaken_is_made_anew(town: Town) -> None:
    """While it is read back the ride is captured: what was read before is not held against the
    books, and the difference that it would have shown stops nobody."""
    sita, ram = town.rider(), town.driver()
    ride = town.started(sita, ram, "card")
    stands = town.sandbox.read_back
    readings: list[int] = []

    def slow(notice: Notice) -> Sequence[Finding]:
        found = stands(notice)
        readings.append(len(readings))
        if len(readings) == 1:
            town.take(ride, "finish", ram)
        return found

    town.sandbox.read_back = slow  # type: ignore[method-assign]
    (receipt,) = deliver(town, made_up(town.sandbox, charge(town, ride)))
    assert (receipt.outcome, receipt.notice.state) == ("taken", "taken")
    assert len(readings) == 2
    assert payment(town, ride).captured > 0


def test_a_thing_that_never_stands_still_is_told_again(town: Town) -> None:
    """What changes at every reading is not waited for for ever: nothing is written, and the payment
    provider sends the notice again."""
    ride = town.order(town.rider(), "card")
    stands, market = town.sandbox.read_back, town.market

    def restless(notice: Notice) -> Sequence[Finding]:
        found = stands(notice)
        _touch(market)
        return found

    town.sandbox.read_back = restless  # type: ignore[method-assign]
    with pytest.raises(Conflict) as raised:
        deliver(town, made_up(town.sandbox, charge(town, ride)))
    assert raised.value.code == "busy"
    assert inbox(market) == []


def _touch(market: Marketplace) -> None:
    with market.context.store.begin() as work:
        for one in _intents(work):
            work.save(one)
