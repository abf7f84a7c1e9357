"""The laws for who tells notices and reports movements: held by the sandbox, broken by fakes."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

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
    Untrusted,
    Way,
)
from marketplace.plugins.sandbox import HEADER, Sandbox
from marketplace.plugins.sandbox.signing import signed
from marketplace.testing.conformance import MovementLaws, NoticeLaws

SECRET = "whsec_of_the_laws"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def sandbox(kind: type[Sandbox] = Sandbox) -> Sandbox:
    """An empty one, on the laws' clock."""
    return kind(now=lambda: NOW, secrets=(SECRET,), fee_bp=290)


class TestSandboxTells(NoticeLaws):
    """The card network that the package ships."""

    header = HEADER
    secret = SECRET
    means = "tok_ok"

    @pytest.fixture
    def provider(self) -> Sandbox:
        """An empty one."""
        return sandbox()

    def happens(self, provider: Sandbox) -> bytes:
        """A hold dies."""
        held = self.ask(provider, MoneyKind.HOLD, 500, "dies")
        provider.let_die(str(held.reference))
        ((body, _),) = provider.notices()
        return body

    def signed(self, provider: Sandbox, body: bytes, at: datetime) -> Mapping[str, str]:
        """By the one secret."""
        return signed(body, at, [SECRET])


class TestSandboxReports(MovementLaws):
    """The same."""

    means = "tok_ok"

    @pytest.fixture
    def provider(self) -> Sandbox:
        """An empty one, which keeps fees."""
        return sandbox()


APP = PaymentMethod("app", {MoneyKind.CHARGE: Way.CALL, MoneyKind.REFUND: Way.CALL})


class TestAppWithoutHolds(NoticeLaws, MovementLaws):
    """What knows no holds is asked for none, and held to all else."""

    header = HEADER
    secret = SECRET
    means = "tok_ok"

    @pytest.fixture
    def provider(self) -> Sandbox:
        """A wallet app, which charges and gives back."""
        return Sandbox(now=lambda: NOW, secrets=(SECRET,), methods=(APP,))

    def happens(self, provider: Sandbox) -> bytes:
        """A bank takes a charge back."""
        charged = self.ask(provider, MoneyKind.CHARGE, 500, "taken back")
        provider.take_back(str(charged.reference), 500, cause="fraudulent")
        ((body, _),) = provider.notices()
        return body

    def signed(self, provider: Sandbox, body: bytes, at: datetime) -> Mapping[str, str]:
        """By the one secret."""
        return signed(body, at, [SECRET])


# -- negative controls: each law fails on something that breaks it ------------------------------


