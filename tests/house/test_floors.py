"""The floors: who may import whom. Each checker is tried on a planted mistake as well."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.data import REPOSITORY
from tests.support.source import PACKAGE, SRC, Source, hold, imports, sources

LINT = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename=".importlinter", no_cache=True))
"""

# Folders that see the face and their own inside, as a stranger's package does. A plugin's inside
# is the plugin, not the folder all plugins lie in. Its demo is an example that lies with it: it
# shows the plugin among others, so it may import those as an example may, by what each of them
# holds out; it does not live in another plugin's rooms.
OUTER = ("plugins", "demo", "testing", "simulation", "web")
# What demos share, and a plugin draws with: a room that a stranger's package has as well.
SHARED = "marketplace.demo"
# Below the face: these may not import it.
INNER = ("errors", "domain", "matching", "hookspecs", "store", "hooks", "app")
# Code that uses the library: what it may import besides the face.
STRANGERS = ("examples", "bench", "tests/stories", "tests/docs", "tests/examples")
FOR_STRANGERS = ("plugins", "demo", "testing")

# What a pure floor may import besides the standard library and itself.
PURE = {
    "domain": {"attr", "attrs", "marketplace.errors"},
    "matching": {"numpy", "scipy", "numba", "h3", "attr", "attrs", "marketplace.errors"},
    "errors": set(),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of `.importlinter` on the package under `root`."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "120"}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def below(name: str, start: str) -> bool:
    return name == start or name.startswith(f"{start}.")


def past_the_face(source: Source) -> list[str]:
    """Return what a module of an outer folder imports that a stranger's package could not."""
    folder, *rest = source.module.split(".")[1:]
    own = f"marketplace.{folder}"
    if folder == "plugins" and rest:
        mine = f"{own}.{rest[0]}"
        demo = rest[1:2] == ["demo"]
        return _past_the_face(source, [own if demo else mine, SHARED]) + (
            _in_another_s_room(source, mine) if demo else []
        )
    return _past_the_face(source, [own])


def _in_another_s_room(source: Source, mine: str) -> list[str]:
    """Return what a demo imports out of the inside of a plugin that is not its own."""
    doors = {f"marketplace.plugins.{path.stem}" for path in (PACKAGE / "plugins").iterdir()}
    return [
        f"{source.path}:{line} imports {name}; it may import what plugins hold out, and {SHARED}"
        for line, name in imports(source)
        if below(name, "marketplace.plugins")
        and not below(name, mine)
        and name not in doors
        and (name.rpartition(".")[0] not in doors or _is_module(name))
    ]


def _is_module(name: str) -> bool:
    path = SRC.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def past_the_doors(source: Source) -> list[str]:
    """Return what an example or a benchmark imports besides the face, the plugins, testing."""
    return _past_the_face(source, [f"marketplace.{folder}" for folder in FOR_STRANGERS])


def _past_the_face(source: Source, allowed: Iterable[str]) -> list[str]:
    rooms = {path.stem for path in PACKAGE.iterdir()} | {*INNER, *OUTER, "cli"}
    return [
        f"{source.path}:{line} imports {name}; it may import the face and {', '.join(allowed)}"
        for line, name in imports(source)
        if below(name, "marketplace")
        and name.split(".")[1:2] not in ([], ["__version__"])
        and name.split(".")[1] in rooms
        and not any(below(name, start) for start in allowed)
    ]


def up_to_the_face(source: Source) -> list[str]:
    """Return where a module below the face imports it, or anything that is not one of its rooms."""
    rooms = {*INNER, "cli", *OUTER}
    return [
        f"{source.path}:{line} imports {name} from the face; it may import the module it lives in"
        for line, name in imports(source)
        if below(name, "marketplace") and name.split(".")[1:2] not in [[room] for room in rooms]
    ]


def impurities(source: Source, floor: str) -> list[str]:
    """Return what a module of a pure floor imports that may not be there."""
    allowed = {f"marketplace.{floor}", *PURE[floor]}
    return [
        f"{source.path}:{line} imports {name}; {floor} may import {', '.join(sorted(allowed))}"
        for line, name in imports(source)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(below(name, start) for start in allowed)
    ]


def names_plugins(source: Source) -> list[str]:
    """Return where a module spells the name of a built-in plugin's module, in any way."""
    spelled = [line for line in source.text.splitlines() if "marketplace.plugins" in line]
    return [f"{source.path}: {line.strip()}" for line in spelled]


def rooms_of(*names: str) -> list[Source]:
    """Return the modules of these rooms of the package, a room being a module or a folder."""
    return [s for s in sources("src") if s.module.split(".")[1:2] in [[name] for name in names]]


def test_imports_go_only_downwards() -> None:
    """Every contract of `.importlinter` is kept."""
    result = lint(REPOSITORY)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        ("domain", "import marketplace.app", "Import only downwards"),
        ("domain", "import marketplace.matching", "Import only downwards"),
        ("store", "def late():\n    import marketplace.app", "Import only downwards"),
        ("plugins", "import marketplace.domain", "see only the face"),
        ("domain", "import sqlalchemy", "no database"),
        ("surprise", "", "surprise"),
    ],
)
def test_the_contracts_find_a_planted_import(
    tmp_path: Path, room: str, line: str, broken: str
) -> None:
    """An import upwards, sideways, past the face or out of a pure floor breaks its contract."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "marketplace")
    shutil.copy(REPOSITORY / ".importlinter", tmp_path)
    folder = tmp_path / "src" / "marketplace" / room
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "planted.py").write_text(f"{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert broken in result.stdout.partition("BROKEN")[2]


def test_a_circle_inside_a_folder_is_found(tmp_path: Path) -> None:
    """Two modules of one folder that import each other break the contract against circles."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "marketplace")
    shutil.copy(REPOSITORY / ".importlinter", tmp_path)
    folder = tmp_path / "src" / "marketplace" / "domain"
    (folder / "hen.py").write_text("import marketplace.domain.egg\n")
    (folder / "egg.py").write_text("import marketplace.domain.hen\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "No circle inside a folder BROKEN" in result.stdout


def test_plugins_and_their_like_see_only_the_face() -> None:
    """Plugins, testing, simulation and web import the face and their own inside, nothing else."""
    hold([wrong for source in rooms_of(*OUTER) for wrong in past_the_face(source)])


def test_strangers_use_the_doors() -> None:
    """Examples, benchmarks and stories import the face, the built-in plugins and testing only."""
    hold([wrong for source in sources(*STRANGERS) for wrong in past_the_doors(source)])


@pytest.mark.parametrize(
    "line",
    [
        "import marketplace.domain.money",
        "from marketplace import app",
        "from marketplace.errors import Refused",
        "from ...domain import money",
        "from importlib import import_module\nimport_module('marketplace.store')",
        "from marketplace.plugins.goods import Goods",
        "def late():\n    from marketplace.hooks import ask",
    ],
)
def test_looking_past_the_face_is_found(line: str) -> None:
    """Each way round the face is found, lazy and relative ones too."""
    planted = Source("src/marketplace/plugins/rides/fares.py", line)
    assert len(past_the_face(planted)) == 1
    if "plugins" not in line and "..." not in line:
        assert len(past_the_doors(Source("examples/rides/app.py", line))) == 1


def test_a_demo_in_a_plugin_is_an_example_that_lies_with_it() -> None:
    """A plugin's demo sees the other plugins; the plugin itself does not, nor past the face."""
    line = "from marketplace.plugins.cash import Cash"
    assert past_the_face(Source("src/marketplace/plugins/rides/demo/town.py", line)) == []
    assert len(past_the_face(Source("src/marketplace/plugins/rides/plugin.py", line))) == 1
    inside = "from marketplace.domain.money import Money"
    assert len(past_the_face(Source("src/marketplace/plugins/rides/demo/town.py", inside))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "from marketplace.plugins.rides.demo.printing import facts",
        "from marketplace.plugins.rides.demo import left",
        "import marketplace.plugins.rides.sketch",
    ],
)
def test_a_demo_in_another_plugin_s_room_is_found(line: str) -> None:
    """A demo imports what other plugins hold out, never their inside; the shared room is free."""
    path = "src/marketplace/plugins/stays/demo/story.py"
    assert len(past_the_face(Source(path, line))) == 1
    for free in ("from marketplace.plugins.ical import ICal", "from marketplace.demo import left"):
        assert past_the_face(Source(path, free)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from marketplace import Marketplace, Money",
        "import marketplace",
        "from .zones import Zone",
        "from marketplace.plugins.rides.zones import Zone",
        "import rich",
    ],
)
def test_a_stranger_may_do_what_a_stranger_can(line: str) -> None:
    """The face, a plugin's own inside and other people's packages are free to use."""
    assert past_the_face(Source("src/marketplace/plugins/rides/fares.py", line)) == []


