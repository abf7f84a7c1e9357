"""Who knows one noun knows five files: the value, its table, its verbs, its tests, its page."""

import re

from marketplace.app.marketplace import Marketplace
from tests.support.data import REPOSITORY
from tests.support.source import files

REFERENCE = "docs/reference"
# Verbs in the plural whose noun is not that word without its s.
SINGULAR = {"parties": "party", "matching": "match", "ledger": "ledger", "why": "why"}
# Attributes of a marketplace that are no nouns: what holds it together, and who works in it.
INSIDE = {"context", "clockwork", "notifying"}


def nouns() -> dict[str, str]:
    """Return a marketplace's attributes with their nouns, in the singular."""
    market = Marketplace.open()
    names = [name for name in vars(market) if not name.startswith("_") and name not in INSIDE]
    market.close()
    return {name: SINGULAR.get(name, name.removesuffix("s")) for name in names}


def test_every_noun_has_its_page() -> None:
    """What people do with a noun stands on the page of that name, which is in the index."""
    index = (REPOSITORY / REFERENCE / "index.md").read_text()
    for attribute, noun in nouns().items():
        assert f"{REFERENCE}/{noun}.md" in files(), f"{attribute}: write {REFERENCE}/{noun}.md"
        assert re.search(rf"^{noun}$", index, flags=re.MULTILINE), f"{noun} is not in the index"


def test_every_verb_is_told() -> None:
    """A page shows the class whose methods are the verbs, so that none is left out, and each of
    them says what it does."""
    market = Marketplace.open()
    for attribute, noun in nouns().items():
        kind = type(getattr(market, attribute))
        page = (REPOSITORY / REFERENCE / f"{noun}.md").read_text()
        assert f".. autoclass:: {kind.__module__}.{kind.__name__}" in page
        for name, verb in vars(kind).items():
            if callable(verb) and not name.startswith("_"):
                assert verb.__doc__, f"{kind.__name__}.{name} says nothing"
    market.close()
