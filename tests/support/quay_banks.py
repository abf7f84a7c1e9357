"""The banks of a quay: the sandbox and the twin of Stripe, asked for the same by the same words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from attrs import define, field

from marketplace import (
    DAY,
    ManualClock,
    Marketplace,
    Party,
    PaymentProviderUnavailable,
)
from marketplace.plugins.sandbox import EMPTY_ACCOUNT, Sandbox
from marketplace.plugins.stripe_connect import StripeDesk
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.stripe_platform import connect

OPENS = datetime(2026, 11, 23, 8, tzinfo=UTC)
USD = "USD"
Sent = tuple[bytes, dict[str, str]]
"""A notice on its way: body and headers."""


class Bank(Protocol):
    """Whoever takes cards, and what a test has it do."""

    name: str
    cards: dict[str, str]
    """What a card is that is ``fine``, ``declined``, ``asks``, ``captures nothing`` or
    ``takes nothing back`` days after it seemed to."""

    def plugin(self) -> Any:
        """The payment provider."""

    def lies(self) -> int:
        """Cents that lie there."""

    def lose_answers(self, times: int) -> None:
        """Carry so many orders out, and answer none of them."""

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment that came to anything."""

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """Open an account for a seller, at which payouts arrive; gives its name."""

    def spender(self, market: Marketplace, party: Party) -> Callable[[], None]:
        """Open an account for a seller who moves on what arrives; gives what she does then."""

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""

    def dispute(self, payment: str, amount: int) -> str:
        """Be the payer's bank and take so much back, for a fee of 15.00; gives its name."""

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Be that bank and decide."""

    def asking(self) -> list[str]:
        """Payments for which the bank waits for its customer's yes."""

    def confirm(self, payment: str) -> None:
        """Be the customer who says yes at its bank."""

    def return_refund(self, payment: str) -> None:
        """Be the payer's bank, which sends a refund back days after it was paid."""

    def return_payout(self, payout: str) -> None:
        """Have a payout come back days after it arrived."""


@define
class SandboxBank:
    """The sandbox."""

    clock: ManualClock
    name: str = "sandbox"
    cards: dict[str, str] = field(
        factory=lambda: {
            "fine": "tok_ok",
            "declined": "tok_declined",
            "asks": "tok_challenged",
            "captures nothing": "tok_capture_fails",
            "takes nothing back": "tok_ok",
        }
    )
    box: Sandbox = field(init=False)
    _until: datetime = OPENS
    _lost: int = 0

    def __attrs_post_init__(self) -> None:
        self.box = Sandbox(
            now=self.clock.now,
            before=self._before,
            after=self._after,
            secrets=("whsec_of_the_quay",),
            chatty=True,
        )

    def _before(self, order: Any) -> None:
        if self.clock.now() < self._until:
            raise PaymentProviderUnavailable("the sandbox is closed")

    def _after(self, order: Any, answer: Any) -> None:
        if self._lost:
            self._lost -= 1
            raise PaymentProviderUnavailable("the answer was lost")

    def plugin(self) -> Any:
        """The payment provider."""
        return self.box

    def lies(self) -> int:
        """Cents that lie there."""
        return int(self.box.balance(USD).amount)

    def lose_answers(self, times: int) -> None:
        """Carry so many orders out, and answer none of them."""
        self._lost = times

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""
        self._until = self.clock.now() + lasting

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment."""
        every = [(one["held"], one["captured"], one["refunded"]) for one in self.box.charges()]
        return sorted(one for one in every if any(one))

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """Name an account, which the operator verifies."""
        return self._named(market, party, f"acc_{party.id}")

    def _named(self, market: Marketplace, party: Party, name: str) -> str:
        account = market.parties.set_payout_account(USD, name, by=party, provider=self.name)
        market.parties.judge_payout_account(account.id, approve=True)
        return name

    def spender(self, market: Marketplace, party: Party) -> Callable[[], None]:
        """An account that is always empty: there is nothing left to do."""
        self._named(market, party, EMPTY_ACCOUNT)
        return lambda: None

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""
        return self.box.notices()

    def dispute(self, payment: str, amount: int) -> str:
        """Take so much back, for a fee of 15.00."""
        return self.box.take_back(payment, amount, 1_500)

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Give it back, or keep it."""
        if not won:
            self.box.keep(dispute)
            return
        (one,) = [x for x in self.box.movements() if x.about == dispute]
        self.box.give_back(payment, -one.amount.amount)

    def asking(self) -> list[str]:
        """What it asks."""
        return self.box.asking()

    def confirm(self, payment: str) -> None:
        """Say yes at the bank."""
        self.box.confirm(payment)

    def return_refund(self, payment: str) -> None:
        """Send the only refund there is back."""
        (refund,) = [one.about for one in self.box.movements() if one.kind == "refund"]
        self.box.return_refund(refund)

    def return_payout(self, payout: str) -> None:
        """Send it back."""
        self.box.return_payout(payout)


