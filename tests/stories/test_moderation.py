"""Moderation: a report, a decision by a rule, an appeal that another judges, strikes that lapse."""

from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    OPERATOR,
    Actor,
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    LimitExceeded,
    Listing,
    ManualClock,
    Marketplace,
    ModerationPlan,
    NotFound,
    Notification,
    Party,
)
from marketplace.plugins.goods import Goods
from marketplace.plugins.sandbox import Sandbox
from tests.support.bazaar import BOWL, NEW_YEAR

ASHA, BINOD = Actor(role=OPERATOR, name="asha"), Actor(role=OPERATOR, name="binod")
PLAN = ModerationPlan(rules={"fake": 1, "dangerous": 2, "rude": 0}, strikes=3)


@define
class Letters:
    """Keeps what is sent."""

    sent: list[Notification]

    def send(self, notification: Notification) -> None:
        """Keep it."""
        self.sent.append(notification)

    def to(self, party: Party) -> list[str]:
        """The codes that somebody was sent."""
        return [one.code for one in self.sent if one.party_id == party.id]


@define
class Square:
    """A marketplace with a seller, who is watched, and two who watch him."""

    market: Marketplace
    letters: Letters
    seller: Party
    mia: Party
    ben: Party

    def offer(self, title: str = "A bowl", by: Party | None = None) -> Listing:
        """Something held out."""
        drawn = self.market.listings.draft(
            "goods", by=by or self.seller, title=title, currency="EUR", attributes=BOWL
        )
        return self.market.listings.publish(drawn.id, by=by or self.seller)

    def report(self, listing: Listing, by: Party | None = None, rule: str = "fake") -> Any:
        """Somebody reports it."""
        return self.market.moderation.report("listing", listing.id, by=by or self.mia, rule=rule)

    def case(self) -> Any:
        """The oldest open case."""
        return self.market.moderation.queue(by=ASHA)[0]

    def judged(self, rule: str = "fake", action: str = "take down", **more: Any) -> Any:
        """A new listing, reported and decided."""
        self.report(self.offer(**more), rule=rule)
        return self.market.moderation.decide(
            self.case().id, by=ASHA, action=action, rule=rule, reason="it is a copy"
        )

    def state(self, listing_id: str) -> str:
        """How a listing stands."""
        return self.market.listings.get(listing_id, by=OPERATOR).state

    def found(self) -> set[str]:
        """What a buyer finds."""
        return {one.listing_id for one in self.market.listings.search("goods", by=self.ben)}


@pytest.fixture
def square(database_url: str) -> Any:
    """A square on each database."""
    letters = Letters([])
    with Marketplace.open(
        database_url, [Goods(), Sandbox()], seed=3, clock=ManualClock(NEW_YEAR),
        create="missing", moderation=PLAN, channel=letters,
    ) as market:  # fmt: skip
        people = [market.parties.join(name) for name in ("Sita", "Mia", "Ben")]
        yield Square(market, letters, *people)


@pytest.mark.behaviour("C19", "G12")
def test_what_is_taken_down_is_gone_and_comes_back_when_another_says_so(square: Square) -> None:
    """A listing that was reported is taken down by the rule cited, is found no more, and its owner
    can neither publish nor change it; he appeals, and another than who decided reverses it: it is
    as it was before, and the strike is gone."""
    market, listing = square.market, square.offer()
    square.report(listing)
    case = market.moderation.decide(
        square.case().id, by=ASHA, action="take down", rule="fake", reason="it is a copy"
    )
    assert square.state(listing.id) == "removed"
    assert listing.id not in square.found()
    assert market.moderation.strikes(square.seller.id, by=square.seller) == 1
    with pytest.raises(NotFound):
        market.listings.get(listing.id, by=square.ben)
    for verb in (market.listings.publish, market.listings.withdraw):
        with pytest.raises(IllegalTransition):
            verb(listing.id, by=square.seller)
    with pytest.raises(IllegalTransition):
        market.listings.change(listing.id, by=square.seller, title="Another")
    market.moderation.appeal(case.id, by=square.seller, text="I made it myself")
    with pytest.raises(Forbidden, match="does not judge"):
        market.moderation.judge(case.id, by=ASHA, reverse=False, reason="no")
    market.moderation.judge(case.id, by=BINOD, reverse=True, reason="it is his own work")
    assert square.state(listing.id) == "published"
    assert market.listings.get(listing.id, by=square.ben).title == "A bowl"
    assert market.moderation.strikes(square.seller.id, by=square.seller) == 0
    assert market.moderation.get(case.id, by=BINOD).judged_by == "binod"
    square.market.tick()
    assert square.letters.to(square.seller) == [
        "notify.case.decided", "notify.case.reversed",
    ]  # fmt: skip
    assert square.letters.to(square.mia) == ["notify.report.upheld"]


