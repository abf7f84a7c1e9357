"""Contact details in people's texts: telephone numbers, addresses of mail, links; found and masked.

A text is first *levelled*: compatibility forms become plain (full-width letters, digits in
circles), every script's digits become 0 to 9, what is invisible goes, and each sign remembers
where it came from. Then patterns look for contacts, and what they find is cut out of the text as
it was written. Numbers are the hard part: seven digits or more with little between them are taken
for a telephone number, unless the whole of it reads as something ordinary (dates, years, a price).

It stops who would not look for a way around. Numbers in words, a number in three messages, or a
picture of one pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

HIDDEN = "[hidden until agreed]"
"""What stands in the place of a contact."""
LEAST_DIGITS, MOST_DIGITS = 7, 20
"""Digits of a telephone number: local ones have seven, and some write prefixes before it."""

_MAIL_HOSTS = r"(?:gmail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|gmx|ymail|aol)"
_ENDS = (
    r"(?:com|net|org|info|biz|app|dev|link|shop|site|online|xyz|edu|io|"
    r"com\.np|np|uk|de|fr|ly|ru|cn|eu|es|it|nl|ch|jp|br|au)"
)
# Blanks and names are bounded, so that no text takes long, however it is written.
_GAP = r"\s{0,3}"
_DOT = rf"{_GAP}(?:[\[({{<]{_GAP}(?:dot|\.){_GAP}[\])}}>]|\.|\sdot\s|\sd0t\s){_GAP}"
_AT = rf"{_GAP}(?:[\[({{<]{_GAP}(?:at|@){_GAP}[\])}}>]|@|\sat\s){_GAP}"
_NAME, _LABEL = r"(?<![\w.+%-])[\w.+%-]{1,64}", r"[\w-]{1,63}"
_MAIL = re.compile(
    rf"{_NAME}@{_LABEL}(?:\.{_LABEL}){{1,5}}"
    rf"|{_NAME}{_AT}{_MAIL_HOSTS}\b(?:{_DOT}\w{{1,20}}){{0,2}}"
    rf"|{_NAME}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}?{_DOT}{_ENDS}\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    rf"\b(?:https?|hxxps?|ftp)://\S+|\bwww\.\S+|\bmailto:\S+"
    rf"|(?<![\w.-]){_LABEL}(?:\.{_LABEL}){{0,5}}\.{_ENDS}\b(?:/\S*)?"
    rf"|(?<![\w.-])(?:{_LABEL}\.){{1,5}}[a-z]{{2,20}}/\S+"
    rf"|(?<![\w.-]){_LABEL}(?:{_GAP}[\[({{<]{_GAP}(?:dot|\.){_GAP}[\])}}>]{_GAP}|\sdot\s)"
    r"(?:com|net|org|np|io)\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    r"\b(?:whats\s?app|viber|telegram|signal|skype|wechat|insta(?:gram)?|facebook|messenger|imo)"
    r"\s{0,3}(?:id|handle|name|number|no\.?)?\s{0,3}[:=@]{1,3}\s{0,3}@?[\w.-]{3,}",
    re.IGNORECASE,
)
_SERVICES = (
    "whats", "viber", "telegram", "signal", "skype", "wechat", "insta", "facebook", "messenger",
    "imo",
)  # fmt: skip
_AN_END = re.compile(rf"\.{_GAP}{_ENDS}\b|\.[a-z]{{2,20}}/|[\[({{<]{_GAP}\.")
_A_HOST = re.compile(_MAIL_HOSTS)
_LETTERS_FOR_DIGITS = re.compile(r"(?<=\d)[oO]+(?=\d)|(?<=\d)[lI|]+(?=\d)")

# Between two digits of a number stand at most three of these; a comma only when nothing follows
# it, for "2019, 2020" are two numbers.
_BETWEEN = r"(?:,(?=\d)|[\s./()_*~·•\u2011–—-]|\+){0,3}"
_RUN = re.compile(rf"[+(]{{0,3}}\d(?:{_BETWEEN}\d)*")

_YEAR = r"(?:19|20)\d\d"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[0-2])", r"(?:0?[1-9]|1[0-2])"
_DATE = (
    rf"(?:{_YEAR}([-/.]){_MONTH}\1{_DAY}"
    rf"|(?:{_DAY}[-–]){{0,1}}{_DAY}([-/.])(?:{_MONTH}|{_DAY})\2{_YEAR})"
)
_TO = r"\s?[-–—/]?\s?"
_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,2}(?:,\d{2})*,\d{3}(?:\.\d{1,2})?"
_ORDINARY = re.compile(
    rf"(?:{_YEAR})(?:{_TO}{_YEAR})*"
    rf"|(?:{_GROUPED})(?:{_TO}(?:{_GROUPED}))*"
    rf"|\d{{1,4}}0(?:\s?[-–—]\s?)\d{{1,4}}0"
)
_COMPACT_DATE = re.compile(rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[0-2])")
_ONE_DATE = re.compile(_DATE)
_CURRENCY = re.compile(
    r"(?:\b(?:npr|inr|usd|eur|gbp|aud|cad|jpy|chf|rs\.?|rupees?|dollars?|euros?|yen)"
    r"|[$€£¥₹₨]|रु\.?)",
    re.IGNORECASE,
)
_PRICE = re.compile(r"\d{1,8}(?:\.\d{1,2})?|\d{1,3}(?:[ .]\d{3}){1,2}")


def masked(text: str, instead: str = HIDDEN) -> str:
    """The text with every contact replaced; the very text where there is none."""
    spans = _contacts(text)
    if not spans:
        return text
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], instead]
        at = end
    return "".join([*parts, text[at:]])


def holds_contact(text: str) -> bool:
    """Whether a text holds what looks like a way to reach somebody."""
    return bool(_contacts(text))


def _contacts(text: str) -> list[tuple[int, int]]:
    """Where contacts stand in a text, in order and apart."""
    level, origin = _levelled(text)
    found = [match.span() for kind in _worth(level.lower()) for match in kind.finditer(level)]
    if sum(map(str.isdigit, level)) < LEAST_DIGITS:
        return _apart(found, origin)
    digits = _LETTERS_FOR_DIGITS.sub(
        lambda match: ("0" if match[0][0] in "oO" else "1") * len(match[0]), level
    )
    found += [
        match.span()
        for match in _RUN.finditer(digits)
        if _is_phone(match[0], digits[: match.start()], digits[match.end() :])
    ]
    return _apart(found, origin)


def _worth(level: str) -> list[re.Pattern[str]]:
    """Patterns that could find something: most texts have nothing to begin with."""
    ends = "dot" in level or "d0t" in level or _AN_END.search(level) is not None
    worth = []
    if "@" in level or ("at" in level and (ends or _A_HOST.search(level) is not None)):
        worth.append(_MAIL)
    if ends or "://" in level or "www." in level or "mailto:" in level:
        worth.append(_LINK)
    if any(one in level for one in _SERVICES):
        worth.append(_HANDLE)
    return worth


def _apart(found: list[tuple[int, int]], origin: Sequence[int]) -> list[tuple[int, int]]:
    """Spans of the text as it was written, in order; those that touch become one."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        mine = (origin[start], origin[end - 1] + 1)
        if spans and mine[0] <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], mine[1]))
        else:
            spans.append(mine)
    return spans


