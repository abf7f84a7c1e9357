"""Goods bought in another currency: whatever happens to the deal, books and bank agree in both."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import (
    CUSTOMER,
    DAY,
    MARKETPLACE,
    OPERATOR,
    PROVIDER,
    MarketplaceError,
    Money,
    Pay,
    Purpose,
    Rate,
    Transaction,
)
from marketplace.plugins.exchange import Exchange
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.bazaar import NEW_YEAR, Bazaar, open_bazaar

ARTICLES: dict[str, dict[str, Any]] = {
    "order": {},
    "digital": {"digital": True},
    "contract_3": {"parts": [2_000, 3_000, 5_000]},
}
MEANS = ("tok_ok", "tok_ok", "tok_ok", "tok_declined", "tok_in_part", "tok_refund_fails")


def asked(bazaar: Bazaar, row: Any) -> dict[str, Any]:
    """Something for each field that a row asks for."""
    now = bazaar.market.context.now()
    some = {"number": 1, "money": Money.of("1.11", "EUR"), "time": now + 2 * DAY}
    return {
        ask.name: ask.choices[0] if ask.choices else some.get(ask.kind, f"{ask.name} {now}")
        for ask in row.asks
        if ask.kind != "items"
    }


def walk(bazaar: Bazaar, deal: Transaction, draws: st.DataObject) -> None:
    """All three take rows that they may, with days in between."""
    process = bazaar.market.context.process(deal)
    parties: dict[Any, Any] = {
        CUSTOMER: bazaar.mia, PROVIDER: bazaar.seller, OPERATOR: OPERATOR,
    }  # fmt: skip
    for _ in range(draws.draw(st.integers(0, 9), label="steps")):
        may = [
            (row, role)
            for row in process.rows_from(bazaar.state(deal))
            for role in parties
            if role in row.who and not row.agreed
        ]
        if may:
            row, role = draws.draw(st.sampled_from(may), label="row")
            with suppress(MarketplaceError):
                bazaar.take(deal, row.name, parties[role], **asked(bazaar, row))
        bazaar.market.advance(draws.draw(st.integers(0, 6), label="days") * DAY)


def clearing(bazaar: Bazaar, currency: str) -> int:
    """What the books say lies at the bank."""
    found = bazaar.market.ledger.balances(MARKETPLACE, by=OPERATOR)
    place = (Purpose.PROCESSOR_CLEARING, currency)
    return sum(one.posted for one in found if (one.account.purpose, one.account.currency) == place)


@pytest.mark.behaviour("G14")
@pytest.mark.invariant(14, 19)
@pytest.mark.parametrize("name", ARTICLES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(draws=st.data())
def test_books_and_bank_agree_in_both_currencies(name: str, draws: st.DataObject) -> None:
    """At any rate, with any card: what the books have at the bank is what the bank has, and what
    customers paid and were not given back stands in fx against it."""
    up, down = (draws.draw(st.integers(1, 400), label="rate") for _ in "ab")
    target = draws.draw(st.sampled_from(["USD", "JPY", "KWD"]), label="target")
    rate = Rate("EUR", target, up, down, NEW_YEAR)
    bazaar = open_bazaar("sqlite://", more=[Exchange([rate])])
    market, bank = bazaar.market, bazaar.market.context.providers["sandbox"]
    assert isinstance(bank, Sandbox)
    article = bazaar.offer(**ARTICLES[name])
    request = market.requests.open(
        "goods", by=bazaar.mia, currency="EUR", listing=article.id, quantity=3,
        attributes={"ship_to": {"country": "NP"}},
    )  # fmt: skip
    quote = market.quotes.make(request.id, by=bazaar.mia, currency=target)
    means = draws.draw(st.sampled_from(MEANS), label="means")
    purses = [f"part{number}" for number in (1, 2, 3)] if name == "contract_3" else ["price"]
    pay = [Pay("card", means=means, purse=purse) for purse in purses]
    deal = market.transactions.open(quote.id, by=bazaar.mia, pay=pay)
    walk(bazaar, deal, draws)
    market.advance(366 * DAY)
    assert faults(market) == []
    for currency in ("EUR", target):
        assert clearing(bazaar, currency) == bank.balance(currency).amount
    fx = {one.account.currency: one.posted for one in market.ledger.fx()}
    assert fx.get(target, 0) == bank.balance(target).amount
    market.close()
