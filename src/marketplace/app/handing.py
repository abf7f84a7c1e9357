"""Money that goes by hand, from the customer to the provider, and what stays owed of it."""

from __future__ import annotations

from marketplace.app.books import Posting, post
from marketplace.app.dues import open_dues
from marketplace.app.till import COLLECTED, Till
from marketplace.domain.ledger import Purpose, Transfer
from marketplace.domain.money import Money
from marketplace.domain.party import CUSTOMER
from marketplace.domain.payment import Payment
from marketplace.errors import InvalidInput


def direct(till: Till) -> list[Payment]:
    """The payments that the customers make by hand, in their order."""
    return [one for one in till.payments if till.method(one).pays_provider_directly]


def given(till: Till) -> int | None:
    """All that was collected by hand, over every payment; None when nobody said."""
    given = till.asks.get(COLLECTED)
    return given.amount if isinstance(given, Money) else None


def handed(given: int | None, part: int, *, last: bool) -> int:
    """What one payment gave of it: its part, and the last one all that is left."""
    if given is None:
        return part
    return given if last else min(given, part)


def take_directly(till: Till, payment: Payment, part: int, taken: int) -> int:
    """Record what the customer gave the provider by hand; change becomes credit, a gap dues."""
    posting = Posting()
    posting.move(till.accounts.cash, till.accounts.escrow, min(taken, part))
    wallet = till.accounts.of(payment.party_id, Purpose.WALLET)
    posting.move(till.accounts.cash, wallet, max(taken - part, 0))
    till.write("cash", payment, posting.transfers)
    till.save(payment, held=0, captured=payment.captured + min(taken, part))
    return min(taken, part)


def debtor(till: Till) -> str:
    """Who owes what could not be taken: whoever pays last, else the customer."""
    if till.payments:
        return till.payments[-1].party_id
    for seat in till.seats:
        if seat.role == CUSTOMER.name:
            return seat.party_id
    raise InvalidInput(f"purse {till.purse!r} has {till.due} due and nobody who could owe it")


def owe(till: Till, party: str, amount: int) -> None:
    """Book dues: what the lines ask beyond what could be taken is the customer's debt.

    Where one of the payments is by a method that guarantees nothing, the others wait for it.
    """
    dues = till.accounts.of(party, Purpose.CUSTOMER_RECEIVABLE)
    post(
        till.act,
        "dues",
        f"dues:{till.transaction.id}:{till.purse}:{till.transaction.version}",
        till.home,
        [Transfer(dues, till.accounts.escrow, amount)],
        details={"transaction": till.transaction.id, "purse": till.purse, "party": party},
    )
    open_dues(
        till.act,
        dues,
        amount,
        till.transaction.id,
        till.purse,
        till.home,
        guaranteed=till.guaranteed,
    )
    till.act.emit(
        "transaction.dues",
        till.transaction.id,
        {"party": party, "amount": amount, "currency": till.transaction.currency},
        [party],
    )


def owe_the_rest(till: Till) -> None:
    """After a capture: what is due and was not held is owed."""
    rest = till.due - sum(till.lying(payment) for payment in till.payments)
    if rest > 0:
        owe(till, debtor(till), rest)
