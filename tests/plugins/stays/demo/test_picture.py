"""The picture of a season: a pure function from rows of nights to one SVG."""

from datetime import date
from random import Random
from xml.etree import ElementTree

from attrs import evolve

from marketplace import Place
from marketplace.plugins.stays.demo.map import chart
from marketplace.plugins.stays.demo.nights import ELSEWHERE, FILE, GIVEN_UP, OWN, Cell, Row
from marketplace.plugins.stays.demo.picture import MOST_ROWS, Scene, picture
from marketplace.plugins.stays.demo.season import Deck

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 9, 20)


def row(*cells: Cell, title: str = "A home", units: int = 1) -> Row:
    """A home with these nights."""
    return Row(title, units, Place(28.2, 83.95), cells)


def said(scene: Scene) -> list[str]:
    """Every text of the picture."""
    return [str(one.text) for one in ElementTree.fromstring(picture(scene)).iter(f"{SVG}text")]


def test_no_homes_are_said_to_be_none() -> None:
    """A season without homes is a picture that says so."""
    assert "no homes, so no nights to show" in said(Scene("Nothing", "", FIRST, []))


def test_the_legend_tells_what_there_is() -> None:
    """Each kind of night that occurs is explained, and none that does not."""
    plain = said(Scene("T", "", FIRST, [row(Cell(), Cell(sold=1))]))
    kinds = {
        "kept back by the host": Cell(blocked=1, why=OWN),
        "sold elsewhere, says its calendar": Cell(blocked=1, why=ELSEWHERE),
        "the host called a guest off": Cell(blocked=1, why=GIVEN_UP),
        "not available, says the file": Cell(blocked=1, why=FILE),
        "needed to prepare": Cell(prepares=True),
    }
    for label, cell in kinds.items():
        assert label not in plain
        assert label in said(Scene("T", "", FIRST, [row(Cell(), cell)]))


def test_a_share_is_of_what_was_held_out() -> None:
    """Nights that were blocked could not be sold: two sold of three held out are 67 per cent."""
    cells = [Cell(sold=1), Cell(sold=1), Cell(), Cell(blocked=1, why=OWN)]
    assert "67 %" in said(Scene("T", "", FIRST, [row(*cells)]))
    assert "–" in said(Scene("T", "", FIRST, [row(Cell(blocked=1, why=OWN))]))


def test_titles_are_text_whatever_they_hold() -> None:
    """A title with markup in it is shown, not obeyed; one that is too long ends in dots."""
    scene = Scene("T", "", FIRST, [row(Cell(), title="<script>&"), row(Cell(), title="m" * 80)])
    shown = said(scene)
    assert "<script>&" in shown
    assert any(one.startswith("mmm") and one.endswith("…") for one in shown)


def test_of_very_many_homes_those_that_sold_most_are_drawn() -> None:
    """A city does not fit on a page: the busiest homes are drawn, the map shows all."""
    many = [row(Cell(sold=n % 2), title=f"h{n}") for n in range(2 * MOST_ROWS + 2)]
    scene = Scene("T", "", FIRST, many)
    drawn = [one for one in said(scene) if one.startswith("h")]
    assert len(drawn) == MOST_ROWS
    assert {int(one[1:]) % 2 for one in drawn} == {1}
    assert picture(scene).count("<circle") >= len(many)


def test_the_same_scene_is_the_same_text() -> None:
    """Nothing of a picture depends on when it is drawn, and another night changes it."""
    scene = Scene("T", "", FIRST, [row(Cell(), Cell(sold=1, begins=True))])
    assert picture(scene) == picture(scene)
    assert picture(scene) != picture(evolve(scene, rows=[row(Cell(), Cell())]))


def test_a_map_keeps_north_up_and_all_homes_inside() -> None:
    """Places lie on the panel, farther north higher up, also where there is only one."""
    places = [Place(28.20, 83.95), Place(28.25, 83.99)]
    plan = chart(places, 10, 20, 200, 100)
    (west, south), (east, north) = (plan.point(one) for one in places)
    assert west < east
    assert north < south
    assert all(plan.inside(*plan.point(one)) for one in places)
    alone = chart(places[:1], 0, 0, 200, 100)
    assert alone.point(places[0]) == (100, 50)


def test_a_deck_deals_each_card_in_its_share() -> None:
    """Of every deck each card comes exactly as often as it is in it."""
    deck = Deck(Random(1), comes=5, cancels=2, rare=1)
    for _ in range(3):
        hand = [deck.draw() for _ in range(8)]
        assert sorted(hand) == ["cancels"] * 2 + ["comes"] * 5 + ["rare"]
