"""Basai's first people: three families on the path, and two trekkers."""

from typing import Any

from attrs import frozen

from basai.rules import attributes
from marketplace import Listing, Marketplace, Party, Place

GHANDRUK = Place(28.3757, 83.8067, "Ghandruk")
CHHOMRONG = Place(28.4154, 83.8173, "Chhomrong")
LANDRUK = Place(28.3633, 83.8247, "Landruk")

FAMILIES: tuple[tuple[str, str, Place, int, dict[str, Any]], ...] = (
    ("Maya Gurung", "Two rooms above the school", GHANDRUK, 1_800, {"units": 2}),
    ("Dil Gurung", "The house with the blue door", CHHOMRONG, 2_200, {"cancellation": "festival"}),
    ("Suk Maya Pun", "A room over the terraces", LANDRUK, 1_500, {"instant": False}),
)
"""Who lets, what, where, for how many rupees a night, and what else is to be said of it."""


@frozen
class Family:
    """Somebody who lets a room, and the room."""

    party: Party
    home: Listing


@frozen
class Path:
    """Everybody there is."""

    families: tuple[Family, ...]
    trekkers: tuple[Party, ...]


def fill(market: Marketplace) -> Path:
    """Everybody joins, and every family lists its home."""
    trekkers = tuple(market.parties.join(name) for name in ("Lena", "Tomás"))
    return Path(tuple(_family(market, *one) for one in FAMILIES), trekkers)


def _family(
    market: Marketplace, name: str, title: str, place: Place, nightly: int, said: dict[str, Any]
) -> Family:
    party = market.parties.join(name, language="ne")
    drafted = market.listings.draft(
        "stays",
        by=party,
        title=title,
        currency="NPR",
        place=place,
        attributes=attributes(nightly, **said),
    )
    return Family(party, market.listings.publish(drafted.id, by=party))
