"""Wallet: a party's credit with the marketplace, topped up by local rails, spent on deals."""

from __future__ import annotations

from attrs import frozen

from marketplace import (
    ALL_CALLED,
    Answer,
    Bring,
    MoneyKind,
    Order,
    PaymentMethod,
    SetupError,
    Way,
    hookimpl,
)

WALLET = PaymentMethod(
    "wallet",
    ways=dict.fromkeys(ALL_CALLED, Way.BOOKS),
    fails_on_books={MoneyKind.HOLD, MoneyKind.RAISE, MoneyKind.CHARGE},
)
"""Everything happens in the books; a wallet without enough in it says no at once."""


@frozen
class WalletDesk:
    """The payment provider of wallets: nothing of it happens outside the books."""

    name: str = "wallet"
    methods: tuple[PaymentMethod, ...] = (WALLET,)

    def carry_out(self, order: Order) -> Answer:
        """Never asked: every effect of a wallet is written in the books."""
        raise SetupError(f"a wallet asks nobody outside, and was asked to {order.kind.value}")

    def look_up(self, order: Order) -> Answer | None:
        """Nothing was ever sent."""
        return None


@frozen
class Wallet:
    """Lets customers pay from their credit; ``payments.top_up`` fills it."""

    name: str = "wallet"

    @hookimpl
    def bring(self) -> Bring:
        """The method ``wallet``."""
        return Bring(payment_providers=(WalletDesk(),))
