"""Processes as data: what was stored is the same process again, proved again."""

from marketplace.domain.party import CUSTOMER, PROVIDER
from marketplace.domain.process import Process
from marketplace.domain.row_data import row_data, row_from_data
from marketplace.domain.transition import Transition
from marketplace.plugins.rides.process import FOLLOW_UPS, ride


def test_a_process_read_back_from_its_data_is_the_same_process() -> None:
    """Law: as_data and from_data are inverse, and the version does not change on the way."""
    for process in (ride(), *(make() for make in FOLLOW_UPS)):
        again = Process.from_data(process.as_data())
        assert again == process
        assert again.version == process.version


def test_what_a_row_does_not_say_changes_no_stored_hash() -> None:
    """Law: a process stored before a row could be agreed is the same process, read or made now."""
    row = Transition("part", (CUSTOMER, PROVIDER), "a", "z")
    assert "agreed" not in row_data(row)
    agreed = row.changed(agreed=True)
    assert row_data(agreed) == {**row_data(row), "agreed": True}
    assert row_from_data(row_data(agreed)) == agreed
    assert row_from_data(row_data(row)) == row


def test_another_row_makes_another_version() -> None:
    """Law: the version is a hash of all that the process says."""
    one = ride()
    rows = [
        row.changed(fault="customer") if row.name == "expire" else row for row in one.transitions
    ]
    data = {**one.as_data(), "transitions": []}
    other = Process(
        "ride", one.start, one.final, rows, purses=one.purses, offer_rows=one.offer_rows
    )
    assert other.version != one.version
    assert data["transitions"] != one.as_data()["transitions"]
