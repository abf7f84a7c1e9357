"""Input that is deep, huge or no text at all: a clear no in bounded time, and nothing written."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace import DAY, HOUR, InvalidInput, LimitExceeded, Span
from tests.support.bad_numbers import FULL_WIDTH
from tests.support.lessons import School
from tests.support.refusals import rows_of

SURROGATE = "\ud800"
BOUND = 10.0
"""Seconds that any of it may take, on a slow machine with two workers."""


def nested(depth: int, kind: str) -> Any:
    """A value so deep."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind == "mapping" else [value]
    return value


def circle() -> dict[str, Any]:
    """A value that holds itself."""
    value: dict[str, Any] = {}
    value["a"] = value
    return value


def deep(depth: int, kind: str) -> Callable[[], Any]:
    """What makes a value so deep."""
    return lambda: nested(depth, kind)


MONSTERS: dict[str, Callable[[], Any]] = {
    **{
        f"{kind} {depth} deep": deep(depth, kind)
        for depth in (65, 200, 500, 900, 10_000, 100_000)
        for kind in ("mapping", "list")
    },
    "a circle": circle,
    "ten megabytes": lambda: "x" * 10_000_000,
    "a million numbers": lambda: list(range(1_000_000)),
    "a lone surrogate": lambda: SURROGATE,
    "a key that is a lone surrogate": lambda: {SURROGATE: 1},
    "a key that is no text": lambda: {7: 1},
    "a set": lambda: {1, 2},
    "an object": object,
    "bytes": lambda: b"x",
    "not a number": lambda: float("nan"),
    "more than everything": lambda: float("inf"),
    "a number beyond 64 bits": lambda: 2**63,
    "a number of a thousand digits": lambda: 10**1_000,
}


@pytest.mark.attack(77)
@pytest.mark.invariant(36)
@pytest.mark.parametrize("monster", MONSTERS)
def test_monstrous_attributes_are_refused_in_bounded_time(
    small_school: School, monster: str
) -> None:
    """Attributes and fields of a row that are nested without end, huge, or no JSON at all are
    refused as bad input by every verb that takes any, soon, and leave no row behind."""
    market, tutor, ana = small_school.market, small_school.tutor, small_school.ana
    value, start = MONSTERS[monster](), small_school.now + 3 * DAY
    lesson = small_school.book(ana, start)
    attempts: dict[str, Callable[[], object]] = {
        "listing": lambda: market.listings.draft(
            "lessons", by=tutor, title="t", currency="EUR", attributes={"per_hour": 1, "x": value}
        ),
        "change": lambda: market.listings.change(
            small_school.listing.id, by=tutor, attributes={"per_hour": 1, "x": value}
        ),
        "request": lambda: market.requests.open(
            "lessons", by=ana, currency="EUR", start=start, attributes={"x": value}
        ),
        "row": lambda: market.transactions.take(
            lesson.id, "reschedule", by=ana, start=start, end=start + HOUR, note=value
        ),
        "party": lambda: market.parties.join("Monster", attributes={"x": value}),
    }
    for name, attempt in attempts.items():
        before, began = rows_of(market), time.monotonic()
        with pytest.raises((InvalidInput, LimitExceeded)):
            attempt()
        assert time.monotonic() - began < BOUND, name
        assert rows_of(market) == before, name


@pytest.mark.attack(77)
@pytest.mark.parametrize("text", [SURROGATE, "a" + SURROGATE, "x" * 10_000_001])
def test_monstrous_texts_are_refused(small_school: School, text: str) -> None:
    """A text that is no Unicode or that is huge is refused wherever somebody may write one."""
    market, tutor, ana = small_school.market, small_school.tutor, small_school.ana
    lesson = small_school.book(ana, small_school.now + 3 * DAY)
    attempts: list[Callable[[], object]] = [
        lambda: market.parties.join(text),
        lambda: market.listings.draft("lessons", by=tutor, title=text, currency="EUR"),
        lambda: market.messages.send(lesson.id, text, by=ana),
        lambda: market.disputes.open(lesson.id, by=ana, cause="late", text=text),
        lambda: market.disputes.open(lesson.id, by=ana, cause=text),
        lambda: market.parties.submit_document(text, by=ana),
        lambda: market.parties.suspend(ana.id, reason=text),
    ]
    before = rows_of(market)
    for attempt in attempts:
        with pytest.raises(InvalidInput):
            attempt()
    assert rows_of(market) == before


def spans(now: datetime) -> list[tuple[datetime | None, datetime | None]]:
    """Times between which nothing can be."""
    start = now + 3 * DAY
    naive = datetime(2026, 12, 1, 9)  # noqa: DTZ001
    return [
        (start, start),
        (start, start - timedelta(microseconds=1)),
        (start, start - DAY),
        (naive, naive + HOUR),
        (start, naive),
    ]


@pytest.mark.attack(20)
@pytest.mark.parametrize("number", range(5))
def test_no_span_is_empty_or_backwards(small_school: School, number: int) -> None:
    """An empty span, one that ends before it starts, and one without a time zone are refused when
    something is asked for, moved or kept back."""
    market, tutor, ana = small_school.market, small_school.tutor, small_school.ana
    lesson = small_school.book(ana, small_school.now + 3 * DAY)
    start, end = spans(small_school.now)[number]
    attempts: list[Callable[[], object]] = [
        lambda: market.requests.open(
            "lessons", by=ana, currency="EUR", listing=small_school.listing.id, start=start, end=end
        ),
        lambda: market.transactions.take(lesson.id, "reschedule", by=ana, start=start, end=end),
        lambda: market.listings.block_out(
            small_school.listing.id,
            Span(start, end),
            by=tutor,
            resource="calendar",  # type: ignore[arg-type]
        ),
    ]
    before = rows_of(market)
    for attempt in attempts:
        with pytest.raises(InvalidInput):
            attempt()
    assert rows_of(market) == before


@pytest.mark.attack(20)
@pytest.mark.parametrize("number", [0, -1, 2**63, 1.5, True, "1e3", FULL_WIDTH, float("nan"), None])
def test_nobody_keeps_back_a_quantity_that_is_none(small_school: School, number: Any) -> None:
    """Zero, less than that, more than a database holds, half of one, yes, a text and no number at
    all are no quantity to keep back."""
    start = small_school.now + 3 * DAY
    before = rows_of(small_school.market)
    with pytest.raises(InvalidInput):
        small_school.market.listings.block_out(
            small_school.listing.id,
            Span(start, start + HOUR),
            by=small_school.tutor,
            resource="calendar",
            quantity=number,
        )
    assert rows_of(small_school.market) == before
