"""Every call the twin answers: method, path, who carries it out, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from . import (
    accounts,
    balances,
    charges,
    connecting,
    customers,
    disputes,
    holds,
    intents,
    payouts,
    refunds,
    setups,
)
from .lists import PAGING, listing
from .problems import StripeProblem
from .world import Handler

# Of these the latter is refused by name, for it was taken until 2026-09-30.endive.
_TYPES = {"allowed_payment_method_types": "list", "payment_method_types": "list"}
_CARD_OPTIONS = {
    "payment_method_options.card.request_incremental_authorization": "if_available|never",
    "payment_method_options.card.request_extended_authorization": "if_available|never",
    "payment_method_options.card.request_three_d_secure": "any|automatic|challenge",
}
_INTENT = {
    "amount": "int!",
    "currency": "str!",
    "application_fee_amount": "int",
    "automatic_payment_methods.enabled": "bool",
    "automatic_payment_methods.allow_redirects": "always|never",
    "capture_method": "automatic|automatic_async|manual",
    "confirm": "bool",
    "confirmation_method": "automatic|manual",
    "customer": "str",
    "description": "str",
    "error_on_requires_action": "bool",
    "metadata.*": "str",
    "off_session": "true|false|one_off|recurring",
    "on_behalf_of": "str",
    "payment_method": "str",
    **_TYPES,
    "receipt_email": "str",
    "return_url": "str",
    "setup_future_usage": "off_session|on_session",
    "statement_descriptor": "str",
    "statement_descriptor_suffix": "str",
    "transfer_data.amount": "int",
    "transfer_data.destination": "str",
    "transfer_group": "str",
    **_CARD_OPTIONS,
}
_CONFIRM = {
    **_TYPES,
    "error_on_requires_action": "bool",
    "off_session": "true|false|one_off|recurring",
    "payment_method": "str",
    "return_url": "str",
    "setup_future_usage": "off_session|on_session",
}
_SETUP = {
    "automatic_payment_methods.enabled": "bool",
    "automatic_payment_methods.allow_redirects": "always|never",
    "confirm": "bool",
    "customer": "str",
    "description": "str",
    "metadata.*": "str",
    "payment_method": "str",
    **_TYPES,
    "return_url": "str",
    "usage": "off_session|on_session",
}
_ACCOUNT = {
    "configuration.customer.**": "str",
    "configuration.merchant.**": "str",
    "configuration.recipient.**": "str",
    "configuration.recipient.capabilities.stripe_balance.stripe_transfers.requested": "bool",
    "configuration.recipient.capabilities.stripe_balance.payouts.requested": "bool",
    "contact_email": "str",
    "contact_phone": "str",
    "dashboard": "express|full|none",
    "defaults.currency": "str",
    "defaults.locales": "list",
    "defaults.profile.*": "str",
    "defaults.responsibilities.fees_collector": "application|stripe",
    "defaults.responsibilities.losses_collector": "application|stripe",
    "display_name": "str",
    "identity.**": "str",
    "identity.country": "str",
    "include": "list",
    "metadata.*": "str",
}
_LINK = {
    "account": "str!",
    "use_case.type": "account_onboarding|account_update!",
    "use_case.account_onboarding.collection_options.*": "str",
    "use_case.account_onboarding.refresh_url": "str",
    "use_case.account_onboarding.return_url": "str",
    "use_case.account_update.collection_options.*": "str",
    "use_case.account_update.refresh_url": "str",
    "use_case.account_update.return_url": "str",
}
_EVIDENCE = {f"evidence.{name}": "str" for name in disputes.EVIDENCE}
# Of these alone Stripe's list of reversals has no filter by time.
_PAGING_OF_REVERSALS = {name: kind for name, kind in PAGING.items() if "created" not in name}
_REASON = "duplicate|fraudulent|requested_by_customer"


@frozen
class Route:
    """A call: ``takes`` as `forms.checked` reads it; ``connected`` where `Stripe-Account` may be.

    ``path`` names what it is about in braces: ``/v1/refunds/{refund}``.
    """

    method: str
    path: str
    carry_out: Handler
    takes: Mapping[str, str] = field(factory=dict)
    connected: bool = False

    def names(self, path: str) -> dict[str, str] | None:
        """What a path that is this route's names; None for another's."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()


def _page(kind: str, path: str, *filters: str, connected: bool = False, **more: str) -> Route:
    takes = {**PAGING, **dict.fromkeys(filters, "str"), **more}
    return Route("GET", path, listing(kind, path, *filters), takes, connected)


