"""A card is declined, and another one pays: for one deal, and for all of a checkout."""

from collections.abc import Iterator

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    Answer,
    Conflict,
    IllegalTransition,
    InvalidInput,
    LimitExceeded,
    Money,
    NotFound,
    Order,
    Pay,
    PaymentProviderUnavailable,
)
from marketplace.plugins.sandbox import Sandbox
from marketplace.testing.soundness import faults
from tests.support.bazaar import Bazaar
from tests.support.square import CARD, Square, open_square

DECLINED = Pay("card", means="tok_declined")


@pytest.fixture
def square(database_url: str) -> Iterator[Square]:
    """Yield a bazaar of several sellers on each database."""
    opened = open_square(database_url)
    yield opened
    opened.market.close()


@pytest.mark.behaviour("G4", "C10")
def test_another_card_pays_for_the_whole_checkout(square: Square) -> None:
    """After a no all three wait; nobody pays one alone, and another card pays all by one charge."""
    market = square.market
    placed = market.checkouts.place(
        square.basket(2_400, 1_850, 3_000), by=square.shopper, pay=DECLINED
    )
    assert square.states(placed.id) == ["unpaid"] * 3
    for deal in square.deals(placed.id):
        assert market.transactions.allowed(deal.id, by=square.shopper) == []
    with pytest.raises(InvalidInput, match="name both"):
        market.checkouts.pay(placed.id, by=square.shopper, method="card")
    market.checkouts.pay(placed.id, by=square.shopper, means=CARD.means)
    assert square.states(placed.id) == ["paid"] * 3
    assert [one["captured"] for one in square.bank.charges()] == [7_250]
    assert faults(market) == []


@pytest.mark.behaviour("G4", "C10")
def test_two_cards_pay_each_its_own_part(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a no one deal is given to one card and two to another: each card is asked for its own
    deals, and they are paid together or not at all."""
    market, shopper = square.market, square.shopper
    placed = market.checkouts.place(square.basket(2_400, 1_850, 3_000), by=shopper, pay=DECLINED)
    asked: list[tuple[str | None, int]] = []
    real = Sandbox.carry_out

    def noted(bank: Sandbox, order: Order) -> Answer:
        asked.append((order.means, order.amount.amount))
        return real(bank, order)

    monkeypatch.setattr(Sandbox, "carry_out", noted)
    deals = {deal.id: means for deal, means in zip(
        square.deals(placed.id), ("tok_hers", "tok_his", "tok_his"), strict=True
    )}  # fmt: skip
    owed = {"tok_hers": 0, "tok_his": 0}
    for deal, means in deals.items():
        market.payments.change(deal, by=shopper, means=means)
        (line, *_) = market.transactions.terms(deal, by=shopper)[-1].lines
        owed[means] += line.amount.amount
    market.checkouts.pay(placed.id, by=shopper)
    assert sorted(asked) == sorted(owed.items())
    assert sum(owed.values()) == 7_250
    assert square.states(placed.id) == ["paid"] * 3
    assert faults(market) == []


@pytest.mark.behaviour("C10")
def test_another_card_pays_for_one_deal(bazaar: Bazaar) -> None:
    """Who was declined names another card and takes the row again; a stranger may not, and what is
    paid is paid."""
    market = bazaar.market
    deal = bazaar.buy(bazaar.offer(), 3, pay=DECLINED)
    assert deal.state == "unpaid"
    with pytest.raises(NotFound):
        market.payments.change(deal.id, by=bazaar.ben, means="tok_ok")
    with pytest.raises(IllegalTransition):
        market.payments.change(deal.id, by=bazaar.seller, means="tok_ok")
    for wrong in ("", "x" * 501, None):
        with pytest.raises(InvalidInput):
            market.payments.change(deal.id, by=bazaar.mia, means=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="there are: card"):
        market.payments.change(deal.id, by=bazaar.mia, means="x", method="cash")
    market.payments.change(deal.id, by=bazaar.mia, means="tok_ok")
    assert bazaar.take(deal, "pay", bazaar.mia).state == "paid"
    assert bazaar.money(deal) == (37_00, 0)
    with pytest.raises(IllegalTransition, match="waits to be paid"):
        market.payments.change(deal.id, by=bazaar.mia, means="tok_other")


@pytest.mark.behaviour("C10")
def test_no_card_is_changed_while_its_bank_is_asked(
    bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bank does not answer yet: another card would be one that is charged beside the first. When
    the first one's yes comes after all, it alone has paid."""
    market, asked = bazaar.market, list[Order]()

    def silent(bank: Sandbox, order: Order) -> Answer:
        asked.append(order)
        raise PaymentProviderUnavailable("silent")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "carry_out", silent)
        deal = bazaar.buy(bazaar.offer(), 3)
        with pytest.raises(Conflict, match="waits for an answer"):
            market.payments.change(deal.id, by=bazaar.mia, means="tok_other")
    market.advance(HOUR)
    (payment,) = market.transactions.payments(deal.id, by=OPERATOR)
    assert (payment.means, payment.captured) == ("tok_ok", 37_00)
    assert {one.means for one in asked} == {"tok_ok"}
    assert bazaar.state(deal) == "paid"


@pytest.mark.behaviour("C10")
def test_a_wallet_pays_what_a_card_did_not(bazaar: Bazaar) -> None:
    """Another method pays too, where the process admits it; when the time is over it does not."""
    market, mia = bazaar.market, bazaar.mia
    late = bazaar.buy(bazaar.offer(), 3, pay=DECLINED)
    deal = bazaar.buy(bazaar.offer(), 3, pay=DECLINED)
    market.payments.top_up(mia.id, Money.of("37", "EUR"), reference="in cash")
    market.payments.change(deal.id, by=mia, means="wallet", method="wallet")
    bazaar.take(deal, "pay", mia)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("paid", (37_00, 0))
    market.advance(30 * MINUTE)
    assert bazaar.state(late) == "lapsed"
    with pytest.raises(IllegalTransition):
        market.payments.change(late.id, by=mia, means="tok_ok")
    (payment,) = market.transactions.payments(late.id, by=OPERATOR)
    assert payment.means == "tok_declined"


@pytest.mark.behaviour("C10")
def test_a_deal_has_so_many_payments_and_no_more(bazaar: Bazaar) -> None:
    """A hundred vouchers pay for a bowl; one more is refused at once, and nothing is opened."""
    article = bazaar.offer()
    cent = Money.of("0.01", "EUR")
    quote = bazaar.price(article)
    many = [Pay("card", means="tok_ok", amount=cent) for _ in range(100)]
    with pytest.raises(LimitExceeded, match="100 payments at most, not 101"):
        bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=[*many, Pay("card")])
    assert not bazaar.market.transactions.list(by=bazaar.mia).items
    pays = [*many[:99], Pay("card", means="tok_ok")]
    deal = bazaar.market.transactions.open(quote.id, by=bazaar.mia, pay=pays)
    assert (deal.state, bazaar.money(deal)) == ("paid", (15_00, 0))
