"""A complaint about goods is a dispute: argued with evidence, decided by the deal's own rows."""

import pytest

from marketplace import (
    DAY,
    OPERATOR,
    Conflict,
    Forbidden,
    IllegalTransition,
    Money,
    NotFound,
    SetupError,
    Vertical,
)
from marketplace.plugins.goods import order
from tests.support.bazaar import NEW_YEAR, Bazaar


@pytest.mark.behaviour("C15", "G7")
def test_both_sides_show_what_they_have_until_a_row_decides(bazaar: Bazaar) -> None:
    """What was complained opens the dispute with its reason; both add evidence, the time to answer
    is the clock's next row, no money moves, and the operator's split ends both."""
    market, deal = bazaar.market, bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "complain", bazaar.mia, why="two are cracked", wants="refund")
    (dispute,) = market.disputes.list(by=bazaar.seller, transaction=deal.id)
    assert (dispute.kind, dispute.cause, dispute.state) == ("contest", "complain", "open")
    assert dispute.evidence[0].text == "two are cracked"
    assert dispute.answer_by == NEW_YEAR + 5 * DAY
    market.disputes.add_evidence(dispute.id, by=bazaar.mia, text="a photo")
    market.disputes.add_evidence(dispute.id, by=bazaar.seller, text="packed in straw")
    with pytest.raises(NotFound):
        market.disputes.add_evidence(dispute.id, by=bazaar.ben, text="I know them")
    with pytest.raises(Conflict, match="may: add evidence"):
        market.disputes.open(deal.id, by=bazaar.mia, cause="broken")
    bazaar.take(deal, "escalate", bazaar.seller)
    assert market.disputes.get(dispute.id, by=bazaar.mia).answer_by == NEW_YEAR + 21 * DAY
    market.payouts.run(by=OPERATOR)
    assert (bazaar.money(deal), bazaar.balance(bazaar.seller)) == ((37_00, 0), 0)
    bazaar.take(deal, "decide", OPERATOR, refund=Money.of("20", "EUR"))
    ended = market.disputes.get(dispute.id, by=bazaar.seller)
    assert (ended.state, ended.outcome) == ("decided", {"row": "decide", "state": "completed"})
    assert [one.text for one in ended.evidence][1:] == ["a photo", "packed in straw"]
    assert (bazaar.money(deal), bazaar.balance(bazaar.seller)) == ((37_00, 20_00), 15_30)
    with pytest.raises(IllegalTransition):
        market.disputes.add_evidence(dispute.id, by=bazaar.mia, text="too late")


@pytest.mark.behaviour("C15")
def test_nobody_decides_it_beside_its_rows(bazaar: Bazaar) -> None:
    """Neither the verbs of disputes nor their clock end what the deal's rows decide."""
    market, deal = bazaar.market, bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "complain", bazaar.mia, why="broken", wants="return")
    (dispute,) = market.disputes.list(by=OPERATOR)
    for verb, by in (
        (market.disputes.withdraw, bazaar.mia), (market.disputes.escalate, bazaar.mia),
    ):  # fmt: skip
        with pytest.raises(IllegalTransition, match="own rows decide"):
            verb(dispute.id, by=by)
    with pytest.raises(IllegalTransition, match="own rows decide"):
        market.disputes.decide(dispute.id, outcome={})
    with pytest.raises(Forbidden):
        market.disputes.decide(dispute.id, outcome={}, by=bazaar.mia)
    bazaar.take(deal, "take_back", bazaar.seller)
    assert market.disputes.get(dispute.id, by=bazaar.mia).state == "open"
    bazaar.take(deal, "send_back", bazaar.mia, parcel="R")
    bazaar.take(deal, "not_as_sent", bazaar.seller, why="a stone")
    market.advance(21 * DAY)
    assert bazaar.state(deal) == "completed"
    assert market.disputes.get(dispute.id, by=bazaar.mia).outcome["row"] == "no_decision"
    kinds = [one.kind for one in market.events.about(dispute.id, by=OPERATOR)]
    assert kinds == ["dispute.opened", "dispute.decided"]


@pytest.mark.behaviour("C15")
def test_a_second_complaint_is_a_dispute_of_its_own(bazaar: Bazaar) -> None:
    """Goods sent again that are broken again are argued anew; the first is told how it ended."""
    market, deal = bazaar.market, bazaar.sent(bazaar.offer(), 3)
    bazaar.take(deal, "complain", bazaar.mia, why="broken", wants="resend")
    now = market.context.now()
    times = {"ship_by": now + 3 * DAY, "protected_until": now + 30 * DAY}
    bazaar.take(deal, "resend", bazaar.seller, **times)
    bazaar.take(deal, "ship", bazaar.seller, parcel="again")
    bazaar.take(deal, "complain", bazaar.mia, why="broken again", wants="refund")
    told = [(one.state, one.outcome.get("row")) for one in market.disputes.list(by=bazaar.mia)]
    assert sorted(told, key=str) == [("decided", "resend"), ("open", None)]


def test_where_a_deal_is_disputed_somebody_has_to_answer() -> None:
    """A trade is refused whose deals are disputed in a state that it has not, or that ends them."""
    with pytest.raises(SetupError, match="is disputed in nowhere"):
        Vertical("shop", (order(),), disputed_in=("nowhere",))
    with pytest.raises(SetupError, match="no clock row"):
        Vertical("shop", (order(),), disputed_in=("completed",))
