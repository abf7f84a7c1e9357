"""A marketplace with wrong settings for Stripe does not open, and says what is allowed."""

from importlib import metadata
from typing import Any

import pytest

from marketplace import (
    CAPTURE,
    CLOCK,
    CUSTOMER,
    DAY,
    HOLD,
    PROVIDER,
    SETTLE,
    VOID,
    Bring,
    Marketplace,
    PayoutPlan,
    Process,
    ProcessError,
    SetupError,
    Transition,
    Vertical,
    hookimpl,
)
from marketplace.plugins.stripe_connect import StripeConnect

SECRET = "whsec_0123456789abcdef"
GOOD: dict[str, Any] = {
    "api_key": "sk_test_0123456789abcdef",
    "webhook_secrets": (SECRET,),
    "return_url": "https://bazaar.example/paid",
}


def test_good_settings_open_a_marketplace() -> None:
    """A test key and a signing secret; two secrets during rotation; a restricted live key."""
    with Marketplace.open(plugins=[StripeConnect(**GOOD)]) as market:
        assert market.context.provider_of["card"].name == "stripe"
    StripeConnect(**{**GOOD, "webhook_secrets": (SECRET, SECRET + "x")})
    StripeConnect(**{**GOOD, "api_key": "rk_live_0123456789", "live": True})
    StripeConnect(**{**GOOD, "return_url": "http://localhost:8000/paid"})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"api_key": ""}, "secret key"),
        ({"api_key": "pk_test_0123456789"}, "secret key"),
        ({"api_key": None}, "secret key"),
        ({"api_key": "sk_live_0123456789"}, "never mixed"),
        ({"live": True}, "never mixed"),
        ({"live": "yes"}, "True or False"),
        ({"webhook_secrets": ()}, "at least one"),
        ({"webhook_secrets": SECRET}, "tuple"),
        ({"webhook_secrets": ("sk_test_0123456789",)}, "whsec_"),
        ({"webhook_secrets": (SECRET, SECRET)}, "twice"),
        ({"return_url": ""}, "https"),
        ({"return_url": "http://bazaar.example/paid"}, "https"),
        ({"return_url": "https://[bazaar"}, "https"),
        ({"charges": "direct"}, "'separate'"),
        ({"currencies": ("USD", "UGX")}, "UGX"),
        ({"max_network_retries": 99}, "0 to 5"),
        ({"timeout": 0}, "seconds"),
        ({"address": "http://stripe.example"}, "127.0.0.1"),
        ({"api_key": "sk_live_0", "live": True, "address": "http://127.0.0.1:1"}, "Stripe's own"),
    ],
)
@pytest.mark.attack(64)
def test_wrong_settings_are_refused_and_tell_no_secret(wrong: dict[str, Any], said: str) -> None:
    """Each is refused before anything is opened, with what is allowed; no key is in the words."""
    settings = {**GOOD, **wrong}
    with pytest.raises(SetupError, match=said) as no:
        StripeConnect(**settings)
    assert SECRET not in str(no.value)
    assert "0123456789" not in str(no.value)


def test_the_package_must_be_there_in_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed, or of another major version: refused when it is made."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    where = "marketplace.plugins.stripe_connect.settings.version"
    monkeypatch.setattr(where, missing)
    with pytest.raises(SetupError, match="not installed"):
        StripeConnect(**GOOD)
    monkeypatch.setattr(where, lambda name: "15.9.1")
    with pytest.raises(SetupError, match=r"15\.9\.1"):
        StripeConnect(**GOOD)


@pytest.mark.attack(64)
def test_no_secret_is_in_a_repr() -> None:
    """Printed, the plugin and what it calls with show neither its key nor its secrets."""
    plugin = StripeConnect(**GOOD)
    for shown in (repr(plugin), str(plugin), repr(plugin.calls), f"{plugin!r}"):
        assert SECRET not in shown
        assert "0123456789" not in shown


def test_payouts_may_go_by_it() -> None:
    """A payout plan may name it as the payment provider that pays out."""
    plan = PayoutPlan(provider="stripe")
    with Marketplace.open(plugins=[StripeConnect(**GOOD)], payouts=plan) as market:
        assert market.context.payouts.provider == "stripe"


class _Slow:
    """A trade that captures what it held so many days before."""

    def __init__(self, days: int) -> None:
        self.days = days

    @hookimpl
    def bring(self) -> Bring:
        """One process."""
        slow = Process(
            "slow",
            start="new",
            final={"done", "over"},
            transitions=[
                Transition(
                    "pay", CUSTOMER, "new", "held", HOLD, failed="over", needs_customer="over"
                ),
                Transition("do", PROVIDER, "held", "done", CAPTURE, SETTLE, failed="stuck"),
                Transition("lapse", CLOCK, "held", "over", VOID, after=self.days * DAY),
                Transition("forget", CLOCK, "stuck", "over", VOID, after=DAY),
            ],
        )
        return Bring(verticals=(Vertical("slow", (slow,)),))


def test_a_hold_beyond_seven_days_is_refused() -> None:
    """A process that may capture later than a card's hold lives does not open with Stripe."""
    with pytest.raises(ProcessError, match="a hold by card lives 7 d"):
        Marketplace.open(plugins=[_Slow(8), StripeConnect(**GOOD)])
    Marketplace.open(plugins=[_Slow(6), StripeConnect(**GOOD)]).close()
