"""Every journal that is written has words: each kind and each rule, in both languages."""

import ast
import re
from collections.abc import Iterator

from marketplace import Marketplace, Reason, render
from marketplace.app.entry_words import ENGLISH, NEPALI, entry_reason
from marketplace.app.rules_of_books import RULES
from marketplace.plugins.cash import Cash
from marketplace.plugins.commission import Commission
from marketplace.plugins.coupons import Coupons
from marketplace.plugins.goods import Goods
from marketplace.plugins.place_tax import PlaceTax
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from marketplace.plugins.stays import Stays
from marketplace.plugins.wallet import Wallet
from tests.support.source import Source, sources

# Which arguments of what writes a journal may be the kind.
WRITERS = {"post": (1,), "write": (0, 1), "credit_party": (4,), "_give_back": (3,)}
WORDS = {"en": ENGLISH, "ne": NEPALI}


def kinds(source: Source) -> Iterator[str]:
    """Every kind that a module writes in so many words, or by a constant of its own."""
    constants = {
        target.id: node.value.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [node.args[at] for at in WRITERS.get(name, ()) if at < len(node.args)]
        # Of a choice between two kinds, both; a kind that is worked out has its own test.
        for part in (part for one in given for part in ast.walk(one)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, ast.Name) and isinstance(constants.get(part.id), str):
                yield str(constants[part.id])


def test_every_kind_has_words() -> None:
    """A journal of a new kind needs words for the statements that tell of it."""
    written = {
        kind
        for source in sources()
        if source.module.startswith("marketplace.app.")
        for kind in kinds(source)
        if re.fullmatch(r"[a-z][a-z ]+", kind)
    }
    borne = {"chargeback borne", "chargeback covered", "chargeback fee borne"}
    assert written >= borne | {"settle", "payout", "top up", "capture", "void", "write off"}
    written |= {f"{kind} reversed" for kind in borne}
    for kind in sorted(written):
        assert f"entry.{kind.replace(' ', '_')}" in ENGLISH, kind


def test_both_languages_tell_the_same() -> None:
    """No code is told in one language alone, and each rule of the books is told."""
    assert ENGLISH.keys() == NEPALI.keys()
    assert {f"entry.{rule}" for rule in RULES} <= ENGLISH.keys()


def test_an_entry_is_told_by_what_explains_it_best() -> None:
    """By its line, else by the rule of the books, else by the journal's kind; an unknown kind
    says itself. A line of a plugin without a word is told by its code."""

    def told(kind: str, rule: str, words: dict[str, str] | None = None) -> str:
        catalogues = {"en": {**ENGLISH, **(words or {})}}
        return render(entry_reason(kind, rule, catalogues), catalogues)

    assert told("settle", "late_fee") == "settled: late fee"
    assert told("settle", "late_fee", {"word.line.late_fee": "for being late"}) == (
        "settled: for being late"
    )
    assert told("reverse settlement", "late_fee") == "settlement taken back: late fee"
    assert told("settle", "books.netted") == "earnings pay a debt"
    assert told("payout", "") == "paid out"
    assert told("chargeback fee borne reversed", "") == "bears the fee of a chargeback no more"
    assert told("a plugin's own", "") == "a plugin's own"
    said = entry_reason("settle", "goods", WORDS, {"transaction": "tx_1", "row": "finish"})
    assert said == Reason(
        "entry.line",
        {
            "kind": "settle",
            "transaction": "tx_1",
            "row": "finish",
            "line": "goods",
            "rule": "goods",
        },
    )


def test_every_line_of_ours_has_a_name() -> None:
    """A statement calls each line of the built-in plugins by its name, in both languages: where it
    has a sentence it has a name too."""
    trades = [Rides(fare=kathmandu_bike()), Stays(), Goods()]
    others = [Commission(), Coupons(), Cash(), PlaceTax(), Sandbox(), Wallet()]
    market = Marketplace.open(plugins=[*trades, *others])
    for language, words in market.context.words.items():
        lines = {code for code in words if code.startswith("line.")}
        assert len(lines) > 60
        assert {code for code in lines if f"word.{code}" not in words} == set(), language
        assert not [words[f"word.{code}"] for code in lines if "{" in words[f"word.{code}"]]
    market.close()
