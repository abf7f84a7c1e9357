"""Reviews: after a real deal, once each, blind until both wrote; their sums follow."""

from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    OPERATOR,
    SECOND,
    Conflict,
    Expired,
    Forbidden,
    InvalidInput,
    NotFound,
    Party,
    Pay,
    Timer,
    Transaction,
)
from tests.support.errands import Errands
from tests.support.ride_world import OpenTown, Town


@define
class Errand:
    """An errand that was done, and its two sides."""

    town: Town
    asker: Party
    runner: Party
    deal: Transaction

    def write(self, by: Party, **more: Any) -> Any:
        """Review the other side."""
        return self.town.market.reviews.write(self.deal.id, by=by, **more)

    def seen(self, by: Any) -> list[int]:
        """The ratings of the deal that somebody can read."""
        found = self.town.market.reviews.list(by=by, transaction=self.deal.id).items
        return sorted(one.rating for one in found)

    def mean(self, who: Party, role: str) -> tuple[int, int]:
        """How many visible reviews somebody has, and their sum."""
        found = self.town.market.parties.reputation(who.id, role)
        return found.count, found.total


@pytest.fixture
def errand(open_town: OpenTown) -> Errand:
    """An errand, done a moment ago."""
    return done(open_town(plugins=[Errands(per_hour=20_000)]))


def done(town: Town, *, take: tuple[str, ...] = ("say_yes", "do")) -> Errand:
    """An errand of ten rupees taken so far."""
    asker, runner = town.rider(), town.rider("Hari")
    listing = town.market.listings.draft("errands", by=runner, title="I run", currency="NPR")
    town.market.listings.publish(listing.id, by=runner)
    request = town.market.requests.open("errands", by=asker, currency="NPR", listing=listing.id)
    quote = town.market.quotes.make(request.id, by=asker)
    pay = Pay("card")
    deal = town.market.transactions.open(quote.id, by=asker, request=request.id, pay=pay)
    for row in take:
        deal = town.take(deal, row, runner)
    return Errand(town, asker, runner, deal)


@pytest.mark.behaviour("C14")
@pytest.mark.invariant(51)
def test_reviews_are_blind_until_both_wrote(errand: Errand) -> None:
    """What one side wrote is seen by nobody but its author until the other wrote as well; then both
    are visible at once, and only then do they count."""
    first = errand.write(errand.asker, rating=2, text="late")
    assert (first.state, first.visible_at) == ("written", None)
    assert errand.seen(errand.runner) == []
    assert errand.seen(errand.asker) == [2]
    assert errand.mean(errand.runner, "provider") == (0, 0)
    second = errand.write(errand.runner, rating=5)
    assert second.state == "visible"
    assert errand.seen(errand.runner) == errand.seen(errand.asker) == [2, 5]
    assert errand.mean(errand.runner, "provider") == (1, 2)
    assert errand.mean(errand.asker, "customer") == (1, 5)


@pytest.mark.behaviour("C14", "C6")
def test_a_blind_review_shows_when_the_window_closes(errand: Errand) -> None:
    """Two weeks later the clock shows the one review that was written, and nobody writes more."""
    errand.write(errand.asker, rating=4)
    errand.town.wait(14 * DAY - SECOND)
    assert errand.seen(errand.runner) == []
    errand.town.wait(SECOND)
    assert errand.seen(errand.runner) == [4]
    assert errand.mean(errand.runner, "provider") == (1, 4)
    with pytest.raises(Expired, match="reviews were open until"):
        errand.write(errand.runner, rating=1)


@pytest.mark.behaviour("C14")
def test_the_clock_waits_for_no_window_in_which_all_is_written(errand: Errand) -> None:
    """While one side has not written, the clock is to show what the other did when time is up;
    once both have, everything is shown, and there is nothing that it would have to do."""

    market = errand.town.market

    def timers() -> int:
        with market.context.store.begin(write=False) as work:
            found = work.select(Timer, {"subject_kind": "review_window"}, order="subject_id")
            return len(found)

    assert timers() == 2
    errand.write(errand.asker, rating=4)
    assert timers() == 2
    errand.write(errand.runner, rating=5)
    assert timers() == 0
    assert errand.seen(errand.runner) == [4, 5]


