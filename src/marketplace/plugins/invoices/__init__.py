"""Invoices: one for each part of a deal's money, numbered without a gap, and credit notes.

``Invoices()`` is the plugin; ``InvoiceDesk(market)`` shows them. The pages, each of which knows
only those before it: ``invoice`` (the values), ``tables`` and ``kept`` (where they are kept),
``sharing`` (which lines are whose), ``issuing`` (what a settlement brings), ``page`` (as HTML),
``plugin`` and ``desk``.
"""

from marketplace.plugins.invoices.desk import InvoiceDesk
from marketplace.plugins.invoices.invoice import Invoice, InvoiceLine, Named
from marketplace.plugins.invoices.plugin import Invoices

__all__ = ["Invoice", "InvoiceDesk", "InvoiceLine", "Invoices", "Named"]
