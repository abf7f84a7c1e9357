"""The face: names only, loaded lazily, and nothing else public."""

import ast
import re
import subprocess
import sys

import pytest

import marketplace
from tests.support.data import REPOSITORY
from tests.support.source import PACKAGE

FACE = ast.parse((PACKAGE / "__init__.py").read_text())
# What takes long to import, or is not always installed: nothing of it for a name.
HEAVY = {"attrs", "sqlalchemy", "alembic", "numpy", "scipy", "pluggy", "cattrs", "rich", "stripe"}


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


def test_importing_the_face_imports_nothing_heavy() -> None:
    """`import marketplace` loads none of what the marketplace is made with."""
    program = "import sys, marketplace; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "marketplace" in loaded
    assert loaded & HEAVY == set()
