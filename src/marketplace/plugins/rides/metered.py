"""Rides by the taximeter: the price is what the meter shows, estimated first, read at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from marketplace import (
    Line,
    Money,
    PolicyQuestion,
    PricingQuestion,
    Proposal,
    Reason,
    Request,
    hookimpl,
)
from marketplace.plugins.rides import pricing
from marketplace.plugins.rides.bill import PLUGIN
from marketplace.plugins.rides.meter import Meter, MeteredTrip, metered, nyc_2012
from marketplace.plugins.rides.plugin import Rides
from marketplace.plugins.rides.vertical import NAME

METRES_A_MILE = 1_609_344
"""Thousandths of a metre."""

Estimate = Callable[[Request, datetime], MeteredTrip]
"""What the meter will probably show for a request, at a moment."""


@define(eq=False, kw_only=True)
class MeteredRides(Rides):
    """Rides whose fare is a taximeter's; ``fare`` gives the rest: currency, cancellation, zone."""

    meter: Meter = field(factory=nyc_2012)
    estimate: Estimate

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | Sequence[Line] | None:
        """The meter as estimated, and as it reads in the end; cancellations as for any ride."""
        if question.vertical != NAME or question.request is None:
            return None
        if question.occasion == "quote":
            return metered(self.meter, self.estimate(question.request, question.at))
        if question.occasion == "finish":
            return self._read(question)
        return pricing.ended(question)

    def _read(self, question: PricingQuestion) -> Proposal | None:
        terms = question.terms
        if terms is None or "meter" not in terms.policies:
            return None
        before = thawed(terms.policies["meter"])
        after, reasons = before, []
        asks = question.asks
        if "metres" in asks and "seconds" in asks:
            after = evolve(
                after,
                hundredth_miles=hundredth_miles(int(asks["metres"])),
                seconds=int(asks["seconds"]),
            )
        tolls = asks.get("tolls")
        if isinstance(tolls, Money) and tolls.amount != before.tolls:
            after = evolve(after, tolls=tolls.amount)
            sums = {
                name: {"amount": amount, "currency": tolls.currency}
                for name, amount in (("quoted", before.tolls), ("paid", tolls.amount))
            }
            reasons.append(Reason("ride_toll", sums, PLUGIN))
        kept = [line for line in terms.lines if line.payee in pricing.BY_HAND]
        return Proposal((*metered(self.meter, after), *kept), tuple(reasons))

    @hookimpl
    def propose_policies(self, question: PolicyQuestion) -> Mapping[str, Any] | None:
        """Freeze what the meter was estimated to show, beside what any ride freezes."""
        frozen = super().propose_policies(question)
        if frozen is None or question.request is None:
            return frozen
        return {**frozen, "meter": freeze(self.estimate(question.request, question.at))}


def hundredth_miles(metres: int) -> int:
    """Metres as a meter counts them: hundredths of a mile, to the nearest."""
    return (metres * 100_000 + METRES_A_MILE // 2) // METRES_A_MILE


def freeze(trip: MeteredTrip) -> dict[str, Any]:
    """A trip as plain JSON."""
    return {
        "hundredth_miles": trip.hundredth_miles,
        "seconds": trip.seconds,
        "pickup_local": trip.pickup_local.isoformat(),
        "rate_code": trip.rate_code,
        "tolls": trip.tolls,
        "agreed": trip.agreed,
        "beyond_line": trip.beyond_line,
        "beyond_line_s": trip.beyond_line_s,
    }


def thawed(data: Mapping[str, Any]) -> MeteredTrip:
    """The trip again."""
    return MeteredTrip(**{**data, "pickup_local": datetime.fromisoformat(data["pickup_local"])})
