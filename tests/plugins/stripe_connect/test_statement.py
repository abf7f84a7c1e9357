"""The platform's balance with Stripe: every movement once, oldest first, and their sum."""

import pytest

from marketplace import (
    HOUR,
    InvalidInput,
    Money,
    MoneyKind,
    Movement,
    PaymentProviderUnavailable,
)
from tests.support.stripe_platform import CURRENCY, Platform


def every(platform: Platform, page: int) -> list[Movement]:
    """All movements, page by page."""
    found: list[Movement] = []
    while more := platform.provider.movements(found[-1].id if found else None, page):
        assert len(more) <= page
        found += more
    return found


def moved(platform: Platform) -> list[tuple[str, str]]:
    """Five charges, an hour apart, and a refund of each; gives kind and name as we call them."""
    wanted = []
    for number in range(5):
        name = platform.charged(1_000 + number, key=f"c{number}")
        back = platform.ask(MoneyKind.REFUND, 100, f"f{number}", name)
        wanted += [("charge", name), ("refund", str(back.reference))]
        platform.twin.clock.set(platform.twin.clock.now() + HOUR)
    return wanted


@pytest.mark.parametrize("page", [1, 3, 100])
def test_every_movement_is_told_once_oldest_first(platform: Platform, page: int) -> None:
    """However long the pages are: each movement once, in the order in which they happened, by the
    names that are in our books; after the last of them there is nothing."""
    wanted = moved(platform)
    found = every(platform, page)
    assert [(one.kind, one.about) for one in found] == wanted
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert platform.provider.movements(found[-1].id) == []


@pytest.mark.invariant(19)
def test_the_movements_come_to_the_balance(platform: Platform) -> None:
    """Amounts less fees are what lies there, available or not; of another currency nothing."""
    moved(platform)
    total = sum(one.amount.amount - one.fee.amount for one in every(platform, 100))
    assert platform.provider.balance(CURRENCY) == Money(total, CURRENCY)
    assert platform.twin.balance("usd") == total
    assert platform.provider.balance("EUR") == Money(0, "EUR")


def test_an_empty_balance_has_no_movements(platform: Platform) -> None:
    """Nothing moved: nothing is told, and nothing lies there."""
    assert platform.provider.movements() == []
    assert platform.provider.balance(CURRENCY) == Money(0, CURRENCY)


def test_a_movement_that_stripe_does_not_know_is_refused(platform: Platform) -> None:
    """After a name that is none: our own error; and without an answer, that there was none."""
    moved(platform)
    with pytest.raises(InvalidInput, match="txn_unheard_of"):
        platform.provider.movements("txn_unheard_of")
    platform.twin.faults.down(times=2)
    with pytest.raises(PaymentProviderUnavailable):
        platform.provider.movements()
    with pytest.raises(PaymentProviderUnavailable):
        platform.provider.balance(CURRENCY)
