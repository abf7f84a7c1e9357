"""What banks do in the twin: they ask the customer, keep a card for later, and take money back."""

from datetime import timedelta

import pytest
import stripe

from marketplace.testing.stripe_twin import Rules, StripeTwin
from tests.support.stripe_judges import hold_to_stripe
from tests.support.twins import CARD, client_of, held, paid

BACK = {"return_url": "https://x.example/back"}


def test_the_bank_asks_the_customer(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A card that needs its customer waits with an address; after a yes the money is held, after a
    no another card is waited for."""
    asks = {"payment_method": "pm_card_authenticationRequired", **BACK}
    intent = held(stripe_client, **asks)
    assert intent.status == "requires_action"
    assert intent.next_action.redirect_to_url.return_url == BACK["return_url"]
    stripe_twin.authenticate(intent.id)
    retrieve = stripe_client.v1.payment_intents.retrieve
    assert retrieve(intent.id).status == "requires_capture"
    other = held(stripe_client, **asks)
    stripe_twin.authenticate(other.id, passes=False)
    seen = retrieve(other.id)
    assert seen.status == "requires_payment_method"
    assert seen.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_customer_who_is_away_is_not_asked(stripe_client: stripe.StripeClient) -> None:
    """Off session, a card that always asks is declined with `authentication_required`."""
    with pytest.raises(stripe.CardError) as refused:
        held(stripe_client, payment_method="pm_card_authenticationRequired", off_session=True)
    assert refused.value.code == "authentication_required"
    intent = refused.value.error.payment_intent
    assert intent.status == "requires_payment_method"


def test_a_card_is_kept_for_later(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A card that was set up, its customer asked once, is charged later without him."""
    customer = stripe_client.v1.customers.create({"metadata": {"party": "1"}})
    asked = {
        "allowed_payment_method_types": ["card"],
        "customer": customer.id,
        "payment_method": "pm_card_authenticationRequiredSetupForOffSession",
        "confirm": True,
        **BACK,
    }
    setup = stripe_client.v1.setup_intents.create(asked)
    assert setup.status == "requires_action"
    stripe_twin.authenticate(setup.id)
    kept = stripe_client.v1.setup_intents.retrieve(setup.id)
    assert kept.status == "succeeded"
    later = {"customer": customer.id, "payment_method": kept.payment_method, "off_session": True}
    assert paid(stripe_client, **later).status == "succeeded"
    seen = stripe_client.v1.payment_methods.retrieve(kept.payment_method)
    assert seen.customer == customer.id


def test_a_card_that_is_declined_is_not_kept(stripe_client: stripe.StripeClient) -> None:
    """A setup with a card that always declines answers 402; one that declines charges only is
    kept, and declines later."""
    customer = stripe_client.v1.customers.create()
    asked = {
        "allowed_payment_method_types": ["card"],
        "customer": customer.id,
        "confirm": True,
    }
    create = stripe_client.v1.setup_intents.create
    with pytest.raises(stripe.CardError) as refused:
        create({**asked, "payment_method": "pm_card_chargeDeclined"})
    setup = stripe_client.v1.setup_intents.retrieve(refused.value.error.setup_intent.id)
    assert setup.last_setup_error.decline_code == "generic_decline"
    kept = create({**asked, "payment_method": "pm_card_chargeCustomerFail"})
    later = {"customer": customer.id, "payment_method": kept.payment_method, "off_session": True}
    with pytest.raises(stripe.CardError):
        paid(stripe_client, **later)


def test_whose_card_it_is(stripe_client: stripe.StripeClient) -> None:
    """A card that was used for nobody is spent, a customer's is not used for another or nobody."""
    spent = held(stripe_client).payment_method
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        held(stripe_client, payment_method=spent)
    mine, yours = (stripe_client.v1.customers.create().id for _ in range(2))
    attach = stripe_client.v1.payment_methods.attach
    card = attach("pm_card_visa", {"customer": mine})
    assert paid(stripe_client, payment_method=card.id, customer=mine).status == "succeeded"
    assert paid(stripe_client, payment_method=card.id, customer=mine).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="does not belong to the Customer"):
        paid(stripe_client, payment_method=card.id, customer=yours)
    with pytest.raises(stripe.InvalidRequestError, match="Please include the Customer"):
        paid(stripe_client, payment_method=card.id)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        attach(card.id, {"customer": yours})
    with pytest.raises(stripe.CardError):
        attach("pm_card_chargeDeclined", {"customer": mine})


def test_a_card_paid_with_may_be_kept(stripe_client: stripe.StripeClient) -> None:
    """`setup_future_usage` makes the card its customer's, to be charged again without him."""
    customer = stripe_client.v1.customers.create().id
    first = paid(stripe_client, customer=customer, setup_future_usage="off_session")
    again = {"customer": customer, "payment_method": first.payment_method, "off_session": True}
    assert paid(stripe_client, **again).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="cannot set up future usages"):
        paid(stripe_client, **again, setup_future_usage="off_session")


def test_what_is_said_of_an_attempt_wants_one(stripe_client: stripe.StripeClient) -> None:
    """Who is away and where he comes back to is said of an attempt: without one it is refused."""
    create, intent = stripe_client.v1.payment_intents.create, {**CARD, "amount": 500}
    back = {"return_url": "https://shop.example"}
    for said in ({"off_session": True}, {"error_on_requires_action": True}, back):
        with pytest.raises(stripe.InvalidRequestError, match="confirm=true"):
            create({**intent, **said})
        with pytest.raises(stripe.InvalidRequestError, match="confirm=true"):
            create({**intent, **said, "confirm": False})
    with pytest.raises(stripe.InvalidRequestError, match="confirm=true"):
        stripe_client.v1.setup_intents.create(back)


