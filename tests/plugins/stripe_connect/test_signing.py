"""Which notices are taken for Stripe's: those of these bytes, of this time, with our secrets."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from marketplace import Notice, Untrusted
from marketplace.plugins.stripe_connect import StripeConnect

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECRET, NEXT = "whsec_0123456789abcdef", "whsec_fedcba9876543210"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": int(NOW.timestamp()),
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "amount": 999_999}},
}
THIN: dict[str, Any] = {
    "id": "evt_2",
    "object": "v2.core.event",
    "type": "v2.core.account[requirements].updated",
    "created": "2026-11-27T12:00:00.000Z",
    "livemode": True,
    "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/1"},
}


@pytest.fixture
def provider() -> StripeConnect:
    """Stripe with one secret."""
    return connect((SECRET,))


def connect(secrets: tuple[str, ...]) -> StripeConnect:
    """Stripe that takes what these secrets signed."""
    return StripeConnect(
        api_key="sk_test_0123456789",
        webhook_secrets=secrets,
        return_url="https://bazaar.example/paid",
    )


def body(event: dict[str, Any] = EVENT) -> bytes:
    """An event as it is sent."""
    return json.dumps(event, indent=2).encode()


def signed(content: bytes, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """The headers by which Stripe's own package signs it."""
    header = stripe.WebhookSignature.generate_signature_header(
        content.decode(), secret, int(at.timestamp())
    )
    return {"Content-Type": "application/json", "Stripe-Signature": header}


def refused(provider: StripeConnect, content: bytes, headers: dict[str, str]) -> Untrusted:
    """The refusal of a notice; it tells nothing of what came, and no secret."""
    with pytest.raises(Untrusted) as no:
        provider.read_notice(content, headers, NOW)
    for secret in (SECRET, NEXT, "evt_", "pi_1", "999999"):
        assert secret not in str(no.value)
    return no.value


def test_what_stripe_signed_is_read(provider: StripeConnect) -> None:
    """Stripe's own signature holds, under a header in any case; of the event only names are kept:
    nothing of the object that it brings."""
    content = body()
    headers = {name.lower(): value for name, value in signed(content).items()}
    notice = provider.read_notice(content, headers, NOW)
    assert notice == Notice("evt_1", "payment_intent.succeeded", NOW, "pi_1", live=False)


def test_a_thin_event_of_accounts_names_its_account(provider: StripeConnect) -> None:
    """The second version's events name the thing alone; they are signed in the same way."""
    content = body(THIN)
    notice = provider.read_notice(content, signed(content), NOW)
    assert (notice.about, notice.live, notice.account) == ("acct_1", True, None)
    assert notice.at == NOW


def test_an_event_of_a_seller_s_account_says_so(provider: StripeConnect) -> None:
    """What happened in a connected account is told with that account."""
    content = body({**EVENT, "account": "acct_9"})
    assert provider.read_notice(content, signed(content), NOW).account == "acct_9"


@pytest.mark.attack(43)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1"},
        {"Stripe-Signature": "nonsense"},
        {"Stripe-Signature": f"t={int(NOW.timestamp())},v1={'0' * 64}"},
        {"Stripe-Signature": f"t={int(NOW.timestamp())},v1=ÿ"},
    ],
)
def test_without_a_right_signature_nothing_is_read(
    provider: StripeConnect, headers: dict[str, str]
) -> None:
    """No header, an empty one, none that signs, a wrong one: not trusted."""
    refused(provider, body(), headers)


@pytest.mark.attack(43)
def test_another_secret_signs_nothing(provider: StripeConnect) -> None:
    """Signed well with a secret that is not ours: not trusted."""
    refused(provider, body(), signed(body(), NEXT))


@pytest.mark.attack(44)
@pytest.mark.parametrize("changed", [b" ", b"\n", b"x"])
def test_one_more_byte_breaks_the_signature(provider: StripeConnect, changed: bytes) -> None:
    """One byte more, a space at the end too, and one byte less: not trusted."""
    headers = signed(body())
    refused(provider, body() + changed, headers)
    refused(provider, body()[:-1], headers)
    refused(provider, body().replace(b"evt_1", b"evt_2"), headers)


