"""The verbs beyond orders: sellers' accounts with Stripe, and what is sent about chargebacks.

Each writes a row, then asks Stripe outside of any unit of work with the key of that row, then
writes what came of it. Called again after a crash, it goes on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

from attrs import evolve, frozen

from marketplace import (
    OPERATOR,
    PAYMENT_PROVIDER,
    Act,
    Actor,
    Chargeback,
    Conflict,
    Dispute,
    Forbidden,
    InvalidInput,
    Marketplace,
    NotFound,
    Party,
    PayoutAccount,
    Refused,
    Role,
    SetupError,
)
from marketplace.plugins.stripe_connect import kept
from marketplace.plugins.stripe_connect.amounts import DECIMALS
from marketplace.plugins.stripe_connect.answering import action_of
from marketplace.plugins.stripe_connect.calling import Denied, Found
from marketplace.plugins.stripe_connect.earnings import RECIPIENT, payable
from marketplace.plugins.stripe_connect.kept import StripeAccount, StripeSent
from marketplace.plugins.stripe_connect.plugin import NAME, StripeConnect
from marketplace.plugins.stripe_connect.settings import is_address

By = Actor | Party | Role | str
T = TypeVar("T")
MOST_TEXT = 20_000
"""Characters of evidence in words that Stripe takes."""
_COUNTRY = re.compile("[A-Z]{2}")


@frozen
class StripeDesk:
    """What people do with Stripe in one marketplace."""

    market: Marketplace

    @property
    def plugin(self) -> StripeConnect:
        """The marketplace's Stripe; raises ``SetupError`` where it has none."""
        found = self.market.context.hooks.plugins.get(NAME)
        if not isinstance(found, StripeConnect):
            raise SetupError("this marketplace has no Stripe; open it with StripeConnect(…)")
        return found

    def challenge(self, transaction_id: str, *, by: By) -> str | None:
        """Where the actor, who pays in this deal, confirms it to the bank that asked for that; None
        once nothing of his waits for it. It is asked of Stripe each time, and kept nowhere."""
        for payment in self.market.transactions.payments(transaction_id, by=by):
            name = payment.reference or ""
            found: Found = {}
            if name.startswith("pi_"):
                found = self._ask("a payment intent", partial(_payment_intent, name))
            elif name.startswith("seti_"):
                found = self._ask("a setup intent", partial(_setup_intent, name))
            if found.get("status") == "requires_action":
                return action_of(found)
        return None

    # -- sellers' accounts ------------------------------------------------------------------

    def onboard(
        self, party_id: str, *, by: By, country: str, currency: str, email: str
    ) -> StripeAccount:
        """A party's account with Stripe, made once, to which it is paid in ``currency``.

        For the party itself or the operator. Payouts wait until Stripe says that the account may
        be paid (``refresh``, or a notice). Raises ``PaymentProviderUnavailable`` when no answer
        came: called again, it goes on.
        """
        if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
            raise InvalidInput(f"a country is two capital letters of ISO 3166, not {country!r:.20}")
        if currency not in DECIMALS:
            raise InvalidInput(f"nobody is paid in {currency!r:.20} by Stripe")
        if not isinstance(email, str) or not 3 <= len(email) <= 200 or "@" not in email:
            raise InvalidInput("an account with Stripe needs an e-mail address")

        def want(act: Act) -> StripeAccount:
            self._own(act, party_id)
            wanted = StripeAccount(party_id, act.new("intent"), country, act.at)
            return kept.want_account(act.work, wanted)

        body = {"party": party_id, "country": country}
        row = self._run("onboard", by, want, body)
        if row.account is None:
            made = self._ask("an account", lambda stripe: _make_account(stripe, row, email))
            row = self._made(party_id, str(made["id"]))
        assert row.account is not None
        self.market.parties.set_payout_account(
            currency, row.account, by=by, provider=NAME, party=party_id
        )
        return row

    def _made(self, party_id: str, account: str) -> StripeAccount:
        def do(act: Act) -> StripeAccount:
            act.about(party_id)
            return kept.account_made(act.work, party_id, account)

        return self._run("onboarded", PAYMENT_PROVIDER, do, {"party": party_id, "account": account})

    def account(self, party_id: str, *, by: By) -> StripeAccount:
        """A party's account; its own or, for the operator, anybody's."""
        with self.market.read(by) as view:
            found = kept.account_of(view.work, view.own(party_id))
            if found is None:
                raise NotFound(f"party {party_id!r} has no account with Stripe; onboard it first")
            return found

    def link(self, party_id: str, *, by: By, return_url: str, refresh_url: str) -> str:
        """An address at which the party tells Stripe who it is: for one use, and a few minutes.

        The party comes back to ``return_url``, or to ``refresh_url`` when the address is spent.
        """
        row = self.account(party_id, by=by)
        if row.account is None:
            raise Conflict("the account with Stripe is not made yet; onboard again", code="pending")
        live = self.plugin.live
        for url in (return_url, refresh_url):
            if not is_address(url, loopback=not live):
                raise InvalidInput("return_url and refresh_url are https addresses")
        params = {
            "account": row.account,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {"return_url": return_url, "refresh_url": refresh_url},
            },
        }
        made = self._ask(
            "an account link", lambda stripe: stripe.v2.core.account_links.create(params=params)
        )
        return str(made["url"])

    def refresh(self, party_id: str, *, by: By = OPERATOR) -> bool:
        """Ask Stripe whether a party can be paid, and judge its payout accounts by that."""
        row = self.account(party_id, by=by)
        if row.account is None:
            return False
        found = self._read_account(row.account)
        good = payable(found) and not found.get("closed")
        for one in self._live_accounts(party_id, row.account):
            if good and one.state == "submitted":
                self.market.parties.judge_payout_account(one.id, approve=True, by=PAYMENT_PROVIDER)
            elif not good and one.state == "verified":
                self._restrict(one)
        return good

    def _read_account(self, account: str) -> Found:
        params = {"include": [RECIPIENT]}
        return self._ask(
            "an account", lambda stripe: stripe.v2.core.accounts.retrieve(account, params=params)
        )

    def _live_accounts(self, party_id: str, account: str) -> list[PayoutAccount]:
        every = self.market.parties.payout_accounts(party_id, by=OPERATOR)
        ours = [one for one in every if (one.provider, one.reference) == (NAME, account)]
        return [one for one in ours if one.state in ("submitted", "verified")]

    def _restrict(self, account: PayoutAccount) -> None:
        """As a notice does: nothing is paid to it until it is good again."""

        def do(act: Act) -> None:
            one = act.work.get(PayoutAccount, account.id)
            act.about(one.party_id)
            if one.state != "verified":
                return
            act.work.save(evolve(one, state="submitted"))
            told = {"currency": one.currency, "account": one.id, "reason": "transfers are off"}
            act.emit("party.payout_account_restricted", one.party_id, told, [one.party_id])

        self._run("restrict", PAYMENT_PROVIDER, do, {"account": account.id})

    # -- chargebacks ------------------------------------------------------------------------

    def evidence(self, chargeback_id: str, *, by: By = OPERATOR) -> StripeSent:
        """Send the bank what both sides have added to the chargeback's dispute; once, for good.

        For the operator. Raises ``InvalidInput`` while nobody has added anything.
        """

        def words(act: Act, one: Chargeback) -> str:
            shown = act.work.get(Dispute, one.dispute_id).evidence
            names = {id: act.work.get(Party, id).name for id in {each.party_id for each in shown}}
            told = [
                f"{names[each.party_id]}, {each.at:%Y-%m-%d %H:%M} UTC: {each.text}"
                for each in shown
                if each.text
            ]
            if not told:
                raise InvalidInput("nobody has added evidence yet (disputes.add_evidence)")
            return "\n\n".join(told)[:MOST_TEXT]

        def ask(stripe: Any, row: StripeSent) -> Any:
            params = {"evidence": {"uncategorized_text": row.text}, "submit": True}
            options = {"idempotency_key": row.key}
            return stripe.v1.disputes.update(row.dispute, params=params, options=options)

        return self._send(chargeback_id, "evidence", by, words, ask)

    def accept(self, chargeback_id: str, *, by: By = OPERATOR) -> StripeSent:
        """Tell the bank that the chargeback is right: it is lost, and no evidence is asked for."""

        def ask(stripe: Any, row: StripeSent) -> Any:
            options = {"idempotency_key": row.key}
            return stripe.v1.disputes.close(row.dispute, options=options)

        return self._send(chargeback_id, "accept", by, lambda act, one: "", ask)

    def _send(
        self,
        chargeback_id: str,
        what: Literal["evidence", "accept"],
        by: By,
        words: Callable[[Act, Chargeback], str],
        ask: Callable[[Any, StripeSent], Any],
    ) -> StripeSent:
        def want(act: Act) -> StripeSent:
            if act.actor.role != OPERATOR:
                raise Forbidden("only the operator answers a bank about a chargeback")
            one = act.work.get(Chargeback, chargeback_id)
            act.about(one.transaction_id)
            text = words(act, one)
            wanted = StripeSent(one.reference, what, act.new("intent"), text, act.at)
            return kept.want_sent(act.work, wanted)

        row = self._run(what, by, want, {"chargeback": chargeback_id})
        if row.sent_at is not None:
            return row
        self._ask("a dispute", lambda stripe: ask(stripe, row))

        def sent(act: Act) -> StripeSent:
            act.about(chargeback_id)
            return kept.was_sent(act.work, row.dispute, what, act.at)

        return self._run(f"{what}_sent", OPERATOR, sent, {"dispute": row.dispute})

    # -- how it is asked --------------------------------------------------------------------

    def _run(self, verb: str, by: By, do: Callable[[Act], T], body: dict[str, Any]) -> T:
        return self.market.run(f"{NAME}.{verb}", by, do, body=body)

    def _own(self, act: Act, party_id: str) -> None:
        if act.actor.party_id not in (None, party_id):
            raise NotFound(f"no party {party_id!r}")
        if act.actor.party_id is None and act.actor.role != OPERATOR:
            raise Forbidden("an account with Stripe is the party's own affair, or the operator's")
        act.work.get(Party, party_id)
        act.about(party_id)

    def _ask(self, what: str, ask: Callable[[Any], Any]) -> Found:
        store = self.market.context.store
        if store.in_work() or store.joined:
            raise SetupError("no call to Stripe inside a unit of work; leave it first")
        try:
            return self.plugin.calls(what, ask)
        except Denied as no:
            told = {"code": no.code, "param": no.param, "request": no.request}
            raise Refused(
                f"not done by Stripe ({no.code or no.http} {no.request})".rstrip(),
                code="stripe_refused",
                params=told,
            ) from None


def _payment_intent(name: str, stripe: Any) -> Any:
    return stripe.v1.payment_intents.retrieve(name)


def _setup_intent(name: str, stripe: Any) -> Any:
    return stripe.v1.setup_intents.retrieve(name)


def _make_account(stripe: Any, row: StripeAccount, email: str) -> Any:
    params = {
        "contact_email": email,
        "dashboard": "express",
        "identity": {"country": row.country},
        # The platform pays Stripe's fees, and bears what a seller's account cannot.
        "defaults": {
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"}
        },
        "configuration": {
            "recipient": {
                "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
            }
        },
        "metadata": {"party": row.party_id},
        "include": [RECIPIENT],
    }
    return stripe.v2.core.accounts.create(params=params, options={"idempotency_key": row.key})
