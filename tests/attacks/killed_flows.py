"""What people do at a wharf that takes cards by Stripe: flows that may be told again after a kill.

Each command has its key and each bank's act looks first whether it was done, so that a flow that
was cut off anywhere is told anew from its beginning, and goes on where it was.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import define

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    SECOND,
    Conflict,
    Line,
    Marketplace,
    Money,
    Pay,
    Transaction,
)
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.attacks.killed_market import CURRENCY, START, twin_of
from tests.attacks.killed_rides import FileClock

VISA = "pm_card_visa"
CARD = Pay("card", means=VISA)


@define
class Flow:
    """Who is at the wharf, and what they do, each thing once however often it is told."""

    market: Marketplace
    folder: Path
    mia: str = ""
    sal: str = ""

    def __attrs_post_init__(self) -> None:
        self.mia = self.market.parties.join("Mia", key="mia").id
        self.sal = self.market.parties.join("Sal", key="sal").id

    @property
    def clock(self) -> FileClock:
        """The marketplace's, which is the twin's as well."""
        clock = self.market.context.clock
        assert isinstance(clock, FileClock)
        return clock

    def pause(self, times: int = 1) -> None:
        """Let a worker work, a minute at a time: so long is a call leased."""
        for _ in range(times):
            self.clock.advance(61 * SECOND)
            self.market.tick()

    def at(self, after: timedelta) -> None:
        """Let time pass until so long after the beginning, unless it has."""
        self.clock.set(max(self.clock.now(), START + after))
        self.pause()

    def rests(self, deal: str) -> Transaction:
        """A deal, once it waits for no answer from outside."""
        for _ in range(30):
            found = self.market.transactions.get(deal, by=OPERATOR)
            if found.pending is None:
                return found
            self.pause()
        raise AssertionError(f"{deal} waits for {found.pending} for ever")

    def take(self, deal: str, row: str, who: str) -> None:
        """Somebody takes a row, and what it asks outside is answered."""
        self.rests(deal)
        self.market.transactions.take(deal, row, by=who, key=f"{row} {deal}")
        self.rests(deal)

    def quote(self, trade: str, name: str, price: int, seller: str) -> str:
        """What something costs."""
        m = self.market
        listing = m.listings.draft(
            trade, by=seller, title=name, currency=CURRENCY, attributes={"price": price}, key=name
        )
        m.listings.publish(listing.id, by=seller, key=f"publish {name}")
        asked = m.requests.open(
            trade, by=self.mia, currency=CURRENCY, listing=listing.id, key=f"ask {name}"
        )
        return m.quotes.make(asked.id, by=self.mia, key=f"quote {name}").id

    def opened(self, trade: str, *more: Pay) -> str:
        """A deal that Mia opened with Sal, paid by card."""
        quote = self.quote(trade, trade, 10_000, self.sal)
        pays = [CARD, *more]
        return self.market.transactions.open(quote, by=self.mia, pay=pays, key="open").id

    def sold_by(self, seller: str, deals: Sequence[Transaction]) -> str:
        """Which of some deals is a seller's."""
        seats = {one.id: self.market.transactions.seats(one.id, by=OPERATOR) for one in deals}
        (found,) = (id for id, some in seats.items() if seller in [one.party_id for one in some])
        return found

    def onboarded(self, *parties: str) -> None:
        """Sellers who may be paid by Stripe."""
        desk, twin = StripeDesk(self.market), twin_of(self.folder)
        for party in parties:
            row = desk.onboard(
                party, by=party, country="US", currency=CURRENCY, email="s@wharf.example"
            )
            assert row.account is not None
            twin.onboard(row.account)
            desk.refresh(party)

    def paid_out(self, party: str, key: str = "payout", **how: Any) -> str:
        """What a party earned is transferred or comes back; gives which."""
        m = self.market
        by = party if how.get("at_once") else OPERATOR
        made = m.payouts.make(by=by, party=party, currency=CURRENCY, key=f"{key} {party}", **how)
        for _ in range(60):
            found = m.payouts.get(made.id, by=OPERATOR)
            if found.state in ("paid", "failed", "returned"):
                return found.state
            self.pause()
        raise AssertionError(f"payout {made.id} is {found.state} for ever")

    def told(self, twin: StripeTwin) -> None:
        """Everything that Stripe has to tell is received."""
        m = self.market
        for _ in range(10):
            if not twin.deliveries():
                return
            with suppress(Conflict):
                twin.deliver_to(lambda body, headers: m.payments.receive("stripe", body, headers))
            self.pause()
        raise AssertionError("some notices are never taken")


def crossing(flow: Flow) -> None:
    """A ride's money: held, raised, captured for less than was held, settled, paid out."""
    deal = flow.opened("crossings")
    flow.take(deal, "take_on", flow.sal)
    flow.take(deal, "load_more", flow.mia)
    flow.take(deal, "land", flow.sal)
    flow.onboarded(flow.sal)
    flow.at(3 * DAY)
    assert flow.rests(deal).state == "done"
    assert flow.paid_out(flow.sal) == "paid"


