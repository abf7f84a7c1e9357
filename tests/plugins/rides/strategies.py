"""Generated fares and rides, wide enough to meet every rule."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from marketplace.plugins.rides.fare import (
    FIFTH_MILE,
    KM,
    MILE,
    Band,
    ChangeCap,
    Fare,
    Supplement,
    Waiting,
    Window,
)
from marketplace.plugins.rides.regions import Ceiling
from marketplace.plugins.rides.ride import Changes, Ride, Surge, Toll
from marketplace.plugins.rides.route import Route

amounts = st.integers(0, 20_000)
shares = st.integers(0, 5_000)
_NEW_YEAR = datetime(2014, 1, 1, tzinfo=UTC)
instants = st.integers(0, 13 * 366 * 86_400).map(lambda s: _NEW_YEAR + timedelta(seconds=s))
routes = st.builds(Route, st.integers(0, 60_000), st.integers(0, 4 * 3600))
tolls = st.lists(st.builds(Toll, st.just("bridge"), amounts), max_size=3).map(tuple)
surges = st.builds(Surge, st.just("27/85"), instants, st.just(300), st.integers(10_000, 40_000))


@st.composite
def bands(draw: st.DrawFn) -> tuple[Band, ...]:
    """Bands whose ends rise, the last one open."""
    ends = sorted(draw(st.sets(st.integers(1, 50_000), max_size=3)))
    rate = st.integers(0, 9_000)
    unit = st.sampled_from([KM, MILE, FIFTH_MILE])
    return tuple(Band(draw(rate), end, draw(unit), draw(st.booleans())) for end in [*ends, None])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows of whole minutes, also those that pass midnight."""
    start, end = draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True))
    return Window(time(*divmod(start, 60)), time(*divmod(end, 60)))


@st.composite
def supplements(draw: st.DrawFn) -> tuple[Supplement, ...]:
    """Night, peak and taxes of every kind."""
    count = draw(st.integers(0, 3))
    return tuple(
        Supplement(
            f"extra_{number}",
            draw(amounts),
            draw(shares),
            draw(st.sampled_from(["ride", "price"])),
            draw(st.sampled_from(["provider", "operator", "tax"])),
            draw(st.none() | windows()),
            draw(st.sampled_from([(), (0, 1, 2, 3, 4), (5, 6)])),
            since=draw(st.none() | st.just(date(2015, 1, 1))),
        )
        for number in range(count)
    )


fares = st.builds(
    Fare,
    currency=st.sampled_from(["NPR", "USD", "JPY", "KWD"]),
    base=amounts,
    bands=bands(),
    per_minute=st.integers(0, 1_000),
    waiting=st.builds(Waiting, st.integers(0, 600), st.integers(0, 1_000)),
    per_stop=amounts,
    minimum=amounts,
    supplements=supplements(),
    zone=st.sampled_from(["Asia/Kathmandu", "America/New_York", "UTC"]),
    tolls_to=st.sampled_from(["provider", "operator"]),
    rounding=st.sampled_from([1, 5, 100, 1_000]),
    surge_cap_bps=st.integers(10_000, 30_000),
    change_cap=st.none()
    | st.builds(ChangeCap, shares, amounts, bearer=st.sampled_from(["provider", "operator"])),
)
rides = st.builds(
    Ride,
    instants,
    routes,
    stops=st.integers(0, 4),
    tolls=tolls,
    waited_s=st.integers(0, 3_600),
    surge=st.none() | surges,
)
changes = st.builds(
    Changes,
    tolls=st.none() | tolls,
    waited_s=st.none() | st.integers(0, 3_600),
    added_stops=st.integers(0, 3),
    route=st.none() | routes,
)
ceilings = st.none() | st.builds(Ceiling, amounts, st.integers(0, 9_000))
