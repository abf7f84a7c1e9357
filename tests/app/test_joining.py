"""What deals of a checkout ask outside together."""

from __future__ import annotations

from datetime import UTC, datetime

from marketplace.app.joining import Joins
from marketplace.domain.effect import MoneyKind
from marketplace.domain.payment import Intent, IntentPart, Payee, Payment

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def asked_by(joins: Joins, deal: str, amount: int) -> Intent:
    """The question of a deal, which is gathered."""
    intent = Intent(
        id=f"in_{deal}",
        kind=MoneyKind.CHARGE,
        provider="bank",
        amount=amount,
        currency="EUR",
        created_at=NOON,
        due_at=NOON,
        transaction_id=deal,
        payment_id=f"pay_{deal}",
        payee=Payee("pa_seller", "acct", amount),
    )
    payment = Payment(f"pay_{deal}", deal, "price", "pa_buyer", "card", "EUR", NOON)
    joins.ask(intent, payment, apart=False)
    return intent


def test_one_deals_question_stays_its_own() -> None:
    """What only one deal asks names it, and whom its money is passed on to."""
    joins = Joins("co_1", True)
    mine = asked_by(joins, "tx_1", 5)
    ((intent, _),) = joins.asked()
    assert (intent.transaction_id, intent.payment_id) == (mine.transaction_id, mine.payment_id)
    assert (intent.payee, intent.parts, intent.checkout_id) == (mine.payee, (), "co_1")
    assert joins.asked() == []


def test_several_are_asked_as_one() -> None:
    """A question of several is of their sum, has a part for each, and passes on to nobody."""
    joins = Joins("co_1", True)
    asked_by(joins, "tx_1", 5)
    asked_by(joins, "tx_2", 7)
    ((intent, _),) = joins.asked()
    assert (intent.id, intent.amount, intent.payee) == ("in_tx_1", 12, None)
    assert (intent.transaction_id, intent.payment_id) == (None, None)
    assert intent.parts == (IntentPart("tx_1", "pay_tx_1", 5), IntentPart("tx_2", "pay_tx_2", 7))


def test_what_is_undone_is_not_asked() -> None:
    """What a deal asked behind a moment is forgotten with it, as often as one comes back there."""
    joins = Joins("co_1", False)
    asked_by(joins, "tx_1", 5)
    before = joins.copy()
    for undone in ("tx_2", "tx_3"):
        asked_by(joins, undone, 7)
        joins.back(before)
    ((intent, _),) = joins.asked()
    assert (intent.transaction_id, intent.amount) == ("tx_1", 5)


def test_what_is_forgotten_is_not_asked() -> None:
    """After a no in our own books nothing that was gathered is asked, nor shows in what follows."""
    joins = Joins("co_1", True)
    asked_by(joins, "tx_1", 5)
    joins.forget()
    asked_by(joins, "tx_2", 7)
    ((intent, _),) = joins.asked()
    assert (intent.transaction_id, intent.amount) == ("tx_2", 7)
