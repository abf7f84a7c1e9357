"""At the kerb: how long a driver waits, and how near he must be to say that he is there."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from marketplace import (
    After,
    Presence,
    Process,
    Reason,
    Request,
    SetupError,
    Transition,
    TransitionQuestion,
)
from marketplace.plugins.rides.rates import Rates

LEAVES = "no_show"
"""The row by which a driver leaves without the rider."""


def waits_as_the_fares_say(process: Process, rates: Rates) -> Process:
    """The process whose drivers may leave after what the fares say: the wait stands only there.

    With several fares it is the shortest wait, and each longer one is held by its own fare. Raises
    ``SetupError`` for a process that says another one, or whose clock ends the wait before.
    """
    waits = {tier: fare.no_show.after_s for tier, fare in rates.tiers.items()}
    guard = After(timedelta(seconds=min(waits.values())))
    rows = [_checked(row, guard, waits) for row in process.transitions]
    longest = timedelta(seconds=max(waits.values()))
    waiting = {state for row in rows if row.name == LEAVES for state in row.sources}
    for row in rows:
        ends_it = row.is_timer and waiting & set(row.sources)
        if ends_it and isinstance(row.when, After) and row.when.delay <= longest:
            raise SetupError(
                f"rides: a driver waits up to {longest.seconds} s by the fares, and {row.name!r} "
                f"of process {process.name!r} ends the wait {row.when}: let it come later"
            )
    return process if tuple(rows) == process.transitions else evolve(process, transitions=rows)


def _checked(row: Transition, guard: After, waits: dict[str, int]) -> Transition:
    if row.name != LEAVES or row.not_before == guard:
        return row
    if row.not_before is not None:
        told = ", ".join(f"{tier} {wait} s" for tier, wait in sorted(waits.items()))
        raise SetupError(
            f"rides: by the process a driver may leave {row.not_before}, by the fares after "
            f"NoShow.after_s ({told}): leave the wait out of the process, or let both agree"
        )
    return row.changed(not_before=guard)


def not_there(question: TransitionQuestion, within_m: int) -> Reason | None:
    """Why a driver cannot say that he is at the pick-up: too far away, or not seen at all."""
    transaction, work = question.transaction, question.work
    if transaction.request_id is None or transaction.listing_id is None:
        return None
    pickup = work.get(Request, transaction.request_id).place
    seen = work.find(Presence, listing_id=transaction.listing_id)
    if pickup is None:
        return None
    if seen is None or not seen.live_at(question.at):
        return Reason("arrive_unseen", {"limit": within_m})
    metres = seen.place.metres_to(pickup)
    if metres > within_m:
        return Reason("arrive_too_far", {"metres": metres, "limit": within_m})
    return None
