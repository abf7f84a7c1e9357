"""The plugin: its settings, its payment provider, and what it does with each kind of order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from marketplace import (
    ALL_CALLED,
    Act,
    Answer,
    Bring,
    Chargeback,
    Finding,
    InvalidInput,
    Money,
    MoneyKind,
    Movement,
    Notice,
    Order,
    PaymentMethod,
    PaymentProviderUnavailable,
    Seat,
    TableBranch,
    Work,
    hookimpl,
)
from marketplace.plugins.stripe_connect import kept, settings, signing
from marketplace.plugins.stripe_connect.amounts import check_currencies
from marketplace.plugins.stripe_connect.answering import anew, bank_said_no, denied, refused
from marketplace.plugins.stripe_connect.calling import Broken, Calls, Declined, Denied
from marketplace.plugins.stripe_connect.cards import Cards
from marketplace.plugins.stripe_connect.charges import Charges
from marketplace.plugins.stripe_connect.earnings import Earnings
from marketplace.plugins.stripe_connect.kept import StripeAccount, StripeSent
from marketplace.plugins.stripe_connect.looking import Looking
from marketplace.plugins.stripe_connect.standing import Standing
from marketplace.plugins.stripe_connect.statement import Statement
from marketplace.plugins.stripe_connect.tables import metadata
from marketplace.plugins.stripe_connect.words import ENGLISH, NEPALI

NAME = "stripe"
AT_ONCE = 1_000
"""Deals that are looked at together when a party is erased."""
_MOST_BREAKS = 40
"""Keys of one order under which Stripe may break; each costs a call when it is asked again."""
CARD = PaymentMethod(
    "card",
    ways=ALL_CALLED,
    hold_lives=timedelta(days=7),
    needs_customer=True,
)
"""Cards. A hold lives seven days with most of them: a process that would capture later is refused
when the marketplace opens."""


@define(eq=False)
class StripeConnect:
    """Cards by Stripe, and payouts to sellers' accounts with it (Connect, accounts v2).

    The customer's money is charged to the platform and transferred when a payout is due
    ("separate charges and transfers"), so that it is held, and shared out, by the marketplace.

    Raises ``SetupError`` for settings with which no marketplace should open.
    """

    api_key: str = field(repr=False)
    """A secret or restricted key: ``sk_test_…``, ``rk_live_…``."""
    webhook_secrets: tuple[str, ...] = field(repr=False)
    """What notices are signed with, ``whsec_…``: one, and two while one replaces the other."""
    return_url: str = ""
    """Where a bank sends the customer back to, once it asked to confirm a payment."""
    live: bool = False
    """Whether real money moves. The key must be of the same mode."""
    currencies: tuple[str, ...] = ()
    """The only ones that are taken; empty for all that Stripe takes."""
    charges: str = "separate"
    """``destination``: where one party alone performs and has an account by then, its earnings go
    there as the money is taken; all others are transferred when a payout is due."""
    max_network_retries: int = 2
    """How often a call that came to no answer is tried again at once, with the same key."""
    timeout: float = 30.0
    """Seconds for one try."""
    address: str | None = None
    """Where a double of Stripe answers, for tests; None: Stripe itself."""
    name: str = field(default=NAME, init=False)
    takes_back: bool = field(default=True, init=False)
    """What was transferred to a seller comes back, as far as it lies in the account with Stripe."""
    methods: tuple[PaymentMethod, ...] = field(default=(CARD,), init=False)
    _looking: Looking = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        settings.check_keys(self.api_key, self.live, self.webhook_secrets)
        settings.check_addresses(self.return_url, self.address, self.live)
        settings.check_calls(self.max_network_retries, self.timeout, self.charges)
        check_currencies(self.currencies)
        settings.check_sdk()
        calls = Calls(self.api_key, self.address, self.max_network_retries, self.timeout)
        cards = Cards(calls, self.return_url)
        passes_on = self.charges == "destination"
        self.methods = (evolve(CARD, passes_on=passes_on),)
        self._looking = Looking(cards, Charges(cards, passes_on), Earnings(calls))

    @hookimpl
    def bring(self) -> Bring:
        """The method ``card``, carried out by this provider, and what a bank says in words."""
        return Bring(
            payment_providers=(self,),
            words={"en": ENGLISH, "ne": NEPALI},
            tables=(TableBranch(NAME, Path(__file__).parent / "versions", metadata),),
            answers=(StripeAccount, StripeSent),
            erases=_erase,
        )

    @property
    def calls(self) -> Calls:
        """By whom Stripe is asked."""
        return self._looking.calls

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """The notice in a body that Stripe signed; raises ``Untrusted`` for any other."""
        return signing.read_notice(body, headers, self.webhook_secrets, now)

    def read_back(self, notice: Notice) -> Sequence[Finding]:
        """How what a notice names stands now; nothing for what is none of ours."""
        return Standing(self._looking.cards, self._looking.earnings).read_back(notice)

    def movements(self, after: str | None = None, limit: int = 100) -> Sequence[Movement]:
        """The oldest movements of the platform's balance after one, a hundred at most.

        Raises ``InvalidInput`` for one that Stripe does not know.
        """
        try:
            return Statement(self.calls).movements(after, limit)
        except Denied as no:
            if after is None:
                raise _no_answer("the movements", no) from None
            raise InvalidInput(f"no movement is called {after!r:.100}") from None

    def balance(self, currency: str) -> Money:
        """What lies there of ours, available or on its way."""
        try:
            return Statement(self.calls).balance(currency)
        except Denied as no:
            raise _no_answer("the balance", no) from None

    def carry_out(self, order: Order) -> Answer:
        """Do what is ordered; the same key again gives the same answer."""
        try:
            return self._done(order)
        except InvalidInput as no:
            return refused(no.code, **no.params)
        except Declined as no:
            return bank_said_no(no)
        except Denied as no:
            return denied(no)

    def _done(self, order: Order) -> Answer:
        """Stripe answers a key on which it broke with the same break for a day, though it may have
        done it. So it is looked up; and once the break comes out of Stripe's memory and the thing
        is nowhere, it is asked for anew: else one bad moment would cost a deal its day."""
        for number in range(_MOST_BREAKS):
            try:
                return self._do(anew(order, number))
            except Broken as broke:
                found = self.look_up(order)
                if found is not None:
                    return found
                if not broke.again:
                    raise
        raise PaymentProviderUnavailable(f"stripe broke on an order {_MOST_BREAKS} times")

    def recall(self, work: Work, order: Order) -> Order:
        """The order, with the customer that its payer is at Stripe."""
        return evolve(order, known_as=kept.customer_of(work, order.payer))

    def keep(self, work: Work, order: Order) -> None:
        """Keep which customer was made for the payer of an order."""
        made = self._looking.cards.made.get(order.payer)
        if made is not None:
            kept.keep_customer(work, order.payer, made)
            work.after_commit(lambda: self._kept(order.payer, made))

    def _kept(self, payer: str, customer: str) -> None:
        made = self._looking.cards.made
        if made.get(payer) == customer:
            made.pop(payer, None)

    def look_up(self, order: Order) -> Answer | None:
        """What became of an order sent before; None if it never arrived."""
        try:
            return self._looking.look_up(order)
        except InvalidInput:
            return None  # It was refused before anything was sent.
        except Denied as no:
            raise _no_answer("looking up", no) from None

    def _do(self, order: Order) -> Answer:
        if self.currencies and order.amount.currency not in self.currencies:
            return refused("currency_not_taken", currency=order.amount.currency)
        looking = self._looking
        cards, charges = looking.cards, looking.charges
        does: dict[MoneyKind, Any] = {
            MoneyKind.SAVE: cards.save,
            MoneyKind.HOLD: cards.begin,
            MoneyKind.CHARGE: cards.begin,
            MoneyKind.RAISE: charges.more,
            MoneyKind.CAPTURE: charges.take,
            MoneyKind.VOID: charges.give_up,
            MoneyKind.REFUND: charges.give_back,
            MoneyKind.PAY_OUT: looking.earnings.pay_out,
            MoneyKind.TAKE_BACK: looking.earnings.take_back,
        }
        if order.kind not in does:
            allowed = ", ".join(sorted(kind.value for kind in does))
            raise InvalidInput(f"stripe is asked to {allowed}, not to {order.kind.value}")
        answer: Answer = does[order.kind](order)
        return answer


def _no_answer(what: str, no: Denied) -> PaymentProviderUnavailable:
    """What was only asked for was refused: nothing is known by it, and somebody must look."""
    words = " ".join(part for part in (str(no.http), no.code, no.request) if part)
    return PaymentProviderUnavailable(f"stripe refuses {what} ({words})")


def _erase(act: Act, party_id: str) -> None:
    """Keep no more which account or customer an erased person was at Stripe, nor what it wrote."""
    kept.forget_account(act.work, party_id)
    kept.forget_customer(act.work, party_id)
    after: str | None = None
    where = {"party_id": party_id}
    while seats := act.work.select(Seat, where, order="transaction_id", after=after, limit=AT_ONCE):
        after = seats[-1].transaction_id
        deals = {"transaction_id": sorted({one.transaction_id for one in seats})}
        told = act.work.select(Chargeback, deals, limit=AT_ONCE)
        if told:
            kept.forget_words(act.work, sorted({one.reference for one in told}))
