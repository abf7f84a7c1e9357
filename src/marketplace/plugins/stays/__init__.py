"""Stays: homes by the night, and by other settings tutors by the hour and courts by the slot.

``Stays(fees=…, taxes=…)`` is the plugin; a company gives it its fees and taxes, and processes of
its own if it likes. What a host asks and holds out is data in each listing.
"""

from marketplace.plugins.stays.availability import CalendarStep
from marketplace.plugins.stays.fees import Fees
from marketplace.plugins.stays.plugin import Stays
from marketplace.plugins.stays.process import stay
from marketplace.plugins.stays.taxes import Tax

__all__ = ["CalendarStep", "Fees", "Stays", "Tax", "stay"]