class Trusting(Sandbox):
    """Believes whatever it can read."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """No signature is looked at."""
        try:
            told = json.loads(body)
            at = datetime.fromisoformat(told["at"])
            return Notice(told["id"], told["kind"], at, told["about"], live=told["live"])
        except (ValueError, KeyError, TypeError):
            raise Untrusted("this cannot be read") from None


class Strict(Sandbox):
    """Knows its header in one spelling alone."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """As it was sent."""
        if HEADER not in headers:
            raise Untrusted("no header")
        return super().read_notice(body, headers, now)


class Trimming(Sandbox):
    """Takes blanks off before it looks."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """The body without blanks at its ends."""
        return super().read_notice(body.strip(), headers, now)


class Ageless(Sandbox):
    """Believes a copy that somebody kept, and one from the future."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """As at the moment that the header names."""
        value = {name.lower(): one for name, one in headers.items()}.get(HEADER.lower(), "")
        second = value.partition("t=")[2].partition(",")[0]
        if second.isdigit() and len(second) < 12:
            now = datetime.fromtimestamp(int(second), UTC)
        return super().read_notice(body, headers, now)


class Lonely(Sandbox):
    """Takes one signature and no more."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """Two are one too many."""
        if any(value.count("v1=") > 1 for value in headers.values()):
            raise Untrusted("one signature, please")
        return super().read_notice(body, headers, now)


class Breaking(Sandbox):
    """Breaks on what it cannot read."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """A body that is none is a broken reader."""
        json.loads(body)
        return super().read_notice(body, headers, now)


class Talking(Sandbox):
    """Says why it does not trust, and with which secret."""

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """The same, in too many words."""
        try:
            return super().read_notice(body, headers, now)
        except Untrusted:
            raise Untrusted(f"not signed by {self.secrets[0]}") from None


class Blind(Sandbox):
    """Reads back what was captured as if nothing had been given back."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """Without refunds."""
        return [
            evolve(one, refunded=Money(0, "NPR")) if isinstance(one, PaymentStands) else one
            for one in super().read_back(notice)
        ]


class Inventive(Sandbox):
    """Has something to say about every name."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """A charge of nothing where there is none."""
        nothing = Money(0, "NPR")
        return super().read_back(notice) or [
            PaymentStands(notice.about, held=nothing, captured=nothing, refunded=nothing)
        ]


class Undying(Sandbox):
    """Still tells of a hold that was given up."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """What is gone is there."""
        return [
            evolve(one, held=Money(1_000, "NPR"))
            if isinstance(one, PaymentStands) and not one.captured
            else one
            for one in super().read_back(notice)
        ]


class Silent(Sandbox):
    """Tells of no payout what was taken back of it."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """What is read back, less that."""
        return [
            evolve(one, taken_back=None) if isinstance(one, PayoutStands) else one
            for one in super().read_back(notice)
        ]


class Alarmed(Sandbox):
    """Says of a payout of which some was taken back that it came back."""

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """What is read back, as if the bank had sent it."""
        return [
            evolve(one, state="returned")
            if isinstance(one, PayoutStands) and one.taken_back
            else one
            for one in super().read_back(notice)
        ]


class Poor(Sandbox):
    """Has a little less than it moved."""

    def balance(self, currency: str) -> Money:
        """A coin is missing wherever there is something."""
        there = super().balance(currency)
        return there - Money(1, currency) if there else there


class Rich(Sandbox):
    """Has something before anything moved."""

    def balance(self, currency: str) -> Money:
        """A coin too many."""
        return super().balance(currency) + Money(1, currency)


class Twice(Sandbox):
    """Refunds once more when it is asked again."""

    def carry_out(self, order: Order) -> Answer:
        """The same answer, and another refund."""
        before = self.look_up(order)
        if before is not None and order.kind is MoneyKind.REFUND:
            super().carry_out(evolve(order, key=f"{order.key} again"))
        return before or super().carry_out(order)


class Nameless(Sandbox):
    """Moves things that nobody can find."""

    def movements(self, after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        """By names of its own."""
        return [evolve(one, about=one.id) for one in super().movements(after, limit)]


class Backward(Sandbox):
    """Tells the newest movement first."""

    def movements(self, after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        """Each page the wrong way round, but for pages of one."""
        found = list(super().movements(None, 1_000))[::-1]
        names = [one.id for one in found]
        start = names.index(after) + 1 if after in names else 0
        return found[start : start + limit]


TELLS: list[tuple[str, type[Sandbox]]] = [
    ("test_what_it_tells_is_read", Strict),
    ("test_what_it_did_not_sign_is_not_trusted", Trusting),
    ("test_what_it_did_not_sign_is_not_trusted", Talking),
    ("test_a_changed_byte_is_not_trusted", Trusting),
    ("test_a_changed_byte_is_not_trusted", Trimming),
    ("test_its_age_is_bounded_both_ways", Ageless),
    ("test_a_strange_header_is_read_strictly", Trusting),
    ("test_a_strange_header_is_read_strictly", Lonely),
    ("test_nonsense_that_it_signed_is_not_trusted", Breaking),
    ("test_what_it_reads_back_is_how_it_stands", Blind),
    ("test_a_hold_that_was_given_up_is_dead", Undying),
    ("test_what_was_taken_back_is_read_back", Silent),
    ("test_what_was_taken_back_is_read_back", Alarmed),
    ("test_of_what_it_does_not_know_it_reads_nothing_back", Inventive),
]
REPORTS: list[tuple[str, type[Sandbox]]] = [
    ("test_without_movements_there_is_none", Rich),
    ("test_its_movements_come_to_its_balance", Poor),
    ("test_each_movement_is_told_once_by_the_name_of_its_answer", Nameless),
    ("test_each_movement_is_told_once_by_the_name_of_its_answer", Twice),
    ("test_its_pages_are_the_whole_in_order", Backward),
]


@pytest.mark.parametrize(
    ("laws", "law", "broken"),
    [
        *((TestSandboxTells, law, broken) for law, broken in TELLS),
        *((TestSandboxReports, law, broken) for law, broken in REPORTS),
    ],
)
def test_who_breaks_a_law_fails_it(laws: type[Any], law: str, broken: type[Sandbox]) -> None:
    """Each law holds for the sandbox and fails for a twin of it that breaks it."""
    getattr(laws(), law)(sandbox())
    with pytest.raises((AssertionError, ValueError, Untrusted, pytest.fail.Exception)):
        getattr(laws(), law)(sandbox(broken))


def test_every_law_has_its_broken_twin() -> None:
    """No law is without something that fails it."""
    tried = {law for law, _ in (*TELLS, *REPORTS)}
    laws = {
        name for kind in (NoticeLaws, MovementLaws) for name in vars(kind) if name[:5] == "test_"
    }
    assert tried == laws
