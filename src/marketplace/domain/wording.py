"""Sentences from reasons: catalogues of templates by language, and how each writes numbers.

A template is text with fields: ``{name}`` shows a parameter as it is, ``{name:kind}`` as people
of the language write such a thing. Kinds:

========== ========================================== ==================== ================
kind       a parameter that is                        in English           in Nepali
========== ========================================== ==================== ================
money      ``Money``, ``{"amount", "currency"}``, or  NPR 1,250            रु १,२५०
           minor units beside ``currency``/``money``
duration   whole seconds                              4 min 10 s           ४ मिनेट १० सेकेन्ड
distance   whole metres                               850 m, 4.3 km        ८५० मि., ४.३ कि.मि.
percent    basis points                               12.5 %               १२.५ %
times      basis points                               1.4                  १.४
hundredths a number in hundredths                     4.75                 ४.७५
word       a word with a template ``word.…`` itself   rider                यात्रु
each       a list of ``[…, how many, price of one]``  at NPR 250,          प्रत्येक रु २५०,
           in minor units                             (1 at NPR 250, …)    (रु २५० का १, …)
========== ========================================== ==================== ================

``{name|person|persons}`` is the word that goes with so many (a whole number, or a list by its
length): the first for one, the second for any other, as both languages have it; a form may hold
fields itself, ``{units||, for {units} units}``. ``word.…`` may hold both as well,
``night|nights``: ``{step:word|steps}`` takes the one that goes with ``steps``, ``{step:word}`` the
second.

A sentence is one line whatever its parameters hold: a break in somebody's name becomes a blank.
Money and whole numbers need no kind: they are shown in the language's digits anyway. Nothing in
a template or in a parameter makes it raise: what cannot be shown so is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money, divide
from marketplace.domain.printing import one_line
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput

Catalogues = Mapping[str, Mapping[str, str]]
"""Language to code to template."""

FALLBACK = "en"
_FORM = r"(?:[^{}|]|\{[^{}|]*\})*"
_FIELD = re.compile(
    r"\{(?P<name>[A-Za-z_]\w*)"
    rf"(?:\|(?P<one>{_FORM})\|(?P<other>{_FORM})"
    r"|(?::(?P<kind>[a-z]+)(?:\|(?P<count>[A-Za-z_]\w*))?)?)\}",
    re.ASCII,
)
_NEPALI_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")
_SYMBOLS = {"ne": {"NPR": "रु"}}
_BY_LAKHS = frozenset({"BDT", "INR", "NPR", "PKR"})
"""Currencies whose people write 12,34,567 where others write 1,234,567."""
_WITHOUT_COINS = frozenset({"NPR"})
"""Currencies whose small coins nobody has: whole amounts are written without decimals."""
_EACH = {
    "en": ("at {price}", "{count} at {price}"),
    "ne": ("प्रत्येक {price}", "{price} का {count}"),
}
"""How one price is told, and how one of several prices."""
_UNITS = {
    "en": {"h": "h", "min": "min", "s": "s", "m": "m", "km": "km"},
    "ne": {"h": "घण्टा", "min": "मिनेट", "s": "सेकेन्ड", "m": "मि.", "km": "कि.मि."},
}


def has(code: str, catalogues: Catalogues) -> bool:
    """Whether any language has a template for the code."""
    return any(code in templates for templates in catalogues.values())


def render(reason: Reason, catalogues: Catalogues, language: str = FALLBACK) -> str:
    """The reason as a sentence; English where the language lacks it, where all do what the error
    said (its ``message``), or else the code.

    A parameter that the template asks for and the reason lacks is shown by its name, so that an
    old reason still makes a sentence.
    """
    template, used = catalogues.get(language, {}).get(reason.code), language
    if template is None:
        template, used = catalogues.get(FALLBACK, {}).get(reason.code), FALLBACK
    if template is None and reason.params.get("message"):
        return one_line(str(reason.params["message"]))
    if template is None:
        told = ", ".join(f"{key} {one_line(str(value))}" for key, value in reason.params.items())
        return f"{reason.code}: {told}" if told else reason.code
    filled = _Filled(reason.params, catalogues, used)
    return _FIELD.sub(filled.field, template).strip()


def digits(text: str, language: str) -> str:
    """The text with the language's own digits."""
    return text.translate(_NEPALI_DIGITS) if language == "ne" else text


def money_text(money: Money, language: str = FALLBACK, *, in_full: bool = False) -> str:
    """An amount as people of the language write it: ``USD 1,480.50``, ``रु १,२५,०००``.

    ``in_full``: with its decimals in any currency, for a column in which they stand one below
    the other.
    """
    whole, _, decimals = money.decimal().lstrip("-").partition(".")
    written = grouped(whole, by_lakhs=money.currency in _BY_LAKHS)
    bare = money.currency in _WITHOUT_COINS and not in_full
    if decimals and not (bare and int(decimals) == 0):
        written = f"{written}.{decimals}"
    sign = "-" if money.amount < 0 else ""
    symbol = _SYMBOLS.get(language, {}).get(money.currency, money.currency)
    return f"{symbol} {sign}{digits(written, language)}"


