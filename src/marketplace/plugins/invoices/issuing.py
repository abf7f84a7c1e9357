"""What a settlement brings: an invoice for each pair it moved money between, and credit notes.

Everything is read off the ledger: a settlement of which no invoice tells yet gets its own, and the
mirror image of a settlement takes back those that told of it. So it does not matter which event was
heard, or how often, or whether the plugin was there when the deal began.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketplace import (
    CUSTOMER,
    MARKETPLACE,
    PRICE,
    PROVIDER,
    Event,
    Journal,
    Line,
    Party,
    Seat,
    Terms,
    Transaction,
    Work,
)
from marketplace.plugins.invoices import kept
from marketplace.plugins.invoices.invoice import (
    KINDS,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Named,
    taken_back,
)
from marketplace.plugins.invoices.sharing import contributed, shared_out

_LETTERS: dict[InvoiceKind, str] = {"sale": "S", "commission": "C", "fee": "F"}


@frozen
class Issuing:
    """How a marketplace issues its invoices."""

    marketplace: Named
    tax_codes: frozenset[str]
    yearly: bool

    def hear(self, event: Event, work: Work) -> None:
        """A deal moved, or what waited in escrow was given to everybody: see what was settled."""
        moved = "to" in event.data or event.kind == "transaction.settlement_done"
        if event.subject_kind == "transaction" and moved:
            self.issue(work, event.subject_id, event.at)

    def issue(self, work: Work, transaction_id: str, at: datetime) -> list[Invoice]:
        """Write all invoices and credit notes that are missing for a deal; gives them."""
        deal = work.get(Transaction, transaction_id)
        # A follow-up settles the money of its deal; what is linked to one has an escrow of its own.
        ids = sorted({deal.id, deal.origin_id or deal.id})
        terms = work.select(Terms, {"transaction_id": ids}, order="version", limit=10_000)
        purses = sorted({line.purse for one in terms for line in one.lines})
        written: list[Invoice] = []
        for owner in ids:
            for purse in purses:
                home = owner if purse == PRICE else f"{owner}:{purse}"
                written += self._purse(work, home, purse, at)
        return written

    def _purse(self, work: Work, home: str, purse: str, at: datetime) -> list[Invoice]:
        journals = [
            one
            for one in work.ledger.journals(cause=home)
            if one.kind in ("settle", "reverse settlement") and one.details.get("purse") == purse
        ]
        told = kept.of_journals(work, [one.id for one in journals])
        done = {one.journal_id for one in told}
        written: list[Invoice] = []
        for journal in journals:
            if journal.id in done:
                continue
            if journal.kind == "settle":
                new = self._settled(work, journal, purse, at)
            else:
                before = [one for one in (*told, *written) if one.journal_id == journal.reverses]
                new = [self._numbered(work, one, at) for one in _reversed(before, journal)]
            for one in new:
                kept.add(work, one)
            written += new
        return written

    def _settled(self, work: Work, journal: Journal, purse: str, at: datetime) -> list[Invoice]:
        deal, version = journal.details["transaction"], journal.details["terms_version"]
        terms = work.find(Terms, transaction_id=deal, version=version)
        assert terms is not None, f"{deal} lost version {version}"
        lines = [line for line in terms.lines if line.purse == purse]
        found = shared_out(lines, self.tax_codes)
        if not found:
            return []
        seats = work.select(Seat, {"transaction_id": str(deal)}, order="party_id")
        customer, provider = (_named(work, seats, role.name) for role in (CUSTOMER, PROVIDER))
        ends = {
            "sale": (provider, customer),
            "commission": (self.marketplace, provider),
            "fee": (self.marketplace, customer),
        }
        new = []
        for kind in KINDS:
            issuer, receiver = ends[kind]
            if kind in found and issuer is not None and receiver is not None:
                one = self._invoice(kind, issuer, receiver, found[kind], journal, lines, at)
                new.append(self._numbered(work, one, at))
        return new

    def _invoice(
        self,
        kind: InvoiceKind,
        issuer: Named,
        receiver: Named,
        told: Sequence[InvoiceLine],
        journal: Journal,
        lines: Sequence[Line],
        at: datetime,
    ) -> Invoice:
        return Invoice(
            id=_id(journal, kind),
            issuer=issuer,
            series=_LETTERS[kind],
            number=0,
            kind=kind,
            transaction_id=str(journal.details["transaction"]),
            purse=str(journal.details["purse"]),
            terms_version=int(str(journal.details["terms_version"])),
            journal_id=journal.id,
            receiver=receiver,
            currency=journal.transfers[0].debit.currency,
            lines=tuple(told),
            issued_at=at,
            contributed=contributed(lines) if kind == "sale" else 0,
        )

    def _numbered(self, work: Work, invoice: Invoice, at: datetime) -> Invoice:
        """The invoice with the next number of its series."""
        series = invoice.series + (str(at.year) if self.yearly else "")
        number = kept.next_number(work, invoice.issuer.id, series)
        return evolve(invoice, series=series, number=number, issued_at=at)


def _reversed(told: Sequence[Invoice], journal: Journal) -> list[Invoice]:
    """The credit notes for what told of a settlement that was taken back."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    return [
        evolve(
            one,
            id=_id(journal, one.kind),
            series=f"{_LETTERS[one.kind]}C",
            journal_id=journal.id,
            lines=taken_back(one.lines),
            contributed=-one.contributed,
            corrects=one.id,
            corrects_name=one.name,
        )
        for one in sorted(told, key=lambda one: order[one.kind])
    ]


def _id(journal: Journal, kind: InvoiceKind) -> str:
    """An id made of what it tells of: the same journal never has two of a kind."""
    return f"inv_{journal.id.partition('_')[2]}{_LETTERS[kind].lower()}"


def _named(work: Work, seats: Sequence[Seat], role: str) -> Named | None:
    """Who sits in a role, with the largest share of it, as the party says of itself today."""
    mine = sorted((one for one in seats if one.role == role), key=lambda one: -one.share_bp)
    if not mine:
        return None
    party = work.get(Party, mine[0].party_id)
    said = {name: str(party.attributes.get(name, "")) for name in ("address", "tax_id")}
    return Named(party.id, party.name, **said)


def marketplace_named(name: str, address: str, tax_id: str) -> Named:
    """The marketplace as an issuer."""
    return Named(MARKETPLACE, name, address, tax_id)
