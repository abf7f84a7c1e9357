"""The page of behaviours: its ids, the tests it names, the markers, and who rewrites it."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.behaviours import PAGE, full_id, kind, parse, render
from tests.support.data import REPOSITORY
from tests.support.markers import MARKERS
from tests.support.source import Source, sources

# An id is never renumbered: lists only grow, and only at their ends.
LEAST = {
    "C": 23, "R": 20, "T": 12, "S": 18, "G": 15, "M": 8, "P": 9, "attack": 82, "invariant": 56,
}  # fmt: skip

SMALL_PAGE = """# Behaviours

**0 of 4** have a test that passed on the last whole run: none.

- **C1** One thing. — *not yet*
- **C2** Another. — *not yet*
  - `tests/gone.py::test_gone`
- **attack 7** A blow → a parry — *not yet*
- **invariant 1** S Sums are zero. — *not yet*
"""

SMALL_TESTS = """
import pytest

@pytest.mark.behaviour("C1")
@pytest.mark.attack(7)
def test_good(): pass

@pytest.mark.behaviour("C2")
@pytest.mark.parametrize("n", [0, 1])
def test_half(n):
    if n: pytest.skip("absent")

@pytest.mark.invariant(1)
@pytest.mark.parametrize("n", [0, 1])
def test_bad(n): assert not n

@pytest.mark.behaviour("C1")
class TestAll:
    @pytest.fixture
    def after(self):
        yield
        assert False
    def test_torn_down(self, after): pass
    def test_each(self): pass
"""


def marked(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the test and the id of every marker written over a test in this file."""
    for name, marks in _tests(source.tree):
        for mark in marks:
            match mark:
                case ast.Call(func=ast.Attribute(attr=marker), args=given) if marker in MARKERS:
                    for each in given:
                        yield f"{source.path}::{name}", full_id(marker, ast.literal_eval(each))


def _tests(tree: ast.Module) -> Iterator[tuple[str, list[ast.expr]]]:
    everywhere: list[ast.expr] = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=ast.List(elts=marks)):
                everywhere = marks
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=mark):
                everywhere = [mark]
            case ast.FunctionDef(name=name, decorator_list=marks):
                yield name, [*everywhere, *marks]
            case ast.ClassDef(name=name, decorator_list=marks, body=body):
                for inner in body:
                    if isinstance(inner, ast.FunctionDef):
                        yield f"{name}::{inner.name}", [*everywhere, *marks, *inner.decorator_list]


def test_no_id_is_lost_or_renumbered() -> None:
    """Each list of the page counts up from 1 without a gap, and is no shorter than it was."""
    ids = parse(PAGE.read_text())
    assert Counter(map(kind, ids)) >= Counter(LEAST)
    for name, most in Counter(map(kind, ids)).items():
        numbers = [int(i.removeprefix(name)) for i in ids if kind(i) == name]
        assert numbers == list(range(1, most + 1)), name


def test_the_page_is_not_stale() -> None:
    """Every test the page names exists, and still names the id it is listed under."""
    written = {pair for source in sources("tests", "examples") for pair in marked(source)}
    listed = {
        (test, entry.id) for entry in parse(PAGE.read_text()).values() for test in entry.tests
    }
    assert listed - written == set()


def test_the_page_is_as_it_would_be_written() -> None:
    """What was committed is what the recorder writes: nobody keeps the page by hand."""
    page = PAGE.read_text()
    tests = {entry.id: entry.tests for entry in parse(page).values()}
    assert render(page, tests) == page


def test_rewriting_changes_only_tests_and_counts() -> None:
    """An entry loses the tests that went and gains those that passed; its words stay."""
    page = render(SMALL_PAGE, {"C1": ["tests/b.py::test_b", "tests/a.py::test_a"]})
    assert "**1 of 4**" in page
    assert "C 1/2 · attack 0/1 · invariant 0/1" in page
    assert "- **C1** One thing.\n  - `tests/a.py::test_a`\n  - `tests/b.py::test_b`\n" in page
    assert "gone" not in page
    assert [entry.text for entry in parse(page).values()] == [
        entry.text for entry in parse(SMALL_PAGE).values()
    ]


def test_an_id_stands_once() -> None:
    """A page that names an id twice is refused with a sentence."""
    with pytest.raises(ValueError, match="names C1 twice"):
        parse("- **C1** One thing.\n- **C1** The same.\n")


@pytest.fixture
def small_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a few tests with the markers and the recorder, and a page of four entries."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyprojecttoml(
        '[tool.pytest]\ntestpaths = ["small"]\nmarkers = ["behaviour", "attack", "invariant"]\n'
        'addopts = ["-p", "tests.support.markers", "-p", "tests.support.recorder"]\n'
    )
    (pytester.mkdir("small") / "test_small.py").write_text(SMALL_TESTS)
    page = pytester.path / "page.md"
    page.write_text(SMALL_PAGE)
    return page


@pytest.mark.parametrize("workers", ["0", "2"])
def test_only_tests_that_passed_whole_are_recorded(
    pytester: pytest.Pytester, small_run: Path, workers: str
) -> None:
    """A test counts when all its parts passed: not with one skipped, failed or torn down badly;
    in one process as in several."""
    pytester.runpytest_subprocess("-n", workers, "--behaviours-page", str(small_run))
    proofs = {entry.id: entry.tests for entry in parse(small_run.read_text()).values()}
    assert proofs == {
        "C1": ("small/test_small.py::TestAll::test_each", "small/test_small.py::test_good"),
        "C2": (),
        "attack 7": ("small/test_small.py::test_good",),
        "invariant 1": (),
    }


@pytest.mark.parametrize("part", ["small/test_small.py", "-k=good", "-m=slow", "--collect-only"])
def test_a_part_of_the_tests_rewrites_nothing(
    pytester: pytest.Pytester, small_run: Path, part: str
) -> None:
    """Only a whole run may say what is proved; a part of one is refused."""
    result = pytester.runpytest_inprocess("--behaviours-page", str(small_run), part)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*wants a whole run*")
    assert small_run.read_text() == SMALL_PAGE


def test_a_run_broken_off_rewrites_nothing(pytester: pytest.Pytester, small_run: Path) -> None:
    """A run that stopped at its first failure has not heard the rest, and says nothing."""
    pytester.runpytest_inprocess("--behaviours-page", str(small_run), "-x")
    assert small_run.read_text() == SMALL_PAGE


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        ("behaviour('C99')", "*test_it names C99; the ids that exist stand in behaviours.md*"),
        ("attack(831)", "*test_it names attack 831; *"),
        ("behaviour('C1', 'C2', 'C3', 'C4')", "*names 4 ids by behaviour; a test may name 3*"),
    ],
)
def test_a_marker_that_names_too_much_is_refused(
    pytester: pytest.Pytester, small_run: Path, mark: str, sentence: str
) -> None:
    """An id that does not exist, or a fourth of a kind, stops the collection with a sentence."""
    assert small_run.exists()
    test = f"import pytest\n@pytest.mark.{mark}\ndef test_it(): pass\n"
    (pytester.path / "small" / "test_small.py").write_text(test)
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(sentence)


def test_make_can_ask_for_the_page() -> None:
    """The words `make behaviours` says to pytest are understood by the project's own tests: here
    they are refused, because collecting alone is no whole run."""
    recipe = (REPOSITORY / "Makefile").read_text()
    (option,) = re.findall(r"--behaviours-page\S*", recipe)
    command = [sys.executable, "-m", "pytest", option, "--collect-only", "-q"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "wants a whole run" in done.stderr
