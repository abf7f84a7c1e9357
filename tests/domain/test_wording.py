"""Wording: reasons become sentences in each language, and nothing in them can make that fail."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.money import Money
from marketplace.domain.reason import Reason
from marketplace.domain.wording import counted, digits, grouped, has, money_text, render

WORDS = {
    "en": {
        "late": "{who} is {late:duration} late",
        "only_english": "{metres:distance} away",
        "fee": "{fee:money} for the {payer:word}",
        "word.customer": "rider",
        "word.tax": "tax office",
    },
    "ne": {
        "late": "{who} {late:duration} ढिला",
        "fee": "{payer:word} ले {fee:money}",
        "word.customer": "यात्रु",
    },
}


@pytest.mark.behaviour("T6", "C7")
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Maya is 4 min 10 s late"), ("ne", "Maya ४ मिनेट १० सेकेन्ड ढिला")],
)
def test_a_reason_is_told_in_each_language(language: str, sentence: str) -> None:
    """The same stored reason is a sentence in English and in Nepali, with Nepali digits."""
    assert render(Reason("late", {"who": "Maya", "late": 250}), WORDS, language) == sentence


@pytest.mark.parametrize("language", ["ne", "fr", ""])
def test_english_stands_in(language: str) -> None:
    """A language without the template, or that nobody knows, is answered in English."""
    assert render(Reason("only_english", {"metres": 850}), WORDS, language) == "850 m away"


def test_a_code_without_words_tells_itself() -> None:
    """A reason that no catalogue knows is shown by its code and parameters."""
    assert render(Reason("new_gate", {"radius": 800}), WORDS, "ne") == "new_gate: radius 800"
    assert render(Reason("new_gate"), {}) == "new_gate"
    assert has("late", WORDS)
    assert not has("new_gate", WORDS)


def test_a_missing_parameter_is_shown_by_its_name() -> None:
    """An old reason that lacks what the template asks for still makes a sentence."""
    assert render(Reason("late", {"who": "Maya"}), WORDS) == "Maya is {late:duration} late"


@pytest.mark.parametrize(
    ("template", "value", "en", "ne"),
    [
        ("{x}", 1250, "1250", "१२५०"),
        ("{x}", Money(125_000, "NPR"), "NPR 1,250", "रु १,२५०"),
        ("{x}", {"amount": 125_050, "currency": "NPR"}, "NPR 1,250.50", "रु १,२५०.५०"),
        ("{x:money}", 125_000, "NPR 1,250", "रु १,२५०"),
        ("{x:duration}", 0, "0 s", "० सेकेन्ड"),
        ("{x:duration}", 59, "59 s", "५९ सेकेन्ड"),
        ("{x:duration}", 120, "2 min", "२ मिनेट"),
        ("{x:duration}", 3_905, "1 h 5 min", "१ घण्टा ५ मिनेट"),
        ("{x:duration}", -90, "-1 min 30 s", "-१ मिनेट ३० सेकेन्ड"),
        ("{x:distance}", 999, "999 m", "९९९ मि."),
        ("{x:distance}", 4_349, "4.3 km", "४.३ कि.मि."),
        ("{x:distance}", 10_000, "10 km", "१० कि.मि."),
        ("{x:percent}", 1_250, "12.5 %", "१२.५ %"),
        ("{x:percent}", 2_000, "20 %", "२० %"),
        ("{x:times}", 14_000, "1.4", "१.४"),
        ("{x:times}", 10_000, "1", "१"),
        ("{x:hundredths}", 475, "4.75", "४.७५"),
        ("{x:hundredths}", 400, "4.00", "४.००"),
        ("{x:word}", "customer", "rider", "यात्रु"),
        ("{x:word}", "tax", "tax office", "tax office"),
        ("{x:word}", "moon", "moon", "moon"),
        ("{x}", ["a", 12], "a, 12", "a, १२"),
        ("{x}", None, "", ""),
        ("{x:duration}", "soon", "soon", "soon"),
        ("{x:duration}", True, "True", "True"),
        ("{x:money}", 1.5, "1.5", "1.5"),
        ("{x:nonsense}", 5, "5", "५"),
    ],
)
def test_kinds(template: str, value: Any, en: str, ne: str) -> None:
    """Each kind is written as people write it; what is not of the kind is shown as it is."""
    words = {language: {**told, "code": template} for language, told in WORDS.items()}
    reason = Reason("code", {"x": value, "currency": "NPR"})
    assert render(reason, words, "en") == en
    assert render(reason, words, "ne") == ne


@pytest.mark.parametrize(
    ("template", "params", "en"),
    [
        ("{n} {n|person|persons}", {"n": 1}, "1 person"),
        ("{n} {n|person|persons}", {"n": 0}, "0 persons"),
        ("{n} {n|person|persons}", {"n": 12}, "12 persons"),
        ("{n|this night|these nights}: {n}", {"n": ["Monday"]}, "this night: Monday"),
        (
            "{n|this night|these nights}: {n}",
            {"n": ["Monday", "Friday"]},
            "these nights: Monday, Friday",
        ),
        ("a price{n||, for {n} units}", {"n": 1}, "a price"),
        ("a price{n||, for {n} units}", {"n": 3}, "a price, for 3 units"),
        ("{n|one|many}", {"n": True}, "many"),
        ("{n|one|many}", {}, "many"),
        ("{n} {step:word|n}", {"n": 1, "step": "nights"}, "1 night"),
        ("{n} {step:word|n}", {"n": 2, "step": "nights"}, "2 nights"),
        ("by {step:word}", {"step": "nights"}, "by nights"),
        ("for a {step:word|n}", {"n": 2, "step": "customer"}, "for a rider"),
        ("{n|a|b}", {"n": "{m}", "m": "c"}, "b"),
    ],
)
def test_a_word_goes_with_how_many(template: str, params: dict[str, Any], en: str) -> None:
    """One of a thing has its own word; any other number, and a number nobody knows, the other."""
    words = {"en": {"code": template, "word.nights": "night|nights", "word.customer": "rider"}}
    assert render(Reason("code", params), words) == en


def test_nepali_chooses_its_own_words_by_number() -> None:
    """Each language has forms of its own, by the same number."""
    words = {"ne": {"code": "{n} जना {n|छ|छन्}"}}
    assert render(Reason("code", {"n": 1}), words, "ne") == "१ जना छ"
    assert render(Reason("code", {"n": 3}), words, "ne") == "३ जना छन्"


@pytest.mark.parametrize(
    ("runs", "en", "ne"),
    [
        ([["a", 2, 400_000]], "at NPR 4,000", "प्रत्येक रु ४,०००"),
        (
            [["a", 1, 400_000], ["b", 2, 500_000], ["c", 1, 400_000]],
            "(2 at NPR 4,000, 2 at NPR 5,000)",
            "(रु ४,००० का २, रु ५,००० का २)",
        ),
        ([], "", ""),
        ([["a", "b"]], "a, b", "a, b"),
        ([["a", 1, 1.5]], "a, 1, 1.5", "a, १, 1.5"),
        ("four", "four", "four"),
    ],
)
def test_runs_of_prices_are_told_price_by_price(runs: Any, en: str, ne: str) -> None:
    """The same price is told once however its steps lie; what is no run is shown as it is."""
    words = {"en": {"code": "{runs:each}"}, "ne": {"code": "{runs:each}"}}
    reason = Reason("code", {"runs": runs, "currency": "NPR"})
    assert render(reason, words, "en") == en
    assert render(reason, words, "ne") == ne


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 homes"), (1, "1 home"), (2, "2 homes"), (1_200, "1,200 homes")]
)
def test_things_are_counted_as_people_do(number: int, told: str) -> None:
    """One is singular, everything else plural, in words that form it otherwise as well."""
    assert counted(number, "home") == told
    assert counted(2, "entry", "entries") == "2 entries"


def test_minor_units_take_the_currency_of_the_money_beside_them() -> None:
    """A rate in minor units is shown in the currency of the line's own amount."""
    words = {"en": {"line": "{money}: {rate:money} a {unit}"}}
    params = {"money": {"amount": 900, "currency": "USD"}, "rate": 250, "unit": "mile"}
    assert render(Reason("line", params), words) == "USD 9.00: USD 2.50 a mile"


