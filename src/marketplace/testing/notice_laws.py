"""Laws for a payment provider that tells things by itself, and for one that reports movements.

Inherit them beside ``marketplace.testing.conformance.PaymentProviderLaws``, and say what is tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace import (
    Answer,
    Finding,
    Money,
    MoneyKind,
    Movement,
    Notice,
    Order,
    PaymentMethod,
    PaymentStands,
    PayoutStands,
    ReadsBack,
    ReportsMovements,
    TakesBack,
    TellsNotices,
    Untrusted,
    Way,
)

YEAR = timedelta(days=365)


class _Orders:
    """What the laws ask of the provider, as the marketplace asks it."""

    currency = "NPR"
    method_name = ""
    """The method to try; the first when it is empty."""
    means: str | None = None
    """A means with which a hold or charge goes well."""
    account: str | None = None
    """The account that a payout arrives at."""

    @pytest.fixture
    def provider(self) -> Any:
        """The provider, empty, with nothing asked of it yet."""
        raise pytest.UsageError("override the fixture provider: who is it?")

    def tried(self, provider: Any) -> PaymentMethod:
        """The method under trial."""
        found: list[PaymentMethod] = [
            one for one in provider.methods if self.method_name in ("", one.name)
        ]
        assert found, f"no method {self.method_name!r}"
        return found[0]

    def asks(self, provider: Any, kind: MoneyKind) -> bool:
        """Whether the method asks outside for this effect: a wallet app knows no holds."""
        return self.tried(provider).way(kind) is Way.CALL

    def ask(
        self, provider: Any, kind: MoneyKind, amount: int, key: str, about: str | None = None
    ) -> Answer:
        """Have one order carried out, which goes well."""
        pays_out = kind in (MoneyKind.PAY_OUT, MoneyKind.TAKE_BACK)
        order = Order(
            key=key,
            kind=kind,
            amount=Money(amount, self.currency),
            method="" if pays_out else self.tried(provider).name,
            payer="pty_somebody",
            means=self.account if pays_out else self.means,
            reference=about,
            transaction_id=None if pays_out else "tx_conformance",
        )
        answer: Answer = provider.carry_out(order)
        assert answer.outcome == "done", f"{kind.value}: {answer}"
        return answer


class NoticeLaws(_Orders):
    """What whoever tells notices must hold.

    Override ``provider``, ``happens`` and ``signed``, and name the ``header``.
    """

    header = ""
    """Which header carries the signature."""
    young = timedelta(seconds=300)
    """So far from now a signature may have been made, either way, and no further."""
    secret = ""
    """A secret by which it signs: no message may tell it."""
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def happens(self, provider: Any) -> bytes:
        """Make something happen there, and give the body of what it sends of it."""
        raise pytest.UsageError("override happens: what does it tell?")

    def signed(self, provider: Any, body: bytes, at: datetime) -> Mapping[str, str]:
        """The headers of a body that it signs at a moment."""
        raise pytest.UsageError("override signed: how does it sign?")

    def refuses(self, provider: Any, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """It trusts none of this, and its words tell nothing of it."""
        with pytest.raises(Untrusted) as raised:
            provider.read_notice(body, headers, at)
        told = f"{raised.value} {raised.value.__cause__ or ''}"
        signature = str(headers.get(self.header, ""))
        assert not self.secret or self.secret not in told
        assert len(signature) < 20 or signature not in told

    def test_what_it_tells_is_read(self, provider: Any) -> None:
        """What it signed is read, the same each time, whatever case a server gives the headers in;
        and it says whether it moves real money."""
        body = self.happens(provider)
        headers = self.signed(provider, body, self.now)
        assert isinstance(provider, TellsNotices)
        first = provider.read_notice(body, headers, self.now)
        assert isinstance(first, Notice)
        assert first.at.tzinfo is not None
        assert all(one and one.isprintable() for one in (first.id, first.kind, first.about))
        assert first.live == provider.live
        for change in (str.upper, str.lower):
            changed = {change(name): value for name, value in headers.items()}
            assert provider.read_notice(body, changed, self.now) == first

    def test_what_it_did_not_sign_is_not_trusted(self, provider: Any) -> None:
        """No header, an empty one, and one that is signed by anybody else."""
        body = self.happens(provider)
        headers = dict(self.signed(provider, body, self.now))
        value = headers.pop(self.header)
        self.refuses(provider, body, headers, self.now)
        forged = "".join("0" if sign.isalnum() else sign for sign in value)
        for other in ("", "0", value[:-1], value.swapcase() + "0", forged):
            self.refuses(provider, body, {**headers, self.header: other}, self.now)

    def test_a_changed_byte_is_not_trusted(self, provider: Any) -> None:
        """Each of its bytes counts, and every byte more: the first, the last, a blank after it."""
        body = self.happens(provider)
        headers = self.signed(provider, body, self.now)
        places = (0, len(body) // 2, len(body) - 1)
        changed = [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in places]
        for other in (*changed, body + b" ", b" " + body, body[:-1], body + body, b""):
            self.refuses(provider, other, headers, self.now)

    def test_its_age_is_bounded_both_ways(self, provider: Any) -> None:
        """A copy that somebody kept is not trusted later, nor one from the future."""
        body, second = self.happens(provider), timedelta(seconds=1)
        for late in (self.young, -self.young):
            headers = self.signed(provider, body, self.now - late)
            assert isinstance(provider.read_notice(body, headers, self.now), Notice)
        for late in (self.young + second, -self.young - second, YEAR, -YEAR):
            headers = self.signed(provider, body, self.now - late)
            self.refuses(provider, body, headers, self.now)

    def test_a_strange_header_is_read_strictly(self, provider: Any) -> None:
        """Of a header ``t=…,v1=…``: one right signature among wrong ones is enough; without a time,
        with two, or longer than any header is, it is not trusted."""
        body = self.happens(provider)
        headers = dict(self.signed(provider, body, self.now))
        value = headers[self.header]
        if not (value.startswith("t=") and ",v1=" in value):
            pytest.skip(f"{provider.name} signs in a way of its own, not as in t=…,v1=…")
        time, _, signatures = value.partition(",")
        assert isinstance(
            provider.read_notice(
                body, {**headers, self.header: f"{time},v0=1,v1=00,{signatures},v1=ff"}, self.now
            ),
            Notice,
        )
        strange = (
            signatures,
            f"t=,{signatures}",
            f"t=now,{signatures}",
            f"{time},t=1,{signatures}",
            f"{time},{signatures.replace('v1', 'v0')}",
            f"t={'9' * 500},{signatures}",
            value + ",v1=00" * 50_000,
        )
        for other in strange:
            self.refuses(provider, body, {**headers, self.header: other}, self.now)

    def test_nonsense_that_it_signed_is_not_trusted(self, provider: Any) -> None:
        """What is no notice is refused, not broken on, however well it is signed."""
        for body in (b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"id": []}', b"[" * 100_000):
            headers = self.signed(provider, body, self.now)
            self.refuses(provider, body, headers, self.now)

    def test_what_it_reads_back_is_how_it_stands(self, provider: Any) -> None:
        """A hold, a part of it captured, a part of that given back, and a charge without a hold:
        reading it back tells each step, twice the same."""
        assert isinstance(provider, ReadsBack)
        if self.asks(provider, MoneyKind.CHARGE):
            charged = self.ask(provider, MoneyKind.CHARGE, 900, "told-ch")
            assert charged.reference is not None
            assert self.stands(provider, charged.reference) == (0, 900, 0)
            self.ask(provider, MoneyKind.REFUND, 100, "told-b", charged.reference)
            assert self.stands(provider, charged.reference) == (0, 900, 100)
        if not self.asks(provider, MoneyKind.HOLD):
            return
        held = self.ask(provider, MoneyKind.HOLD, 1_000, "told-h")
        assert held.reference is not None
        assert self.stands(provider, held.reference) == (1_000, 0, 0)
        self.ask(provider, MoneyKind.CAPTURE, 700, "told-c", held.reference)
        assert self.stands(provider, held.reference) == (0, 700, 0)
        self.ask(provider, MoneyKind.REFUND, 200, "told-r", held.reference)
        assert self.stands(provider, held.reference) == (0, 700, 200)

    def test_a_hold_that_was_given_up_is_dead(self, provider: Any) -> None:
        """Of a hold that was voided nothing is held, and nothing was taken."""
        if not self.asks(provider, MoneyKind.HOLD):
            pytest.skip(f"{provider.name} is asked for no hold")
        held = self.ask(provider, MoneyKind.HOLD, 1_000, "told-h")
        self.ask(provider, MoneyKind.VOID, 1_000, "told-v", held.reference)
        assert held.reference is not None
        assert self.stands(provider, held.reference) == (0, 0, 0)

    def test_what_was_taken_back_is_read_back(self, provider: Any) -> None:
        """A payout of which some was taken back, in two parts, tells how much it is by now; what is
        with the payee still is no payout that came back."""
        found: object = provider
        if not (isinstance(found, TakesBack) and found.takes_back):
            pytest.skip(f"{provider.name} takes no payout back")
        made = self.ask(provider, MoneyKind.PAY_OUT, 1_000, "told-p").reference
        assert made is not None
        for back, (amount, key) in ((0, (300, "told-b")), (300, (200, "told-b2")), (500, (0, ""))):
            told = list(provider.read_back(self.notice(made)))
            (one,) = [each for each in told if isinstance(each, PayoutStands)]
            assert (one.reference, one.state) == (made, "arrived")
            assert one.taken_back == Money(back, self.currency)
            if amount:
                self.ask(provider, MoneyKind.TAKE_BACK, amount, key, made)

    def test_of_what_it_does_not_know_it_reads_nothing_back(self, provider: Any) -> None:
        """A name that is nobody's is no error: there is nothing to act on."""
        for name in ("nothing_of_the_kind", "x", "../charge"):
            assert list(provider.read_back(self.notice(name))) == []

    def notice(self, about: str) -> Notice:
        """A notice about something, as if it had come."""
        return Notice(id="told", kind="told", at=self.now, about=about)

    def stands(self, provider: Any, about: str) -> tuple[int, int, int]:
        """What is held, captured and refunded, as it is read back, and read again."""
        found: Sequence[Finding] = list(provider.read_back(self.notice(about)))
        assert list(provider.read_back(self.notice(about))) == found
        (one,) = [each for each in found if isinstance(each, PaymentStands)]
        assert one.reference == about
        sums = (one.held, one.captured, one.refunded)
        assert {money.currency for money in sums} == {self.currency}
        return one.held.amount, one.captured.amount, one.refunded.amount


