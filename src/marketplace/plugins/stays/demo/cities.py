"""Cities whose homes Inside Airbnb publishes: what is not in its files, by where they lie."""

from __future__ import annotations

from attrs import frozen

from marketplace import Place

NEAR_M = 120_000
"""How far from its middle a city's homes may lie."""


@frozen
class City:
    """A city, its clock and its money."""

    place: Place
    zone: str
    currency: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.place.label


def _city(name: str, lat: float, lon: float, zone: str, currency: str) -> City:
    return City(Place(lat, lon, name), zone, currency)


CITIES = (
    _city("Albany", 42.65, -73.75, "America/New_York", "USD"),
    _city("Amsterdam", 52.37, 4.90, "Europe/Amsterdam", "EUR"),
    _city("Athens", 37.98, 23.73, "Europe/Athens", "EUR"),
    _city("Austin", 30.27, -97.74, "America/Chicago", "USD"),
    _city("Bangkok", 13.75, 100.52, "Asia/Bangkok", "THB"),
    _city("Barcelona", 41.39, 2.17, "Europe/Madrid", "EUR"),
    _city("Berlin", 52.52, 13.40, "Europe/Berlin", "EUR"),
    _city("Boston", 42.36, -71.06, "America/New_York", "USD"),
    _city("Cape Town", -33.92, 18.42, "Africa/Johannesburg", "ZAR"),
    _city("Chicago", 41.88, -87.63, "America/Chicago", "USD"),
    _city("Copenhagen", 55.68, 12.57, "Europe/Copenhagen", "DKK"),
    _city("Hong Kong", 22.32, 114.17, "Asia/Hong_Kong", "HKD"),
    _city("Istanbul", 41.01, 28.98, "Europe/Istanbul", "TRY"),
    _city("Lisbon", 38.72, -9.14, "Europe/Lisbon", "EUR"),
    _city("London", 51.51, -0.13, "Europe/London", "GBP"),
    _city("Los Angeles", 34.05, -118.24, "America/Los_Angeles", "USD"),
    _city("Melbourne", -37.81, 144.96, "Australia/Melbourne", "AUD"),
    _city("New York", 40.71, -74.01, "America/New_York", "USD"),
    _city("Paris", 48.86, 2.35, "Europe/Paris", "EUR"),
    _city("Rome", 41.90, 12.50, "Europe/Rome", "EUR"),
    _city("San Francisco", 37.77, -122.42, "America/Los_Angeles", "USD"),
    _city("Seattle", 47.61, -122.33, "America/Los_Angeles", "USD"),
    _city("Singapore", 1.35, 103.82, "Asia/Singapore", "SGD"),
    _city("Sydney", -33.87, 151.21, "Australia/Sydney", "AUD"),
    _city("Tokyo", 35.68, 139.69, "Asia/Tokyo", "JPY"),
    _city("Toronto", 43.65, -79.38, "America/Toronto", "CAD"),
)


def city_of(place: Place) -> City | None:
    """The nearest of the cities that are known; None when none is near."""
    nearest = min(CITIES, key=lambda one: one.place.metres_to(place))
    return nearest if nearest.place.metres_to(place) <= NEAR_M else None
