"""What plugins bring, looked at when a marketplace opens."""

from __future__ import annotations

from marketplace.domain.vertical import Vertical
from marketplace.errors import SetupError

NO_SEAT = frozenset(
    {"customer", "provider", "operator", "clock", "payment provider", "tax", "dues"}
)
"""Roles that nobody is seated in by hand: the deal itself fills two, and the rest are no seats."""


def check_seats(plugin: str, vertical: Vertical) -> None:
    """Raise ``SetupError`` for a role that cannot be seated, or that is named twice."""
    roles = [one.role for one in vertical.seats]
    for role in roles:
        if not isinstance(role, str) or not role.strip() or role in NO_SEAT:
            raise SetupError(
                f"plugin {plugin!r}: vertical {vertical.name!r} seats roles beyond "
                f"{', '.join(sorted(NO_SEAT))}, not {role!r}"
            )
        if roles.count(role) > 1:
            raise SetupError(
                f"plugin {plugin!r}: vertical {vertical.name!r} names {role!r} once among its seats"
            )