def grouped(whole: str, *, by_lakhs: bool = False) -> str:
    """The digits of a whole number with commas: by threes, or by lakhs (12,34,567)."""
    head, tail = whole[:-3], whole[-3:]
    size = 2 if by_lakhs else 3
    groups: list[str] = []
    while head:
        groups.insert(0, head[-size:])
        head = head[:-size]
    return ",".join([*groups, tail])


def counted(number: int, one: str, other: str | None = None) -> str:
    """So many of a thing, in English: ``1 person``, ``1,200 persons``; ``other`` if not by an s."""
    return f"{number:,} {one if number == 1 else other or f'{one}s'}"


def _is_one(count: Any) -> bool:
    """Whether a word stands in its form for one; nobody knows how many is as many."""
    if isinstance(count, list | tuple):
        count = len(count)
    return type(count) is int and count == 1


@frozen
class _Filled:
    """The parameters of one reason, shown in one language."""

    params: Mapping[str, Any]
    catalogues: Catalogues
    language: str

    def field(self, found: re.Match[str]) -> str:
        name, kind = found["name"], found["kind"]
        if found["other"] is not None:
            form = found["one" if _is_one(self.params.get(name)) else "other"]
            return _FIELD.sub(self.field, form)
        if name not in self.params:
            return found[0]
        value = self.params[name]
        if kind == "word":
            return self._word(value, self.params.get(found["count"]))
        if kind == "each":
            return self._each(value)
        money = _money(value) or (_money(value, self._currency()) if kind == "money" else None)
        if money is not None:
            return money_text(money, self.language)
        if kind in _KINDS and type(value) is int:
            return digits(_KINDS[kind](value, self._units()), self.language)
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(self._plain(item) for item in value)
        if type(value) is int:
            return digits(str(value), self.language)
        return "" if value is None else one_line(str(value))

    def _word(self, value: Any, count: Any) -> str:
        for language in (self.language, FALLBACK):
            template = self.catalogues.get(language, {}).get(f"word.{value}")
            if template is not None:
                one, _, other = template.partition("|")
                return one if _is_one(count) else other or one
        return self._plain(value)

    def _each(self, value: Any) -> str:
        """At which price each, or how many at which, where there are several prices."""
        counts: dict[Money, int] = {}
        for run in value if isinstance(value, list | tuple) else ():
            fits = isinstance(run, list | tuple) and len(run) > 1 and type(run[-2]) is int
            price = _money(run[-1], self._currency()) if fits else None
            if price is None:
                return self._plain(value)
            counts[price] = counts.get(price, 0) + run[-2]
        alone, among = _EACH.get(self.language, _EACH[FALLBACK])
        told = [
            (alone if len(counts) == 1 else among).format(
                price=money_text(price, self.language), count=digits(str(count), self.language)
            )
            for price, count in counts.items()
        ]
        return told[0] if len(told) == 1 else f"({', '.join(told)})" if told else self._plain(value)

    def _currency(self) -> Any:
        beside = _money(self.params.get("money"))
        return self.params.get("currency") or (beside and beside.currency)

    def _units(self) -> Mapping[str, str]:
        return _UNITS.get(self.language, _UNITS[FALLBACK])


def _money(value: Any, currency: Any = None) -> Money | None:
    """The value as money if it is some: money itself, its plain form, or minor units."""
    if isinstance(value, Money):
        return value
    amount = value
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        amount, currency = value["amount"], value["currency"]
    if currency is None:
        return None
    try:
        return Money(amount, currency)
    except InvalidInput:
        return None


def _duration(seconds: int, units: Mapping[str, str]) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    told = [f"{count} {units[unit]}" for count, unit in parts if count]
    return ("-" if seconds < 0 else "") + (" ".join(told) or f"0 {units['s']}")


def _distance(metres: int, units: Mapping[str, str]) -> str:
    if abs(metres) < 1000:
        return f"{metres} {units['m']}"
    return f"{_decimal(divide(metres, 100), 1)} {units['km']}"


def _decimal(value: int, places: int) -> str:
    """A number in tenths, hundredths …, without zeros at its end."""
    whole, rest = divmod(abs(value), 10**places)
    told = f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")
    return f"-{told}" if value < 0 else told


_KINDS: dict[str, Callable[[int, Mapping[str, str]], str]] = {
    "duration": _duration,
    "distance": _distance,
    "percent": lambda value, units: f"{_decimal(value, 2)} %",
    "times": lambda value, units: _decimal(value, 4),
    "hundredths": lambda value, units: (
        f"{'-' * (value < 0)}{abs(value) // 100}.{abs(value) % 100:02}"
    ),
}
