"""The documentation runs: every Python block of every page, and every example in a docstring."""

import doctest
import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from sybil import Document, Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser

from tests.support.data import REPOSITORY
from tests.support.source import files, sources

PAGES = [path for path in files() if path.endswith(".md")]
# Kinds of block whose words are shown, not run: what a shell, a person or a drawing says.
SHOWN = {"console", "text", "mermaid", "diff", "sql"}
# Where the run of a page keeps what its last Python block printed, until a block shows it.
PRINTED = "__printed__"
FENCE = re.compile(r"^\s*(?:```|~~~|:::)(?P<kind>[^\s`]*)", flags=re.MULTILINE)


def parsed(example: Example, parse: object) -> None:
    """Refuse a block of data that is not what it says it is."""
    assert callable(parse)
    parse(example.parsed)


def same(example: Example) -> None:
    """Refuse a block of output that is not what the Python block before it printed."""
    printed = example.document.namespace.pop(PRINTED, "")
    told = [line.rstrip() for line in printed.splitlines()]
    assert told == example.parsed.splitlines(), f"{example.path}:{example.line}\n{printed}"


def reader() -> Sybil:
    """Return what finds the blocks of a page. No way to skip one is installed."""
    return Sybil(
        [
            PythonCodeBlockParser(),
            CodeBlockParser("toml", lambda example: parsed(example, tomllib.loads)),
            CodeBlockParser("json", lambda example: parsed(example, json.loads)),
            CodeBlockParser("output", same),
        ]
    )


def run(page: Document) -> int:
    """Run a page's blocks from top to bottom, each with the names of those before it."""
    blocks = 0
    for example in page.examples():
        lesson = Path(example.path).parent.name == "tutorial"
        before = page.namespace.get(PRINTED)
        with redirect_stdout(StringIO()) as printed:
            example.evaluate()
        if before is not None and page.namespace.pop(PRINTED, None) is not None:
            assert not lesson, f"{page.path} does not show that it prints {before}"
        if printed.getvalue():
            page.namespace[PRINTED] = printed.getvalue()
        blocks += 1
    assert PRINTED not in page.namespace or not lesson, f"{page.path} does not show its end"
    return blocks


def kinds(text: str) -> Iterator[str]:
    """Yield the kind of every fenced block a text opens."""
    opened = False
    for fence in FENCE.finditer(text):
        if not opened:
            yield fence["kind"]
        opened = not opened


@pytest.mark.parametrize("path", PAGES)
def test_every_block_of_a_page_runs(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reader types from a page, from its top to its bottom, works as it stands."""
    page = reader().parse(REPOSITORY / path)
    # A page may open a marketplace in a file of its own.
    monkeypatch.chdir(tmp_path)
    blocks = run(page)
    expected = sum(kind in ("python", "toml", "json", "output") for kind in kinds(page.text))
    assert blocks >= expected


@pytest.mark.parametrize("path", PAGES)
def test_every_block_says_what_it_is(path: str) -> None:
    """A fenced block is run, read as data, a directive, or of a kind that is only shown."""
    known = {"python", "toml", "json", "output", *SHOWN}
    written = kinds((REPOSITORY / path).read_text())
    assert [kind for kind in written if kind not in known and not kind.startswith("{")] == []


@pytest.mark.parametrize("block", ["assert False", "import nothing_of_the_kind", ">>> 1\n2"])
def test_a_block_that_does_not_work_is_found(tmp_path: Path, block: str) -> None:
    """A page whose example is wrong does not pass."""
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```python\n{block}\n```\n")
    with pytest.raises(Exception, match=r".*"):
        run(reader().parse(page))


@pytest.mark.parametrize(
    ("folder", "blocks", "wrong"),
    [
        ("how-to", '```python\nprint("a ")\n```\n\n```output\na\n```\n', False),
        ("how-to", '```python\nprint("a")\n```\n\n```output\nb\n```\n', True),
        ("how-to", "```python\nx = 1\n```\n\n```output\n1\n```\n", True),
        ("how-to", '```python\nprint("a")\n```\n', False),
        ("tutorial", '```python\nprint("a")\n```\n', True),
        ("tutorial", '```python\nprint("a")\n```\n\n```python\nx = 1\n```\n', True),
    ],
)
def test_output_that_is_not_so_is_found(
    tmp_path: Path, folder: str, blocks: str, wrong: bool
) -> None:
    """A block of output shows what the block before it printed; a lesson shows all it prints."""
    page = tmp_path / folder / "page.md"
    page.parent.mkdir()
    page.write_text(f"# Page\n\n{blocks}")
    document = reader().parse(page)
    if wrong:
        with pytest.raises(AssertionError):
            run(document)
    else:
        assert run(document) > 0


def test_every_example_in_a_docstring_is_true() -> None:
    """What the package's docstrings show is what happens."""
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for source in sources("src"):
        if ">>>" in source.text:
            for test in finder.find(importlib.import_module(source.module), source.module):
                runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
