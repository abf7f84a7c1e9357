"""Scoot's laws: what it promises its riders and drivers beyond what the library promises."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from scoot.app import DATABASE, build, market
from scoot.rules import process
from scoot.seed import LAKESIDE, MAHENDRA_PUL, Town, attributes, come_online, fill
from scoot.story import ask, tell

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    IllegalTransition,
    ManualClock,
    Marketplace,
    Pay,
    ProcessError,
    Refused,
    Transaction,
)

MORNING = datetime(2026, 11, 23, 3, 15, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Nine o'clock in Nepal."""
    return ManualClock(MORNING)


@pytest.fixture
def scoot(database_url: str, clock: ManualClock) -> Iterator[Marketplace]:
    """Scoot on a fresh database; afterwards its books must balance."""
    with build(database_url, clock=clock, seed=7) as opened:
        yield opened
        assert set(opened.ledger.sums().values()) <= {0}
        assert opened.ledger.drift() == []


def arrived(scoot: Marketplace, town: Town) -> tuple[Transaction, str]:
    """A ride whose driver stands at the pick-up, and the driver's id."""
    come_online(scoot, town, HOUR)
    ride, offer = ask(scoot, town.riders[0], LAKESIDE, MAHENDRA_PUL, Pay("cash"))
    scoot.offers.accept(offer.id, by=offer.taker_id)
    return scoot.transactions.take(ride.id, "arrive", by=offer.taker_id), offer.taker_id


def test_the_story_ends_as_it_is_told(scoot: Marketplace, clock: ManualClock) -> None:
    """One ride settled in cash, one cancelled too late: a third of the quote, 60 rupees at most,
    goes to the driver less the commission."""
    told: list[str] = []
    tell(scoot, clock, told.append)
    rides = {ride.state: ride for ride in scoot.transactions.list(by=OPERATOR)}
    assert sorted(rides) == ["cancelled", "settled"]
    (fee, commission) = scoot.transactions.terms(rides["cancelled"].id, by=OPERATOR)[-1].lines
    assert (fee.code, str(fee.amount)) == ("cancellation_fee", "NPR 40.00")
    assert (commission.payer, str(commission.amount)) == ("provider", "NPR 4.80")
    assert str(scoot.ledger.profit("NPR")) == "NPR 23.40"
    assert "  refused: helmet_missing; another helmet is fetched." in told


def test_nobody_sets_off_without_two_helmets(scoot: Marketplace) -> None:
    """A ride starts only after the driver saw two helmets."""
    ride, driver = arrived(scoot, fill(scoot))
    with pytest.raises(IllegalTransition, match="check_helmets"):
        scoot.transactions.take(ride.id, "start", by=driver, code="0000")
    with pytest.raises(Refused) as refused:
        scoot.transactions.take(ride.id, "check_helmets", by=driver, helmets=1)
    assert [reason.code for reason in refused.value.reasons] == ["helmet_missing"]
    ready = scoot.transactions.take(ride.id, "check_helmets", by=driver, helmets=2)
    assert ready.state == "ready"


def test_a_ride_that_is_ready_still_ends(scoot: Marketplace) -> None:
    """A rider who walks away with the helmet on freezes nothing: the clock ends the ride, and the
    driver's seat is free again."""
    town = fill(scoot)
    ride, driver = arrived(scoot, town)
    scoot.transactions.take(ride.id, "check_helmets", by=driver, helmets=2)
    scoot.advance(2 * HOUR)
    assert scoot.transactions.get(ride.id, by=driver).state == "cancelled"
    again, second = arrived(scoot, town)
    assert again.state == "arrived"
    assert second == driver


def test_a_late_cancellation_is_the_rider_s_even_after_the_helmets(scoot: Marketplace) -> None:
    """Once the driver has come, however late it gets, cancelling costs the fee."""
    ride, driver = arrived(scoot, fill(scoot))
    scoot.transactions.take(ride.id, "check_helmets", by=driver, helmets=2)
    scoot.advance(30 * MINUTE)
    (rider,) = (
        s.party_id for s in scoot.transactions.seats(ride.id, by=driver) if s.role != "provider"
    )
    scoot.transactions.take(ride.id, "cancel", by=rider)
    last = scoot.transactions.terms(ride.id, by=OPERATOR)[-1]
    assert [line.code for line in last.lines][:1] == ["cancellation_fee"]


def test_the_process_is_proved_for_what_scoot_takes(scoot: Marketplace) -> None:
    """The variant holds for card and for cash; with the new state left out of the clock's row it
    would not be made at all."""
    proved = {p.method for _, p in scoot.check().proofs if p.process == "scooter_ride"}
    assert {"card", "cash"} <= proved
    plain = process()
    forgetful = [
        row.changed(sources=("arrived",)) if row.name == "nobody_came" else row
        for row in plain.transitions
    ]
    with pytest.raises(ProcessError, match="ready"):
        type(plain)(
            plain.name,
            plain.start,
            plain.final,
            forgetful,
            plain.purses,
            offer_rows=plain.offer_rows,
        )


def test_a_scooter_bears_its_plate(scoot: Marketplace) -> None:
    """A scooter without a plate of the province is drafted but never published."""
    driver = scoot.parties.join("Hari")
    for plate, published in (("BA 1 PA 7", False), ("GA-01-PA-7777", True)):
        listing = scoot.listings.draft(
            "rides", by=driver, title="A scooter", currency="NPR", attributes=attributes(plate)
        )
        if published:
            assert scoot.listings.publish(listing.id, by=driver).state == "published"
        else:
            with pytest.raises(Refused, match="plate_unknown"):
                scoot.listings.publish(listing.id, by=driver)


def test_a_review_gives_no_number_away(scoot: Marketplace, clock: ManualClock) -> None:
    """A telephone number in a review is refused, and the review may be written again without."""
    town = tell(scoot, clock, lambda line: None)
    come_online(scoot, town, HOUR)
    ride, offer = ask(scoot, town.riders[1], LAKESIDE, MAHENDRA_PUL, Pay("cash"))
    driver = offer.taker_id
    scoot.offers.accept(offer.id, by=driver)
    scoot.transactions.take(ride.id, "arrive", by=driver)
    scoot.transactions.take(ride.id, "check_helmets", by=driver, helmets=2)
    code = scoot.transactions.get(ride.id, by=town.riders[1]).attributes["pickup_code"]
    scoot.transactions.take(ride.id, "start", by=driver, code=code)
    scoot.transactions.take(ride.id, "finish", by=driver)
    scoot.advance(HOUR)
    with pytest.raises(Refused, match="no_numbers_in_reviews"):
        scoot.reviews.write(ride.id, by=driver, rating=5, text="call 984-123 4567")
    assert scoot.reviews.write(ride.id, by=driver, rating=5, text="A calm rider.").rating == 5


def test_every_ride_that_ends_is_one_line_in_the_log(
    scoot: Marketplace, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever watches the log sees each ride once, after its commit."""
    with caplog.at_level("INFO", logger="scoot"):
        tell(scoot, clock, lambda line: None)
    ends = [
        record.getMessage().split(": ")[1] for record in caplog.records if record.name == "scoot"
    ]
    assert ends == ["settle", "cancel"]


def test_the_command_finds_scoot(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``scoot.app:market`` opens Scoot on the database that the environment names."""
    monkeypatch.setenv(DATABASE, sqlite_url)
    with market() as opened:
        assert "scooter_ride" in {proof.process for _, proof in opened.check().proofs}