def test_metadata_has_its_limits(stripe_client: stripe.StripeClient) -> None:
    """Fifty names of forty characters, each with a text of five hundred: more is refused, and
    nothing is cut off."""
    create, intent = stripe_client.v1.payment_intents.create, {**CARD, "amount": 500}
    most = {f"{n:02}{'k' * 38}": "v" * 500 for n in range(50)}
    assert create({**intent, "metadata": most}).metadata.to_dict() == most
    for more in ({**most, "k": "v"}, {"k" * 41: "v"}, {"k": "v" * 501}):
        with pytest.raises(stripe.InvalidRequestError, match="Metadata"):
            create({**intent, "metadata": more})


def test_what_an_intent_says_may_change(stripe_client: stripe.StripeClient) -> None:
    """Metadata changes at any time, an empty value takes a name away; an amount that is held does
    not change so."""
    intent = held(stripe_client, metadata={"order": "1", "waits": "yes"})
    update = stripe_client.v1.payment_intents.update
    seen = update(intent.id, {"metadata": {"waits": "", "more": "2"}})
    assert seen.metadata.to_dict() == {"order": "1", "more": "2"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        update(intent.id, {"amount": 7000})
    assert refused.value.code == "payment_intent_unexpected_state"
    later = stripe_client.v1.payment_intents.create({**CARD, "amount": 500})
    assert update(later.id, {"amount": 600}).amount == 600


def test_the_kinds_of_payment_method_are_allowed_not_set(
    stripe_client: stripe.StripeClient,
) -> None:
    """Since endive `payment_method_types` is refused by its own code, for payments and setups; an
    intent answers what may be used."""
    old = {"payment_method_types": ["card"]}
    for create, asked in (
        (stripe_client.v1.payment_intents.create, {"amount": 500, "currency": "usd"}),
        (stripe_client.v1.setup_intents.create, {}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            create({**asked, **old})
        assert refused.value.code == "payment_method_types_no_longer_supported"
    intent = stripe_client.v1.payment_intents.create({**CARD, "amount": 500})
    assert intent.payment_method_types == ["card"]
    both = {"automatic_payment_methods": {"enabled": True}}
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        stripe_client.v1.payment_intents.create({**CARD, "amount": 500, **both})


def test_a_dispute_takes_money_and_a_fee(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """A disputed charge is debited with its fee at once; won, the money comes back without the
    fee. A disputed charge is not refunded."""
    charge = paid(stripe_client, payment_method="pm_card_createDispute").latest_charge
    dispute = stripe_client.v1.disputes.list({"charge": charge.id}).data[0]
    assert (dispute.status, dispute.amount) == ("needs_response", 6000)
    assert stripe_twin.balance("usd") == -204 - 1500
    (moved,) = dispute.balance_transactions
    assert (moved.amount, moved.fee, moved.net) == (-6000, 1500, -7500)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}}
    seen = stripe_client.v1.disputes.update(dispute.id, evidence)
    assert seen.status == "under_review"
    assert stripe_client.v1.disputes.retrieve(dispute.id).status == "won"
    assert stripe_twin.balance("usd") == -204 - 1500 + 6000
    told = [e["type"] for e in stripe_twin.events() if "dispute" in e["type"]]
    assert told == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_a_dispute_is_lost_by_silence_by_consent_or_by_the_bank(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """Nobody answers in a week, the platform accepts it, or the bank decides: lost is lost."""
    silent, accepted, decided = (
        stripe_twin.dispute(paid(stripe_client).latest_charge.id, 1000) for _ in range(3)
    )
    stripe_client.v1.disputes.close(accepted)
    staged = {"evidence": {"uncategorized_text": "he was there"}, "submit": False}
    assert stripe_client.v1.disputes.update(decided, staged).status == "needs_response"
    stripe_client.v1.disputes.update(decided, {**staged, "submit": True})
    stripe_twin.decide(decided, won=False)
    stripe_twin.clock.advance(timedelta(days=7))
    states = [stripe_client.v1.disputes.retrieve(n).status for n in (silent, accepted, decided)]
    assert states == ["lost", "lost", "lost"]
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        stripe_client.v1.disputes.close(accepted)
    assert stripe_twin.balance("usd") == 3 * (5796 - 1000 - 1500)


def test_an_inquiry_takes_no_money(
    stripe_twin: StripeTwin, stripe_client: stripe.StripeClient
) -> None:
    """An inquiry warns; the charge may be refunded, and nothing is withdrawn."""
    charge = paid(stripe_client, payment_method="pm_card_createDisputeInquiry").latest_charge
    dispute = stripe_client.v1.disputes.list({"charge": charge.id}).data[0]
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    assert stripe_client.v1.refunds.create({"charge": charge.id}).status == "succeeded"
    stripe_twin.decide(dispute.id, won=True)
    assert stripe_client.v1.disputes.retrieve(dispute.id).status == "warning_closed"


def test_what_is_agreed_is_a_setting() -> None:
    """Fees, spans and what a won dispute gives back are rules of a twin's own."""
    rules = Rules(
        fee_basis_points=140,
        fee_fixed=25,
        dispute_fee=2000,
        dispute_fee_comes_back=True,
        hold_lives=timedelta(days=2),
    )
    with StripeTwin(rules=rules) as twin:
        client = client_of(twin)
        charge = paid(client).latest_charge
        assert charge.balance_transaction.fee == 84 + 25
        twin.decide(twin.dispute(charge.id), won=True)
        assert twin.balance("usd") == 6000 - 109
        card = held(client).latest_charge.payment_method_details.card
        assert card.capture_before - charge.created == 2 * 24 * 3600
        hold_to_stripe(twin)
