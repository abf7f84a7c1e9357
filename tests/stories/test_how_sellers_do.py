"""How sellers do: orders, what was sent, late, called off, lost and complained about, over days."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace import DAY, HOUR, OPERATOR, InvalidInput, NotFound, SetupError
from marketplace.plugins.goods import Goods, Level, Levels, Sellers
from marketplace.plugins.goods.figures import count
from tests.support.bazaar import Bazaar, open_bazaar

GOLD = Level("gold", orders=3, at_most={"late": 1_000, "defects": 1_000})
LEVELS = Levels(window=30 * DAY, each=(GOLD, Level("some", orders=1)))


@pytest.fixture
def measured(empty_database_url: str) -> Iterator[Bazaar]:
    """Yield a bazaar whose sellers are measured, on each database."""
    bazaar = open_bazaar(empty_database_url, Goods(levels=LEVELS), create="missing")
    yield bazaar
    bazaar.market.close()


@pytest.mark.behaviour("G12")
def test_what_becomes_of_orders_is_counted_for_their_seller(measured: Bazaar) -> None:
    """Six orders: one sent after two hours and received, one complained about rightly, one called
    off, one forgotten, one lost, one withdrawn by its buyer; each counts where it belongs."""
    bazaar, sellers = measured, Sellers(measured.market)
    bowl = bazaar.offer(stock=100)
    kept, broken, refused = bazaar.buy(bowl), bazaar.buy(bowl), bazaar.buy(bowl)
    bazaar.take(bazaar.buy(bowl), "withdraw", bazaar.mia)
    bazaar.market.advance(2 * HOUR)
    for deal in (kept, broken):
        bazaar.take(deal, "confirm", bazaar.seller)
        bazaar.take(deal, "ship", bazaar.seller, parcel="A1")
    bazaar.take(kept, "receive", bazaar.mia)
    bazaar.take(broken, "complain", bazaar.mia, why="broken", wants="refund")
    bazaar.take(broken, "give_in", bazaar.seller)
    bazaar.take(refused, "refuse", bazaar.seller)
    mine = sellers.metrics(bazaar.seller.id, by=bazaar.seller)
    assert (mine.orders, mine.handled, mine.handled_mean) == (4, 2, timedelta(hours=2))
    assert (mine.late, mine.cancelled, mine.lost, mine.complaints, mine.defects) == (0, 1, 0, 1, 1)
    assert mine.share_bp("defects") == 2_500
    bazaar.buy(bowl)
    bazaar.sent(bowl)
    bazaar.market.advance(120 * DAY)
    all_days = sellers.metrics(bazaar.seller.id, by=OPERATOR, window=365 * DAY)
    assert (all_days.orders, all_days.late, all_days.lost, all_days.defects) == (6, 1, 1, 2)


@pytest.mark.behaviour("G12")
def test_a_level_follows_from_a_window_with_reasons(measured: Bazaar) -> None:
    """The best level that the last thirty days reach, and what keeps from a better; a figure that
    lies further back counts no more."""
    bazaar, sellers = measured, Sellers(measured.market)
    bowl = bazaar.offer(stock=100)
    bazaar.take(bazaar.buy(bowl), "refuse", bazaar.seller)
    level, missing = sellers.level(bazaar.seller.id, by=bazaar.seller)
    assert (level, [one.code for one in missing]) == ("some", ["goods_level_orders"])
    for _ in range(2):
        deal = bazaar.sent(bowl)
        bazaar.take(deal, "complain", bazaar.mia, why="broken", wants="refund")
        bazaar.take(deal, "give_in", bazaar.seller)
    level, missing = sellers.level(bazaar.seller.id, by=bazaar.seller)
    assert (level, [one.code for one in missing]) == ("some", ["goods_level_share"])
    bazaar.market.advance(30 * DAY)
    for _ in range(3):
        bazaar.take(bazaar.sent(bowl), "receive", bazaar.mia)
    assert sellers.level(bazaar.seller.id, by=bazaar.seller) == ("gold", [])


@pytest.mark.behaviour("G12")
def test_what_the_operator_ends_is_nothing_of_the_sellers(measured: Bazaar) -> None:
    """An order that the operator refuses, and one that he calls off, leave the seller's figures as
    they were; the one that the seller refuses does not."""
    bazaar, sellers = measured, Sellers(measured.market)
    bowl = bazaar.offer()
    first, second, third = bazaar.buy(bowl), bazaar.buy(bowl), bazaar.buy(bowl)
    bazaar.take(first, "refuse", OPERATOR)
    bazaar.take(second, "confirm", bazaar.seller)
    bazaar.take(second, "call_off", OPERATOR)
    mine = sellers.metrics(bazaar.seller.id, by=bazaar.seller)
    assert (mine.orders, mine.cancelled, mine.late) == (3, 0, 0)
    bazaar.take(third, "refuse", bazaar.seller)
    assert sellers.metrics(bazaar.seller.id, by=bazaar.seller).cancelled == 1


def test_an_event_heard_twice_counts_once(measured: Bazaar) -> None:
    """Whoever tells the plugin of an event again changes no figure."""
    bazaar, sellers = measured, Sellers(measured.market)
    deal = bazaar.sent(bazaar.offer())
    before = sellers.metrics(bazaar.seller.id, by=OPERATOR)
    told = bazaar.market.events.about(deal.id, by=OPERATOR)
    with bazaar.market.batch() as work:
        for event in told:
            count(event, work, "goods")
    assert len(told) > 2
    assert sellers.metrics(bazaar.seller.id, by=OPERATOR) == before


def test_figures_are_their_sellers_and_the_operators(measured: Bazaar) -> None:
    """Nobody else reads them; a window is whole days; a bazaar that measures nothing says so."""
    bazaar, sellers = measured, Sellers(measured.market)
    with pytest.raises(NotFound):
        sellers.metrics(bazaar.seller.id, by=bazaar.mia)
    with pytest.raises(InvalidInput):
        sellers.metrics(bazaar.seller.id, by=OPERATOR, window=HOUR)
    with pytest.raises(InvalidInput):
        Level("gold", at_most={"beauty": 1})
    plain = open_bazaar("sqlite://", Goods())
    with pytest.raises(SetupError, match="not measured"):
        Sellers(plain.market)
    plain.market.close()
