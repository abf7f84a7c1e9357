"""No hook ships without a section in the reference, something that uses it, and a test."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from marketplace import hookspecs
from marketplace.hooks import HOOKS
from tests.support.data import REPOSITORY
from tests.support.source import Source, functions, sources

PAGE = "docs/reference/hooks.md"
FACTS = ("kind", "asked", "question", "answer", "joined", "used by")
USERS = ("src/marketplace/plugins", "examples")


def sections(text: str) -> dict[str, str]:
    """Return the page's sections by their title."""
    pieces = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def facts(section: str) -> dict[str, str]:
    """Return what the table of a section says."""
    return dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", section, flags=re.MULTILINE))


def answered(source: Source) -> Iterator[str]:
    """Yield the hooks that a file answers: functions marked as implementations."""
    for node in functions(source.tree):
        marks = {ast.unparse(mark).split("(")[0] for mark in node.decorator_list}
        if "hookimpl" in marks and node.name in HOOKS:
            yield node.name


def spoken(hook: str) -> str:
    """Return the first word of what the specification says: its kind."""
    return (inspect.getdoc(getattr(hookspecs, hook)) or "").split()[0].lower()


def wrong_with(hook: str, page: str) -> list[str]:
    """Return what a page lacks about a hook, a sentence each."""
    section = sections(page).get(hook)
    if section is None:
        return [f"{hook} has no section"]
    said = facts(section)
    wrong = [f"{hook} does not say {fact}" for fact in FACTS if not said.get(fact)]
    if said.get("kind") != spoken(hook) or not hook.startswith(said.get("kind", "-")):
        wrong.append(f"{hook} is of kind {spoken(hook)}, not {said.get('kind')}")
    shown = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    if not any(f"def {hook}(" in block and "assert" in block for block in shown):
        wrong.append(f"{hook} has no example that answers it and looks at what comes of it")
    users = {source.path for source in sources(*USERS) if hook in answered(source)}
    named = {
        link.removeprefix("../../")
        for link in re.findall(r"\]\(([^)]+)\)", said.get("used by", ""))
    }
    wrong += [f"{hook} is said to be used by {path}, which does not" for path in named - users]
    return wrong


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    """A hook has a section with its kind, question, answer, joining and users, all true, and an
    example that runs."""
    assert wrong_with(hook, (REPOSITORY / PAGE).read_text()) == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_used(hook: str) -> None:
    """A built-in plugin or an example answers it, and the reference names one that does."""
    assert [source.path for source in sources(*USERS) if hook in answered(source)]
    assert "](" in facts(sections((REPOSITORY / PAGE).read_text())[hook])["used by"]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_tested(hook: str) -> None:
    """A test answers it with two plugins and looks at how the answers are joined."""
    pages = ("tests/test_hooks.py", "tests/test_hook_answers.py")
    tests = [source for source in sources("tests") if source.path in pages]
    written = [node.name for one in tests for node in functions(one.tree)]
    named = [name for name in written if name.startswith(f"test_{hook}")]
    assert named, f"write test_{hook} in {pages[0]}"


def test_the_hooks_asked_are_those_specified() -> None:
    """What the marketplace asks, what the specification lists and what the page tells are one."""
    specified = [
        name for name, what in vars(hookspecs).items() if hasattr(what, "marketplace_spec")
    ]
    assert list(HOOKS) == specified
    assert list(sections((REPOSITORY / PAGE).read_text())) == specified


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("## hear_event\n", "## hear_events\n", "hear_event has no section"),
        ("| kind | hear |", "| kind | refuse |", "hear_event is of kind hear, not refuse"),
        ("def hear_event(", "def heard(", "hear_event has no example"),
        ("| answer | none; raising", "| answers | none; raising", "does not say answer"),
        ("plugins/rides/plugin.py", "plugins/wallet.py", "which does not"),
    ],
)
def test_a_page_that_lacks_something_is_found(before: str, after: str, found: str) -> None:
    """A section that is missing, wrong or without its example does not pass."""
    page = (REPOSITORY / PAGE).read_text()
    start = page.index("## hear_event\n")
    spoiled = page[:start] + page[start:].replace(before, after, 1)
    assert spoiled != page
    assert any(found in wrong for wrong in wrong_with("hear_event", spoiled))
