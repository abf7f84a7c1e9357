"""What a proof says: the promises of a process, the faults found, and how far it walked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from marketplace.domain.freezing import frozen
from marketplace.domain.party import Role
from marketplace.domain.transition import Purse, Transition, spell
from marketplace.errors import ProcessError

PROMISES = {
    # What can be read off the rows.
    "duplicate_row": "no two rows of one name leave the same state",
    "nobody": "somebody takes every row",
    "start_is_final": "a transaction does not begin at its end",
    "final_unknown": "every final state is named by a row",
    "no_way_out": "every state that is not final has a way out",
    "way_out_of_final": "final states have no way out; what comes after is a follow-up",
    "no_time": "the clock is told when",
    "time_without_clock": "only the clock waits for a time; others are told not_before",
    "negative_time": "no row is due before its state is entered",
    "unknown_moment": "every moment is declared",
    "same_time": "the clock never has to choose",
    "shadowed": "no clock row hides another",
    "never_in_time": "nobody waits for a moment that comes after the clock has acted",
    "no_event": "a row of the payment provider says what happened, and nobody else's does",
    "unknown_purse": "every purse is declared, once",
    "unknown_seat": "no seat is emptied that no row fills",
    "unknown_resource": "no resource is freed that no row reserves",
    "unknown_row": "dispatch takes rows that are the operator's",
    "duplicate_ask": "a form asks every question once, and a choice has choices",
    "agreed_alone": "what needs both sides is between parties, and fills nobody's seat",
    "link_not_last": "what a row opens comes when nothing in it can be refused any more",
    "origin_waits": "the origin waits for no time, and is asked only what it was told itself",
    "unknown_link": "a deal opens, and takes rows of, what is there and lets it",
    "never_opened": "no row is taken of a deal that cannot have been opened by then",
    "link_circle": "no deal opens itself, and no row takes itself, by whatever way round",
    "unknown_state": "what is said of a state is said of one that the rows know",
    "no_failed": "a row whose effect may be refused says where that leads",
    "no_needs_customer": "a row that may need the customer says where that leads",
    "cannot_fail": "no row says where a refusal leads that never comes",
    "method_cannot": "the payment method can do what the process does",
    # What is found by walking every configuration.
    "unreached": "every state is reached",
    "nothing_held": "nothing is captured or raised that is not held",
    "held_twice": "nothing is held twice",
    "charged_over_hold": "nothing is charged over a hold",
    "paid_twice": "nothing is taken twice",
    "nothing_captured": "nothing is settled, refunded or added to before it is captured",
    "nothing_settled": "nothing is reversed that is not settled",
    "void_after_capture": "what is captured is refunded, not voided",
    "transfer_over_hold": "lines do not move between roles while the customer's money is held",
    "not_reserved": "nothing is moved that is not reserved",
    "cannot_refuse": "capacity is claimed where somebody can be told that it is sold out",
    "seat_taken": "nobody is seated where somebody sits",
    "empty_seat": "every row can be taken by somebody who sits in the transaction",
    "held_in_final": "no money is held, and none left unsettled, in a final state",
    "failed_into_final": "a refusal does not end the deal with money still held",
    "reserved_in_final": "no capacity is reserved in a final state",
    "unpaid": "no way leads round the payment",
    "never_ends": "from everywhere an end can be reached",
    "unbounded": "what is held or reserved is bounded by the clock",
    "endless": "the clock alone brings what is held to rest",
    "frozen": "nobody's absence freezes a deal in which something is held",
    "customer_needed": "whoever must act for the bank can, and only for a time",
    "hold_dies": "nothing is captured from a hold that may have died",
    "hold_cannot_die": "a dead hold is only awaited where one may be",
    "too_large": "a process is small enough to be walked whole",
}
"""Every promise that a process keeps, by the code of the fault that breaks it."""


class Table(Protocol):
    """The rows of a process, as the prover reads them."""

    @property
    def name(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def final(self) -> frozenset[str]: ...
    @property
    def transitions(self) -> tuple[Transition, ...]: ...
    @property
    def purses(self) -> tuple[Purse, ...]: ...
    @property
    def admits(self) -> tuple[str, ...] | None: ...
    @property
    def moments(self) -> tuple[str, ...]: ...
    @property
    def review_after(self) -> tuple[str, ...]: ...
    @property
    def paid(self) -> tuple[str, ...]: ...
    @property
    def offer_rows(self) -> tuple[str, str] | None: ...
    @property
    def states(self) -> tuple[str, ...]: ...
    @property
    def roles(self) -> tuple[Role, ...]: ...
    def rows_from(self, state: str) -> Sequence[Transition]: ...


@frozen
class Fault:
    """A promise that a process breaks."""

    code: str
    """A key of ``PROMISES``."""
    sentence: str
    """What is wrong, with names, and where it helps the shortest way there."""
    where: str
    """The row or the state that is to be mended."""

    @property
    def promise(self) -> str:
        """The promise in general words."""
        return PROMISES[self.code]

    def __str__(self) -> str:
        return self.sentence


@frozen
class Proof:
    """What was proved of a process for a payment method, or what is broken."""

    process: str
    method: str
    configurations: int
    """How many (state, money, capacity, seats, waiting for an answer) were walked."""
    states: int
    rows: int
    faults: tuple[Fault, ...] = ()
    holds: bool = False
    """Whether money is ever held."""
    longest_hold: timedelta | None = None
    """The oldest that a hold can get; None if nothing is held, or nothing bounds it."""

    @property
    def holds_good(self) -> bool:
        """Whether every promise is kept."""
        return not self.faults

    def or_raise(self) -> None:
        """Raise ``ProcessError`` with every sentence if any promise is broken."""
        if self.faults:
            raise ProcessError(str(self), faults=self.faults)

    def __str__(self) -> str:
        if self.faults:
            lines = "".join(f"\n  - {fault.sentence}" for fault in self.faults)
            return f"process {self.process!r} breaks its promises for {self.method}:{lines}"
        walked = f"{self.configurations} configurations, {self.states} states, {self.rows} rows"
        said = f"{self.process} is proved for {self.method}: {walked}"
        if self.longest_hold is not None:
            return f"{said}; longest hold {spell(self.longest_hold)}"
        return f"{said}; a hold lives as long as its method lets it" if self.holds else said
