"""PostgreSQL's own words for what both databases do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from marketplace.store.postgres import Postgres
from marketplace.store.wire import Wire
from tests.store.wiring import said

LISTS: tuple[tuple[str, list[Any]], ...] = (
    ("text", []),
    ("text", ["pa_1"]),
    ("text", ["pa_2", "pa_1", "pa_2"]),
    ("text", ["", " ", "NULL", "null", "a b", "{x,y}", "a,b", "é\u2028", "\t\n"]),
    ("text", ['say "so"']),
    ("text", ['"', '"']),
    ("text", ['","']),
    ("text", ["back\\slash", "\\"]),
    ("text", ['\\"']),
    ("text", ["a", None]),
    ("bigint", [1, -1, 2**40]),
    ("timestamptz", [datetime(2026, 11, 28, 1, 2, 3, 4, UTC)]),
)


@pytest.mark.parametrize(("kind", "values"), LISTS, ids=repr)
def test_a_list_says_what_is_in_it(
    driver: psycopg.Connection[Any], kind: str, values: list[Any]
) -> None:
    """A list that is sent as one parameter holds each of its values as it is, sign by sign, and is
    sent as the driver's own of the same type: of texts the server is told none."""
    line = Wire(driver, {})
    sent, shown = Postgres().array(values), f"SELECT CAST(%s AS {kind}[])"
    assert said(line, shown, sent) == [(values,)]
    assert line.say(shown, (sent,)).values[0][1] == line.say(shown, (values,)).values[0][1]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_list_of_what_cannot_be_sent_is_refused_like_the_text(
    driver: psycopg.Connection[Any], text: str
) -> None:
    """What the driver refuses alone it refuses in a list, by the same exception."""
    line = Wire(driver, {})
    with pytest.raises((psycopg.DataError, UnicodeEncodeError)) as alone:
        line.say("SELECT %s", (text,))
    with pytest.raises(type(alone.value)):
        line.say("SELECT CAST(%s AS text[])", (Postgres().array(["a", text]),))
