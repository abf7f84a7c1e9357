"""`marketplace payouts`: what is due, who waits and why, what was paid; and paying it."""

import csv
import io
import json

import pytest

from marketplace import DAY, OPERATOR
from marketplace.plugins.sandbox import CLOSED_ACCOUNT
from tests.commands.conftest import Kept
from tests.test_cli import one_line

DUE = "NPR 137.90"
"""What a card ride and a cash ride leave: 197 less two fees of 29.55."""


def with_an_account(kept: Kept, reference: str, *, verified: bool) -> None:
    """Ram names an account to be paid out to; the operator verifies it, or did not yet."""
    town = kept.opened()
    parties = town.market.parties
    account = parties.set_payout_account("NPR", reference, by=kept.ram.party)
    if verified:
        parties.judge_payout_account(account.id, approve=True)
    town.market.close()


@pytest.mark.behaviour("C13")
def test_what_is_due_is_told_and_paid(kept: Kept) -> None:
    """Due now, to whom and how much; a run that is not confirmed pays nothing and says so by its
    exit code; one that is pays it, and it is due no more."""
    shown = kept.ask("payouts")
    assert shown.exit_code == 0, shown.output
    assert f"in all {DUE}, by 1 payout" in shown.stdout
    assert "nothing was paid out yet" in shown.stdout
    # He named no account: the plan says by whom it goes.
    assert "  sandbox  " in next(one for one in shown.stdout.splitlines() if one[:3] == "Ram")
    for said in ("n\n", ""):
        asked = kept.ask("payouts", "--run", said=said)
        assert (asked.exit_code, asked.stdout.splitlines()[-1]) == (1, "nothing was paid")
    assert DUE in kept.ask("payouts", "--due").stdout
    done = kept.ask("payouts", "--run", said="y\n")
    assert done.exit_code == 0, done.output
    assert "Paid out now" in done.stdout
    assert "paid" in done.stdout.splitlines()[-1]
    again = kept.ask("payouts", "--run", "--yes")
    assert (again.exit_code, again.stdout.strip()) == (0, "nothing was due, so nothing was paid")
    assert "nothing is due" in kept.ask("payouts", "--due").stdout
    assert DUE in kept.ask("payouts").stdout


def test_who_waits_is_told_why(kept: Kept) -> None:
    """An account that nobody verified yet: nothing is due, and why stands there, in the table, the
    CSV and the JSON, in the language asked for; a run pays nobody who waits."""
    with_an_account(kept, "acc_1", verified=False)
    shown = kept.ask("payouts")
    assert "nothing is due" in shown.stdout
    assert "is not verified yet" in " ".join(shown.stdout.split())
    (row,) = csv.DictReader(io.StringIO(kept.ask("payouts", "--csv").stdout))
    assert (row["what"], row["party"], row["amount"]) == ("waiting", kept.ram.id, "137.90")
    assert row["why"] == "the account to be paid out to is not verified yet"
    nepali = kept.ask("payouts", "--csv", "--language", "ne").stdout
    assert "प्रमाणित" in nepali
    told = json.loads(kept.ask("payouts", "--json").stdout)
    assert [one["party_id"] for one in told["waiting"]] == [kept.ram.id]
    assert told["waiting"][0]["waits"][0]["code"] == "payout_account_unverified"
    assert told["due"] == told["payouts"] == []
    assert "nothing was due" in kept.ask("payouts", "--run", "--yes").stdout


def test_a_schedule_of_its_own_is_left_to_it(kept: Kept) -> None:
    """Who is paid by a schedule of its own is due, and paid only where it is named."""
    town = kept.opened()
    town.market.payouts.set_terms(kept.ram.id, every=DAY)
    town.market.close()
    assert DUE in kept.ask("payouts", "--due").stdout
    assert "nothing was due" in kept.ask("payouts", "--run", "--yes").stdout
    of_sita = kept.ask("payouts", "--party", kept.sita.id).stdout
    assert "nothing is due" in of_sita
    done = kept.ask("payouts", "--run", "--yes", "--party", kept.ram.id, "--json")
    (paid,) = json.loads(done.stdout)["payouts"]
    assert (paid["party_id"], paid["amount"], paid["state"]) == (kept.ram.id, 13_790, "paid")


def test_a_payout_that_fails_at_once_is_an_exit_code(kept: Kept) -> None:
    """Whoever runs payouts from a script learns of one that failed, and why; it is due again."""
    with_an_account(kept, CLOSED_ACCOUNT, verified=True)
    failed = kept.ask("payouts", "--run", "--yes")
    assert failed.exit_code == 1
    assert "failed" in failed.stdout
    assert "the bank knows no such account any more" in kept.ask("payouts", "--csv").stdout
    assert DUE in kept.ask("payouts", "--due").stdout


def test_what_was_paid_is_for_the_spreadsheet_too(paid: Kept) -> None:
    """A payout's row says what, to whom, how much, and in which state it is."""
    (row,) = csv.DictReader(io.StringIO(paid.ask("payouts", "--csv").stdout))
    assert (row["what"], row["state"], row["amount"]) == ("payout", "paid", "137.90")
    town = paid.opened()
    town.market.payouts.returned(row["payout"], by=OPERATOR, reason="closed account")
    town.market.close()
    shown = " ".join(paid.ask("payouts").stdout.split())
    assert "returned" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--csv", "--json"], "not as both"),
        (["--yes"], "goes with --run"),
        (["--run", "--json"], "say --yes too"),
        (["--party", "pty_1"], "newest parties: pty_"),
        (["--language", "xx"], "en, ne"),
    ],
)
def test_what_cannot_be_done_is_one_line(kept: Kept, words: list[str], says: str) -> None:
    """A mistake is one line that says what is allowed, with exit code 2; nothing is paid."""
    assert says in one_line(kept.ask("payouts", *words))
    assert DUE in kept.ask("payouts", "--due").stdout