class MovementLaws(_Orders):
    """What whoever reports movements must hold. Override ``provider``."""

    pays_out: bool = True
    """Whether it also pays earnings out."""

    def moves(self, provider: Any) -> list[tuple[str, int]]:
        """Let some money come and go; gives by which name each was answered, and what it moved.

        Each is asked twice, as after an answer that was lost, and moves once.
        """
        moved: list[tuple[str, int]] = []
        taken: str | None = None

        def then(kind: MoneyKind, amount: int, key: str, about: str | None = None) -> str:
            answer = self.ask(provider, kind, amount, key, about)
            assert self.ask(provider, kind, amount, key, about) == answer
            return str(answer.reference)

        if self.asks(provider, MoneyKind.HOLD):
            taken = then(MoneyKind.HOLD, 5_000, "moved-h")
            moved.append((then(MoneyKind.CAPTURE, 4_001, "moved-c", taken), 4_001))
        if self.asks(provider, MoneyKind.CHARGE):
            taken = then(MoneyKind.CHARGE, 3_000, "moved-ch")
            moved.append((taken, 3_000))
        if self.asks(provider, MoneyKind.REFUND):
            moved.append((then(MoneyKind.REFUND, 999, "moved-r", taken), -999))
        if self.pays_out:
            moved.append((then(MoneyKind.PAY_OUT, 500, "moved-p"), -500))
        return moved

    def all_of(self, provider: Any, limit: int) -> list[Movement]:
        """Every movement, in pages of so many."""
        assert isinstance(provider, ReportsMovements)
        found: list[Movement] = []
        while True:
            page = list(provider.movements(found[-1].id if found else None, limit))
            if not page:
                return found
            found += page

    def test_without_movements_there_is_none(self, provider: Any) -> None:
        """An empty provider has moved nothing, and nothing lies there; a hold moves nothing."""
        if self.asks(provider, MoneyKind.HOLD):
            self.ask(provider, MoneyKind.HOLD, 1_000, "moved-nothing")
        assert self.all_of(provider, 10) == []
        assert provider.balance(self.currency) == Money(0, self.currency)

    def test_its_movements_come_to_its_balance(self, provider: Any) -> None:
        """All amounts less all fees are what lies there, to the smallest coin."""
        self.moves(provider)
        found = self.all_of(provider, 100)
        assert all(one.amount.currency == one.fee.currency for one in found)
        mine = [one for one in found if one.amount.currency == self.currency]
        total = sum(one.amount.amount - one.fee.amount for one in mine)
        assert provider.balance(self.currency) == Money(total, self.currency)

    def test_each_movement_is_told_once_by_the_name_of_its_answer(self, provider: Any) -> None:
        """What was asked moved once, and is found by the name that its answer gave."""
        moved = self.moves(provider)
        found = self.all_of(provider, 100)
        assert sorted((one.about, one.amount.amount) for one in found) == sorted(moved)
        assert all(one.at.tzinfo is not None and one.kind for one in found)

    def test_its_pages_are_the_whole_in_order(self, provider: Any) -> None:
        """Page by page or at once, the movements and their order are the same, the oldest first,
        and what comes later is told after them."""
        self.moves(provider)
        whole = self.all_of(provider, 100)
        assert len({one.id for one in whole}) == len(whole)
        assert [one.at for one in whole] == sorted(one.at for one in whole)
        for limit in (1, 2, 3):
            assert self.all_of(provider, limit) == whole
        if self.asks(provider, MoneyKind.CHARGE):
            self.ask(provider, MoneyKind.CHARGE, 100, "moved-later")
        else:
            held = self.ask(provider, MoneyKind.HOLD, 100, "moved-later")
            self.ask(provider, MoneyKind.CAPTURE, 100, "moved-later-c", held.reference)
        assert [one.amount.amount for one in provider.movements(whole[-1].id, 10)] == [100]
