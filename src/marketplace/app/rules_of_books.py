"""What explains a transfer that no line of a price does: the rules by which books are kept."""

from __future__ import annotations

NETTED = "books.netted"
"""Earnings that pay a debt of the same party."""
FROM_WALLET = "books.from_wallet"
"""What a party must give and its earnings do not hold, out of its credit."""
OWED = "books.owed"
"""What a party must give and has not: its debt."""
DUES_PAID = "books.dues_paid"
"""What a customer is given back, that pays what it still owed."""
REST = "books.rest"
"""What a customer paid beyond what the lines ask: its credit."""
CASH_KEPT = "books.cash_kept"
"""What a provider earned and holds already, in cash."""
PASSED_ON = "books.passed_on"
"""What a provider earned and was passed on already, by the payment provider."""
AWAITED = "books.awaited"
"""Earnings that wait until the customer has paid."""
PAID_MEANWHILE = "books.paid_meanwhile"
"""A debt that is taken back and was paid since: what was paid is given as money."""
PAYOUT_FEE = "books.payout_fee"
"""What a payout at once costs."""
RULES = (
    NETTED, FROM_WALLET, OWED, DUES_PAID, REST, CASH_KEPT, PASSED_ON, AWAITED, PAID_MEANWHILE,
    PAYOUT_FEE,
)  # fmt: skip
"""Every rule of the books: what explains a transfer that no line of a price does."""
