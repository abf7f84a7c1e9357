"""Every value comes back as it was, and what would not is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.checkout import LeftOut
from marketplace.domain.effect import MoneyKind
from marketplace.domain.hashing import MAX_DEPTH
from marketplace.domain.item import Item, Numbered
from marketplace.domain.money import Money
from marketplace.domain.offer import Proposed
from marketplace.domain.party import Party
from marketplace.domain.payment import IntentPart, Payee, Payout
from marketplace.domain.quote import Line, Quote
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.domain.transaction import Pending
from marketplace.errors import InvalidInput, SetupError
from marketplace.store import codec
from marketplace.store.codec import make_codec
from marketplace.store.json_text import to_json
from marketplace.store.kinds import KINDS, Kind
from marketplace.store.opening import open_store
from marketplace.store.sqlite import Sqlite
from marketplace.store.store import SqlStore
from tests.store.making import NOW, listing, party
from tests.store.values import value


@pytest.fixture
def loose(database_url: str) -> Iterator[SqlStore]:
    """A store whose tables take every value by itself: only types and keys are kept."""
    store = open_store(database_url, create="later", prefix="loose_")
    for _, table in store.tables:
        table.indexes.clear()
        table.constraints.intersection_update({table.primary_key})
        for column in table.columns:
            column.nullable = not column.primary_key
    yield store
    store.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_every_field_comes_back_equal(loose: SqlStore, kind: Kind) -> None:
    """Whatever a field's type allows is kept, on both databases, to the last microsecond."""
    loose.tables.nouns[kind.noun].create(loose.engine)
    count = iter(range(1_000_000))

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(value(kind.cls))
    def comes_back(one: Any) -> None:
        key = f"key_{next(count)}"
        one = evolve(one, **{kind.key[0]: key})
        with loose.begin() as work:
            ready = work._shelf.ready[kind.cls]
            work.runner.write(ready.insert, ready.codec.encode(one))
        with loose.begin(write=False) as work:
            found = work.find(kind.cls, **{kind.key[0]: key})
        assert found == one
        for field in attrs.fields(kind.cls):
            if field.type is datetime and (moment := getattr(found, field.name)):
                assert moment.utcoffset().total_seconds() == 0

    comes_back()


@attrs.frozen
class Priced:
    """A value that holds money and a place itself, once needed and once not."""

    id: str
    price: Money
    deposit: Money | None = None
    ratio: float = 1.0


def test_money_becomes_two_columns() -> None:
    """An amount and its currency stand beside each other; money that is not there is two Nones."""
    codec = make_codec(Priced, Sqlite(None, sa.NullPool(lambda: None), own=True))
    assert codec.columns == ("id", "price_amount", "price_currency", "deposit_amount",
                             "deposit_currency", "ratio")  # fmt: skip
    one = Priced("x", Money(5, "NPR"))
    assert codec.encode(one) == ("x", 5, "NPR", None, None, 1.0)
    assert codec.decode(codec.encode(one)) == one
    two = Priced("x", Money(5, "NPR"), Money(7, "KWD"), 0.5)
    assert codec.decode(codec.encode(two)) == two


def test_a_choice_is_kept_by_its_value() -> None:
    """A choice is written as its value and read as the very member; what is none of its values
    is refused as the class refuses it."""

    @attrs.frozen
    class Asked:
        kind: MoneyKind
        maybe: MoneyKind | None = None

    made = make_codec(Asked, Sqlite(None, sa.NullPool(lambda: None), own=True))
    assert made.encode(Asked(MoneyKind.HOLD)) == ("hold", None)
    assert made.decode(("hold", "void")) == Asked(MoneyKind.HOLD, MoneyKind.VOID)
    with pytest.raises(ValueError, match="'steal' is not a valid MoneyKind"):
        made.decode(("steal", None))


def test_a_field_without_a_column_is_refused() -> None:
    """A class with a field of a type that no column holds cannot be kept at all."""

    @attrs.frozen
    class Odd:
        id: str
        anything: object

    with pytest.raises(TypeError, match=r"Odd\.anything"):
        make_codec(Odd, Sqlite(None, sa.NullPool(lambda: None), own=True))


