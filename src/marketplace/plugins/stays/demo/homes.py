"""Forty homes by a lake, and who lets them. All of them are invented; the places are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from attrs import frozen

from marketplace import Party, Place
from marketplace.demo.names import invented
from marketplace.plugins.stays.demo.season import Let, Season
from marketplace.plugins.stays.demo.valley import AREAS, CURRENCY, FEASTS, FIRST, ZONE

HOMES_A_HOST = 3
COHOST_BP = 2_000
ADJECTIVES = (
    "Blue", "Quiet", "Old", "Stone", "Sunny", "Bamboo", "Little", "Upper", "Golden", "Orange",
    "Juniper", "Marigold", "Rhododendron", "Kingfisher", "Fishtail", "Barahi",
)  # fmt: skip


@frozen
class Kind:
    """A kind of home, and what homes of it have in common. Money is in rupees."""

    name: str
    areas: tuple[str, ...]
    guests: int
    nightly: tuple[int, int]
    cancellation: str
    units: int = 1
    after: int = 0
    instant: bool = True
    cleaning: int = 0
    deposit: int = 0
    least: int = 1
    amenities: tuple[str, ...] = ("wifi",)
    weight: int = 4


KINDS = (
    Kind("studio", ("Lakeside", "Damside", "Sedi Height"), 2, (2_400, 3_600), "flexible",
         cleaning=400, amenities=("wifi", "kitchen"), weight=9),
    Kind("guest house", ("Lakeside", "Damside", "Mahendra Pul"), 2, (1_600, 2_400), "flexible",
         units=2, amenities=("wifi", "breakfast"), weight=5),
    Kind("lake view flat", ("Lakeside", "Sedi Height", "Khapaudi"), 4, (4_500, 7_000), "moderate",
         cleaning=800, deposit=5_000, least=2, amenities=("wifi", "kitchen", "lake view"),
         weight=9),
    Kind("family homestay", ("Pame", "Khapaudi", "Sarangkot"), 3, (1_400, 2_200), "flexible",
         instant=False, amenities=("breakfast", "garden"), weight=6),
    Kind("hill cottage", ("Sarangkot", "Peace Pagoda", "Pame"), 4, (3_500, 5_500), "moderate",
         after=1, instant=False, cleaning=700, least=2, amenities=("wifi", "mountain view"),
         weight=6),
    Kind("villa with a pool", ("Lakeside", "Khapaudi", "Sedi Height"), 8, (14_000, 22_000),
         "firm", after=1, instant=False, cleaning=2_500, deposit=25_000, least=2,
         amenities=("wifi", "kitchen", "pool", "lake view"), weight=3),
    Kind("town house", ("Bindhyabasini", "Mahendra Pul"), 5, (3_000, 4_500), "strict",
         cleaning=900, deposit=10_000, amenities=("wifi", "kitchen"), weight=2),
)  # fmt: skip
"""Weights add up to forty."""


def furnish(season: Season, count: int) -> Sequence[Let]:
    """Hosts join and hold out so many homes of all kinds."""
    dice = season.dice
    kinds = [kind for kind in KINDS for _ in range(kind.weight)]
    areas = {place.label: place for place in AREAS}
    names = list(ADJECTIVES)
    dice.shuffle(names)
    called_so: set[str] = set()
    chosen = [kinds[index * len(kinds) // count % len(kinds)] for index in range(count)]
    made = []
    with season.market.batch():
        hosts = [_join(season, "98", n) for n in range(max(2, count // HOMES_A_HOST))]
        helper = _join(season, "96", 0)
        for index, kind in enumerate(chosen):
            host = hosts[index % len(hosts)]
            label = kind.areas[index % len(kind.areas)]
            called = _called(names, index, f"{kind.name}, {label}", called_so)
            cohosts = [{"party": helper.id, "share_bp": COHOST_BP}] if index % 8 == 5 else []
            said = _attributes(dice, kind, called, cohosts)
            drafted = season.market.listings.draft(
                "stays",
                by=host,
                title=called,
                currency=CURRENCY,
                place=_near(dice, areas[label]),
                attributes=said,
            )
            listing = season.market.listings.publish(drafted.id, by=host)
            made.append(Let(listing, host))
    season.homes.update({let.listing.id: let for let in made})
    return made


def _join(season: Season, prefix: str, number: int) -> Party:
    return season.market.parties.join(invented(season.dice), phone=f"+977{prefix}1{number:07d}")


def _called(names: Sequence[str], index: int, what: str, before: set[str]) -> str:
    """A name that no other home has, as long as there are any left."""
    for turn in range(len(names)):
        called = f"{names[(index + turn) % len(names)]} {what}"
        if called not in before:
            before.add(called)
            return called
    return f"{names[index % len(names)]} {what} {index}"


def _near(dice: Random, area: Place) -> Place:
    lat, lon = (dice.randint(-250, 250) / 100_000 for _ in range(2))
    return Place(round(area.lat + lat, 5), round(area.lon + lon, 5))


def _attributes(
    dice: Random, kind: Kind, called: str, cohosts: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    nightly = dice.randrange(*kind.nightly, 100) * 100
    rates: dict[str, Any] = {
        "nightly": nightly,
        "weekend": nightly * 115 // 100,
        "weekly_bp": 1_000,
        "early_bird": [{"days": 45, "bp": 500}],
        "last_minute": [{"days": 2, "bp": 1_000}],
    }
    if kind.cleaning:
        rates["cleaning"] = kind.cleaning * 100
    if kind.guests > 2:
        rates["extra_guest"] = {"after": kind.guests - 1, "each": nightly // 10}
    if kind.cancellation in ("moderate", "flexible"):
        rates["non_refundable_bp"] = 1_000
    said: dict[str, Any] = {
        "zone": ZONE,
        "units": kind.units,
        "guests": kind.guests,
        "check_in": "14:00",
        "check_out": "11:00",
        "after": kind.after,
        "instant": kind.instant,
        "kind": kind.name,
        "description": f"{called}: an invented home for a simulated season.",
        "amenities": list(kind.amenities),
        "bedrooms": max(1, kind.guests // 2),
        "address": f"House {dice.randint(1, 180)}, Pokhara",
        "jurisdiction": "pokhara",
        "cancellation": kind.cancellation,
        "rates": rates,
        "plan": _plan(kind, nightly),
    }
    if kind.deposit:
        said["deposit"] = kind.deposit * 100
    return said | {"cohosts": list(cohosts)} if cohosts else said


def _plan(kind: Kind, nightly: int) -> dict[str, Any]:
    """The feasts cost more and are booked for three nights at least."""
    feasts = [
        {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "price": nightly * 140 // 100,
            "least": max(3, kind.least),
            "label": name,
        }
        for name, first, last in FEASTS
    ]
    return {"notice_hours": 6, "window_days": 200, "least": kind.least, "rules": feasts}


def keep_back(season: Season, homes: Sequence[Let]) -> None:
    """Every third home is its host's own for some nights of the season."""
    for let in homes[1::3]:
        first = FIRST + timedelta(days=season.dice.randint(3, max(4, season.nights - 12)))
        nights = season.dice.randint(3, 8)
        span = season.trade.span(let.listing, first, first + timedelta(days=nights))
        season.market.listings.block_out(
            let.listing.id, span, by=let.host, resource="nights", label="family"
        )
