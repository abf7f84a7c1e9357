"""Disputes: a customer's bank takes money back, hears both sides, and decides."""

from __future__ import annotations

from .cards import card_of
from .problems import StripeProblem
from .shelf import Body
from .world import PLATFORM, Ask, World, fee_line

EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
WINNING, LOSING = "winning_evidence", "losing_evidence"
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


def by_the_card(world: World, charge: Body) -> None:
    """Open the dispute that a test card always comes to."""
    method = world.shelf.get(charge["payment_method"])
    assert method is not None
    card = card_of(method)
    open_dispute(world, charge, charge["amount_captured"], str(card.disputed), inquiry=card.inquiry)


def open_dispute(world: World, charge: Body, amount: int, reason: str, *, inquiry: bool) -> Body:
    """The bank takes so much back and Stripe its fee; an inquiry takes nothing yet."""
    if not charge["captured"] or not 0 < amount <= charge["amount_captured"]:
        raise ValueError(f"of charge {charge['id']}, 1 to {charge['amount_captured']} is disputed")
    due = world.after(world.rules.dispute_answer_due)
    made: Body = {
        "id": world.new("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    world.shelf.add(PLATFORM, made)
    charge["disputed"] = True
    world.shelf.put(charge)
    if not inquiry:
        _withdraw(world, made)
    world.shelf.later(due, "dispute falls due", made["id"])
    world.tell("charge.dispute.created", made)
    if not inquiry:
        world.tell("charge.dispute.funds_withdrawn", made)
    return made


def _withdraw(world: World, dispute: Body) -> None:
    currency, fee = dispute["currency"], world.rules.dispute_fee
    moved = world.book(
        "adjustment",
        dispute["id"],
        -dispute["amount"],
        currency,
        fees=(fee_line(fee, currency, "stripe_fee", "Dispute fee"),),
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(moved)
    world.shelf.put(dispute)


def retrieve(world: World, ask: Ask) -> Body:
    """One dispute."""
    return world.find("dispute", ask.names["dispute"], PLATFORM, "dispute")


def update(world: World, ask: Ask) -> Body:
    """Add evidence, and hand it to the bank unless the call says to keep it here for now."""
    dispute = retrieve(world, ask)
    dispute["metadata"].update(ask.params.get("metadata", {}))
    given = ask.params.get("evidence", {})
    if given and dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise StripeProblem(
            400,
            f"The dispute {dispute['id']} is {dispute['status']}: evidence is not taken any more.",
            param="evidence",
        )
    dispute["evidence"].update({name: value or None for name, value in given.items()})
    details = dispute["evidence_details"]
    details["has_evidence"] = any(dispute["evidence"][name] for name in EVIDENCE)
    if given and ask.params.get("submit", True):
        details["submission_count"] += 1
        warned = dispute["status"].startswith("warning")
        dispute["status"] = "warning_under_review" if warned else "under_review"
        world.shelf.later(world.now(), "dispute is read", dispute["id"])
    world.shelf.put(dispute)
    world.tell("charge.dispute.updated", dispute)
    return dispute


def close(world: World, ask: Ask) -> Body:
    """Accept it: the money stays with the customer."""
    dispute = retrieve(world, ask)
    if dispute["status"] not in ("needs_response", "under_review"):
        raise StripeProblem(400, f"This dispute is already closed: it is {dispute['status']}.")
    decide(world, dispute, won=False)
    return dispute


def read(world: World, dispute: Body) -> None:
    """The bank of the test decides by Stripe's magic words; any other waits for a decision."""
    words = dispute["evidence"]["uncategorized_text"]
    if words in (WINNING, LOSING):
        decide(world, dispute, won=words == WINNING)


def fall_due(world: World, dispute: Body) -> None:
    """Nobody answered in time."""
    if dispute["status"] in ("needs_response", "warning_needs_response"):
        dispute["evidence_details"]["past_due"] = True
        decide(world, dispute, won=False)


def decide(world: World, dispute: Body, *, won: bool) -> None:
    """The bank's last word; the money comes back when it is for the platform."""
    if dispute["status"] not in OPEN:
        raise ValueError(f"dispute {dispute['id']} is over: it is {dispute['status']}")
    inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    if won and not inquiry:
        fee = -world.rules.dispute_fee if world.rules.dispute_fee_comes_back else 0
        currency = dispute["currency"]
        moved = world.book(
            "adjustment",
            dispute["id"],
            dispute["amount"],
            currency,
            fees=(fee_line(fee, currency, "stripe_fee", "Dispute fee refund"),) if fee else (),
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(moved)
        dispute["is_charge_refundable"] = True
    world.shelf.put(dispute)
    world.tell("charge.dispute.closed", dispute)
    if won and not inquiry:
        world.tell("charge.dispute.funds_reinstated", dispute)
