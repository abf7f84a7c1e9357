"""What a seller must show before it sells or is paid, and where it is paid to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    PAYMENT_PROVIDER,
    Conflict,
    Document,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    ManualClock,
    MoneyKind,
    NotFound,
    Order,
    Party,
    PayoutAccount,
    PayoutPlan,
    Refused,
    Requirement,
)
from marketplace.plugins.goods import Goods
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from tests.support.bazaar import CARD, Bazaar, open_bazaar
from tests.support.ride_world import OpenTown

IDENTITY = Requirement("identity", blocks=("publish",), documents=("passport",))
LICENCE = Requirement("licence", blocks=("deal",), documents=("trade licence",))
BANK = Requirement("bank", blocks=("payout",), payout_account=True)
FIRM = Requirement("firm", blocks=("publish",), documents=("register",), kinds=("organisation",))
PLAN = PayoutPlan(provider="sandbox", every=None, cooling=3 * DAY)


def _bazaar(url: str, *requirements: Requirement, plan: PayoutPlan = PLAN) -> Bazaar:
    return open_bazaar(url, Goods(requirements=requirements), payouts=plan)


def _show(bazaar: Bazaar, kind: str, expires: timedelta | None = None) -> Document:
    """The seller hands a document in and the operator approves it."""
    until = None if expires is None else bazaar.market.context.now() + expires
    paper = bazaar.market.parties.submit_document(kind, by=bazaar.seller, expires_at=until)
    return bazaar.market.parties.judge_document(paper.id, approve=True)


def _wait(bazaar: Bazaar, time: timedelta) -> None:
    clock = bazaar.market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(time)
    bazaar.market.tick()


def _missing(bazaar: Bazaar, who: Party | None = None) -> dict[str, list[str]]:
    found = bazaar.market.parties.missing((who or bazaar.seller).id, by=OPERATOR, vertical="goods")
    return {one.requirement: [reason.code for reason in one.reasons] for one in found}


def _earned(bazaar: Bazaar) -> None:
    deal = bazaar.sent(bazaar.offer())
    bazaar.take(deal, "receive", bazaar.mia)


def _account(bazaar: Bazaar, reference: str = "ba_1", approve: bool = True) -> PayoutAccount:
    account = bazaar.market.parties.set_payout_account("EUR", reference, by=bazaar.seller)
    if not approve:
        return account
    return bazaar.market.parties.judge_payout_account(account.id, approve=True)


def _told(bazaar: Bazaar, kind: str) -> list[Mapping[str, Any]]:
    """What the seller heard of one kind."""
    heard = bazaar.market.events.feed(by=bazaar.seller, limit=500)
    return [one.event.data for one in heard if one.event.kind == kind]


def _overheard(bazaar: Bazaar) -> list[Order]:
    """Everything that the payment provider is asked from here on."""
    orders: list[Order] = []
    sandbox = bazaar.market.context.providers["sandbox"]
    assert isinstance(sandbox, Sandbox)
    sandbox.before = orders.append
    return orders


def _codes(refused: pytest.ExceptionInfo[Refused]) -> Sequence[str]:
    return [reason.code for reason in refused.value.reasons]


@pytest.mark.behaviour("C20")
def test_what_is_unmet_says_what_is_missing_and_blocks_publishing_alone(database_url: str) -> None:
    """Without a passport nothing is held out; with one handed in it is still being looked at; and
    once it is approved nothing stands in the way, whatever is missing for payouts."""
    bazaar = _bazaar(database_url, IDENTITY, BANK, FIRM)
    assert _missing(bazaar) == {
        "identity": ["document_missing"],
        "bank": ["payout_account_missing"],
    }
    with pytest.raises(Refused, match="identity") as refused:
        bazaar.offer()
    assert _codes(refused) == ["document_missing"]
    paper = bazaar.market.parties.submit_document("passport", by=bazaar.seller)
    assert _missing(bazaar)["identity"] == ["document_waits"]
    bazaar.market.parties.judge_document(paper.id, approve=False)
    assert _missing(bazaar)["identity"] == ["document_rejected"]
    _show(bazaar, "passport")
    _earned(bazaar)
    assert _missing(bazaar) == {"bank": ["payout_account_missing"]}
    firm = bazaar.market.parties.join("Bowls & Co.", kind="organisation")
    assert set(_missing(bazaar, firm)) == {"identity", "bank", "firm"}
    bazaar.market.close()


@pytest.mark.behaviour("C20")
def test_a_document_that_expires_stops_new_deals_and_nothing_else(database_url: str) -> None:
    """On the day of expiry the published listing stays and the running deal goes on to its end; a
    new deal is refused, to the buyer without a word of papers, until a new one is approved."""
    bazaar = _bazaar(database_url, LICENCE)
    bowl = bazaar.offer()
    with pytest.raises(Conflict, match="cannot take this now") as told:
        bazaar.buy(bowl)
    assert told.value.code == "provider_not_ready"
    assert not told.value.reasons
    _show(bazaar, "trade licence", 10 * DAY)
    deal = bazaar.buy(bowl)
    bazaar.take(deal, "confirm", bazaar.seller)
    _wait(bazaar, 10 * DAY - timedelta(microseconds=1))
    quote = bazaar.price(bowl)
    _wait(bazaar, timedelta(microseconds=1))
    assert _missing(bazaar) == {"licence": ["document_expired"]}
    with pytest.raises(Conflict):
        bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    assert bazaar.market.listings.get(bowl.id, by=bazaar.mia).state == "published"
    _show(bazaar, "trade licence")
    bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=CARD)
    bazaar.market.close()


@pytest.mark.behaviour("C20")
def test_a_driver_without_papers_is_not_asked(open_town: OpenTown) -> None:
    """Whose deals wait for something is no candidate of a dispatch, and is one once it is met."""
    town = open_town(rides=Rides(fare=kathmandu_bike(), requirements=(LICENCE,)))
    sita, ram = town.rider(), town.driver()
    request = town.ask(sita)

    def told(by: Any) -> list[tuple[bool, str]]:
        found = town.market.matching.find(request.id, by=by)
        return [(one.eligible, one.reasons[0].code) for one in found]

    assert told(OPERATOR) == [(False, "document_missing")]
    assert told(sita) == [(False, "not_available")]
    paper = town.market.parties.submit_document("trade licence", by=ram.party)
    town.market.parties.judge_document(paper.id, approve=True)
    assert told(sita) == [(True, "metres_away")]
    town.market.requests.withdraw(request.id, by=sita)
    town.settled(town.rider("Gita"), ram, "card")


@pytest.mark.behaviour("C20", "G13")
def test_payouts_wait_for_what_they_need_and_others_are_paid(database_url: str) -> None:
    """Without a verified account the seller is left out of the run and told so, its money stays
    its own, and another seller is paid in the same run."""
    bazaar = _bazaar(database_url, BANK, plan=PayoutPlan(provider="sandbox", every=None))
    _earned(bazaar)
    other = bazaar.market.parties.join("Other")
    account = bazaar.market.parties.set_payout_account("EUR", "ba_2", by=other)
    bazaar.market.parties.judge_payout_account(account.id, approve=True, by=PAYMENT_PROVIDER)
    deal = bazaar.buy(bazaar.offer(by=other))
    for row in ("confirm", "ship"):
        bazaar.take(deal, row, other, **({"parcel": "A"} if row == "ship" else {}))
    bazaar.take(deal, "receive", bazaar.mia)
    (paid,) = bazaar.market.payouts.run(by=OPERATOR)
    assert (paid.party_id, paid.account_id) == (other.id, account.id)
    (data,) = _told(bazaar, "party.payout_waits")
    assert [one["code"] for one in data["reasons"]] == ["payout_account_missing"]
    with pytest.raises(Refused) as refused:
        bazaar.market.payouts.make(
            by=bazaar.seller, party=bazaar.seller.id, currency="EUR", at_once=True
        )
    assert _codes(refused) == ["payout_account_missing"]
    _account(bazaar)
    (paid,) = bazaar.market.payouts.run(by=OPERATOR)
    assert (paid.party_id, paid.amount) == (bazaar.seller.id, 13_50)
    bazaar.market.close()


@pytest.mark.attack(60)
@pytest.mark.behaviour("C20")
def test_after_a_change_of_the_account_nothing_is_paid_before_it_has_cooled(
    database_url: str,
) -> None:
    """Somebody changes the account and asks for his money at once: the one before is replaced, the
    owner is told, and no payout leaves before the new one is verified and three days are over;
    then it goes to the new account."""
    bazaar = _bazaar(database_url)
    old = _account(bazaar)
    _wait(bazaar, 3 * DAY)
    _earned(bazaar)
    new = _account(bazaar, "ba_thief", approve=False)
    told = _told(bazaar, "party.payout_account_changed")
    assert [one["account"] for one in told] == [old.id, new.id]

    def at_once() -> Sequence[str]:
        with pytest.raises(Refused, match="payouts wait") as refused:
            bazaar.market.payouts.make(
                by=bazaar.seller, party=bazaar.seller.id, currency="EUR", at_once=True
            )
        assert bazaar.market.payouts.run(by=OPERATOR) == []
        return _codes(refused)

    assert at_once() == ["payout_account_unverified"]
    bazaar.market.parties.judge_payout_account(new.id, approve=True)
    assert at_once() == ["payout_account_new"]
    _wait(bazaar, 3 * DAY - timedelta(microseconds=1))
    assert at_once() == ["payout_account_new"]
    _wait(bazaar, timedelta(microseconds=1))
    orders = _overheard(bazaar)
    (paid,) = bazaar.market.payouts.run(by=OPERATOR)
    assert paid.account_id == new.id
    assert [one.means for one in orders if one.kind is MoneyKind.PAY_OUT] == ["ba_thief"]
    states = bazaar.market.parties.payout_accounts(bazaar.seller.id, by=bazaar.seller)
    assert [(one.id, one.state) for one in states] == [(old.id, "replaced"), (new.id, "verified")]
    bazaar.market.close()


@pytest.mark.attack(60)
def test_nothing_goes_elsewhere_because_an_account_was_rejected(database_url: str) -> None:
    """Whose new account is found not to be his is paid nowhere until one is verified, also where no
    requirement asks for one: not to wherever the payment provider would send it."""
    bazaar = _bazaar(database_url)
    parties, payouts = bazaar.market.parties, bazaar.market.payouts
    old = _account(bazaar)
    deal = bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "receive", bazaar.mia)
    wrong = parties.set_payout_account("EUR", "ba_thief", by=bazaar.seller)
    parties.judge_payout_account(wrong.id, approve=False, reason="not his")
    assert payouts.run(by=OPERATOR) == []
    with pytest.raises(Refused) as refused:
        payouts.make(by=OPERATOR, party=bazaar.seller.id, currency="EUR")
    assert [one.code for one in refused.value.reasons] == ["payout_account_rejected"]
    again = parties.set_payout_account("EUR", "ba_1", by=bazaar.seller)
    parties.judge_payout_account(again.id, approve=True)
    bazaar.market.advance(14 * DAY)
    (payout,) = payouts.run(by=OPERATOR)
    assert payout.account_id == again.id != old.id
    bazaar.market.close()


def test_an_account_is_one_s_own_and_judged_by_others(database_url: str) -> None:
    """Nobody names an account for another party, sees another's, or verifies his own; the same
    account named again is no change; a rejected one counts no more."""
    bazaar = _bazaar(database_url, BANK)
    parties = bazaar.market.parties
    account = _account(bazaar)
    assert parties.set_payout_account("EUR", "ba_1", by=bazaar.seller) == account
    assert "ba_1" not in repr(account)
    with pytest.raises(NotFound):
        parties.set_payout_account("EUR", "ba_9", by=bazaar.mia, party=bazaar.seller.id)
    with pytest.raises(NotFound):
        parties.missing(bazaar.seller.id, by=bazaar.mia, vertical="goods")
    assert parties.payout_accounts(bazaar.seller.id, by=bazaar.mia) == []
    with pytest.raises(Forbidden):
        parties.judge_payout_account(account.id, approve=True, by=bazaar.seller)
    with pytest.raises(InvalidInput, match="no payment provider"):
        parties.set_payout_account("EUR", "ba_9", by=bazaar.seller, provider="nobody")
    assert _missing(bazaar) == {}
    parties.judge_payout_account(account.id, approve=False, reason="not his")
    assert _missing(bazaar) == {"bank": ["payout_account_missing"]}
    with pytest.raises(IllegalTransition):
        parties.judge_payout_account(account.id, approve=True)
    bazaar.market.close()


@pytest.mark.parametrize("blocks", [(), ("pay",), ("publish", "all")])
def test_a_requirement_blocks_what_there_is(blocks: tuple[str, ...]) -> None:
    """It names one or more of what can wait."""
    with pytest.raises(InvalidInput, match="publish, deal, payout"):
        Requirement("x", blocks=blocks)  # type: ignore[arg-type]
