"""Words: no word has two meanings, so some are not used for names at all.

`status` is a state or an outcome; `release` points both ways (money is captured or voided,
capacity is freed); a booking is what one vertical calls its transaction.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import Source, files, hold, sources

NOWHERE = {
    "status": "say state, or outcome",
    "statuses": "say states, or outcomes",
    "release": "say capture, void or refund of money, free of capacity",
    "released": "say captured, voided or refunded of money, freed of capacity",
}
NOT_IN_CORE = {
    "booking": "say transaction, or reservation; booking is a vertical's face word",
    "bookings": "say transactions, or reservations; bookings is a vertical's face word",
}
CORE = ("domain", "matching", "app", "store", "errors", "hookspecs", "hooks")

# (path, name): names that another library obliges us to bind.
OBLIGED = {
    # Sphinx's word for the version it prints.
    ("docs/conf.py", "release"),
}


def bound(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and name of everything a module names: not what it asks of others.

    Names of functions, classes, arguments, variables, attributes and import aliases; and a plain
    string given first to `Column`, which names one.
    """
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.Call(
                func=ast.Name(id="Column") | ast.Attribute(attr="Column"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def words(name: str) -> set[str]:
    """Return a name's words, whichever way they are joined: `BookingStatus`, `BOOKING_STATUS`."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def misnamed(source: Source) -> list[str]:
    """Return the names a module binds that hold a word with two meanings."""
    room = source.module.split(".")[1:2]
    forbidden = {**NOWHERE, **(NOT_IN_CORE if room and room[0] in CORE else {})}
    names = [*bound(source.tree), (1, source.path.split("/")[-1].removesuffix(".py"))]
    return [
        f"{source.path}:{line} {name}: {forbidden[word]}"
        for line, name in names
        for word in sorted(words(name) & forbidden.keys())
        if (source.path, name) not in OBLIGED
    ]


def test_no_name_has_two_meanings() -> None:
    """No module, function, class, argument, field or column bears a forbidden word."""
    hold([wrong for source in sources() for wrong in misnamed(source)])


def test_no_obliged_name_is_forgotten() -> None:
    """An exception whose file has gone goes with it."""
    assert {path for path, _ in OBLIGED} <= set(files())


@pytest.mark.parametrize(
    "text",
    [
        "status = 1",
        "class OrderStatus: pass",
        "def release_funds(): return 1",
        "def f(status): return status",
        "self.status = 1",
        "import x as release",
        "ORDER_STATUS = 1",
        "table = Table('t', Column('status', String))",
        "booking = 1",
        "class Booking:\n    nights: int",
    ],
)
def test_a_forbidden_word_is_found(text: str) -> None:
    """A forbidden word is found however it is joined and whatever it names."""
    assert len(misnamed(Source("src/marketplace/domain/planted.py", text))) == 1


def test_a_vertical_may_have_its_own_words() -> None:
    """A plugin and an example may speak of bookings; nobody may speak of a status."""
    for path in ("src/marketplace/plugins/stays.py", "examples/stays/rules.py"):
        assert misnamed(Source(path, "booking = 1")) == []
        assert len(misnamed(Source(path, "booking_status = 1"))) == 1


@pytest.mark.parametrize("text", ["lock.release()", "x = response.status", "exitstatus = 1"])
def test_asking_others_in_their_words_is_free(text: str) -> None:
    """What another library calls a thing is not ours to change, and half a word is no word."""
    assert misnamed(Source("src/marketplace/domain/planted.py", text)) == []
