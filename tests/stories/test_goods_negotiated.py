"""Five hundred mugs: a need, what sellers offer, what is countered, and the contract agreed on."""

from collections.abc import Iterator

import pytest
from attrs import define

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    Listing,
    ManualClock,
    Money,
    NotFound,
    Offer,
    Party,
    Pay,
    Rate,
    Refused,
    Request,
)
from marketplace.plugins.commission import Commission
from marketplace.plugins.exchange import Exchange
from marketplace.plugins.goods import needs
from marketplace.testing.soundness import faults
from tests.support.bazaar import NEW_YEAR, PURSES, Bazaar, open_bazaar

CARD = [Pay("card", means="tok_ok", purse=f"part{number}") for number in (1, 2)]
HOME = {"country": "NP", "city": "Patan", "street": "Mangal Bazar 1", "name": "Mina"}


def usd(cents: int) -> Money:
    """So many cents."""
    return Money(cents, "USD")


@define
class Mugs:
    """Mina needs mugs; Otto, Ada and Pim make them."""

    bazaar: Bazaar
    mina: Party
    potters: dict[str, Party]
    workshops: dict[str, Listing]
    exchange: Exchange

    def need(self, quantity: int = 500) -> Request:
        """Mina asks anybody."""
        return self.bazaar.market.requests.open(
            "goods", by=self.mina, currency="USD", quantity=quantity,
            attributes={
                "need": {"category": "mugs", "spec": "white, 300 ml", "target_price": 4_00},
                "ship_to": HOME,
            },
        )  # fmt: skip

    def offer(self, need: Request, name: str, cents: int, **said: object) -> Offer:
        """A potter offers."""
        return self.bazaar.market.offers.make(
            need.id, by=self.potters[name], listing=self.workshops[name].id, price=usd(cents),
            **said,  # type: ignore[arg-type]
        )  # fmt: skip


@pytest.fixture
def mugs(database_url: str) -> Iterator[Mugs]:
    """Yield potters on each database; the fee is a twentieth."""
    exchange = Exchange([Rate("USD", "NPR", 133, 1, NEW_YEAR)])
    fee = Commission(bp=500, purses=PURSES)
    opened = open_bazaar(database_url, fee=fee, more=[exchange])
    market = opened.market
    mina = market.parties.join("Mina")
    potters, workshops = {}, {}
    for name in ("Otto", "Ada", "Pim"):
        potters[name] = market.parties.join(name)
        drawn = market.listings.draft(
            "goods", by=potters[name], title="We make mugs", currency="USD",
            attributes={"category": "mugs", "by_offer": True},
        )  # fmt: skip
        workshops[name] = market.listings.publish(drawn.id, by=potters[name])
    yield Mugs(opened, mina, potters, workshops, exchange)
    market.close()


@pytest.mark.behaviour("G3", "G8")
def test_a_need_becomes_a_contract_in_two_parts(mugs: Mugs) -> None:
    """Countered twice, accepted at 4.20 a mug, 30 and 70: each cent goes where the paper says."""
    bazaar, market, mina = mugs.bazaar, mugs.bazaar.market, mugs.mina
    otto, need = mugs.potters["Otto"], mugs.need()
    first = mugs.offer(need, "Otto", 500 * 4_60, terms={"parts": [4_000, 6_000], "days": 30})
    others = [mugs.offer(need, name, 500 * 4_80) for name in ("Ada", "Pim")]
    second = market.offers.counter(
        first.id, by=mina, price=usd(500 * 4_00), terms={"parts": [2_000, 8_000]}
    )
    assert second.attributes["terms"] == {"parts": [2_000, 8_000], "days": 30}
    third = market.offers.counter(
        second.id, by=otto, price=usd(500 * 4_20), terms={"parts": [3_000, 7_000], "days": 35}
    )
    deal = market.offers.accept(third.id, by=mina, pay=CARD)
    assert (deal.process, deal.state) == ("contract_2", "making_1")
    assert deal.moments["ship_by"] - deal.created_at >= 35 * DAY
    terms = market.transactions.terms(deal.id, by=otto)[0]
    assert terms.policies["terms"] == {"parts": [3_000, 7_000], "days": 35}
    assert sorted((one.code, one.purse, one.amount.amount) for one in terms.lines) == [
        ("agreed_price_part", "part1", 630_00), ("agreed_price_part", "part2", 1_470_00),
        ("commission", "part1", 31_50), ("commission", "part2", 73_50),
    ]  # fmt: skip
    states = [market.offers.get(one.id, by=OPERATOR).state for one in (first, second, third)]
    assert states == ["countered", "countered", "accepted"]
    assert {market.offers.get(one.id, by=OPERATOR).state for one in others} == {"lost"}
    assert bazaar.money(deal) == (630_00, 0)
    bazaar.take(deal, "show_1", otto, evidence="a sample")
    bazaar.take(deal, "approve_1", mina)
    assert bazaar.balance(otto) == 630_00 - 31_50
    bazaar.take(deal, "pay_2", mina)
    assert bazaar.money(deal) == (2_100_00, 0)
    bazaar.take(deal, "show_2", otto, evidence="a bill of lading")
    bazaar.take(deal, "approve_2", mina)
    assert bazaar.balance(otto) == 2_100_00 - 31_50 - 73_50
    assert market.ledger.profit("USD") == usd(105_00)
    assert faults(market) == []


