"""The layouts of New York's taxi records that are known: which column says what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen


@frozen
class Layout:
    """A kind of file: our word for each thing to the column's name in lower case."""

    name: str
    named: Mapping[str, str]
    """Columns that are read; a file without one of them is not of this layout."""
    optional: frozenset[str] = field(factory=frozenset)
    """Columns that may be there and are not read, or only if they are (``trip_id``)."""

    def columns(self) -> list[str]:
        """The names of the columns that must be there."""
        return list(self.named.values())

    def column(self, word: str) -> str:
        """The column that says this."""
        return self.named[word]

    def fits(self, columns: Sequence[str]) -> bool:
        """Whether a header has all that is needed, each once, and nothing that is unknown."""
        have = set(columns)
        needed = set(self.columns())
        return len(have) == len(columns) and needed <= have <= needed | self.optional


_BOTH = {
    "passengers": "passenger_count",
    "miles": "trip_distance",
    "pickup_lon": "pickup_longitude",
    "pickup_lat": "pickup_latitude",
    "rate_code": "ratecodeid",
    "dropoff_lon": "dropoff_longitude",
    "dropoff_lat": "dropoff_latitude",
    "payment": "payment_type",
    "fare": "fare_amount",
    "extra": "extra",
    "tax": "mta_tax",
    "tip": "tip_amount",
    "tolls": "tolls_amount",
    "total": "total_amount",
}
_MAY = {"trip_id", "vendorid", "store_and_fwd_flag", "improvement_surcharge"}

YELLOW_2015 = Layout(
    "yellow 2015",
    {"pickup_at": "tpep_pickup_datetime", "dropoff_at": "tpep_dropoff_datetime", **_BOTH},
    frozenset(_MAY),
)
GREEN_2013 = Layout(
    "green 2013",
    {"pickup_at": "lpep_pickup_datetime", "dropoff_at": "lpep_dropoff_datetime", **_BOTH},
    frozenset({*_MAY, "ehail_fee", "trip_type"}),
)
LAYOUTS = (YELLOW_2015, GREEN_2013)