@pytest.mark.behaviour("C18", "C19")
def test_a_message_is_withdrawn_with_its_reason_and_comes_back(square: Square) -> None:
    """A message that was reported is taken down: the others read the reason and why in its place,
    its author and the operator read it still, nobody reports it again, and who cannot read it
    learns nothing; on appeal another reverses it, and it stands as it was written."""
    market, listing = square.market, square.offer()
    said = market.messages.ask(listing.id, "You thief", by=square.ben)

    def read(by: Any) -> tuple[str, str, str | None]:
        (one,) = market.messages.list(by=by, listing=listing.id)
        return one.text, one.state, one.removed_reason

    def reported() -> Any:
        return market.moderation.report("message", said.id, by=square.seller, rule="rude")

    reported()
    case = market.moderation.decide(
        square.case().id, by=ASHA, action="take down", rule="rude", reason="no insults"
    )
    assert read(square.seller) == ("", "removed", "no insults")
    for whole in (square.ben, OPERATOR):
        assert read(whole) == ("You thief", "removed", "no insults")
    for reader in (square.seller, square.ben, OPERATOR):
        (why,) = market.why.message(said.id, by=reader)
        assert why.text == "withdrawn by the rule “rude”: no insults"
    for nobody in (reported, lambda: market.why.message(said.id, by=square.mia)):
        with pytest.raises(NotFound):
            nobody()
    market.moderation.appeal(case.id, by=square.ben, text="He is one")
    market.moderation.judge(case.id, by=BINOD, reverse=True, reason="so a court found")
    assert read(square.seller) == ("You thief", "sent", None)
    assert market.why.message(said.id, by=square.seller) == []


@pytest.mark.behaviour("C19")
def test_whom_was_reported_never_learns_who_did(square: Square) -> None:
    """Neither the case, nor events, nor reasons, nor letters tell the owner who reported him, how
    many did, or who of the operator's people decided; and one reporter learns of no other."""
    listing = square.offer()
    square.report(listing, square.mia)
    square.report(listing, square.ben)
    market, case = square.market, square.case()
    assert case.reports == 2
    with pytest.raises(NotFound):
        market.moderation.get(case.id, by=square.seller)
    assert market.moderation.list(by=square.seller).items == ()
    market.moderation.decide(case.id, by=ASHA, action="warn", rule="fake", reason="a copy")
    mine = market.moderation.get(case.id, by=square.seller)
    assert (mine.reports, mine.decided_by, mine.version) == (0, "", 1)
    assert (mine.rule, mine.action, mine.reason) == ("fake", "warn", "a copy")
    heard = market.events.feed(by=square.seller)
    told = [str(market.why.case(case.id, by=square.seller)), str(heard), str(mine)]
    told += [str(market.events.about(case.id, by=square.seller))]
    told += [str(market.events.about(listing.id, by=square.seller))]
    for who in (square.mia, square.ben):
        assert not [text for text in told if who.id in text]
        assert who.id in str(market.why.case(case.id, by=OPERATOR))
    assert market.moderation.reports(by=square.seller).items == ()
    theirs = market.moderation.reports(by=square.mia).items
    assert [(one.reporter_id, one.case_id) for one in theirs] == [(square.mia.id, "")]
    assert square.ben.id not in str(market.events.feed(by=square.mia))


@pytest.mark.behaviour("C19")
def test_strikes_add_up_to_a_suspension_and_lapse(square: Square) -> None:
    """Strikes that still count suspend their party together; a suspended party can read and appeal
    what was decided and do nothing else, and a reversal lets it act again."""
    market = square.market
    square.judged()
    square.market.advance(181 * DAY)
    assert market.moderation.strikes(square.seller.id, by=OPERATOR) == 0
    first, last = square.judged("dangerous"), square.judged()
    assert market.parties.get(square.seller.id, by=OPERATOR).state == "suspended"
    with pytest.raises(Forbidden):
        market.listings.list(by=square.seller)
    with pytest.raises(Forbidden):
        square.offer()
    assert market.moderation.get(last.id, by=square.seller).strikes == 1
    assert market.moderation.strikes(square.seller.id, by=square.seller) == 3
    market.moderation.appeal(first.id, by=square.seller, text="it is safe")
    market.moderation.judge(first.id, by=BINOD, reverse=True, reason="it is")
    assert market.parties.get(square.seller.id, by=OPERATOR).state == "active"
    assert square.offer().state == "published"


