"""Quotes: a price as a list of lines, each for somebody, each explained, and re-computable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field

from marketplace.domain.freezing import frozen
from marketplace.domain.money import Money, total, whole
from marketplace.domain.party import CUSTOMER
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.errors import InvalidInput

Rule = Callable[[Mapping[str, Any]], int]
"""A pricing rule: from a line's inputs (rates included) to minor units, and nothing else."""

PRICE = "price"


@frozen
class Line:
    """One part of a price: ``payer`` owes ``payee`` this amount, by this rule on these inputs."""

    code: str
    """What it is, for people and catalogues: base_fare, commission, tax, discount."""
    amount: Money
    payer: str
    """A role: who bears it."""
    payee: str
    """A role: who it is for; ``operator`` keeps it, ``tax`` is owed to an authority."""
    rule: str
    """The rule's name; with ``inputs`` it gives the amount again, years later."""
    plugin: str = ""
    inputs: Mapping[str, Any] = field(factory=dict)
    """Plain JSON: everything the rule looked at, rates included."""
    purse: str = PRICE

    def __attrs_post_init__(self) -> None:
        # At once and not field by field: a line is read more often than almost anything else is.
        amount = self.amount
        if not isinstance(amount, Money):
            raise InvalidInput(f"a line's amount must be Money, not {amount!r}")
        if amount.amount < 0:
            raise InvalidInput(
                f"line {self.code!r} is negative ({amount}): swap payer and payee instead"
            )
        if self.payee == self.payer:
            raise InvalidInput(f"line {self.code!r} has {self.payee} pay itself; name two roles")


@frozen
class Quote:
    """A price put to somebody: good until ``expires_at``, bound to what was asked."""

    id: str
    request_id: str | None
    listing_id: str | None
    currency: str
    lines: Sequence[Line]
    created_at: datetime
    expires_at: datetime
    subject_hash: str
    """The hash of the request (and listing) that was priced: another asking, another quote."""
    policies: Mapping[str, Any] = field(factory=dict)
    """The policies that go with the price, as data: who pays what when it is cancelled."""
    for_party_id: str | None = None
    """Who may use it; None for whoever may see the request."""
    reasons: Sequence[Reason] = ()
    """Why it is these lines and no others: what the plugins said beside them."""
    items: Sequence[int] = ()
    """The numbers of a basket's items that it is about."""
    part: str = ""
    """What the trade calls this part of a seller's items, where it keeps some apart."""
    provider_id: str | None = None
    """Whose items they are."""
    rate: Rate | None = None
    """At which the customer pays in another currency, if this price is bought at."""

    @property
    def paid_in(self) -> str:
        """The currency in which the customer pays."""
        return self.currency if self.rate is None else self.rate.target

    @property
    def shown(self) -> Money:
        """What the customer pays, in the currency in which he pays."""
        return self.payin if self.rate is None else self.rate.money(self.payin.amount)

    @property
    def payin(self) -> Money:
        """What the customer pays."""
        return customer_owes(self.lines, self.currency)


def of_purse(lines: Iterable[Line], purse: str) -> list[Line]:
    """The lines of one purse."""
    return [line for line in lines if line.purse == purse]


def nets(lines: Iterable[Line], currency: str) -> dict[str, Money]:
    """What each role gets (positive) or pays (negative) by these lines; the sum is zero."""
    result: dict[str, Money] = {}
    zero = Money.zero(currency)
    for line in lines:
        result[line.payer] = result.get(line.payer, zero) - line.amount
        result[line.payee] = result.get(line.payee, zero) + line.amount
    return result


def customer_owes(
    lines: Iterable[Line], currency: str, purse: str | None = None, role: str = CUSTOMER.name
) -> Money:
    """What the customer pays by these lines, in one purse or in all.

    Negative when the lines give the customer more than they ask (a compensation).
    """
    return Money(units_owed(lines, currency, purse, role), currency)


def units_owed(
    lines: Iterable[Line], currency: str, purse: str | None = None, role: str = CUSTOMER.name
) -> int:
    """The same in minor units: asked of every purse of every deal, and often."""
    owed = 0
    for line in lines:
        # Of most lines somebody else is on both sides: so that is asked first.
        pays = line.payer == role
        if not (pays or line.payee == role) or (purse is not None and line.purse != purse):
            continue
        amount = line.amount
        if amount.currency != currency:
            total([amount], currency)  # Raises: two currencies do not mix.
        owed += amount.amount if pays else -amount.amount
    return whole(owed)


def recompute(lines: Iterable[Line], rules: Mapping[str, Rule]) -> list[tuple[Line, int | None]]:
    """Each line with what its rule gives today on its frozen inputs; None if the rule is gone."""
    result: list[tuple[Line, int | None]] = []
    for line in lines:
        rule = rules.get(line.rule)
        result.append((line, None if rule is None else rule(line.inputs)))
    return result
