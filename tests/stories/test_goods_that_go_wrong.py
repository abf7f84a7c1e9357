"""Goods that arrive broken, or not as told: every outcome, who pays it, and who need not answer."""

import pytest

from marketplace import DAY, OPERATOR, Money, Purpose, Refused, Transaction
from tests.support.bazaar import Bazaar


def euros(text: str) -> Money:
    """An amount."""
    return Money.of(text, "EUR")


def contested(bazaar: Bazaar, wants: str = "refund", **asks: Money) -> Transaction:
    """Three bowls for 37.00, sent, and complained about."""
    deal = bazaar.sent(bazaar.offer(returns="seller_pays"), 3)
    return bazaar.take(deal, "complain", bazaar.mia, why="broken", wants=wants, **asks)


@pytest.mark.behaviour("G7")
def test_a_seller_gives_in_and_the_goods_stay(bazaar: Bazaar) -> None:
    """The 12.00 that were wanted go back, to the cent over goods and freight; 25.00 are earned."""
    deal = contested(bazaar, refund=euros("12"))
    bazaar.take(deal, "give_in", bazaar.seller)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("completed", (37_00, 12_00))
    assert bazaar.balance(bazaar.seller) == 22_50
    assert bazaar.market.ledger.sums() == {"EUR": 0}


@pytest.mark.behaviour("G7")
def test_both_agree_on_a_part(bazaar: Bazaar) -> None:
    """One proposes 5.55, the other accepts it, and no cent of it is lost."""
    deal = contested(bazaar)
    with pytest.raises(Refused, match="goods_refund_within"):
        bazaar.market.offers.propose(deal.id, "agree", by=bazaar.mia, refund=euros("37.01"))
    offer = bazaar.market.offers.propose(deal.id, "agree", by=bazaar.mia, refund=euros("5.55"))
    bazaar.market.offers.accept(offer.id, by=bazaar.seller)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("completed", (37_00, 5_55))


@pytest.mark.behaviour("G7")
@pytest.mark.parametrize(
    ("row", "asks", "compensated"),
    [
        ("take_back", {}, 7_00),
        ("decide_return", {"freight": "customer"}, 0),
        ("decide_return", {"freight": "provider"}, 7_00),
        ("decide_return", {"freight": "operator"}, 7_00),
    ],
)
def test_goods_go_back_and_somebody_pays_for_the_parcel(
    bazaar: Bazaar, row: str, asks: dict[str, str], compensated: int
) -> None:
    """A return gives all 37.00 back; the 7.00 for the way back are borne by whom it was laid on."""
    deal = contested(bazaar, "return")
    by = bazaar.seller if row == "take_back" else OPERATOR
    bazaar.take(deal, row, by, **asks)
    bazaar.take(deal, "send_back", bazaar.mia, parcel="R1")
    bazaar.take(deal, "got_back", bazaar.seller)
    assert (bazaar.state(deal), bazaar.money(deal)) == ("returned", (37_00, 37_00))
    assert bazaar.balance(bazaar.mia, Purpose.WALLET) == compensated
    owes = compensated if asks.get("freight") != "operator" else 0
    assert bazaar.balance(bazaar.seller, Purpose.RECEIVABLE) == owes
    assert bazaar.market.ledger.sums() == {"EUR": 0}


@pytest.mark.behaviour("G7")
def test_goods_are_sent_again_so_often_and_no_more(bazaar: Bazaar) -> None:
    """A resend claims goods anew and has its own bounds in time; the third is refused."""
    deal = contested(bazaar, "resend")
    for number in range(2):
        now = bazaar.market.context.now()
        with pytest.raises(Refused, match="goods_resend_within"):
            bazaar.take(deal, "resend", bazaar.seller, ship_by=now + 400 * DAY,
                        protected_until=now + 401 * DAY)  # fmt: skip
        bazaar.take(deal, "resend", bazaar.seller, ship_by=now + 3 * DAY,
                    protected_until=now + 30 * DAY)  # fmt: skip
        bazaar.take(deal, "ship", bazaar.seller, parcel=f"again {number}")
        with pytest.raises(Refused, match="goods_extend_within"):
            bazaar.take(deal, "extend", bazaar.mia, protected_until=now + 61 * DAY)
        bazaar.take(deal, "extend", bazaar.mia, protected_until=now + 60 * DAY)
        bazaar.take(deal, "complain", bazaar.mia, why="broken again", wants="resend")
    now = bazaar.market.context.now()
    with pytest.raises(Refused, match="goods_resent_enough"):
        bazaar.take(deal, "resend", bazaar.seller, ship_by=now + DAY, protected_until=now + 9 * DAY)
    bazaar.take(deal, "give_in", bazaar.seller)
    assert bazaar.money(deal) == (37_00, 37_00)


@pytest.mark.behaviour("G7", "C23")
def test_silence_gives_what_was_wanted(bazaar: Bazaar) -> None:
    """A seller has five days to answer, an operator twenty-one to decide; then 12.00 go back."""
    silent = contested(bazaar, refund=euros("12"))
    undecided = contested(bazaar, refund=euros("12"))
    bazaar.take(undecided, "escalate", bazaar.seller)
    bazaar.market.advance(5 * DAY)
    assert (bazaar.state(silent), bazaar.money(silent)) == ("completed", (37_00, 12_00))
    assert bazaar.state(undecided) == "escalated"
    bazaar.market.advance(16 * DAY)
    assert (bazaar.state(undecided), bazaar.money(undecided)) == ("completed", (37_00, 12_00))


@pytest.mark.behaviour("G7")
def test_goods_that_came_back_otherwise_are_decided(bazaar: Bazaar) -> None:
    """A seller who got something else back has it decided: here nothing is refunded."""
    deal = contested(bazaar, "return")
    bazaar.take(deal, "take_back", bazaar.seller)
    bazaar.take(deal, "send_back", bazaar.mia, parcel="R1")
    bazaar.take(deal, "not_as_sent", bazaar.seller, why="a brick")
    bazaar.take(deal, "decide", OPERATOR, refund=euros("0"))
    assert (bazaar.state(deal), bazaar.money(deal)) == ("completed", (37_00, 0))
    assert bazaar.balance(bazaar.seller) == 33_30


@pytest.mark.behaviour("G7")
def test_a_dropped_complaint_pays_the_seller(bazaar: Bazaar) -> None:
    """Who drops a complaint, or never sends the goods back, leaves the seller his 33.30."""
    dropped = contested(bazaar)
    bazaar.take(dropped, "drop", bazaar.mia)
    assert bazaar.balance(bazaar.seller) == 33_30
    kept = contested(bazaar, "return")
    bazaar.take(kept, "take_back", bazaar.seller)
    bazaar.market.advance(14 * DAY)
    assert (bazaar.state(kept), bazaar.balance(bazaar.seller)) == ("completed", 66_60)
