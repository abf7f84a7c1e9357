"""Sellers' accounts with Stripe, made once; and what is sent to banks about chargebacks, once."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import (
    OPERATOR,
    Conflict,
    Forbidden,
    InvalidInput,
    Marketplace,
    Money,
    NotFound,
    Party,
    Pay,
    PaymentProviderUnavailable,
    PayoutPlan,
    Refused,
    SetupError,
)
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.plugins.stripe_connect.tables import tables_of
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.ride_world import Driver, Town
from tests.support.stripe_town import stripe_in_the_morning, town_by_stripe

URLS = {
    "return_url": "https://scoot.example/back",
    "refresh_url": "https://scoot.example/again",
}
SAID: dict[str, Any] = {"country": "NP", "currency": "NPR", "email": "ram@scoot.example"}


@pytest.fixture
def twin() -> Iterator[StripeTwin]:
    """Stripe in the town's morning."""
    with stripe_in_the_morning() as running:
        yield running


@pytest.fixture
def town(database_url: str, twin: StripeTwin) -> Iterator[Town]:
    """A town that takes cards by Stripe and pays out by it, on each database."""
    with town_by_stripe(database_url, twin, payouts=PayoutPlan(provider="stripe")) as opened:
        yield opened


@pytest.fixture
def desk(town: Town) -> StripeDesk:
    """The desk of the town."""
    return StripeDesk(town.market)


def made(twin: StripeTwin) -> list[str]:
    """Every account with Stripe."""
    told = [one for one in twin.events() if one["type"] == "v2.core.account.created"]
    return [one["related_object"]["id"] for one in told]


def state(town: Town, party: Party) -> list[str]:
    """The states of a party's payout accounts."""
    return [one.state for one in town.market.parties.payout_accounts(party.id, by=party)]


@pytest.mark.attack(58)
def test_a_driver_is_onboarded_and_paid_once_stripe_lets_him(
    town: Town, twin: StripeTwin, desk: StripeDesk
) -> None:
    """His account is made once and is his payout account; payouts wait until Stripe says that he
    may be paid, and go out then."""
    ram = town.driver()
    row = desk.onboard(ram.id, by=ram.party, **SAID)
    assert made(twin) == [row.account]
    assert desk.onboard(ram.id, by=ram.party, **SAID) == row
    assert desk.account(ram.id, by=OPERATOR) == row
    assert made(twin) == [row.account]
    assert state(town, ram.party) == ["submitted"]
    assert not desk.refresh(ram.id)
    town.settled(town.rider(), ram, Pay("card", means="pm_card_bypassPending"))
    with pytest.raises(Refused, match="payout_account_unverified"):
        town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    url = desk.link(ram.id, by=ram.party, **URLS)
    assert url.startswith(twin.url)
    twin.onboard(str(row.account))
    assert desk.refresh(ram.id)
    assert state(town, ram.party) == ["verified"]
    payout = town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    payout = town.market.payouts.get(payout.id, by=OPERATOR)
    assert payout.state == "paid"
    assert twin.balance("npr", str(row.account)) == payout.amount


def test_a_crash_while_an_account_is_made_makes_one(
    town: Town, twin: StripeTwin, desk: StripeDesk
) -> None:
    """The account was made and the answer lost: the row that was written before says how to ask
    again, and it is the same account. Until then there is nothing to link to."""
    ram = town.driver()
    twin.faults.answer_lost(only="POST /v2/core/accounts")
    with pytest.raises(PaymentProviderUnavailable):
        desk.onboard(ram.id, by=ram.party, **SAID)
    with pytest.raises(Conflict):
        desk.link(ram.id, by=ram.party, **URLS)
    assert not desk.refresh(ram.id)
    assert state(town, ram.party) == []
    row = desk.onboard(ram.id, by=ram.party, **SAID)
    assert made(twin) == [row.account]
    assert state(town, ram.party) == ["submitted"]


