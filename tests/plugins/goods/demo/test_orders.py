"""The demo on real orders: the table says what the JSON says, and a wrong folder is one line."""

import json
from pathlib import Path
from xml.etree import ElementTree

from click.testing import CliRunner, Result

from marketplace.cli import main
from tests.support.orders import DELIVERED, LATE, written


def run(home: Path, *words: str) -> Result:
    """The demo, with these words."""
    environment = {"XDG_DATA_HOME": str(home), "COLUMNS": "100"}
    return CliRunner().invoke(main, ["demo", "goods", *words], env=environment)


def some_orders(folder: Path) -> Path:
    """Three orders of two people, a week apart."""
    numbers = (1, 2, 3)
    days = {n: DELIVERED.replace("01-02", f"01-{1 + n * 3:02}").replace("01-04", "01-12")
            for n in numbers}  # fmt: skip
    return written(
        folder,
        {
            "orders": [f"o{n},c{n},{days[n]}{LATE}" for n in numbers],
            "order_items": [f"o{n},1,bowl,sita,,10.00,2.50" for n in numbers],
            "order_payments": [f"o{n},1,boleto,1,12.50" for n in numbers],
        },
    )


def test_orders_are_played_told_and_drawn(tmp_path: Path) -> None:
    """What was sold, paid out and late stands in the table, the JSON and the picture alike, and
    the marketplace that was kept can be looked into."""
    folder = some_orders(tmp_path)
    result = run(tmp_path, "--orders", str(folder), "--most", "2", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["orders"], told["sold"], told["late"]) == (2, 25_00, 2)
    shown = run(tmp_path, "--orders", str(folder), "--all", "--database",
                f"sqlite:///{tmp_path / 'kept.sqlite'}")  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert "BRL 37.50" in shown.stdout
    assert "the ledger and the files agree" in shown.stdout
    drawn = (tmp_path / "marketplace" / "demo-orders.svg").read_text(encoding="utf-8")
    assert "3 orders" in drawn
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    environment = {"XDG_DATA_HOME": str(tmp_path), "COLUMNS": "100"}
    checked = CliRunner().invoke(main, ["check"], env=environment)
    assert checked.exit_code == 0, checked.output


def test_a_wrong_folder_is_told_in_a_line(tmp_path: Path) -> None:
    """A folder that holds no orders is one line and exit code 2."""
    result = run(tmp_path, "--orders", str(tmp_path))
    assert result.exit_code == 2
    assert "has no olist_products.csv or olist_products.csv.gz" in result.output
    assert "Traceback" not in result.output
