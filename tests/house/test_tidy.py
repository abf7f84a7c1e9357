"""Tidiness: sizes, names, stubs, floats in money, clocks in the wrong place, whose words these are.

Each checker is a function from a source to a list of sentences, and is tried on a planted mistake.
"""

import ast
import re
import subprocess
from collections.abc import Callable

import pytest

from tests.support.data import REPOSITORY
from tests.support.source import Source, files, functions, hold, sources, texts

MOST_LINES = 400
MOST_FUNCTION_LINES = 70
MOST_COLUMNS = 100
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "service", "misc"}

# Modules of the domain that money passes through: no floating point in them at all.
MONEY = {"money", "quote", "policy", "ledger", "payment", "payout", "checkout", "purse"}
# Folders where time, ids and randomness come from the context, and the module that makes them.
INSIDE = ("domain", "matching", "app", "store", "plugins", "simulation")
CONTEXT = {"src/marketplace/app/clocks.py"}
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "time.time_ns", "uuid.uuid1", "uuid.uuid4", "uuid.uuid7", "uuid1", "uuid4", "uuid7",
    "os.urandom", "random.SystemRandom",
}  # fmt: skip

# Empty on purpose, each with its reason.
STUBS_ALLOWED: set[tuple[str, str]] = set()

# Written apart, so that this file does not hold what it looks for.
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")))
# Folders of somebody's machine, and addresses of package registries.
MACHINE = re.compile(r"(?<![\w.~$}])/(?:home|root|Users|tmp|work|mnt|srv|private)/\w")
REGISTRY = re.compile(r"https?://[^\s)\"']+/simple\b|--(?:extra-)?index-url\s+\S*://")

Checker = Callable[[Source], list[str]]


def too_long(source: Source) -> list[str]:
    """A file has at most 400 lines, a function 70, a line 100 columns."""
    lines = source.text.splitlines()
    found = [f"{source.path} has {len(lines)} lines"] if len(lines) > MOST_LINES else []
    found += [
        f"{source.path}:{number} has {len(line)} columns"
        for number, line in enumerate(lines, 1)
        if len(line) > MOST_COLUMNS
    ]
    for node in functions(source.tree):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MOST_FUNCTION_LINES:
            found.append(f"{source.path}:{node.lineno} {node.name} has {length} lines")
    return found


def vague(source: Source) -> list[str]:
    """A module is named for what is in it."""
    parts = source.path.removesuffix(".py").split("/")
    return [f"{source.path}: {part} says nothing" for part in parts if part in VAGUE]


