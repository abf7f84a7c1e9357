"""The three example companies by Stripe instead of the sandbox: one line of their configuration.

A ride, a stay and an order live from the hold to the payout; at the end what our books say lies
with Stripe is what lies there, and is what moved there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import basai.app
import basai.seed
import basai.story
import haat.app
import haat.seed
import haat.story
import pytest
import scoot.app
import scoot.seed
import scoot.story
from basai.story import TENTH

from marketplace import (
    DAY,
    HOUR,
    MARKETPLACE,
    MINUTE,
    OPERATOR,
    WEEK,
    Account,
    Item,
    ManualClock,
    Marketplace,
    Money,
    Party,
    Pay,
    Purpose,
)
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.stripe_judges import hold_to_stripe
from tests.support.stripe_platform import KEY, SECRET, connect

CARD = Pay("card", means="pm_card_visa")
CURRENCY = "NPR"


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe, one autumn morning; all that was said to it is held to its own rules."""
    clock = ManualClock(datetime(2026, 10, 1, 3, 15, tzinfo=UTC))
    with StripeTwin(clock=clock, key=KEY, webhook_secret=SECRET) as running:
        yield running
        hold_to_stripe(running)


def onboard(market: Marketplace, twin: StripeTwin, *people: Party) -> list[str]:
    """Everybody says to Stripe who he is; gives their accounts."""
    desk, found = StripeDesk(market), []
    for one in people:
        row = desk.onboard(
            one.id, by=one, country="NP", currency=CURRENCY, email=f"{one.id}@path.example"
        )
        desk.link(one.id, by=one, return_url="https://a.example", refresh_url="https://b.example")
        twin.onboard(str(row.account))
        found.append(str(row.account))
    return found


def deliver(market: Marketplace, twin: StripeTwin) -> None:
    """Everything that Stripe tells arrives."""
    twin.deliver_to(lambda body, headers: market.payments.receive("stripe", body, headers))


def clearing(market: Marketplace) -> int:
    """What our books say lies with Stripe."""
    with market.context.store.begin(write=False) as work:
        return work.ledger.balance(
            Account(MARKETPLACE, Purpose.PROCESSOR_CLEARING, CURRENCY)
        ).posted


def close(market: Marketplace, twin: StripeTwin) -> None:
    """Hold our books to Stripe's: the balance, what moved, and no notice that differs."""
    deliver(market, twin)
    notices = market.payments.notices(by=OPERATOR, limit=500)
    assert {one.state for one in notices} == {"taken"}
    provider = StripeDesk(market).plugin
    moved, after = 0, None
    while found := provider.movements(after, 10):
        moved += sum(one.amount.amount - one.fee.amount for one in found)
        after = found[-1].id
    assert clearing(market) == twin.balance("npr") == moved
    assert provider.balance(CURRENCY) == Money(moved, CURRENCY)
    assert market.ledger.sums() == {CURRENCY: 0}
    compared = market.ledger.reconcile("stripe")
    assert list(compared.differences) == []
    assert compared.clean


def paid(market: Marketplace, twin: StripeTwin, party: Party, account: str) -> int:
    """What a party was paid, which is what its account has."""
    found = market.payouts.list(by=OPERATOR, party=party.id, state="paid")
    total = sum(one.amount for one in found)
    assert total == twin.balance("npr", account)
    return total


