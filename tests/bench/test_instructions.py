"""The guard of instructions: a ride's life and a search take no more than is kept of them."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import instructions
from bench.callgrind import NoValgrind, Valgrind, fetched, valgrind
from bench.instructions import Compared, compared, counted, main, make_of_this

ABSENT = "instructions are not counted:"
WORK = """
import sys
from bench.callgrind import Counter
def work(rounds):
    return sum(number & 7 for number in range(rounds))
counter = Counter()
work(1_000)
for name, rounds in (("once", 10_000), ("a tenth more", 11_000)):
    with counter.counting(name):
        work(rounds)
"""


@pytest.fixture(scope="module")
def tool() -> Valgrind:
    """Valgrind, here or fetched; without it nothing is counted, which continuous integration may
    not pass over."""
    try:
        return valgrind()
    except NoValgrind as error:
        if os.environ.get("CI"):
            pytest.fail(f"{ABSENT} {error}")
        pytest.skip(f"{ABSENT} {error}")


@pytest.mark.slow
def test_nothing_takes_more_instructions_than_are_kept(tool: Valgrind) -> None:
    """Since the figures were kept, nothing has come to take a twentieth more; who makes it dearer
    on purpose writes them anew, and who made it cheaper too."""
    parts = compared(counted(tool))
    if any(one.kept is None for one in parts):
        pytest.skip(
            f"{ABSENT} no figures of {make_of_this()}; keep those of a commit that you trust by "
            "`make bench SUITE=instructions ARGS=--renew`"
        )
    lost = [
        f"{one.part}: {one.instructions:,}, {one.more:+.1%} of {one.kept:,}"
        for one in parts
        if one.lost
    ]
    assert lost == []


def test_a_tenth_more_work_takes_a_tenth_more_instructions(tool: Valgrind, tmp_path: Path) -> None:
    """What is counted is what is done inside, not what is done before; a second run counts the
    same to the thousandth."""
    script = tmp_path / "work.py"
    script.write_text(WORK)
    runs = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        runs.append(tool.counted([str(script)], folder))
    assert runs[0]["a tenth more"] / runs[0]["once"] == pytest.approx(1.1, abs=0.005)
    assert runs[1] == pytest.approx(runs[0], rel=0.001)


def test_a_loss_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth more than is kept passes, beyond it the run fails; what is kept anew is of this
    make alone, and without any figure nothing is lost."""
    figures, output = tmp_path / "kept.json", tmp_path / "numbers.json"
    figures.write_text(json.dumps({"another make": {"a life": 1}}))
    words = ["--figures", str(figures), "--output", str(output)]

    def run(count: int, *more: str) -> tuple[int, str]:
        monkeypatch.setattr(instructions, "counted", lambda tool: {"a life": count})
        monkeypatch.setattr(instructions, "valgrind", lambda: None)
        done = CliRunner().invoke(main, [*words, *more])
        return done.exit_code, done.output

    assert "none kept" in run(1_000_000)[1]
    assert run(1_000_000, "--renew")[0] == 0
    assert json.loads(figures.read_text()) == {
        "another make": {"a life": 1},
        make_of_this(): {"a life": 1_000_000},
    }
    assert run(1_050_000)[0] == 0
    code, said = run(1_051_000)
    assert (code, "+5.1%" in said, "more than 5 % more" in said) == (1, True, True)
    assert json.loads(output.read_text())[0]["instructions"] == 1_051_000
    assert run(900_000)[0] == 0


def test_without_valgrind_it_is_said_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can neither be found nor fetched the run ends with the reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoValgrind, match=r"could not be fetched \(.*apt-get"):
        fetched(tmp_path / "valgrind")
    monkeypatch.setattr(instructions, "valgrind", lambda: fetched(tmp_path / "valgrind"))
    done = CliRunner().invoke(main, ["--output", str(tmp_path / "numbers.json")])
    assert (done.exit_code, "no valgrind: it could not be fetched" in done.output) == (1, True)


def test_what_takes_less_is_no_loss() -> None:
    """The share is of what is kept; less is below nothing."""
    assert Compared("a life", 900, 1_000).more == pytest.approx(-0.1)
    assert not Compared("a life", 900, 1_000).lost
    assert not Compared("a life", 900, None).lost