def test_what_stripe_takes_back_makes_payouts_wait(
    town: Town, twin: StripeTwin, desk: StripeDesk
) -> None:
    """An account that was good and is restricted is paid no more, until it is good again."""
    ram = town.driver()
    row = desk.onboard(ram.id, by=OPERATOR, **SAID)
    twin.onboard(str(row.account))
    desk.refresh(ram.id)
    town.settled(town.rider(), ram, Pay("card", means="pm_card_bypassPending"))
    twin.onboard(str(row.account), "restricted")
    assert not desk.refresh(ram.id)
    with pytest.raises(Refused, match="payout_account_unverified"):
        town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR")
    twin.onboard(str(row.account))
    assert desk.refresh(ram.id)
    assert town.market.payouts.make(by=OPERATOR, party=ram.id, currency="NPR").amount > 0


def test_an_account_is_the_party_s_own_affair(town: Town, desk: StripeDesk) -> None:
    """Nobody onboards, sees, links or refreshes somebody else's, and nobody a party that is not."""
    ram, sita = town.driver(), town.rider()
    desk.onboard(ram.id, by=ram.party, **SAID)
    with pytest.raises(NotFound):
        desk.onboard(ram.id, by=sita, **SAID)
    with pytest.raises(NotFound):
        desk.account(ram.id, by=sita)
    with pytest.raises(NotFound):
        desk.link(ram.id, by=sita, **URLS)
    with pytest.raises(NotFound):
        desk.refresh(ram.id, by=sita)
    with pytest.raises(NotFound):
        desk.onboard("pty_nobody", by=OPERATOR, **SAID)
    with pytest.raises(NotFound, match="onboard"):
        desk.account(sita.id, by=sita)


@pytest.mark.parametrize(
    "wrong",
    [{"country": "nepal"}, {"country": None}, {"currency": "UGX"}, {"email": "x"}, {"email": 1}],
)
def test_what_no_account_is_made_of_is_refused(
    town: Town, twin: StripeTwin, desk: StripeDesk, wrong: dict[str, Any]
) -> None:
    """A country, a currency, an address that is none: refused, and nothing is written or asked."""
    ram = town.driver()
    with pytest.raises(InvalidInput):
        desk.onboard(ram.id, by=ram.party, **{**SAID, **wrong})
    with pytest.raises(NotFound):
        desk.account(ram.id, by=ram.party)
    assert made(twin) == []


def test_links_lead_to_safe_addresses_alone(town: Town, desk: StripeDesk) -> None:
    """Nobody comes back to an address that is not https."""
    ram = town.driver()
    desk.onboard(ram.id, by=ram.party, **SAID)
    for url in ("http://scoot.example", "javascript:alert(1)", "", None, "https://"):
        with pytest.raises(InvalidInput):
            desk.link(ram.id, by=ram.party, **{**URLS, "return_url": url})


def test_an_erased_driver_has_no_account_here(town: Town, desk: StripeDesk) -> None:
    """With the person the row goes that says whose account it was."""
    ram = town.driver(place=None)
    desk.onboard(ram.id, by=ram.party, **SAID)
    town.market.parties.erase(ram.id, by=OPERATOR)
    with pytest.raises(NotFound):
        desk.account(ram.id, by=OPERATOR)


def test_stripe_is_not_asked_inside_a_unit_of_work(
    town: Town, twin: StripeTwin, desk: StripeDesk
) -> None:
    """Onboarding in the middle of a batch is refused before Stripe is asked."""
    ram = town.driver()
    with town.market.batch(), pytest.raises(SetupError, match="unit of work"):
        desk.onboard(ram.id, by=ram.party, **SAID)
    assert made(twin) == []


def test_a_desk_needs_stripe() -> None:
    """In a marketplace without it the desk says how to open one."""
    with Marketplace.open() as market, pytest.raises(SetupError, match="StripeConnect"):
        _ = StripeDesk(market).plugin


def _words(town: Town) -> list[str]:
    """What waits to be sent to banks."""
    with town.market.context.store.begin(write=False) as work:
        table = tables_of(work).stripe_sent
        return list(work.connection.execute(sa.select(table.c.text)).scalars())


