"""Files: bytes in a storage, a card in the database, and nobody reads what nobody showed."""

from pathlib import Path
from typing import Any

import pytest

from marketplace import (
    OPERATOR,
    FolderStorage,
    InvalidInput,
    NotFound,
    SetupError,
)
from tests.support.ride_world import OpenTown, Town

PHOTO = b"\x89PNG of a scratched fender"


@pytest.fixture
def town(open_town: OpenTown, tmp_path: Path) -> Town:
    """A town that keeps files in a folder."""
    return open_town(files=FolderStorage(tmp_path / "files"))


def test_what_is_kept_comes_back(town: Town, tmp_path: Path) -> None:
    """The owner and the operator get card and bytes; the same bytes lie in the folder once."""
    sita = town.rider("Sita")
    cards = [
        town.market.files.put("fender.png", PHOTO, media_type="image/png", by=sita) for _ in "ab"
    ]
    for by in (sita, OPERATOR):
        card, content = town.market.files.get(cards[0].id, by=by)
        assert (card, content) == (cards[0], PHOTO)
    assert (cards[0].size, cards[0].media_type) == (len(PHOTO), "image/png")
    assert len(list((tmp_path / "files").iterdir())) == 1
    assert {one.id for one in town.market.files.list(by=sita)} == {one.id for one in cards}


@pytest.mark.invariant(37)
def test_nobody_reads_what_nobody_showed(town: Town) -> None:
    """A stranger's file is not found, by its id as by an unknown one, and is in no list."""
    sita, ram = town.rider("Sita"), town.rider("Ram")
    card = town.market.files.put("fender.png", PHOTO, media_type="image/png", by=sita)
    for file_id in (card.id, "fil_unknown"):
        with pytest.raises(NotFound, match="no file"):
            town.market.files.get(file_id, by=ram)
    assert not town.market.files.list(by=ram).items


@pytest.mark.behaviour("C15")
@pytest.mark.invariant(37)
def test_evidence_is_for_both_sides_and_nobody_else(town: Town) -> None:
    """What one side shows in a dispute the other side reads, there and only there."""
    sita, ram, gita = town.rider("Sita"), town.driver("Ram"), town.rider("Gita")
    ride = town.settled(sita, ram)
    market = town.market
    card = market.files.put("fender.png", PHOTO, media_type="image/png", by=sita)
    hidden = market.files.put("passport.png", PHOTO, media_type="image/png", by=sita)
    dispute = market.disputes.open(ride.id, by=sita, cause="scratched", files=[card.id])
    assert market.files.get(card.id, by=ram.party, dispute=dispute.id)[1] == PHOTO
    for by, file_id, named in (
        (ram.party, card.id, None),
        (ram.party, hidden.id, dispute.id),
        (gita, card.id, dispute.id),
        (ram.party, card.id, "dis_unknown"),
    ):
        with pytest.raises(NotFound):
            market.files.get(file_id, by=by, dispute=named)


def test_nobody_shows_what_is_somebody_else_s(town: Town) -> None:
    """Naming another's file, as evidence or as a document, is refused, and opens nothing."""
    sita, ram = town.rider("Sita"), town.driver("Ram")
    ride = town.settled(sita, ram)
    market = town.market
    card = market.files.put("passport.png", PHOTO, media_type="image/png", by=sita)
    with pytest.raises(NotFound):
        market.disputes.open(ride.id, by=ram.party, cause="mine", files=[card.id])
    with pytest.raises(NotFound):
        market.parties.submit_document("licence", by=ram.party, file_id=card.id)
    dispute = market.disputes.open(ride.id, by=ram.party, cause="mine")
    with pytest.raises(NotFound):
        market.disputes.add_evidence(dispute.id, by=ram.party, text="look", files=[card.id])
    own = market.parties.submit_document("passport", by=sita, file_id=card.id)
    assert own.file_id == card.id


def test_disputes_are_listed_by_whose_they_are(town: Town) -> None:
    """A party lists the disputes of its deals, page by page, and no filter widens that."""
    sita, ram, gita = town.rider("Sita"), town.driver("Ram"), town.rider("Gita")
    rides = [town.settled(sita, ram), town.settled(gita, ram), town.settled(sita, ram)]
    market = town.market
    disputes = [market.disputes.open(one.id, by=ram.party, cause="dirty").id for one in rides]
    market.disputes.withdraw(disputes[2], by=ram.party)

    def pages(by: Any, **more: Any) -> list[list[str]]:
        found, after = [], None
        while True:
            page = market.disputes.list(by=by, after=after, limit=1, **more)
            found.append([one.id for one in page])
            if (after := page.after) is None:
                return [ids for ids in found if ids]

    def all_of(by: Any, **more: Any) -> list[str]:
        return sorted(one for page in pages(by, **more) for one in page)

    assert all_of(sita) == sorted([disputes[0], disputes[2]])
    assert all_of(gita) == [disputes[1]]
    assert len(pages(ram.party)) == 3
    assert all_of(OPERATOR) == sorted(disputes)
    assert all_of(sita, state="open") == [disputes[0]]
    assert pages(gita, transaction=rides[0].id) == []
    assert pages(ram.party, transaction=rides[1].id) == [[disputes[1]]]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("", PHOTO, "image/png"),
        ("a" * 201, PHOTO, "image/png"),
        ("fender.png", PHOTO, "image"),
        ("fender.png", PHOTO, "image/png\r\nX-Evil: 1"),
        ("fender.png", "text", "image/png"),
        ("fender.png", b"x" * 10_000_001, "image/png"),
    ],
)
def test_what_is_no_file_is_refused(town: Town, name: str, content: bytes, media_type: str) -> None:
    """A file has a name, bytes within the limit, and a media type; nothing else is kept."""
    sita = town.rider("Sita")
    with pytest.raises(InvalidInput):
        town.market.files.put(name, content, media_type=media_type, by=sita)
    assert not town.market.files.list(by=sita).items


def test_without_a_storage_it_says_what_is_missing(open_town: OpenTown) -> None:
    """A marketplace that keeps no files says how to open one that does."""
    town = open_town()
    with pytest.raises(SetupError, match="files=FolderStorage"):
        town.market.files.put("a.png", PHOTO, media_type="image/png", by=town.rider())
