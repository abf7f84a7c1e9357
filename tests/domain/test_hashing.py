"""Hashes: the same value the same hash everywhere, and a chain that breaks where it was touched."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from marketplace import Money, Reason, digest, plain
from marketplace.domain.hashing import chained


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
    with pytest.raises(TypeError, match="no canonical form"):
        plain(object())
