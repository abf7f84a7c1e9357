"""Payouts: an account's money to its bank, which may send it back days after it arrived."""

from __future__ import annotations

from .problems import StripeProblem, too_little
from .shelf import Body
from .world import PLATFORM, Ask, World

FAILS = "payouts fail "
_WORDS = {
    "account_closed": "The bank account has been closed.",
    "no_account": "An account with this number does not exist.",
    "debit_not_authorized": "Debit transactions are not approved on your bank account.",
    "insufficient_funds": "Your Stripe account has insufficient funds to cover the payout.",
}


def create(world: World, ask: Ask) -> Body:
    """Send what is available to the bank; never more."""
    amount, currency = ask.params["amount"], ask.params["currency"].lower()
    if amount < 1:
        too_little("amount", 1)
    if amount > world.available(ask.account, currency):
        raise StripeProblem(
            400,
            "You have insufficient funds in your Stripe account for this transfer. Your card "
            "balance is too low. You can use the /v1/balance endpoint to view your Stripe balance "
            "(for more details, see stripe.com/docs/api#balance).",
            code="balance_insufficient",
        )
    name, arrives = world.new("po"), world.after(world.rules.payout_takes)
    moved = world.book(
        "payout", name, -amount, currency, account=ask.account, description="STRIPE PAYOUT"
    )
    made: Body = {
        "id": name,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrives,
        "automatic": False,
        "balance_transaction": moved["id"],
        "created": world.now(),
        "currency": currency,
        "description": ask.params.get("description"),
        "destination": "ba_twin",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": dict(ask.params.get("metadata", {})),
        "method": ask.params.get("method", "standard"),
        "original_payout": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": ask.params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    world.shelf.add(ask.account, made)
    world.shelf.later(arrives, "payout arrives", name)
    world.shelf.later(world.after(world.rules.payout_fails_after), "payout fails", name)
    world.tell("payout.created", made, ask.account)
    return made


def retrieve(world: World, ask: Ask) -> Body:
    """One payout."""
    return world.find("payout", ask.names["payout"], ask.account, "payout")


def arrive(world: World, payout: Body) -> None:
    """The bank has it, as far as Stripe knows."""
    payout["status"] = "paid"
    world.shelf.put(payout)
    world.tell("payout.paid", payout, world.shelf.owner(payout["id"]))


def bank_refuses(world: World, account: str, code: str | None) -> None:
    """Have an account's bank send payouts back from now on, with this failure code; None ends it.

    Payouts that are on their way come back as well.
    """
    if code is not None and code not in _WORDS:
        raise ValueError(f"a payout fails with {', '.join(_WORDS)}, not {code!r}")
    world.shelf.set(FAILS + (account or PLATFORM), code or "")


def fail(world: World, payout: Body) -> None:
    """The bank sends it back, if it does: what read `paid` is `failed`, and the money is here."""
    account = world.shelf.owner(payout["id"])
    code = world.shelf.setting(FAILS + account, "")
    if not code or payout["status"] not in ("paid", "pending"):
        return
    moved = world.book(
        "payout_failure",
        payout["id"],
        payout["amount"],
        payout["currency"],
        account=account,
        category="payout_reversal",
        description="REFUND FOR FAILED PAYOUT",
    )
    previous = {"status": payout["status"]}
    payout["status"] = "failed"
    payout["failure_code"] = code
    payout["failure_message"] = _WORDS[code]
    payout["failure_balance_transaction"] = moved["id"]
    world.shelf.put(payout)
    world.tell("payout.failed", payout, account, previous)