@pytest.mark.behaviour("C19")
def test_a_suspension_that_stands_is_not_lifted_by_another_reversal(square: Square) -> None:
    """A reversal lifts what its own strikes brought and nothing else: a suspension decided by
    another case, or by the operator himself, stays."""
    market = square.market
    first = square.judged()
    second = square.judged(action="suspend")
    market.moderation.judge(first.id, by=BINOD, reverse=True, reason="wrong")
    assert market.parties.get(square.seller.id, by=OPERATOR).state == "suspended"
    market.moderation.judge(second.id, by=BINOD, reverse=True, reason="wrong too")
    assert market.parties.get(square.seller.id, by=OPERATOR).state == "active"
    third = square.judged(action="suspend")
    market.parties.reinstate(square.seller.id, reason="talked to him")
    market.parties.suspend(square.seller.id, reason="the court says so")
    market.moderation.judge(third.id, by=BINOD, reverse=True, reason="wrong")
    assert market.parties.get(square.seller.id, by=OPERATOR).state == "suspended"


@pytest.mark.behaviour("C19")
def test_an_appeal_comes_once_in_time_and_from_whom_it_concerns(square: Square) -> None:
    """Nobody else appeals, none after the time, and none twice; what was upheld stays so."""
    market = square.market
    case = square.judged()
    with pytest.raises(NotFound):
        market.moderation.appeal(case.id, by=square.mia, text="poor seller")
    market.moderation.appeal(case.id, by=square.seller, text="please")
    with pytest.raises(IllegalTransition):
        market.moderation.appeal(case.id, by=square.seller, text="please!")
    market.moderation.judge(case.id, by=BINOD, reverse=False, reason="a copy it is")
    with pytest.raises(IllegalTransition):
        market.moderation.judge(case.id, by=BINOD, reverse=True, reason="oh")
    late = square.judged()
    market.advance(15 * DAY)
    with pytest.raises(Expired):
        market.moderation.appeal(late.id, by=square.seller, text="please")


def test_who_reports_what(square: Square) -> None:
    """One reports what one sees, by a rule there is, once, and nothing of one's own; the operator
    decides by name; what is wrong is refused and nothing is written."""
    market, listing = square.market, square.offer()
    with pytest.raises(InvalidInput, match="his own"):
        square.report(listing, square.seller)
    with pytest.raises(InvalidInput, match="the rules are fake, dangerous, rude"):
        square.report(listing, rule="ugly")
    with pytest.raises(NotFound):
        market.moderation.report("listing", "lst_none", by=square.mia, rule="fake")
    assert market.moderation.queue(by=ASHA).items == ()
    square.report(listing)
    with pytest.raises(Conflict):
        square.report(listing)
    case = square.case()
    for by, code in ((square.mia, "forbidden"), (OPERATOR, "needs_a_name")):
        with pytest.raises(Forbidden) as refused:
            market.moderation.decide(case.id, by=by, action="none", reason="fine")
        assert refused.value.code == code
    with pytest.raises(InvalidInput, match="cites the rule"):
        market.moderation.decide(case.id, by=ASHA, action="warn", reason="x")
    with pytest.raises(Forbidden):
        market.moderation.queue(by=square.mia)
    market.moderation.report("party", square.seller.id, by=square.ben, rule="rude")
    about_him = next(one for one in market.moderation.queue(by=ASHA) if one.subject_kind == "party")
    with pytest.raises(InvalidInput, match="can be taken down"):
        market.moderation.decide(about_him.id, by=ASHA, action="take down", rule="rude", reason="x")
    market.moderation.decide(case.id, by=ASHA, action="none", reason="it is real")
    assert square.state(listing.id) == "published"
    assert market.moderation.list(by=square.seller).items == ()


def test_nobody_floods_the_queue(square: Square) -> None:
    """So many of a party's reports wait at once, and no more."""
    for number in range(50):
        square.report(square.offer(f"Bowl {number}"))
    with pytest.raises(LimitExceeded):
        square.report(square.offer("One more"))


@pytest.mark.attack(69)
def test_a_name_that_looks_like_another_opens_a_case(square: Square) -> None:
    """A listing whose name is written with letters that look like others comes to the operator by
    itself, once, with what is wrong; nobody else hears of it."""
    market = square.market
    listing = square.offer("\u0410irbnb flat")
    square.offer("An honest bowl")
    case = market.moderation.queue(by=ASHA)
    assert [(one.subject_id, one.reports) for one in case] == [(listing.id, 1)]
    market.listings.change(listing.id, by=square.seller, title="\u0410irbnb house")
    signal = market.moderation.reports(by=ASHA, case=case[0].id).items
    assert [(one.rule, one.reporter_id) for one in signal] == [("listing.flagged", None)]
    assert signal[0].details == {"fields": {"title": ["mixed_scripts"]}}
    square.report(listing)
    assert square.case().reports == 2
    assert "case" not in {one.event.subject_kind for one in market.events.feed(by=square.seller)}
