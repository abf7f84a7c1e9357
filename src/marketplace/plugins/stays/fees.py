"""Fees: what the marketplace takes of a stay, from the guest, from the host, or from one of them.

The basis is what the guest pays the host: the nights and the host's own fees, less the host's
discounts, without taxes. So it does not matter who proposed those lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from marketplace import InvalidInput, Line, Money
from marketplace.plugins.stays.rules import RULES

_CODES = {"customer": "guest_fee", "provider": "host_fee"}


def basis_points(instance: object, attribute: object, value: int | None) -> None:
    """Refuse a share that is not 0 to 10000 basis points."""
    if value is not None and (type(value) is not int or not 0 <= value <= 10_000):
        raise InvalidInput(f"a share is 0 to 10000 basis points, not {value!r}")


@frozen
class Fees:
    """Basis points that the marketplace takes from each side; nothing unless said otherwise.

    A marketplace with the ``commission`` plugin as well would take both: give one of them alone.
    """

    guest_bp: int = field(default=0, validator=basis_points)
    host_bp: int = field(default=0, validator=basis_points)
    long_guest_bp: int | None = field(default=None, validator=basis_points)
    """From the guest of a stay of 28 days or more; None: as of any other."""

    @classmethod
    def split(cls, guest_bp: int, host_bp: int, long_guest_bp: int | None = None) -> Fees:
        """A part from each side."""
        return cls(guest_bp, host_bp, long_guest_bp)

    @classmethod
    def host_only(cls, bp: int) -> Fees:
        """All from the host; the guest pays the price as the host named it."""
        return cls(host_bp=bp)

    def lines(
        self, so_far: Iterable[Line], currency: str, plugin: str, *, long: bool = False
    ) -> Sequence[Line]:
        """The fee lines that go with the lines so far; one that comes to nothing is left out."""
        basis = subtotal(so_far)
        guest_bp = self.long_guest_bp if long and self.long_guest_bp is not None else self.guest_bp
        found = []
        for payer, bp in (("customer", guest_bp), ("provider", self.host_bp)):
            inputs = {"of": basis, "bp": bp}
            amount = Money(RULES["share"](inputs), currency)
            if amount:
                rule = f"{plugin}.share"
                found.append(Line(_CODES[payer], amount, payer, "operator", rule, plugin, inputs))
        return found


def subtotal(lines: Iterable[Line], purse: str = "price") -> int:
    """What the guest pays the host by these lines, in minor units; never below zero."""
    basis = 0
    for line in lines:
        if line.purse == purse:
            ways = {("customer", "provider"): 1, ("provider", "customer"): -1}
            basis += ways.get((line.payer, line.payee), 0) * line.amount.amount
    return max(basis, 0)
