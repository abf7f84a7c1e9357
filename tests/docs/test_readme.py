"""The README: what a stranger types first, and how much of it."""

import re

from tests.support.data import REPOSITORY

README = REPOSITORY / "README.md"
MOST_LINES = 25


def blocks(kind: str) -> list[str]:
    """Return the README's blocks of one kind, in order."""
    pattern = rf"^```{kind}\n(.*?)^```"
    return re.findall(pattern, README.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_it_begins_with_an_installation_and_a_demo() -> None:
    """Two lines, typed as they stand, show a stranger what this is."""
    first = blocks("console")[0].splitlines()
    assert first == ["$ pip install 'marketplace-kit[demo]'", "$ marketplace demo rides"]


def test_a_whole_ride_takes_25_lines() -> None:
    """From the first import to both reviews: a listing, a request, a match, an offer accepted, a
    walk to the payout, on a clock that is moved by hand."""
    code = blocks("python")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= MOST_LINES
    steps = (
        "Rides(fare=", "listings.publish(", "requests.open(", "matching.dispatch(",
        "offers.accept(", "transactions.take(", "advance(", "reviews.write(",
    )  # fmt: skip
    places = [code.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


def test_its_links_lead_somewhere() -> None:
    """Every file and folder that the README links to is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text())
    assert len(links) > 10
    assert [link for link in links if not (REPOSITORY / link).exists()] == []