def unfinished(source: Source) -> list[str]:
    """What is not done is not in the code."""
    return [
        f"{source.path}:{number} {line.strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]


def stubs(source: Source) -> list[str]:
    """A function does something, unless it stands in a Protocol, or only asks (a hook's spec)."""
    if source.module.endswith(".hookspecs"):
        return []
    return [
        f"{source.path}:{node.lineno} {node.name} does nothing"
        for node in functions(source.tree)
        if _only_words(node.body)
        and node not in _declared(source.tree)
        and (source.path, node.name) not in STUBS_ALLOWED
    ]


def _only_words(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


def _declared(tree: ast.Module) -> set[ast.AST]:
    declared: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}
            if bases & {"Protocol", "ABC"}:
                declared.update(functions(node))
    for function in functions(tree):
        marks = {ast.unparse(mark).split(".")[-1] for mark in function.decorator_list}
        if marks & {"overload", "abstractmethod"}:
            declared.add(function)
    return declared


def untold(source: Source) -> list[str]:
    """Every test states the law it holds: a docstring that is a sentence."""
    found = []
    for node in functions(source.tree):
        if node.name.startswith("test_"):
            law = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
            if len(law.split()) < 5 or not law.endswith(".") or law[0].islower():
                found.append(f"{source.path}:{node.lineno} {node.name} states no law: {law!r}")
    return found


def floats(source: Source) -> list[str]:
    """Money is integers: no float is written, made or come by through division."""
    found = []
    for node in ast.walk(source.tree):
        match node:
            case (
                ast.Constant(value=float())
                | ast.BinOp(op=ast.Div())
                | ast.AugAssign(op=ast.Div())
                | ast.Call(func=ast.Name(id="float"))
            ):
                found.append(f"{source.path}:{node.lineno} {ast.unparse(node)}")
    return found


def clocks(source: Source) -> list[str]:
    """Time, ids and randomness come from the context, so the same seed gives the same run."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ".".join(ast.unparse(node.func).split(".")[-2:])
        drawn = name.startswith(("random.", "secrets.")) and name != "random.Random"
        unseeded = name in ("random.Random", "Random") and not node.args
        if name in CLOCKS or drawn or unseeded:
            found.append(f"{source.path}:{node.lineno} {name} asks the machine")
    return found


def shouts(source: Source) -> list[str]:
    """An error's message is lower case, begins with no capital and ends with no full stop."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            first, last = _ends(node.exc.args[0])
            if re.match(r"[A-Z][a-z]", first) or re.search(r"[^.]\.$", last):
                found.append(f"{source.path}:{node.lineno} {first}…{last}")
    return found


def _ends(message: ast.expr) -> tuple[str, str]:
    pieces = message.values if isinstance(message, ast.JoinedStr) else [message]
    said = [
        str(piece.value)
        if isinstance(piece, ast.Constant) and isinstance(piece.value, str)
        else "…"
        for piece in pieces
    ]
    return (said[0], said[-1]) if said else ("", "")


def foreign(path: str, text: str) -> list[str]:
    """What is committed speaks of the project only: no machine's folders, no registry."""
    return [
        f"{path}:{number} {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE.search(line) or REGISTRY.search(line)
    ]


def all_wrong(checker: Checker, looked_at: list[Source]) -> list[str]:
    assert looked_at, "a checker that looks at nothing finds nothing"
    return [wrong for source in looked_at for wrong in checker(source)]


def all_tests() -> list[Source]:
    everywhere = sources("tests", "examples", "bench")
    return [s for s in everywhere if s.path.split("/")[-1].startswith("test_")]


def inside() -> list[Source]:
    folders = sources(*(f"src/marketplace/{folder}" for folder in INSIDE))
    return [source for source in folders if source.path not in CONTEXT]


def money() -> list[Source]:
    domain = sources("src/marketplace/domain")
    assert domain
    return [source for source in domain if source.module.split(".")[-1] in MONEY]


@pytest.mark.parametrize("checker", [too_long, vague, unfinished])
def test_all_code_is_tidy(checker: Checker) -> None:
    """No file, function or line is too long; every name says something; nothing is unfinished."""
    hold(all_wrong(checker, sources()))


@pytest.mark.parametrize("checker", [stubs, shouts])
def test_the_package_is_finished(checker: Checker) -> None:
    """No function of the package does nothing, and its errors do not shout."""
    hold(all_wrong(checker, sources("src")))


def test_every_test_states_a_law() -> None:
    """A test that cannot say what it holds is not known to hold anything."""
    hold(all_wrong(untold, all_tests()))


def test_money_knows_no_float() -> None:
    """No module that money passes through has a float in it."""
    hold([wrong for source in money() for wrong in floats(source)])


def test_nobody_inside_asks_the_machine() -> None:
    """No clock, no identifier and no chance is asked of the machine but in the context."""
    hold(all_wrong(clocks, inside()))


def test_every_file_speaks_of_the_project_only() -> None:
    """No committed file names a folder of somebody's machine or a package registry."""
    assert len(files()) > 10
    hold([wrong for path, text in texts() for wrong in foreign(path, text)])


def test_every_commit_speaks_of_the_project_only() -> None:
    """No commit's message names a folder of somebody's machine or a package registry."""
    command = ["git", "log", "--format=%h%n%B", "--max-count=2000"]
    log = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    assert log.stdout
    hold(foreign("commit", log.stdout))


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        (too_long, "x = 1\n" * 401),
        (too_long, f"x = '{'y' * 100}'"),
        (too_long, "def f():\n" + "    x = 1\n" * 70),
        (unfinished, "# TO" + "DO: later"),
        (unfinished, "raise NotImplemented" + "Error"),
        (stubs, 'def f():\n    """Do much."""'),
        (stubs, "class A:\n    def f(self): ..."),
        (untold, "def test_it(): assert True"),
        (untold, 'def test_it():\n    """works"""'),
        (untold, 'class TestIt:\n    def test_it(self):\n        """Test it."""'),
        (floats, "fee = 0.1"),
        (floats, "fee = price / 10"),
        (floats, "fee = float(price)"),
        (clocks, "at = datetime.now(UTC)"),
        (clocks, "at = datetime.datetime.now(UTC)"),
        (clocks, "name = uuid.uuid4()"),
        (clocks, "n = random.random()"),
        (clocks, "n = random.Random()"),
        (shouts, "raise ValueError('This is wrong')"),
        (shouts, "raise ValueError(f'{x} is wrong.')"),
    ],
)
def test_each_checker_finds_a_planted_mistake(checker: Checker, text: str) -> None:
    """A mistake that is planted is found, once."""
    assert len(checker(Source("src/marketplace/domain/planted.py", text))) == 1


def test_a_vague_name_is_found() -> None:
    """A module or a folder named for nothing is found by its path."""
    assert len(vague(Source("src/marketplace/app/helpers.py", ""))) == 1
    assert len(vague(Source("src/marketplace/common/money.py", ""))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "see /ho" + "me/ann/notes",
        "cd /wo" + "rk/main",
        "open('/t" + "mp/x')",
        "https://mirror.example/si" + "mple",
    ],
)
def test_a_foreign_word_is_found(line: str) -> None:
    """A path on somebody's machine and a registry's address are found in any line."""
    assert len(foreign("README.md", line)) == 1


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        (stubs, "class P(Protocol):\n    def f(self): ..."),
        (untold, 'def test_it():\n    """What is taken cannot be taken again."""\n    assert f()'),
        (floats, "fee = price // 10"),
        (clocks, "n = random.Random(seed).random(); at = context.clock.now()"),
        (shouts, "raise ValueError(f'{x} is taken; NPR may be paid in')"),
    ],
)
def test_what_is_right_is_let_be(checker: Checker, text: str) -> None:
    """What the house allows is not found wrong."""
    assert checker(Source("src/marketplace/domain/planted.py", text)) == []