@pytest.mark.attack(25)
@pytest.mark.parametrize(
    ("money", "en", "ne"),
    [
        (Money(12_345_600, "NPR"), "NPR 1,23,456", "रु १,२३,४५६"),
        (Money(123_456_789_00, "NPR"), "NPR 12,34,56,789", "रु १२,३४,५६,७८९"),
        (Money(12_345_678, "USD"), "USD 123,456.78", "USD १२३,४५६.७८"),
        (Money(12_345_678, "JPY"), "JPY 12,345,678", "JPY १२,३४५,६७८"),
        (Money(1_234_567, "KWD"), "KWD 1,234.567", "KWD १,२३४.५६७"),
        (Money(-5, "USD"), "USD -0.05", "USD -०.०५"),
        (Money(0, "NPR"), "NPR 0", "रु ०"),
        (Money(-100_050, "NPR"), "NPR -1,000.50", "रु -१,०००.५०"),
    ],
)
def test_money_is_written_by_its_currency(money: Money, en: str, ne: str) -> None:
    """Decimals follow the currency, groups its people; rupees without paisa have no decimals."""
    assert money_text(money) == en
    assert money_text(money, "ne") == ne


def test_an_amount_in_a_column_has_its_decimals() -> None:
    """What is written without small coins in a sentence has them in full, and no more than its
    currency has."""
    assert money_text(Money(4_000, "NPR"), in_full=True) == "NPR 40.00"
    assert money_text(Money(-4_000, "NPR"), "ne", in_full=True) == "रु -४०.००"
    assert money_text(Money(4_000, "JPY"), in_full=True) == "JPY 4,000"


