"""A lamp that its seller does not have: the order, the supply beside it, and who sees what."""

from collections.abc import Iterator

import pytest
from attrs import define

from marketplace import (
    DAY,
    MINUTE,
    OPERATOR,
    IllegalTransition,
    Listing,
    NotFound,
    Outcome,
    Party,
    Purpose,
    Reason,
    Refused,
    Transaction,
    TransitionQuestion,
    hookimpl,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.goods import Goods, GoodsTimes
from marketplace.testing.soundness import faults
from tests.support.bazaar import CARD, Bazaar, open_bazaar
from tests.support.racing import at_once

HOME = {"country": "NP", "name": "Lena", "street": "Lazimpat 4", "city": "Kathmandu"}
YEAR = 365 * DAY


@define
class Customs:
    """A plugin that lets no order leave while it is closed."""

    closed: bool = False
    name: str = "customs"

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """Nothing leaves now."""
        leaves = question.row.name == "ship" and question.transaction.origin_id is None
        return Reason("customs_closed") if self.closed and leaves else None


@define
class Lamps:
    """Dana sells Sol's lamps, and Lena buys."""

    bazaar: Bazaar
    dana: Party
    sol: Party
    lena: Party
    wholesale: Listing
    retail: Listing
    customs: Customs

    def buy(self, quantity: int = 1) -> Transaction:
        """Lena buys so many of Dana's, by card."""
        market = self.bazaar.market
        request = market.requests.open(
            "goods", by=self.lena, currency="USD", listing=self.retail.id, quantity=quantity,
            attributes={"ship_to": HOME},
        )  # fmt: skip
        quote = market.quotes.make(request.id, by=self.lena)
        return market.transactions.open(quote.id, by=self.lena, pay=CARD)

    def supply(self) -> Transaction:
        """The supply that Sol sees last."""
        return self.bazaar.market.transactions.list(by=self.sol).items[-1]

    def both(self, order: Transaction) -> tuple[str, str]:
        """Where the order stands, and where its supply does."""
        return self.bazaar.state(order), self.bazaar.state(self.supply())

    def payables(self) -> tuple[int, int]:
        """What Dana has, less what she owes, and what Sol has."""
        owed = self.bazaar.balance(self.dana, Purpose.RECEIVABLE)
        has = self.bazaar.balance(self.dana)
        return has - abs(owed), self.bazaar.balance(self.sol)


def open_lamps(url: str, goods: Goods | None = None) -> Lamps:
    """Lamps; the fee is a tenth of the goods, not of their freight."""
    fee = Commission(bp=1_000, except_codes=("freight",))
    customs = Customs()
    opened = open_bazaar(url, goods, fee=fee, more=[customs])
    market = opened.market
    dana, sol, lena = (market.parties.join(name) for name in ("Dana", "Sol", "Lena"))
    lamp = {"category": "lamps"}
    drawn = market.listings.draft(
        "goods", by=sol, title="Lamps by the box", currency="USD",
        attributes={**lamp, "price": 41_00, "freight": {"first": 4_50, "more": 0}},
    )  # fmt: skip
    market.listings.supply(drawn.id, by=sol, add=20)
    wholesale = market.listings.publish(drawn.id, by=sol)
    drawn = market.listings.draft(
        "goods", by=dana, title="A lamp", currency="USD",
        attributes={**lamp, "price": 60_00, "freight": {"first": 5_00, "more": 0},
                    "supplier": {"listing": wholesale.id}},
    )  # fmt: skip
    market.listings.supply(drawn.id, by=dana, add=20)
    retail = market.listings.publish(drawn.id, by=dana)
    return Lamps(opened, dana, sol, lena, wholesale, retail, customs)


@pytest.fixture
def lamps(database_url: str) -> Iterator[Lamps]:
    """Yield lamps on each database."""
    opened = open_lamps(database_url)
    yield opened
    opened.bazaar.market.close()


@pytest.mark.behaviour("G9")
def test_the_margin_is_what_is_left_in_the_middle(lamps: Lamps) -> None:
    """65.00 in; 6.00 and 4.10 of fees; 45.50 passed on; 13.50 is Dana's, in one commit."""
    bazaar = lamps.bazaar
    order = lamps.buy()
    assert lamps.both(order) == ("paid", "placed")
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    assert lamps.both(order) == ("packing", "accepted")
    bazaar.take(lamps.supply(), "ship", lamps.sol, parcel="SOL-77")
    assert lamps.both(order) == ("shipped", "shipped")
    sent = bazaar.market.transactions.get(order.id, by=lamps.lena)
    assert [one["parcel"] for one in sent.attributes["parcels"]] == ["SOL-77"]
    assert lamps.payables() == (0, 0)
    bazaar.take(lamps.supply(), "deliver", lamps.sol, evidence="signed by Lena")
    assert lamps.both(order) == ("delivered", "delivered")
    bazaar.take(order, "receive", lamps.lena)
    assert lamps.both(order) == ("completed", "passed_on")
    assert lamps.payables() == (13_50, 41_40)
    assert bazaar.money(order) == (65_00, 0)
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G9")
def test_neither_end_sees_the_other_deal(lamps: Lamps) -> None:
    """The customer finds no supply, and the supplier neither the order nor a retail price."""
    market = lamps.bazaar.market
    order = lamps.buy(2)
    supply = lamps.supply()
    for deal, stranger in ((supply, lamps.lena), (order, lamps.sol)):
        with pytest.raises(NotFound):
            market.transactions.get(deal.id, by=stranger)
        with pytest.raises(NotFound):
            market.transactions.terms(deal.id, by=stranger)
    assert [one.id for one in market.transactions.list(by=lamps.lena).items] == [order.id]
    assert [one.id for one in market.transactions.list(by=lamps.sol).items] == [supply.id]
    with pytest.raises(NotFound):
        market.requests.get(str(order.request_id), by=lamps.sol)
    asked = market.requests.get(str(supply.request_id), by=lamps.sol)
    (item,) = asked.items
    assert (asked.customer_id, item.quantity, item.listing_id) == (
        lamps.dana.id, 2, lamps.wholesale.id,
    )  # fmt: skip
    assert "street" not in asked.attributes["ship_to"]
    lamps.bazaar.take(supply, "accept", lamps.sol)
    asked = market.requests.get(str(supply.request_id), by=lamps.sol)
    assert asked.attributes["ship_to"]["street"] == "Lazimpat 4"
    with pytest.raises(NotFound):
        market.requests.get(str(supply.request_id), by=lamps.lena)
    shown = market.listings.get(lamps.retail.id, by=lamps.lena)
    assert "supplier" not in shown.attributes
    for party, hidden in ((lamps.lena, supply), (lamps.sol, order)):
        heard = market.events.feed(by=party)
        assert hidden.id not in {one.event.subject_id for one in heard}
    terms = market.transactions.terms(supply.id, by=lamps.sol)[0]
    assert sorted(one.amount.amount for one in terms.lines) == [4_50, 8_20, 82_00]


@pytest.mark.behaviour("G9")
def test_a_supplier_who_declines_gives_the_customer_the_money_back(lamps: Lamps) -> None:
    """Declined before or after the seller confirmed, the order is undone in the same commit."""
    bazaar = lamps.bazaar
    order = lamps.buy()
    bazaar.take(lamps.supply(), "decline", lamps.sol)
    assert lamps.both(order) == ("cancelled", "declined")
    assert bazaar.money(order) == (65_00, 65_00)
    other = lamps.buy()
    bazaar.take(other, "confirm", lamps.dana)
    bazaar.take(lamps.supply(), "decline", lamps.sol)
    assert lamps.both(other) == ("cancelled", "declined")
    assert bazaar.money(other) == (65_00, 65_00)
    assert lamps.payables() == (0, 0)
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G9")
def test_an_order_that_is_called_off_withdraws_its_supply(lamps: Lamps) -> None:
    """The supplier's pieces are free again with the same commit."""
    bazaar = lamps.bazaar
    order = lamps.buy(20)
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    bazaar.take(order, "call_off", lamps.dana)
    assert lamps.both(order) == ("cancelled", "declined")
    again = lamps.buy(20)
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    assert lamps.both(again) == ("packing", "accepted")


@pytest.mark.behaviour("G9", "C23")
def test_an_order_that_nobody_confirms_withdraws_its_supply(database_url: str) -> None:
    """Neither seller nor supplier says a word: when the order's own time is over it takes its
    supply along, though the supplier had a day more to answer, and his pieces are free."""
    lamps = open_lamps(database_url, Goods(times=GoodsTimes(handling=DAY)))
    with lamps.bazaar.market as market:
        order = lamps.buy(20)
        assert lamps.both(order) == ("paid", "placed")
        market.advance(DAY)
        assert lamps.both(order) == ("cancelled", "declined")
        told = market.events.feed(by=lamps.dana)
        moved = [one.event for one in told if one.event.subject_id == order.id]
        assert moved[-1].data["row"] == "not_confirmed"
        taken, back = lamps.bazaar.money(order)
        assert taken == back > 0
        again = lamps.buy(20)
        lamps.bazaar.take(lamps.supply(), "accept", lamps.sol)
        assert lamps.both(again) == ("packing", "accepted")
        assert faults(market) == []


@pytest.mark.behaviour("G9")
def test_a_seller_is_not_short_of_what_a_supplier_has(lamps: Lamps) -> None:
    """Of two lamps one alone cannot be taken out of the order: its supply would be withdrawn whole,
    and the customer would wait for nothing. The supplier sends both."""
    bazaar, order = lamps.bazaar, lamps.buy(2)
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    assert lamps.both(order) == ("packing", "accepted")
    with pytest.raises(IllegalTransition, match="short"):
        bazaar.take(order, "short", lamps.dana, quantity=1)
    assert lamps.both(order) == ("packing", "accepted")
    offered = bazaar.market.transactions.allowed(order.id, by=lamps.dana)
    assert "short" not in offered
    assert "call_off" in offered
    bazaar.take(lamps.supply(), "ship", lamps.sol, parcel="SOL-77")
    assert lamps.both(order) == ("shipped", "shipped")


@pytest.mark.behaviour("G9", "C23")
def test_a_supplier_who_does_not_send_in_time_holds_no_money_back(lamps: Lamps) -> None:
    """He took an order on that has ten days more: after five without a parcel it is undone by what
    his deal tells it, and not only when its own time is over."""
    bazaar = lamps.bazaar
    slow = {**lamps.retail.attributes, "lead_days": 10}
    bazaar.market.listings.change(lamps.retail.id, by=lamps.dana, attributes=slow)
    order = lamps.buy()
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    bazaar.market.advance(5 * DAY)
    assert lamps.both(order) == ("cancelled", "declined")
    assert bazaar.money(order) == (65_00, 65_00)
    (stock,) = [
        one
        for one in bazaar.market.listings.stock(lamps.wholesale.id, by=lamps.sol)
        if one.resource == "stock"
    ]
    assert (stock.there, stock.taken) == (20, 0)


def test_what_a_supplier_has_no_more_is_not_sold(lamps: Lamps) -> None:
    """Who pays hears that it cannot be had, and nothing of whose fault that is."""
    market = lamps.bazaar.market
    market.listings.pause(lamps.wholesale.id, by=lamps.sol)
    with pytest.raises(Refused) as refused:
        lamps.buy()
    assert refused.value.code == "not_beside"
    assert lamps.wholesale.id not in repr(refused.value) + repr(refused.value.params)
    assert market.payments.work_off() == 0


@pytest.mark.behaviour("C23", "G9")
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_both_away_for_a_year_leaves_nothing(lamps: Lamps, rows: int) -> None:
    """Wherever seller and supplier vanish, both deals end and no money lies between them."""
    bazaar = lamps.bazaar
    market, order = bazaar.market, lamps.buy()
    for name, asks in (
        ("accept", {}), ("ship", {"parcel": "S"}), ("deliver", {"evidence": "photo"}),
    )[:rows]:  # fmt: skip
        bazaar.take(lamps.supply(), name, lamps.sol, **asks)
    market.advance(YEAR)
    assert all(market.transactions.get(one.id, by=OPERATOR).ended_at
               for one in (order, lamps.supply()))  # fmt: skip
    escrow = [one for one in market.ledger.trial() if one.purpose == "escrow"]
    assert [one.debits - one.credits for one in escrow] == [0] * len(escrow)
    stock = market.listings.stock(lamps.wholesale.id, by=OPERATOR)
    assert not [one for one in stock if one.taken]
    # Who sent is paid; who never had it shown that it arrived gives the customer the money back.
    margin = {0: 0, 1: 0, 2: -45_50, 3: 13_50}[rows]
    assert lamps.payables() == (margin, 41_40 if rows > 1 else 0)
    assert bazaar.money(order) == (65_00, 0 if rows == 3 else 65_00)
    assert faults(market) == []


def test_an_article_names_a_supplier_who_can_be_one(lamps: Lamps) -> None:
    """Somebody else, who sends himself, in the same money."""
    market = lamps.bazaar.market
    for by, article, currency, code in (
        (lamps.sol, lamps.wholesale.id, "USD", "goods_own_supplier"),
        (lamps.dana, lamps.wholesale.id, "EUR", "goods_supplier_currency"),
        (lamps.sol, lamps.retail.id, "USD", "goods_supplier_supplied"),
        (lamps.dana, "lst_nowhere", "USD", "goods_unknown_supplier"),
    ):
        drawn = market.listings.draft(
            "goods", by=by, title="A lamp", currency=currency,
            attributes={"category": "lamps", "price": 1,
                        "supplier": {"listing": article}},
        )  # fmt: skip
        with pytest.raises(Refused) as refused:
            market.listings.publish(drawn.id, by=by)
        assert [one.code for one in refused.value.reasons] == [code]


def test_nobody_plays_the_other_deal(lamps: Lamps) -> None:
    """The rows between two deals are theirs alone."""
    order = lamps.buy()
    with pytest.raises(NotFound):
        lamps.bazaar.take(order, "confirm", lamps.sol)
    with pytest.raises(IllegalTransition):
        lamps.bazaar.take(lamps.supply(), "pass_on", lamps.dana)


def test_what_an_order_cannot_be_told_now_it_is_told_later(lamps: Lamps) -> None:
    """A supplier's row holds though the order's is refused; the clock tells it with its parcel."""
    bazaar, order = lamps.bazaar, lamps.buy()
    bazaar.take(lamps.supply(), "accept", lamps.sol)
    lamps.customs.closed = True
    bazaar.take(lamps.supply(), "ship", lamps.sol, parcel="SOL-77")
    assert lamps.both(order) == ("packing", "shipped")
    bazaar.market.advance(2 * MINUTE)
    assert lamps.both(order) == ("packing", "shipped")
    lamps.customs.closed = False
    bazaar.market.advance(10 * MINUTE)
    assert lamps.both(order) == ("shipped", "shipped")
    sent = bazaar.market.transactions.get(order.id, by=lamps.lena)
    assert [one["parcel"] for one in sent.attributes["parcels"]] == ["SOL-77"]


@pytest.mark.behaviour("G9")
@pytest.mark.parametrize("attempt", range(4))
def test_called_off_and_sent_in_the_same_moment(lamps: Lamps, attempt: int) -> None:
    """Seller and supplier move both deals at once, from two ends: neither waits for ever, the buyer
    has the goods on their way or the money back, and all comes to rest."""
    bazaar, order = lamps.bazaar, lamps.buy()
    supply = lamps.supply()
    bazaar.take(supply, "accept", lamps.sol)
    answers = at_once(
        lambda: bazaar.take(order, "call_off", lamps.dana),
        lambda: bazaar.take(supply, "ship", lamps.sol, parcel="SOL-1"),
    )
    assert any(not isinstance(one, Outcome) for one in answers)
    bazaar.market.advance(10 * MINUTE)
    both = lamps.both(order)
    assert both in {("cancelled", "declined"), ("shipped", "shipped"), ("cancelled", "shipped")}
    assert bazaar.money(order) == (65_00, 0 if both[0] == "shipped" else 65_00)
    bazaar.market.advance(YEAR)
    assert all(bazaar.now(one).ended_at for one in (order, supply))
    assert faults(bazaar.market) == []


@pytest.mark.behaviour("G9")
def test_what_a_seller_owes_his_supplier_comes_out_of_his_next_sale(lamps: Lamps) -> None:
    """Sent, never shown to have arrived: the supplier has his money, and the seller's next earnings
    pay for it before anything is paid out."""
    bazaar, market = lamps.bazaar, lamps.bazaar.market
    for evidence in (None, "signed by Lena"):
        order = lamps.buy()
        for name, asks in (("accept", {}), ("ship", {"parcel": f"S-{order.id}"})):
            bazaar.take(lamps.supply(), name, lamps.sol, **asks)
        if evidence is not None:
            bazaar.take(lamps.supply(), "deliver", lamps.sol, evidence=evidence)
        market.advance(60 * DAY)
    assert lamps.payables() == (13_50 - 45_50, 2 * 41_40)
    market.payouts.run(by=OPERATOR)
    assert lamps.payables() == (13_50 - 45_50, 0)
    assert not [one for one in market.payouts.list(by=OPERATOR).items
                if one.party_id == lamps.dana.id]  # fmt: skip
    assert faults(market) == []
