"""What makes Haat this company and no other: times, freight, process, house rules, words."""

import logging
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    CHARGE,
    CUSTOMER,
    DAY,
    MINUTE,
    PROVIDER,
    REFUND,
    SAVE,
    SETTLE,
    Ask,
    Bring,
    Event,
    ListingQuestion,
    Money,
    Process,
    Reason,
    RequestQuestion,
    Transition,
    hookimpl,
)
from marketplace.plugins.goods import Freight, GoodsTimes, order

logger = logging.getLogger("haat")

RUPEE = 100
"""Amounts are in paisa."""
COMMISSION_BP = 800
DEBT = Money(5_000 * RUPEE, "NPR")
"""So much commission of cash a shop may owe."""
FREIGHT = {
    "bike": Freight(
        {"NP": ((2_000, 80 * RUPEE), (8_000, 150 * RUPEE), (20_000, 400 * RUPEE))}, "NPR"
    )
}
"""What a bike brings, by the weight of all that a shop sends at once."""
TOWNS = ("Kathmandu", "Patan", "Bhaktapur", "Kirtipur")
"""Haat brings goods to the door in the valley, and nowhere else."""


def times() -> GoodsTimes:
    """A valley is small: what is not there after a week never left."""
    return GoodsTimes(
        pay=15 * MINUTE, handling=2 * DAY, transit=2 * DAY, protection=3 * DAY,
        silence=2 * DAY, answer=2 * DAY, decision=7 * DAY,
    )  # fmt: skip


def processes() -> tuple[Process, ...]:
    """Everything is ordered in one way."""
    return (at_the_door(order(times())),)


def at_the_door(plain: Process) -> Process:
    """An order that is paid when it is handed over, in cash or by card.

    It is the order that comes with the library, with its money moved to the door: what is ordered
    is reserved and a card is remembered, ``deliver`` takes the money, and before that there is
    nothing to give back. ``turned_away`` is a row of its own: nobody was at home, or nobody paid.
    Who wants another piece orders it again. The result is proved anew.
    """
    rows = [_moved(row) for row in plain.transitions if row.name != "resend"]
    rows.append(
        Transition("turned_away", PROVIDER, "shipped", "cancelled", lines="cancellation",
                   fault=CUSTOMER, asks=[Ask("why")])
    )  # fmt: skip
    return evolve(plain, transitions=rows, admits=("cash", "card"), paid=("delivered",))


def _moved(row: Transition) -> Transition:
    if row.name == "pay":
        return row.changed(effects=[SAVE if one == CHARGE else one for one in row.effects])
    if row.name == "deliver":
        # Whose card says no at the door keeps nothing: it is still the shop's.
        return row.changed(effects=[CHARGE], failed="shipped", needs_customer="shipped")
    if row.name in ("receive", "complain"):
        return row.changed(sources=("delivered",))
    if set(row.sources) <= {"paid", "packing", "shipped"}:
        return row.changed(effects=[one for one in row.effects if one not in (REFUND, SETTLE)])
    return row


WORDS = {
    "en": {
        "beyond_the_valley": "Haat comes to the door in {known}; {city} is too far",
        "weighs_nothing": "a bike carries what has a weight: name it in grams",
        "notify.transaction.ship": "Your order is on its way. Have cash or a card at hand.",
    },
    "ne": {
        "beyond_the_valley": "हाट {known} मा मात्र घरसम्म आउँछ; {city} टाढा भयो",
        "weighs_nothing": "बाइकले बोक्ने कुराको तौल हुन्छ: ग्राममा लेख्नुहोस्",
        "notify.transaction.ship": "तपाईंको सामान आउँदै छ। नगद वा कार्ड तयार राख्नुहोस्।",
    },
}


@frozen
class HouseRules:
    """Haat's own plugin: two refusals, and a line in the log for every order that ended."""

    name: str = "haat"

    @hookimpl
    def bring(self) -> Bring:
        """The words of the rules below."""
        return Bring(words=WORDS)

    @hookimpl
    def refuse_listing(self, question: ListingQuestion) -> Reason | None:
        """Freight is by weight."""
        weight = question.listing.attributes.get("weight_g", 0)
        return None if weight > 0 else Reason("weighs_nothing")

    @hookimpl
    def refuse_request(self, question: RequestQuestion) -> Reason | None:
        """A bike goes as far as a bike goes."""
        city = str(question.request.attributes.get("ship_to", {}).get("city", "?"))
        if city in TOWNS:
            return None
        return Reason("beyond_the_valley", {"known": ", ".join(TOWNS), "city": city})

    @hookimpl
    def hear_committed(self, event: Event) -> None:
        """One line an order, for whoever watches the log; nothing depends on it."""
        if event.kind in ("transaction.deliver", "transaction.turned_away"):
            logger.info("order %s: %s", event.subject_id, event.kind.partition(".")[2])


def attributes(price: int, weight_g: int, **said: Any) -> dict[str, Any]:
    """What Haat writes down about an article; ``price`` in rupees."""
    return {
        "category": "household",
        "price": price * RUPEE,
        "weight_g": weight_g,
        "freight": "bike",
        "returns": "seller_pays",
        **said,
    }
