"""Rides on demand: a rider asks, a driver near by is offered the ride, the fare explains itself.

``Rides(fare=…)`` is the plugin; a company gives it fares, a process of its own if it likes,
papers that drivers need, and a dispatcher.
"""

from marketplace.plugins.rides.fare import (
    Band,
    CancellationRow,
    CancellationTerms,
    ChangeCap,
    Fare,
    NoShow,
    Supplement,
    Waiting,
    Window,
)
from marketplace.plugins.rides.gates import Standing
from marketplace.plugins.rides.plugin import Rides
from marketplace.plugins.rides.process import RideTimes, ride
from marketplace.plugins.rides.rates import Rates, kathmandu, kathmandu_bike
from marketplace.plugins.rides.route import Route, StraightLine
from marketplace.plugins.rides.surges import SurgePlan

__all__ = [
    "Band",
    "CancellationRow",
    "CancellationTerms",
    "ChangeCap",
    "Fare",
    "NoShow",
    "Rates",
    "RideTimes",
    "Rides",
    "Route",
    "Standing",
    "StraightLine",
    "Supplement",
    "SurgePlan",
    "Waiting",
    "Window",
    "kathmandu",
    "kathmandu_bike",
    "ride",
]