@pytest.mark.behaviour("C14")
def test_only_who_dealt_reviews_and_only_once(errand: Errand) -> None:
    """Strangers, the operator, the same side twice, and parties of a deal that came to nothing
    write no review."""
    errand.write(errand.asker, rating=5)
    with pytest.raises(Conflict, match="reviewed this already"):
        errand.write(errand.asker, rating=1)
    stranger = errand.town.rider("Gita")
    with pytest.raises(NotFound):
        errand.write(stranger, rating=1)
    with pytest.raises(Forbidden):
        errand.town.market.reviews.write(errand.deal.id, by=OPERATOR, rating=1)
    nothing = done(errand.town, take=("say_no",))
    assert nothing.deal.state == "refused"
    with pytest.raises(NotFound):
        nothing.write(nothing.asker, rating=1)
    running = done(errand.town, take=("say_yes",))
    with pytest.raises(NotFound):
        running.write(running.asker, rating=1)


@pytest.mark.behaviour("C14")
def test_axes_are_the_trade_s_own_and_ratings_are_one_to_five(errand: Errand) -> None:
    """Several axes are rated besides; one that the trade does not know, and a number that is no
    rating, are refused with what there is."""
    with pytest.raises(InvalidInput, match="the axes are care, speed"):
        errand.write(errand.asker, rating=4, axes={"charm": 5})
    for wrong in (0, 6, True, 4.5):
        with pytest.raises(InvalidInput):
            errand.write(errand.asker, rating=wrong)
    review = errand.write(errand.asker, rating=4, axes={"care": 5, "speed": 3})
    assert dict(review.axes) == {"care": 5, "speed": 3}


@pytest.mark.behaviour("C14")
def test_one_public_reply_by_who_was_reviewed(errand: Errand) -> None:
    """The subject replies once, in public; the author and strangers cannot, nor before it shows."""
    review = errand.write(errand.asker, rating=2, text="late", private_text="take the stairs")
    reply = errand.town.market.reviews.reply
    with pytest.raises(NotFound):
        reply(review.id, by=errand.runner, text="sorry")
    errand.write(errand.runner, rating=4)
    with pytest.raises(NotFound):
        reply(review.id, by=errand.asker, text="me too")
    assert reply(review.id, by=errand.runner, text="the rain").reply == "the rain"
    with pytest.raises(Conflict, match="one reply"):
        reply(review.id, by=errand.runner, text="and the wind")
    stranger = errand.town.rider("Gita")
    shown = {
        one.rating: one.private_text
        for one in errand.town.market.reviews.list(by=stranger, subject=errand.runner.id).items
    }
    assert shown == {2: ""}


@pytest.mark.behaviour("C14")
@pytest.mark.invariant(52)
def test_a_removed_review_leaves_a_trace_and_the_mean_follows(errand: Errand) -> None:
    """The operator alone takes a review down, with a reason: its row stays, readers see it no more,
    the sum no longer counts it, and the deal itself is untouched."""
    review = errand.write(errand.asker, rating=1, text="a slander")
    errand.write(errand.runner, rating=5)
    assert errand.mean(errand.runner, "provider") == (1, 1)
    reviews = errand.town.market.reviews
    with pytest.raises(Forbidden, match="only the operator"):
        reviews.remove(review.id, by=errand.runner, reason="unfair")
    removed = reviews.remove(review.id, reason="names a neighbour")
    assert (removed.state, removed.removed_reason) == ("removed", "names a neighbour")
    assert errand.mean(errand.runner, "provider") == (0, 0)
    assert errand.seen(errand.runner) == [5]
    assert errand.seen(OPERATOR) == [1, 5]
    kinds = [one.kind for one in errand.town.market.events.about(review.id, by=OPERATOR)]
    assert kinds[-1] == "review.removed"


@pytest.mark.behaviour("R18")
def test_after_a_ride_both_rate_at_once_and_the_mean_rolls(town: Town) -> None:
    """A ride's review is visible the moment it is written, in both directions, and each new one
    moves the mean."""
    sita, ram = town.rider(), town.driver()
    for stars, mean in ((5, 500), (2, 350)):
        ride = town.settled(sita, ram, "card")
        review = town.market.reviews.write(ride.id, by=sita, rating=stars, axes={"driving": 4})
        assert review.state == "visible"
        assert town.market.parties.reputation(ram.id, "provider").mean_hundredths == mean
    back = town.market.reviews.write(ride.id, by=ram.party, rating=4)
    assert back.state == "visible"
    assert town.market.parties.reputation(sita.id, "customer").mean_hundredths == 400
