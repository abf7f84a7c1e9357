"""Groups: a lower price for those who buy together, if enough join before the group closes."""

from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    MINUTE,
    OPERATOR,
    IllegalTransition,
    ModerationPlan,
    Reason,
    Refused,
    SoldOut,
    TransitionQuestion,
    hookimpl,
)
from marketplace.plugins.goods import groups
from marketplace.testing.soundness import faults
from tests.support.bazaar import NEW_YEAR, Bazaar, open_bazaar

CLOSES = NEW_YEAR + 2 * DAY
GROUP: dict[str, Any] = {
    "group": {"price": 6_00, "least": 5, "closes": CLOSES.isoformat()},
    "group_stock": 8,
}


@pytest.mark.behaviour("G10")
def test_enough_have_joined_and_everybody_is_sent_his_own(bazaar: Bazaar) -> None:
    """Six pieces of a group of five are sold at 6.00; the ninth of eight finds no room."""
    article = bazaar.offer(**GROUP, stock=20)
    mine = bazaar.buy(article, 4, group=True)
    theirs = bazaar.buy(article, 2, by=bazaar.ben, group=True)
    assert (mine.process, mine.state, bazaar.money(mine)) == ("group", "joined", (32_00, 0))
    assert (bazaar.left(article, "group"), bazaar.left(article)) == (2, 14)
    with pytest.raises(SoldOut):
        bazaar.buy(article, 3, group=True)
    with pytest.raises(IllegalTransition, match="not before"):
        bazaar.take(mine, "reached", OPERATOR)
    bazaar.market.advance(2 * DAY)
    assert (bazaar.state(mine), bazaar.state(theirs)) == ("packing", "packing")
    assert mine.moments["ship_by"] == CLOSES + 3 * DAY
    with pytest.raises(Refused, match="goods_no_group_now"):
        bazaar.buy(article, group=True)
    for deal in (mine, theirs):
        bazaar.take(deal, "ship", bazaar.seller, parcel="A")
        bazaar.take(deal, "deliver", bazaar.seller, evidence="signed")
    bazaar.market.advance(10 * DAY)
    assert bazaar.state(theirs) == "completed"
    # Of 32.00 and 18.00 a tenth is the marketplace's.
    assert bazaar.balance(bazaar.seller) == 45_00
    assert bazaar.left(article) == 14
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G10")
def test_a_long_history_hides_no_group(bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many groups an article had, those who joined the last one are counted."""
    monkeypatch.setattr(groups, "MOST", 2)
    article = bazaar.offer(**GROUP, stock=20)
    for _ in range(2):
        bazaar.buy(article, 1, group=True)
    bazaar.market.advance(2 * DAY)
    again = {**GROUP["group"], "least": 2, "closes": (CLOSES + 2 * DAY).isoformat()}
    said = {**article.attributes, "group": again}
    bazaar.market.listings.change(article.id, by=bazaar.seller, attributes=said)
    deals = [bazaar.buy(article, 1, group=True) for _ in range(2)]
    bazaar.market.advance(2 * DAY)
    assert [bazaar.state(one) for one in deals] == ["packing", "packing"]


@pytest.mark.behaviour("G10", "C23")
def test_too_few_have_joined_and_everybody_has_the_money_back(bazaar: Bazaar) -> None:
    """Of five one left again: the other four's money goes back, and the goods are anybody's."""
    article = bazaar.offer(**GROUP, stock=5)
    stays = bazaar.buy(article, 4, group=True)
    leaves = bazaar.buy(article, 1, by=bazaar.ben, group=True)
    bazaar.take(leaves, "leave", bazaar.ben)
    assert (bazaar.state(leaves), bazaar.money(leaves)) == ("cancelled", (11_00, 11_00))
    bazaar.market.advance(2 * DAY - MINUTE)
    assert bazaar.state(stays) == "joined"
    bazaar.market.advance(MINUTE)
    assert (bazaar.state(stays), bazaar.money(stays)) == ("cancelled", (32_00, 32_00))
    assert (bazaar.left(article), bazaar.left(article, "group")) == (5, 8)
    assert bazaar.balance(bazaar.seller) == 0
    assert bazaar.market.ledger.sums() == {"EUR": 0}


def test_a_group_that_missed_waits_for_no_second_person(database_url: str) -> None:
    """What the marketplace does by itself, as its plugins were set up, is nobody's own decision:
    no limit of anybody's refunds stands in its way, and a nameless operator is still held to it."""
    limits = ModerationPlan(refund_limits={"*": {}})
    bazaar = open_bazaar(database_url, moderation=limits)
    article = bazaar.offer(**GROUP)
    deal = bazaar.buy(article, 4, group=True)
    bazaar.market.advance(2 * DAY)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("cancelled", (32_00, 32_00))
    other = bazaar.buy(bazaar.offer(), 1)
    with pytest.raises(Refused, match=r"needs_second_approver|alone"):
        bazaar.take(other, "refuse", OPERATOR)
    bazaar.market.close()


@pytest.mark.behaviour("G10")
def test_what_is_enough_is_as_it_was_when_they_joined(bazaar: Bazaar) -> None:
    """A seller who asks for more after people have joined keeps his word to them."""
    article = bazaar.offer(**GROUP)
    deal = bazaar.buy(article, 5, group=True)
    more = {**article.attributes, "group": {**GROUP["group"], "least": 6}}
    bazaar.market.listings.change(article.id, by=bazaar.seller, attributes=more)
    bazaar.market.advance(2 * DAY)
    assert bazaar.state(deal) == "packing"


@pytest.mark.invariant(48)
def test_who_dies_while_telling_a_group_is_followed_by_another_look(
    bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first was told of five and the teller died, ten minutes later the second is told the
    same, though four are left that wait."""
    article = bazaar.offer(**GROUP)
    deals = [
        bazaar.buy(article, 1, group=True), bazaar.buy(article, 4, by=bazaar.ben, group=True)
    ]  # fmt: skip
    told: list[str] = []
    verbs = bazaar.market.transactions
    real = verbs.take

    def dying(deal: str, row: str, **said: Any) -> Any:
        if row == "reached" and told:
            raise SystemExit("killed")
        told.append(deal)
        return real(deal, row, **said)

    monkeypatch.setattr(verbs, "take", dying)
    with pytest.raises(SystemExit):
        bazaar.market.advance(2 * DAY)
    monkeypatch.undo()
    assert sorted(bazaar.state(one) for one in deals) == ["joined", "packing"]
    bazaar.market.advance(10 * MINUTE)
    assert [bazaar.state(one) for one in deals] == ["packing", "packing"]


@pytest.mark.behaviour("G10", "C23")
def test_nobodys_money_waits_for_a_count_that_never_comes(bazaar: Bazaar) -> None:
    """A day after a group closed that nobody counted, everybody has the money back."""
    article = bazaar.offer(**GROUP)
    deal = bazaar.buy(article, 5, group=True)
    with bazaar.market.context.store.begin() as work:
        work.timers.clear(groups.kind_of("goods"), [article.id])
    bazaar.market.advance(3 * DAY - HOUR)
    assert bazaar.state(deal) == "joined"
    with pytest.raises(Refused, match="goods_group_closed"):
        bazaar.take(deal, "leave", bazaar.mia)
    bazaar.market.advance(HOUR)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("cancelled", (39_00, 39_00))


class Doubter:
    """A plugin that holds one deal back."""

    name = "doubter"
    held_back = ""

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> list[Reason]:
        """One of them is not sent yet."""
        mine = question.transaction.id == self.held_back and question.row.name == "reached"
        return [Reason("looked_into")] if mine else []


@pytest.mark.behaviour("G10")
def test_who_is_held_back_holds_nobody_else_of_the_group_back() -> None:
    """A plugin refuses one of three who are enough: the other two are told at once, and he is when
    it lets him go."""
    doubter = Doubter()
    bazaar = open_bazaar("sqlite://", more=[doubter])
    article = bazaar.offer(**GROUP)
    deals = [
        bazaar.buy(article, 2, by=who, group=True) for who in (bazaar.mia, bazaar.ben, bazaar.mia)
    ]
    # Each of them may come first when they are told.
    doubter.held_back = min(one.id for one in deals)
    bazaar.market.advance(2 * DAY)
    waits = {one.id: bazaar.state(one) for one in deals}
    assert sorted(waits.values()) == ["joined", "packing", "packing"]
    assert waits[doubter.held_back] == "joined"
    doubter.held_back = ""
    bazaar.market.advance(10 * MINUTE)
    assert {bazaar.state(one) for one in deals} == {"packing"}
    bazaar.market.close()