@define
class StripeBank:
    """Stripe's twin."""

    twin: StripeTwin
    name: str = "stripe"
    cards: dict[str, str] = field(
        factory=lambda: {
            "fine": "pm_card_visa",
            "declined": "pm_card_chargeDeclined",
            "asks": "pm_card_authenticationRequired",
            "captures nothing": "pm_card_captureFails",
            "takes nothing back": "pm_card_refundFail",
        }
    )

    def plugin(self) -> Any:
        """The payment provider."""
        return connect(self.twin)

    def lies(self) -> int:
        """Cents that lie there, after Stripe's fees."""
        return self.twin.balance(USD.lower())

    def lose_answers(self, times: int) -> None:
        """Carry so many calls out, and answer none of them."""
        self.twin.faults.answer_lost(times)

    def down(self, lasting: timedelta) -> None:
        """Answer nobody for so long."""
        self.twin.faults.down(lasting=lasting)

    def charges(self) -> list[tuple[int, int, int]]:
        """What is held, was taken and was given back of each payment intent."""
        found = []
        for one in self.made("payment_intent"):
            refunded = sum(
                each["amount"]
                for each in self.made("refund")
                if each["charge"] == one["latest_charge"] and each["status"] == "succeeded"
            )
            found.append((one["amount_capturable"], one["amount_received"], refunded))
        return sorted(one for one in found if any(one))

    def made(self, kind: str) -> list[dict[str, Any]]:
        """Every thing of a kind, as it stands, oldest first."""
        told = [one["data"]["object"] for one in self.twin.events() if _creates(one, kind)]
        return [self.twin.object(one["id"]) for one in told]

    def may_be_paid(self, market: Marketplace, party: Party) -> str:
        """An account with Stripe, whose owner said who she is."""
        desk = StripeDesk(market)
        row = desk.onboard(party.id, by=party, country="US", currency=USD, email="s@quay.example")
        assert row.account is not None
        self.twin.onboard(row.account)
        assert desk.refresh(party.id)
        return row.account

    def spender(self, market: Marketplace, party: Party) -> Callable[[], None]:
        """An account whose owner has all of it paid out to her bank."""
        account = self.may_be_paid(market, party)

        def spend() -> None:
            all_of_it = {"amount": self.twin.balance(USD.lower(), account), "currency": USD.lower()}
            her = {"stripe_account": account}
            self.by_hand(
                "a payout",
                lambda stripe: stripe.v1.payouts.create(params=all_of_it, options=her),
            )

        return spend

    def notices(self) -> list[Sent]:
        """Body and headers of everything that was not told yet."""
        found: list[Sent] = []
        self.twin.deliver_to(lambda body, headers: found.append((body, dict(headers))))
        return found

    def dispute(self, payment: str, amount: int) -> str:
        """Take so much back; Stripe's fee is 15.00."""
        return self.twin.dispute(self.twin.object(payment)["latest_charge"], amount)

    def decide(self, payment: str, dispute: str, *, won: bool) -> None:
        """Give it back, or keep it."""
        self.twin.decide(dispute, won=won)

    def asking(self) -> list[str]:
        """Payment intents that require an action."""
        every = self.made("payment_intent")
        return [one["id"] for one in every if one["status"] == "requires_action"]

    def confirm(self, payment: str) -> None:
        """Say yes at the bank."""
        self.twin.authenticate(payment)

    def return_refund(self, payment: str) -> None:
        """A card that takes nothing back says so a day later."""
        self.twin.clock.advance(DAY)

    def return_payout(self, payout: str) -> None:
        """Somebody reverses the transfer in Stripe's dashboard."""
        self.by_hand("a reversal", lambda stripe: stripe.v1.transfers.reversals.create(payout))

    def by_hand(self, what: str, ask: Callable[[Any], Any]) -> Any:
        """What somebody does in Stripe's dashboard, of which the marketplace knows nothing."""
        return self.plugin().calls(what, ask)


def _creates(event: dict[str, Any], kind: str) -> bool:
    return event["type"].endswith(".created") and event["data"]["object"]["object"] == kind