@pytest.mark.attack(45, 46)
@pytest.mark.parametrize("seconds", [-301, 301, 365 * 86_400])
def test_a_signature_lives_five_minutes_in_both_directions(
    provider: StripeConnect, seconds: int
) -> None:
    """Older than 300 s it is a replay; 301 s ahead, or a year, it was signed for a time to come:
    Stripe's own package takes that one, and we do not."""
    at = NOW + timedelta(seconds=seconds)
    headers = signed(body(), at=at)
    refused(provider, body(), headers)
    edge = NOW + timedelta(seconds=300 if seconds > 0 else -300)
    assert provider.read_notice(body(), signed(body(), at=edge), NOW).id == "evt_1"


def test_stripe_s_own_package_takes_the_future() -> None:
    """Why the bound is ours: the package takes a signature of next year."""
    ahead = datetime.now(UTC) + timedelta(days=365)
    header = signed(body(), at=ahead)["Stripe-Signature"]
    assert stripe.WebhookSignature.verify_header(body().decode(), header, SECRET, 300)


@pytest.mark.attack(47)
def test_several_signatures_are_tried_one_after_the_other(provider: StripeConnect) -> None:
    """A right ``v1`` among wrong ones and beside a ``v0`` holds; a right ``v0`` does not."""
    good = signed(body())["Stripe-Signature"]
    when, _, signature = good.partition(",v1=")
    many = f"{when},v0=abc,v1={'0' * 64},v1={signature}"
    assert provider.read_notice(body(), {"Stripe-Signature": many}, NOW).id == "evt_1"
    refused(provider, body(), {"Stripe-Signature": f"{when},v0={signature}"})


@pytest.mark.attack(47)
@pytest.mark.parametrize(
    "header",
    [
        "v1={sign}",
        "t={time},t=1,v1={sign}",
        "t={time}.5,v1={sign}",
        "t=-{time},v1={sign}",
        "t=99999999999999999999,v1={sign}",
        "t=٣,v1={sign}",
        "t={time},v1={sign}" + "," + "x" * 5_000,
        "t={time}," + "v1=0," * 16 + "v1={sign}",
    ],
)
def test_a_header_that_is_none_breaks_nothing(provider: StripeConnect, header: str) -> None:
    """No time, two, one that is no number, a huge header: not trusted, and nothing else is
    raised."""
    when, _, signature = signed(body())["Stripe-Signature"].partition(",v1=")
    told = header.format(time=when.removeprefix("t="), sign=signature)
    refused(provider, body(), {"Stripe-Signature": told})
    refused(provider, body(), {"Stripe-Signature": told, "STRIPE-SIGNATURE": told})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 100_000,
        body({**EVENT, "livemode": "no"}),
        body({**EVENT, "object": "customer"}),
        body({**EVENT, "created": 10**18}),
        body({**EVENT, "id": "e" * 201}),
        body({**EVENT, "data": {}}),
    ],
)
def test_what_was_signed_and_is_no_event_is_refused(
    provider: StripeConnect, content: bytes
) -> None:
    """Whoever has the secret sends what is no event: refused in our own words."""
    at = int(NOW.timestamp())
    mac = stripe.WebhookSignature._compute_signature
    if content == b"\xff":
        headers = {"Stripe-Signature": f"t={at},v1={'0' * 64}"}
    else:
        sign = mac(f"{at}.{content.decode()}", SECRET)
        headers = {"Stripe-Signature": f"t={at},v1={sign}"}
    refused(provider, content, headers)


def test_a_large_body_is_refused_before_it_is_looked_at(provider: StripeConnect) -> None:
    """Beyond a megabyte nothing is hashed and nothing parsed."""
    large = b" " * 1_000_001
    refused(provider, large, signed(large))


def test_two_secrets_hold_while_one_replaces_the_other() -> None:
    """During rotation both sign; after it the old one signs nothing."""
    both, after = connect((NEXT, SECRET)), connect((NEXT,))
    for secret in (SECRET, NEXT):
        assert both.read_notice(body(), signed(body(), secret), NOW).id == "evt_1"
    refused(after, body(), signed(body(), SECRET))