def berth(flow: Flow) -> None:
    """A stay's money: a card kept, held a day later with a deposit, captured in part, refunded in
    part, the deposit given up; lowered by the operator afterwards, once more."""
    deal = flow.opened("berths", Pay("card", means=VISA, purse="deposit"))
    flow.rests(deal)
    flow.at(DAY + HOUR)
    flow.take(deal, "moor", flow.sal)
    flow.take(deal, "cast_off", flow.mia)
    assert flow.rests(deal).state == "left"
    assert flow.rests(_lowered(flow, deal)).state == "adjusted"


def _lowered(flow: Flow, deal: str) -> str:
    """The operator gives half of a price back, once; gives the deal that says so."""
    terms = flow.market.transactions.terms(deal, by=OPERATOR)[-1]
    halved = [
        Line(x.code, Money(x.amount.amount // 2, CURRENCY), x.payer, x.payee, x.rule, x.plugin)
        for x in terms.lines
        if x.purse == "price"
    ]
    return flow.market.transactions.follow_up(
        deal, "adjustment", by=OPERATOR, lines=halved, entry="lower", key="lower"
    ).id


def crates(flow: Flow) -> None:
    """Goods: one charge for two sellers, a part of one refunded, both paid out."""
    m, tom = flow.market, flow.market.parties.join("Tom", key="tom").id
    quotes = [
        flow.quote("crates", "tea", 10_000, flow.sal),
        flow.quote("crates", "tin", 5_000, tom),
    ]
    placed = m.checkouts.place(quotes, by=flow.mia, pay=CARD, key="place").id
    deals = m.checkouts.get(placed, by=flow.mia).transactions
    tea, tin = (flow.sold_by(seller, deals) for seller in (flow.sal, tom))
    flow.rests(tea)
    flow.take(tea, "ship", flow.sal)
    flow.take(tin, "ship_short", tom)
    for deal in (tea, tin):
        flow.take(deal, "receive", flow.mia)
        assert flow.rests(deal).state == "done"
    flow.onboarded(flow.sal, tom)
    flow.at(3 * DAY)
    for seller in (flow.sal, tom):
        assert flow.paid_out(seller) == "paid"


def cash_out(flow: Flow) -> None:
    """A seller asks at once, before enough is available; later the account is closed, what was on
    its way comes back, and goes out once it is open again."""
    deal = flow.opened("crates")
    flow.take(deal, "ship", flow.sal)
    flow.take(deal, "receive", flow.mia)
    flow.onboarded(flow.sal)
    flow.at(2 * DAY - 3 * MINUTE)
    some = Money(4_000, CURRENCY)
    assert flow.paid_out(flow.sal, "early", amount=some, at_once=True) == "paid"
    twin = twin_of(flow.folder)
    account = StripeDesk(flow.market).account(flow.sal, by=OPERATOR).account
    assert account is not None
    twin.onboard(account, "restricted")
    assert flow.paid_out(flow.sal, "closed", amount=Money(1_000, CURRENCY)) == "failed"
    twin.onboard(account)
    assert flow.paid_out(flow.sal, "rest") == "paid"


def _paid_out(flow: Flow) -> str:
    """Goods that were sold, and whose seller was paid out."""
    deal = flow.opened("crates")
    flow.take(deal, "ship", flow.sal)
    flow.take(deal, "receive", flow.mia)
    flow.onboarded(flow.sal)
    flow.at(3 * DAY)
    assert flow.paid_out(flow.sal) == "paid"
    return deal


def chargeback(flow: Flow) -> None:
    """Goods that were paid for and paid out: the bank takes a part back, keeps a fee, and gives the
    part back in the end. Stripe tells everything by notices, of which each is sent until it is
    taken."""
    m, twin, deal = flow.market, twin_of(flow.folder), _paid_out(flow)
    (paid,) = m.transactions.payments(deal, by=OPERATOR)
    charge = twin.object(str(paid.reference))["latest_charge"]
    told = [one for one in twin.events() if one["type"] == "charge.dispute.created"]
    name = told[0]["data"]["object"]["id"] if told else twin.dispute(charge, 4_000)
    flow.told(twin)
    if twin.object(name)["status"] == "needs_response":
        twin.decide(name, won=True)
    flow.told(twin)
    (one,) = m.chargebacks.list(by=OPERATOR)
    assert (one.state, one.reference) == ("won", name)


def take_back(flow: Flow) -> None:
    """Goods that were paid out and refunded then: half of it, and that half is taken back from the
    seller's account. Stripe tells of it what our own order did."""
    m, twin, deal = flow.market, twin_of(flow.folder), _paid_out(flow)
    assert flow.rests(_lowered(flow, deal)).state == "adjusted"
    (payout,) = m.payouts.list(by=OPERATOR)
    m.payouts.take_back(payout.id, by=OPERATOR, reason="half was refunded", key="take back")
    for _ in range(60):
        if (found := m.payouts.get(payout.id, by=OPERATOR)).taken_back:
            break
        flow.pause()
    assert (found.taken_back, found.taking_back) == (payout.amount // 2, 0)
    flow.told(twin)


FLOWS: dict[str, Callable[[Flow], None]] = {
    "crossing": crossing,
    "berth": berth,
    "crates": crates,
    "cash out": cash_out,
    "chargeback": chargeback,
    "take back": take_back,
}
