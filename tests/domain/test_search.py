"""Searches as values: ranks, ratings, and words folded, so that the way of writing is no matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import InvalidInput, RankPart, RatingPart, Search
from marketplace.domain.search_words import folded_tag, looked_for, past, signature, words_of


def test_a_rank_goes_from_nothing_to_all() -> None:
    """Points rise evenly between the least and the most, and never beyond."""
    part = RankPart("photos", "photos", 100, 0, 10)
    assert [part.of(n) for n in (-5, 0, 1, 5, 10, 99)] == [0, 0, 10, 50, 100, 100]
    assert part.of(["a", "b"]) == 20
    assert (part.of(None), part.of("many")) == (0, 0)
    assert [RankPart("instant", "instant", 50).of(one) for one in (True, False)] == [50, 0]
    with pytest.raises(InvalidInput, match="above its least"):
        RankPart("x", "x", 1, 2, 2)


def test_few_reviews_say_little() -> None:
    """One bad review moves a rating less than many do; without any it is the middling one."""
    part = RatingPart(400)
    assert part.of(0, 0) == 300
    assert part.of(1, 100) == 250
    assert part.of(100, 10_000) == 14
    assert part.of(100, 50_000) > part.of(1, 500) > part.of(0, 0)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    """Words of words are the same words: what is stored compares with what is asked."""
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert all(word and " " not in word and "#" not in word for word in words)


@given(st.text(max_size=40))
def test_a_listing_is_found_by_its_own_title(text: str) -> None:
    """Whoever types what stands there finds it: each word looked for begins one that is there."""
    words = words_of(text)
    if 0 < len(set(words)) <= 16:
        assert all(any(said.startswith(word) for said in words) for word in looked_for(text))
        for word in words:
            assert word <= word + "x" < past(word)


def test_look_alikes_are_folded() -> None:
    """A name written with signs of another script to pass for another is the same word; a word
    wholly of that script is itself."""
    assert words_of("\u0410irbnb") == words_of("Airbnb") == ["airbnb"]
    assert words_of("air\u200bbnb \u202eairbnb") == ["airbnb", "airbnb"]
    assert words_of("\u041c\u043e\u0441\u043a\u0432\u0430") == [
        "\u043c\u043e\u0441\u043a\u0432\u0430"
    ]
    assert folded_tag("Hot  Tub!") == "hot_tub"


def test_a_signature_holds_its_tags() -> None:
    """All of some tags are in the signature of more; it fits into a database's number."""
    tags = [f"tag{number}" for number in range(200)]
    assert 0 < signature(tags) < 2**62
    for tag in tags:
        assert signature([tag]) & ~signature(tags) == 0


def test_equal_searches_are_equal() -> None:
    """The order and the writing of tags makes no difference between two searches."""
    one = Search("homes", tags=("Pool", "WIFI"))
    assert one == Search("homes", tags=("wifi", "pool", "pool"))
