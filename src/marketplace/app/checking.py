"""What a marketplace can prove about itself when it opens, and say when it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.app.context import Context
from marketplace.domain.freezing import frozen
from marketplace.domain.hashing import digest
from marketplace.domain.method import FREE_OF_CHARGE, PaymentMethod
from marketplace.domain.process import Process
from marketplace.domain.prover import Proof, prove_all
from marketplace.errors import ProcessError, SetupError


@frozen
class Checked:
    """What was proved, for whom; and which plugins answer which hook."""

    proofs: tuple[tuple[str, Proof], ...]
    """Vertical's name and a proof, one for each process and payment method it admits."""
    hooks: dict[str, list[str]]
    faults: tuple[str, ...]
    """Sentences, one for every promise that is broken."""

    def or_raise(self) -> None:
        """Raise ``ProcessError`` with every broken promise."""
        if self.faults:
            told = "; ".join(self.faults)
            raise ProcessError(f"these processes cannot keep what they promise: {told}")


_PROVED: dict[tuple[str, str], list[Proof]] = {}
"""Proofs of processes by version and methods: a proof is the same for ever, and takes a while."""

_MOST_KEPT = 1_000


def _proved(process: Process, methods: Sequence[PaymentMethod]) -> list[Proof]:
    key = (process.version, digest(methods))
    found = _PROVED.get(key)
    if found is None:
        if len(_PROVED) >= _MOST_KEPT:
            _PROVED.clear()
        found = _PROVED[key] = prove_all(process, methods)
    return found


def check(context: Context) -> Checked:
    """Prove every process for every payment method that it admits here."""
    proofs: list[tuple[str, Proof]] = []
    for vertical in context.verticals.values():
        for process in (*vertical.processes, *vertical.follow_ups):
            methods = admitted(context, process)
            proofs += [(vertical.name, proof) for proof in _proved(process, methods)]
    faults = [
        f"{process} for {proof.method}: {fault.sentence}"
        for process, proof in ((proof.process, proof) for _, proof in proofs)
        for fault in proof.faults
    ]
    return Checked(tuple(proofs), context.hooks.answers(), tuple(faults))


def admitted(context: Context, process: Process) -> Sequence[PaymentMethod]:
    """The methods that a process admits in this marketplace, the free one always."""
    names = process.admits
    if names is None:
        needed = {effect.kind for row in process.transitions for effect in row.money_effects()}
        return [
            method
            for method in context.methods.values()
            if all(method.way(kind) is not None for kind in needed)
        ]
    missing = [name for name in names if name not in context.methods]
    if len(missing) == len(names) and names:
        raise SetupError(
            f"process {process.name!r} admits {', '.join(names)}, and no plugin brings any of them"
        )
    found = [context.methods[name] for name in names if name in context.methods]
    return [*found, FREE_OF_CHARGE]
