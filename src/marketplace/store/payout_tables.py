"""The tables of whom is paid out where, and on what terms."""

from __future__ import annotations

from typing import Any

from marketplace.store.columns import ident, json, length, maybe, moment, text, whole


# fmt: off
def payouts(t: Any) -> None:
    """Add them."""
    t._table(
        "payout_account", ident("id"), ident("party_id", "party"), text("currency"),
        text("provider"), text("reference"), text("state"), moment("created_at"),
        maybe(moment("verified_at")), whole("version"),
        unique=["party_id currency where state in ('submitted', 'verified')"],
        index=["party_id", "reference"],
    )
    t._table(
        "payout_terms", ident("party_id", "party"), maybe(length("every")),
        maybe(json("minimums")), maybe(whole("reserve_bp")), maybe(length("reserve_for")),
        key=["party_id"],
    )
# fmt: on
