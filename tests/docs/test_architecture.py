"""The page about the floors names what there is, and nothing that is gone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/marketplace"
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w/]+(?:\.py|/)?)`", PAGE))


def rooms(floor: str) -> list[str]:
    """The modules and folders of a floor."""
    found = (SOURCE / floor).iterdir()
    folders_and_modules = (one for one in found if one.suffix == ".py" or one.is_dir())
    return sorted(one.name for one in folders_and_modules if one.name[:2] != "__")


def is_named(floor: str, room: str) -> bool:
    """Whether the page names a room, by itself or with its floor."""
    return bool({room, f"{room}/", f"{floor}/{room}", f"{floor}/{room}/"} & NAMED)


@pytest.mark.parametrize("floor", ["app", "plugins", "testing"])
def test_every_room_is_on_the_page(floor: str) -> None:
    """Whoever opens a folder finds each of its modules told of on the page."""
    assert [one for one in rooms(floor) if not is_named(floor, one)] == []
    assert not is_named(floor, "of_nothing.py")


def test_the_page_names_nothing_that_is_gone() -> None:
    """Each module that the page names is there."""
    modules = [one for one in NAMED if one.endswith(".py")]
    assert len(modules) > 100
    gone = [one for one in modules if not list(SOURCE.rglob(one)) and not (ROOT / one).exists()]
    assert gone == []
