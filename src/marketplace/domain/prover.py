"""Walks a process and says every promise it breaks.

A proof is for one payment method, because methods differ in what may go wrong: a process is first
proved for a method that can do everything and whose every call may be refused, when it is made;
and then, where it is used, for each method it admits and for all of them on one purse.

What is *not* proved: that anybody comes (a party may always stay away; then the clock acts), that
the payment provider ever answers a call, and amounts (the ledger's affair).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import inf

from marketplace.domain.effect import MoneyKind
from marketplace.domain.hold_age import hold_ages
from marketplace.domain.method import ANY_METHOD, PaymentMethod, Way
from marketplace.domain.proof import Fault, Proof, Table
from marketplace.domain.table_promises import table_faults
from marketplace.domain.walk_promises import hold_faults, longest_hold, walk_faults
from marketplace.domain.walking import walk

__all__ = ["Fault", "Proof", "Table", "admitted", "mixture", "prove", "prove_all"]


def prove(process: Table, method: PaymentMethod = ANY_METHOD) -> Proof:
    """Walk every configuration of a process for one payment method."""
    walked = walk(process, method)
    faults = [*table_faults(process, method), *walk_faults(walked)]
    oldest = -1.0
    if not walked.cut_short:
        ages = hold_ages(walked, method.hold_lives)
        faults += hold_faults(ages)
        oldest = longest_hold(ages)
    return Proof(
        process=process.name,
        method=method.name,
        configurations=walked.size,
        states=len({configuration.state for configuration in walked.configurations}),
        rows=len(process.transitions),
        faults=tuple(faults),
        holds=oldest >= 0,
        longest_hold=timedelta(seconds=oldest) if 0 <= oldest < inf else None,
    )


def prove_all(process: Table, methods: Iterable[PaymentMethod]) -> list[Proof]:
    """Prove a process for each method it admits, and for all of them on one purse."""
    fit = admitted(process, methods)
    proofs = [prove(process, method) for method in fit]
    if len(fit) > 1:
        proofs.append(prove(process, mixture(fit)))
    return proofs


def admitted(process: Table, methods: Iterable[PaymentMethod]) -> list[PaymentMethod]:
    """The methods that a process names; if it names none, those that can do all its effects."""
    if process.admits is not None:
        return [method for method in methods if method.name in process.admits]
    kinds = {effect.kind for row in process.transitions for effect in row.money_effects()}
    return [method for method in methods if all(method.way(kind) is not None for kind in kinds)]


def mixture(methods: Sequence[PaymentMethod]) -> PaymentMethod:
    """Several methods paying one purse: whatever may go wrong with one may go wrong.

    An effect on such a purse is one effect: if one of its payments is refused, those done before
    it are undone before the row goes to its failed state.
    """
    ways: dict[MoneyKind, Way] = {}
    failing: set[MoneyKind] = set()
    for kind in MoneyKind:
        found = {method.way(kind) for method in methods}
        if None not in found:
            ways[kind] = next(way for way in Way if way in found)
        if any(method.may_fail(kind) for method in methods):
            failing.add(kind)
    lives = [method.hold_lives for method in methods if method.hold_lives is not None]
    return PaymentMethod(
        " + ".join(method.name for method in methods),
        ways=ways,
        hold_lives=min(lives, default=None),
        needs_customer=any(method.needs_customer for method in methods),
        fails_on_books=frozenset(failing),
    )
