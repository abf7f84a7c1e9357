"""Cash: the customer pays the provider by hand, and the provider owes the commission.

A provider whose debt passes the limit is left out of matching until a top-up reopens it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from marketplace import (
    Account,
    Answer,
    Bring,
    Gate,
    Line,
    MatchQuestion,
    Money,
    MoneyKind,
    Order,
    PaymentMethod,
    PricingQuestion,
    Purpose,
    Reason,
    SetupError,
    Terms,
    TransitionQuestion,
    Way,
    customer_owes,
    hookimpl,
)

CASH = PaymentMethod(
    "cash",
    ways={
        MoneyKind.HOLD: Way.NOTHING,
        MoneyKind.RAISE: Way.NOTHING,
        MoneyKind.CHARGE: Way.BOOKS,
        MoneyKind.CAPTURE: Way.BOOKS,
        MoneyKind.VOID: Way.NOTHING,
        MoneyKind.REFUND: Way.BOOKS,
        MoneyKind.SAVE: Way.NOTHING,
    },
    pays_provider_directly=True,
)
"""Holding cash is a promise; capturing it records what changed hands; refunds become credit."""

DUES_RULE = "cash.dues"


def dues(inputs: Mapping[str, Any]) -> int:
    """What was still owed when the price was made."""
    return int(inputs["owed"])


@frozen
class CashDesk:
    """The payment provider of cash: nothing of it happens outside the books."""

    name: str = "cash"
    methods: tuple[PaymentMethod, ...] = (CASH,)

    def carry_out(self, order: Order) -> Answer:
        """Never asked: every effect of cash is written in the books."""
        raise SetupError(f"cash asks nobody outside, and was asked to {order.kind.value}")

    def look_up(self, order: Order) -> Answer | None:
        """Nothing was ever sent."""
        return None


@frozen
class Cash:
    """Cash rides, debts and their limit.

    ``debt_limit`` is the most a provider may owe before it gets no new match, and the most
    that change which it did not hand out may make it owe;
    ``collects_dues`` puts a customer's unpaid dues on its next price.
    """

    debt_limit: Money | None = None
    collects_dues: bool = True
    name: str = "cash"

    @hookimpl
    def bring(self) -> Bring:
        """The method ``cash``, and the rule of dues."""
        return Bring(
            payment_providers=(CashDesk(),),
            rules={DUES_RULE: dues},
            words={
                "en": {
                    "debt_over_limit": "owes {owed} and may owe {limit} at most; a top-up reopens",
                    "change_too_large": (
                        "{collected} was collected for {price}: hand the change out, "
                        "the provider may owe {limit} at most"
                    ),
                    "line.dues": "{money}: still owed from an earlier deal",
                },
                "ne": {
                    "debt_over_limit": "{owed} तिर्न बाँकी, सीमा {limit}; टप-अप गरेपछि फेरि खुल्छ",
                    "change_too_large": (
                        "{price} को लागि {collected} लिइयो: फिर्ता रकम दिनुहोस्, "
                        "चालकले बढीमा {limit} मात्र तिर्न बाँकी राख्न सक्छ"
                    ),
                    "line.dues": "{money}: अघिल्लो कारोबारको बाँकी",
                },
            },
        )

    @hookimpl
    def refuse_match(self, question: MatchQuestion) -> Iterable[Gate]:
        """A provider over its debt limit gets no new match."""
        if self.debt_limit is None:
            return []
        currency = self.debt_limit.currency
        owed = {
            balance.account.owner: balance.posted
            for balance in question.work.ledger.balances(purpose=Purpose.RECEIVABLE)
            if balance.account.currency == currency
        }
        return [
            Gate(
                listing.id,
                Reason(
                    "debt_over_limit",
                    {
                        "owed": str(Money(owed[listing.provider_id], currency)),
                        "limit": str(self.debt_limit),
                    },
                ),
            )
            for listing in question.listings
            if owed.get(listing.provider_id, 0) > self.debt_limit.amount
        ]

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Change becomes the customer's credit and the provider's debt: within the limit."""
        collected = question.asks.get("cash_collected")
        limit, deal = self.debt_limit, question.transaction
        if limit is None or not isinstance(collected, Money) or deal.currency != limit.currency:
            return None
        terms = question.work.find(Terms, transaction_id=deal.id, version=deal.terms_version)
        price = customer_owes(() if terms is None else terms.lines, limit.currency, "price")
        holders = [seat.party_id for seat in question.seats if seat.role == "provider"]
        owed = 0
        for holder in holders[:1]:
            account = Account(holder, Purpose.RECEIVABLE, limit.currency)
            owed = question.work.ledger.balance(account).posted
        change = collected.amount - price.amount
        if change <= 0 or change + owed <= limit.amount:
            return None
        params = {"collected": str(collected), "price": str(price), "limit": str(limit)}
        return Reason("change_too_large", params)

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Sequence[Line]:
        """What the customer still owes from earlier deals goes on its next price."""
        if not self.collects_dues or question.occasion != "quote" or question.request is None:
            return []
        account = Account(
            question.request.customer_id, Purpose.CUSTOMER_RECEIVABLE, question.currency
        )
        owed = question.work.ledger.balance(account).posted
        if owed <= 0:
            return []
        return [
            Line(
                code="dues",
                amount=Money(owed, question.currency),
                payer="customer",
                payee="dues",
                rule=DUES_RULE,
                inputs={"owed": owed},
            )
        ]
