"""The invoices plugin: an operator's settings, answering hooks that any plugin may answer."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from marketplace import Act, Bring, Event, TableBranch, Work, hookimpl
from marketplace.plugins.invoices import kept
from marketplace.plugins.invoices.invoice import Invoice
from marketplace.plugins.invoices.issuing import Issuing, marketplace_named
from marketplace.plugins.invoices.tables import metadata
from marketplace.plugins.invoices.words import ENGLISH, NEPALI

NAME = "invoices"


@frozen
class Invoices:
    """Invoices for every vertical, written in the commit in which the money is given to everybody.

    A sale is the provider's invoice to the customer, the commission the marketplace's to the
    provider, a fee the marketplace's to the customer. What is settled anew, or taken back, gives a
    credit note that names the one it corrects. Parties say their ``address`` and ``tax_id`` in
    their attributes.
    """

    issuer: str = "The marketplace"
    """The marketplace's own name on an invoice."""
    address: str = ""
    tax_id: str = ""
    tax_codes: tuple[str, ...] = ("tax", "vat", "gst", "sales_tax", "commission_tax")
    """Codes of lines that are taxes though a provider is paid them."""
    yearly: bool = False
    """Whether each year has series of its own, that begin with one."""
    keeps_names: bool = True
    """Whether invoices still say who they are from and to when a person is erased, as the law of
    most countries asks for some years; else their numbers and sums alone are left."""
    name: str = field(default=NAME, init=False)

    @property
    def issuing(self) -> Issuing:
        """How they are written."""
        marketplace = marketplace_named(self.issuer, self.address, self.tax_id)
        return Issuing(marketplace, frozenset(self.tax_codes), self.yearly)

    @hookimpl
    def bring(self) -> Bring:
        """The tables, the words of a page, and what the desk answers with."""
        versions = Path(__file__).parent / "versions"
        return Bring(
            words={"en": ENGLISH, "ne": NEPALI},
            tables=(TableBranch(NAME, versions, metadata),),
            answers=(Invoice,),
            erases=None if self.keeps_names else _erase,
        )

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Write what a settlement brings, in the same commit."""
        self.issuing.hear(event, work)


def _erase(act: Act, party_id: str) -> None:
    """Take a person's name off all invoices, and what was written on the goods."""
    kept.erase(act.work, party_id)
