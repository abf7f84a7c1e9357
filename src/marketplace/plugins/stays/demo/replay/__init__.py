"""Real hotel bookings through the real engine, in the order in which they happened.

``replay_bookings(path)`` reads a file, opens a marketplace of its hotels, plays every booking's
life, and gives what came of it: rows of a table, and the same as plain data.
"""

from marketplace.plugins.stays.demo.replay.hotels import HotelPolicy, Way
from marketplace.plugins.stays.demo.replay.result import Replayed
from marketplace.plugins.stays.demo.replay.whole import replay_bookings

__all__ = ["HotelPolicy", "Replayed", "Way", "replay_bookings"]
