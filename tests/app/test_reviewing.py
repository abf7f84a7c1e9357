"""What reviews are worth: windows that close with a day, counterparties counted once, rings."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    SECOND,
    Conflict,
    Event,
    Expired,
    Forbidden,
    IllegalTransition,
    NotFound,
    Outcome,
    Party,
    Reviewing,
    Transaction,
    Work,
    hookimpl,
)
from marketplace.app import reviewing
from marketplace.app.reviews import Reviews
from marketplace.domain.review import closing
from tests.attacks.test_races import at_once, losers
from tests.support.cottages import OpenVillage, Village, cottages, open_village

NOT_BLIND = Reviewing(blind=False, weighs_from={"NPR": 5_000})


def weighted(village: Village, who: Party, role: str = "provider") -> tuple[Any, ...]:
    """Count and mean as shown, and counterparties and weighted mean."""
    found = village.market.parties.reputation(who.id, role)
    return (
        found.count,
        found.mean_hundredths,
        found.counterparties,
        found.weighted_hundredths,
    )


def rate(village: Village, deal: Transaction, rating: int, by: Party | None = None) -> Any:
    """The guest of a stay (or somebody else) rates it."""
    return village.market.reviews.write(deal.id, by=by or village.guest, rating=rating)


@pytest.mark.behaviour("S15", "C14")
@pytest.mark.parametrize(
    ("opens", "zone", "closes"),
    [
        ("2026-11-23T08:00", "Asia/Kathmandu", "2026-12-07T18:15"),
        ("2026-11-23T18:14", "Asia/Kathmandu", "2026-12-07T18:15"),
        ("2026-11-23T18:15", "Asia/Kathmandu", "2026-12-08T18:15"),
        ("2026-03-20T12:00", "Europe/Berlin", "2026-04-03T22:00"),
        ("2026-10-15T12:00", "Europe/Berlin", "2026-10-29T23:00"),
        ("2026-04-10T12:00", "Africa/Cairo", "2026-04-24T21:00"),
        ("2026-04-09T12:00", "Africa/Cairo", "2026-04-23T22:00"),
        ("2026-11-23T08:00", "Nowhere/Land", "2026-12-08T00:00"),
        ("2026-11-23T08:00", None, "2026-12-07T08:00"),
    ],
)
def test_a_window_closes_at_the_end_of_a_day_there(
    opens: str, zone: str | None, closes: str
) -> None:
    """Fourteen days later, at midnight of the named zone, over a change of the clocks and where a
    midnight is left out; a name that is no zone stands for UTC, none for the very second."""
    opened = datetime.fromisoformat(opens).replace(tzinfo=UTC)
    assert closing(opened, 14 * DAY, zone) == datetime.fromisoformat(closes).replace(tzinfo=UTC)


@pytest.mark.behaviour("S15")
def test_the_last_second_of_the_day_counts(open_village_here: OpenVillage) -> None:
    """A review in the last second of the fourteenth day in Kathmandu is taken, one a second later
    is too late, and what was written blind is shown then; private words are for whom they are."""
    plan = Reviewing(axes=("clean",), zone="zone")
    village = open_village_here(trade=cottages(reviewing=plan))
    market = village.market
    deal = village.stayed()
    (window,) = market.reviews.windows(by=village.guest)
    assert window.closes_at.isoformat().endswith("T18:15:00+00:00")
    assert window.opens_at + 14 * DAY < window.closes_at <= window.opens_at + 15 * DAY
    market.advance(window.closes_at - village.clock.now() - SECOND)
    market.reviews.write(
        deal.id, by=village.guest, rating=4, axes={"clean": 5}, private_text="the tap drips"
    )
    assert not market.reviews.list(by=village.host, transaction=deal.id).items
    market.advance(SECOND)
    with pytest.raises(Expired):
        rate(village, deal, 1, village.host)
    (shown,) = market.reviews.list(by=village.host, transaction=deal.id)
    assert (shown.rating, dict(shown.axes), shown.private_text) == (
        4, {"clean": 5}, "the tap drips",
    )  # fmt: skip
    (public,) = market.reviews.list(by=market.parties.join("Other"), subject=village.host.id)
    assert public.private_text == ""
    market.reviews.reply(shown.id, by=village.host, text="mended")
    with pytest.raises(Conflict):
        market.reviews.reply(shown.id, by=village.host, text="again")


@pytest.mark.attack(78)
@pytest.mark.invariant(51)
def test_every_review_that_must_not_be_is_refused(village: Village) -> None:
    """Without a stay that was completed, twice, of one's own listing, after the window, by a
    stranger, or edited once the other's is shown: refused, and the mean is of what is shown."""
    market, guest, host = village.market, village.guest, village.host
    asked = village.ask(first=40)
    with pytest.raises(NotFound):
        rate(village, asked, 5)
    declined = market.transactions.take(asked.id, "decline", by=host)
    with pytest.raises(NotFound):
        rate(village, declined, 5)
    with pytest.raises(Forbidden, match="deal with itself"):
        village.ask(host)
    deal = village.stayed()
    with pytest.raises(NotFound):
        rate(village, deal, 5, market.parties.join("Other"))
    first = rate(village, deal, 2)
    with pytest.raises(Conflict, match="reviewed this already"):
        rate(village, deal, 5)
    with pytest.raises(NotFound):
        market.reviews.revise(first.id, by=host, rating=5)
    revised = market.reviews.revise(first.id, by=guest, rating=3, text="better than I thought")
    assert (revised.rating, revised.state) == (3, "written")
    assert weighted(village, host) == (0, None, 0, None)
    rate(village, deal, 1, host)
    with pytest.raises(IllegalTransition, match="until it is shown"):
        market.reviews.revise(first.id, by=guest, rating=1, text="since you said so")
    assert weighted(village, host) == (1, 300, 1, 300)
    late = village.stayed()
    market.advance(15 * DAY)
    with pytest.raises(Expired):
        rate(village, late, 5)


