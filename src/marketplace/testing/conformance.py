"""Laws that every vertical and every payment provider must pass, for authors to inherit.

Make a class of tests out of one of these and say what is tried::

    class TestMyTrade(VerticalLaws):
        @pytest.fixture
        def plugins(self):
            return [MyTrade(), Cash()]

        vertical = "my_trade"

The laws call nothing but the public face, and each says in its docstring what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from attrs import evolve

from marketplace import (
    CAPTURE,
    CLOCK,
    CUSTOMER,
    HOLD,
    HOUR,
    PROVIDER,
    SETTLE,
    VOID,
    Answer,
    IdempotencyMismatch,
    Marketplace,
    Money,
    MoneyKind,
    Order,
    Payee,
    PaymentMethod,
    PaymentProvider,
    Process,
    Reason,
    SetupError,
    Transition,
    Vertical,
    Way,
    prove_all,
    render,
)
from marketplace.testing.notice_laws import MovementLaws as MovementLaws
from marketplace.testing.notice_laws import NoticeLaws as NoticeLaws
from marketplace.testing.payout_laws import PayoutLaws

TAKES = (MoneyKind.HOLD, MoneyKind.CHARGE)
"""Ways by which money first comes in; a method knows at least one of them."""


class VerticalLaws:
    """What a trade must hold. Override ``plugins`` and name the ``vertical``."""

    vertical = ""

    @pytest.fixture
    def plugins(self) -> Sequence[object]:
        """The plugin that brings the vertical, and what it needs."""
        raise pytest.UsageError("override the fixture plugins: what brings the vertical?")

    @pytest.fixture
    def trade(self, plugins: Sequence[object]) -> Iterator[tuple[Marketplace, Vertical]]:
        """The marketplace it runs in, and the trade as data."""
        with Marketplace.open(plugins=plugins) as market:
            yield market, market.context.vertical(self.vertical)

    def test_it_opens_and_every_process_is_proved(
        self, trade: tuple[Marketplace, Vertical]
    ) -> None:
        """Its processes and follow-ups hold for every payment method that they admit."""
        market, vertical = trade
        checked = market.check()
        proved = {proof.process for name, proof in checked.proofs if name == self.vertical}
        assert proved == {one.name for one in (*vertical.processes, *vertical.follow_ups)}
        assert checked.faults == ()

    def test_follow_ups_follow_states_that_exist(self, trade: tuple[Marketplace, Vertical]) -> None:
        """Each follow-up follows a state of one of the trade's processes, and can be entered."""
        _, vertical = trade
        states = {state for process in vertical.processes for state in process.states}
        for process in vertical.follow_ups:
            assert set(process.follows) <= states, process.name
            assert process.rows_from(process.start), process.name

    def test_reviews_open_after_states_that_exist(
        self, trade: tuple[Marketplace, Vertical]
    ) -> None:
        """Reviews open only after final states, between roles that the rows know."""
        _, vertical = trade
        for process in vertical.processes:
            assert set(process.review_after) <= set(process.final), process.name
        roles = {
            str(role)
            for process in vertical.processes
            for row in process.transitions
            for role in row.who
        }
        assert {role for pair in vertical.reviewing.between for role in pair} <= roles

    def test_its_schemas_refuse_what_they_do_not_know(
        self, trade: tuple[Marketplace, Vertical]
    ) -> None:
        """Attributes of listings and requests that the trade does not know are refused."""
        market, _ = trade
        for what in ("listing", "request"):
            with pytest.raises(ValueError, match=what):
                market.context.check_attributes(
                    self.vertical, what, {"no_trade_knows_this": "nothing"}
                )

    def test_it_tells_itself_in_words(self, trade: tuple[Marketplace, Vertical]) -> None:
        """Every template of its catalogues fills in, and each other language has no code that
        English lacks, so that no reader meets a bare code."""
        _, vertical = trade
        english = set(vertical.words.get("en", {}))
        for language, templates in vertical.words.items():
            assert set(templates) <= english, language
            for code in templates:
                assert render(Reason(code, {}), vertical.words, language)

    def test_two_of_it_are_refused(self, plugins: Sequence[object]) -> None:
        """The same vertical twice is a mistake that opening tells, whoever came first."""
        with pytest.raises(SetupError):
            Marketplace.open(plugins=[*plugins, *plugins])


