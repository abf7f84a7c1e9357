"""The tables of moderation: cases, what was reported, and what waits for a second person."""

from __future__ import annotations

from typing import Any

from marketplace.store.columns import flag, ident, json, maybe, moment, text, whole


# fmt: off
def moderation(t: Any) -> None:
    """Add them."""
    t._table(
        "moderation_case", ident("id"), text("subject_kind"), ident("subject_id"),
        ident("owner_id", "party"), moment("opened_at"), text("state"), whole("reports"),
        maybe(text("rule")), maybe(text("action")), text("reason"), text("decided_by"),
        maybe(moment("decided_at")), maybe(moment("appeal_by")), text("appeal"),
        text("judged_by"), text("verdict"), whole("strikes"), maybe(moment("strikes_end")),
        maybe(text("was")), whole("suspended"), whole("version"),
        index=["state", "owner_id"], unique=["subject_id where state = 'open'"],
    )
    t._table(
        "report", ident("id"), ident("case_id", "moderation_case"), maybe(ident("reporter_id")),
        text("rule"), text("text"), moment("created_at"), flag("answered"), json("details"),
        whole("version"),
        index=["case_id", "reporter_id where reporter_id is not null"],
        unique=["case_id reporter_id where reporter_id is not null"],
    )
    t._table(
        "approval", ident("id"), text("command"), json("body"), text("body_hash"),
        text("asked_by"), moment("asked_at"), moment("expires_at"), text("reason"),
        text("state"), text("answered_by"), maybe(moment("answered_at")), whole("version"),
        index=["state"],
    )
# fmt: on
