"""`marketplace statement` and `marketplace ledger`: shown, as CSV and as JSON, and refused."""

import csv
import io
import json
import re

import pytest

from marketplace import OPERATOR
from tests.commands.conftest import Kept
from tests.test_cli import one_line

PRICE, FEE = 197.00, 29.55


def test_a_statement_is_shown_under_its_deals(paid: Kept) -> None:
    """Opening, each entry under its deal and row with the balance after it, the payout, closing."""
    shown = paid.ask("statement", paid.ram.id)
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[1] == f"Ram · {paid.ram.id}"
    assert lines[2] == "NPR from the beginning to now, times of UTC"
    assert lines[3] == "opening balance: NPR 0"
    assert lines[-1] == "closing balance: NPR 0"
    for said in (
        " · settle",
        "settled: the marketplace's fee",
        "NPR -29.55",
        "taken in cash already",
    ):
        assert said in shown.stdout
    assert sum(one.startswith("out_") for one in lines) == 1
    last = paid.ask("statement", paid.ram.id, "--limit", "1").stdout
    assert "entries are left out" in last
    assert "settled" not in last
    assert "paid out" in last


def test_decimals_stand_one_below_the_other(paid: Kept) -> None:
    """In a column of money each amount has its decimals, also a whole one: points and edges meet,
    in a statement, in a ledger and among payouts, and a trial balance has its sides apart."""
    for words in (("statement", paid.ram.id), ("ledger", paid.ram.id), ("payouts",)):
        rows = [one for one in paid.ask(*words).stdout.splitlines() if "  NPR " in one]
        assert rows
        for row in rows:
            assert all("." in amount for amount in re.findall(r"(?<=  NPR )-?[\d,.]+", row)), row
    trial = paid.ask("ledger").stdout.splitlines()
    top = next(line for line in trial if line.startswith("account "))
    edge = top.index("balance") + len("balance")
    sums = [line for line in trial if "  NPR  " in line]
    assert sums
    assert {line[edge - 3] for line in sums} == {"."}


def test_a_statement_for_a_spreadsheet_and_for_a_program(paid: Kept) -> None:
    """The CSV has the opening, every entry and the closing, which add up; the JSON the same
    entries, each with its deal and its transfer, which `why` explains."""
    rows = list(csv.DictReader(io.StringIO(paid.ask("statement", paid.ram.id, "--csv").stdout)))
    assert (rows[0]["what"], rows[-1]["what"]) == ("opening balance", "closing balance")
    amounts = [round(100 * float(row["amount"])) for row in rows[1:-1]]
    assert sum(amounts) == round(100 * float(rows[-1]["balance"])) == 0
    told = json.loads(paid.ask("statement", paid.ram.id, "--json").stdout)
    (made,) = told["statements"]
    assert [one["amount"]["amount"] for one in made["entries"]] == amounts
    assert made["beside"]["in_transit"] == {"amount": 0, "currency": "NPR"}
    fee = next(row for row in rows if row["rule"] == "commission")
    assert (fee["row"], fee["deal"][:3]) == ("settle", "tx_")
    why = paid.ask("why", fee["transfer"]).stdout
    assert "settled: the marketplace's fee" in why
    assert "15 % of NPR 197" in why


@pytest.mark.attack(68)
def test_a_name_is_no_formula(kept: Kept) -> None:
    """A party whose name a spreadsheet would compute is printed as text in every table."""
    shown = kept.ask("statement", kept.hari.id)
    assert f"=cmd|'/c calc'!A1 · {kept.hari.id}" in shown.stdout
    for words in (["payouts", "--csv"], ["ledger", kept.hari.id, "--csv"]):
        rows = list(csv.reader(io.StringIO(kept.ask(*words).stdout)))
        assert len(rows) > 1
        assert not [cell for row in rows for cell in row if cell.startswith("=")]


