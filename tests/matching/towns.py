"""Small towns to dispatch in, and the two dispatchers to try on each."""

from hypothesis import strategies as st

from marketplace.matching.batched import Batched
from marketplace.matching.problem import Dispatcher, Spot
from marketplace.matching.radius import RadiusRounds

# A tenth of a degree of latitude is 11 km: streets of about 110 m.
_DEGREES = st.integers(0, 40).map(lambda n: 27.7 + n / 1000)


@st.composite
def spots(draw: st.DrawFn, prefix: str, most: int = 8) -> list[Spot]:
    places = draw(st.lists(st.tuples(_DEGREES, _DEGREES), max_size=most))
    return [Spot(f"{prefix}{n}", lat, lon) for n, (lat, lon) in enumerate(places)]


dispatchers: st.SearchStrategy[Dispatcher] = st.one_of(
    st.builds(
        Batched,
        radius_m=st.sampled_from([0, 500, 2_000, 10_000]),
        k_nearest=st.none() | st.integers(1, 4),
        price_of_unserved=st.none() | st.integers(0, 5_000),
    ),
    st.builds(
        RadiusRounds,
        steps_m=st.sampled_from([(800,), (300, 1_500), (0, 1_000, 6_000)]),
        batch_size=st.integers(1, 3),
        rounds=st.integers(1, 2),
    ),
)


def asked(requests: list[Spot], providers: list[Spot]) -> st.SearchStrategy[set[tuple[str, str]]]:
    """Some of the pairs there are, as asked in earlier rounds."""
    pairs = [(r.id, p.id) for r in requests for p in providers]
    return st.sets(st.sampled_from(pairs), max_size=6) if pairs else st.just(set())
