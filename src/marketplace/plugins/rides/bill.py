"""The bill of a ride as it grows: lines whose amounts are what their rules give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from marketplace import CUSTOMER, PROVIDER, Line, Money, customer_owes
from marketplace.plugins.rides.rules import RULES

PLUGIN = "rides"


def line(
    currency: str,
    code: str,
    rule: str,
    inputs: Mapping[str, Any],
    payer: str = CUSTOMER.name,
    payee: str = PROVIDER.name,
) -> Line:
    """A line whose amount is what its rule gives on its inputs: the two can never differ."""
    name = f"{PLUGIN}.{rule}"
    amount = Money(RULES[name](inputs), currency)
    return Line(code, amount, payer, payee, name, inputs=inputs)


def own(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that this trade's own rules made."""
    return tuple(x for x in lines if x.rule in RULES)


@frozen
class Bill:
    """Lines as they come, in one currency; those of nothing are left out."""

    currency: str
    coin: int = 1
    """The smallest coin in minor units."""
    lines: list[Line] = field(factory=list)

    def add(
        self,
        code: str,
        rule: str,
        payer: str = CUSTOMER.name,
        payee: str = PROVIDER.name,
        **inputs: Any,
    ) -> None:
        """Add a line by a rule on these inputs, unless it comes to nothing."""
        new = line(self.currency, code, rule, inputs, payer, payee)
        if new.amount:
            self.lines.append(new)

    def owed(self, without: Iterable[str] = ()) -> int:
        """What the customer owes so far, apart from lines of these codes."""
        left = [x for x in self.lines if x.code not in without]
        return customer_owes(left, self.currency).amount

    def to_coin(self) -> None:
        """Bring the customer's sum to the nearest coin; the driver gains or bears the rest."""
        owed = self.owed()
        up = Money(owed, self.currency).rounded_to(self.coin).amount >= owed
        payer, payee = (CUSTOMER, PROVIDER) if up else (PROVIDER, CUSTOMER)
        self.add("rounding", "to_coin", payer.name, payee.name, of=owed, unit=self.coin)
