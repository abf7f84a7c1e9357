"""Scoot's first people: three drivers by the lake, and two riders."""

from datetime import timedelta

from attrs import frozen

from marketplace import DAY, OPERATOR, Listing, Marketplace, Party, Place
from scoot.rules import attributes

LAKESIDE = Place(28.2096, 83.9586, "Lakeside")
MAHENDRA_PUL = Place(28.2260, 83.9880, "Mahendra Pul")
AIRPORT = Place(28.2009, 83.9816, "Airport")

DRIVERS = (
    ("Bimala", "GA-01-PA-1201", Place(28.2110, 83.9600, "Hallan Chowk")),
    ("Dipesh", "GA-01-PA-3345", Place(28.2050, 83.9640, "Ratna Chowk")),
    ("Kamal", "GA-01-PA-0078", Place(28.2240, 83.9850, "Chipledhunga")),
)


@frozen
class Driver:
    """Somebody with a scooter, and where the scooter stood last."""

    party: Party
    scooter: Listing
    place: Place


@frozen
class Town:
    """Everybody there is."""

    drivers: tuple[Driver, ...]
    riders: tuple[Party, ...]

    def driver(self, party_id: str) -> Driver:
        """The driver with this party's id."""
        return next(one for one in self.drivers if one.party.id == party_id)


def fill(market: Marketplace) -> Town:
    """Everybody joins, shows a licence, and lists a scooter."""
    riders = tuple(market.parties.join(name) for name in ("Asha", "Prem"))
    return Town(tuple(_driver(market, *one) for one in DRIVERS), riders)


def _driver(market: Marketplace, name: str, plate: str, place: Place) -> Driver:
    party = market.parties.join(name, language="ne")
    until = market.context.now() + 365 * DAY
    licence = market.parties.submit_document("licence", by=party, expires_at=until)
    market.parties.judge_document(licence.id, approve=True, by=OPERATOR)
    title = f"{name}'s scooter"
    scooter = market.listings.draft(
        "rides", by=party, title=title, currency="NPR", attributes=attributes(plate)
    )
    return Driver(party, market.listings.publish(scooter.id, by=party), place)


def come_online(market: Marketplace, town: Town, lives: timedelta) -> None:
    """Every driver says where it is."""
    for driver in town.drivers:
        market.listings.appear(
            driver.scooter.id, "online", driver.place, by=driver.party, lives=lives
        )