@pytest.mark.behaviour("G3")
def test_a_need_is_read_by_sellers_and_by_nobody_else(mugs: Mugs) -> None:
    """They read what is needed and the country; whose door it goes to, only who gets the deal."""
    market, need = mugs.bazaar.market, mugs.need()
    otto = mugs.potters["Otto"]
    (read,) = needs(market, "goods", by=otto, category="mugs").items
    assert read == market.requests.get(need.id, by=otto)
    assert read.attributes["need"]["spec"] == "white, 300 ml"
    assert read.attributes["ship_to"] == {"country": "NP"}
    assert not needs(market, "goods", by=otto, category="bowls").items
    for stranger in (mugs.bazaar.ben, mugs.mina):
        with pytest.raises(Forbidden):
            market.requests.needs("goods", by=stranger)
    with pytest.raises(NotFound):
        market.requests.get(need.id, by=mugs.bazaar.ben)
    deal = market.offers.accept(
        mugs.offer(need, "Otto", 2_000_00, terms={"parts": [5_000, 5_000]}).id, by=mugs.mina,
        pay=CARD,
    )  # fmt: skip
    assert deal.state == "making_1"
    assert market.requests.get(need.id, by=otto).attributes["ship_to"] == HOME
    with pytest.raises(NotFound):
        market.requests.get(need.id, by=mugs.potters["Ada"])
    assert not needs(market, "goods", by=otto).items


@pytest.mark.behaviour("G3")
def test_who_names_a_price_does_not_buy_at_it_alone(mugs: Mugs) -> None:
    """A price or terms that one side named are nobody's until the other accepts them."""
    market, need = mugs.bazaar.market, mugs.need()
    offer = mugs.offer(need, "Otto", 2_300_00)
    mine = market.offers.counter(offer.id, by=mugs.mina, price=usd(1))
    for one in (offer, mine):
        for whole in (Pay("card"), CARD):
            with pytest.raises(IllegalTransition) as refused:
                market.transactions.open(str(one.quote_id), by=mugs.mina, pay=whole)
            assert refused.value.code == "offer_not_accepted"
        with pytest.raises(IllegalTransition):
            market.checkouts.place([str(one.quote_id)], by=mugs.mina, pay=Pay("card"))
    with pytest.raises(Conflict):
        market.offers.accept(offer.id, by=mugs.mina, pay=Pay("card"))
    with pytest.raises(Forbidden):
        market.offers.accept(mine.id, by=mugs.mina, pay=Pay("card"))
    assert not market.transactions.list(by=OPERATOR).items


@pytest.mark.behaviour("G3")
def test_offers_of_sellers_expire(mugs: Mugs) -> None:
    """A late yes opens nothing, and the need stays open for the others."""
    market, need = mugs.bazaar.market, mugs.need()
    short = mugs.offer(need, "Otto", 2_000_00, lives=HOUR)
    long = mugs.offer(need, "Ada", 2_200_00, lives=3 * DAY)
    market.advance(2 * DAY)
    assert market.offers.get(short.id, by=mugs.mina).state == "expired"
    with pytest.raises(Expired):
        market.offers.accept(short.id, by=mugs.mina, pay=Pay("card"))
    deal = market.offers.accept(long.id, by=mugs.mina, pay=Pay("card", means="tok_ok"))
    assert (deal.process, mugs.bazaar.money(deal)) == ("contract_1", (2_200_00, 0))