ROUTES = (
    Route("POST", "/v1/payment_intents", intents.create, _INTENT),
    _page("payment_intent", "/v1/payment_intents", "customer"),
    Route("GET", "/v1/payment_intents/{intent}", intents.named, {"client_secret": "str"}),
    Route(
        "POST",
        "/v1/payment_intents/{intent}",
        intents.update,
        {
            "amount": "int",
            "description": "str",
            "metadata.*": "str",
            "payment_method": "str",
            "receipt_email": "str",
            "transfer_group": "str",
            **_TYPES,
        },
    ),
    Route("POST", "/v1/payment_intents/{intent}/confirm", intents.confirm, _CONFIRM),
    Route(
        "POST",
        "/v1/payment_intents/{intent}/capture",
        holds.capture,
        {
            "amount_to_capture": "int",
            "application_fee_amount": "int",
            "metadata.*": "str",
            "transfer_data.amount": "int",
        },
    ),
    Route(
        "POST",
        "/v1/payment_intents/{intent}/cancel",
        holds.cancel,
        {"cancellation_reason": f"abandoned|{_REASON}"},
    ),
    Route(
        "POST",
        "/v1/payment_intents/{intent}/increment_authorization",
        holds.increment,
        {"amount": "int!", "application_fee_amount": "int", "metadata.*": "str"},
    ),
    Route("POST", "/v1/setup_intents", setups.create, _SETUP),
    _page("setup_intent", "/v1/setup_intents", "customer", "payment_method"),
    Route("GET", "/v1/setup_intents/{intent}", setups.named, {"client_secret": "str"}),
    Route(
        "POST",
        "/v1/setup_intents/{intent}/confirm",
        setups.confirm,
        {"payment_method": "str", "return_url": "str", **_TYPES},
    ),
    Route(
        "POST",
        "/v1/setup_intents/{intent}/cancel",
        setups.cancel,
        {"cancellation_reason": "abandoned|duplicate|requested_by_customer"},
    ),
    Route("GET", "/v1/charges/{charge}", charges.retrieve, connected=True),
    Route("GET", "/v1/application_fees/{fee}", charges.fee),
    _page("charge", "/v1/charges", "customer", "payment_intent", "transfer_group"),
    Route(
        "POST",
        "/v1/refunds",
        refunds.create,
        {
            "amount": "int",
            "charge": "str",
            "metadata.*": "str",
            "payment_intent": "str",
            "reason": _REASON,
            "refund_application_fee": "bool",
            "reverse_transfer": "bool",
        },
    ),
    Route("GET", "/v1/refunds/{refund}", refunds.retrieve),
    _page("refund", "/v1/refunds", "charge", "payment_intent"),
    Route(
        "POST",
        "/v1/customers",
        customers.create,
        {
            "description": "str",
            "email": "str",
            "metadata.*": "str",
            "name": "str",
            "payment_method": "str",
            "phone": "str",
        },
        connected=True,
    ),
    Route("GET", "/v1/customers/{customer}", customers.retrieve, connected=True),
    Route("GET", "/v1/payment_methods/{payment_method}", customers.payment_method, connected=True),
    Route(
        "POST",
        "/v1/payment_methods/{payment_method}/attach",
        customers.attach,
        {"customer": "str!"},
        connected=True,
    ),
    Route(
        "POST",
        "/v1/transfers",
        connecting.create,
        {
            "amount": "int!",
            "currency": "str!",
            "description": "str",
            "destination": "str!",
            "metadata.*": "str",
            "source_transaction": "str",
            "transfer_group": "str",
        },
    ),
    Route("GET", "/v1/transfers/{transfer}", connecting.retrieve),
    _page("transfer", "/v1/transfers", "destination", "transfer_group"),
    Route(
        "POST",
        "/v1/transfers/{transfer}/reversals",
        connecting.reverse,
        {"amount": "int", "description": "str", "metadata.*": "str"},
    ),
    Route("GET", "/v1/transfers/{transfer}/reversals", connecting.reversals, _PAGING_OF_REVERSALS),
    Route(
        "POST",
        "/v1/payouts",
        payouts.create,
        {
            "amount": "int!",
            "currency": "str!",
            "description": "str",
            "metadata.*": "str",
            "method": "instant|standard",
            "statement_descriptor": "str",
        },
        connected=True,
    ),
    Route("GET", "/v1/payouts/{payout}", payouts.retrieve, connected=True),
    _page("payout", "/v1/payouts", "status", connected=True),
    Route("GET", "/v1/disputes/{dispute}", disputes.retrieve),
    Route(
        "POST",
        "/v1/disputes/{dispute}",
        disputes.update,
        {"metadata.*": "str", "submit": "bool", **_EVIDENCE},
    ),
    Route("POST", "/v1/disputes/{dispute}/close", disputes.close),
    _page("dispute", "/v1/disputes", "charge", "payment_intent"),
    Route("GET", "/v1/events/{id}", balances.event, connected=True),
    _page("event", "/v1/events", "type", connected=True, types="list"),
    Route("POST", "/v2/core/accounts", accounts.create, _ACCOUNT),
    Route("GET", "/v2/core/accounts/{id}", accounts.retrieve, {"include": "list"}),
    Route(
        "POST",
        "/v2/core/accounts/{id}/close",
        accounts.close,
        {"applied_configurations": "list"},
    ),
    Route("POST", "/v2/core/account_links", accounts.link, _LINK),
    Route("GET", "/v2/core/events/{id}", accounts.event),
    Route("GET", "/v1/balance", balances.balance, connected=True),
    _page(
        "balance_transaction",
        "/v1/balance_transactions",
        "currency",
        "source",
        "type",
        connected=True,
    ),
    Route("GET", "/v1/balance_transactions/{id}", balances.transaction, connected=True),
)


def routed(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a call, and what its path names."""
    for route in ROUTES:
        if route.method == method:
            names = route.names(path)
            if names is not None:
                return route, names
    raise StripeProblem(
        404,
        f"Unrecognized request URL ({method}: {path}). The twin answers what is listed in "
        "marketplace.testing.stripe_twin.routes.",
        kept=False,
    )
