"""By which methods a deal is paid: those that its process was proved for, and no other."""

import pytest

from marketplace import InvalidInput, ManualClock, Marketplace, MoneyKind, Pay, PaymentMethod, Way
from marketplace.plugins.rides import Rides, kathmandu_bike
from marketplace.plugins.sandbox import Sandbox
from tests.support.lessons import MONDAY
from tests.support.ride_world import PATAN, THAMEL

CARD = dict.fromkeys(
    (MoneyKind.HOLD, MoneyKind.RAISE, MoneyKind.CHARGE, MoneyKind.CAPTURE, MoneyKind.VOID,
     MoneyKind.REFUND), Way.CALL
)  # fmt: skip


def test_a_method_that_cannot_do_what_the_process_does_pays_for_nothing() -> None:
    """A ride gives a hold up where nobody drives: by a method that cannot, the rider's money would
    stay set aside at the bank for ever. It is refused by name, and nothing is asked outside."""
    card = PaymentMethod("card", CARD)
    app = PaymentMethod("app", {kind: way for kind, way in CARD.items() if kind != MoneyKind.VOID})
    bank, clock = Sandbox(methods=(card, app)), ManualClock(MONDAY)
    with Marketplace.open(plugins=[Rides(fare=kathmandu_bike()), bank], clock=clock) as market:
        sita = market.parties.join("Sita")
        request = market.requests.open("rides", by=sita, currency="NPR", place=THAMEL, to=PATAN)
        quote = market.quotes.make(request.id, by=sita)
        with pytest.raises(InvalidInput, match="ride is paid by card, not app"):
            market.transactions.open(quote.id, by=sita, pay=Pay("app", means="tok_ok"))
        assert bank.charges() == []
        ride = market.transactions.open(quote.id, by=sita, pay=Pay("card", means="tok_ok"))
        assert ride.state == "searching"
