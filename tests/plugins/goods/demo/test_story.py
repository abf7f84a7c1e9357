"""The bazaar of the demo: everything happens in it that happens to goods, and the money adds up."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main
from marketplace.plugins.goods.demo.bazaar.fates import CONTRACT, ORDER

FEW = 120


def run(home: Path, *words: str) -> Result:
    """The command, with these words."""
    environment = {"XDG_DATA_HOME": str(home), "COLUMNS": "100"}
    return CliRunner().invoke(main, list(words), env=environment)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo leaves what it leaves."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def told(home: Path) -> dict[str, Any]:
    """What a season of so many customers says of itself."""
    result = run(home, "demo", "goods", "--customers", str(FEW), "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.mark.behaviour("G4", "G7", "G10")
@pytest.mark.invariant(1, 8)
def test_everything_that_happens_to_goods_happens(told: dict[str, Any]) -> None:
    """Baskets of several shops are paid as one; orders meet every fate there is, contracts too;
    when all clocks have run nothing is held any more, and the ledger comes to nothing."""
    counts = told["counts"]
    assert counts["customers"] == FEW
    assert counts["several shops"] > 10
    assert counts["coupons"] > 0 < told["discounts"]
    assert all(counts[fate] for fate in ORDER if fate not in ("received",))
    assert counts["contract_2"] >= len(CONTRACT)
    assert counts["sample"] > 0 < counts["digital"]
    assert counts["reached"] > 0 < counts["missed"]
    assert counts["declined"] > 0 < counts["paid after the bank asked"]
    assert set(told["states"]) == {"completed", "cancelled", "returned", "lapsed", "forfeited"}
    assert told["sums"] == {"NPR": 0}
    assert (told["drift"], told["escrow"]) == ([], 0)
    kept = told["paid"] - told["refunds"]
    # What came in and did not go back is the shops', the bazaar's, the authority's, or credit.
    tax = told["tax"] + told["tax_on_commission"]
    assert kept == told["paid_out"] + told["earned"] + tax + told["credit"] - told["debts"]


@pytest.mark.invariant(19)
def test_its_bank_can_be_compared_with_its_books(home: Path, told: dict[str, Any]) -> None:
    """After the season the bank that was played remembers what moved: to the coin what our books
    say, each movement by its journal."""
    compared = run(home, "reconcile")
    assert compared.exit_code == 0, compared.output
    assert "Both sides agree, to the smallest coin." in compared.stdout
    (bank,) = json.loads(run(home, "reconcile", "--json").stdout)
    assert bank["movements"] > FEW


@pytest.mark.invariant(56)
def test_the_same_seed_gives_the_same_season(tmp_path: Path) -> None:
    """All but where it lies is the same; with another seed it is not."""

    def season(name: str, seed: str) -> dict[str, Any]:
        where = f"sqlite:///{tmp_path / name}"
        result = run(tmp_path, "demo", "goods", "--customers", "12", "--json", "--seed", seed,
                     "--database", where)  # fmt: skip
        return {**json.loads(result.stdout), "url": "", "seed": ""}

    first = season("first.sqlite", "5")
    assert season("again.sqlite", "5") == first
    assert season("other.sqlite", "6") != first


def test_what_is_left_can_be_looked_into(tmp_path: Path) -> None:
    """The table, the sentences and the picture are whole, and the other words of the command find
    the marketplace."""
    result = run(tmp_path, "demo", "goods", "--customers", "15", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert "the ledger sums to" in result.stdout
    assert "zero" in result.stdout
    assert "the price: NPR" in result.stdout
    assert not [line for line in result.stdout.splitlines() if "{" in line]
    drawn = (tmp_path / "marketplace" / "demo-goods.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    for words in (["check"], ["why"], ["ledger"]):
        looked = run(tmp_path, *words)
        assert looked.exit_code == 0, looked.output


def test_words_that_do_not_go_together(tmp_path: Path) -> None:
    """Words of the replay without its folder are told in a line."""
    for words in (["--all"], ["--patience", "9"], ["--most", "9"]):
        result = run(tmp_path, "demo", "goods", *words)
        assert result.exit_code == 2
        assert "go with --orders" in result.output