def test_a_month_in_another_currency_and_another_language(kept: Kept) -> None:
    """Days are of the place's time zone; a currency that a party never had is an empty statement;
    the words are Nepali if they are asked for."""
    day = ("--from", "2026-11-23", "--until", "2026-11-24", "--zone", "Asia/Kathmandu")
    shown = kept.ask("statement", kept.ram.id, *day, "--language", "ne")
    assert "from 23 Nov 2026 to before 24 Nov 2026, times of Asia/Kathmandu" in shown.stdout
    assert "हिसाब मिलाइयो" in shown.stdout
    before = kept.ask("statement", kept.ram.id, "--until", "2026-11-23")
    assert "nothing came or went" in before.stdout
    paid_in = kept.ask("statement", kept.hari.id).stdout
    assert "closing balance: USD 5.00" in paid_in
    assert paid_in.count(kept.hari.id) == 1
    assert "of no deal\n" in paid_in
    empty = kept.ask("statement", kept.hari.id, "--currency", "NPR")
    assert "nothing came or went" in empty.stdout
    none = kept.ask("statement", kept.sita.id)
    assert (none.exit_code, "no money of this party" in none.stdout) == (0, True)
    lines = kept.ask("statement", kept.sita.id, "--csv").stdout.splitlines()
    assert lines == [lines[0]]


def test_what_is_left_out_is_said_beside_the_answer(paid: Kept) -> None:
    """A table or a document of the newest few says on the error stream that there are older ones,
    and says nothing where it has them all."""
    for words in (["ledger", paid.ram.id], ["payouts"]):
        for form in ([], ["--csv"], ["--json"]):
            assert paid.ask(*words, *form).stderr == ""
    for form in (["--csv"], ["--json"]):
        some = paid.ask("ledger", paid.ram.id, "--limit", "2", *form)
        assert some.stderr == "older entries are left out; --limit gives more of them\n"
    rows = list(csv.DictReader(io.StringIO(paid.ask("ledger", paid.ram.id, "--csv").stdout)))
    short = paid.ask("ledger", paid.ram.id, "--csv", "--limit", "2").stdout
    assert list(csv.DictReader(io.StringIO(short))) == rows[-2:]
    town = paid.opened()
    town.online(paid.ram)
    town.settled(paid.sita, paid.ram, "card")
    town.market.payouts.run(by=OPERATOR)
    town.market.close()
    newest = paid.ask("payouts", "--limit", "1", "--csv")
    assert newest.stderr == "older payouts are left out; --limit gives more of them\n"
    assert len([one for one in newest.stdout.splitlines() if one.startswith("payout")]) == 1


def test_the_marketplace_s_own_statement_is_its_profit(kept: Kept) -> None:
    """Without a party: what it earned by rule, which is what the ledger says it earned."""
    shown = kept.ask("statement")
    assert shown.exit_code == 0, shown.output
    assert "profit: NPR 59.10" in shown.stdout
    assert "the marketplace earned NPR 59.10" in kept.ask("ledger").stdout
    told = json.loads(kept.ask("statement", "marketplace", "--json").stdout)
    npr = next(one for one in told["earnings"] if one["currency"] == "NPR")
    assert npr["profit"]["amount"] == 5_910
    rows = list(csv.DictReader(io.StringIO(kept.ask("statement", "--csv").stdout)))
    assert {row["amount"] for row in rows if row["rule"] == "commission"} == {"59.10"}
    assert "no money" in kept.ask("statement", "--until", "2026-11-23").stdout
    then = kept.ask("ledger", "--at", "2026-11-23").stdout
    assert "nothing was posted" in then


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["statement", "pty_1"], "newest parties: pty_"),
        (["statement", "RAM", "--from", "yesterday"], "as 2026-11-01"),
        (
            ["statement", "RAM", "--from", "2026-11-02", "--until", "2026-11-01"],
            "--from 2026-11-02 lies after --until 2026-11-01",
        ),
        (["statement", "RAM", "--currency", "npr"], "ISO 4217"),
        (["statement", "RAM", "--language", "xx"], "en, ne"),
        (["statement", "RAM", "--csv", "--json"], "not as both"),
        (["statement", "RAM", "--limit", "0"], "--limit"),
        (["ledger", "RAM", "--at", "2026-11-01"], "marketplace statement"),
        (["ledger", "--at", "soon"], "as 2026-11-01"),
        (["why", "jrn_1.1"], "no transfer"),
        (["why", "RAM"], "ids of those begin tx_, quo_"),
    ],
)
def test_what_cannot_be_told_is_one_line(kept: Kept, words: list[str], says: str) -> None:
    """A mistake is one line that says what is allowed, exit code 2, and nothing is printed."""
    result = kept.ask(*[kept.ram.id if word == "RAM" else word for word in words])
    assert says in one_line(result)
    assert result.stdout == ""
