"""Money between the platform and a connected account: transfers and their reversals."""

from __future__ import annotations

from .cards import billing
from .lists import page
from .problems import StripeProblem, no_such, too_little
from .shelf import Body
from .world import PLATFORM, Ask, World, fee_line


def create(world: World, ask: Ask) -> Body:
    """Give money to a connected account: of a charge's, or of what is available."""
    amount, currency = ask.params.get("amount"), ask.params["currency"].lower()
    if amount is None:
        raise StripeProblem(
            400,
            "Missing required param: amount.",
            code="parameter_missing",
            param="amount",
            kept=False,
        )
    if amount < 1:
        too_little("amount", 1)
    _receiver(world, ask.params["destination"], "destination")
    named = ask.params.get("source_transaction")
    charge = None
    if named is not None:
        charge = world.find("charge", named, PLATFORM, "source_transaction", 400)
        available_on = _of_the_charge(world, charge, amount, currency)
    else:
        available_on = world.now()
        if amount > world.available(PLATFORM, currency):
            raise StripeProblem(
                400,
                "You have insufficient available funds in your Stripe account. Try adding funds "
                "directly to your available balance by creating Charges using the "
                "4000000000000077 test card.",
                code="balance_insufficient",
            )
    return sent(
        world,
        ask.params["destination"],
        amount,
        currency,
        available_on,
        charge=charge,
        group=ask.params.get("transfer_group"),
        description=ask.params.get("description"),
        metadata=ask.params.get("metadata", {}),
    )


def _receiver(world: World, name: str, param: str) -> None:
    """Refuse an account that is not there, or may not receive transfers now."""
    account = world.shelf.get(name)
    if account is None or account["object"] != "v2.core.account":
        no_such("destination", name, param, 400)
    if account["_capabilities"].get("stripe_transfers") != "active":
        raise StripeProblem(
            400,
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )


