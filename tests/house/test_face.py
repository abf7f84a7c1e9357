"""The face: names only, loaded lazily, and nothing else public."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module

import pytest

import marketplace
from marketplace.cli import WORDS
from marketplace.commands import declared
from tests.support.data import REPOSITORY
from tests.support.source import PACKAGE

FACE = ast.parse((PACKAGE / "__init__.py").read_text())
# What takes long to import, or is not always installed: nothing of it for a name.
HEAVY = {
    "attr",
    "attrs",
    "sqlalchemy",
    "alembic",
    "numpy",
    "scipy",
    "pluggy",
    "cattrs",
    "rich",
    "stripe",
}


def homes() -> dict[str, str]:
    """Return where each public name lives, as the face says."""
    return dict(marketplace._HOME)


def typed() -> dict[str, str]:
    """Return where type checkers are told that each public name lives."""
    return {
        alias.asname or f"{alias.name} without `as`": node.module or ""
        for block in FACE.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_are_told_the_same() -> None:
    """The names a type checker sees are those a program can import, from the same homes."""
    assert typed() == homes()


def test_every_public_name_resolves() -> None:
    """Each name on the face is found in its home, and a second asking gives the same object."""
    for name in marketplace.__all__:
        assert getattr(marketplace, name) is getattr(marketplace, name)
    assert set(marketplace.__all__) == {"__version__", *homes()}
    assert dir(marketplace) == sorted(marketplace.__all__)


def test_no_public_name_hides_a_room() -> None:
    """No name on the face is also the name of a module beside it: an import means one thing."""
    assert {path.stem for path in PACKAGE.iterdir()} & set(homes()) == set()


def test_homes_are_sorted() -> None:
    """Modules, and the names of each, stand in order of the alphabet, and no name stands twice."""
    written = {home: names.split() for home, names in marketplace._NAMES.items()}
    assert list(written) == sorted(written)
    assert all(names == sorted(names) for names in written.values())
    assert sum(map(len, written.values())) == len(homes())


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not public raises what Python raises, with the name in it."""
    with pytest.raises(AttributeError, match=re.escape("no attribute 'Nothing'")):
        marketplace.Nothing  # noqa: B018


def newly_loaded(program: str) -> set[str]:
    """Return the modules that a program loads in a process of its own, after Python's start."""
    lines = ["import sys", "before = set(sys.modules)", program]
    lines += ["print('loaded:', *set(sys.modules) - before)"]
    command = [sys.executable, "-c", "\n".join(lines)]
    environment = {"PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def heavy(loaded: set[str]) -> set[str]:
    """Return those of them that take long, by the name of the package."""
    return {name.split(".")[0] for name in loaded} & HEAVY


def test_importing_the_face_imports_nothing_else() -> None:
    """`import marketplace` loads itself alone, of its own and of what it is made with; of Python's
    own only what loads by name. A name on it loads what that name needs."""
    loaded = newly_loaded("import marketplace")
    assert {name for name in loaded if name.startswith("marketplace")} == {"marketplace"}
    assert {name.split(".")[0] for name in loaded} <= {"marketplace", "importlib", "warnings"}
    assert "attrs" in heavy(newly_loaded("from marketplace import Money"))


def test_help_imports_nothing_heavy() -> None:
    """`marketplace --help`, and that of each word, load nothing of what the word works with; what a
    demo is told is known to the plugins alone, so that its help loads them."""
    asked = [[], *([word] for word in WORDS if word != "demo")]
    program = (
        "from marketplace.cli import main\n"
        f"for words in {asked}:\n"
        "    assert main([*words, '--help'], standalone_mode=False) == 0"
    )
    loaded = newly_loaded(program)
    assert heavy(loaded) == set()
    assert "marketplace.commands.declared" in loaded
    demo = "from marketplace.cli import main\nmain(['demo', '--help'], standalone_mode=False)"
    assert "sqlalchemy" in heavy(newly_loaded(demo))


def test_what_is_declared_is_done_with_the_same_arguments() -> None:
    """Each word hands on what it was told to a function that takes just that."""
    for word in set(WORDS) - {"demo"}:
        command = getattr(declared, word)
        (called,) = re.findall(r'_do\("(\w+):(\w+)", given\)', inspect.getsource(command.callback))
        function = getattr(import_module(f"marketplace.commands.{called[0]}"), called[1])
        taken = {one.name for one in command.params}
        assert set(inspect.signature(function).parameters) == taken, word
