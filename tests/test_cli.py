"""The command: every word on the marketplace that a small demo left behind, and its refusals."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace import OPERATOR, Actor
from marketplace.cli import WORDS, main
from marketplace.commands.finding import found

REQUESTS = "30"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small simulated morning, run once; gives the environment in which it is found."""
    environment = {"XDG_DATA_HOME": str(tmp_path_factory.mktemp("data")), "COLUMNS": "100"}
    run = CliRunner().invoke(main, ["demo", "rides", "--requests", REQUESTS], env=environment)
    assert run.exit_code == 0, run.output
    return {**environment, "told": run.stdout}


def ask(left: dict[str, str], *words: str) -> Result:
    """Run the command where the demo's marketplace is found."""
    return CliRunner().invoke(main, list(words), env=left)


def as_json(left: dict[str, str], *words: str) -> object:
    """What a word gives as JSON."""
    result = ask(left, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def one_line(result: Result) -> str:
    """The one line in which something was refused."""
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("marketplace: ")
    return lines[0]


def a_deal(left: dict[str, str]) -> str:
    """The deal that `why` picks by itself."""
    told = as_json(left, "why")
    assert isinstance(told, dict)
    return str(told["about"])


def test_the_demo_tells_the_morning(left: dict[str, str]) -> None:
    """The demo says that it is simulated, what came of it, three reasons and where to look."""
    told = left["told"]
    for said in (
        "simulated",
        "riders asked",
        "re-dispatched",
        "median wait",
        "commission earned",
        "commission that drivers still owe",
        "the ledger sums to",
        "the price:",
        "the match:",
        "not asked:",
    ):
        assert said in told, told
    picture = Path(left["XDG_DATA_HOME"]) / "marketplace" / "demo-rides.svg"
    assert str(picture) in told
    assert picture.read_text().startswith("<svg")


@pytest.mark.behaviour("R10", "C7")
def test_why_explains_a_deal_from_what_was_stored(left: dict[str, str]) -> None:
    """Each price line, the match, and drivers who were not asked, by name and with the reason."""
    result = ask(left, "why", a_deal(left))
    assert result.exit_code == 0, result.output
    assert "for getting in" in result.stdout
    assert "the marketplace's fee" in result.stdout
    assert "not asked in the first round" in result.stdout
    told = as_json(left, "why")
    assert isinstance(told, dict)
    assert {one["about"] for one in told["because"]} >= {"price (agreed)", "offer", "match"}
    for passed in told["not_asked"]:
        answer = as_json(left, "why", told["about"], "--listing", passed["listing"])
        assert isinstance(answer, dict)
        assert answer["because"][0]["text"] == passed["because"][0]["text"]


@pytest.mark.behaviour("C19")
def test_why_explains_a_case(left: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was reported, decided by which rule, and that it is not appealed, to the operator."""
    for name, value in left.items():
        monkeypatch.setenv(name, value)
    asha = Actor(role=OPERATOR, name="asha")
    with found(None) as place:
        market = place.market
        driver = market.parties.join("A rude driver")
        rider = market.parties.join("A rider")
        market.moderation.report("party", driver.id, by=rider, rule="rude", text="He shouted")
        case = market.moderation.queue(by=asha)[-1]
        market.moderation.decide(case.id, by=asha, action="warn", rule="rude", reason="Heard it")
    result = ask(left, "why", case.id)
    assert result.exit_code == 0, result.output
    assert "reported under the rule “rude”: He shouted" in result.stdout
    assert "decided by the rule “rude”, this is a warning: Heard it" in result.stdout


@pytest.mark.behaviour("T6")
def test_why_speaks_nepali(left: dict[str, str]) -> None:
    """In Nepali the sentences and the digits are Nepali ones."""
    told = ask(left, "why", "--language", "ne").stdout
    assert "रु" in told
    assert any(digit in told for digit in "०१२३४५६७८९")
    assert "en, ne" in one_line(ask(left, "why", "--language", "xx"))


def test_timeline_is_in_order(left: dict[str, str]) -> None:
    """What happened in a deal is told in the order of time, from the wish to the settlement."""
    told = as_json(left, "timeline", a_deal(left))
    assert isinstance(told, dict)
    moments = [step["at"] for step in told["steps"]]
    assert moments == sorted(moments)
    kinds = [step["what"] for step in told["steps"]]
    assert kinds[0] == "request.opened"
    assert {"offer.made", "transaction.accept", "ledger: settle"} <= set(kinds)
    assert "Asia/Kathmandu" in ask(left, "timeline").stdout


@pytest.mark.behaviour("C13", "T2")
def test_ledger_of_all_of_a_deal_and_of_a_party(left: dict[str, str]) -> None:
    """The whole sums to zero; a deal's transfers and a party's entries say whose money it was."""
    whole = as_json(left, "ledger")
    assert isinstance(whole, dict)
    assert whole["sums"] == {"NPR": 0}
    assert whole["drift"] == []
    deal = as_json(left, "ledger", a_deal(left))
    assert isinstance(deal, dict)
    transfers = [one for journal in deal["journals"] for one in journal["transfers"]]
    owed = [one for one in transfers if one["debit"]["purpose"] == "provider receivable"]
    cash = [one for one in transfers if one["debit"]["purpose"] == "cash with provider"]
    assert cash
    driver = next(one["credit"]["owner"] for one in transfers if "pty_" in one["credit"]["owner"])
    party = as_json(left, "ledger", driver)
    assert isinstance(party, dict)
    assert party["entries"]
    assert party["balances"]
    for words in (["ledger"], ["ledger", a_deal(left)], ["ledger", driver]):
        shown = ask(left, *words)
        assert shown.exit_code == 0
        assert "NPR" in shown.stdout
    assert all(one["amount"] > 0 for one in owed)


def test_process_as_table_drawing_and_data(left: dict[str, str]) -> None:
    """The rows of a process are tabled, drawn and given as data; a follow-up by its name."""
    table = ask(left, "process", "rides").stdout
    assert "customer needed → challenged" in table.replace("\n", " ") or "challenged" in table
    assert "tip" in table
    assert ask(left, "process", "rides", "--mermaid").stdout.startswith("stateDiagram-v2")
    assert "tipped" in ask(left, "process", "rides", "--name", "tip").stdout
    (tip,) = as_json(left, "process", "rides", "--name", "tip")  # type: ignore[misc]
    assert tip["final"] == ["refused", "tipped"]


def test_check_says_what_is_proved(left: dict[str, str]) -> None:
    """Each process is proved for each payment method; hooks, lag, books and chains are told."""
    told = as_json(left, "check")
    assert isinstance(told, dict)
    assert told["good"] is True
    proved = {(proof["process"], proof["method"]) for _, proof in told["health"]["proofs"]}
    assert {("ride", "cash"), ("ride", "wallet"), ("tip", "cash")} <= proved
    assert told["health"]["hooks"]["refuse_match"] == ["rides", "cash"]
    shown = ask(left, "check").stdout
    for said in ("proved", "propose_lines", "nothing is late", "every chain verifies"):
        assert said in shown


def test_plugins_say_what_they_bring(left: dict[str, str]) -> None:
    """Each plugin is told with its verticals, payment methods and the hooks it answers."""
    told = as_json(left, "plugins")
    assert isinstance(told, list)
    by_name = {one["name"]: one for one in told}
    assert by_name["rides"]["verticals"] == ["rides"]
    assert by_name["wallet"]["payment_methods"] == ["wallet"]
    assert "refuse_match" in by_name["cash"]["answers"]
    assert "commission" in ask(left, "plugins").stdout


def test_migrate_finds_the_newest_tables(left: dict[str, str]) -> None:
    """A database that the demo made is at the newest revision, and stays so."""
    told = as_json(left, "migrate")
    assert isinstance(told, dict)
    assert told["revisions"] == []
    assert "the newest" in ask(left, "migrate", "--dry-run").stdout


def test_migrate_makes_the_tables_of_an_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application whose database has no tables is opened all the same, and gets them."""
    (tmp_path / "a_shop.py").write_text(
        "from marketplace import Marketplace\n"
        f"def market():\n    return Marketplace.open('sqlite:///{tmp_path}/shop.sqlite',"
        " create='never', seed=1)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "a_shop", raising=False)
    runner = CliRunner()
    refused = runner.invoke(main, ["tick", "--app", "a_shop:market"])
    assert "run `marketplace migrate`" in one_line(refused)
    dry = runner.invoke(main, ["migrate", "--app", "a_shop:market", "--dry-run", "--json"])
    assert json.loads(dry.stdout)["current"] == {"marketplace": None}
    done = runner.invoke(main, ["migrate", "--app", "a_shop:market"])
    assert done.exit_code == 0, done.output
    ticked = runner.invoke(main, ["tick"], env={"MARKETPLACE_APP": "a_shop:market"})
    assert "nothing was due" in ticked.stdout


@pytest.mark.behaviour("C6")
def test_tick_does_what_is_due_and_only_once(left: dict[str, str]) -> None:
    """After a week a tick closes what is due; the next tick finds nothing more to do."""
    before = as_json(left, "tick")
    assert isinstance(before, dict)
    assert before["timers"] == 0
    week = as_json(left, "tick", "--advance", "8d")
    assert isinstance(week, dict)
    assert week["timers"] > 0
    assert week["late_s"] == 0
    again = as_json(left, "tick")
    assert isinstance(again, dict)
    assert again["timers"] == 0
    assert again["at"] == week["at"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nonsense"], "there are: demo, why"),
        (["demo", "nonsense"], "there are: goods"),
        (["why", "tx_1"], "newest transactions: tx_"),
        (["why", "--nope"], "no such option"),
        (["ledger", "nonsense"], "pty_"),
        (["ledger", "pty_1"], "newest parties: pty_"),
        (["process", "homes"], "it has: rides"),
        (["process", "rides", "--name", "rent"], "tip"),
        (["tick", "--advance", "soon"], "as in 30s or 7d"),
        (["timeline", "--zone", "Mars/Base"], "Asia/Kathmandu"),
        (["check", "--app", "nonsense"], "module:attribute"),
        (["check", "--app", "no_such_module:market"], "cannot be imported"),
        (["check", "--app", "json:market"], "it has:"),
        (["check", "--app", "json:dumps"], "dumps"),
    ],
)
def test_what_cannot_be_done_is_one_line(left: dict[str, str], words: list[str], says: str) -> None:
    """A mistake is told in one line that says what is allowed, with exit code 2."""
    assert says in one_line(ask(left, *words))


def test_without_any_marketplace_it_says_what_to_do(tmp_path: Path) -> None:
    """Before any demo was run, and without an application, it says how to come by one."""
    result = CliRunner().invoke(main, ["why"], env={"XDG_DATA_HOME": str(tmp_path)})
    assert "marketplace demo rides" in one_line(result)


def test_every_word_helps() -> None:
    """Every word has a help with an example; the command's own names all of them."""
    runner = CliRunner()
    whole = runner.invoke(main, ["--help"]).stdout
    for word in WORDS:
        assert word in whole
        shown = runner.invoke(main, [word, "--help"])
        assert shown.exit_code == 0
        assert f"marketplace {word}" in shown.stdout
    assert "marketplace demo rides" in runner.invoke(main, []).stdout
