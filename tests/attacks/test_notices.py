"""Notices under attack: forged, changed, replayed, and sent at once."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from marketplace import (
    OPERATOR,
    SECOND,
    WEEK,
    InvalidInput,
    Limits,
    Notice,
    Party,
    PayoutPlan,
    Receipt,
    ReceivedNotice,
    Untrusted,
)
from marketplace.app.notices import Notices
from marketplace.plugins.sandbox import HEADER, Sandbox
from tests.support.racing import at_once
from tests.support.refusals import rows_of
from tests.support.ride_world import OpenTown, Town
from tests.support.told import Sent, charge, deliver, inbox, kinds, made_up

SECRETS = ("whsec_the_new_one", "whsec_the_old_one")


@pytest.fixture
def dying(open_town: OpenTown) -> Iterator[tuple[Town, Sent]]:
    """A town with two secrets, and a notice of a hold that died, not yet delivered."""
    sandbox = Sandbox(secrets=SECRETS)
    town = open_town(sandbox=sandbox)
    sandbox.now = town.clock.now
    ride = town.order(town.rider(), "card")
    sandbox.let_die(charge(town, ride))
    (sent,) = sandbox.notices()
    yield town, sent
    assert {"differs"} & {one.state for one in inbox(town.market)} == set()


def signature(sent: Sent, secret: str = SECRETS[0], second: str | None = None) -> str:
    """A signature of the body by a secret, as anybody who knows it can make it."""
    moment = sent[1][HEADER].split(",")[0].removeprefix("t=") if second is None else second
    return hmac.new(secret.encode(), f"{moment}.".encode() + sent[0], hashlib.sha256).hexdigest()


def time_of(sent: Sent) -> str:
    """When it was signed, as its header says."""
    return sent[1][HEADER].split(",")[0]


def refused(town: Town, body: bytes, headers: Mapping[str, str]) -> Untrusted:
    """It is not trusted: nothing is stored but the counter, and nobody outside is asked."""
    asked: list[Notice] = []
    town.sandbox.on_read = asked.append
    before, count = rows_of(town.market, without=("setting",)), untrusted(town)
    with pytest.raises(Untrusted) as raised:
        town.market.payments.receive("sandbox", body, headers)
    town.sandbox.on_read = None
    assert rows_of(town.market, without=("setting",)) == before
    assert untrusted(town) == count + 1
    assert asked == []
    assert raised.value.__cause__ is None
    assert all(secret not in str(raised.value) for secret in SECRETS)
    return raised.value


def untrusted(town: Town) -> int:
    """How many were not trusted so far."""
    return town.market.payments.untrusted(by=OPERATOR).get("sandbox", 0)


FORGED: dict[str, Callable[[Sent], dict[str, str]]] = {
    "no header": lambda sent: {},
    "an empty header": lambda sent: {HEADER: ""},
    "another header": lambda sent: {"Stripe-Signature": sent[1][HEADER]},
    "another secret": lambda sent: {HEADER: f"{time_of(sent)},v1={signature(sent, 'whsec_x')}"},
    "an empty signature": lambda sent: {HEADER: f"{time_of(sent)},v1="},
    "a signature of signs": lambda sent: {HEADER: f"{time_of(sent)},v1=ÄÖ€"},
    "of another scheme": lambda sent: {HEADER: f"{time_of(sent)},v0={signature(sent)}"},
}


@pytest.mark.attack(43)
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_what_nobody_signed_is_not_trusted(
    dying: tuple[Town, Sent], forge: Callable[[Sent], dict[str, str]]
) -> None:
    """Without a signature, or with a wrong one, nothing is stored but that somebody tried."""
    town, sent = dying
    refused(town, sent[0], forge(sent))
    assert inbox(town.market) == []
    assert deliver(town, sent)[0].outcome == "taken"


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "one byte": lambda body: body.replace(b"ntc_000001", b"ntc_000002"),
    "a blank at its end": lambda body: body + b" ",
    "a new line before it": lambda body: b"\n" + body,
    "cut": lambda body: body[:-1],
    "empty": lambda body: b"",
    "no text at all": lambda body: b"\xff\xfe\x00",
}


@pytest.mark.attack(44)
@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_a_changed_body_is_not_trusted(
    dying: tuple[Town, Sent], change: Callable[[bytes], bytes]
) -> None:
    """Not a byte of it may be another one, not even a blank after it."""
    town, (body, headers) = dying
    refused(town, change(body), headers)


@pytest.mark.attack(45, 46)
@pytest.mark.parametrize(
    ("late", "trusted"),
    [
        (300 * SECOND, True),
        (301 * SECOND, False),
        (-300 * SECOND, True),
        (-301 * SECOND, False),
        (timedelta(days=365), False),
        (timedelta(days=-365), False),
    ],
)
def test_what_was_signed_at_another_time_is_not_trusted(
    dying: tuple[Town, Sent], late: timedelta, trusted: bool
) -> None:
    """A notice is good for five minutes, and one from the future for no longer than that."""
    town, (body, _) = dying
    town.sandbox.now = lambda: town.clock.now() - late
    sent = body, town.sandbox.signed(body)
    town.sandbox.now = town.clock.now
    if trusted:
        assert deliver(town, sent)[0].outcome == "taken"
    else:
        refused(town, *sent)


HEADERS: dict[str, tuple[Callable[[Sent], str], bool]] = {
    "a right one among wrong ones": (
        lambda sent: f"{time_of(sent)},v1=00,v1={signature(sent)},v1=ff",
        True,
    ),
    "by the old secret": (lambda sent: f"{time_of(sent)},v1={signature(sent, SECRETS[1])}", True),
    "beside an older scheme": (lambda sent: f"{time_of(sent)},v0=1,v1={signature(sent)}", True),
    "no time": (lambda sent: f"v1={signature(sent)}", False),
    "two times": (lambda sent: f"{time_of(sent)},t=1,v1={signature(sent)}", False),
    "a time that is none": (lambda sent: f"t=now,v1={signature(sent, second='now')}", False),
    "a time beyond all": (
        lambda sent: f"t={'9' * 400},v1={signature(sent, second='9' * 400)}",
        False,
    ),
    "digits of another script": (lambda sent: f"t=१२३,v1={signature(sent, second='१२३')}", False),
    "huge": (lambda sent: f"{sent[1][HEADER]},{'v1=00,' * 100_000}", False),
    "many signatures": (lambda sent: f"{time_of(sent)},{'v1=0,' * 20}v1={signature(sent)}", False),
    "commas": (lambda sent: "," * 500, False),
}


@pytest.mark.attack(47)
@pytest.mark.parametrize(("header", "trusted"), HEADERS.values(), ids=HEADERS.keys())
def test_a_strange_header_decides_nothing_by_accident(
    dying: tuple[Town, Sent], header: Callable[[Sent], str], trusted: bool
) -> None:
    """One right signature among others is enough; whatever else a header says is refused, in words
    that tell nothing of what came."""
    town, sent = dying
    headers = {HEADER.upper(): header(sent)}
    if trusted:
        assert deliver(town, (sent[0], headers))[0].outcome == "taken"
    else:
        assert signature(sent) not in str(refused(town, sent[0], headers))


@pytest.mark.attack(43, 47)
def test_what_breaks_the_reader_is_not_trusted_and_told_to_nobody(
    dying: tuple[Town, Sent], caplog: pytest.LogCaptureFixture
) -> None:
    """A provider's code that breaks on a notice says why to nobody, not even to the log."""
    town, (body, headers) = dying

    def breaks(body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        raise ValueError(f"cannot read with {SECRETS[0]}")

    town.sandbox.read_notice = breaks  # type: ignore[method-assign]
    with caplog.at_level(logging.DEBUG):
        refused(town, body, headers)
    assert SECRETS[0] not in caplog.text


@pytest.mark.attack(43)
def test_rightly_signed_nonsense_is_not_trusted(dying: tuple[Town, Sent]) -> None:
    """A body that is no notice, however well signed, is counted and forgotten."""
    town, _ = dying
    for body in (b"", b"[]", b"null", b"{", b'{"id": 1}', b'{"id": "' + b"x" * 300 + b'"}'):
        refused(town, body, town.sandbox.signed(body))
    for about, more in (
        ("ch_x", {"id": "x" * 300}),
        ("ch_x", {"id": ""}),
        ("ch_x", {"kind": 7}),
        ("ch_x", {"at": "yesterday"}),
        ("a\nb\x00", {}),
    ):
        refused(town, *made_up(town.sandbox, about, **more))


@pytest.mark.attack(64)
@pytest.mark.invariant(54)
def test_a_secret_is_in_no_log_repr_or_error(
    dying: tuple[Town, Sent], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is refused or taken, no log line, representation or row holds a secret."""
    town, sent = dying
    with caplog.at_level(logging.DEBUG):
        for forge in FORGED.values():
            refused(town, sent[0], forge(sent))
        deliver(town, sent)
    told = [caplog.text, repr(town.sandbox), str(town.sandbox), repr(inbox(town.market))]
    assert not [one for one in told if "whsec_" in one]


def test_a_body_beyond_the_limit_is_not_looked_at(open_town: OpenTown) -> None:
    """A megabyte is enough for everybody: more is refused before anybody reads it, and not
    counted as a forgery."""
    town = open_town(limits=Limits(notice=1_000))
    for body in (b"x" * 1_001, b"[" * 2_000_000):
        with pytest.raises(InvalidInput) as raised:
            town.market.payments.receive("sandbox", body, town.sandbox.signed(body))
        assert raised.value.code == "too_large"
    assert town.market.payments.untrusted(by=OPERATOR) == {}


# -- sent again, and at the same moment ----------------------------------------------------------


def returned(open_town: OpenTown) -> tuple[Town, Party, Sent]:
    """A payout that its bank sent back, and the notice of it."""
    town = open_town(payouts=PayoutPlan(provider="sandbox"))
    ram = town.driver()
    town.settled(town.rider(), ram, "card")
    town.wait(WEEK)
    (payout,) = town.market.payouts.list(by=ram.party)
    town.sandbox.return_payout(str(payout.reference))
    (sent,) = town.sandbox.notices()
    return town, ram.party, sent


def sent_at_once(town: Town, sent: Sent, times: int) -> list[Any]:
    """What comes of one notice that several deliver at the same moment."""
    return at_once(*[lambda: town.market.payments.receive("sandbox", *sent)] * times)


@pytest.mark.attack(48)
@pytest.mark.invariant(40, 44)
def test_a_notice_sent_eight_times_at_the_same_moment_counts_once(open_town: OpenTown) -> None:
    """Eight at once: one effect, one row in the inbox, and every one of them is answered."""
    town, ram, sent = returned(open_town)
    got = sent_at_once(town, sent, 8)
    assert all(isinstance(one, Receipt) for one in got), got
    assert sorted(one.outcome for one in got) == [*["known before"] * 7, "taken"]
    assert len(inbox(town.market)) == kinds(town, "payout returned") == 1
    assert town.accounts(ram) == {"provider payable": town.market.payouts.list(by=ram)[0].amount}


@pytest.mark.unsound("an inbox without its key")
def test_without_its_key_the_inbox_takes_it_more_than_once(
    open_town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same eight, and one after them, with an inbox that tells nobody apart: it is taken more
    than once, which the test above would see."""
    town, _, sent = returned(open_town)
    take, numbers = Notices._take, iter(range(100))

    def keyless(self: Notices, row: ReceivedNotice, *given: Any) -> Receipt:
        return take(self, evolve(row, id=f"{row.id}#{next(numbers)}"), *given)

    monkeypatch.setattr(Notices, "_take", keyless)
    monkeypatch.setattr("marketplace.app.notices._stamp", lambda work, names: {})
    got = [*sent_at_once(town, sent, 8), *deliver(town, sent)]
    taken = [one for one in got if isinstance(one, Receipt) and one.outcome == "taken"]
    assert len(taken) > 1
    assert len(inbox(town.market)) > 1
