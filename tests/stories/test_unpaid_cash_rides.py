"""Cash rides that were not paid, where the driver's share waits until the rider pays."""

import pytest
from attrs import evolve

from marketplace import DAY, OPERATOR, Line, Money, Pay, Purpose, split
from marketplace.plugins.cash import Cash
from tests.support.ride_world import OpenTown, Town

PRICE = 19_700
FEE = 2_955
EARNED = PRICE - FEE


@pytest.fixture
def waiting_town(open_town: OpenTown) -> Town:
    """Return a town whose operator guarantees no cash ride."""
    return open_town(cash=Cash(debt_limit=Money(50_000, "NPR"), unpaid="when_paid"))


def _unpaid(town: Town, collected: int = 0) -> dict[str, object]:
    return {"finish": {"cash_collected": town.money(collected)}}


def _laws(town: Town) -> None:
    """Debits are credits, kept balances are true, and the dues are what the ledger says."""
    ledger = town.market.ledger
    assert ledger.sums() == {"NPR": 0}
    assert ledger.drift() == []
    trial = {row.purpose: row.debits - row.credits for row in ledger.trial()}
    dues = town.market.payments.dues(by=OPERATOR)
    assert trial.get(Purpose.CUSTOMER_RECEIVABLE, 0) == sum(one.left for one in dues)
    awaited = sum(amount for one in dues for amount in one.awaited.values())
    assert trial.get(Purpose.AWAITED, 0) == -awaited


@pytest.mark.behaviour("T5", "C10")
@pytest.mark.parametrize("unpaid", ["guaranteed", "when_paid"])
def test_who_bears_an_unpaid_ride_is_the_operators_choice(open_town: OpenTown, unpaid: str) -> None:
    """Guaranteed, the driver has its earnings at once; else they stand apart, are no part of its
    balance and are not paid out. When the rider has paid, both end with the same."""
    town = open_town(cash=Cash(unpaid=unpaid))  # type: ignore[arg-type]
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", **_unpaid(town))
    assert town.accounts(sita) == {"customer receivable": PRICE}
    assert town.house(Purpose.REVENUE) == FEE
    if unpaid == "guaranteed":
        assert town.accounts(ram) == {"provider payable": EARNED}
    else:
        assert town.accounts(ram) == {"awaited earnings": EARNED}
        assert town.market.ledger.balance(ram.id, "NPR", by=ram.party) == town.money(0)
        assert town.market.payouts.due() == []
        because = town.market.why.transaction(ride.id, by=ram.party)
        assert "earnings_awaited" in [one.reason.code for one in because]
    _laws(town)
    town.top_up(sita, PRICE, "slip")
    assert (town.accounts(sita), town.accounts(ram)) == ({}, {"provider payable": EARNED})
    assert town.market.payouts.due() == [(ram.id, town.money(EARNED))]
    _laws(town)


@pytest.mark.behaviour("T5", "C10")
@pytest.mark.invariant(2)
def test_what_the_rider_pays_in_parts_frees_earnings_in_proportion(waiting_town: Town) -> None:
    """Each part that the rider pays frees the driver's share of it, to the minor unit; after the
    last nothing waits any more, and the shares are the whole."""
    town = waiting_town
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", **_unpaid(town))
    had = 0
    for number, part in enumerate((3_333, 1, 9_999, PRICE - 13_333)):
        left = PRICE - sum((3_333, 1, 9_999)[:number])
        share = split(part, [EARNED - had, left - (EARNED - had)])[0]
        town.top_up(sita, part, f"slip {number}")
        had += share
        expected = {"provider payable": had, "awaited earnings": EARNED - had}
        assert town.accounts(ram) == {name: amount for name, amount in expected.items() if amount}
        _laws(town)
    assert had == EARNED
    kinds = [journal.kind for journal in town.market.ledger.of_transaction(ride.id, by=OPERATOR)]
    assert kinds.count("dues paid") == 4
    entries = town.market.ledger.entries(ram.id, by=ram.party)
    assert sum(one.amount for one in entries if one.account.purpose is Purpose.AWAITED) == 0


@pytest.mark.behaviour("T5")
def test_of_a_ride_paid_in_part_only_the_gap_waits(waiting_town: Town) -> None:
    """The rider gave a part by hand: the driver owes the fee on that, and waits for the rest; the
    rider's next ride, with another driver, pays it."""
    town = waiting_town
    sita, ram, hari = town.rider(), town.driver(), town.driver("Hari")
    town.online(hari, state="offline")
    town.settled(sita, ram, "cash", **_unpaid(town, 5_000))
    gap = PRICE - 5_000
    waits = gap * EARNED // PRICE
    owes = 5_000 - (EARNED - waits)
    assert town.accounts(ram) == {"awaited earnings": waits, "provider receivable": owes}
    (dues,) = town.market.payments.dues(by=sita)
    assert (dues.left, dues.awaited) == (gap, {ram.id: waits})
    assert town.market.payments.dues(by=ram.party, party=sita.id) == []
    assert town.market.payments.dues(by=OPERATOR) == [dues]
    town.online(ram, state="offline")
    town.online(hari)
    town.settled(sita, hari, "cash")
    assert town.accounts(sita) == {}
    assert town.accounts(ram) == {"provider payable": EARNED - 5_000}
    assert town.market.ledger.balance(hari.id, "NPR", by=OPERATOR) == town.money(-FEE - gap)
    _laws(town)


