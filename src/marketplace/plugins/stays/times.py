"""How long each part of a stay may last, as an operator says."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from marketplace import DAY, HOUR, MINUTE


@frozen
class StayTimes:
    """How long each part of a stay may last before the clock moves it on."""

    bank: timedelta = 30 * MINUTE
    """For the guest to answer a bank, while the nights are kept."""
    answer: timedelta = DAY
    """For the host to say yes or no."""
    capture: timedelta = DAY
    """For the guest to pay in another way, once the host said yes and the bank no."""
    secure: timedelta = 2 * DAY
    """So long before check-in the money is held of a stay that was booked far ahead."""
    unsecured: timedelta = 12 * HOUR
    """For the guest to pay in another way, when the bank held nothing."""
    door: timedelta = 6 * HOUR
    """For a guest who is there and whose payment failed; then the nights are free."""
    late: timedelta = 6 * HOUR
    """After check-in time a host may say that nobody came."""
    pay_host: timedelta = DAY
    """After check-in the host is paid, and after it nobody is expected any more."""
    short: timedelta = DAY
    """For what an alteration costs more."""
    rest: timedelta = 30 * DAY
    """So long before check-in the second instalment is due."""
    rest_short: timedelta = 3 * DAY
    """For a second instalment that failed."""
    month_short: timedelta = 7 * DAY
    """For a month that was not paid."""
    dues: timedelta = 7 * DAY
    """For a fee that could not be taken, until it is the guest's debt."""


USUAL = StayTimes()
