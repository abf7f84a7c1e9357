"""Erasing somebody with whom a deal is being opened at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import define, field

from marketplace import (
    OPERATOR,
    Conflict,
    Outcome,
    Pay,
    Reason,
    Refused,
    Seat,
    TransitionQuestion,
    hookimpl,
)
from tests.support.bazaar import Bazaar, open_bazaar

CARD = Pay("card", means="tok_ok")


@define
class Pausing:
    """A plugin that lets a deal's first row wait, inside its database transaction."""

    name: str = "pausing"
    armed: bool = False
    reached: threading.Event = field(factory=threading.Event)
    goes_on: threading.Event = field(factory=threading.Event)

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> list[Reason]:
        """Nothing, but late."""
        if self.armed:
            self.reached.set()
            self.goes_on.wait(20)
        return []


def both(bazaar: Bazaar, pausing: Pausing) -> tuple[Any, Any]:
    """Open a deal with the seller, and erase the seller meanwhile; gives what came of each."""
    market = bazaar.market
    article = bazaar.offer()
    asked = market.requests.open(
        "goods", by=bazaar.mia, currency="EUR", listing=article.id,
        attributes={"ship_to": {"country": "NP"}},
    )  # fmt: skip
    quote = market.quotes.make(asked.id, by=bazaar.mia)
    pausing.armed = True

    def outcome(do: Any) -> Any:
        try:
            return do()
        except Outcome as no:
            return no

    with ThreadPoolExecutor(2) as pool:
        opened = pool.submit(
            outcome,
            lambda: market.transactions.open(quote.id, by=bazaar.mia, pay=CARD),
        )
        assert pausing.reached.wait(20)
        erased = pool.submit(outcome, lambda: market.parties.erase(bazaar.seller.id, by=OPERATOR))
        # Long enough to be done, if nothing made it wait.
        threading.Event().wait(0.5)
        pausing.goes_on.set()
        return opened.result(30), erased.result(30)


@pytest.mark.invariant(55)
@pytest.mark.attack(82)
def test_an_erasure_sees_the_deal_that_is_being_opened(postgresql_url: str) -> None:
    """It waits for the deal and is refused for it, so that nobody deals with the erased; SQLite has
    one writer at a time."""
    pausing = Pausing()
    bazaar = open_bazaar(postgresql_url, more=[pausing])
    deal, erased = both(bazaar, pausing)
    assert not isinstance(deal, Outcome), deal
    assert isinstance(erased, Refused)
    assert "live_deals" in {one.code for one in erased.reasons}
    assert bazaar.market.parties.get(bazaar.seller.id, by=OPERATOR).state == "active"
    bazaar.market.close()


def test_without_its_locks_an_erasure_misses_the_deal(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: it looks before the deal is there, and is never refused for it."""
    monkeypatch.setattr("marketplace.app.parties.lock_all", lambda act, party_id: None)
    pausing = Pausing()
    bazaar = open_bazaar(postgresql_url, more=[pausing])
    deal, erased = both(bazaar, pausing)
    assert not isinstance(deal, Outcome), deal
    assert not isinstance(erased, Refused), erased
    bazaar.market.close()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_nobody_is_seated_who_was_just_erased(postgresql_url: str, guarded: bool) -> None:
    """Whoever read of somebody before he was erased, and seats him after, is refused by the
    database; without its guard he would sit there."""
    bazaar = open_bazaar(postgresql_url)
    deal = bazaar.buy(bazaar.offer())
    store: Any = bazaar.market.context.store
    if not guarded:
        with store.engine.begin() as connection:
            connection.execute(sa.text("DROP FUNCTION seat_of_somebody() CASCADE"))
    bazaar.market.parties.erase(bazaar.ben.id, by=OPERATOR)
    seated = Seat(deal.id, "helper", bazaar.ben.id)
    if guarded:
        with pytest.raises(Conflict, match="just erased") as refused, store.begin() as work:
            work.add(seated)
        assert refused.value.code == "party_erased"
    else:
        with store.begin() as work:
            work.add(seated)
    bazaar.market.close()
