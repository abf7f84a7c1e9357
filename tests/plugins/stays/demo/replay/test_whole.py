"""Real bookings lived through on the real engine: no row is lost, and no cent."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from marketplace import InvalidInput, LedgerError
from marketplace.app.ledgers import Ledgers
from marketplace.plugins.stays.demo.replay import HotelPolicy, Replayed, Way, replay_bookings
from marketplace.plugins.stays.demo.replay.bookings import Replay
from marketplace.plugins.stays.hotel_bookings import Booking, BookingFile, Ended

TINY = Path("tiny") / "hotel_bookings_2015-07-01_03.csv"
HALF_YEAR = Path("stays") / "hotel_bookings_arrivals_2015-07_2015-12.csv.gz"


@pytest.fixture(scope="module")
def three_days(data_dir: Path) -> Replayed:
    """The bookings that arrive on three days of July 2015, each with its whole life."""
    return replay_bookings(data_dir / TINY, seed=1)


def bookings(path: Path) -> list[Booking]:
    """The rows that are bookings."""
    return [one for one in BookingFile(path) if isinstance(one, Booking)]


def accounted(found: Replayed) -> None:
    """Every row is done or refused with a reason, and the books say so too."""
    assert found.lost == 0
    assert found.rows == found.done + sum(found.rejected.values()) + sum(found.refused.values())
    assert found.done == found.counts["booked"] == sum(found.states.values())
    assert set(found.states) <= {"completed", "cancelled"}
    assert set(found.examples) >= {*found.rejected, *found.refused, *found.unchanged}
    assert found.balanced > 0


@pytest.mark.behaviour("S8", "S11", "S12")
@pytest.mark.invariant(4)
def test_every_row_of_three_days_is_lived_to_its_end(three_days: Replayed, data_dir: Path) -> None:
    """All 271 rows are booked, changed and ended as the record says, or refused with a reason;
    after each unit of work the ledger sums to zero."""
    accounted(three_days)
    rows = bookings(data_dir / TINY)
    ends = {one: sum(row.ended is one for row in rows) for one in Ended}
    counts = three_days.counts
    assert three_days.rejected == {"stay_booked_for_no_night": 2}
    assert three_days.refused == {}
    assert counts["stayed"] + counts["left_early"] == ends[Ended.STAYED]
    assert (counts["cancelled"], counts["no_show"]) == (ends[Ended.CANCELLED], ends[Ended.NO_SHOW])
    assert counts["changed"] + sum(three_days.unchanged.values()) >= sum(x.changes for x in rows)
    assert three_days.states["completed"] == counts["stayed"]


def test_money_goes_where_the_schedules_say(three_days: Replayed, data_dir: Path) -> None:
    """Who stayed paid the record's rate for each night; the marketplace keeps its share of that and
    of what was kept of the others, to the cent but for its rounding; hotels have the rest."""
    rows = bookings(data_dir / TINY)
    stayed = sum(x.rate * x.nights for x in rows if x.ended is Ended.STAYED and not x.left_early)
    early = [x for x in rows if x.left_early]
    taken = three_days.commission + three_days.paid_out
    least = stayed + three_days.kept
    assert least <= taken <= least + sum(x.rate * x.nights for x in early)
    assert abs(three_days.commission - taken * 15 // 100) <= len(rows)
    assert three_days.gross >= sum(x.rate * x.nights for x in rows)


def test_a_replay_is_the_same_each_time(three_days: Replayed, data_dir: Path) -> None:
    """The same file, policy and seed give the same to the cent, told as a table and as JSON."""
    again = replay_bookings(data_dir / TINY, seed=1)
    assert again == three_days
    assert json.loads(json.dumps(again.as_data(), default=str))["lost"] == 0
    for language, word in (("en", "is for no night"), ("ne", "एक रातको पनि होइन")):
        table = again.table(language)
        assert any(word in what for what, _ in table)
        assert ("rows lost", "0") in table


def test_a_hotel_with_fewer_rooms_refuses_some(data_dir: Path) -> None:
    """With rooms for those alone who came in the end, the rest hear which nights are taken, and
    their rows count as refused: nothing is sold twice, nothing forgotten."""
    found = replay_bookings(data_dir / TINY, seed=1, policy=HotelPolicy(rooms="slept"))
    accounted(found)
    assert found.refused["stay_dates_taken"] > 0
    assert sum(one.nights for one in found.slept) <= sum(one.of for one in found.slept)
    assert found.done < 269


def test_a_deposit_that_nobody_knows_is_refused(data_dir: Path) -> None:
    """A row whose deposit has no way to be paid by the policy is refused, and says why."""
    found = replay_bookings(
        data_dir / TINY, most=40, policy=HotelPolicy(ways={"Refundable": Way("now")})
    )
    accounted_for = sum(found.rejected.values()) + sum(found.refused.values())
    assert (found.done, found.refused, accounted_for) == (0, {"stay_unknown_deposit": 38}, 40)


def test_what_is_not_refundable_is_kept_whole(data_dir: Path) -> None:
    """The same cancelled bookings under the schedule that gives nothing back are kept whole; under
    the flexible one most goes back."""
    ways: Mapping[str, Way] = {"No Deposit": Way("now", "non_refundable")}
    flexible = replay_bookings(data_dir / TINY, most=60, seed=1)
    strict = replay_bookings(data_dir / TINY, most=60, seed=1, policy=HotelPolicy(ways=ways))
    given_up = [x for x in bookings(data_dir / TINY) if x.row <= 61 and x.ended is Ended.CANCELLED]
    assert strict.counts["cancelled"] == flexible.counts["cancelled"] == len(given_up)
    assert strict.kept >= sum(x.rate * x.nights for x in given_up) > flexible.kept


def test_books_that_do_not_balance_end_the_replay(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the balance: books that are a cent off after a unit of work raise at once."""
    monkeypatch.setattr(Ledgers, "sums", lambda self: {"EUR": 1})
    with pytest.raises(LedgerError, match="not to nothing"):
        replay_bookings(data_dir / TINY, most=10)


def test_a_row_that_is_forgotten_is_seen(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the count: a replay that forgets to end a booking says that a row is lost."""
    monkeypatch.setattr(Replay, "_cancel", lambda self, life: None)
    found = replay_bookings(data_dir / TINY, most=120, seed=1)
    assert found.lost > 0


def test_a_file_without_a_booking_is_refused(data_dir: Path) -> None:
    """Nothing to play is a clear refusal."""
    with pytest.raises(InvalidInput, match="no row that is a booking"):
        replay_bookings(data_dir / TINY, most=2)


def test_it_runs_on_either_database(data_dir: Path, database_url: str) -> None:
    """The same rows give the same on SQLite and on PostgreSQL."""
    here = replay_bookings(data_dir / TINY, url=database_url, most=40, seed=1)
    assert here == replay_bookings(data_dir / TINY, most=40, seed=1)


@pytest.mark.slow
def test_hundreds_of_rows_of_half_a_year(data_dir: Path) -> None:
    """Rows of the larger file, too, are all accounted for."""
    found = replay_bookings(data_dir / HALF_YEAR, most=400, policy=HotelPolicy(rooms="slept"))
    accounted(found)
    assert found.rows == 400
