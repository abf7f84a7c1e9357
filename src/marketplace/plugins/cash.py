"""Cash: the customer pays the provider by hand, and the provider owes the commission.

A provider whose debt passes the limit is left out of matching until a top-up reopens it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from attrs import evolve, field, frozen

from marketplace import (
    Account,
    Answer,
    Bring,
    Gate,
    InvalidInput,
    Line,
    MatchQuestion,
    Money,
    MoneyKind,
    Order,
    Payment,
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


def _by_hand(question: TransitionQuestion) -> int:
    """What is to be paid by hand: the price, less what is paid in other ways."""
    deal = question.transaction
    terms = question.work.find(Terms, transaction_id=deal.id, version=deal.terms_version)
    owed = customer_owes(() if terms is None else terms.lines, deal.currency, "price").amount
    rest, by_hand = max(owed, 0), 0
    where = {"transaction_id": deal.id, "purse": "price"}
    payments = question.work.select(Payment, where, order="position")
    for payment in payments:
        part = min(payment.asked or 0, rest)
        rest -= part
        by_hand += part if payment.method == CASH.name else 0
    takers = [payment for payment in payments if payment.asked is None]
    return by_hand + (rest if takers and takers[0].method == CASH.name else 0)


def dues(inputs: Mapping[str, Any]) -> int:
    """What was still owed when the price was made."""
    return int(inputs["owed"])


Unpaid = Literal["guaranteed", "when_paid"]


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


def _known(instance: object, attribute: object, value: object) -> None:
    if value not in get_args(Unpaid):
        raise InvalidInput(f"unpaid is one of {', '.join(get_args(Unpaid))}, not {value!r}")


def _share(instance: object, attribute: object, value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidInput(f"change_bp is basis points, zero or more, not {value!r}")


@frozen
class Cash:
    """Cash rides, debts and their limit."""

    debt_limit: Money | None = None
    """The most a provider may owe before it gets no new match, and the most that change which it
    did not hand out may make it owe. None for no limit; ``change_bp`` then bounds the change."""
    collects_dues: bool = True
    """Whether a customer's unpaid dues go on its next price."""
    unpaid: Unpaid = field(default="guaranteed", validator=_known)
    """Who bears what a customer did not hand over: ``guaranteed``, the marketplace, and the
    provider has its earnings at once; ``when_paid``, the provider's share of it waits until the
    customer pays, and is lost with what is written off."""
    change_bp: int = field(default=10_000, validator=_share)
    """The most change that may become credit where no debt limit says so: basis points of what
    was to be paid by hand."""
    name: str = "cash"

    @hookimpl
    def bring(self) -> Bring:
        """The method ``cash``, and the rule of dues."""
        method = evolve(CASH, guaranteed=self.unpaid == "guaranteed")
        return Bring(
            payment_providers=(CashDesk(methods=(method,)),),
            rules={DUES_RULE: dues},
            words={
                "en": {
                    "debt_over_limit": "owes {owed} and may owe {limit} at most; a top-up reopens",
                    "change_too_large": (
                        "{collected} was collected for {price}: hand the change out, "
                        "{allowed} of it at most may become credit"
                    ),
                    "line.dues": "{money}: still owed from an earlier deal",
                },
                "ne": {
                    "debt_over_limit": "{owed} तिर्न बाँकी, सीमा {limit}; टप-अप गरेपछि फेरि खुल्छ",
                    "change_too_large": (
                        "{price} को लागि {collected} लिइयो: फिर्ता रकम दिनुहोस्, "
                        "बढीमा {allowed} मात्र वालेटमा राख्न सकिन्छ"
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
        """Change becomes the customer's credit and the provider's debt: within bounds."""
        collected, deal = question.asks.get("cash_collected"), question.transaction
        if not isinstance(collected, Money):
            return None
        price = Money(_by_hand(question), deal.currency)
        allowed = Money(self._change_allowed(question, price), deal.currency)
        if collected - price <= allowed:
            return None
        params = {"collected": str(collected), "price": str(price), "allowed": str(allowed)}
        return Reason("change_too_large", params)

    def _change_allowed(self, question: TransitionQuestion, price: Money) -> int:
        """What may become credit: up to the debt limit, or a share of what was to be paid."""
        limit = self.debt_limit
        if limit is None or limit.currency != price.currency:
            return price.share(self.change_bp).amount
        owed = 0
        for holder in [seat.party_id for seat in question.seats if seat.role == "provider"][:1]:
            account = Account(holder, Purpose.RECEIVABLE, limit.currency)
            owed = question.work.ledger.balance(account).posted
        return max(limit.amount - owed, 0)

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
