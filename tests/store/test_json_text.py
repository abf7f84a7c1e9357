"""Texts that are remembered are those that would be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_origin

import attrs
import pytest

from marketplace.domain.item import Item, Numbered
from marketplace.domain.money import Money
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput, SetupError
from marketplace.store import codec, json_text
from marketplace.store.json_text import fields_of, several_to_json, to_json
from marketplace.store.kinds import KINDS


def items(count: int) -> tuple[Numbered, ...]:
    """So many items of a basket."""
    return tuple(Numbered(number, Item(f"li_{number}")) for number in range(count))


def line(**inputs: Any) -> Line:
    """A line of a price."""
    return Line("fare", Money(1, "NPR"), "customer", "provider", "flat", "test", inputs)


def read(text: str) -> Any:
    """The lines that a text is of."""
    return codec._reader(Sequence[Line])(text)


def test_what_was_written_is_written_so_again() -> None:
    """Law: several values that were written, or read, are the same text again, and are not looked
    through anew; a tuple that equals them is written by itself."""
    text = to_json((line(),))
    found = read(text)
    assert several_to_json(found) is text
    made = items(2)
    written = several_to_json(made)
    assert written == to_json(made)
    assert several_to_json(made) is written
    assert several_to_json(items(2)) is not written


def test_what_was_read_is_read_so_again() -> None:
    """Law: the very text that several values were read from is them again; one that equals it is
    read by itself, and so is each by whoever reads another class of it."""
    text = to_json((line(),))
    found = read(text)
    assert read(text) is found
    same = text.encode().decode()
    assert same is not text
    assert read(same) == found
    assert read(same) is not found
    with pytest.raises(SetupError):
        codec._reader(Sequence[Reason])(text)


def test_what_was_changed_inside_is_read_anew() -> None:
    """Law: what somebody changed in values that were read is in no value that is read later."""
    text = to_json((line(metres=1),))
    found = read(text)
    found[0].inputs["metres"] = 2
    assert read(text)[0].inputs == {"metres": 1}
    assert read(text) is read(text)


def test_what_was_written_is_read_as_any_text() -> None:
    """Law: a list in what is read is a list, though it was written as a tuple."""
    text = several_to_json((line(rates=(1, 2)),))
    assert repr(read(text)) == repr((line(rates=[1, 2]),))


@pytest.mark.parametrize("wrong", [Reason("\ud800"), Numbered(2**63, Item("li_1"))])
def test_what_is_refused_is_not_remembered(wrong: Any) -> None:
    """Law: what would not come back is refused each time."""
    several = (wrong,)
    for _ in range(2):
        with pytest.raises(InvalidInput):
            several_to_json(several)
    assert id(several) not in json_text._texts


def test_a_list_may_change() -> None:
    """Law: only what nobody can add to is remembered."""
    several = list(items(1))
    assert several_to_json(several).count("listing_id") == 1
    several += items(1)
    assert several_to_json(several).count("listing_id") == 2


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: no more texts are remembered than there is room for, and none that is long."""
    monkeypatch.setattr(json_text, "MOST_TEXTS", 5)
    some = [items(1) for _ in range(20)]
    for one in some:
        several_to_json(one)
        read(to_json((line(), line())))
        assert max(len(json_text._texts), len(json_text._values)) <= 5
    assert several_to_json(some[-1]) is several_to_json(some[-1])
    long = items(1_000)
    assert len(several_to_json(long)) > json_text.LONGEST_TEXT
    assert id(long) not in json_text._texts


def frozen_inside(kind: Any) -> bool:
    """Whether no field of a class, nor of those in it, can be set."""
    inside = [typed for one in fields_of(kind) for typed in (one.type, *get_args(one.type))]
    return kind.__setattr__ is not object.__setattr__ and all(
        frozen_inside(one) for one in inside if attrs.has(one)
    )


def test_what_is_remembered_cannot_be_changed() -> None:
    """Law: classes of which a column holds several are frozen, and so are those in them."""
    several = {
        get_args(one.type)[0]
        for kind in KINDS
        for one in fields_of(kind.cls)
        if get_origin(one.type) is Sequence and attrs.has(get_args(one.type)[0])
    }
    assert Line in several
    assert [one for one in several if not frozen_inside(one)] == []
