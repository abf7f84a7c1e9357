"""The page of behaviours: read for the ids that exist, rewritten with the tests that passed.

The page is its own source: an entry is one line, `- **C4** what it says`, and under it the tests
that passed for it, or at its end `— *not yet*`. Behaviours bear their own ids; an attack or an
invariant is written `attack 31`, `invariant 4`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from tests.support.data import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "behaviours.md"
NOT_YET = " — *not yet*"

_ENTRY = re.compile(r"- \*\*(?P<id>[^*]+)\*\* (?P<text>.+)")
_PROOF = re.compile(r"  - `(?P<test>[^`]+)`")
_COUNT = re.compile(r"\*\*\d+ of \d+\*\* have a test that passed on the last whole run:.*")


@attrs.frozen
class Entry:
    """One behaviour, attack or invariant, with the tests the page names for it."""

    id: str
    text: str
    tests: tuple[str, ...] = ()


def full_id(marker: str, given: object) -> str:
    """Return the id as the page writes it: "C4" for a behaviour, "attack 31", "invariant 4"."""
    return str(given) if marker == "behaviour" else f"{marker} {given}"


def kind(entry_id: str) -> str:
    """Return what an id is counted with: "C", "R", … for behaviours, "attack", "invariant"."""
    return entry_id.split()[0] if " " in entry_id else entry_id.rstrip("0123456789")


def parse(page: str) -> dict[str, Entry]:
    """Return the page's entries by id, in its order; raise `ValueError` on an id said twice."""
    entries: dict[str, Entry] = {}
    last = ""
    for line in page.splitlines():
        if found := _ENTRY.fullmatch(line):
            last = found["id"]
            if last in entries:
                raise ValueError(f"the page names {last} twice; an id stands once")
            entries[last] = Entry(last, found["text"].removesuffix(NOT_YET))
        elif found := _PROOF.fullmatch(line):
            entry = entries[last]
            entries[last] = attrs.evolve(entry, tests=(*entry.tests, found["test"]))
    return entries


def known_ids(path: Path = PAGE) -> frozenset[str]:
    """Return every id that a marker may name."""
    return frozenset(parse(path.read_text()))


def render(page: str, proofs: Mapping[str, Sequence[str]]) -> str:
    """Return the page with `proofs` (tests by id) in the place of those it named before."""
    entries = parse(page)
    lines = []
    for line in page.splitlines():
        if _PROOF.fullmatch(line):
            continue
        if _COUNT.fullmatch(line):
            lines.append(_count(entries, proofs))
        elif found := _ENTRY.fullmatch(line):
            entry = entries[found["id"]]
            tests = sorted(proofs.get(entry.id, ()))
            lines.append(f"- **{entry.id}** {entry.text}{'' if tests else NOT_YET}")
            lines.extend(f"  - `{test}`" for test in tests)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _count(entries: Mapping[str, Entry], proofs: Mapping[str, Sequence[str]]) -> str:
    totals: dict[str, list[int]] = {}
    for entry_id in entries:
        proved, total = totals.setdefault(kind(entry_id), [0, 0])
        totals[kind(entry_id)] = [proved + bool(proofs.get(entry_id)), total + 1]
    proved = sum(had for had, _ in totals.values())
    each = " · ".join(f"{name} {had}/{total}" for name, (had, total) in totals.items())
    return f"**{proved} of {len(entries)}** have a test that passed on the last whole run: {each}."