def test_json_is_canonical() -> None:
    """The same data is the same text, whatever order it came in."""
    assert (
        to_json({"b": 1, "a": {"d": [1, 2.5], "c": None}}) == '{"a":{"c":null,"d":[1,2.5]},"b":1}'
    )
    assert to_json(MappingProxyType({"b": "é", "a": True})) == '{"a":true,"b":"é"}'
    assert to_json({}) == "{}"
    assert to_json(()) == "[]"


def nested(depth: int) -> Any:
    """A list in a list, so deep."""
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.attack(77)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param(2**63, id="too large"),
        pytest.param(-(2**63), id="too small"),
        pytest.param(NOW, id="a moment"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param({1: "one"}, id="a key that is no text"),
        pytest.param({"lone": "\ud800"}, id="a lone surrogate"),
        pytest.param({"\udfff": "lone"}, id="a lone surrogate as a key"),
        pytest.param({1, 2}, id="a set"),
        pytest.param(object(), id="an object"),
        pytest.param(nested(MAX_DEPTH + 1), id="too deep"),
        pytest.param(nested(10_000), id="far too deep"),
    ],
)
def test_what_would_not_come_back_is_refused(wrong: Any) -> None:
    """Data of a trade is plain JSON: anything else is refused before it reaches the database."""
    with pytest.raises(InvalidInput):
        to_json({"data": wrong})
    with pytest.raises(InvalidInput):
        to_json((Reason("code", {"data": wrong}),))


@given(st.integers(0, MAX_DEPTH - 3))
def test_json_may_be_nested_so_deep(depth: int) -> None:
    """Nesting is bounded, and what is within the bound is kept."""
    assert to_json({"data": nested(depth)}).count("[") == depth + 1


def test_a_naive_moment_is_refused(store: SqlStore) -> None:
    """A moment without a time zone names no instant, at the top or inside: it is refused."""
    naive = datetime(2026, 3, 1)  # noqa: DTZ001
    with pytest.raises(InvalidInput), store.begin() as work:
        work.add(Party("pa_1", "somebody", naive))
    with pytest.raises(InvalidInput), store.begin() as work:
        work.select(Party, {"created_at": naive})


def test_a_number_too_large_is_refused(store: SqlStore) -> None:
    """An amount beyond 64 bits is invalid input, not a failure of the driver."""
    with pytest.raises(InvalidInput), store.begin() as work:
        work.add(Payout("po_1", "pa_1", 2**63, "NPR", "sandbox", "made", NOW))


def test_unknown_data_is_not_swallowed(store: SqlStore) -> None:
    """A nested value with a field nobody knows is not read as if it had none."""
    line = Line("fare", Money(1, "NPR"), "customer", "provider", "flat", "test")
    quote = Quote("qu_1", None, None, "NPR", (line,), NOW, NOW, "hash")
    with store.begin() as work:
        work.add(quote)
        changed = sa.update(work.tables.quote).values(
            lines=sa.func.replace(work.tables.quote.c.lines, '"code"', '"odd":1,"code"')
        )
        work.connection.execute(changed)
    with pytest.raises(SetupError, match="odd"), store.begin() as work:
        work.get(Quote, "qu_1")


NESTED = (Line, Reason, Item, Numbered, IntentPart, Payee, LeftOut, Pending, Proposed, Rate)


def stepwise(monkeypatch: pytest.MonkeyPatch, kind: Any) -> Any:
    """What reads the type field by field, as all were read first."""
    with monkeypatch.context() as patch:
        patch.setattr(codec, "_at_once", lambda kind: None)
        return codec._reader(kind)


def outcome(read: Any, text: str) -> Any:
    """What comes of reading a text: a value, or what is said of it."""
    try:
        return read(text)
    except SetupError as error:
        return str(error)