@pytest.mark.attack(78)
def test_a_blind_review_is_not_revised_after_the_window(open_village_here: OpenVillage) -> None:
    """When time is up but the clock is late, what was written blind stays as it was written."""
    village = open_village_here()
    deal = village.stayed()
    first = rate(village, deal, 2)
    (window,) = village.market.reviews.windows(by=village.host)
    village.clock.set(window.closes_at)
    with pytest.raises(IllegalTransition):
        village.market.reviews.revise(first.id, by=village.guest, rating=5)


class Rings:
    """Hears of rings, as whoever judges them would."""

    name = "rings"

    def __init__(self) -> None:
        self.heard: list[Event] = []

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Keep it."""
        if event.kind == "reputation.ring":
            self.heard.append(event)


@pytest.mark.attack(79)
@pytest.mark.invariant(51)
def test_a_ring_weighs_what_one_review_weighs(open_village_here: OpenVillage) -> None:
    """Two who stay with each other six times and praise each other are counted six times, as is
    shown; in the weighted figure they are one counterparty beside an honest one, and an event says
    after the third time and the sixth what they do, to the operator alone, whose case it is."""
    rings = Rings()
    village = open_village_here(rings, trade=cottages(reviewing=NOT_BLIND))
    market, friend, host = village.market, village.guest, village.host
    honest = market.parties.join("Honest")
    rate(village, village.stayed(honest), 1, honest)
    for turn in range(6):
        deal = village.stayed()
        rate(village, deal, 5)
        rate(village, deal, 5, host)
        assert len(rings.heard) == (turn + 1) // 3
    assert weighted(village, host) == (7, 443, 2, 300)
    assert weighted(village, friend, "customer") == (6, 500, 1, 500)
    first, second = rings.heard
    assert (first.data["deals"], second.data["deals"]) == (3, 6)
    assert set(first.data["parties"]) == {friend.id, host.id}
    for party in (friend, host):
        feed = [one.event.kind for one in market.events.feed(by=party, limit=500)]
        assert "reputation.ring" not in feed
    shown = market.reviews.list(by=honest, subject=host.id, limit=100)
    signals = market.moderation.reports(by=OPERATOR).items
    (signal,) = (one for one in signals if one.rule == "reputation.ring")
    case = market.moderation.get(signal.case_id, by=OPERATOR)
    assert (case.subject_kind, case.subject_id) == ("party", first.subject_id)
    mean = round(sum(one.rating for one in shown) * 100 / len(shown.items))
    assert mean == market.parties.reputation(host.id, "provider").mean_hundredths


@pytest.mark.attack(79)
def test_deals_for_a_trifle_weigh_nothing(open_village_here: OpenVillage) -> None:
    """Reviews of deals below the least price are shown and counted and weigh nothing; where no
    least price is named, they do."""
    trade = cottages(reviewing=Reviewing(blind=False, weighs_from={"NPR": 10_001}))
    village = open_village_here(trade=trade)
    rate(village, village.stayed(), 5)
    assert weighted(village, village.host) == (1, 500, 0, None)
    plain = open_village("sqlite://", trade=cottages(reviewing=Reviewing(blind=False)))
    rate(plain, plain.stayed(), 5)
    assert weighted(plain, plain.host) == (1, 500, 1, 500)
    plain.market.close()


@pytest.mark.invariant(51, 52)
def test_what_is_removed_leaves_every_figure_and_no_refund_does(
    open_village_here: OpenVillage,
) -> None:
    """Money given back after a stay leaves its review where it is; the operator's removal takes it
    out of both figures, keeps the row and its reason, and is in the audit."""
    village = open_village_here(trade=cottages(reviewing=NOT_BLIND))
    market = village.market
    deals = [village.stayed() for _ in range(2)]
    made = [rate(village, deal, rating) for deal, rating in zip(deals, (5, 2), strict=True)]
    assert weighted(village, village.host) == (2, 350, 1, 350)
    other = village.accept(village.ask(first=40))
    market.transactions.take(other.id, "cancel", by=village.host)
    assert weighted(village, village.host) == (2, 350, 1, 350)
    market.reviews.remove(made[1].id, reason="a threat")
    assert weighted(village, village.host) == (1, 500, 1, 500)
    market.reviews.remove(made[0].id, reason="bought")
    assert weighted(village, village.host) == (0, None, 0, None)
    kept = market.reviews.list(by=OPERATOR, subject=village.host.id)
    assert {one.removed_reason for one in kept} == {"a threat", "bought"}
    with market.context.store.begin(write=False) as work:
        audit = work.commands.about(made[0].id)
    assert [one.name for one in audit] == ["reviews.remove"]


def all_at_once(village: Village) -> None:
    """Eight guests review one host at the same moment, from threads."""
    guests = [village.market.parties.join(f"Guest {number}") for number in range(8)]
    homes = [village.list_home(village.host, f"Home {number}") for number in range(8)]
    deals = [
        village.accept(village.ask(guest, home, first=2, nights=1))
        for guest, home in zip(guests, homes, strict=True)
    ]
    village.market.advance(4 * DAY)
    tries = [
        partial(rate, village, deal, 4, guest) for deal, guest in zip(deals, guests, strict=True)
    ]
    assert losers(at_once(*tries)) == []


@pytest.mark.invariant(51)
def test_reviews_at_one_moment_are_all_counted(open_village_here: OpenVillage) -> None:
    """However many write at the same moment, the sums hold all of their reviews."""
    village = open_village_here(trade=cottages(reviewing=NOT_BLIND))
    all_at_once(village)
    assert weighted(village, village.host) == (8, 400, 8, 400)


@pytest.mark.unsound("reviews are lost on purpose")
def test_without_taking_turns_reviews_are_lost(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same race where nobody waits for the other loses some of them."""
    monkeypatch.setattr(reviewing, "_take_turns", lambda act, review: None)
    village = open_village(postgresql_url, trade=cottages(reviewing=NOT_BLIND))
    all_at_once(village)
    count, *_ = weighted(village, village.host)
    village.market.close()
    assert count < 8, "nobody was racing"


@pytest.mark.behaviour("C14")
def test_two_who_write_at_the_same_moment_are_both_shown(
    open_village_here: OpenVillage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes second finds that the other has written, however close they were: both are
    shown at once, and not only when the time is up."""
    village = open_village_here()
    deal = village.stayed()
    look, both = Reviews._window, Barrier(2)

    def together(*given: Any) -> Any:
        found = look(*given)
        with suppress(BrokenBarrierError):
            both.wait(1)
        return found

    monkeypatch.setattr(Reviews, "_window", together)
    sides = (village.guest, village.host)
    assert losers(at_once(*(partial(rate, village, deal, 4, one) for one in sides))) == []
    shown = village.market.reviews.list(by=OPERATOR, transaction=deal.id)
    assert [one.state for one in shown] == ["visible", "visible"]


def test_an_outcome_is_told_in_its_own_words(small_village: Village) -> None:
    """Whoever revises what is not theirs hears the same as of what is not there."""
    with pytest.raises(Outcome, match="no review 'rev_none'"):
        small_village.market.reviews.revise("rev_none", by=small_village.guest, rating=3)
    small_village.market.advance(HOUR)
