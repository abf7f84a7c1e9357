"""No key, no signing secret, no client secret and no card is where somebody may read it."""

import io
import logging
import traceback
from collections.abc import Iterator

import pytest

from marketplace import Answer, MarketplaceError, MoneyKind, PaymentProviderUnavailable
from marketplace.testing.stripe_twin import StripeTwin
from tests.support.stripe_platform import KEY, SECRET, Platform, connect

HIDDEN = (KEY, SECRET, "_secret_", "4242", "sk_test_of_somebody_else", "Authorization")
"""Ours, the one with which a customer's browser pays, a card's number, the header of the key."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any package logs while the test runs, with tracebacks."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    root, stripe = logging.getLogger(), logging.getLogger("stripe")
    before = root.level, stripe.level
    root.setLevel(logging.DEBUG)
    stripe.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(before[0])
    stripe.setLevel(before[1])


def scan(text: str) -> None:
    """Fail where something is in a text that should be hidden."""
    for one in HIDDEN:
        assert one not in text, text[max(0, text.index(one) - 200) :][:400]


def _everything(platform: Platform) -> list[Answer]:
    """One of each kind of order, some of which go wrong."""
    held = platform.held(1_000, key="h1")
    taken = platform.charged(1_000, key="c1")
    return [
        platform.ask(MoneyKind.RAISE, 100, "r", held),
        platform.ask(MoneyKind.CAPTURE, 1_100, "c", held),
        platform.ask(MoneyKind.REFUND, 5_000, "f", taken),
        platform.ask(MoneyKind.REFUND, 500, "f2", taken),
        platform.ask(MoneyKind.HOLD, 1_000, "h2", means="pm_card_chargeDeclinedStolenCard"),
        platform.ask(MoneyKind.HOLD, 1_000, "h3", means="pm_card_authenticationRequired"),
        platform.ask(MoneyKind.HOLD, 1_000, "h4", means="pm_unheard_of"),
        platform.ask(MoneyKind.VOID, 1_000, "v", "pi_unheard_of"),
    ]


@pytest.mark.attack(64)
def test_logs_and_answers_hide_what_is_secret(platform: Platform, log: io.StringIO) -> None:
    """With every log at its most talkative, what Stripe's package and its HTTP client say, the
    answers and the provider printed, show nothing; that the calls were made is seen."""
    for answer in _everything(platform):
        scan(repr(answer))
    scan(repr(platform.provider))
    scan(log.getvalue())
    assert "Request to Stripe api" in log.getvalue()


@pytest.mark.attack(64)
def test_the_scan_finds_what_the_package_would_say(platform: Platform, log: io.StringIO) -> None:
    """The same without our filter: the package logs the bodies, and the scan sees it."""
    platform.held(1_000)
    told = logging.getLogger("stripe")
    kept, told.filters = list(told.filters), []
    try:
        platform.held(1_000, key="h2")
    finally:
        told.filters = kept
    with pytest.raises(AssertionError):
        scan(log.getvalue())


@pytest.mark.attack(64)
@pytest.mark.parametrize("fault", ["broken", "down", "storm", "answer_lost", "question_lost"])
def test_errors_hide_what_is_secret(
    twin: StripeTwin, platform: Platform, log: io.StringIO, fault: str
) -> None:
    """What is raised says in no line of its traceback, and in no error behind it, what Stripe wrote
    or was sent; nor for a key that is not taken."""
    stranger = connect(twin, api_key="sk_test_of_somebody_else")
    getattr(twin.faults, fault)(times=3, only="POST *")
    for provider in (platform.provider, stranger):
        twin.faults.clear()
        getattr(twin.faults, fault)(times=3, only="POST *")
        with pytest.raises(PaymentProviderUnavailable) as no:
            provider.carry_out(platform.order(MoneyKind.HOLD, 1_000, f"k{id(provider)}"))
        _scan_error(no.value)
        logging.getLogger("app").error("it went wrong", exc_info=no.value)
    twin.faults.clear()
    platform.held(1_000, key="same")
    with pytest.raises(MarketplaceError) as differs:
        platform.held(2_000, key="same")
    _scan_error(differs.value)
    scan(log.getvalue())


def _scan_error(error: BaseException) -> None:
    """An error as it is printed, and its parts."""
    scan("".join(traceback.format_exception(error)))
    scan(repr(error) + str(error) + repr(error.args) + repr(vars(error)))