@given(st.integers(0, 10**18), st.booleans())
def test_commas_lose_no_digit(number: int, by_lakhs: bool) -> None:
    """Without its commas a grouped number is the number."""
    assert grouped(str(number), by_lakhs=by_lakhs).replace(",", "") == str(number)


def test_digits_are_the_languages() -> None:
    """Nepali has digits of its own; other text and other languages are left alone."""
    assert digits("9801-बाटो 27", "ne") == "९८०१-बाटो २७"
    assert digits("9801", "en") == "9801"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
FIELDS = "{a} {a:money} {b:duration} {c:word} {c:word|a} {a:each} {a|b|{c}} {b||} {a|b} {a.b} {a!r}"
fields = st.sampled_from([*FIELDS.split(), "{0}", "{}", "{{", "{", "}", "|"])


@given(
    st.lists(fields | st.text(max_size=10), max_size=6),
    st.dictionaries(st.sampled_from(["a", "b", "c", "currency", "money"]), values),
    st.sampled_from(["en", "ne", "xx"]),
)
def test_nothing_makes_it_fail(parts: list[str], params: dict[str, Any], language: str) -> None:
    """Any template with any parameters gives some text."""
    words = {"en": {"code": "".join(parts)}, "ne": {"code": "".join(reversed(parts))}}
    assert isinstance(render(Reason("code", params), words, language), str)


def test_a_template_reaches_nothing_but_the_parameters() -> None:
    """A parameter's inside cannot be reached, and a parameter's braces are not filled in turn."""
    words = {"en": {"code": "{a.__class__} {a[0]} {a!r} {b}"}}
    reason = Reason("code", {"a": "x", "b": "{a}"})
    assert render(reason, words) == "{a.__class__} {a[0]} {a!r} {a}"


def test_a_code_without_words_is_told_by_what_its_error_said() -> None:
    """Where no language has a template, the message of the error is the sentence, in one line."""
    said = Reason(
        "no_such_code", {"message": "judge: refund must be in EUR,\nnot USD", "actor": "x"}
    )
    assert render(said, {"en": {}}, "ne") == "judge: refund must be in EUR, not USD"
    assert render(Reason("no_such_code", {"most": 3}), {"en": {}}) == "no_such_code: most 3"
