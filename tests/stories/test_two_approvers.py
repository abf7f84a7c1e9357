"""What one person behind the operator refunds alone, and what a second one must approve."""

from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    OPERATOR,
    Actor,
    Approval,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    ManualClock,
    Marketplace,
    ModerationPlan,
    Money,
    Refused,
    Transaction,
)
from marketplace.plugins.goods import Goods
from marketplace.plugins.sandbox import Sandbox
from tests.support.bazaar import NEW_YEAR, Bazaar

RAM, SITA = Actor(role=OPERATOR, name="ram"), Actor(role=OPERATOR, name="sita")
LIMITS = ModerationPlan(refund_limits={"ram": {"EUR": 10_00}, "*": {}, "sita": {"EUR": 20_00}})


@define
class Office:
    """A bazaar whose people refund so much alone."""

    bazaar: Bazaar

    def escalated(self) -> Transaction:
        """Three bowls for 37.00, complained about, and before the operator."""
        deal = self.bazaar.sent(self.bazaar.offer(), 3)
        self.bazaar.take(deal, "complain", self.bazaar.mia, why="broken", wants="refund")
        return self.bazaar.take(deal, "escalate", self.bazaar.seller)

    def ask(self, deal: Transaction, euros: str = "37", by: Actor = RAM) -> Approval:
        """Somebody asks to give so much back."""
        body = {"transaction_id": deal.id, "row": "decide", "refund": Money.of(euros, "EUR")}
        return self.bazaar.market.approvals.ask("transactions.take", body, by=by, reason="broken")


@pytest.fixture
def office(database_url: str) -> Any:
    """One on each database."""
    with Marketplace.open(
        database_url, [Goods(), Sandbox()], seed=4, clock=ManualClock(NEW_YEAR),
        create="missing", moderation=LIMITS,
    ) as market:  # fmt: skip
        people = [market.parties.join(name) for name in ("Sita", "Mia", "Ben")]
        yield Office(Bazaar(market, *people))


@pytest.mark.attack(12)
@pytest.mark.behaviour("C19")
def test_a_refund_above_the_own_limit_needs_another_person(office: Office) -> None:
    """Up to his limit one refunds alone; above it nothing happens until somebody else approves it,
    word for word, and nobody approves what he asked for himself."""
    bazaar, approvals = office.bazaar, office.bazaar.market.approvals
    deal = office.escalated()
    with pytest.raises(Refused) as refused:
        bazaar.market.transactions.take(deal.id, "decide", by=RAM, refund=Money.of("37", "EUR"))
    assert refused.value.code == "needs_second_approver"
    assert (bazaar.state(deal), bazaar.money(deal)) == ("escalated", (37_00, 0))
    asked = office.ask(deal)
    assert bazaar.money(deal) == (37_00, 0)
    for by, code in ((RAM, "own_approval"), (OPERATOR, "needs_a_name"), (bazaar.mia, "forbidden")):
        with pytest.raises(Forbidden) as no:
            approvals.give(asked.id, by=by)
        assert no.value.code == code
    given = approvals.give(asked.id, by=SITA)
    assert (given.state, given.asked_by, given.answered_by) == ("given", "ram", "sita")
    assert (bazaar.state(deal), bazaar.money(deal)) == ("completed", (37_00, 37_00))
    with pytest.raises(IllegalTransition):
        approvals.give(asked.id, by=SITA)
    assert bazaar.market.ledger.sums() == {"EUR": 0}
    within = office.escalated()
    bazaar.market.transactions.take(within.id, "decide", by=RAM, refund=Money.of("10", "EUR"))
    assert bazaar.money(within) == (37_00, 10_00)


@pytest.mark.attack(12)
@pytest.mark.behaviour("C19")
def test_nobody_splits_one_refund_into_several(office: Office) -> None:
    """Six euros of a dispute and six of a claim after it are twelve: the second six need another
    person, who then lets them happen."""
    bazaar, deal = office.bazaar, office.escalated()
    market = bazaar.market
    six = Money.of("6", "EUR")
    market.transactions.take(deal.id, "decide", by=RAM, refund=six)
    asks = {"why": "the other one too", "refund": six}
    claim = market.transactions.follow_up(deal.id, "claim", by=bazaar.mia, asks=asks)
    bazaar.take(claim, "refuse", bazaar.seller, why="no")
    with pytest.raises(Refused) as refused:
        market.transactions.take(claim.id, "decide", by=RAM, refund=six)
    assert refused.value.code == "needs_second_approver"
    assert refused.value.params["money"]["amount"] == 12_00
    body = {"transaction_id": claim.id, "row": "decide", "refund": six}
    asked = market.approvals.ask("transactions.take", body, by=RAM)
    market.approvals.give(asked.id, by=SITA)
    assert bazaar.money(deal) == (37_00, 12_00)


@pytest.mark.attack(12)
def test_who_has_no_limit_of_his_own_has_that_of_all_others(office: Office) -> None:
    """A name that is not in the plan, and no name at all, refund nothing alone where the plan says
    so for all others; the clock does what the process says, whoever has which limit."""
    bazaar = office.bazaar
    deal = office.escalated()
    for by in (OPERATOR, Actor(role=OPERATOR, name="somebody")):
        with pytest.raises(Refused, match="at most alone"):
            bazaar.market.transactions.take(deal.id, "decide", by=by, refund=Money.of("1", "EUR"))
    bazaar.market.advance(60 * DAY)
    assert bazaar.money(deal) == (37_00, 37_00)


def test_an_approval_lapses_or_is_declined(office: Office) -> None:
    """What was not approved in time, or was declined, is never carried out; what the command itself
    refuses is raised, and the approval still waits."""
    bazaar, approvals = office.bazaar, office.bazaar.market.approvals
    deal = office.escalated()
    declined = office.ask(deal)
    assert [one.id for one in approvals.list(by=SITA)] == [declined.id]
    approvals.decline(declined.id, by=SITA)
    with pytest.raises(IllegalTransition):
        approvals.give(declined.id, by=SITA)
    too_much = office.ask(deal, "37.01")
    with pytest.raises(Refused, match="goods_refund_within"):
        approvals.give(too_much.id, by=SITA)
    assert [one.state for one in approvals.list(by=SITA)] == ["asked"]
    late = office.ask(deal)
    bazaar.market.advance(2 * DAY)
    with pytest.raises(Expired):
        approvals.give(late.id, by=SITA)
    assert bazaar.money(deal) == (37_00, 0)


def test_what_can_wait_for_an_approval(office: Office) -> None:
    """Only commands that refund, with what they are given; anything else is refused at once."""
    approvals = office.bazaar.market.approvals
    for command, body in (
        ("parties.suspend", {"party_id": "x", "reason": "y"}),
        ("transactions.take", {"row": "decide"}),
        ("transactions.take", {"transaction_id": "x", "row": "decide", "by": "y"}),
    ):
        with pytest.raises(InvalidInput):
            approvals.ask(command, body, by=RAM)
    with pytest.raises(Forbidden):
        approvals.list(by=office.bazaar.mia)