@pytest.mark.behaviour("T5")
@pytest.mark.invariant(22)
def test_what_waits_pays_no_debt(waiting_town: Town) -> None:
    """Earnings that wait are netted with nothing: the driver's debt of earlier rides stands until
    the money has come, and is then paid first."""
    town = waiting_town
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash")
    town.settled(sita, ram, "cash", **_unpaid(town))
    assert town.accounts(ram) == {"provider receivable": FEE, "awaited earnings": EARNED}
    town.top_up(sita, PRICE, "slip")
    assert town.accounts(ram) == {"provider payable": EARNED - FEE}
    _laws(town)


@pytest.mark.behaviour("T5")
def test_a_write_off_is_borne_by_whoever_waited(waiting_town: Town) -> None:
    """A bad debt that is given up takes the driver's share of it from what waits, and the rest
    is the marketplace's loss: its own fee, no more."""
    town = waiting_town
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", **_unpaid(town))
    town.market.payments.write_off(sita.id, town.money(10_000), reason="gone abroad")
    lost = 10_000 * EARNED // PRICE
    assert town.accounts(ram) == {"awaited earnings": EARNED - lost}
    assert town.house(Purpose.BAD_DEBT) == 10_000 - lost
    town.market.payments.write_off(sita.id, town.money(PRICE - 10_000), reason="gone abroad")
    assert (town.accounts(sita), town.accounts(ram)) == ({}, {})
    assert town.house(Purpose.BAD_DEBT) == FEE
    assert town.market.ledger.profit("NPR") == town.money(0)
    because = town.market.why.transaction(ride.id, by=ram.party)
    assert [one.reason.code for one in because].count("earnings_lost") == 2
    _laws(town)


@pytest.mark.behaviour("T5", "R19")
@pytest.mark.parametrize("paid", [0, 7_000])
def test_an_unpaid_ride_is_priced_anew(waiting_town: Town, paid: int) -> None:
    """A ride of which the rider owes the whole or the rest is lowered: what is owed falls, what
    waits is reckoned on what is still owed, and what was freed stays the driver's."""
    town = waiting_town
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "cash", **_unpaid(town))
    if paid:
        town.top_up(sita, paid, "slip")
    terms = town.market.transactions.terms(ride.id, by=OPERATOR)[-1]
    half = [evolve(one, amount=Money(one.amount.amount // 2, "NPR")) for one in terms.lines]
    town.market.transactions.follow_up(
        ride.id, "adjustment", by=OPERATOR, lines=half, entry="lower"
    )
    price, earned = PRICE // 2, _earned(half)
    assert town.accounts(sita) == {"customer receivable": price - paid}
    found = town.accounts(ram)
    assert found["awaited earnings"] == split(price - paid, [earned, price - earned])[0]
    assert sum(found.values()) == earned
    _laws(town)
    town.top_up(sita, price - paid, "rest")
    assert town.accounts(ram) == {"provider payable": earned}
    assert town.accounts(sita) == {}
    _laws(town)


def _earned(lines: list[Line]) -> int:
    signs = {"payer": -1, "payee": 1}
    return sum(
        sign * line.amount.amount
        for line in lines
        for side, sign in signs.items()
        if getattr(line, side) == "provider"
    )


@pytest.mark.behaviour("T5")
def test_dues_are_paid_in_their_order(waiting_town: Town) -> None:
    """A rider that owes two drivers pays the older ride first."""
    town = waiting_town
    sita, ram, hari = town.rider(), town.driver(), town.driver("Hari")
    town.online(hari, state="offline")
    town.settled(sita, ram, "cash", **_unpaid(town))
    town.online(ram, state="offline")
    town.online(hari)
    town.settled(sita, hari, "cash", **_unpaid(town))
    assert town.accounts(sita) == {"customer receivable": 2 * PRICE}
    town.top_up(sita, PRICE, "slip")
    assert town.accounts(ram) == {"provider payable": EARNED}
    assert "awaited earnings" in town.accounts(hari)
    _laws(town)


@pytest.mark.behaviour("T5")
def test_a_card_that_does_not_pay_is_guaranteed_as_ever(waiting_town: Town) -> None:
    """The choice is cash's: a ride by card that could not be charged is paid to the driver."""
    town = waiting_town
    sita, ram = town.rider(), town.driver()
    town.finished(sita, ram, Pay("card", means="tok_capture_fails"))
    town.wait(2 * DAY)
    assert town.accounts(sita) == {"customer receivable": PRICE}
    assert town.accounts(ram) == {"provider payable": EARNED}
    _laws(town)