def test_nothing_below_the_face_imports_it() -> None:
    """The inner floors import from the module a name lives in, so the face can stay lazy."""
    hold([wrong for source in rooms_of(*INNER) for wrong in up_to_the_face(source)])


@pytest.mark.parametrize("line", ["from marketplace import Money", "import marketplace"])
def test_importing_the_face_from_below_is_found(line: str) -> None:
    """A module of the domain that asks the face for a name is found."""
    assert len(up_to_the_face(Source("src/marketplace/domain/quote.py", line))) == 1


@pytest.mark.parametrize("floor", PURE)
def test_pure_floors_are_pure(floor: str) -> None:
    """The domain needs attrs and the standard library; the matching, arrays at most."""
    hold([wrong for source in rooms_of(floor) for wrong in impurities(source, floor)])


def test_an_impurity_is_found() -> None:
    """A third-party import in the domain is found even inside a function."""
    planted = Source("src/marketplace/domain/money.py", "def late():\n    import babel.numbers")
    assert len(impurities(planted, "domain")) == 1
    assert impurities(Source(planted.path, "import attrs, datetime"), "domain") == []


def test_nothing_below_the_command_names_a_plugin() -> None:
    """Plugins are given as objects or entry points; no inner module, nor the face, spells one."""
    inner = [*rooms_of(*INNER), *(s for s in sources("src") if s.module == "marketplace")]
    assert len(inner) > 1
    hold([wrong for source in inner for wrong in names_plugins(source)])


def test_naming_a_plugin_is_found() -> None:
    """A plugin's module named in a string is found, as it would be imported by it."""
    planted = Source("src/marketplace/app/opening.py", 'DEFAULT = "marketplace.plugins.rides"')
    assert len(names_plugins(planted)) == 1
