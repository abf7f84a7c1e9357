"""The goods' words: every code that they give has a sentence in both languages."""

import ast
import re
from pathlib import Path

import pytest

import marketplace.plugins.goods.words as words_module
from marketplace.plugins.goods.words import ENGLISH, NEPALI

CODE = re.compile(r"goods_[a-z_]+")
FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")


def given_codes() -> set[str]:
    """Every code that the package writes as a whole string; its tables are named alike."""
    return {
        leaf.value
        for path in Path(words_module.__file__).parent.rglob("*.py")
        if path.name not in ("words.py", "tables.py") and path.parent.name != "versions"
        for leaf in ast.walk(ast.parse(path.read_text()))
        if isinstance(leaf, ast.Constant)
        and isinstance(leaf.value, str)
        and CODE.fullmatch(leaf.value)
    }


@pytest.mark.behaviour("C7", "T6")
def test_every_reason_has_words_and_none_is_left_over() -> None:
    """The reasons that are given are those that have a sentence, no more and no fewer."""
    assert "goods_pieces_left" in given_codes()
    assert given_codes() == {code for code in ENGLISH if code.startswith("goods_")}


def test_both_languages_speak_of_the_same() -> None:
    """The catalogues have the same codes, and a Nepali sentence asks for no other parameters."""
    assert ENGLISH.keys() == NEPALI.keys()
    for code, template in NEPALI.items():
        assert set(FIELD.findall(template)) <= set(FIELD.findall(ENGLISH[code])), code
