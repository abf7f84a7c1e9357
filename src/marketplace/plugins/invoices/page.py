"""An invoice as one page of HTML: nothing in it is fetched, run or taken for markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from attrs import frozen

from marketplace import Reason, digits, money_text, one_line, render
from marketplace.plugins.invoices.invoice import Invoice, InvoiceLine, Named

_STYLE = """
@page { size: A4; margin: 18mm 16mm }
* { box-sizing: border-box }
body { font: 10.5pt/1.45 "Noto Sans", "Noto Sans Devanagari", "Helvetica Neue", Arial, sans-serif;
  color: #1c1f24; margin: 0 auto; max-width: 178mm; padding: 10mm 0 }
header { display: table; width: 100%; border-bottom: 2pt solid #1c1f24; padding-bottom: 5mm }
header > div { display: table-cell; vertical-align: top }
h1 { font-size: 21pt; line-height: 1.15; margin: 0; letter-spacing: -.3pt; white-space: nowrap }
.corrects { color: #9a3412; margin: 1mm 0 0 }
.facts { width: auto; margin-left: auto; font-size: 9.5pt }
.facts td { border: 0; padding: .25mm 0; white-space: nowrap }
.facts td + td { padding-left: 4mm }
.facts td:first-child { color: #667085 }
.parties { display: grid; grid-template-columns: 1fr 1fr; gap: 10mm; margin: 7mm 0 8mm }
.parties h2 { font-size: 8.5pt; color: #667085; font-weight: 600; margin: 0 0 1mm }
.parties p { margin: 0; overflow-wrap: anywhere; white-space: pre-line }
.parties .name { font-weight: 600; font-size: 11.5pt }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { font-size: 8.5pt; color: #667085; font-weight: 600; text-align: left;
  border-bottom: .75pt solid #98a2b3; padding: 0 0 1.5mm }
td { padding: 2mm 0; border-bottom: .5pt solid #e4e7ec; vertical-align: top;
  overflow-wrap: anywhere }
td + td, th + th { text-align: right; white-space: nowrap; padding-left: 6mm }
tr { break-inside: avoid } thead { display: table-header-group }
.note { color: #667085; font-size: 9pt; display: block }
.sums { margin: 4mm 0 0 auto; width: 82mm; break-inside: avoid }
.sums td { border: 0; padding: 1mm 0 }
.sums .total td { border-top: 1.25pt solid #1c1f24; font-weight: 700; font-size: 12.5pt;
  padding-top: 2mm }
@media print { body { padding: 0; max-width: none } }
"""


@frozen
class Page:
    """An invoice told in one language."""

    invoice: Invoice
    words: Mapping[str, Mapping[str, str]]
    language: str

    def html(self) -> str:
        """The whole page."""
        one, title = self.invoice, self._title()
        corrects = ""
        if one.corrects_name is not None:
            told = self._say("corrects", name=one.corrects_name)
            corrects = f'<p class="corrects">{_safe(told)}</p>'
        return (
            f'<!doctype html>\n<html lang="{_safe(self.language)}">\n<head>\n'
            '<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_safe(f'{title} {one.name}')}</title>\n<style>{_STYLE}</style>\n"
            "</head>\n<body>\n"
            f"<header><div><h1>{_safe(title)}</h1>{corrects}</div>\n{self._facts()}</header>\n"
            f'<section class="parties">{self._party("from", one.issuer)}'
            f"{self._party('to', one.receiver)}</section>\n"
            f"{self._lines()}\n{self._sums()}\n</body>\n</html>\n"
        )

    def _title(self) -> str:
        return self._say("credit" if self.invoice.is_credit_note else self.invoice.kind)

    def _facts(self) -> str:
        one = self.invoice
        date = digits(one.issued_at.date().isoformat(), self.language)
        facts = (("number", one.name), ("date", date), ("deal", one.transaction_id))
        rows = "".join(
            f"<tr><td>{_safe(self._say(name))}</td><td>{_safe(value)}</td></tr>"
            for name, value in facts
        )
        return f'<div><table class="facts"><tbody>{rows}</tbody></table></div>'

    def _party(self, what: str, who: Named) -> str:
        address = "\n".join(one_line(line) for line in who.address.splitlines())
        told = f'<h2>{_safe(self._say(what))}</h2><p class="name">{_safe(who.name)}</p>'
        if address:
            told += f"<p>{escape(address)}</p>"
        if who.tax_id:
            told += f"<p>{_safe(self._say('tax_id'))}: {_safe(who.tax_id)}</p>"
        return f"<div>{told}</div>"

    def _lines(self) -> str:
        heads = "".join(f"<th>{_safe(self._say(name))}</th>" for name in ("what", "amount"))
        rows = "".join(self._row(line) for line in self.invoice.lines)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"

    def _row(self, line: InvoiceLine) -> str:
        notes = [self._say("by_marketplace")] if line.by_marketplace else []
        inside = line.inputs.get("line")
        if isinstance(inside, Mapping) and inside.get("article"):
            # What is left of a line, or a part of it, does not say itself what it was for.
            notes.append(str(inside["article"]))
        note = "".join(f'<span class="note">{_safe(one)}</span>' for one in notes)
        amount = self._told(line.amount)
        return f"<tr><td>{_safe(self.sentence(line))}{note}</td><td>{amount}</td></tr>"

    def sentence(self, line: InvoiceLine) -> str:
        """What a line is for, without the amount that stands beside it."""
        told = self.invoice.money(abs(line.amount))
        money = {"amount": told.amount, "currency": told.currency}
        # As why tells a line: its inputs, its code, and the money.
        reason = Reason(f"line.{line.code}", {**line.inputs, "line": line.code, "money": money})
        text = render(reason, self.words, self.language)
        text = text.removeprefix(f"{money_text(told, self.language)}: ")
        return text[:1].upper() + text[1:]

    def _sums(self) -> str:
        rows = "".join(
            f'<tr class="{name}"><td>{_safe(self._say(name))}</td>'
            f"<td>{self._told(amount)}</td></tr>"
            for name, amount in self._amounts()
        )
        return f'<table class="sums"><tbody>{rows}</tbody></table>'

    def _amounts(self) -> Iterator[tuple[str, int]]:
        one = self.invoice
        if one.tax:
            yield "net", one.net.amount
            yield "tax", one.tax.amount
        yield "total", one.total.amount
        if one.contributed:
            yield "contributed", one.contributed
            yield "to_pay", one.total.amount - one.contributed

    def _told(self, amount: int) -> str:
        told = money_text(self.invoice.money(amount), self.language, in_full=True)
        return _safe(told)

    def _say(self, what: str, /, **params: str) -> str:
        return render(Reason(f"invoice.{what}", params), self.words, self.language)


def _safe(text: str) -> str:
    return escape(one_line(text), quote=True)
