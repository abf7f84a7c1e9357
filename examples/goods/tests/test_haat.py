"""Haat's laws: what it promises its stalls and neighbours beyond what the library promises."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from haat.app import DATABASE, build, market
from haat.rules import TOWNS, attributes, processes
from haat.seed import Square, fill
from haat.story import CARD, balance, order, send, state, tell

from marketplace import (
    DAY,
    OPERATOR,
    IllegalTransition,
    Item,
    ManualClock,
    Marketplace,
    Pay,
    ProcessError,
    Refused,
    Transaction,
)

AUTUMN = datetime(2026, 10, 9, 11, 15, tzinfo=UTC)


@pytest.fixture
def haat(database_url: str) -> Iterator[Marketplace]:
    """Haat on a fresh database; afterwards its books must balance."""
    with build(database_url, clock=ManualClock(AUTUMN), seed=7) as opened:
        yield opened
        assert set(opened.ledger.sums().values()) <= {0}
        assert opened.ledger.drift() == []


def on_the_way(haat: Marketplace, square: Square, **pay: Pay) -> Transaction:
    """A copper pot that Mina ordered, with a bike."""
    (deal,) = order(haat, square.neighbours[0], [Item(square.stalls[1].article.id)], **pay)
    send(haat, deal, square.stalls[1])
    return deal


def left(haat: Marketplace, square: Square) -> int:
    """How many copper pots anybody may still order."""
    stall = square.stalls[1]
    stock = haat.listings.stock(stall.article.id, by=stall.party)
    return next(one.left for one in stock if one.resource == "stock")


def test_the_story_ends_as_it_is_told(haat: Marketplace) -> None:
    """Two orders paid at the door, one turned away, one sent back: the marketplace has its parts,
    and every sentence is whole."""
    told: list[str] = []
    tell(haat, told.append)
    ends = sorted(one.state for one in haat.transactions.list(by=OPERATOR))
    assert ends == ["cancelled", "completed", "completed", "returned"]
    assert str(haat.ledger.profit("NPR")) == "NPR 288.80"
    assert "Pokhara is too far" in told[1]
    assert not [line for line in told if "{" in line.replace("{'NPR': 0}", "")]


def test_money_moves_at_the_door_and_not_before(haat: Marketplace) -> None:
    """An order costs nothing until it is handed over; then the stall has its price, less the
    commission, two days later."""
    square = fill(haat)
    deal = on_the_way(haat, square, pay=CARD)
    ganesh, mina = square.stalls[1].party, square.neighbours[0]
    (payment,) = haat.transactions.payments(deal.id, by=mina)
    assert (payment.captured, left(haat, square)) == (0, 5)
    haat.transactions.take(deal.id, "deliver", by=ganesh, evidence="paid")
    (payment,) = haat.transactions.payments(deal.id, by=mina)
    assert payment.captured == 2_480_00
    assert balance(haat, ganesh).amount == 0
    haat.advance(2 * DAY)
    assert str(balance(haat, ganesh)) == "NPR 2281.60"


def test_cash_is_the_stall_s_and_the_commission_is_haat_s(haat: Marketplace) -> None:
    """Who was paid in cash owes Haat its part of it."""
    square = fill(haat)
    deal = on_the_way(haat, square)
    ganesh = square.stalls[1].party
    haat.transactions.take(deal.id, "deliver", by=ganesh, evidence="paid in cash")
    haat.transactions.take(deal.id, "receive", by=square.neighbours[0])
    assert str(balance(haat, ganesh)) == "NPR -198.40"


def test_who_is_turned_away_at_the_door_takes_it_home(haat: Marketplace) -> None:
    """Nothing was paid, so nothing goes back; the pot is counted again when its stall says so."""
    square = fill(haat)
    deal = on_the_way(haat, square)
    ganesh = square.stalls[1].party
    with pytest.raises(IllegalTransition):
        haat.transactions.take(
            deal.id, "complain", by=square.neighbours[0], why="?", wants="refund"
        )
    haat.transactions.take(deal.id, "turned_away", by=ganesh, why="nobody opened")
    assert state(haat, deal) == "cancelled"
    assert balance(haat, ganesh).amount == 0
    assert left(haat, square) == 5
    haat.listings.supply(square.stalls[1].article.id, by=ganesh, add=1)
    assert left(haat, square) == 6


def test_what_a_bike_never_brought_costs_nothing(haat: Marketplace) -> None:
    """A week after it left it is lost, and nobody owes anybody."""
    square = fill(haat)
    deal = on_the_way(haat, square)
    haat.advance(7 * DAY)
    assert state(haat, deal) == "cancelled"
    (payment,) = haat.transactions.payments(deal.id, by=OPERATOR)
    assert payment.captured == 0


def test_a_valley_has_an_end(haat: Marketplace) -> None:
    """To the towns of the valley a bike goes; to others, or to nowhere, the order is refused."""
    square = fill(haat)
    mina, items = square.neighbours[0], [Item(square.stalls[1].article.id)]
    for city in TOWNS:
        assert order(haat, mina, items, city=city)
    with pytest.raises(Refused) as refused:
        order(haat, mina, items, city="Pokhara")
    (reason,) = refused.value.reasons
    assert (reason.code, reason.params["city"]) == ("beyond_the_valley", "Pokhara")


def test_what_is_carried_has_a_weight(haat: Marketplace) -> None:
    """An article without a weight is drafted but never published."""
    hari = haat.parties.join("Hari")
    for grams, published in ((0, False), (300, True)):
        listing = haat.listings.draft(
            "goods", by=hari, title="A spoon", currency="NPR", attributes=attributes(90, grams)
        )
        if published:
            assert haat.listings.publish(listing.id, by=hari).state == "published"
        else:
            with pytest.raises(Refused, match="weighs_nothing"):
                haat.listings.publish(listing.id, by=hari)


def test_the_process_is_proved_for_what_haat_takes(haat: Marketplace) -> None:
    """Paying at the door holds for cash and for cards; a seller paid for what was never paid would
    not be made at all."""
    proved = {proof.method for _, proof in haat.check().proofs if proof.process == "order"}
    assert {"cash", "card"} <= proved
    (plain,) = processes()
    free = [row.changed(effects=[]) if row.name == "deliver" else row for row in plain.transitions]
    with pytest.raises(ProcessError):
        type(plain)(plain.name, plain.start, plain.final, free, paid=plain.paid)


def test_every_order_that_ends_at_a_door_is_one_line_in_the_log(
    haat: Marketplace, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever watches the log sees each door once, after its commit."""
    with caplog.at_level("INFO", logger="haat"):
        tell(haat, lambda line: None)
    ends = [one.getMessage().split(": ")[1] for one in caplog.records if one.name == "haat"]
    assert sorted(ends) == ["deliver", "deliver", "deliver", "turned_away"]


def test_the_command_finds_haat(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``haat.app:market`` opens Haat on the database that the environment names."""
    monkeypatch.setenv(DATABASE, sqlite_url)
    with market() as opened:
        assert "order" in {one.process for _, one in opened.check().proofs}
