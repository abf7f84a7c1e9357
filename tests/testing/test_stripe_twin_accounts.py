"""The twin's connected accounts: opened, onboarded, paid by transfer, reversed, paid out."""

import urllib.error
import urllib.request
from datetime import timedelta

import pytest
import stripe

from marketplace.testing.stripe_twin import StripeTwin
from tests.support.twins import CARD, held, onboarded, paid

RECIPIENT = {"include": ["configuration.recipient", "requirements", "defaults", "identity"]}


class _Stays(urllib.request.HTTPRedirectHandler):
    """Says where it is sent, and does not go there."""

    def redirect_request(self, *args: object) -> None:
        """Go nowhere."""
        return None


def visit(url: str) -> str:
    """Open a page of the twin's; gives where it sends on."""
    try:
        urllib.request.build_opener(_Stays).open(url, timeout=10)
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers.get("Location"))
    raise AssertionError(f"{url} sent nobody anywhere")


def test_an_account_receives_once_its_capability_is_active(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """An account is restricted until its link was visited, and a transfer to it refused; then it
    is active, which a thin event tells."""
    name = onboarded(stripe_twin, stripe_client, active=False)
    retrieve = stripe_client.v2.core.accounts.retrieve
    bare = retrieve(name)
    assert bare.configuration is None
    before = retrieve(name, RECIPIENT).configuration.recipient.capabilities.stripe_balance
    assert before.stripe_transfers.status == "restricted"
    paid(stripe_client, payment_method="pm_card_bypassPending")
    sent = {"amount": 1000, "currency": "usd", "destination": name}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.transfers.create(sent)
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    use = {"return_url": "https://x.example/back", "refresh_url": "https://x.example/again"}
    asked = {
        "account": name,
        "use_case": {"type": "account_onboarding", "account_onboarding": use},
    }
    link = stripe_client.v2.core.account_links.create(asked)
    assert visit(link.url) == "https://x.example/back"
    after = retrieve(name, RECIPIENT).configuration.recipient.capabilities.stripe_balance
    assert after.stripe_transfers.status == "active"
    assert visit(link.url) == "https://x.example/again", "a link is for one use"
    assert stripe_client.v1.transfers.create(sent).amount == 1000
    told = [e for e in stripe_twin.events() if e["object"] == "v2.core.event"]
    kind = "v2.core.account[configuration.recipient].capability_status_updated"
    assert kind in [e["type"] for e in told]
    fetched = stripe_client.v2.core.events.retrieve(told[0]["id"])
    assert fetched.type == "v2.core.account.created"


def test_a_link_dies(stripe_twin: StripeTwin, stripe_client: stripe.StripeClient) -> None:
    """After a few minutes a link sends its visitor for another one, and nothing changes."""
    name = onboarded(stripe_twin, stripe_client, active=False)
    use = {"return_url": "https://x.example/back", "refresh_url": "https://x.example/again"}
    asked = {
        "account": name,
        "use_case": {"type": "account_onboarding", "account_onboarding": use},
    }
    link = stripe_client.v2.core.account_links.create(asked)
    stripe_twin.clock.advance(timedelta(minutes=5))
    assert visit(link.url) == "https://x.example/again"
    found = stripe_client.v2.core.accounts.retrieve(name, RECIPIENT)
    stands = found.configuration.recipient.capabilities.stripe_balance.stripe_transfers
    assert stands.status == "restricted"


def test_who_pays_the_fees_fits_the_dashboard(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Express needs the application to collect fees and losses; a configuration, a country."""
    with pytest.raises(stripe.InvalidRequestError, match="express dashboard"):
        onboarded(stripe_twin, stripe_client, defaults={})
    with pytest.raises(stripe.InvalidRequestError, match=r"identity\.country"):
        onboarded(stripe_twin, stripe_client, identity={})
    with pytest.raises(stripe.InvalidRequestError, match="Account not found"):
        stripe_client.v2.core.accounts.retrieve("acct_nobody")


def test_account_links_take_no_configurations(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Since endive `configurations` is an unknown parameter."""
    use = {"refresh_url": "https://x.example/again", "configurations": ["recipient"]}
    name = onboarded(stripe_twin, stripe_client)
    asked = {
        "account": name,
        "use_case": {"type": "account_onboarding", "account_onboarding": use},
    }
    with pytest.raises(stripe.InvalidRequestError, match="configurations"):
        stripe_client.v2.core.account_links.create(asked)


def test_a_transfer_is_paid_out_of_what_is_available(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Without a source a transfer needs available money; pending money does not do."""
    name = onboarded(stripe_twin, stripe_client)
    paid(stripe_client)
    sent = {"amount": 1000, "currency": "usd", "destination": name, "metadata": {"order": "1"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.transfers.create(sent)
    assert refused.value.code == "balance_insufficient"
    stripe_twin.clock.advance(timedelta(days=2))
    made = stripe_client.v1.transfers.create(sent)
    assert stripe_twin.balance("usd") == 4796
    assert stripe_twin.balance("usd", name) == 1000
    found = stripe_client.v1.transfers.list({"destination": name}).data
    assert [(each.id, each.metadata["order"]) for each in found] == [(made.id, "1")]


def test_a_transfer_may_name_the_charge_it_comes_from(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """With a source a transfer is made at once and its money is there when the charge's is; all
    transfers out of a charge together are at most the charge, in its currency."""
    name = onboarded(stripe_twin, stripe_client)
    charge = paid(stripe_client, transfer_group="deal 1").latest_charge
    create = stripe_client.v1.transfers.create
    sent = {"currency": "usd", "destination": name, "source_transaction": charge.id}
    first = create({**sent, "amount": 4000})
    assert (first.transfer_group, first.source_transaction) == ("deal 1", charge.id)
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed the source amount"):
        create({**sent, "amount": 2001})
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        create({**sent, "amount": 100, "currency": "eur"})
    create({**sent, "amount": 2000})
    there = {"stripe_account": name}
    assert stripe_client.v1.balance.retrieve(options=there).pending[0].amount == 6000
    stripe_twin.clock.advance(timedelta(days=2))
    assert stripe_client.v1.balance.retrieve(options=there).available[0].amount == 6000
    seen = stripe_client.v1.charges.retrieve(first.destination_payment, options=there)
    assert (seen.amount, seen.source_transfer) == (4000, first.id)
    hold = held(stripe_client)
    with pytest.raises(stripe.InvalidRequestError, match="not a captured"):
        create({**sent, "amount": 100, "source_transaction": hold.latest_charge.id})


def test_a_transfer_is_taken_back_as_far_as_it_lies_there(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A reversal is at most what is left of its transfer, and what the account's balance covers,
    whoever stands for its losses; they are listed, newest first."""
    name = onboarded(stripe_twin, stripe_client)
    charge = paid(stripe_client, payment_method="pm_card_bypassPending").latest_charge
    sent = {"amount": 4000, "currency": "usd", "destination": name}
    made = stripe_client.v1.transfers.create({**sent, "source_transaction": charge.id})
    there, reversals = {"stripe_account": name}, stripe_client.v1.transfers.reversals
    back = reversals.create(made.id, {"amount": 1500})
    assert (back.amount, back.transfer) == (1500, made.id)
    assert stripe_twin.balance("usd", name) == 2500
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        reversals.create(made.id, {"amount": 2501})
    stripe_client.v1.payouts.create({"amount": 500, "currency": "usd"}, there)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        reversals.create(made.id, {"amount": 2001})
    assert refused.value.code == "balance_insufficient"
    more = reversals.create(made.id, {"amount": 2000})
    assert [one.id for one in reversals.list(made.id).data] == [more.id, back.id]
    assert [one.id for one in reversals.list(made.id, {"starting_after": more.id})] == [back.id]
    seen = stripe_client.v1.transfers.retrieve(made.id)
    assert (seen.amount_reversed, seen.reversed) == (3500, False)
    assert stripe_twin.balance("usd", name) == 0


@pytest.mark.parametrize("losses", ["application", "stripe"])
def test_a_refund_takes_back_into_debt_where_the_platform_stands_for_it(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient, losses: str
) -> None:
    """With the refund of a destination charge the account may owe afterwards, where the platform
    collects losses, and not where Stripe does."""
    how = {} if losses == "application" else {"dashboard": "full", "defaults": {}}
    name = onboarded(stripe_twin, stripe_client, **how)
    data = {"transfer_data": {"destination": name, "amount": 4000}}
    charge = paid(stripe_client, payment_method="pm_card_bypassPending", **data).latest_charge
    spent = {"amount": 3500, "currency": "usd"}
    stripe_client.v1.payouts.create(spent, {"stripe_account": name})
    back = {"charge": charge.id, "reverse_transfer": True}
    if losses == "application":
        stripe_client.v1.refunds.create(back)
        assert stripe_twin.balance("usd", name) == -3500
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create(back)
    assert refused.value.code == "balance_insufficient"


def test_a_destination_charge_goes_on_at_its_capture(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """What is captured goes to the receiver less the application fee, which is the platform's; a
    refund may take back both in proportion."""
    name = onboarded(stripe_twin, stripe_client)
    intent = held(stripe_client, transfer_data={"destination": name}, application_fee_amount=900)
    assert stripe_twin.balance("usd", name) == 0
    asked = {"amount_to_capture": 5000, "application_fee_amount": 750}
    stripe_client.v1.payment_intents.capture(intent.id, asked)
    assert stripe_twin.balance("usd", name) == 4250
    assert stripe_twin.balance("usd") == 750 - 175
    charge = stripe_client.v1.charges.retrieve(intent.latest_charge.id)
    back = {"charge": charge.id, "amount": 2500}
    stripe_client.v1.refunds.create(
        {**back, "reverse_transfer": True, "refund_application_fee": True}
    )
    assert stripe_twin.balance("usd", name) == 2125
    assert stripe_twin.balance("usd") == 375 - 175
    stripe_client.v1.refunds.create(back)
    assert stripe_twin.balance("usd", name) == 2125, "the platform pays unless it says otherwise"


def test_an_application_fee_needs_a_receiver(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A fee without a destination, above the amount, or beside a transfer's amount is refused."""
    name = onboarded(stripe_twin, stripe_client)
    asked = {**CARD, "amount": 1000}
    goes = {"destination": name}
    for wrong in (
        {"application_fee_amount": 100},
        {"application_fee_amount": 1001, "transfer_data": goes},
        {"application_fee_amount": 100, "transfer_data": {**goes, "amount": 900}},
    ):
        with pytest.raises(stripe.InvalidRequestError, match="application_fee_amount"):
            stripe_client.v1.payment_intents.create({**asked, **wrong})
    right = {"application_fee_amount": 600, "transfer_data": goes}
    made = stripe_client.v1.payment_intents.create({**asked, **right})
    with pytest.raises(stripe.InvalidRequestError, match="application_fee_amount"):
        stripe_client.v1.payment_intents.update(made.id, {"amount": 599})
    holds = held(stripe_client, 1000, **right)
    for less in ({}, {"transfer_data": {"amount": 500}}):
        with pytest.raises(stripe.InvalidRequestError, match="application_fee_amount"):
            stripe_client.v1.payment_intents.capture(holds.id, {"amount_to_capture": 599, **less})
    taken = stripe_client.v1.payment_intents.capture(holds.id, {"amount_to_capture": 600})
    assert (taken.application_fee_amount, stripe_twin.balance("usd", name)) == (600, 0)


def test_a_payout_that_reads_paid_comes_back(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A payout is at most what is available; it reads `paid` after two days, `failed` after four
    when the bank sends it back, and the money is on the balance again."""
    name = onboarded(stripe_twin, stripe_client)
    charge = paid(stripe_client, payment_method="pm_card_bypassPending").latest_charge
    sent = {"amount": 4000, "currency": "usd", "destination": name}
    stripe_client.v1.transfers.create({**sent, "source_transaction": charge.id})
    there = {"stripe_account": name}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payouts.create({"amount": 4001, "currency": "usd"}, there)
    assert refused.value.code == "balance_insufficient"
    made = stripe_client.v1.payouts.create({"amount": 4000, "currency": "usd"}, there)
    assert (made.status, stripe_twin.balance("usd", name)) == ("pending", 0)
    stripe_twin.clock.advance(timedelta(days=2))
    assert stripe_client.v1.payouts.retrieve(made.id, options=there).status == "paid"
    stripe_twin.bank_refuses_payouts(name)
    stripe_twin.clock.advance(timedelta(days=2))
    seen = stripe_client.v1.payouts.retrieve(made.id, options=there)
    assert (seen.status, seen.failure_code) == ("failed", "account_closed")
    assert stripe_twin.balance("usd", name) == 4000
    told = [(e["type"], e.get("account")) for e in stripe_twin.events()]
    assert ("payout.failed", name) in told
    own = stripe_client.v1.payouts.create({"amount": 500, "currency": "usd"})
    assert own.amount == 500


def test_no_more_is_paid_out_than_is_available(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """What was captured is paid out once it settled, and not a cent more."""
    paid(stripe_client)
    whole = {"amount": 5796, "currency": "usd"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payouts.create(whole)
    assert refused.value.code == "balance_insufficient"
    stripe_twin.clock.advance(timedelta(days=2))
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.payouts.create({**whole, "amount": 5797})
    assert stripe_client.v1.payouts.create(whole).amount == 5796


def test_one_account_sees_nothing_of_another(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """An account that is not the key's is refused; a payout of one account is no other's."""
    with pytest.raises(stripe.PermissionError) as refused:
        stripe_client.v1.balance.retrieve(options={"stripe_account": "acct_nobody"})
    assert refused.value.error.code == "account_invalid"
    first, second = (onboarded(stripe_twin, stripe_client) for _ in range(2))
    paid(stripe_client, payment_method="pm_card_bypassPending")
    sent = {"amount": 1000, "currency": "usd", "destination": first}
    stripe_client.v1.transfers.create(sent)
    out = {"amount": 1000, "currency": "usd"}
    made = stripe_client.v1.payouts.create(out, {"stripe_account": first})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.payouts.retrieve(made.id, options={"stripe_account": second})
    assert refused.value.code == "resource_missing"


def test_an_account_with_money_stays_open(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """An account is closed once its balance is nothing, and receives no more."""
    name = onboarded(stripe_twin, stripe_client)
    paid(stripe_client, payment_method="pm_card_bypassPending")
    sent = {"amount": 1000, "currency": "usd", "destination": name}
    stripe_client.v1.transfers.create(sent)
    close = {"applied_configurations": ["recipient"]}
    with pytest.raises(stripe.InvalidRequestError, match="non-zero balance"):
        stripe_client.v2.core.accounts.close(name, close)
    out = {"amount": 1000, "currency": "usd"}
    stripe_client.v1.payouts.create(out, {"stripe_account": name})
    assert stripe_client.v2.core.accounts.close(name, close).closed
    with pytest.raises(stripe.PermissionError):
        stripe_client.v1.balance.retrieve(options={"stripe_account": name})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.transfers.create(sent)
    assert refused.value.code == "insufficient_capabilities_for_transfer"