class TestChargebacks:
    """A bank took a ride's price back."""

    @pytest.fixture
    def disputed(self, town: Town, twin: StripeTwin) -> tuple[str, str, Party, Driver]:
        """A chargeback that is open, what Stripe calls it, who paid and who drove."""
        sita, ram = town.rider(), town.driver()
        ride = town.settled(sita, ram, Pay("card", means="pm_card_visa"))
        (payment,) = town.market.transactions.payments(ride.id, by=OPERATOR)
        charge = twin.object(str(payment.reference))["latest_charge"]
        name = twin.dispute(charge)
        one = town.market.chargebacks.opened(
            payment.id,
            amount=Money(payment.captured, "NPR"),
            reference=name,
            cause="fraudulent",
        )
        return one.id, name, sita, ram

    def test_what_both_sides_showed_is_sent_once(
        self,
        town: Town,
        twin: StripeTwin,
        desk: StripeDesk,
        disputed: tuple[str, str, Party, Driver],
    ) -> None:
        """Words of both sides, each with a name and a time; sent for good, and not again however
        often it is asked, also when the answer was lost."""
        id, name, sita, ram = disputed
        with pytest.raises(InvalidInput, match="evidence"):
            desk.evidence(id)
        dispute = town.market.chargebacks.get(id, by=OPERATOR).dispute_id
        for who, text in ((ram.party, "she rode with me"), (sita, "I was asleep")):
            town.market.disputes.add_evidence(dispute, by=who, text=text)
        twin.faults.answer_lost(only=f"POST /v1/disputes/{name}")
        with pytest.raises(PaymentProviderUnavailable):
            desk.evidence(id)
        sent = desk.evidence(id)
        assert sent.sent_at is not None
        assert sent.text == ""  # what people wrote is kept in the dispute alone
        before = len(twin.calls)
        assert desk.evidence(id) == sent
        assert len(twin.calls) == before
        told = twin.object(name)
        text = told["evidence"]["uncategorized_text"]
        assert "Ram, 2026-11-23" in text
        assert "she rode with me" in text
        assert "I was asleep" in text
        assert told["status"] == "under_review"
        calls = [one for one in twin.calls if one.path == f"/v1/disputes/{name}"]
        assert len([one for one in calls if not one.replayed]) == 1

    def test_words_that_wait_to_be_sent_go_with_whoever_wrote_them(
        self,
        town: Town,
        twin: StripeTwin,
        desk: StripeDesk,
        disputed: tuple[str, str, Party, Driver],
    ) -> None:
        """An answer was lost, and then the rider is erased: no table of ours keeps his words."""
        id, name, sita, _ = disputed
        dispute = town.market.chargebacks.get(id, by=OPERATOR).dispute_id
        town.market.disputes.add_evidence(dispute, by=sita, text="I was asleep")
        twin.faults.question_lost(only=f"POST /v1/disputes/{name}")
        with pytest.raises(PaymentProviderUnavailable):
            desk.evidence(id)
        (words,) = _words(town)
        assert "I was asleep" in words
        town.market.chargebacks.lost(id)
        town.market.parties.erase(sita.id, by=OPERATOR)
        assert _words(town) == []

    def test_a_chargeback_that_is_right_is_accepted_once(
        self, twin: StripeTwin, desk: StripeDesk, disputed: tuple[str, str, Party, Driver]
    ) -> None:
        """Accepted, it is lost at Stripe; evidence after that is refused by it, in our words."""
        id, name, _, _ = disputed
        sent = desk.accept(id)
        assert desk.accept(id) == sent
        assert twin.object(name)["status"] == "lost"

    def test_only_the_operator_speaks_with_the_bank(
        self, desk: StripeDesk, disputed: tuple[str, str, Party, Driver]
    ) -> None:
        """Neither side sends anything by itself; a chargeback that is none is not found."""
        id, _, sita, ram = disputed
        for who in (sita, ram.party):
            with pytest.raises(Forbidden):
                desk.evidence(id, by=who)
            with pytest.raises(Forbidden):
                desk.accept(id, by=who)
        with pytest.raises(NotFound):
            desk.accept("cbk_nobody")

    def test_what_stripe_refuses_is_told_in_our_words(
        self,
        town: Town,
        desk: StripeDesk,
        disputed: tuple[str, str, Party, Driver],
    ) -> None:
        """Evidence after the bank has decided: refused, with Stripe's code and no text of its."""
        id, _, _, ram = disputed
        desk.accept(id)
        dispute = town.market.chargebacks.get(id, by=OPERATOR).dispute_id
        town.market.disputes.add_evidence(dispute, by=ram.party, text="she rode with me")
        with pytest.raises(Refused) as no:
            desk.evidence(id)
        assert no.value.code == "stripe_refused"
