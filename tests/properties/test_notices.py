"""Whatever a payment provider tells, in whatever order and how often: all ends the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import OPERATOR, Intent, Pay, PayoutPlan, Purpose
from tests.support.ride_world import Town, make_town
from tests.support.told import Sent, charge

PRICE = 19_700
HAPPENINGS = ("opened", "lost", "won", "payout", "refund", "died", "confirmed")
"""What may happen outside, in any order that the bank allows."""


class Tale:
    """One town, and what happened at its bank; the same happenings give the same tale."""

    def __init__(self) -> None:
        self.town: Town = make_town("sqlite://", payouts=PayoutPlan(provider="sandbox"))
        self.sandbox, self.market = self.town.sandbox, self.town.market
        self.taken = ""
        sita, ram = self.town.rider(), self.town.driver()
        self.ride = self.town.settled(sita, ram, "card")
        shorter = {"reason": "the map was wrong", "metres": 5_000, "seconds": 1_000}
        self.market.transactions.follow_up(
            self.ride.id, "adjustment", by=OPERATOR, entry="correct", asks=shorter
        )
        self.market.payouts.run(by=OPERATOR)
        self.asked = self.town.order(self.town.rider(), Pay("card", means="tok_challenged"))
        self.held = self.town.order(self.town.rider(), "card")
        moved = {one.kind: one.about for one in self.sandbox.movements()}
        self.payout, self.refund = moved["pay out"], moved["refund"]
        self.done: set[str] = set()
        self.sent: list[Sent] = []

    def happen(self, what: str) -> None:
        """Something happens at the bank, if it may; each at most once."""
        charged, bank = charge(self.town, self.ride), self.sandbox
        if what in self.done or (what in ("lost", "won") and "opened" not in self.done):
            return
        if what == "lost" and "won" in self.done:
            return
        self.done.add(what)
        match what:
            case "opened":
                self.taken = bank.take_back(charged, 10_000, 1_500)
            case "lost":
                bank.keep(self.taken)
            case "won":
                bank.give_back(charged, 10_000, 500)
            case "payout":
                bank.return_payout(self.payout)
            case "refund":
                bank.return_refund(self.refund)
            case "died":
                bank.let_die(charge(self.town, self.held))
            case "confirmed":
                bank.confirm(self._challenged())

    def _challenged(self) -> str:
        with self.market.context.store.begin(write=False) as work:
            (one,) = work.select(Intent, {"transaction_id": self.asked.id})
        return str(one.receipt)

    def deliver(self, sent: Sent) -> None:
        """The bank sends one of its notices."""
        body, _ = sent
        self.market.payments.receive("sandbox", body, self.sandbox.signed(body))

    def end(self) -> dict[str, Any]:
        """Where all money and every deal stands, with whatever the clock still does."""
        market = self.market
        stands: dict[str, Any] = {
            "trial": [
                (one.purpose, one.currency, one.debits - one.credits)
                for one in market.ledger.trial()
                if one.debits != one.credits
            ],
            "deals": [self.town.now(one).state for one in (self.ride, self.asked, self.held)],
            "payments": [
                (one.held, one.captured, one.refunded, one.charged_back)
                for one in market.payments.list(by=OPERATOR)
            ],
            "payouts": [one.state for one in market.payouts.list(by=OPERATOR)],
            "chargebacks": [(one.state, one.left) for one in market.chargebacks.list(by=OPERATOR)],
            "inbox": sorted((one.id, one.state) for one in market.payments.notices(by=OPERATOR)),
            "clearing": self.town.house(Purpose.PROCESSOR_CLEARING),
            "outside": self.sandbox.balance("NPR").amount,
        }
        market.close()
        return stands


@pytest.mark.attack(48, 49)
@pytest.mark.invariant(19, 43)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    happenings=st.permutations(HAPPENINGS).flatmap(
        lambda all: st.integers(1, len(all)).map(lambda many: all[:many])
    ),
    data=st.data(),
)
def test_notices_repeated_and_shuffled_end_where_notices_in_order_end(
    happenings: list[str], data: st.DataObject
) -> None:
    """One town is told each thing as it happens; the other is told all of it in any order, some of
    it several times, some of it while more happens. Both end alike, and agree with the bank."""
    orderly, other = Tale(), Tale()
    for what in happenings:
        orderly.happen(what)
        for sent in orderly.sandbox.notices():
            orderly.deliver(sent)
    late: list[Sent] = []
    for what in happenings:
        other.happen(what)
        late += other.sandbox.notices()
        for sent in data.draw(st.lists(st.sampled_from(late), max_size=2)) if late else ():
            other.deliver(sent)
    for sent in [*data.draw(st.permutations(late)), *late]:
        other.deliver(sent)
    expected, found = orderly.end(), other.end()
    assert found == expected
    assert found["clearing"] == found["outside"]
