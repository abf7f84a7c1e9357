"""The day's picture: well-formed, the same each time, legible, and it tells the truth."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from xml.etree import ElementTree

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import InvalidInput, Place
from marketplace.demo.svg import INK, PANEL, PAPER, SOFT, plain, width_of
from marketplace.plugins.rides.captions import ENGLISH, NEPALI
from marketplace.plugins.rides.charts import slots
from marketplace.plugins.rides.city import RIVERS, ROADS, SPOTS, spot
from marketplace.plugins.rides.demand import morning
from marketplace.plugins.rides.picture import HEIGHT, WIDTH, RideMark, Scene, picture
from marketplace.plugins.rides.scene import COLOURS
from marketplace.plugins.rides.sketch import MOST_DRAWN, framed

SVG = "{http://www.w3.org/2000/svg}"
EIGHT = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)  # 08:00 in Kathmandu


def day(riders: int = 120) -> Scene:
    """A morning of simulated riders; every seventh finds no driver, the others wait 0 to 16 min."""
    made = morning(Random(7), date(2026, 3, 2), riders, 20)
    shifts = made.shifts
    marks = [
        RideMark(w.asked_at, w.pickup)
        if w.rider % 7 == 0
        else RideMark(w.asked_at, w.pickup, shifts[w.rider % 20].start, w.rider * 37 % 1000)
        for w in made.wishes
    ]
    starts = [shift.start for shift in shifts]
    return Scene("A morning", "in Kathmandu", marks, starts, "Asia/Kathmandu", ROADS, RIVERS, SPOTS)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_picture_is_well_formed_and_stands_alone() -> None:
    """It is XML of the size it says, has a title and a description, and fetches nothing."""
    svg = picture(day())
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    assert "120 riders asked" in (root[1].text or "")
    assert not re.search(r"href|<script|<style|<image|@import|url\((?!#)", svg)
    assert svg.count("http") == 1


@pytest.mark.invariant(56)
def test_the_same_scene_gives_the_same_picture() -> None:
    """The same scene gives the same text, letter by letter; another scene another text."""
    assert picture(day()) == picture(day())
    assert picture(day()) != picture(day(121))


def test_every_rider_is_drawn_once() -> None:
    """Found riders are dots in the colour of their wait, the others crosses; none is lost."""
    scene = day()
    svg = picture(scene)
    frame = framed(scene, 28, 96, 832, 640)
    inside = [mark for mark in scene.marks if frame.holds(frame.at(mark.pickup))]
    paths = [node.attrib for node in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    for shade, colour in enumerate(COLOURS):
        held = sum(m.wait_s is not None and scene.shade(m.wait_s) == shade for m in inside)
        on_map = [
            path["d"].count("M")
            for path in paths
            if path.get("stroke") == colour and path.get("stroke-width") == "6"
        ]
        assert held in on_map
    lost = sum(not mark.matched for mark in inside)
    strokes = [path["d"].count("M") for path in paths if path.get("stroke") == "#111111"]
    assert 2 * lost in strokes


def test_the_numbers_are_those_of_the_scene() -> None:
    """Riders, share, median and ninth tenth beside the map are those of the marks."""
    waits = [60 * minutes for minutes in range(1, 11)]
    marks = [RideMark(EIGHT, spot("Thamel").place, spot("Asan").place, wait) for wait in waits]
    lost = [RideMark(EIGHT, spot("Thamel").place)] * 10
    said = texts(picture(Scene("t", "s", [*marks, *lost])))
    assert {"20", "50 %", "5.5 min", "10 min", "0.8 km"} <= set(said)
    assert {"median: 5.5 min", "9 in 10: 10 min"} <= set(said)


@pytest.mark.behaviour("T6")
def test_a_picture_in_nepali() -> None:
    """In Nepali the captions, places and numbers are Nepali, and no Latin digit is left."""
    said = texts(picture(evolve(day(), language="ne", title="बिहान", subtitle="काठमाडौँ")))
    assert {"ठमेल", "१२०", "कि.मि."} & set(said) == {"ठमेल", "१२०"}
    assert not [text for text in said if re.search(r"[0-9A-Za-z]", text)]
    assert ENGLISH.keys() == NEPALI.keys()


@pytest.mark.attack(66)
def test_words_are_never_markup() -> None:
    """Titles and places with markup, quotes and control characters are shown as text."""
    nasty = '<script>alert(1)</script> & "x" \x00\x08 ]]> \ud800'
    svg = picture(Scene(nasty, nasty, [RideMark(EIGHT, Place(27.7, 85.3, nasty))], source=nasty))
    assert "<script" not in svg
    assert any("<script>alert(1)</script>" in text for text in texts(svg))
    assert plain("\x00<&>\"'") == "&lt;&amp;&gt;&quot;&#x27;"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_apart_by_lightness_alone() -> None:
    """Each longer wait is darker; dots stand 3 to 1 on the map, small text 4.5 to 1 on paper."""
    lights = [luminance(colour) for colour in COLOURS]
    assert lights == sorted(lights, reverse=True)
    assert all(a / b > 1.25 for a, b in pairwise(lights))
    assert all(contrast(colour, PANEL) >= 3 for colour in COLOURS)
    assert min(contrast(INK, PAPER), contrast(SOFT, PAPER)) >= 4.5


Box = tuple[float, float, float, float]


def boxes(svg: str) -> list[Box]:
    """Where each text lies, by the width that its letters are reckoned at."""
    found = []
    for node in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        size, x, y = (float(node.attrib[name]) for name in ("font-size", "x", "y"))
        wide = width_of(node.text or "", int(size))
        anchor = node.get("text-anchor", "start")
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        found.append((left, y - size * 0.8, left + wide, y + size * 0.2))
    return found


def overlapping(found: Sequence[Box]) -> int:
    return sum(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for i, a in enumerate(found)
        for b in found[:i]
    )


@pytest.mark.parametrize("language", ["en", "ne"])
def test_words_do_not_overlap_and_stay_inside(language: str) -> None:
    """No two texts lie on top of each other, none leaves the picture, none is under 12 pixels."""
    svg = picture(evolve(day(600), language=language))
    found = boxes(svg)
    assert len(found) > 80
    assert overlapping(found) == 0
    assert all(a >= 0 and b >= 0 and c <= WIDTH + 4 and d <= HEIGHT for a, b, c, d in found)
    assert min(int(size) for size in re.findall(r'font-size="(\d+)"', svg)) >= 12


def test_labels_that_would_overlap_are_found() -> None:
    """The check above sees two labels on one another: without a way to evade they would be."""
    assert overlapping([(0, 0, 10, 10), (5, 5, 15, 15)]) == 1
    crowd = tuple(evolve(one, lat=27.7, lon=85.3) for one in SPOTS)
    svg = picture(evolve(day(), spots=crowd))
    named = {one.name for one in SPOTS} & set(texts(svg))
    assert 1 <= len(named) <= 4


def test_a_crowd_is_thinned_and_says_so() -> None:
    """Past three thousand riders one in so many is drawn; numbers and charts count them all."""
    few = day(1_000)
    crowd = evolve(few, marks=list(few.marks) * 7)
    said = texts(picture(crowd))
    assert "7,000" in said
    assert f"Drawn is one rider in {-(-7_000 // MOST_DRAWN)}; all are counted." in said
    assert not [text for text in texts(picture(few)) if text.startswith("Drawn")]
    assert len(picture(crowd)) < 400_000


def test_what_lies_outside_is_counted() -> None:
    """Riders beyond the frame are not drawn, and their number is told."""
    far = [RideMark(EIGHT, Place(28.2, 84.0), None, 60)]
    said = texts(picture(evolve(day(200), marks=[*day(200).marks, *far])))
    assert "outside the map" in " ".join(said)


@pytest.mark.parametrize(
    ("minutes", "slot"), [(30, 5), (119, 5), (130, 15), (11 * 60, 15), (40 * 60, 60)]
)
def test_slots_fit_the_stretch_of_time(minutes: int, slot: int) -> None:
    """Five minutes for an hour or two, a quarter of an hour for a day, an hour beyond."""
    ends = [EIGHT, EIGHT + timedelta(minutes=minutes)]
    cut = slots(Scene("t", "s", [RideMark(at, Place(0, 0)) for at in ends]))
    assert cut.minutes == slot
    assert 0 <= cut.slot(ends[0]) < cut.slot(ends[1]) < cut.count


marks = st.builds(
    RideMark,
    st.integers(0, 10**6).map(lambda s: EIGHT + timedelta(seconds=s)),
    st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    st.none() | st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    st.none() | st.integers(0, 10**7),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(marks, max_size=12), st.sampled_from(["en", "ne", "xx"]))
def test_any_scene_gives_a_picture(riders: list[RideMark], language: str) -> None:
    """No riders, one, riders in one spot or at the poles: always a well-formed picture."""
    svg = picture(Scene("t", "s", riders, language=language, zone="Asia/Kathmandu"))
    assert "nan" not in svg
    assert "inf" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.attack(20)
@pytest.mark.parametrize("bad", [-1, 1.5, True, "9"])
def test_a_wait_is_whole_seconds(bad: int) -> None:
    """A negative, fractional or textual wait is refused, and so are breaks that do not rise."""
    with pytest.raises(InvalidInput):
        RideMark(EIGHT, Place(0, 0), None, bad)
    for breaks in ((1, 2, 3), (3, 2, 1, 4), (0, 1, 2, 3), (1, 1, 2, 3)):
        with pytest.raises(InvalidInput):
            Scene("t", "s", [], breaks_min=breaks)
