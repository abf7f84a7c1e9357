"""Hashes: the same value the same hash everywhere, and a chain that breaks where it was touched."""

import hashlib
import json
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, Money, Reason, digest, plain
from marketplace.domain.event import Command
from marketplace.domain.hashing import MAX_DEPTH, chained, weigh
from marketplace.domain.quote import Line
from marketplace.domain.transaction import Terms

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Colour(StrEnum):
    """Text that is a choice."""

    RED = "red"


class Size(IntEnum):
    """A number that is one."""

    BIG = 3


class Mood(Enum):
    """Neither: it has no canonical form."""

    GOOD = "good"


class Loud(str):
    """Text that says more than it is."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


@attrs.frozen
class Odd:
    """Fields of the names that code is made of."""

    value: Any
    type: Any
    text: Any = None
    x0: Any = "\u2028"


TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=["Cs"]))
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    TEXT,
    st.sampled_from(["\x00\x1f\x7f", "\u2028\u2029", "\U0001f600", '"\\/', Loud("ab")]),
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/Paris"), None])),
    st.timedeltas(),
    st.sampled_from([Colour.RED, Size.BIG, Money(-1, "NPR"), frozenset({2, 1, 3})]),
)
KEYS = st.one_of(TEXT, st.sampled_from([Colour.RED, Loud("ab")]))
ANY = st.recursive(
    PLAIN,
    lambda inside: st.one_of(
        st.lists(inside),
        st.lists(inside).map(tuple),
        st.dictionaries(KEYS, inside),
        st.dictionaries(st.one_of(st.integers(), st.booleans(), st.none(), TEXT), inside),
        st.dictionaries(TEXT, inside).map(MappingProxyType),
        st.dictionaries(TEXT, inside).map(OrderedDict),
        st.builds(Odd, inside, inside, inside),
        st.builds(Reason, TEXT, st.dictionaries(TEXT, inside)),
    ),
    max_leaves=20,
)


def by_json(value: Any) -> str:
    """The digest by way of plain values and Python's own JSON."""
    said = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.invariant(53)
@given(ANY)
def test_a_digest_is_that_of_the_plain_value_s_json(value: Any) -> None:
    """Law: what is hashed are the very bytes of the plain value's canonical JSON, whatever is in
    it: hashes that were stored hold for ever."""
    assert digest(value) == by_json(value)


def test_digests_are_as_they_were_stored() -> None:
    """Law: the hash of terms and of a command is the one that the first version stored."""
    inputs = {"unit": 500, "more": {"z": [True, None, 1.5], "é": "\x7f\u2028"}}
    line = Line("fare", Money(2**60, "NPR"), "customer", "provider", "flat", "goods", inputs)
    terms = Terms("tx_1", 1, "agreed", (line,), {"b": 1, "a": ""}, "order", "v1", NOON, "")
    assert terms.hash == "766dff1d5cacef99fb65f5ad677c2c94058de61c106ff29ee7d9d7100fa841b7"
    command = Command("co_1", "offers.accept", "pa_1", None, "k", "body", NOON, "done", "of_1")
    assert command.hash == "e3785c63b9b81db3cf8d3f46b3f891e6eb1a0704ac7461402f89aaeb6381dfec"
    told = attrs.evolve(command, answer='{"a":1}', previous_hash="before", told_hash="told")
    assert told.hash == "5e159544a596134e4da0a62a65a3d746cf16195dfe668b7613402b4791ab153c"
    assert digest(told.rest) == "2fb0a2c9297067664f8e9bbf6d46ca18227fb974d9bbaf7a09f737d151adde54"


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"], ids=["high", "low"])
def test_a_lone_surrogate_has_no_bytes(text: str) -> None:
    """Law: text that is no Unicode is refused wherever it stands, as a value and as a key."""
    for wrong in (text, [text], Reason(text), {text: 1}, {"a": {text: text}}, {1: text}):
        with pytest.raises(UnicodeEncodeError):
            digest(wrong)


@given(st.lists(st.one_of(TEXT, st.integers(), st.binary()), max_size=5), st.integers(0, 60))
def test_a_value_weighs_what_is_in_it(flat: list[Any], deep: int) -> None:
    """Law: eight for each value and key, one for each character, however deep; and one more than
    that is refused."""
    value: Any = {"key": flat, "reason": Reason("code")}
    weight = 8 * (5 + len(flat) + 3) + len("keyreasoncode")
    weight += sum(len(one) for one in flat if not isinstance(one, int))
    for _ in range(deep):
        value, weight = (value,), weight + 8
    assert weigh(value, weight) == weight
    with pytest.raises(InvalidInput, match="size"):
        weigh(value, weight - 1)


def test_what_is_too_deep_is_not_weighed() -> None:
    """Law: what is within the bound of nesting is weighed, one step more is refused, also what
    holds itself."""
    value: Any = "leaf"
    for _ in range(MAX_DEPTH):
        value = [value]
    assert weigh(value, 10_000) == 8 * MAX_DEPTH + 8 + len("leaf")
    ring: list[Any] = []
    ring.append(ring)
    for wrong in ([value], {"a": [value]}, ring):
        with pytest.raises(InvalidInput, match="nested"):
            weigh(wrong, 10_000)


class Endless(list[Any]):
    """So much that nobody should look at all of it."""

    def __len__(self) -> int:
        return 10**9

    def __iter__(self) -> Any:
        raise AssertionError("it was looked at")


@pytest.mark.parametrize("around", [Endless(), [Endless()], Reason("code", {"a": Endless()})])
def test_what_is_too_large_is_not_looked_at(around: Any) -> None:
    """Law: a value is refused by how many there are in it, before any of them is looked at."""
    with pytest.raises(InvalidInput, match="size"):
        weigh(around, 2_000_000)


def test_equal_values_have_equal_digests_whatever_the_order_of_their_keys() -> None:
    """Law: the canonical form forgets the order of a mapping and the zone of a time."""
    assert digest({"a": 1, "b": [Money(1, "NPR")]}) == digest({"b": [Money(1, "NPR")], "a": 1})
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert digest(noon) == digest(there)
    assert digest({"a": 1}) != digest({"a": "1"})


@pytest.mark.invariant(53)
def test_a_chain_breaks_at_the_link_that_was_touched() -> None:
    """Law: every link's hash depends on all links before it."""
    links = [Reason("one", {"n": 1}), Reason("two"), Reason("three")]

    def hashes(values: list[Reason]) -> list[str]:
        result = [""]
        for value in values:
            result.append(chained(result[-1], value))
        return result[1:]

    whole = hashes(links)
    touched = hashes([links[0], Reason("two", {"changed": True}), links[2]])
    assert whole[0] == touched[0]
    assert whole[1] != touched[1]
    assert whole[2] != touched[2]


def test_what_has_no_canonical_form_is_refused() -> None:
    """Law: nothing is hashed by its address or its repr."""
    for wrong in (object(), Mood.GOOD):
        with pytest.raises(TypeError, match="no canonical form"):
            plain(wrong)
        for around in (wrong, [wrong], {"a": {"b": wrong}}, Reason("code", {"a": wrong})):
            with pytest.raises(TypeError, match="no canonical form"):
                digest(around)