@pytest.mark.parametrize("cls", NESTED, ids=lambda cls: cls.__name__)
def test_what_is_read_at_once_is_what_was_written(
    monkeypatch: pytest.MonkeyPatch, cls: type[Any]
) -> None:
    """A nested value and a sequence of them come back equal, and of the same types down to the
    last field, whether all of the text is read at once or step by step."""
    several: Any = Sequence
    kinds = cls, several[cls]
    readers = [(codec._reader(kind), stepwise(monkeypatch, kind)) for kind in kinds]

    @settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(value(cls), min_size=1, max_size=3).map(tuple))
    def comes_back(some: Any) -> None:
        for (at_once, steps), one in zip(readers, (some[0], some), strict=True):
            text = to_json(one)
            assert at_once(text) == one
            assert repr(at_once(text)) == repr(steps(text))

    comes_back()


LINE = to_json((Line("fare", Money(1, "NPR"), "customer", "provider", "flat", "test"),))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"amount":1', '"amount":-1', id="less than nothing"),
        pytest.param('"NPR"', '"ZZZ"', id="an unknown currency"),
        pytest.param('"amount":1', '"amount":1.5', id="part of a unit"),
        pytest.param('"amount":1', '"amount":9223372036854775808', id="too large"),
        pytest.param('"amount":1', '"amount":true', id="no number"),
        pytest.param('"provider"', '"customer"', id="who pays himself"),
        pytest.param('"code"', '"odd":1,"code"', id="one field more"),
        pytest.param('"currency"', '"odd":1,"currency"', id="one field more inside"),
        pytest.param('"rule":"flat"', '"rule":5', id="a number for a text"),
        pytest.param('"inputs":{}', '"inputs":[]', id="a list for a mapping"),
        pytest.param('"code":"fare",', "", id="one field less"),
        pytest.param('"plugin":"test",', "", id="one that may be left out"),
        pytest.param('"code":"fare"', '"code":"a","code":"fare"', id="one field twice"),
        pytest.param("[", " [ ", id="blanks"),
        pytest.param("[", "", id="cut short"),
        pytest.param(LINE, "[null]", id="nothing"),
        pytest.param(LINE, '{"lines":[]}', id="another shape"),
        pytest.param(LINE, "null", id="nothing at all"),
    ],
)
def test_a_wrong_row_is_told_however_it_is_read(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    """What is stored and was not written by us is read, or refused with the same words, as it is
    step by step: nothing wrong is let through because all is read at once."""
    text = LINE.replace(old, new)
    assert text != LINE
    steps = stepwise(monkeypatch, Sequence[Line])
    assert outcome(codec._reader(Sequence[Line]), text) == outcome(steps, text)


@pytest.mark.attack(77)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Reason("\ud800"), id="a lone surrogate"),
        pytest.param(Numbered(2**63, Item("li_1")), id="too large"),
        pytest.param(Numbered(1, Item("li_1", quantity=-(2**63))), id="too small"),
        pytest.param(Reason("code", {"a": 1e999}), id="infinity"),
        pytest.param(Numbered(1, Item(NOW)), id="a moment as a text"),  # type: ignore[arg-type]
        pytest.param(Item("li_1", attributes={"a": [{1: 2}]}), id="a key that is no text"),
        pytest.param(Rate("NPR", "USD", 1, 2, NOW.replace(tzinfo=None), ""), id="naive"),
    ],
)
def test_what_would_not_come_back_is_refused_in_every_field(wrong: Any) -> None:
    """Each field of a nested value is held to what its column holds, at any depth."""
    for data in (wrong, (wrong,), {"deep": [wrong]}):
        with pytest.raises(InvalidInput):
            to_json(data)


def test_text_is_kept_raw(store: SqlStore) -> None:
    """Whatever people write is kept letter by letter."""
    title = "<script>alert('नमस्ते')</script> %s :name {x} \\ \" '"
    with store.begin() as work:
        work.add(party())
        work.add(evolve(listing(), title=title, attributes={title: title}))
        found = work.get(type(listing()), "li_1")
    assert found.title == title
    assert found.attributes == {title: title}