class PaymentProviderLaws(PayoutLaws):
    """What whoever moves money must hold. Override ``provider``."""

    method_name = ""
    """The method to try; the first when it is empty."""
    means: str | None = None
    """A means with which a hold or charge goes well."""

    def order(self, kind: MoneyKind, amount: int, key: str, reference: str | None = None) -> Order:
        """One order, as the marketplace writes them."""
        return Order(
            key=key,
            kind=kind,
            amount=Money(amount, self.currency),
            method=self.method_name,
            payer="pty_somebody",
            means=self.means,
            reference=reference,
            transaction_id="tx_conformance",
        )

    def method(self, provider: PaymentProvider) -> PaymentMethod:
        """The method under trial: the named one, or the first."""
        chosen = [one for one in provider.methods if self.method_name in ("", one.name)]
        assert chosen, f"no method {self.method_name!r}"
        self.method_name = chosen[0].name
        return chosen[0]

    def test_it_has_a_name_and_methods(self, provider: PaymentProvider) -> None:
        """It has a name, and methods with names of their own that can take money in."""
        assert provider.name
        names = [one.name for one in provider.methods]
        assert names
        assert len(set(names)) == len(names)
        for one in provider.methods:
            assert any(one.way(kind) is not None for kind in TAKES), one.name

    def test_what_it_takes_it_can_give_back(self, provider: PaymentProvider) -> None:
        """A method that takes money can refund it; one that holds can capture and void."""
        for one in provider.methods:
            assert one.way(MoneyKind.REFUND) is not None, one.name
            if one.way(MoneyKind.HOLD) is not None:
                assert one.way(MoneyKind.CAPTURE) is not None, one.name
                assert one.way(MoneyKind.VOID) is not None, one.name

    def test_a_proved_process_admits_it(self, provider: PaymentProvider) -> None:
        """A process that holds, captures, voids and refunds is proved for each of its methods."""
        for proof in prove_all(held_deal(), provider.methods):
            assert proof.faults == (), str(proof)

    def test_the_same_key_gives_the_same_answer(self, provider: PaymentProvider) -> None:
        """Asked again under a key it answers the same and moves nothing more; the same key with
        another amount is refused. A method kept in the books is never asked."""
        method = self.method(provider)
        kind = next((one for one in TAKES if method.way(one) is Way.CALL), None)
        if kind is None:
            with pytest.raises(SetupError):
                provider.carry_out(self.order(TAKES[0], 100, "key-1"))
            return
        first = provider.carry_out(self.order(kind, 1_000, "key-1"))
        assert first.outcome == "done"
        assert first.reference, "later orders name it"
        assert provider.carry_out(self.order(kind, 1_000, "key-1")) == first
        with pytest.raises(IdempotencyMismatch):
            provider.carry_out(self.order(kind, 1_001, "key-1"))
        another = provider.carry_out(self.order(kind, 1_000, "key-2"))
        assert another.reference != first.reference

    def test_it_does_all_that_was_asked_or_nothing(self, provider: PaymentProvider) -> None:
        """A yes is a yes to the whole amount: what holds, charges or captures less says no, and
        leaves nothing set aside. (The marketplace takes a part for a no, and gives it back.)"""
        method = self.method(provider)
        kinds = [one for one in TAKES if method.way(one) is Way.CALL]
        for kind in kinds:
            answer = provider.carry_out(self.order(kind, 1_001, f"all-{kind.value}"))
            asked = Money(1_001, self.currency)
            assert answer.outcome != "done" or answer.amount in (None, asked), kind
            if kind is MoneyKind.HOLD and method.way(MoneyKind.CAPTURE) is Way.CALL:
                capture = self.order(MoneyKind.CAPTURE, 1_001, "all-of-it", answer.reference)
                taken = provider.carry_out(capture)
                assert taken.outcome != "done" or taken.amount in (None, asked), kind

    def test_it_looks_up_what_it_answered(self, provider: PaymentProvider) -> None:
        """Looking up tells the answer of an order that came, and None of one that never did."""
        method = self.method(provider)
        assert provider.look_up(self.order(TAKES[0], 100, "never sent")) is None
        kind = next((one for one in TAKES if method.way(one) is Way.CALL), None)
        if kind is not None:
            order = self.order(kind, 1_000, "key-1")
            assert provider.look_up(order) is None
            answer = provider.carry_out(order)
            assert provider.look_up(order) == answer

    def test_a_hold_is_captured_in_part_once_and_refunded_up_to_that(
        self, provider: PaymentProvider
    ) -> None:
        """Of a hold a part is captured; a second capture and a refund beyond it come to nothing.
        Each is asked twice, as after an answer that was lost: a yes stays the same yes."""
        method = self.method(provider)
        if method.way(MoneyKind.HOLD) is not Way.CALL:
            pytest.skip(f"{method.name} asks nobody outside for a hold")
        held = provider.carry_out(self.order(MoneyKind.HOLD, 1_000, "h"))
        assert held.outcome == "done"
        assert held.holds_until is not None or method.hold_lives is None

        def then(kind: MoneyKind, amount: int, key: str) -> Answer:
            order = self.order(kind, amount, key, held.reference)
            answer = provider.carry_out(order)
            again = provider.carry_out(order)
            assert again.outcome == answer.outcome, kind
            if answer.outcome == "done":
                assert again == answer == provider.look_up(order), kind
            return answer

        assert then(MoneyKind.CAPTURE, 700, "c").outcome == "done"
        assert then(MoneyKind.CAPTURE, 300, "c2").outcome == "failed"
        assert then(MoneyKind.REFUND, 701, "r").outcome == "failed"
        assert then(MoneyKind.REFUND, 700, "r2").outcome == "done"
        assert then(MoneyKind.REFUND, 1, "r3").outcome == "failed"

    def test_a_raised_hold_is_captured_whole(self, provider: PaymentProvider) -> None:
        """What a hold is raised by comes on top of it, once for each key, and all of it can be
        captured."""
        method = self.method(provider)
        if {method.way(MoneyKind.HOLD), method.way(MoneyKind.RAISE)} != {Way.CALL}:
            pytest.skip(f"{method.name} asks nobody outside to raise a hold")
        held = provider.carry_out(self.order(MoneyKind.HOLD, 1_000, "h"))
        more = self.order(MoneyKind.RAISE, 500, "more", held.reference)
        raised = provider.carry_out(more)
        assert raised.outcome == "done"
        assert raised.amount in (None, more.amount)
        assert provider.carry_out(more) == raised
        assert provider.look_up(more) == raised
        over = self.order(MoneyKind.CAPTURE, 1_501, "over", held.reference)
        assert provider.carry_out(over).outcome == "failed"
        capture = self.order(MoneyKind.CAPTURE, 1_500, "c", held.reference)
        assert provider.carry_out(capture).outcome == "done"

    def test_a_void_gives_the_whole_hold_up(self, provider: PaymentProvider) -> None:
        """After a void nothing of the hold can be captured."""
        method = self.method(provider)
        if method.way(MoneyKind.HOLD) is not Way.CALL:
            pytest.skip(f"{method.name} asks nobody outside for a hold")
        held = provider.carry_out(self.order(MoneyKind.HOLD, 1_000, "h"))
        void = self.order(MoneyKind.VOID, 1_000, "v", held.reference)
        assert provider.carry_out(void).outcome == "done"
        assert provider.carry_out(void).outcome == "done"
        capture = self.order(MoneyKind.CAPTURE, 1, "c", held.reference)
        assert provider.carry_out(capture).outcome == "failed"

    def test_a_charge_is_refunded_in_parts_up_to_the_whole(self, provider: PaymentProvider) -> None:
        """A plain charge is given back in as many parts as one likes, and nothing beyond it."""
        method = self.method(provider)
        if {method.way(MoneyKind.CHARGE), method.way(MoneyKind.REFUND)} != {Way.CALL}:
            pytest.skip(f"{method.name} asks nobody outside for a charge")
        charged = provider.carry_out(self.order(MoneyKind.CHARGE, 1_000, "ch"))
        assert charged.outcome == "done"

        def refund(amount: int, key: str) -> Answer:
            return provider.carry_out(self.order(MoneyKind.REFUND, amount, key, charged.reference))

        for amount, key in ((400, "r"), (600, "r2")):
            answer = refund(amount, key)
            assert answer.outcome == "done", amount
            assert answer.amount in (None, Money(amount, self.currency))
            assert refund(amount, key) == answer
        assert refund(1, "r3").outcome == "failed"

    def test_what_it_passes_on_comes_back_with_the_refund(self, provider: PaymentProvider) -> None:
        """A method that passes on gives the payee what the order names, says so, and takes the same
        share of it back with each refund, to the coin; asked again, nothing moves."""
        method = self.method(provider)
        if not method.passes_on:
            pytest.skip(f"{method.name} passes nothing on: earnings are paid out later")
        payee = Payee("pty_seller", str(self.account), 900)
        order = evolve(self.order(MoneyKind.CHARGE, 1_000, "on"), payee=payee)
        charged = provider.carry_out(order)
        assert (charged.outcome, charged.passed_on) == ("done", Money(900, self.currency))
        assert provider.carry_out(order) == charged
        back = given = 0
        for number, (amount, key) in enumerate(((500, "b"), (499, "b2"), (1, "b3")), 1):
            refund = self.order(MoneyKind.REFUND, amount, key, charged.reference)
            answer = provider.carry_out(refund)
            assert answer.outcome == "done", amount
            assert provider.carry_out(refund) == answer
            taken = Money(0, self.currency) if answer.passed_on is None else answer.passed_on
            assert taken.amount <= 0
            back, given = back - taken.amount, given + amount
            # Each refund may be rounded by itself: to less than a coin.
            assert abs(back * 1_000 - 900 * given) < number * 1_000, given


def held_deal() -> Process:
    """The smallest deal that holds money: paid, done or lapsed."""
    return Process(
        "held_deal",
        start="start",
        final={"done", "over", "no"},
        transitions=[
            Transition("pay", CUSTOMER, "start", "waiting", HOLD, failed="no", needs_customer="no"),
            Transition("do", PROVIDER, "waiting", "done", CAPTURE, SETTLE, failed="stuck"),
            Transition("lapse", CLOCK, "waiting", "over", VOID, after=HOUR),
            Transition("forget", CLOCK, "stuck", "over", VOID, after=HOUR),
        ],
    )
