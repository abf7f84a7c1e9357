"""Whatever a bank takes back, whenever, and whatever becomes of the deal: nobody is paid twice."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import (
    DAY,
    MARKETPLACE,
    OPERATOR,
    Account,
    Bring,
    ChargebackTerms,
    Money,
    Outcome,
    Pay,
    Purpose,
    hookimpl,
)
from marketplace.plugins.sandbox import NOT_BACK, Sandbox
from marketplace.plugins.stays import Fees, Stays
from marketplace.simulation.laws import Memory, broken_laws
from marketplace.testing.soundness import faults
from tests.support.inn import EASTER, Inn, open_inn
from tests.support.profiles import within

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take back"), st.sampled_from([1, 50, 100])),
        st.tuples(st.sampled_from(["won", "lost"]), st.integers(0, 2)),
        st.tuples(st.just("take"), st.sampled_from(["cancel", "host_cancels", "leave_early"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 95])),
        st.tuples(st.just("pay out"), st.just(0)),
        st.tuples(st.just("correct"), st.sampled_from([0, 1])),
    ),
    min_size=1,
    max_size=9,
)
BEARERS = st.tuples(
    st.sampled_from(["everybody", "provider", "customer", "operator"]),
    st.sampled_from(["provider", "customer", "operator"]),
)


@define
class Lossy(Stays):
    """Stays with other terms for chargebacks."""

    terms: ChargebackTerms = ChargebackTerms()  # noqa: RUF009

    @hookimpl
    def bring(self) -> Bring:
        """The same trade, but for who bears a loss."""
        brought = super().bring()
        verticals = tuple(evolve(one, chargebacks=self.terms) for one in brought.verticals)
        return evolve(brought, verticals=verticals)


@define
class Bank:
    """The guest's bank, and what it did."""

    inn: Inn
    sandbox: Sandbox
    deal: str
    opened: list[str]

    def do(self, what: str, how: Any) -> None:
        """One step; what is refused changes nothing."""
        market = self.inn.market
        try:
            if what == "take back":
                self._take(how)
            elif what in ("won", "lost"):
                self._end(what, how)
            elif what == "take":
                by = self.inn.host if how == "host_cancels" else self.inn.gita
                market.transactions.take(self.deal, how, by=by)
            elif what == "wait":
                market.advance(how * DAY)
            elif what == "pay out":
                market.payouts.run()
            else:
                lines = market.transactions.terms(self.deal, by=OPERATOR)[-1].lines
                market.transactions.follow_up(
                    self.deal, "adjustment", by=OPERATOR, entry="lower", lines=list(lines[:how])
                )
        except Outcome:
            pass
        market.tick()

    def _take(self, percent: int) -> None:
        payments = self.inn.market.transactions.payments(self.deal, by=OPERATOR)
        payment = payments[len(self.opened) % len(payments)]
        amount = payment.captured * percent // 100
        name = f"du_{len(self.opened)}"
        one = self.inn.market.chargebacks.opened(
            payment.id,
            amount=dollars(amount),
            fee=dollars(15_00),
            reference=name,
            cause="fraudulent",
        )
        self.sandbox.take_back(str(payment.reference), amount, 15_00)
        self.opened.append(one.id)

    def _end(self, how: str, which: int) -> None:
        if which >= len(self.opened):
            return
        market = self.inn.market
        before = market.chargebacks.get(self.opened[which], by=OPERATOR)
        after = getattr(market.chargebacks, how)(before.id)
        payments = market.transactions.payments(self.deal, by=OPERATOR)
        (payment,) = (one for one in payments if one.id == before.payment_id)
        if how == "won" and before.state != "won":
            self.sandbox.give_back(str(payment.reference), after.amount)
        if how == "lost" and before.state == "won":
            self.sandbox.take_back(str(payment.reference), after.amount)


def dollars(cents: int) -> Any:
    """An amount."""
    return Money(cents, "USD")


def check(bank: Bank) -> None:
    """What holds at every moment."""
    market = bank.inn.market
    assert faults(market) == []
    assert broken_laws(market, Memory()) == []
    with market.context.store.begin(write=False) as work:
        clearing = work.ledger.balance(Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, "USD"))
    assert clearing.posted == bank.sandbox.balance("USD").amount


WAYS: dict[str, tuple[int, Sequence[Pay]]] = {
    "at once": (4, [Pay("card", means="tok_ok")]),
    "in vain": (4, [Pay("card", means=NOT_BACK)]),
    "instalments": (4, [Pay("card"), Pay("card", purse="balance")]),
    "monthly": (70, [Pay("card")]),
}
"""Nights and payments of each way to pay."""


@pytest.mark.behaviour("C12")
@pytest.mark.attack(62)
@pytest.mark.invariant(7)
@settings(max_examples=within(dev=40, ci=50, night=5_000))
@given(steps=STEPS, bearers=BEARERS, way=st.sampled_from(sorted(WAYS)))
def test_nobody_is_paid_twice(
    steps: list[tuple[str, Any]], bearers: tuple[str, str], way: str
) -> None:
    """A stay is paid by card, and a bank takes back what it likes while the stay is cancelled,
    settled, paid out, corrected: the books agree with the payment provider at every step, every law
    of a marketplace holds, and when all is over nothing lies in escrow and nobody's loss is left
    over."""
    terms = ChargebackTerms(amount=bearers[0], fee=bearers[1])  # type: ignore[arg-type]
    inn = open_inn(
        "sqlite://", kind_of=Lossy, fees=Fees.split(guest_bp=1_200, host_bp=300), terms=terms
    )
    (sandbox,) = (one for one in inn.market.context.providers.values() if isinstance(one, Sandbox))
    home = inn.home(rates={"nightly": 10_000}, cancellation="moderate")
    nights, pays = WAYS[way]
    said = {"pay": way} if way in ("instalments", "monthly") else {}
    quote = inn.price(home, EASTER, nights, **said)
    deal = inn.market.transactions.open(quote.id, by=inn.gita, pay=list(pays))
    bank = Bank(inn, sandbox, deal.id, [])
    for step in steps:
        bank.do(*step)
        check(bank)
    inn.market.advance(400 * DAY)
    check(bank)
    with inn.market.context.store.begin(write=False) as work:
        lying = [
            (one.account.owner, one.posted)
            for purpose in (Purpose.ESCROW, Purpose.DISPUTE)
            for one in work.ledger.balances(purpose=purpose)
            if one.posted
        ]
    assert lying == []
    inn.market.close()
