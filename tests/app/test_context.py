"""What every verb works with: a payment provider that can do half of something is refused."""

import pytest
from attrs import define

from marketplace import (
    Bring,
    Marketplace,
    Money,
    Notice,
    Order,
    PaymentProvider,
    ReadsBack,
    ReportsMovements,
    SetupError,
    TellsNotices,
    Work,
    hookimpl,
)
from marketplace.plugins.cash import CashDesk


class Half(CashDesk):
    """Reads back what nobody can tell it."""

    def read_back(self, notice: Notice) -> list[object]:
        """Nothing."""
        return []


class Quarter(CashDesk):
    """Tells movements, and not what they come to."""

    def movements(self, after: str | None = None, limit: int = 100) -> list[object]:
        """None."""
        return []


class Forgetful(CashDesk):
    """Recalls who pays, and keeps nobody."""

    def recall(self, work: Work, order: Order) -> Order:
        """As it is."""
        return order


class Other(CashDesk):
    """Has a balance of a kind of its own: that alone means nothing."""

    def balance(self, currency: str) -> Money:
        """None."""
        return Money(0, currency)


@define
class Brought:
    """A plugin that brings one payment provider."""

    provider: PaymentProvider

    @hookimpl
    def bring(self) -> Bring:
        """It alone."""
        return Bring(payment_providers=(self.provider,))


@pytest.mark.parametrize(
    ("provider", "missing"),
    [
        (Half(), "has read_back and no live and no read_notice"),
        (Quarter(), "has movements and no balance"),
        (Forgetful(), "has recall and no keep"),
    ],
)
def test_half_a_payment_provider_is_refused(provider: PaymentProvider, missing: str) -> None:
    """What tells notices and cannot read them back, or the other way round, opens nothing; and
    the sentence says what it needs."""
    with pytest.raises(SetupError, match=missing):
        Marketplace.open(plugins=[Brought(provider)])


def test_more_than_a_payment_provider_is_seen_by_what_it_has() -> None:
    """A desk for cash needs none of it, and is taken for none of it."""
    for desk in (CashDesk(), Other()):
        with Marketplace.open(plugins=[Brought(desk)]) as market:
            (provider,) = market.context.providers.values()
            assert not isinstance(provider, TellsNotices | ReadsBack | ReportsMovements)
