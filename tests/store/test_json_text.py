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
from marketplace.errors import InvalidInput
from marketplace.store import codec, json_text
from marketplace.store.json_text import fields_of, several_to_json, to_json
from marketplace.store.kinds import KINDS


def items(count: int) -> tuple[Numbered, ...]:
    """So many items of a basket."""
    return tuple(Numbered(number, Item(f"li_{number}")) for number in range(count))


def test_what_was_written_is_written_so_again() -> None:
    """Law: several values that were written, or read, are the same text again, and are not looked
    through anew; a tuple that equals them is written by itself."""
    line = Line("fare", Money(1, "NPR"), "customer", "provider", "flat", "test")
    text = to_json((line,))
    read = codec._reader(Sequence[Line])(text)
    assert json_text._texts[id(read)] == (read, text)
    assert several_to_json(read) is text
    made = items(2)
    written = several_to_json(made)
    assert written == to_json(made)
    assert several_to_json(made) is written
    assert several_to_json(items(2)) is not written


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
        assert len(json_text._texts) <= 5
    assert some[-1] is json_text._texts[id(some[-1])][0]
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
