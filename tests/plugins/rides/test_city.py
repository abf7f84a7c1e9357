"""The city: its places lie where they are, its outlines run where the roads run."""

import csv
import gzip
from pathlib import Path

import pytest

from marketplace import Place, haversine_m
from marketplace.plugins.rides.city import RING_ROAD, RIVERS, ROADS, SPOTS, spot
from marketplace.plugins.rides.regions import Region


def test_places_have_names_of_their_own() -> None:
    """Forty places or more, each with an English and a Nepali name and a position of its own."""
    assert len(SPOTS) >= 40
    assert len({one.name for one in SPOTS}) == len(SPOTS)
    assert len({one.nepali for one in SPOTS}) == len(SPOTS)
    assert len({(one.lat, one.lon) for one in SPOTS}) == len(SPOTS)
    assert all("\u0900" <= one.nepali[0] <= "\u097f" for one in SPOTS)
    assert spot("Thamel").place.label == "Thamel"
    with pytest.raises(KeyError):
        spot("Atlantis")


def test_the_ring_road_is_a_ring() -> None:
    """The ring road closes, Thamel and Patan lie inside it, Boudha and Bhaktapur outside."""
    assert RING_ROAD.points[0] == RING_ROAD.points[-1]
    ring = Region("ring", tuple(Place(*point) for point in RING_ROAD.points))
    inside = {one.name for one in SPOTS if ring.holds(one.place)}
    assert {"Thamel", "Ratna Park", "Patan Durbar Square", "New Baneshwor"} <= inside
    assert not {"Boudha", "Bhaktapur", "Kirtipur", "Budhanilkantha"} & inside


def test_rivers_meet() -> None:
    """Bishnumati and Manohara flow into the Bagmati."""
    bagmati, *others = RIVERS
    for river in others:
        assert river.points[-1] in bagmati.points


def test_places_lie_where_the_map_has_them(data_dir: Path) -> None:
    """Every place that the map's stops name lies within 400 m of one of that name."""
    with (data_dir / "rides/kathmandu_osm_stops.csv").open() as file:
        stops = [(row["name"].lower(), row) for row in csv.DictReader(file)]
    found = 0
    for one in SPOTS:
        named = [row for name, row in stops if name.startswith(one.name.lower())]
        if named:
            found += 1
            nearest = min(
                haversine_m(one.lat, one.lon, float(row["lat"]), float(row["lon"])) for row in named
            )
            assert nearest < 400, one.name
    assert found > 20


def test_roads_run_where_the_map_has_them(data_dir: Path) -> None:
    """Every point of a road's outline lies within 200 m of a main road of the map."""
    with gzip.open(data_dir / "rides/kathmandu_osm_road_nodes.csv.gz", "rt") as file:
        nodes = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
    for road in ROADS:
        for point in road.points:
            assert min(haversine_m(*point, *node) for node in nodes) < 200, (road.name, point)
