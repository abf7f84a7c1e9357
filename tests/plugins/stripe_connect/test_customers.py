"""Customers at Stripe: one for each party that saves a card, however often and whenever it does."""

import pytest
import sqlalchemy as sa
from attrs import evolve

from marketplace import DAY, HOUR, MINUTE, OPERATOR, Marketplace, MoneyKind, Pay, Transaction
from marketplace.plugins.commission import Commission
from marketplace.plugins.stripe_connect.kept import customer_of, keep_customer
from marketplace.plugins.stripe_connect.tables import tables_of
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.quay import Quay
from tests.support.stripe_platform import Platform
from tests.support.wharf import Wharf

SAVE = MoneyKind.SAVE
PAYS = (Pay("card", means="pm_card_visa"), Pay("card", means="pm_card_visa", purse="deposit"))


def _made(twin: StripeTwin) -> list[str]:
    """Every customer that was made, oldest first."""
    told = [one for one in twin.events() if one["type"] == "customer.created"]
    return [one["data"]["object"]["id"] for one in told]


def _of_setups(twin: StripeTwin) -> list[str]:
    """Whose each card is that was saved, oldest first."""
    told = [one for one in twin.events() if one["type"] == "setup_intent.created"]
    return [twin.object(one["data"]["object"]["id"])["customer"] for one in told]


def _berth(quay: Quay) -> Transaction:
    """A berth of Mia's, for whose price and deposit she saves a card each."""
    deal = quay.opened("berths", *PAYS)
    quay.wait(2 * MINUTE)
    assert quay.now(deal).state == "booked"
    return deal


@pytest.mark.invariant(40)
def test_a_party_is_one_customer_for_ever(stripe_quay: Quay, database_url: str) -> None:
    """Law: both cards of a deal, a second deal weeks later, and a marketplace that was opened anew
    save for the same customer, which Stripe was asked for once; what was saved is charged."""
    quay = stripe_quay
    first = _berth(quay)
    (customer,) = _made(quay.twin)
    assert _of_setups(quay.twin) == [customer, customer]
    quay.wait(DAY + HOUR)
    assert quay.now(first).state == "secured"
    quay.wait(40 * DAY)
    quay.market.close()
    plugins = [Wharf(), Commission(bp=1_000), quay.bank.plugin()]
    quay.market = Marketplace.open(database_url, plugins, clock=quay.clock, seed=8)
    _berth(quay)
    assert _made(quay.twin) == [customer]
    assert _of_setups(quay.twin) == [customer] * 4
    calls = [one for one in quay.twin.calls if (one.method, one.path) == ("POST", "/v1/customers")]
    assert len(calls) == 1


@pytest.mark.attack(49)
def test_two_at_once_are_one_customer(platform: Platform) -> None:
    """Law: two orders of one payer that both find nothing kept ask under the same key, and Stripe
    makes one customer; another payer is another one."""
    for key, who in (("s1", "pty_mia"), ("s2", "pty_mia"), ("s3", "pty_ben")):
        order = evolve(platform.order(SAVE, 0, key), payer=who)
        assert platform.provider.carry_out(order).outcome == "done"
    mia, ben = _made(platform.twin)
    assert _of_setups(platform.twin) == [mia, mia, ben]


def test_a_customer_that_the_application_names_is_left_as_it_is(platform: Platform) -> None:
    """Law: a means that says whose card it is makes no customer, also where one is kept."""
    made = platform.provider.calls("a customer", lambda stripe: stripe.v1.customers.create())
    means = f"{made['id']}:pm_card_visa"
    assert platform.ask(SAVE, 0, "s", means=means, known_as="cus_other").outcome == "done"
    assert _made(platform.twin) == [made["id"]]
    assert _of_setups(platform.twin) == [made["id"]]


def test_a_customer_that_stripe_broke_on_is_made_anew(stripe_quay: Quay) -> None:
    """Law: a 500, which Stripe keeps under the key for a day, costs nobody a day."""
    stripe_quay.twin.faults.broken(1, only="POST /v1/customers")
    _berth(stripe_quay)
    (customer,) = _made(stripe_quay.twin)
    assert set(_of_setups(stripe_quay.twin)) == {customer}


def test_a_customer_that_is_gone_is_made_again_once(stripe_quay: Quay) -> None:
    """Law: what is kept is gone at Stripe (deleted there, or of another account): another is made
    for the party, and kept in its place."""
    quay = stripe_quay
    with quay.market.context.store.begin() as work:
        keep_customer(work, quay.mia.id, "cus_gone")
    _berth(quay)
    (customer,) = _made(quay.twin)
    with quay.market.context.store.begin(write=False) as work:
        assert customer_of(work, quay.mia.id) == customer
    _berth(quay)
    assert _made(quay.twin) == [customer]
    assert set(_of_setups(quay.twin)) == {customer}


def test_an_erased_party_is_nobodys_customer_here(stripe_quay: Quay) -> None:
    """Law: who is erased is in no row of the plugin any more; Stripe keeps what it was told."""
    quay = stripe_quay
    deal = _berth(quay)
    quay.carried(deal)
    quay.wait(20 * DAY)
    assert quay.now(deal).ended_at is not None
    with quay.market.context.store.begin(write=False) as work:
        assert customer_of(work, quay.mia.id) is not None
    quay.market.parties.erase(quay.mia.id, by=OPERATOR)
    with quay.market.context.store.begin(write=False) as work:
        left = work.connection.execute(sa.select(tables_of(work).stripe_customer)).all()
    assert left == []
