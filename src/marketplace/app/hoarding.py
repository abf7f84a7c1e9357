"""How much a customer may keep from others by claims that are not firm yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace.app.door import Act
from marketplace.domain.reservation import Reservation
from marketplace.domain.span import Span
from marketplace.errors import LimitExceeded


def refuse_too_many(act: Act, whose: str | None, wishes: Sequence[Reservation]) -> None:
    """One customer keeps only so much from others before anything is firm.

    Who reserves by his own act is refused; what others do for him (a provider who accepts) is
    bounded by his open requests.
    """
    customer = act.actor.party_id
    if customer is None or customer != whose:
        return
    limits, held = act.context.limits, holds_of(act, customer)
    first = wishes[0]
    beside = [] if first.start is None else [one for one in held if _share_an_instant(one, first)]
    for code, count, most, said in (
        ("too_many_holds", len({one.cause_id for one in held}), limits.open_holds, "at once"),
        (
            "overlapping_holds",
            len({one.cause_id for one in beside}),
            limits.overlapping_holds,
            "for the same time",
        ),
    ):
        if count >= most:
            raise LimitExceeded(
                f"a party may have {most} reservations {said} that are not yet firm; "
                "confirm or cancel one first",
                code=code,
                params={"limit": most, "reserved": count},
            )
    held += wishes


def holds_of(act: Act, customer: str) -> list[Reservation]:
    """What a customer's deals have reserved and is not firm: counted once in a command.

    Whoever opens several deals counts before any of them is written.
    """
    if customer not in act.holds:
        act.holds[customer] = act.work.claims.reserved_for(customer, act.at)()
    return act.holds[customer]


def holds_soon(act: Act) -> Callable[[], None]:
    """Count for the acting customer with the next question; what is given has it counted, unless it
    is by now."""
    customer = act.actor.party_id
    if customer is None:
        return lambda: None
    reserved = act.work.claims.reserved_for(customer, act.at)

    def count() -> None:
        if customer not in act.holds:
            act.holds[customer] = reserved()

    return count


def _share_an_instant(one: Reservation, other: Reservation) -> bool:
    """Whether two claims with spans overlap; stock is of no time."""
    if one.start is None or other.start is None:
        return False
    return Span(one.start, one.end).overlaps(Span(other.start, other.end))
