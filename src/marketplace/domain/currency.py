"""Currencies and how many decimals each has (ISO 4217, and BTC with its satoshi).

A test holds this table against the ``iso4217`` package, so that the domain needs no dependency.
"""

from __future__ import annotations

from marketplace.errors import InvalidInput

_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_EIGHT = "BTC"

EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((0, _ZERO), (2, _TWO), (3, _THREE), (4, _FOUR), (8, _EIGHT))
    for code in codes.split()
}
"""Currency code to number of decimals: JPY 0, NPR 2, KWD 3, BTC 8."""


def exponent(currency: str) -> int:
    """How many decimals the currency has; refuses a code that nobody knows."""
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        raise InvalidInput(
            f"{currency!r} is no currency; allowed are the upper-case codes of ISO 4217, and BTC",
            code="unknown_currency",
            params={"currency": str(currency)},
        ) from None
