"""Amounts as Stripe writes them: its minor units are not ISO 4217's in every currency."""

from __future__ import annotations

from marketplace import EXPONENTS, InvalidInput, Money, SetupError

_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
"""What Stripe counts in whole units. MGA is one of them, though ISO gives it two decimals."""
_THREE = "BHD JOD KWD OMR TND"
"""Three decimals, of which card networks take the last for a zero."""
_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY
COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR
MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE
SOS SRD STN SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER ZAR ZMW
"""
"""Two decimals: of ISK too, which has none any more, and whose last two digits are zeros.

UGX is missing on purpose: Stripe's own pages count it in both ways, and a guess may be wrong by a
factor of a hundred.
"""

DECIMALS: dict[str, int] = {
    code: decimals
    for decimals, codes in ((0, _ZERO), (2, _TWO), (3, _THREE))
    for code in codes.split()
}
"""Currency to the number of decimals in which Stripe counts it."""


def check_currencies(currencies: tuple[str, ...]) -> None:
    """Raise ``SetupError`` for a currency that Stripe does not take, or counts unclearly."""
    for one in currencies:
        if one not in DECIMALS:
            raise SetupError(
                f"no {one!r} is taken by Stripe, or it is counted in a way that is not certain; "
                f"currencies are of: {', '.join(sorted(DECIMALS))}"
            )


def step(currency: str) -> int:
    """Of how many of our minor units an amount is a multiple: 10 of KWD, 100 of MGA, else 1."""
    ours, theirs = EXPONENTS[currency], DECIMALS[currency]
    if theirs == 3:
        return 10
    return int(10 ** max(ours - theirs, 0))


def to_stripe(money: Money) -> int:
    """The amount in Stripe's minor units.

    Raises ``InvalidInput`` for a currency that is not taken, and for an amount that Stripe would
    round: what is moved is what was asked, or nothing.
    """
    currency = money.currency
    if currency not in DECIMALS:
        raise InvalidInput(
            f"no {currency} is taken by Stripe",
            code="currency_not_taken",
            params={"currency": currency},
        )
    if money.amount % step(currency):
        raise InvalidInput(
            f"{money} is no multiple of {Money(step(currency), currency)}, as Stripe takes them",
            code="amount_between_steps",
            params={"amount": money.amount, "step": step(currency), "currency": currency},
        )
    ours, theirs = EXPONENTS[currency], DECIMALS[currency]
    return int(money.amount * 10**theirs // 10**ours)


def from_stripe(amount: int, currency: str) -> Money:
    """Stripe's minor units and its lower-case currency as money."""
    code = currency.upper()
    ours, theirs = EXPONENTS[code], DECIMALS.get(code, EXPONENTS[code])
    return Money(amount * 10**ours // 10**theirs, code)
