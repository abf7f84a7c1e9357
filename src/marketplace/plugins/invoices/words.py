"""The words of an invoice's page, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "invoice.sale": "Invoice",
    "invoice.commission": "Commission invoice",
    "invoice.fee": "Invoice",
    "invoice.credit": "Credit note",
    "invoice.number": "Number",
    "invoice.date": "Date",
    "invoice.deal": "Order",
    "invoice.corrects": "Corrects {name}",
    "invoice.from": "From",
    "invoice.to": "To",
    "invoice.tax_id": "Tax number",
    "invoice.what": "Description",
    "invoice.amount": "Amount",
    "invoice.net": "Net",
    "invoice.tax": "Tax",
    "invoice.total": "Total",
    "invoice.contributed": "Paid by the marketplace",
    "invoice.to_pay": "Paid by the customer",
    "invoice.back": "Given back",
    "invoice.by_marketplace": "tax collected by the marketplace",
}

NEPALI: dict[str, str] = {
    "invoice.sale": "बिजक",
    "invoice.commission": "शुल्कको बिजक",
    "invoice.fee": "बिजक",
    "invoice.credit": "क्रेडिट नोट",
    "invoice.number": "नम्बर",
    "invoice.date": "मिति",
    "invoice.deal": "अर्डर",
    "invoice.corrects": "{name} सच्याइएको",
    "invoice.from": "जारीकर्ता",
    "invoice.to": "प्राप्तकर्ता",
    "invoice.tax_id": "कर नम्बर",
    "invoice.what": "विवरण",
    "invoice.amount": "रकम",
    "invoice.net": "कर बाहेक",
    "invoice.tax": "कर",
    "invoice.total": "जम्मा",
    "invoice.contributed": "मार्केटप्लेसले तिरेको",
    "invoice.to_pay": "ग्राहकले तिरेको",
    "invoice.back": "फिर्ता",
    "invoice.by_marketplace": "मार्केटप्लेसले उठाएको कर",
}