def _levelled(text: str) -> tuple[str, Sequence[int]]:
    """The text in plain forms, and for each sign of it where in the text it came from."""
    if text.isascii():
        return text, range(len(text))
    level: list[str] = []
    origin: list[int] = []
    for index, sign in enumerate(text):
        if sign.isascii():
            forms = sign
        elif unicodedata.category(sign) in ("Cf", "Mn", "Me") and not _belongs(sign):
            continue
        else:
            number = unicodedata.digit(sign, None)
            forms = unicodedata.normalize("NFKC", sign) if number is None else str(number)
        level += forms
        origin += [index] * len(forms)
    return "".join(level), origin


def _belongs(sign: str) -> bool:
    """Whether a mark is part of a word: vowels of Nepali are; a keycap's frame is not."""
    return unicodedata.category(sign) == "Mn" and not 0xFE00 <= ord(sign) <= 0xFE0F


def _is_phone(run: str, before: str, after: str) -> bool:
    digits = sum(sign.isdigit() for sign in run)
    if not digits >= LEAST_DIGITS:
        return False
    if run.startswith("+"):
        return True
    if "(" in run.lstrip("(") and ")" not in run:
        # A parenthesis that opens another thought: "4.87 (1234 reviews)".
        return any(_is_phone(part, "", "") for part in run.split("("))
    return not _is_ordinary(run.strip("()"), digits, before, after)


def _is_ordinary(run: str, digits: int, before: str, after: str) -> bool:
    """Whether a run of many digits is a date, years, a price, or something counted."""
    rest = _ONE_DATE.sub("", run)
    if rest != run:
        # Dates, and beside them at most another's day or an hour.
        return all(len(part) <= 2 for part in re.findall(r"\d+", rest))
    if _ORDINARY.fullmatch(run) or _COMPACT_DATE.fullmatch(run):
        return True
    groups = re.findall(r"\d+", run)
    if len(groups) > 2 and all(int(b) - int(a) == 1 for a, b in pairwise(groups)):
        return True
    if digits <= 8 and len(groups) == 2 and "." in run and re.fullmatch(r"\d{1,3}\.\d+", run):
        return True
    named = _CURRENCY.search(before[-12:].rstrip()[-8:]) or _CURRENCY.match(after.lstrip())
    return bool(named and _PRICE.fullmatch(run))
