"""Stays: homes by the night, and by other settings tutors by the hour and courts by the slot.

``Stays(fees=…, taxes=…)`` is the plugin; a company gives it its fees and taxes, and processes of
its own if it likes. What a host asks and holds out is data in each listing.
"""

from marketplace.plugins.stays.availability import CalendarStep
from marketplace.plugins.stays.cancellations import SCHEDULES, Grace, HostFee, Notice, Schedule
from marketplace.plugins.stays.deal import Deals
from marketplace.plugins.stays.deposit import deposit
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.hosts import Metrics, metrics
from marketplace.plugins.stays.plugin import Stays
from marketplace.plugins.stays.price_list import PriceList
from marketplace.plugins.stays.process import at_the_door, every, stay
from marketplace.plugins.stays.taxes import Tax
from marketplace.plugins.stays.times import StayTimes

__all__ = [
    "SCHEDULES",
    "CalendarStep",
    "Deals",
    "Fees",
    "Grace",
    "HostFee",
    "Metrics",
    "Notice",
    "PriceList",
    "Schedule",
    "StayTimes",
    "Stays",
    "Tax",
    "at_the_door",
    "deposit",
    "every",
    "metrics",
    "stay",
]
