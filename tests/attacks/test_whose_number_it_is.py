"""Why a payment was refused is its payer's affair: the other side hears only that it was."""

from typing import Any

import pytest

from marketplace import OPERATOR, Party, Pay, plain
from tests.support.ride_world import Town

HAS, TIP = 1_234, 5_000


def told(town: Town, party: Party) -> str:
    """Everything that a party was ever told by events, and can ask why about its deals."""
    feed = [plain(one.event.data) for one in town.market.events.feed(by=party, limit=500)]
    deals = town.market.transactions.list(by=party)
    whys = [plain(one) for deal in deals for one in town.market.why.transaction(deal.id, by=party)]
    seen = [town.market.events.about(deal.id, by=party) for deal in deals]
    return repr([feed, whys, plain(seen)])


def reasons(town: Town, deal: Any, party: Any) -> set[str]:
    """Codes of all that a party may know of why a deal went as it did."""
    return {one.reason.code for one in town.market.why.transaction(deal.id, by=party)}


@pytest.mark.behaviour("C7", "C8")
@pytest.mark.invariant(37)
def test_a_driver_does_not_learn_what_the_rider_s_wallet_holds(town: Town) -> None:
    """A tip that the wallet cannot pay is refused: the driver hears that, and no number of the
    rider's; the rider and the operator are told how much there was and how much was asked."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    town.top_up(sita, HAS, "slip")
    tip = town.market.transactions.follow_up(
        ride.id, "tip", by=sita, amount=town.money(TIP), pay=Pay("wallet", purse="tip")
    )
    assert tip.state == "refused"
    assert str(HAS) not in told(town, ram.party)
    assert "12.34" not in told(town, ram.party)
    assert "wallet_too_low" not in told(town, ram.party)
    assert "payment_refused" in reasons(town, tip, ram.party)
    for payer in (sita, OPERATOR):
        (why,) = [
            one
            for one in town.market.why.transaction(tip.id, by=payer)
            if one.reason.code == "wallet_too_low"
        ]
        assert why.reason.params == {"asked": TIP, "available": HAS, "currency": "NPR"}
        assert why.text == "the wallet holds NPR 12.34, NPR 50 is asked"


@pytest.mark.behaviour("C7", "C8")
@pytest.mark.parametrize("means", ["tok_declined", "tok_challenged", "tok_capture_fails"])
def test_a_driver_does_not_learn_what_the_bank_said(town: Town, means: str) -> None:
    """What a bank says of a card, and the card's token, are for its owner; the driver is told that
    it was refused, or that its owner must confirm."""
    sita, ram = town.rider(), town.driver()
    if means == "tok_capture_fails":
        deal = town.finished(sita, ram, Pay("card", means=means))
    else:
        ride = town.settled(sita, ram, "cash")
        deal = town.market.transactions.follow_up(
            ride.id, "tip", by=sita, amount=town.money(TIP),
            pay=Pay("card", purse="tip", means=means),
        )  # fmt: skip
    heard = told(town, ram.party)
    for secret in ("tok_", "card_declined", "capture_refused", "bank_asks", "bank.example"):
        assert secret not in heard
    mine = reasons(town, deal, sita)
    assert mine & {"card_declined", "bank_asks_the_customer", "capture_refused"}
    assert reasons(town, deal, ram.party) & {"payment_refused", "payment_needs_payer"}


def test_a_friend_s_wallet_is_her_own_affair(town: Town) -> None:
    """Where a friend cannot pay the part that she agreed to, the rider hears that her payment was
    refused, and not what her wallet holds; she hears it."""
    sita, gita = town.rider(), town.rider("Gita")
    town.top_up(gita, HAS, "slip")
    request, quote = town.quote(sita)
    town.market.payments.share(request.id, by=gita, method="wallet", most=town.money(8_000))
    part = Pay("wallet", party_id=gita.id, amount=town.money(8_000))
    ride = town.market.transactions.open(
        quote.id, by=sita, request=request.id, pay=[part, Pay("card")]
    )
    assert ride.state == "declined"
    assert str(HAS) not in told(town, sita)
    heard = [one.event for one in town.market.events.feed(by=gita)]
    (refused,) = [one for one in heard if one.kind == "payment.refused"]
    assert refused.data["reason"]["params"]["available"] == HAS
