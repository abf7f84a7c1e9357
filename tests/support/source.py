"""The project's own files and their syntax trees, as the house tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

from tests.support.data import REPOSITORY

SRC = REPOSITORY / "src"
PACKAGE = SRC / "marketplace"
CODE = ("src", "tests", "examples", "bench", "docs")
BINARY = {".png", ".ico", ".gz", ".woff2", ".sqlite"}


@attrs.frozen
class Source:
    """One Python file: its path from the top of the repository, its text, its tree."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _tree(self.text)

    @property
    def module(self) -> str:
        """Return the dotted name a file of the package is imported by, "" for others."""
        if not self.path.startswith("src/"):
            return ""
        parts = self.path.removeprefix("src/").removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")


@cache
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def files() -> tuple[str, ...]:
    """Return the paths of all files that are, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    return tuple(sorted(p for p in listed.stdout.split("\0") if p and (REPOSITORY / p).is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Yield each text file's path and content."""
    for path in files():
        if Path(path).suffix not in BINARY:
            yield path, (REPOSITORY / path).read_text()


def sources(*folders: str) -> list[Source]:
    """Return the Python files below these folders of the repository (all code without any)."""
    starts = tuple(f"{folder}/" for folder in folders or CODE)
    return [
        Source(path, (REPOSITORY / path).read_text())
        for path in files()
        if path.endswith(".py") and path.startswith(starts)
    ]


def hold(wrong: list[str]) -> None:
    """Fail with every sentence there is, one a line, however many."""
    assert not wrong, "\n" + "\n".join(wrong)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the line and full dotted name of everything a file imports, wherever it does so.

    `from a.b import c` yields `a.b.c`, relative ones made absolute; so do lazy imports, those for
    type checkers only, and `import_module("a.b")` with a plain string.
    """
    for node in ast.walk(source.tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                start = _absolute(source, node)
                yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if (
                name in ("import_module", "__import__")
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                yield node.lineno, first.value


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    start = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*start, node.module] if node.module else start)
