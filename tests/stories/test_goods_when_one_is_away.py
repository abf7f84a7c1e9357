"""Goods in which one party is away for a year: whoever it is, nobody's money stays in between."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import (
    CUSTOMER,
    DAY,
    OPERATOR,
    PROVIDER,
    MarketplaceError,
    Money,
    Pay,
    Purpose,
    Role,
    Transaction,
)
from tests.support.bazaar import CARD, NEW_YEAR, Bazaar, open_bazaar

FLASH = {"price": 4_00, "from": NEW_YEAR.isoformat(), "to": (NEW_YEAR + DAY).isoformat()}
GROUP = {"price": 4_00, "least": 3, "closes": (NEW_YEAR + 3 * DAY).isoformat()}
ARTICLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "order": ({}, {}),
    "sample": ({"sample": {"price": 3_00, "most": 3}, "samples": 9}, {"sample": True}),
    "digital": ({"digital": True}, {}),
    "backorder": ({"backorder": {"most": 9, "days": 5}}, {"backorder": True}),
    "flash": ({"flash": FLASH, "flash_stock": 9}, {"flash": True}),
    "group": ({"group": GROUP, "group_stock": 9}, {"group": True}),
    "contract_3": ({"parts": [2_000, 3_000, 5_000]}, {}),
}
ROLES = (CUSTOMER, PROVIDER, OPERATOR)


def asked(bazaar: Bazaar, row: Any) -> dict[str, Any]:
    """Something for each field that a row asks for."""
    now = bazaar.market.context.now()
    some = {
        "number": 1,
        "money": Money.of("1.11", "EUR"),
        "time": now + 2 * DAY,
    }
    return {
        ask.name: ask.choices[0] if ask.choices else some.get(ask.kind, f"{ask.name} {now}")
        for ask in row.asks
        if ask.kind != "items"
    }


def walk(bazaar: Bazaar, deal: Transaction, away: Role, draws: st.DataObject) -> None:
    """Those who are there take any rows that they may, with days in between."""
    process = bazaar.market.context.process(deal)
    parties: dict[Role, Any] = {
        CUSTOMER: bazaar.mia, PROVIDER: bazaar.seller, OPERATOR: OPERATOR,
    }  # fmt: skip
    present = [role for role in ROLES if role != away]
    for _ in range(draws.draw(st.integers(0, 9), label="steps")):
        state = bazaar.state(deal)
        may = [
            (row, role)
            for row in process.transitions
            for role in present
            if state in row.sources and role in row.who and not row.agreed
        ]
        if may:
            row, role = draws.draw(st.sampled_from(may), label="row")
            try:
                bazaar.take(deal, row.name, parties[role], **asked(bazaar, row))
            except MarketplaceError:
                # What is refused changes nothing; the walk goes on from where it was.
                assert bazaar.state(deal) == state
        bazaar.market.advance(draws.draw(st.integers(0, 6), label="days") * DAY)


@pytest.mark.behaviour("C23", "G6", "G8")
@pytest.mark.parametrize("name", ARTICLES)
@pytest.mark.parametrize("away", ROLES, ids=lambda role: role.name)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(draws=st.data())
def test_one_who_is_away_freezes_nobodys_money(name: str, away: Role, draws: st.DataObject) -> None:
    """After a year of the clock the deal has ended, escrow is empty and no goods are claimed."""
    bazaar = open_bazaar("sqlite://")
    said, wish = ARTICLES[name]
    article = bazaar.offer(**said)
    pay = CARD
    if name.startswith("contract"):
        pay = [Pay("card", means="tok_ok", purse=f"part{number}") for number in (1, 2, 3)]
    deal = bazaar.buy(article, 3, pay=pay, **wish)
    assert deal.process == name
    walk(bazaar, deal, away, draws)
    bazaar.market.advance(366 * DAY)
    ended = bazaar.now(deal)
    assert ended.state in bazaar.market.context.process(deal).final
    left = bazaar.market.ledger.balances(deal.id, by=OPERATOR)
    assert not sum(one.posted for one in left if one.account.purpose is Purpose.ESCROW)
    assert not [one for one in bazaar.market.listings.stock(article.id, by=OPERATOR) if one.taken]
    assert bazaar.market.ledger.sums() == {"EUR": 0}
    bazaar.market.close()