@pytest.mark.invariant(19, 46, 50)
def test_a_ride_by_stripe(database_url: str, twin: StripeTwin) -> None:
    """Scoot: held when the ride is ordered, captured when it ends, paid out in the week's run; a
    second one is called off too late, and a part of its hold is captured."""
    clock = twin.clock
    with scoot.app.build(database_url, clock=clock, seed=1, card=connect(twin)) as market:
        town = scoot.seed.fill(market)
        asha, prem = town.riders
        accounts = onboard(market, twin, *(one.party for one in town.drivers))
        deliver(market, twin)
        scoot.seed.come_online(market, town, 2 * HOUR)
        ride, offer = scoot.story.ask(
            market, asha, scoot.seed.LAKESIDE, scoot.seed.MAHENDRA_PUL, CARD
        )
        driver = town.driver(offer.taker_id)
        market.offers.accept(offer.id, by=driver.party)
        market.advance(4 * MINUTE)
        market.transactions.take(ride.id, "arrive", by=driver.party)
        market.transactions.take(ride.id, "check_helmets", by=driver.party, helmets=2)
        code = market.transactions.get(ride.id, by=asha).attributes["pickup_code"]
        market.transactions.take(ride.id, "start", by=driver.party, code=code)
        market.advance(12 * MINUTE)
        market.transactions.take(ride.id, "finish", by=driver.party)
        market.advance(HOUR)
        assert market.transactions.get(ride.id, by=OPERATOR).state == "settled"
        scoot.seed.come_online(market, town, 2 * HOUR)
        late, offer = scoot.story.ask(market, prem, scoot.seed.LAKESIDE, scoot.seed.AIRPORT, CARD)
        second = town.driver(offer.taker_id)
        market.offers.accept(offer.id, by=second.party)
        market.listings.appear(second.scooter.id, "on trip", scoot.seed.LAKESIDE, by=second.party)
        market.advance(2 * MINUTE)
        market.transactions.take(late.id, "cancel", by=prem, reason="it stopped raining")
        market.advance(2 * WEEK)
        close(market, twin)
        account = accounts[[one.party.id for one in town.drivers].index(driver.party.id)]
        market.payouts.set_terms(driver.party.id, minimums={CURRENCY: 1})
        market.payouts.run(by=OPERATOR, party=driver.party.id)
        assert paid(market, twin, driver.party, account) > 0
        close(market, twin)


@pytest.mark.invariant(19, 46, 50)
def test_a_stay_by_stripe(database_url: str, twin: StripeTwin) -> None:
    """Basai: a stay that is lived in and paid out; another called off in time, whose money goes
    back to the card."""
    with basai.app.build(database_url, clock=twin.clock, seed=1, card=connect(twin)) as market:
        path = basai.seed.fill(market)
        maya, dil, _ = path.families
        lena, tomas = path.trekkers
        (account, _) = onboard(market, twin, maya.party, dil.party)
        deliver(market, twin)
        quote = market.quotes.make(basai.story.ask(market, lena, maya, 3).id, by=lena)
        stay = market.transactions.open(quote.id, by=lena, pay=CARD, entry="book")
        deliver(market, twin)
        other = market.quotes.make(basai.story.ask(market, tomas, dil, 2).id, by=tomas)
        called_off = market.transactions.open(other.id, by=tomas, pay=CARD, entry="book")
        market.transactions.take(called_off.id, "cancel", by=tomas)
        market.advance(stay.moments["start"] - market.context.now() + HOUR)
        market.transactions.take(stay.id, "welcome", by=maya.party, permit="ACAP-204117")
        market.advance(3 * WEEK)
        stay = market.transactions.get(stay.id, by=OPERATOR)
        assert stay.ended_at is not None
        assert TENTH.isoformat() in stay.moments["start"].isoformat()
        assert paid(market, twin, maya.party, account) > 0
        close(market, twin)


@pytest.mark.invariant(19, 46, 50)
def test_an_order_by_stripe(database_url: str, twin: StripeTwin) -> None:
    """Haat: a basket of two stalls on one card, one part sent back with a dent and refunded, the
    other paid out."""
    with haat.app.build(database_url, clock=twin.clock, seed=1, card=connect(twin)) as market:
        square = haat.seed.fill(market)
        pickles, copper, _ = square.stalls
        mina, _ = square.neighbours
        (account, _) = onboard(market, twin, pickles.party, copper.party)
        deliver(market, twin)
        basket = [Item(pickles.article.id, 20), Item(copper.article.id)]
        jars, pot = haat.story.order(market, mina, basket, pay=CARD)
        for deal, stall in ((jars, pickles), (pot, copper)):
            haat.story.send(market, deal, stall)
            market.transactions.take(deal.id, "deliver", by=stall.party, evidence="by card")
            deliver(market, twin)
        take = market.transactions.take
        take(pot.id, "complain", by=mina, why="a dent", wants="return")
        take(pot.id, "take_back", by=copper.party)
        take(pot.id, "send_back", by=mina, parcel="with the same bike")
        take(pot.id, "got_back", by=copper.party)
        market.advance(3 * WEEK + DAY)
        assert paid(market, twin, pickles.party, account) > 0
        refunds = [one for one in twin.calls if one.path == "/v1/refunds"]
        assert [one.http for one in refunds] == [200]
        close(market, twin)
