"""Sentences from reasons: catalogues of templates by language, and how each writes numbers."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from marketplace.domain.money import Money
from marketplace.domain.reason import Reason

Catalogues = Mapping[str, Mapping[str, str]]
"""Language to code to template."""

FALLBACK = "en"
_NEPALI_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")
_SYMBOLS = {"ne": {"NPR": "रू"}}


class _Forgiving(dict[str, Any]):
    """A missing parameter is shown by its name: an old reason still makes a sentence."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


class _Plain(string.Formatter):
    """Fills ``{name}`` alone: a template can reach nothing but the parameters themselves."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs[field_name], field_name


def has(code: str, catalogues: Catalogues) -> bool:
    """Whether any language has a template for the code."""
    return any(code in templates for templates in catalogues.values())


def render(reason: Reason, catalogues: Catalogues, language: str = FALLBACK) -> str:
    """The reason as a sentence; English where the language lacks it, the code where all do."""
    template = catalogues.get(language, {}).get(reason.code)
    used = language
    if template is None:
        template, used = catalogues.get(FALLBACK, {}).get(reason.code), FALLBACK
    if template is None:
        told = ", ".join(f"{key} {value}" for key, value in reason.params.items())
        return f"{reason.code}: {told}" if told else reason.code
    params = _Forgiving({key: _shown(value, used) for key, value in reason.params.items()})
    return _Plain().vformat(template, (), params).strip()


def _shown(value: Any, language: str) -> str:
    if isinstance(value, Money):
        return money_text(value, language)
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return digits(str(value), language)
    return str(value)


def digits(text: str, language: str) -> str:
    """The text with the language's own digits."""
    return text.translate(_NEPALI_DIGITS) if language == "ne" else text


def money_text(money: Money, language: str = FALLBACK) -> str:
    """An amount as people of the language write it: ``NPR 480.00``."""
    symbol = _SYMBOLS.get(language, {}).get(money.currency, money.currency)
    return f"{symbol} {digits(money.decimal(), language)}"