def _of_the_charge(world: World, charge: Body, amount: int, currency: str) -> int:
    """When the money of a transfer out of a charge is there; refuses more than the charge has."""
    if not charge["captured"]:
        raise StripeProblem(
            400,
            f"The source transaction {charge['id']} is not a captured, succeeded charge.",
            param="source_transaction",
        )
    if charge["currency"] != currency:
        raise StripeProblem(
            400,
            f"The currency of source_transaction's balance transaction ({charge['currency']}) must "
            f"be the same as the transfer currency ({currency})",
            param="currency",
        )
    used = sum(
        each["amount"] - each["amount_reversed"]
        for each in world.shelf.every("transfer", PLATFORM)
        if each["source_transaction"] == charge["id"]
    )
    if amount > charge["amount_captured"] - used:
        raise StripeProblem(
            400,
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{charge['amount_captured']} {currency} (there are "
            f"{charge['amount_captured'] - used} {currency} left)",
            param="amount",
        )
    moved = world.shelf.get(charge["balance_transaction"])
    assert moved is not None
    return max(world.now(), int(moved["available_on"]))


def sent(
    world: World,
    destination: str,
    amount: int,
    currency: str,
    available_on: int,
    *,
    charge: Body | None = None,
    group: str | None = None,
    description: str | None = None,
    metadata: Body | None = None,
    fee: int = 0,
) -> Body:
    """Book a transfer on both sides; ``fee`` is what the receiver gives back for the platform."""
    name, payment = world.new("tr"), world.new("py")
    if group is None and charge is not None:
        group = charge["transfer_group"] or f"group_{charge['id']}"
    moved = world.book(
        "transfer", name, -amount, currency, available_on=available_on, description=description
    )
    made: Body = {
        "id": name,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": moved["id"],
        "created": world.now(),
        "currency": currency,
        "description": description,
        "destination": destination,
        "destination_payment": payment,
        "livemode": False,
        "metadata": dict(metadata or {}),
        "reversals": _list_of(name, []),
        "reversed": False,
        "source_transaction": charge["id"] if charge else None,
        "source_type": "card",
        "transfer_group": group,
    }
    world.shelf.add(PLATFORM, made)
    lines = (fee_line(fee, currency, "application_fee", "Application fee"),) if fee else ()
    there = world.book(
        "payment",
        payment,
        amount,
        currency,
        account=destination,
        fees=lines,
        category="charge",
        available_on=available_on,
    )
    received = _received(world, payment, made, there, fee)
    world.shelf.add(destination, received)
    world.tell("transfer.created", made)
    world.tell("payment.created", received, destination)
    return made


def _received(world: World, name: str, transfer: Body, moved: Body, fee: int) -> Body:
    """What the receiver sees: a charge of the platform's account."""
    return {
        "id": name,
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": 0,
        "application_fee_amount": fee or None,
        "balance_transaction": moved["id"],
        "billing_details": billing(),
        "captured": True,
        "created": world.now(),
        "currency": transfer["currency"],
        "customer": None,
        "description": transfer["description"],
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "refunded": False,
        "source_transfer": transfer["id"],
        "status": "succeeded",
        "transfer_group": transfer["transfer_group"],
    }


def _list_of(transfer: str, data: list[Body]) -> Body:
    return {
        "object": "list",
        "data": data,
        "has_more": False,
        "url": f"/v1/transfers/{transfer}/reversals",
    }


def retrieve(world: World, ask: Ask) -> Body:
    """One transfer."""
    return world.find("transfer", ask.names["transfer"], ask.account, "id")


def reverse(world: World, ask: Ask) -> Body:
    """Take a transfer back, in part or in whole: no more than lies with whoever received it."""
    transfer = world.find("transfer", ask.names["transfer"], PLATFORM, "id")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = ask.params.get("amount", left)
    if left == 0:
        raise StripeProblem(400, f"Transfer {transfer['id']} is already fully reversed.")
    if amount < 1:
        too_little("amount", 1)
    if amount > left:
        raise StripeProblem(
            400,
            f"Reversal amount ({amount} {transfer['currency']}) is greater than unreversed amount "
            f"on transfer ({left} {transfer['currency']})",
            param="amount",
        )
    _covered(world, transfer, amount)
    return taken_back(world, transfer, amount, metadata=ask.params.get("metadata", {}))


def reversals(world: World, ask: Ask) -> Body:
    """What was taken back of one transfer, newest first."""
    transfer = world.find("transfer", ask.names["transfer"], PLATFORM, "id")
    found = transfer["reversals"]["data"]
    return page(f"/v1/transfers/{transfer['id']}/reversals", found, ask)


def _covered(world: World, transfer: Body, amount: int) -> None:
    """Refuse what the receiver's balance does not cover."""
    there = sum(world.balance(transfer["destination"]).get(transfer["currency"], (0, 0)))
    if amount > there:
        raise StripeProblem(
            400,
            "Insufficient funds: the connected account's balance does not cover this reversal.",
            code="balance_insufficient",
        )


def taken_back(
    world: World,
    transfer: Body,
    amount: int,
    *,
    refund: str | None = None,
    fee_back: int = 0,
    metadata: Body | None = None,
) -> Body:
    """Book a reversal on both sides; with a refund the receiver may owe for it afterwards.

    An account for whose losses Stripe itself stands may not: its balance has to cover it.
    """
    account = world.shelf.get(transfer["destination"])
    assert account is not None
    if account["_losses"] != "application":
        _covered(world, transfer, amount - fee_back)
    name, currency = world.new("trr"), transfer["currency"]
    settles = _settles(world, transfer)
    moved = world.book("transfer_refund", name, amount, currency, available_on=settles)
    made: Body = {
        "id": name,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": moved["id"],
        "created": world.now(),
        "currency": currency,
        "destination_payment_refund": world.new("pyr"),
        "metadata": dict(metadata or {}),
        "source_refund": refund,
        "transfer": transfer["id"],
    }
    world.shelf.add(PLATFORM, made)
    lines = (
        (fee_line(-fee_back, currency, "application_fee", "Application fee refund"),)
        if fee_back
        else ()
    )
    world.book(
        "payment_refund",
        made["destination_payment_refund"],
        -amount,
        currency,
        account=account["id"],
        fees=lines,
        category="refund",
        available_on=settles,
    )
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"] = _list_of(transfer["id"], [made, *transfer["reversals"]["data"]])
    world.shelf.put(transfer)
    world.tell("transfer.reversed", transfer)
    return made


def _settles(world: World, transfer: Body) -> int:
    moved = world.shelf.get(transfer["balance_transaction"])
    assert moved is not None
    return max(world.now(), int(moved["available_on"]))


def split_destination(world: World, charge: Body, settles: int) -> None:
    """A destination charge: what is captured goes on, and the platform's fee comes back."""
    data, fee = charge["transfer_data"], charge["application_fee_amount"] or 0
    amount = min(data.get("amount", charge["amount_captured"]), charge["amount_captured"])
    transfer = sent(
        world, data["destination"], amount, charge["currency"], settles, charge=charge, fee=fee
    )
    charge["transfer"] = transfer["id"]
    charge["transfer_group"] = transfer["transfer_group"]
    if not fee:
        return
    name = world.new("fee")
    moved = world.book("application_fee", name, fee, charge["currency"], available_on=settles)
    taken: Body = {
        "id": name,
        "object": "application_fee",
        "account": data["destination"],
        "amount": fee,
        "amount_refunded": 0,
        "application": "ca_twin",
        "balance_transaction": moved["id"],
        "charge": transfer["destination_payment"],
        "created": world.now(),
        "currency": charge["currency"],
        "fee_source": {"charge": charge["id"], "type": "charge"},
        "livemode": False,
        "originating_transaction": charge["id"],
        "refunded": False,
        "refunds": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/application_fees/{name}/refunds",
        },
    }
    world.shelf.add(PLATFORM, taken)
    charge["application_fee"] = name
    world.tell("application_fee.created", taken)


def check_destination(world: World, params: Body) -> None:
    """Refuse a destination charge that Stripe would: who receives, and which amounts go together.

    ``params`` are those of a payment intent.
    """
    data, fee = params.get("transfer_data"), params.get("application_fee_amount")
    if data is None:
        if fee is not None:
            raise StripeProblem(
                400,
                "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
                "direct payment (using an OAuth key or Stripe-Account header) or destination "
                "payment (using `transfer_data[destination]`).",
                param="application_fee_amount",
            )
        return
    _receiver(world, data["destination"], "transfer_data[destination]")
    if fee is not None and "amount" in data:
        raise StripeProblem(
            400,
            "You may not provide both application_fee_amount and transfer_data[amount].",
            param="transfer_data[amount]",
        )
    for name, part in (
        ("application_fee_amount", fee),
        ("transfer_data[amount]", data.get("amount")),
    ):
        if part is not None and not 0 <= part <= params["amount"]:
            raise StripeProblem(
                400,
                f"The {name} ({part}) must be at least 0 and cannot be greater than the amount "
                f"({params['amount']}).",
                param=name,
            )