@pytest.mark.behaviour("G3")
def test_an_offer_is_over_at_its_end(mugs: Mugs) -> None:
    """From the moment in which it ends nobody takes it, also where no clock has told it so yet."""
    market, need = mugs.bazaar.market, mugs.need()
    offer = mugs.offer(need, "Otto", 2_000_00, lives=HOUR)
    clock = market.context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(HOUR)
    with pytest.raises(Expired) as late:
        market.offers.accept(offer.id, by=mugs.mina, pay=Pay("card", means="tok_ok"))
    assert late.value.code == "offer_expired"
    assert market.offers.get(offer.id, by=mugs.mina).state == "made"
    assert not market.transactions.list(by=OPERATOR).items


@pytest.mark.behaviour("G3")
def test_a_price_is_good_as_long_as_its_offer(mugs: Mugs) -> None:
    """An offer that lives for sixty days is bought at on the last, though prices live shorter."""
    market, need = mugs.bazaar.market, mugs.need()
    offer = mugs.offer(need, "Otto", 2_000_00, lives=60 * DAY)
    assert market.quotes.get(str(offer.quote_id), by=mugs.mina).expires_at == offer.expires_at
    market.advance(60 * DAY - HOUR)
    deal = market.offers.accept(offer.id, by=mugs.mina, pay=Pay("card", means="tok_ok"))
    assert mugs.bazaar.money(deal) == (2_000_00, 0)


@pytest.mark.behaviour("G3")
def test_a_seller_may_say_yes_and_the_customer_pays_each_part(mugs: Mugs) -> None:
    """The customer's counter says how he pays; whoever accepts it opens the contract in parts."""
    market, need = mugs.bazaar.market, mugs.need()
    offer = mugs.offer(need, "Otto", 2_300_00, terms={"parts": [3_000, 7_000]})
    mine = market.offers.counter(
        offer.id, by=mugs.mina, price=usd(2_000_01), pay=Pay("card", means="tok_ok")
    )
    deal = market.offers.accept(mine.id, by=mugs.potters["Otto"])
    assert (deal.process, deal.state) == ("contract_2", "making_1")
    assert mugs.bazaar.money(deal) == (600_00, 0)


@pytest.mark.behaviour("G3")
def test_terms_are_the_trades_own(mugs: Mugs) -> None:
    """Terms that the trade does not know, parts of no whole, and a shelf price of none: refused."""
    market, need = mugs.bazaar.market, mugs.need()
    for terms in ({"colour": "red"}, {"parts": [3_000, 6_000]}, {"days": 0}):
        with pytest.raises(InvalidInput):
            mugs.offer(need, "Otto", 2_000_00, terms=terms)
    offer = mugs.offer(need, "Otto", 2_000_00, terms={"days": 10})
    with pytest.raises(InvalidInput):
        market.offers.counter(offer.id, by=mugs.mina)
    kept = market.offers.counter(offer.id, by=mugs.mina, terms={"sample": True})
    assert kept.attributes == {"price": 2_000_00, "terms": {"days": 10, "sample": True}}
    with pytest.raises(Refused) as refused:
        market.quotes.make(need.id, by=mugs.mina, listing=mugs.workshops["Otto"].id)
    assert [one.code for one in refused.value.reasons] == ["goods_by_offer"]


@pytest.mark.behaviour("G3", "G14")
def test_a_contract_in_parts_is_paid_in_another_currency(mugs: Mugs) -> None:
    """Each part is asked in rupees at the rate of the yes, though it moved before the second."""
    bazaar, market, mina, otto = mugs.bazaar, mugs.bazaar.market, mugs.mina, mugs.potters["Otto"]
    offer = mugs.offer(mugs.need(), "Otto", 2_100_00, terms={"parts": [3_000, 7_000]})
    with pytest.raises(Refused):
        market.offers.accept(offer.id, by=mina, pay=CARD, currency="JPY")
    deal = market.offers.accept(offer.id, by=mina, pay=CARD, currency="NPR")
    bazaar.take(deal, "show_1", otto, evidence="a sample")
    bazaar.take(deal, "approve_1", mina)
    mugs.exchange.put(Rate("USD", "NPR", 170, 1, market.context.now()))
    bazaar.take(deal, "pay_2", mina)
    paid = market.transactions.payments(deal.id, by=mina)
    assert [(one.captured, one.outside) for one in paid] == [
        (630_00, 630_00 * 133), (1_470_00, 1_470_00 * 133),
    ]  # fmt: skip
    told = [one.text for one in market.why.transaction(deal.id, by=mina)]
    assert any("133 NPR for 1 USD, by exchange" in one for one in told), told
    assert faults(market) == []
