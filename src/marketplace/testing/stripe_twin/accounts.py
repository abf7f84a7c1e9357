"""Connected accounts and the links at which people open them: Stripe's v2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from .problems import StripeProblem
from .shelf import Body
from .world import PLATFORM, Ask, World

INCLUDABLE = ("configuration", "defaults", "future_requirements", "identity", "requirements")
CAPABILITIES = ("stripe_transfers", "payouts")
LINK_LIVES = timedelta(minutes=5)
# What an account's state says of why it is so.
_DETAILS = MappingProxyType(
    {
        "active": (),
        "pending": (("requirements_pending_verification", "no_resolution"),),
        "restricted": (("requirements_past_due", "provide_info"),),
        "unsupported": (("unsupported_country", "no_resolution"),),
    }
)


def instant(seconds: int) -> str:
    """As v2 writes time: `2026-11-27T08:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def create(world: World, ask: Ask) -> Body:
    """An account that may receive nothing until somebody says who it is."""
    params = ask.params
    duties = params.get("defaults", {}).get("responsibilities", {})
    express = params.get("dashboard") == "express"
    if express and {duties.get("losses_collector"), duties.get("fees_collector")} != {
        "application"
    }:
        raise StripeProblem(
            400,
            "An account with the express dashboard needs the application to collect both losses "
            "and fees.",
            code="account_controller_express_dash_without_application_losses_or_fees",
        )
    wanted = params.get("configuration", {})
    if wanted and "country" not in params.get("identity", {}):
        raise StripeProblem(
            400,
            "identity.country is required to apply a configuration.",
            code="identity_country_required",
        )
    asked = wanted.get("recipient", {}).get("capabilities", {}).get("stripe_balance", {})
    made: Body = {
        "id": world.new("acct"),
        "object": "v2.core.account",
        "_capabilities": {
            name: "restricted"
            for name in CAPABILITIES
            if asked.get(name, {}).get("requested") is True
        },
        "_losses": duties.get("losses_collector", "stripe"),
        "_payouts_fail": None,
        "applied_configurations": sorted(wanted),
        "closed": False,
        "contact_email": params.get("contact_email"),
        "contact_phone": params.get("contact_phone"),
        "created": instant(world.now()),
        "dashboard": params.get("dashboard"),
        "_defaults": {
            "currency": params.get("defaults", {}).get("currency"),
            "locales": None,
            "profile": None,
            "responsibilities": {
                "fees_collector": duties.get("fees_collector", "stripe"),
                "losses_collector": duties.get("losses_collector", "stripe"),
                "requirements_collector": "stripe",
            },
        },
        "display_name": params.get("display_name"),
        "_identity": dict(params.get("identity", {})),
        "livemode": False,
        "metadata": dict(params.get("metadata", {})),
    }
    world.shelf.add(PLATFORM, made)
    _told(world, "v2.core.account.created", made["id"])
    return _seen(made, params.get("include", []))


def retrieve(world: World, ask: Ask) -> Body:
    """One account, with the parts that the call includes; the others are null."""
    return _seen(_named(world, ask.names["id"]), ask.params.get("include", []))


def _named(world: World, name: str) -> Body:
    found = world.shelf.get(name, PLATFORM)
    if found is None or found["object"] != "v2.core.account":
        raise StripeProblem(404, f"Account not found: {name}", code="not_found")
    return found


def _seen(account: Body, include: list[str]) -> Body:
    for each in include:
        if each.partition(".")[0] not in INCLUDABLE:
            raise StripeProblem(400, f"{each} cannot be included", code="invalid_include")
    parts: Body = dict.fromkeys(INCLUDABLE)
    kinds = {each.partition(".")[2] for each in include if each.startswith("configuration.")}
    if kinds:
        parts["configuration"] = dict.fromkeys(("customer", "merchant", "recipient"))
        for kind in kinds & set(account["applied_configurations"]):
            parts["configuration"][kind] = {"applied": True}
        if parts["configuration"]["recipient"]:
            held = {name: _capability(s) for name, s in account["_capabilities"].items()}
            parts["configuration"]["recipient"]["capabilities"] = {
                "stripe_balance": {name: held.get(name) for name in CAPABILITIES}
            }
    if "defaults" in include:
        parts["defaults"] = account["_defaults"]
    if "identity" in include:
        parts["identity"] = account["_identity"]
    if "requirements" in include:
        parts["requirements"] = {"entries": _entries(account)}
    if "future_requirements" in include:
        parts["future_requirements"] = {"entries": []}
    return {**account, **parts}


def _capability(state: str) -> Body:
    details = [{"code": code, "resolution": then} for code, then in _DETAILS[state]]
    return {"status": state, "status_details": details}


def _entries(account: Body) -> list[Body]:
    """What Stripe still wants to know: one line while anything is restricted."""
    wanting = [n for n, state in account["_capabilities"].items() if state == "restricted"]
    if not wanting:
        return []
    hurt = [
        {
            "capability": f"stripe_balance.{name}",
            "configuration": "recipient",
            "deadline": {"status": "past_due"},
        }
        for name in wanting
    ]
    return [
        {
            "awaiting_action_from": "user",
            "description": "identity.individual.given_name",
            "errors": [],
            "impact": {"restricts_capabilities": hurt},
            "minimum_deadline": {"status": "past_due"},
            "requested_reasons": [{"code": "routine_onboarding"}],
        }
    ]


def close(world: World, ask: Ask) -> Body:
    """Close an account for good; one that still has money, or owes it, stays open."""
    account = _named(world, ask.names["id"])
    if any(sum(parts) for parts in world.balance(account["id"]).values()):
        raise StripeProblem(
            400, "This account has a non-zero balance.", code="cannot_delete_account_with_balance"
        )
    account["closed"] = True
    account["applied_configurations"] = []
    account["_capabilities"] = {}
    world.shelf.put(account)
    _told(world, "v2.core.account.closed", account["id"])
    return _seen(account, [])


def link(world: World, ask: Ask) -> Body:
    """An address at which a person says who the account is; a visit to the twin's does it."""
    account = _named(world, ask.params["account"])
    use = dict(ask.params["use_case"])
    kind = use["type"]
    if kind not in use or "refresh_url" not in use[kind]:
        raise StripeProblem(
            400, f"use_case.{kind}.refresh_url is required.", code="parameter_missing", kept=False
        )
    name = world.new("link")
    made: Body = {
        "account": account["id"],
        "created": instant(world.now()),
        "expires_at": instant(world.after(LINK_LIVES)),
        "livemode": False,
        "object": "v2.core.account_link",
        "url": f"{world.url}/onboarding/{name}",
        "use_case": use,
    }
    kept = {"expires": world.after(LINK_LIVES), "use": use[kind], "spent": False}
    world.shelf.add(PLATFORM, {"id": name, "object": "twin.link", "account": account["id"], **kept})
    return made


def visited(world: World, name: str) -> str | None:
    """Somebody opened an account's link: onboarded, or sent to get a new one."""
    kept = world.shelf.get(name)
    if kept is None or kept["object"] != "twin.link":
        return None
    if kept["spent"] or world.now() >= kept["expires"]:
        return str(kept["use"]["refresh_url"])
    world.shelf.put({**kept, "spent": True})
    set_capabilities(world, kept["account"], "active")
    back: str | None = kept["use"].get("return_url")
    return back


def set_capabilities(world: World, name: str, state: str) -> None:
    """Have every capability that was asked for stand so, and tell it."""
    account = _named(world, name)
    if state not in _DETAILS:
        raise ValueError(f"a capability is {', '.join(_DETAILS)}, not {state!r}")
    account["_capabilities"] = dict.fromkeys(account["_capabilities"], state)
    world.shelf.put(account)
    for capability in account["_capabilities"]:
        _told(
            world,
            "v2.core.account[configuration.recipient].capability_status_updated",
            name,
            {"updated_capability": f"stripe_balance.{capability}"},
        )
    _told(world, "v2.core.account[requirements].updated", name)


def _told(world: World, kind: str, account: str, data: Mapping[str, Any] | None = None) -> None:
    """Write down a thin event: it names the account and says nothing of it."""
    asking = world.asking
    event: Body = {
        "id": world.new("evt"),
        "object": "v2.core.event",
        "context": None,
        "created": instant(world.now()),
        "livemode": False,
        "related_object": {
            "id": account,
            "type": "v2.core.account",
            "url": f"/v2/core/accounts/{account}",
        },
        "type": kind,
    }
    if data is not None:
        event["data"] = dict(data)
    if asking is not None and asking.key is not None:
        request = {"id": asking.request, "idempotency_key": asking.key}
        event["reason"] = {"type": "request", "request": request}
    world.shelf.add(PLATFORM, event)


def event(world: World, ask: Ask) -> Body:
    """One thin event."""
    found = world.shelf.get(ask.names["id"], PLATFORM)
    if found is None or found["object"] != "v2.core.event":
        raise StripeProblem(404, f"Event not found: {ask.names['id']}", code="not_found")
    return found
