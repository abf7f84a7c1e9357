"""`expand[]`: an object in the place of its id, along a path."""

from __future__ import annotations

from typing import Any

from .problems import StripeProblem
from .shelf import Body
from .world import World

DEEPEST = 4
FIELDS = frozenset(
    {
        "application_fee",
        "balance_transaction",
        "charge",
        "customer",
        "destination_payment_refund",
        "failure_balance_transaction",
        "latest_charge",
        "originating_transaction",
        "payment_intent",
        "payment_method",
        "source",
        "source_transaction",
        "source_refund",
        "transfer",
        "transfer_reversal",
    }
)
# Their payment method is always an id.
NEVER = {("charge", "payment_method")}


def expanded(world: World, body: Body, paths: list[str]) -> Body:
    """The answer with what was asked for in it."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            _cannot(path)
        _along(world, body, parts)
    found: Body = current(world, body)
    return found


def _along(world: World, body: Any, parts: list[str]) -> None:
    if isinstance(body, list):
        for each in body:
            _along(world, each, parts)
        return
    if not isinstance(body, dict):
        return
    name, *rest = parts
    if name == "refunds" and body.get("object") == "charge":
        body["refunds"] = _refunds(world, body["id"])
    elif name not in body or (body.get("object"), name) in NEVER:
        _cannot(name)
    inside = body[name]
    if isinstance(inside, str):
        if name not in FIELDS:
            _cannot(name)
        found = world.shelf.get(inside)
        if found is None:
            return
        body[name] = inside = found
    elif isinstance(inside, int):
        _cannot(name)
    if rest:
        _along(world, inside, rest)


def _cannot(name: str) -> None:
    raise StripeProblem(400, f"This property cannot be expanded ({name}).", kept=False)


def _refunds(world: World, charge: str) -> Body:
    found = [each for each in world.shelf.every("refund") if each["charge"] == charge][::-1]
    return {
        "object": "list",
        "data": found[:10],
        "has_more": len(found) > 10,
        "url": f"/v1/charges/{charge}/refunds",
    }


def current(world: World, body: Any) -> Any:
    """The same with every balance transaction's status as of now."""
    if isinstance(body, list):
        return [current(world, each) for each in body]
    if not isinstance(body, dict):
        return body
    found = {name: current(world, value) for name, value in body.items()}
    if found.get("object") == "balance_transaction":
        found["status"] = "available" if found["available_on"] <= world.now() else "pending"
    return found
