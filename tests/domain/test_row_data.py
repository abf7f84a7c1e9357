"""Processes as data: what was stored is the same process again, proved again."""

from marketplace.domain.process import Process
from marketplace.plugins.rides.process import FOLLOW_UPS, ride


def test_a_process_read_back_from_its_data_is_the_same_process() -> None:
    """Law: as_data and from_data are inverse, and the version does not change on the way."""
    for process in (ride(), *(make() for make in FOLLOW_UPS)):
        again = Process.from_data(process.as_data())
        assert again == process
        assert again.version == process.version


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
