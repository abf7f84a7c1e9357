"""The command that compares books: what it shows, prints as data, and ends with."""

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from click.testing import CliRunner, Result

from marketplace import Marketplace
from marketplace.cli import main
from marketplace.plugins.sandbox import Sandbox
from tests.support.ride_world import SECRETS, Town, make_town

PRICE = 19_700
Ask = Callable[..., Result]


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Town]:
    """A town in a file, whose card network keeps three per cent."""
    sandbox = Sandbox(fee_bp=300, secrets=SECRETS)
    opened = make_town(sqlite_url, sandbox=sandbox)
    sandbox.now = opened.clock.now
    yield opened
    opened.market.close()


@pytest.fixture
def ask(town: Town, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run the command on the town's file, with its card network."""

    def opened() -> Marketplace:
        return make_town(sqlite_url, sandbox=town.sandbox, clock=town.clock).market

    monkeypatch.setattr("tests.commands.test_reconciling.APP", opened, raising=False)
    named = ["--app", "tests.commands.test_reconciling:APP"]
    return lambda *words: CliRunner().invoke(main, ["reconcile", *named, *words])


def test_books_that_agree_are_said_to_agree(town: Town, ask: Ask) -> None:
    """At first nothing has moved; then a fee waits to be booked, and booked, both sides agree:
    only what is unexplained ends with 1."""
    empty = ask()
    assert (empty.exit_code, "Nothing has moved" in empty.stdout) == (0, True)
    town.settled(town.rider(), town.driver(), "card")
    waits = ask()
    assert waits.exit_code == 1
    assert "fee not booked" in waits.stdout
    booked = ask("--book-fees", "--provider", "sandbox")
    assert (booked.exit_code, "1 fee was booked" in booked.stdout) == (0, True)
    agree = ask()
    assert (agree.exit_code, "Both sides agree" in agree.stdout) == (0, True)


def test_differences_are_told_as_data_and_as_a_table(town: Town, ask: Ask) -> None:
    """As JSON, as a table for a spreadsheet, and in words, with the same difference in each."""
    town.settled(town.rider(), town.driver(), "card")
    with town.sandbox._kept.turn() as kept:
        kept.moved("charge", "=HYPERLINK(1)", 700, "NPR")
    ask("--book-fees")
    told = ask("--json")
    assert told.exit_code == 1
    (found,) = json.loads(told.stdout)
    (one,) = found["differences"]
    assert (one["why"], one["theirs"], one["ours"]) == ("theirs not ours", 700, None)
    table = ask("--csv")
    assert table.exit_code == 1
    (row,) = csv.DictReader(StringIO(table.stdout))
    assert (row["why"], row["difference"], row["currency"]) == ("theirs not ours", "7.00", "NPR")
    assert not row["name"].startswith("=")
    with town.sandbox._kept.turn() as kept:
        kept.moved("charge", "another", 300, "NPR")
    some = ask("--csv", "--most", "1")
    assert some.stderr == "sandbox: 1 more are left out; --most gives them\n"
    assert len(list(csv.DictReader(StringIO(some.stdout)))) == 1
    assert ask("--csv").stderr == ""
    shown = ask("--most", "1")
    assert "and 1 more; --most shows them" in shown.stdout
    assert "2 differences that nothing explains" in shown.stdout
    assert "it moved there, and no journal says so" in shown.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--json", "--csv"], "not as both"),
        (["--most", "0"], "one or more"),
        (["--provider", "cash"], "there are: sandbox"),
    ],
)
def test_what_cannot_be_compared_is_one_line(ask: Ask, words: list[str], says: str) -> None:
    """A wrong word is told in one line, with what is right."""
    told = ask(*words)
    assert (told.exit_code, told.stdout) == (2, "")
    assert says in told.stderr
