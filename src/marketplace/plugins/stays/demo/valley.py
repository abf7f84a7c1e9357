"""The marketplace of the demo: its plugins and settings, and where its season lies."""

from __future__ import annotations

from datetime import date

from marketplace import HOUR, ManualClock, Marketplace, NotificationChannel, PayoutPlan, Place
from marketplace.demo.left import bank_beside
from marketplace.plugins.ical import Fetcher, ICal
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays.demo.elsewhere import Elsewhere
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.plugin import Stays
from marketplace.plugins.stays.taxes import Tax

CURRENCY = "NPR"
ZONE = "Asia/Kathmandu"
OPENS = date(2026, 8, 17)
"""The first guest looks for a home."""
FIRST = date(2026, 9, 20)
"""The first night of the season: the rain is over."""
NIGHTS = 62
"""To the twentieth of November."""
FEASTS = (
    ("Dashain", date(2026, 10, 17), date(2026, 10, 24)),
    ("Tihar", date(2026, 11, 6), date(2026, 11, 11)),
)
"""First and last night on which families are on the move."""
GUEST_BP, HOST_BP = 1_200, 300
TAXES = {
    "pokhara": (
        Tax("lakeside upkeep", bp=200),
        Tax("visitors' mite", each=50_00, currency=CURRENCY, exempt=("children", "infants")),
    )
}
"""Invented, to show both ways in which towns tax a night."""

LAKE = (
    (28.1968, 83.9640), (28.2005, 83.9655), (28.2045, 83.9600), (28.2085, 83.9565),
    (28.2130, 83.9545), (28.2170, 83.9500), (28.2200, 83.9455), (28.2235, 83.9400),
    (28.2255, 83.9330), (28.2262, 83.9270), (28.2238, 83.9265), (28.2215, 83.9310),
    (28.2185, 83.9370), (28.2150, 83.9410), (28.2110, 83.9440), (28.2070, 83.9470),
    (28.2035, 83.9520), (28.2000, 83.9580),
)  # fmt: skip
"""Phewa lake, drawn freehand: good enough to recognise and for nothing else."""
AREAS = (
    Place(28.2096, 83.9586, "Lakeside"),
    Place(28.1985, 83.9672, "Damside"),
    Place(28.2182, 83.9535, "Sedi Height"),
    Place(28.2240, 83.9465, "Khapaudi"),
    Place(28.2290, 83.9300, "Pame"),
    Place(28.2439, 83.9486, "Sarangkot"),
    Place(28.2010, 83.9446, "Peace Pagoda"),
    Place(28.2375, 83.9842, "Bindhyabasini"),
    Place(28.2260, 83.9880, "Mahendra Pul"),
)
"""Where homes lie: names and positions of public places, to some hundred metres."""


def open_stays(
    url: str,
    clock: ManualClock,
    seed: int | None = None,
    elsewhere: Fetcher | None = None,
    channel: NotificationChannel | None = None,
) -> Marketplace:
    """Stays with a fee from both sides, taxes of one town, and calendars of other places."""
    return Marketplace.open(
        url,
        plugins=[
            Stays(fees=Fees.split(guest_bp=GUEST_BP, host_bp=HOST_BP), taxes=TAXES),
            ICal("stays.example.com", every=12 * HOUR, fetcher=elsewhere or Elsewhere()),
            Sandbox(bank_beside(url), now=clock.now),
        ],
        clock=clock,
        seed=seed,
        create="missing",
        channel=channel,
        payouts=PayoutPlan(provider="sandbox"),
    )


def trade(market: Marketplace) -> Stays:
    """The stays plugin of a marketplace that was opened here."""
    found = market.context.hooks.plugins["stays"]
    assert isinstance(found, Stays)
    return found
