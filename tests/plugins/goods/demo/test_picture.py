"""The picture of a trade: whatever it shows, it is a picture."""

from datetime import date, timedelta
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.goods.demo.picture import Scene, Spot, marks, picture

amounts = st.integers(0, 10**12)
spots = st.builds(Spot, st.floats(-60, 60), st.floats(-170, 170), st.integers(1, 10_000))


@given(
    sold=st.lists(amounts, max_size=30),
    weeks=st.lists(amounts, max_size=80),
    states=st.lists(st.tuples(st.text(max_size=8), st.integers(1, 9_999)), max_size=9),
    customers=st.lists(spots, max_size=20),
    title=st.text(max_size=20),
)
def test_any_scene_is_drawn(
    sold: list[int],
    weeks: list[int],
    states: list[tuple[str, int]],
    customers: list[Spot],
    title: str,
) -> None:
    """Nothing sold, one seller, any text: one well-formed drawing, the same each time."""
    first = date(2018, 1, 1)
    scene = Scene(
        title=title,
        subtitle="of nothing",
        weeks=[(first + timedelta(days=7 * n), amount) for n, amount in enumerate(weeks)],
        money={one: str(one) for one in marks(max(weeks, default=0))},
        sold=sold,
        states=states,
        customers=customers,
        names=(("a town", 1.0, 2.0),),
    )
    drawn = picture(scene)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "nan" not in drawn.replace(title, "")
    assert drawn == picture(scene)


@given(st.integers(1, 10**15))
def test_marks_are_round_and_below_the_highest(most: int) -> None:
    """Two or three of them, each with one digit that is not a nought, but for halves."""
    found = marks(most)
    assert found
    assert len(found) <= 3
    assert all(0 <= one <= most for one in found)
    assert found == sorted(found)
    assert all(len(str(one).rstrip("0")) <= 1 for one in found)
